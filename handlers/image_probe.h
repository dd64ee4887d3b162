/* SPDX-License-Identifier: Apache-2.0
 *
 * What an image is before any pixel is decoded: its format by its bytes, whatever its name claims,
 * and its dimensions from the header. Here an image that the plan does not take is turned away. */
#pragma once

#include "handlers/image_engine.h"

/* As ImageEngine.probe. */
gboolean image_probe(gconstpointer source, gsize size, const Plan *plan, ImageInfo *info,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

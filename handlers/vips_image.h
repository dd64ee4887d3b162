/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the libvips engine share: the library, with g_autoptr for its images, and its
 * one error buffer made into ours. libvips is lazy: a call that succeeds has often only planned the
 * work, and a decoder fails when its pixels are asked for, in whichever step asks. */
#pragma once

#include "handlers/image_engine.h"

#include <vips/vips.h>

/* libvips declares it itself from 8.16 on. */
#if VIPS_MAJOR_VERSION == 8 && VIPS_MINOR_VERSION < 16
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VipsImage, g_object_unref)
#endif

/* Sets @error from libvips's error buffer and empties that: the buffer's first line, with the code
 * its text stands for, IMAGE_ERROR_CORRUPT when it stands for none. */
void vips_image_take_error(GError **error);

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a handler process sends back for one plan, checked piece by piece before it is believed: the
 * process may have been taken over by the image it read. Every error here but a refusal is a breach
 * of the protocol (HANDLER_ERROR_CRASHED). */
#pragma once

#include "handlers/wire.h"
#include "pipeline/pool/handler.h"

HandlerResult *handler_result_new(const Plan *plan) G_GNUC_WARN_UNUSED_RESULT;
/* Maps @fd (borrowed) as the output that @output names. */
gboolean handler_result_add(HandlerResult *result, const Plan *plan, const ImageOutput *output,
                            int fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* TRUE when @message says that all is done and all is there; FALSE with an IMAGE_ERROR when the
 * image was refused. */
gboolean handler_result_finish(HandlerResult *result, const Plan *plan, const WireMessage *message,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

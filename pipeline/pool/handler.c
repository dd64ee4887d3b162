/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pool/handler.h"

GQuark handler_error_quark(void)
{
    return g_quark_from_static_string("handler_error");
}

void handler_output_free(gpointer data)
{
    HandlerOutput *output = data;
    if (output == NULL)
        return;
    g_bytes_unref(output->bytes);
    g_free(output);
}

void handler_result_free(HandlerResult *result)
{
    if (result == NULL)
        return;
    g_ptr_array_unref(result->outputs);
    g_free(result);
}

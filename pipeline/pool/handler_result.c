/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pool/handler_result.h"

#include "handlers/memfd.h"

HandlerResult *handler_result_new(const Plan *plan)
{
    HandlerResult *result = g_new0(HandlerResult, 1);
    result->outputs = g_ptr_array_new_with_free_func(handler_output_free);
    g_ptr_array_set_size(result->outputs, (gint)plan->size_count); /* NULL: not there yet */
    return result;
}

static gboolean is_format(guint format)
{
    return format > IMAGE_FORMAT_SAME && format < IMAGE_FORMAT_COUNT;
}

static gboolean has_sides(guint width, guint height, const Plan *plan)
{
    return width > 0 && height > 0 && (guint64)width * height <= plan->max_pixels;
}

/* Nothing is ever enlarged, so an output has no more pixels than a source may have. */
static const char *find_fault(const HandlerResult *result, const Plan *plan,
                              const ImageOutput *output)
{
    if (output->index >= plan->size_count)
        return "of a size nobody asked for";
    if (g_ptr_array_index(result->outputs, output->index) != NULL)
        return "of a size sent before";

    const PlanSize *size = &plan->sizes[output->index];
    if (!is_format(output->format))
        return "of no known format";
    if (size->format != IMAGE_FORMAT_SAME && output->format != size->format)
        return "of another format than asked for";
    if (!has_sides(output->width, output->height, plan))
        return "of impossible dimensions";
    if ((size->width > 0 && output->width > size->width) ||
        (size->height > 0 && output->height > size->height))
        return "that exceeds its box";
    return NULL;
}

static gboolean refuse(GError **error, const char *fault)
{
    g_set_error(error, HANDLER_ERROR, HANDLER_ERROR_CRASHED, "broke the protocol: an output %s",
                fault);
    return FALSE;
}

gboolean handler_result_add(HandlerResult *result, const Plan *plan, const ImageOutput *output,
                            int fd, GError **error)
{
    const char *fault = find_fault(result, plan, output);
    if (fault != NULL)
        return refuse(error, fault);

    g_autoptr(GError) mapping = NULL;
    g_autoptr(GBytes) bytes = memfd_map(fd, plan->max_output_bytes, &mapping);
    if (bytes == NULL) {
        g_autofree char *text = g_strdup_printf("in %s", mapping->message);
        return refuse(error, text);
    }
    gsize size;
    gconstpointer start = g_bytes_get_data(bytes, &size);
    if (image_format_of_bytes(start, size) != output->format)
        return refuse(error, "whose bytes are of another format than it says");

    HandlerOutput *added = g_new(HandlerOutput, 1);
    *added = (HandlerOutput){.image = *output, .bytes = g_steal_pointer(&bytes)};
    result->outputs->pdata[output->index] = added;
    return TRUE;
}

static gboolean refused_by_image(const WireMessage *message, GError **error)
{
    if (message->verdict.refused != 1 || message->verdict.error >= IMAGE_ERROR_COUNT) {
        g_set_error(error, HANDLER_ERROR, HANDLER_ERROR_CRASHED,
                    "broke the protocol: a refusal %u for reason %u", message->verdict.refused,
                    message->verdict.error);
        return FALSE;
    }
    g_autofree char *text = g_utf8_make_valid(message->verdict.text, -1);
    g_set_error_literal(error, IMAGE_ERROR, (gint)message->verdict.error, text);
    return FALSE;
}

gboolean handler_result_finish(HandlerResult *result, const Plan *plan, const WireMessage *message,
                               GError **error)
{
    if (message->verdict.refused != 0)
        return refused_by_image(message, error);

    for (guint i = 0; i < plan->size_count; i++)
        if (g_ptr_array_index(result->outputs, i) == NULL) {
            g_set_error(error, HANDLER_ERROR, HANDLER_ERROR_CRASHED,
                        "broke the protocol: a verdict without the output of size %u", i);
            return FALSE;
        }
    const ImageInfo *info = &message->verdict.info;
    if (message->verdict.outputs != plan->size_count || !is_format(info->format) ||
        !(plan->formats & (1u << info->format)) || !has_sides(info->width, info->height, plan) ||
        info->orientation < 1 || info->orientation > 8) {
        g_set_error_literal(error, HANDLER_ERROR, HANDLER_ERROR_CRASHED,
                            "broke the protocol: a verdict on an impossible source");
        return FALSE;
    }
    result->source = *info;
    return TRUE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/image_engine.h"

GQuark image_error_quark(void)
{
    return g_quark_from_static_string("image_error");
}

const char *image_error_reason(ImageError code)
{
    static const char *const reasons[IMAGE_ERROR_COUNT] = {
        [IMAGE_ERROR_NOT_AN_IMAGE] = "not_an_image",
        [IMAGE_ERROR_UNSUPPORTED_FORMAT] = "unsupported_format",
        [IMAGE_ERROR_CORRUPT] = "corrupt",
        [IMAGE_ERROR_TRUNCATED] = "truncated",
        [IMAGE_ERROR_TOO_MANY_PIXELS] = "too_many_pixels",
        [IMAGE_ERROR_TOO_LARGE] = "too_large",
        [IMAGE_ERROR_NEEDS_MEMORY] = "needs_memory",
    };
    return reasons[code];
}

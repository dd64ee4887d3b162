/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/picture.h"

#include "handlers/alpha.h"

/* A block average is as good as any filter as long as a smooth one follows that reduces by this
 * much at least; vips_resize() divides the work in the same way. */
#define LEFT_TO_SCALE 2

void picture_clear(Picture *self)
{
    g_clear_object(&self->image);
}

static gboolean is_in_memory(const VipsImage *image)
{
    return image->dtype == VIPS_IMAGE_SETBUF || image->dtype == VIPS_IMAGE_SETBUF_FOREIGN;
}

int picture_reduce(Picture *self, guint width, guint height)
{
    guint source_width = (guint)self->image->Xsize, source_height = (guint)self->image->Ysize;
    /* Going there and back would cost the pixels that need no scaling some of their colour. */
    gboolean scaling = source_width != width || source_height != height;
    gboolean premultiply = scaling && !self->premultiplied && vips_image_hasalpha(self->image);
    guint factor =
        MIN(source_width / (LEFT_TO_SCALE * width), source_height / (LEFT_TO_SCALE * height));
    if (!premultiply && factor < 2 && is_in_memory(self->image))
        return 0;

    g_autoptr(VipsImage) even =
        premultiply ? alpha_premultiply(self->image) : g_object_ref(self->image);
    if (even == NULL)
        return -1;
    g_autoptr(VipsImage) reduced = NULL;
    if (factor < 2)
        reduced = g_steal_pointer(&even);
    else if (vips_shrink(even, &reduced, factor, factor, NULL) != 0)
        return -1;
    VipsImage *in_memory = vips_image_copy_memory(reduced);
    if (in_memory == NULL)
        return -1;
    g_object_unref(self->image);
    self->image = in_memory;
    self->premultiplied = self->premultiplied || premultiply;
    return 0;
}

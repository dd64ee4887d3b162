/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers/orient.h"

/* What makes upright what was stored: turned clockwise first, then mirrored left to right. */
static const struct {
    VipsAngle angle;
    gboolean mirrored;
} steps[] = {
    [1] = {VIPS_ANGLE_D0, FALSE},  [2] = {VIPS_ANGLE_D0, TRUE},    [3] = {VIPS_ANGLE_D180, FALSE},
    [4] = {VIPS_ANGLE_D180, TRUE}, [5] = {VIPS_ANGLE_D90, TRUE},   [6] = {VIPS_ANGLE_D90, FALSE},
    [7] = {VIPS_ANGLE_D270, TRUE}, [8] = {VIPS_ANGLE_D270, FALSE},
};

gboolean orient_swaps(guint orientation)
{
    g_assert(orientation >= 1 && orientation < G_N_ELEMENTS(steps));
    return steps[orientation].angle == VIPS_ANGLE_D90 ||
           steps[orientation].angle == VIPS_ANGLE_D270;
}

VipsImage *orient_upright(VipsImage *image, guint orientation, GError **error)
{
    g_assert(orientation >= 1 && orientation < G_N_ELEMENTS(steps));
    g_autoptr(VipsImage) turned = NULL;
    if (vips_rot(image, &turned, steps[orientation].angle, NULL) != 0) {
        vips_image_take_error(error);
        return NULL;
    }
    if (!steps[orientation].mirrored)
        return g_steal_pointer(&turned);
    VipsImage *mirrored = NULL;
    if (vips_flip(turned, &mirrored, VIPS_DIRECTION_HORIZONTAL, NULL) != 0) {
        vips_image_take_error(error);
        return NULL;
    }
    return mirrored;
}

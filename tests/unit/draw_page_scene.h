/* draw_page_scene.h - the scene of a part of the status page, and what is in its text
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include "../fixtures/page_scene.h"

#include <criterion/criterion.h>

static struct page_scene scene;

static bool
has(const char *piece)
{
    return strstr(scene.text, piece) != NULL;
}

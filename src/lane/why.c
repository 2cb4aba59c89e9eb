/* why.c - the table of why.def as values
 * SPDX-License-Identifier: ISC
 */
#include "lane/why.h"

static const char *const names[] = {
#define WHY(name, end, text) #name,
#include "lane/why.def"
#undef WHY
};

const char *
why_name(enum why why)
{
    return names[why];
}

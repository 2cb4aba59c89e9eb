/* why.c - the table of why.def as values
 * SPDX-License-Identifier: ISC
 */
#include "lane/why.h"

static const struct {
    enum why_end end;
    const char *name;
} rows[] = {
#define WHY(name, end, text) {WHY_END_##end, #name},
#include "lane/why.def"
#undef WHY
};

enum why_end
why_end(enum why why)
{
    return rows[why].end;
}

const char *
why_name(enum why why)
{
    return rows[why].name;
}

/* why.h - why a query ended as it did
 * SPDX-License-Identifier: ISC
 *
 * What: the reasons of lane/why.def, each of which belongs to one of three ends.
 * Who:  front (counts), supervisor (prints). Pure.
 * Ref:  docs/QUERY.md.
 */
#pragma once

enum why {
#define WHY(name, end, text) WHY_##name,
#include "lane/why.def"
#undef WHY
    WHY_COUNT
};

const char *why_name(enum why why); /* as in why.def */

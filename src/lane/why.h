/* why.h - why a query ended as it did
 * SPDX-License-Identifier: ISC
 *
 * What: the reasons of lane/why.def. Each belongs to one of three ends, and to one part of what is
 *       shown; each part (lane/why_part.def) to one of four groups.
 * Who:  front (counts), supervisor (prints), view (adds up). Pure.
 * Ref:  docs/QUERY.md.
 */
#pragma once

enum why {
#define WHY(name, end, part, text) WHY_##name,
#include "lane/why.def"
#undef WHY
    WHY_COUNT
};

enum why_part {
#define PART(name, group, text) WHY_PART_##name,
#include "lane/why_part.def"
#undef PART
    WHY_PARTS
};

enum why_group {
    WHY_GROUP_ANSWERED,
    WHY_GROUP_TURNED_AWAY, /* by a rule: work done */
    WHY_GROUP_FAILED,
    WHY_GROUP_NEITHER, /* the client's own doing */
    WHY_GROUPS
};

/* A reason: its name as in why.def, its sentence, its part. */
const char *why_name(enum why why);
const char *why_text(enum why why);
enum why_part why_part(enum why why);

/* A part: the name of its row where it is shown, its group. */
const char *why_part_text(enum why_part part);
enum why_group why_part_group(enum why_part part);

/* What JSON and metrics call a group: published, so it stays. */
const char *why_group_name(enum why_group group);

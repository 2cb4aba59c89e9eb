/* why.c - the tables of why.def and why_part.def as values
 * SPDX-License-Identifier: ISC
 */
#include "lane/why.h"

struct reason {
    const char *name, *text;
    enum why_part part;
};

struct part {
    const char *text;
    enum why_group group;
};

static const struct reason reasons[] = {
#define WHY(name, end, part, text) {#name, text, WHY_PART_##part},
#include "lane/why.def"
#undef WHY
};

static const struct part parts[] = {
#define PART(name, group, text) {text, WHY_GROUP_##group},
#include "lane/why_part.def"
#undef PART
};

const char *
why_name(enum why why)
{
    return reasons[why].name;
}

const char *
why_text(enum why why)
{
    return reasons[why].text;
}

enum why_part
why_part(enum why why)
{
    return reasons[why].part;
}

const char *
why_part_text(enum why_part part)
{
    return parts[part].text;
}

enum why_group
why_part_group(enum why_part part)
{
    return parts[part].group;
}

const char *
why_group_name(enum why_group group)
{
    static const char *const names[] = {[WHY_GROUP_ANSWERED] = "answered",
                                        [WHY_GROUP_TURNED_AWAY] = "turned_away",
                                        [WHY_GROUP_FAILED] = "failed",
                                        [WHY_GROUP_NEITHER] = "neither"};
    return names[group];
}

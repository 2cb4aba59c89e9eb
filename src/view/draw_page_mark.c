/* draw_page_mark.c - the signs of the levels, and bars
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_page_mark.h"

#include "view/number.h"

#define BAR_WIDE  1000
#define BAR_LEAST 8 /* what there is can be seen */
#define ALL       10000

static const char *const words[] = {
    [JUDGE_WELL] = "well", [JUDGE_LOOK] = "look", [JUDGE_ACT] = "act"};

const char *
draw_page_mark_word(enum judge_level level)
{
    return words[level];
}

void
draw_page_mark(struct markup *to, enum judge_level level, const char *class)
{
    markup_put(to, "<svg class=\"%s %s\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">", class,
               words[level]);
    if (level == JUDGE_WELL)
        markup_put(to, "<circle cx=\"12\" cy=\"12\" r=\"11\"/>"
                       "<path class=\"cut\" d=\"M7 12.5l3.4 3.5L17 8.8\"/>");
    else if (level == JUDGE_LOOK)
        markup_put(to, "<path d=\"M12 1.2L23.4 22H.6z\"/>"
                       "<path class=\"cut\" d=\"M12 9v6M12 18.4v.1\"/>");
    else
        markup_put(to, "<path d=\"M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z\"/>"
                       "<path class=\"cut\" d=\"M12 6.4v7M12 17.4v.1\"/>");
    markup_put(to, "</svg>");
}

void
draw_page_mark_bar(struct markup *to, uint64_t share, const char *class)
{
    uint64_t part = share == NUMBER_NONE ? 0 : share < ALL ? share : ALL;
    unsigned wide = (unsigned)(part * BAR_WIDE / ALL);
    if (part > 0 && wide < BAR_LEAST)
        wide = BAR_LEAST;
    markup_put(to,
               "<svg class=\"p\" viewBox=\"0 0 %u 10\" preserveAspectRatio=\"none\" "
               "aria-hidden=\"true\"><rect class=\"trk\" width=\"%u\" height=\"10\"/>",
               BAR_WIDE, BAR_WIDE);
    if (wide > 0)
        markup_put(to, "<rect class=\"%s\" width=\"%u\" height=\"10\"/>", class, wide);
    markup_put(to, "</svg>");
}

enum judge_level
draw_page_mark_level(const struct judgement *judgement, enum judge_kind kind, unsigned upstream)
{
    for (unsigned i = 0; i < judgement->count; i++)
        if (judgement->findings[i].kind == kind && judgement->findings[i].upstream == upstream)
            return judgement->findings[i].level;
    return JUDGE_WELL;
}

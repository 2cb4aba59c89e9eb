/* sight.c - from the pages of a service to what is shown of it
 * SPDX-License-Identifier: ISC
 */
#include "view/sight.h"

static void
take_hour(struct sight *sight, const struct service_page_set *pages, uint64_t at_us)
{
    if (pages->history == NULL || sight->is_alone)
        return;
    enum status status =
        chronicle_take(pages->history, pages->history_bytes, at_us, &sight->chronicle);
    sight->is_shared = status == STATUS_OK;
    sight->is_alone = status == STATUS_INVALID;
}

static enum status
take_reading(struct sight *sight, const struct service_page_set *pages, uint64_t at_us,
             uint64_t wall_s)
{
    struct reading *reading = &sight->reading;
    enum status status =
        reading_begin(reading, pages->service, sizeof *pages->service, at_us, wall_s);
    for (unsigned lane = 0; status == STATUS_OK && lane < reading->lanes; lane++)
        for (unsigned place = 0; place < SERVICE_PAGE_CHILDREN; place++)
            if (pages->stats[lane][place] != NULL)
                reading_add(reading, pages->stats[lane][place], lane, place);
    reading_end(reading);
    return status;
}

enum status
sight_take(struct sight *sight, const struct service_page_set *pages, uint64_t at_us,
           uint64_t wall_s)
{
    struct history *history = &sight->chronicle.history;
    take_hour(sight, pages, at_us);
    if (history->has_newest &&
        history->newest.at_us >= at_us) /* written since the clock was read */
        at_us = history->newest.at_us + 1;
    enum status status = take_reading(sight, pages, at_us, wall_s);
    if (status != STATUS_OK)
        return status;
    history_add(history, &sight->reading.tally);
    figures_make(&sight->figures, &sight->reading, history);
    judge_step(&sight->chronicle.judge, &sight->figures);
    judge_tell(&sight->chronicle.judge, &sight->figures, &sight->judgement);
    return STATUS_OK;
}

/* It is judged now; what was counted is of then. */
void
sight_age(struct sight *sight, uint64_t at_us, uint64_t wall_s, uint64_t age_us)
{
    struct reading *reading = &sight->reading;
    uint64_t then_us = reading->tally.at_us, then_s = reading->wall_s;
    reading->tally.at_us = at_us;
    reading->wall_s = wall_s;
    reading->age_us = age_us;
    judge_step(&sight->chronicle.judge, &sight->figures);
    judge_tell(&sight->chronicle.judge, &sight->figures, &sight->judgement);
    reading->tally.at_us = then_us;
    reading->wall_s = then_s;
}

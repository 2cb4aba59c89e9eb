/* restart.c - when a dead process is started again, and when that has to end
 * SPDX-License-Identifier: ISC
 */
#include "lane/restart.h"

uint32_t
restart_died(struct restart *r, uint64_t lived_ms)
{
    if (lived_ms >= RESTART_STEADY_MS)
        r->next_ms = 0;
    uint32_t wait_ms = r->next_ms;
    uint32_t doubled = wait_ms == 0 ? RESTART_FIRST_MS : wait_ms * 2;
    r->next_ms = doubled < RESTART_MOST_MS ? doubled : RESTART_MOST_MS;
    return wait_ms;
}

bool
restart_ceiling_reached(struct restart_ceiling *c, uint64_t now_ms)
{
    /* with a full ring, `next` is where the oldest death stands */
    bool reached =
        c->count == RESTART_DEATHS_MAX && now_ms - c->died_at_ms[c->next] < RESTART_WINDOW_MS;
    c->died_at_ms[c->next] = now_ms;
    c->next = (c->next + 1) % RESTART_DEATHS_MAX;
    if (c->count < RESTART_DEATHS_MAX)
        c->count++;
    return reached;
}

bool
restart_lane_must_rest(struct restart_lane *lane, uint64_t lived_ms, uint64_t now_ms)
{
    bool is_one_too_many = restart_ceiling_reached(&lane->ceiling, now_ms);
    if (lived_ms >= RESTART_STEADY_MS)
        lane->is_on_trial = false;
    if (!is_one_too_many && !lane->is_on_trial)
        return false;
    lane->is_on_trial = true;
    lane->rests_until_ms = now_ms + RESTART_WINDOW_MS;
    return true;
}

/* change.c - see change.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/change.h"

#include "supervisor/change_mark.h"
#include "supervisor/reload.h"

void
change_tick(struct supervisor *sup)
{
    struct change *change = &sup->change;
    if (sup->config.reload_on_change_ms == 0 || sup->phase != PHASE_RUNNING) {
        *change = (struct change){0}; /* what changes while nobody looks is not noticed */
        return;
    }
    if (sup->loop.now_us < change->due_us)
        return;
    change->due_us = sup->loop.now_us + (uint64_t)sup->config.reload_on_change_ms * 1000;
    uint64_t seen = change_mark(sup->options, &sup->config);
    if (change->taken == 0)
        change->taken = seen;
    if (seen != change->taken && seen == change->seen && !sup->reload_asked) {
        sup->reload_asked_by = (struct asked){.by = "changed file"};
        reload_ask(sup, "a file was changed");
    }
    change->seen = seen;
}

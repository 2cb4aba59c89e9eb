/* stopping.c - how long a stop may take
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/stopping.h"

struct stopping
stopping_begin(uint64_t drain_ms, uint64_t now_us)
{
    return (struct stopping){.since_us = now_us, .by_us = now_us + drain_ms * 1000};
}

void
stopping_again(struct stopping *stopping, uint64_t now_us)
{
    if (now_us - stopping->since_us >= STOPPING_ONCE_MS * 1000)
        stopping->by_us = now_us;
}

enum stopping_due
stopping_tick(struct stopping *stopping, uint64_t now_us)
{
    if (now_us < stopping->by_us)
        return STOPPING_WAIT;
    enum stopping_due due = stopping->is_killed ? STOPPING_GIVE_UP : STOPPING_KILL;
    stopping->is_killed = true;
    stopping->by_us = now_us + STOPPING_MARGIN_MS * 1000;
    return due;
}

/* hole_worker.c - a worker, as who has taken it over finds it
 * SPDX-License-Identifier: ISC
 */
#include "hole/hole_turn.h"
#include "os/chan.h"
#include "worker/worker.h"

#include <stddef.h>

static void
look(struct hole_process *self, const struct evloop *loop)
{
    const void *at = (const char *)loop - offsetof(struct worker, loop);
    struct worker *worker = (struct worker *)(uintptr_t)at;
    self->link = child_link_is_usable(&worker->relay.link) ? &worker->relay.link : NULL;
    self->chan_fd = CHAN_FD;
}

__attribute__((constructor)) static void
begin(void)
{
    hole_turn_begin(hole_page_take(HOLE_WORKER), look);
}

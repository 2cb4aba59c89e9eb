/* hole_front.c - a front, as who has taken it over finds it
 * SPDX-License-Identifier: ISC
 */
#include "front/front.h"
#include "hole/hole_turn.h"
#include "os/chan.h"

#include <stddef.h>

static void
look(struct hole_process *self, const struct evloop *loop)
{
    const void *at = (const char *)loop - offsetof(struct front, loop);
    struct front *front = (struct front *)(uintptr_t)at;
    self->link = front->uplink.newest;
    self->chan_fd = CHAN_FD;
}

__attribute__((constructor)) static void
begin(void)
{
    hole_turn_begin(hole_page_take(HOLE_FRONT), look);
}

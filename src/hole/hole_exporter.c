/* hole_exporter.c - the two processes of an exporter, as who has taken them over finds them
 * SPDX-License-Identifier: ISC
 */
#include "hole/hole_turn.h"

#include "os/sys.h"

static void
look(struct hole_process *self, const struct evloop *loop)
{
    (void)loop;
    self->other_pid = self->page->orders[self->role == HOLE_DIAL ? HOLE_EXPORTER : HOLE_DIAL].pid;
}

__attribute__((constructor)) static void
begin(void)
{
    hole_turn_begin_alone(look);
}

int __real_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

/* Whoever waits for ever waits in short pieces, so that it sees an order. */
int
__wrap_sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    int ready;
    do {
        hole_turn_obey(NULL);
        bool is_short = !hole_turn_listens() || (timeout_ms >= 0 && timeout_ms <= HOLE_TURN_MS);
        ready = __real_sys_poll(fds, count, is_short ? timeout_ms : HOLE_TURN_MS);
    } while (ready == 0 && timeout_ms < 0);
    return ready;
}

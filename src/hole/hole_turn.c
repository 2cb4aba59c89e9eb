/* hole_turn.c - see hole_turn.h
 * SPDX-License-Identifier: ISC
 */
#include "hole/hole_turn.h"

#include "os/log.h"
#include "os/sandbox.h"
#include "os/sys.h"

#include <errno.h>
#include <unistd.h>

static struct {
    struct hole_process process;
    hole_turn_look *look;
    bool is_in; /* the filter is entered */
} hole;

void
hole_turn_begin(struct hole_page *page, hole_turn_look *look)
{
    hole.process.page = page;
    hole.look = look;
}

void
hole_turn_begin_alone(hole_turn_look *look)
{
    int fd;
    hole_turn_begin(hole_page_open(&fd), look);
    if (fd >= 0)
        close(fd);
}

bool
hole_turn_has_page(void)
{
    return hole.process.page != NULL;
}

bool
hole_turn_listens(void)
{
    return hole_turn_has_page() && hole.is_in;
}

/* Of several processes of a role one alone takes an order. */
static bool
take(struct hole_order *order, uint32_t *number)
{
    uint32_t taken = atomic_load(&order->taken);
    *number = atomic_load(&order->wanted);
    return *number != taken && atomic_compare_exchange_strong(&order->taken, &taken, *number);
}

void
hole_turn_obey(const struct evloop *loop)
{
    struct hole_process *self = &hole.process;
    struct hole_order *order;
    uint32_t number;
    if (!hole_turn_listens())
        return;
    order = &self->page->orders[self->role];
    if (!take(order, &number))
        return;
    self->loop = loop;
    self->link = NULL;
    self->chan_fd = self->own_fd = self->other_fd = -1;
    self->other_pid = self->page->orders[HOLE_SUPERVISOR].pid;
    if (hole.look != NULL)
        hole.look(self, loop);
    errno = 0;
    order->result = hole_attack_try(self, order->attack);
    order->error = order->result == -1 ? errno : 0;
    atomic_store(&order->done, number);
}

/* --- what the linker puts before functions of os --------------------------------------------- */

enum status __real_sandbox_enter(const struct sandbox_filter *filter);
enum status __wrap_sandbox_enter(const struct sandbox_filter *filter);
struct clock_time __real_evloop_wait(struct evloop *loop, uint64_t deadline_us);
struct clock_time __wrap_evloop_wait(struct evloop *loop, uint64_t deadline_us);
void __real_evloop_turn(struct evloop *loop, uint64_t deadline_us);
void __wrap_evloop_turn(struct evloop *loop, uint64_t deadline_us);

static enum hole_role
role_of(enum sandbox_role role)
{
    if (role <= SANDBOX_SUPERVISOR_SPACES_AUDIT)
        return HOLE_SUPERVISOR;
    if (role == SANDBOX_FRONT)
        return HOLE_FRONT;
    if (role == SANDBOX_WORKER)
        return HOLE_WORKER;
    return role == SANDBOX_EXPORTER ? HOLE_EXPORTER : HOLE_DIAL;
}

enum status
__wrap_sandbox_enter(const struct sandbox_filter *filter)
{
    struct hole_page *page = hole.process.page;
    hole.process.role = role_of(filter->role);
    hole.is_in = true;
    log_write(LOG_WARNING, LOG_STARTED,
              "this is a hole build, for tests alone: it attacks what it is part of");
    if (page == NULL)
        return __real_sandbox_enter(filter);
    page->orders[hole.process.role].pid = getpid();
    if ((page->unfiltered >> hole.process.role & 1) == 0)
        return __real_sandbox_enter(filter);
    log_write(LOG_WARNING, LOG_STARTED, "hole build: this process has no filter of its own");
    return STATUS_OK;
}

static uint64_t
sooner(uint64_t deadline_us)
{
    uint64_t look_us = sys_clock_us(CLOCK_MONOTONIC) + HOLE_TURN_MS * 1000;
    return hole_turn_listens() && look_us < deadline_us ? look_us : deadline_us;
}

struct clock_time
__wrap_evloop_wait(struct evloop *loop, uint64_t deadline_us)
{
    hole_turn_obey(loop);
    return __real_evloop_wait(loop, sooner(deadline_us));
}

void
__wrap_evloop_turn(struct evloop *loop, uint64_t deadline_us)
{
    hole_turn_obey(loop);
    __real_evloop_turn(loop, sooner(deadline_us));
}

/* oracle.c - see oracle.h
 * SPDX-License-Identifier: ISC
 */
#include "oracle.h"

#include "nets.h"
#include "proxy.h"
#include "trace.h"
#include "world_faults.h"
#include "world_lies.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The longest wait to be started again (lane/restart.h), and a start. */
#define AWAY_US (6 * KERNEL_S)
/* What came in the last moment before a stop may not have been read. */
#define STOP_US (5 * KERNEL_MS)
/* To read what waits in a socket when a front was away or stood still. */
#define READ_US KERNEL_S

static struct {
    unsigned count;
    char first[160];
    const char *kind;
} found;

static bool is_ended_well; /* the supervisor, with status 0 */

static struct {       /* the last end of a process */
    uint64_t at_us;   /* 0: none ended */
    uint64_t idle_us; /* process_idle_us() then */
} last_end;

void
oracle_violation_of(const char *what, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    trace_note("VIOLATION", 0, 0, what, strlen(what));
    double at_s = (double)(kernel_now() - kernel_began()) / 1e6;
    if (trace_is_shown())
        printf("%12.6f  VIOLATION: %s%s\n", at_s, what, text);
    if (found.count++ > 0)
        return;
    found.kind = what;
    snprintf(found.first, sizeof found.first, "at %.6f s: %s%.90s", at_s, what, text);
}

void
oracle_violation(const char *what)
{
    oracle_violation_of(what, "%s", "");
}

unsigned
oracle_violations(void)
{
    return found.count;
}

const char *
oracle_first(void)
{
    return found.first;
}

const char *
oracle_first_kind(void)
{
    return found.kind != NULL ? found.kind : "";
}

/* --- events ---------------------------------------------------------------------------------- */

/* Since when have all lanes had the fronts that they have? A query that came before waits in the
 * socket, and its time begins when a front reads it. 0: one has none now. */
static uint64_t
served_since(void)
{
    uint64_t since_us = 1;
    for (unsigned lane = 0; lane < world.lanes; lane++) {
        const struct process *front = proxy_front_of(lane);
        uint64_t first_us = front != NULL ? process_first_turn_us(front) : 0;
        if (first_us == 0)
            return 0;
        since_us = first_us > since_us ? first_us : since_us;
    }
    return since_us;
}

/* Is a process that ended given time to be there again? */
static bool
may_be_away(void)
{
    uint64_t stood_still_us = process_idle_us() - last_end.idle_us;
    return last_end.at_us != 0 && kernel_now() < last_end.at_us + AWAY_US + stood_still_us;
}

/* @param number  what of the time that processes stood still was waited for already */
static void
overdue(void *owner, uint64_t number)
{
    const struct ask *ask = owner;
    uint64_t idle_us = process_idle_us() - ask->idle_us, since_us = served_since();
    uint64_t end_us = since_us + world.query_ms * KERNEL_MS + 5 * KERNEL_MS;
    if (ask->responses > 0 || ask->fate != POLICY_SERVED || oracle_tcp_may_be_late(ask))
        return;
    if (idle_us > number) /* they may take so much longer */
        kernel_at(kernel_now() + idle_us - number, overdue, owner, idle_us);
    else if (since_us == 0 && !world_faults_is_stopped() && may_be_away())
        kernel_at(kernel_now() + KERNEL_S, overdue, owner, number);
    else if (since_us > ask->arrived_us && end_us > kernel_now())
        kernel_at(end_us, overdue, owner, number);
    else
        oracle_answers_overdue(ask);
}

/* L3: every query has its end within the time of a query and what processes stood still. */
void
oracle_asked(struct ask *ask)
{
    if (ask->is_flood) /* policy may end it, in silence too */
        return;
    kernel_at(kernel_now() + world.query_ms * KERNEL_MS + 5 * KERNEL_MS, overdue, ask, 0);
}

/* Is a front there for every query, and reads? */
static bool
is_served(void)
{
    uint64_t since_us = served_since();
    bool is_away = since_us == 0 || kernel_now() < since_us + READ_US;
    return (world.row->flags & (WORLD_NO_POLICY | WORLD_ENDS)) != 0 && !world_faults_is_stopped() &&
           !is_away && kernel_now() >= kernel_began() + KERNEL_S &&
           kernel_now() >= world_faults_over_us() + READ_US; /* else it stands still */
}

void
oracle_unheard(const struct ask *ask)
{
    if (is_served())
        oracle_violation_of("a query reaches no front", ": %s", ask->act->text);
}

void
oracle_tcp_unheard(const struct tcp_conn *conn)
{
    if (is_served())
        oracle_violation_of("a connection reaches no front", ": port %u", conn->from.port);
}

void
oracle_taken(struct ask *ask)
{
    oracle_policy_taken(ask);
    if (world.places == 0)
        return;
    ask->net = nets_of(&ask->from);
    oracle_room_taken(ask);
    oracle_queue_taken(ask);
}

void
oracle_answered(struct ask *ask)
{
    if (ask->net != NULL)
        oracle_room_answered(ask);
    oracle_octets_judge(ask);
    if (ask->is_cut)
        return;
    oracle_answers_judge(ask);
    if (ask->cookie_size > 0)
        oracle_cookies_judge(ask);
}

static void
judge_queue(const struct front *front)
{
    if (world.places == 0)
        return;
    oracle_queue_turn(front);
    oracle_room_turn();
}

static void
turned(struct process *process)
{
    oracle_turns_turn(process);
    if (proxy_is_front(process)) {
        oracle_counters_turn(process);
        judge_queue(proxy_front(process));
    }
    if (proxy_is_front(process) || proxy_is_worker(process))
        oracle_memory_turn(process);
}

static void
ended(struct process *process, int wait_status)
{
    last_end.at_us = kernel_now();
    last_end.idle_us = process_idle_us();
    if (proxy_is_front(process)) {
        oracle_counters_front_ended(process);
        world_faults_front_ended();
    }
    if (!proxy_is_front(process) && !proxy_is_worker(process)) {
        is_ended_well = wait_status == 0;
        oracle_counters_begin(); /* its pages are gone */
    }
    bool was_ended = (wait_status == SIGKILL && world_faults_broke_rings()) ||
                     world_lies_may_end(process, wait_status);
    bool may_be_ended = world_faults_is_stopped() && !world_faults_is_stop_alone();
    if (wait_status != 0 && wait_status != SIGSEGV && !was_ended && !may_be_ended)
        oracle_violation_of("a process ended by itself", ": %s, 0x%x", process_name(process),
                            (unsigned)wait_status);
}

void
oracle_begin(void)
{
    memset(&found, 0, sizeof found);
    memset(&last_end, 0, sizeof last_end);
    is_ended_well = false;
    process_on_turn = turned;
    proxy_on_end = ended;
    world_faults_begin();
    world_lies_begin();
    oracle_counters_begin();
    oracle_octets_begin();
    oracle_policy_begin();
    oracle_routes_begin();
    oracle_room_begin();
    oracle_queue_begin();
    oracle_memory_begin();
    oracle_turns_begin();
}

/* All lanes have what serves them, but for what has just ended. */
static void
judge_lanes(void)
{
    if (world_lies_is_away())
        return;
    if (!proxy_is_serving()) {
        oracle_violation("the service has ended");
        return;
    }
    for (unsigned lane = 0; lane < world.lanes && !may_be_away(); lane++)
        if (proxy_front_of(lane) == NULL || proxy_worker_of(lane) == NULL)
            oracle_violation_of("a lane serves nobody", ": %u", lane);
}

/* It was told to stop, and nothing else happened: it ends, and not before it has answered. */
static void
judge_stop(void)
{
    const struct ask *ask;
    if (!is_ended_well)
        oracle_violation("a stop does not end the service");
    for (size_t i = 0; (ask = world_clients_at(i)) != NULL; i++)
        if (ask->arrived_us != 0 && ask->arrived_us + STOP_US < world_faults_stopped_us() &&
            ask->responses == 0)
            oracle_violation_of("a stop costs an answer", ": %s", ask->act->text);
}

void
oracle_end(void)
{
    if (!world_faults_is_stopped())
        judge_lanes();
    else if (world_faults_is_stop_alone())
        judge_stop();
    oracle_counters_end();
    oracle_tcp_end();
    oracle_octets_end();
    oracle_policy_end();
    if ((world.row->flags & WORLD_CROWD) != 0)
        oracle_crowd_end();
}

/* world_lies.c - see world_lies.h
 * SPDX-License-Identifier: ISC
 */
#include "world_lies.h"

#include "draw.h"
#include "oracle.h"
#include "pair.h"
#include "proxy.h"
#include "world_faults.h"

#include "ipc/ipc.h"
#include "supervisor/supervisor.h"

#include <signal.h>
#include <string.h>
#include <sys/uio.h>

#define ENDED_US  (100 * KERNEL_MS) /* until the sender of a false message must be gone */
#define POLL_US   (20 * KERNEL_MS)
#define LIARS_MAX 64
#define LIES      10

static struct {
    const struct process *liars[LIARS_MAX];
    unsigned liars_count;
    bool is_away; /* the service ends, or has, and is started again */
} lies;

void
world_lies_begin(void)
{
    memset(&lies, 0, sizeof lies);
}

/* --- false messages -------------------------------------------------------------------------- */

/* What no supervisor takes of a child that serves, or not of this one. @return octets */
static size_t
false_message(unsigned which, bool is_worker, uint64_t who, uint8_t octets[IPC_MESSAGE_MAX + 1])
{
    struct ipc_message message = {.type = is_worker ? IPC_UPSTREAM_WANT : IPC_RELOADED};
    unsigned more = 0;
    switch (which) {
    case 0: /* no number */
        octets[0] = (uint8_t)draw(who, 1, 256);
        return 1;
    case 1: /* one that no message has, and octets */
        octets[0] = (uint8_t)(1 + draw(who, 1, 255));
        octets[1] = (uint8_t)draw(who, 2, 256);
        return 2 + draw(who, 3, 40);
    case 2: /* too long */
        more = 1;
        break;
    case 3: /* at the wrong time */
        message.type = IPC_READY;
        break;
    case 4: /* without its descriptor */
        message = (struct ipc_message){.type = IPC_LISTENER, .kind = IPC_SOCKET_UDP};
        break;
    case 5: /* what only a supervisor says */
        message.type = IPC_STOP;
        break;
    case 6:
        message = (struct ipc_message){.type = IPC_RING_END, .error = 2};
        break;
    case 7: /* what only the other one says */
        message.type = is_worker ? IPC_RELOADED : IPC_UPSTREAM_WANT;
        break;
    case 8: /* about an upstream that there is not */
        message = (struct ipc_message){.type = IPC_UPSTREAM_WANT, .index = world.upstreams};
        break;
    default:
        message = (struct ipc_message){.type = IPC_UPSTREAM_DEAR, .index = world.upstreams};
        break;
    }
    return ipc_encode(&message, octets) + more;
}

static void
judge_liar(void *owner, uint64_t idle_us)
{
    const struct process *liar = owner;
    uint64_t stood_still_us = process_idle_us() - idle_us;
    if (!process_is_alive(liar))
        return;
    if (stood_still_us > 0)
        kernel_at(kernel_now() + stood_still_us, judge_liar, owner, process_idle_us());
    else
        oracle_violation_of("a process that broke the contract lives", ": %s", process_name(liar));
}

static bool
is_serving(unsigned lane, enum child_role role)
{
    const struct supervisor *sup = proxy_supervisor_state();
    return sup != NULL && sup->phase == PHASE_RUNNING && lane < sup->lanes_count &&
           sup->lanes[lane].children[role].state == LIFE_READY;
}

void
world_lies_tell(const struct act *act, uint64_t number)
{
    unsigned lane = (unsigned)act->who;
    bool is_worker = (act->number & 1) != 0;
    uint8_t octets[IPC_MESSAGE_MAX + 1] = {0};
    struct process *liar = is_worker ? proxy_worker_of(lane) : proxy_front_of(lane);
    if (liar == NULL || !is_serving(lane, is_worker ? CHILD_WORKER : CHILD_FRONT) ||
        lies.liars_count == LIARS_MAX || !world_faults_may_die())
        return;
    struct iovec part = {.iov_base = octets,
                         .iov_len = false_message((unsigned)(act->number >> 1) % LIES, is_worker,
                                                  draw_who(DRAW_ACT, number), octets)};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (pair_send(process_object_of(liar, PROCESS_CHAN), &header) < 0)
        return;
    lies.liars[lies.liars_count++] = liar;
    kernel_at(kernel_now() + ENDED_US, judge_liar, liar, process_idle_us());
}

static bool
has_lied(const struct process *process)
{
    for (unsigned i = 0; i < lies.liars_count; i++)
        if (lies.liars[i] == process)
            return true;
    return false;
}

/* --- the whole service again ------------------------------------------------------------------ */

static void
start(void *owner, uint64_t number)
{
    (void)owner;
    (void)number;
    if (proxy_supervisor() != NULL) { /* it answers what is in flight */
        kernel_at(kernel_now() + POLL_US, start, NULL, 0);
        return;
    }
    world_faults_note();
    lies.is_away = false;
    proxy_start_again();
}

void
world_lies_again(const struct act *act, uint64_t number)
{
    (void)number;
    if (lies.is_away || !proxy_is_serving())
        return;
    world_faults_note();
    lies.is_away = true;
    kernel_at(kernel_now() + act->for_us, start, NULL, 0);
    if (act->number == 0)
        process_kill(proxy_supervisor(), SIGKILL);
    else
        proxy_signal(SIGTERM);
}

bool
world_lies_may_end(const struct process *process, int wait_status)
{
    return lies.is_away || (wait_status == SIGKILL && has_lied(process));
}

bool
world_lies_is_away(void)
{
    return lies.is_away;
}

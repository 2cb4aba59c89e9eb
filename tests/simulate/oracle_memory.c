/* oracle_memory.c - what processes map, and what a worker must never hold
 * SPDX-License-Identifier: ISC
 */
#include "oracle.h"

#include "front/front.h"
#include "proxy.h"

#include <stdlib.h>
#include <string.h>

#define SETTLED_US   (2 * KERNEL_S) /* after its first turn a process has mapped what it needs */
#define MORE_OCTETS  (1U << 20)     /* that may come later: a configuration, lists of names */
#define LOOK_TURNS   1000
#define LOOKED_AT    8 /* queries, each time; the youngest */
#define PROCESSES    1024
#define LABEL_LEAST  8 /* characters of a name that occur nowhere by chance */
#define ADDRESS_SIZE 16

#if defined(__SANITIZE_ADDRESS__)
#define HAS_RED_ZONES true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_RED_ZONES true
#endif
#endif
#ifndef HAS_RED_ZONES
#define HAS_RED_ZONES false
#endif

static struct {
    struct {
        uint64_t first_us;
        size_t settled; /* octets mapped; 0: not settled yet */
    } of[PROCESSES];    /* by the process's number */
    uint64_t worker_turns;
    uint64_t asked; /* when it was looked last */
} memory;

void
oracle_memory_begin(void)
{
    memset(&memory, 0, sizeof memory);
}

/* A front maps its newest ring and those of workers that a reload has replaced. */
static size_t
rings_of(struct process *process)
{
    const struct front *front = proxy_front(process);
    size_t most = 0;
    for (unsigned i = 0; front != NULL && i < UPLINK_LINKS; i++)
        if (front->uplink.links[i].memory_size > most)
            most = front->uplink.links[i].memory_size;
    return (UPLINK_LINKS - 1) * most;
}

static void
judge_mappings(struct process *process)
{
    size_t number = (size_t)process_pid(process) % PROCESSES, now = process_mapped_bytes(process);
    if (memory.of[number].first_us == 0)
        memory.of[number].first_us = kernel_now();
    if (kernel_now() < memory.of[number].first_us + SETTLED_US)
        return;
    if (memory.of[number].settled == 0)
        memory.of[number].settled = now;
    if (now > memory.of[number].settled + rings_of(process) + MORE_OCTETS)
        oracle_violation_of("a process maps more and more", ": %s, %zu octets more",
                            process_name(process), now - memory.of[number].settled);
}

/* A worker never learns who asks, nor how a name was spelled. Addresses of IPv4 are too short to
 * be looked for. */
static void
look_for_clients(const struct process *worker)
{
    const struct ask *ask;
    size_t count = (size_t)world_clients_asked(), first = count > LOOKED_AT ? count - LOOKED_AT : 0;
    for (size_t i = first; (ask = world_clients_at(i)) != NULL; i++) {
        size_t label = strcspn(ask->act->text, ".");
        bool is_spelled = strpbrk(ask->act->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL;
        if (ask->from.family == ADDR_IPV6 &&
            process_scan(worker, ask->from.bytes, ADDRESS_SIZE) > 0)
            oracle_violation_of("a worker knows a client's address", ": %s", ask->act->text);
        if (is_spelled && label >= LABEL_LEAST && process_scan(worker, ask->act->text, label) > 0)
            oracle_violation_of("a worker knows a client's spelling", ": %s", ask->act->text);
    }
}

void
oracle_memory_turn(struct process *process)
{
    judge_mappings(process);
    if (HAS_RED_ZONES || !proxy_is_worker(process))
        return;
    if (++memory.worker_turns % LOOK_TURNS != 0 || world_clients_asked() == memory.asked)
        return;
    memory.asked = world_clients_asked();
    look_for_clients(process);
}

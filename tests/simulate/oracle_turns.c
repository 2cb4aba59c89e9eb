/* oracle_turns.c - a process that turns has something to do
 * SPDX-License-Identifier: ISC
 *
 * A turn moves something - a message, a datagram, a question, octets, a bell - or time has to pass before the next
 * one. Deadlines are at least a millisecond apart, so many turns in a row that move nothing are those
 * of a process that spins.
 */
#include "oracle.h"

#include "proxy.h"

#include "worker/worker.h"

#include <string.h>

#define PROCESSES 1024
#define TURNS     100 /* that move nothing, */
#define WITHIN_US (20 * KERNEL_MS)

static struct {
    uint64_t moved; /* moves_of() at its last turn that moved something */
    uint64_t since_us;
    unsigned count; /* of turns since */
} idle[PROCESSES];  /* by the process's number */

/* What a worker takes out of a ring needs no call. */
static uint64_t
moves_of(const struct process *process)
{
    const struct worker *worker = proxy_is_worker(process) ? proxy_worker(process) : NULL;
    return process_moves(process) + (worker != NULL ? worker->pool.asked : 0);
}

void
oracle_turns_begin(void)
{
    memset(idle, 0, sizeof idle);
}

void
oracle_turns_turn(const struct process *process)
{
    size_t number = (size_t)process_pid(process) % PROCESSES;
    uint64_t moved = moves_of(process);
    if (moved != idle[number].moved || idle[number].count == TURNS) {
        idle[number].moved = moved;
        idle[number].count = 0;
    }
    if (idle[number].count++ == 0)
        idle[number].since_us = kernel_now();
    if (idle[number].count == TURNS && kernel_now() < idle[number].since_us + WITHIN_US)
        oracle_violation_of("a process spins", ": %s, %u turns within %u us", process_name(process),
                            TURNS, (unsigned)(kernel_now() - idle[number].since_us));
}

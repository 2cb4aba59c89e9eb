/* process.c - see process.h
 * SPDX-License-Identifier: ISC
 */
#include "process_parts.h"

#include "fiber.h"
#include "files.h"
#include "kernel.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PROCESSES_MAX 1024 /* of one world, dead ones too */
#define PID_FIRST     1000
#define EXEC_US       300  /* from fork to the first call of main() */
#define WAKE_US       20   /* a sleeper gets the processor within this */
#define PREEMPTED_US  3000 /* at most, at one call */

static struct {
    struct process *all[PROCESSES_MAX], *current;
    struct process *alive[PROCESSES_MAX];
    unsigned count, alive_count;
    unsigned preempted_per_mille;
    uint64_t idle_us;
} processes;

void (*process_on_end)(struct process *process);
void (*process_on_turn)(struct process *process);

/* --- life ------------------------------------------------------------------------------------ */

static void
run(void *argument)
{
    struct process *process = argument;
    process_exit(process->main(&process->os, process->state));
}

struct process *
process_start(const char *name, process_main *main, size_t state_bytes, struct object *chan)
{
    struct process *process = calloc(1, sizeof *process);
    if (process == NULL || processes.count == PROCESSES_MAX)
        abort();
    process->name = name;
    process->number = processes.count;
    process->main = main;
    process->state_bytes = state_bytes;
    process->state = calloc(1, state_bytes);
    process->wake_us = kernel_now() + EXEC_US;
    process->fiber = fiber_open(run, process);
    processes.all[processes.count++] = process;
    processes.alive[processes.alive_count++] = process;
    struct process *outer = processes.current;
    processes.current = process;
    for (int fd = 0; fd < PROCESS_CHAN; fd++)
        process_open(files_log());
    if (chan != NULL)
        process_open(chan);
    processes.current = outer;
    trace_note("start", process->number, 0, name, strlen(name));
    return process;
}

static void
close_all(struct process *process)
{
    struct process *outer = processes.current;
    processes.current = process;
    for (int fd = 0; fd < process->fds_count; fd++)
        if (process->fds[fd] != NULL)
            process_close(fd);
    processes.current = outer;
    for (size_t i = 0; i < process->maps_count; i++)
        munmap(process->maps[i].at, process->maps[i].size);
    process->maps_count = 0;
}

static void
forget_alive(const struct process *process)
{
    unsigned at = 0;
    while (processes.alive[at] != process)
        at++;
    for (processes.alive_count--; at < processes.alive_count; at++)
        processes.alive[at] = processes.alive[at + 1];
}

static void
free_memory(struct process *process)
{
    fiber_close(process->fiber);
    free(process->state);
    free(process->fds);
    free(process->maps);
    process->fiber = NULL;
    process->state = NULL;
    process->fds = NULL;
    process->maps = NULL;
    process->fds_count = 0;
}

static void
end(struct process *process, int wait_status)
{
    trace_note("end", process->number, (uint64_t)wait_status, process->name, strlen(process->name));
    process->is_ended = true;
    process->wait_status = wait_status;
    if (process->idle_until_us > kernel_now()) /* what it will not stand still any more */
        processes.idle_us -= process->idle_until_us - kernel_now();
    forget_alive(process);
    close_all(process);
    if (process_on_end != NULL)
        process_on_end(process);
}

void
process_kill(struct process *process, int wait_status)
{
    if (process->is_ended)
        return;
    end(process, wait_status);
    if (process == processes.current)
        fiber_leave(process->fiber, true); /* process_go_on() frees the stack */
    free_memory(process);
}

void
process_exit(int status)
{
    end(processes.current, (status & 0xff) << 8);
    fiber_leave(processes.current->fiber, true);
    abort();
}

void
process_begin(void)
{
    process_on_end = NULL;
    process_on_turn = NULL;
    memset(&processes, 0, sizeof processes);
}

void
process_end_all(void)
{
    process_on_end = NULL;
    process_on_turn = NULL;
    while (processes.alive_count > 0)
        process_kill(processes.alive[0], 9);
    for (unsigned i = 0; i < processes.count; i++)
        free(processes.all[i]);
    processes.count = 0;
}

/* --- time ------------------------------------------------------------------------------------ */

struct process *
process_current(void)
{
    return processes.current;
}

struct process *
process_next(uint64_t *at_us)
{
    struct process *next = NULL;
    *at_us = UINT64_MAX;
    for (unsigned i = 0; i < processes.alive_count; i++)
        if (processes.alive[i]->wake_us < *at_us) {
            next = processes.alive[i];
            *at_us = next->wake_us;
        }
    return next;
}

void
process_go_on(struct process *process)
{
    process->wake_us = UINT64_MAX;
    processes.current = process;
    os_use(&process->os);
    fiber_enter(process->fiber);
    processes.current = NULL;
    if (process->is_ended)
        free_memory(process);
}

static void
leave_until(uint64_t until_us)
{
    struct process *process = processes.current;
    process->cpu_us += process->busy_us;
    if (kernel_now() + process->busy_us > process->earliest_us)
        process->earliest_us = kernel_now() + process->busy_us;
    process->busy_us = 0;
    process->wake_us = until_us > process->earliest_us ? until_us : process->earliest_us;
    fiber_leave(process->fiber, false);
}

void
process_sleep(uint64_t until_us)
{
    leave_until(until_us);
}

void
process_wake(struct process *process)
{
    uint64_t at_us =
        kernel_now() + 1 + draw(draw_who(DRAW_PROCESS, process->number), process->draws++, WAKE_US);
    if (at_us < process->earliest_us)
        at_us = process->earliest_us;
    if (at_us < process->wake_us)
        process->wake_us = at_us;
}

static void
stand_still(struct process *process, uint64_t until_us)
{
    uint64_t from_us =
        process->idle_until_us > kernel_now() ? process->idle_until_us : kernel_now();
    if (until_us <= from_us)
        return;
    processes.idle_us += until_us - from_us;
    process->idle_until_us = until_us;
}

void
process_stall(struct process *process, uint64_t until_us)
{
    if (process->is_ended || until_us <= kernel_now())
        return;
    stand_still(process, until_us);
    if (process->earliest_us < until_us)
        process->earliest_us = until_us;
    if (process->wake_us < until_us)
        process->wake_us = until_us;
}

void
process_set_preemption(unsigned per_mille)
{
    processes.preempted_per_mille = per_mille;
}

void
process_called(unsigned us)
{
    struct process *process = processes.current;
    kernel_counts()->calls++;
    if (process == NULL)
        return;
    process->busy_us += us;
    if (processes.preempted_per_mille == 0 ||
        process_draw(DRAW_PREEMPT, 1000) >= processes.preempted_per_mille)
        return;
    uint64_t us_lost = 1 + process_draw(DRAW_PREEMPT, PREEMPTED_US);
    stand_still(process, kernel_now() + us_lost);
    leave_until(kernel_now() + us_lost);
}

void
process_moved(void)
{
    if (processes.current != NULL)
        processes.current->moves++;
}

void
process_turned(unsigned us)
{
    struct process *process = processes.current;
    process->busy_us += us;
    if (process->first_turn_us == 0)
        process->first_turn_us = kernel_now();
    trace_note("turn", process->number, process->busy_us, NULL, 0);
    if (process_on_turn != NULL)
        process_on_turn(process);
}

uint64_t
process_draw(enum draw_of of, uint64_t below)
{
    struct process *process = processes.current;
    return draw(draw_who(of, process->number), process->draws++, below);
}

/* --- facts ----------------------------------------------------------------------------------- */

const char *
process_name(const struct process *process)
{
    return process->name;
}

pid_t
process_pid(const struct process *process)
{
    return (pid_t)process->number + PID_FIRST;
}

struct process *
process_of_pid(pid_t pid)
{
    unsigned number = (unsigned)(pid - PID_FIRST);
    return number < processes.count ? processes.all[number] : NULL;
}

bool
process_is_alive(const struct process *process)
{
    return !process->is_ended;
}

bool
process_reap(struct process *process, int *wait_status)
{
    if (!process->is_ended || process->is_reaped)
        return false;
    process->is_reaped = true;
    *wait_status = process->wait_status;
    return true;
}

int
process_wait_status(const struct process *process)
{
    return process->wait_status;
}

void *
process_state(const struct process *process)
{
    return process->is_ended ? NULL : process->state;
}

uint64_t
process_idle_us(void)
{
    uint64_t to_come_us = 0;
    for (unsigned i = 0; i < processes.alive_count; i++)
        if (processes.alive[i]->idle_until_us > kernel_now())
            to_come_us += processes.alive[i]->idle_until_us - kernel_now();
    return processes.idle_us - to_come_us;
}

uint64_t
process_first_turn_us(const struct process *process)
{
    return process->first_turn_us;
}

uint64_t
process_moves(const struct process *process)
{
    return process->moves;
}

uint64_t
process_cpu_us(const struct process *process)
{
    return process->cpu_us + process->busy_us;
}

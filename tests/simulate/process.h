/* process.h - simulated processes: their turns, descriptors, memory, ends
 * SPDX-License-Identifier: ISC
 *
 * What: each runs the real code on a stack of its own, with descriptors of its own from 0 on, its
 *       own state of os (os/os.h) and its own random bytes. It sleeps only in process_sleep(); with
 *       preemption it can lose the processor at any call.
 * Who:  kernel.c runs them; the other files of the virtual kernel serve them; worlds start and end
 *       them, stall them, and look into them.
 */
#pragma once

#include "draw.h"
#include "object.h"

#include <sys/types.h>

#define PROCESS_CHAN 3 /* descriptor of a child's control channel */

struct process;

/** What main() is. @param state  of its `state_bytes`, zeroed @return the exit status */
typedef int process_main(void *os, void *state);

/** Two descriptors without use, two for writing (the log), and CHAN; NULL: none. */
struct process *process_start(const char *name, process_main *main, size_t state_bytes,
                              struct object *chan);

/** Its end, at this very moment, also of the current one. @param wait_status  as waitpid(2); */
void process_kill(struct process *process, int wait_status);
_Noreturn void process_exit(int status);

/** It gets no processor until then. */
void process_stall(struct process *process, uint64_t until_us);

/** Everyone, from now on: per mille of calls at which it loses the processor for up to 3 ms. */
void process_set_preemption(unsigned per_mille);

void process_begin(void);
void process_end_all(void);

/* --- facts ----------------------------------------------------------------------------------- */

const char *process_name(const struct process *process);
pid_t process_pid(const struct process *process);
struct process *process_of_pid(pid_t pid);
bool process_is_alive(const struct process *process);

/** Ended, and nobody was told yet. @param wait_status  written if so; then it was told */
bool process_reap(struct process *process, int *wait_status);

/** How it ended, as waitpid(2). */
int process_wait_status(const struct process *process);

/** The state that was given to its main(): NULL once it has ended. */
void *process_state(const struct process *process);

/** How long processes have stood still by stalls and preemptions until now, together, microseconds. */
uint64_t process_idle_us(void);

/** When it ended its first turn (epoll_wait); 0: it has not. */
uint64_t process_first_turn_us(const struct process *process);

/** How often a call of it has moved something: a message, a datagram, octets, a bell, a connection. */
uint64_t process_moves(const struct process *process);

/** Processor time that it has used, microseconds. */
uint64_t process_cpu_us(const struct process *process);

/** What a descriptor of it stands for; NULL: nothing. */
struct object *process_object_of(const struct process *process, int fd);

/** How often the octets occur in what it can read: state, stack, mappings. */
unsigned process_scan(const struct process *process, const void *octets, size_t size);

/** Called when a process ends, with its end in place, and at the end of each turn. */
extern void (*process_on_end)(struct process *process);
extern void (*process_on_turn)(struct process *process);

/* --- for the virtual kernel ------------------------------------------------------------------ */

/** NULL: the world acts. */
struct process *process_current(void);

/** The earliest one that is to run. @param at_us  written: when; UINT64_MAX: none */
struct process *process_next(uint64_t *at_us);
void process_go_on(struct process *process);

/** The current one made a call that costs so much. */
void process_called(unsigned us);

/** Its call moved something. */
void process_moved(void);

/** The current one ends a turn. */
void process_turned(unsigned us);

/** The current one sleeps until then, or until process_wake(). */
void process_sleep(uint64_t until_us);
void process_wake(struct process *process);

/** A draw of the current process. */
uint64_t process_draw(enum draw_of of, uint64_t below);

/** The lowest free descriptor stands for `object` from now on, with a reference of its own. */
int process_open(struct object *object);
/** NULL: EBADF. */
struct object *process_object(int fd);
int process_close(int fd);

/** Mappings: counted, and unmapped at its end. */
void process_mapped(void *at, size_t size, bool is_guarded);
void process_unmapped(void *at);
/** Octets mapped now. */
size_t process_mapped_bytes(const struct process *process);

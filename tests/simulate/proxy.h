/* proxy.h - the proxy as it runs in a world: its three programs, and what the world may see of them
 * SPDX-License-Identifier: ISC
 *
 * What: the real service_run(), front_ladder_run() and worker_ladder_run() as processes of the
 *       virtual kernel. Only what ends at a real kernel is played: programs are started, killed and
 *       waited for here, signals come from the world, privileges and filters are none.
 * Who:  worlds and oracles.
 */
#pragma once

#include "process.h"

struct front;
struct worker;
struct supervisor;

/** Where its configuration lies: files_write() makes it. */
#define PROXY_CONFIG "/etc/penstock/penstock.yaml"

/** Start the supervisor. */
void proxy_start(void);
/** The supervisor once more, after it ended. */
void proxy_start_again(void);

/** Signal the supervisor: SIGHUP, SIGTERM, SIGUSR1. */
void proxy_signal(unsigned number);

/** NULL: it has ended. */
struct process *proxy_supervisor(void);
struct supervisor *proxy_supervisor_state(void);

/** Which program does it run? */
bool proxy_is_front(const struct process *process);
bool proxy_is_worker(const struct process *process);
struct front *proxy_front(const struct process *process);
struct worker *proxy_worker(const struct process *process);

/** Of a lane, the one that serves now; NULL: there is none. */
struct process *proxy_front_of(unsigned lane);
struct process *proxy_worker_of(unsigned lane);

struct stats_page;
/** The statistics page of a front that serves, or has just ended, and its lane. NULL: it has none. */
const struct stats_page *proxy_front_statistics(const struct process *front, unsigned *lane);
/** The same by lane; NULL: there are not so many lanes. */
const struct stats_page *proxy_lane_statistics(unsigned lane);

/** Do all lanes serve? */
bool proxy_is_serving(void);

/** Called when one of them has ended. */
extern void (*proxy_on_end)(struct process *process, int wait_status);

/** How many processes were started so far, and how many ended other than by exit 0. */
unsigned proxy_started(void);
unsigned proxy_died(void);

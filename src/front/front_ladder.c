/* front_ladder.c - see front_ladder.h
 * SPDX-License-Identifier: ISC
 */
#include "front/front_ladder.h"

#include "child/child_ladder.h"
#include "front/front_control.h"
#include "os/log.h"
#include "os/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

/* octets beside the tables: the C library, in passing */
#define MEMORY_BESIDE (16U << 20)

/* descriptors beside clients' connections: listeners, connections that wait to be accepted */
#define FILES_BESIDE (64 + TCP_PARKED + TCP_GREETINGS)

/* By default the kernel makes each sleep up to 50 us longer, a third of a rest. */
static void
sleep_exactly(void)
{
    if (sys_prctl(PR_SET_TIMERSLACK, 1) != 0)
        log_fatal("the timer slack cannot be set: %s", strerror(errno));
}

int
front_ladder_run(struct os *os, struct front *front)
{
    child_ladder_begin(os, &front->loop);
    front_control_begin(front);
    sleep_exactly();
    child_ladder_drop(
        &(struct child_needs){.filter = &sandbox_front,
                              .user = front->self.config->user,
                              .files = (size_t)front->self.config->tcp_clients + FILES_BESIDE,
                              .for_what = "its TCP clients",
                              .memory_bytes = MEMORY_BESIDE});
    child_ladder_ready(&front->inbox, &front->loop, &(struct ipc_message){.type = IPC_READY});
    front_begin(front);
    uint64_t due_us = 0;
    while (!front_is_over(front))
        due_us = front_turn(front, evloop_wait(&front->loop, due_us));
    return 0;
}

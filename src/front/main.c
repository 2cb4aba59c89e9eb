/* main.c - the ladder of a front: configuration, memory, sockets, then give up everything and serve
 * SPDX-License-Identifier: ISC
 */
#include "front/control.h"
#include "front/front.h"
#include "front/listen.h"
#include "os/chan.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/os.h"
#include "os/privs.h"
#include "os/sandbox.h"
#include "os/sys.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>

#define MEMORY_BESIDE (16U << 20) /* octets beside the tables: the C library, in passing */
#define FILES_BESIDE                                                                               \
    (64 +                                                                                          \
     TCP_PARKED) /* descriptors other than clients' connections: listeners, those that wait   \
                       */

/* A signal to the process group or control group is meant for the supervisor, who sends STOP. */
static void
ignore_signals(void)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        (void)sys_signal(ignored[i], SIG_IGN);
}

static size_t
files_limit(const struct front *front)
{
    struct rlimit now;
    size_t wanted = (size_t)front->config->tcp_clients + FILES_BESIDE;
    if (sys_getrlimit(RLIMIT_NOFILE, &now) != 0)
        log_fatal("cannot read the limit of open files: %s", strerror(errno));
    if (now.rlim_max >= wanted)
        return wanted;
    log_write(LOG_WARNING, LOG_STARTED,
              "the limit of %zu open files is too low for %u TCP clients; it takes %zu",
              (size_t)now.rlim_max, front->config->tcp_clients, wanted);
    return (size_t)now.rlim_max;
}

static void
give_up(const struct front *front)
{
    struct privs_account account;
    struct privs_limits limits = {.files = files_limit(front),
                                  .memory_bytes = memory_bound(MEMORY_BESIDE)};
    const char *what;
    bool is_root = sys_geteuid() == 0;
    if (is_root && privs_find_account(front->config->user, &account) != STATUS_OK)
        log_fatal("started as root, and there is no account \"%s\" to become; create it or set "
                  "user",
                  front->config->user);
    if (privs_drop(is_root ? &account : NULL, &limits, &what) != STATUS_OK)
        log_fatal("privileges cannot be given up: %s", what);
    /* the kernel rounds sleeps up by 50 us unless told otherwise, a third of a rest */
    if (sys_prctl(PR_SET_TIMERSLACK, 1) != 0)
        log_fatal("the timer slack cannot be set: %s", strerror(errno));
    if (sandbox_enter(SANDBOX_FRONT) != STATUS_OK)
        log_fatal("the system call filter cannot be set: %s", strerror(errno));
}

int
main(void)
{
    static struct os os;
    static struct front front;
    os_use(&os);
    ignore_signals();
    log_open_chan(CHAN_FD, LOG_NOTICE);
    if (evloop_open(&front.loop) != STATUS_OK)
        log_fatal("no event loop: %s", strerror(errno));
    control_begin(&front);
    listen_bind_missing(front.config, &front.udp, &front.tcp);
    give_up(&front);
    control_ready(&front);
    front_begin(&front);
    uint64_t due_us = 0;
    struct clock_time time;
    while (!front_is_over(&front)) {
        if (evloop_wait(&front.loop, due_us, &time) != STATUS_OK)
            log_fatal("cannot wait for events: %s", strerror(errno));
        due_us = front_turn(&front, time);
    }
    return 0;
}

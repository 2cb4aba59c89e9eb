/* main.c - penstock-worker: the ladder from exec to the loop
 * SPDX-License-Identifier: ISC
 *
 * Configuration → memory, CAs, TLS → privileges → sandbox → READY → loop. Started by penstock only:
 * it has one descriptor, the control channel.
 */
#include "os/log.h"
#include "os/memory.h"
#include "os/os.h"
#include "os/privs.h"
#include "os/sandbox.h"
#include "os/sys.h"
#include "worker/control.h"
#include "worker/pin_look.h"
#include "worker/worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define FILES_EXTRA                                                                                \
    32 /* descriptors beside upstream connections: channel, loop, ring, in passing */

#define MEMORY_EXTRA (16U << 20)  /* octets beside tables and connections: the libraries */
#define MEMORY_CONN  (192U << 10) /* octets that mbedTLS may take for one connection */

/* A signal to the process group or control group is meant for the supervisor, who sends STOP. */
static void
ignore_signals(void)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        (void)sys_signal(ignored[i], SIG_IGN);
}

static void
drop(const struct config *config, size_t files, size_t connections)
{
    struct rlimit now;
    if (sys_getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_max < files)
        files = (size_t)now.rlim_max; /* a dial beyond it fails, and is tried again later */
    struct privs_account account;
    const struct privs_account *to = NULL;
    const char *what = "";
    if (sys_geteuid() == 0) {
        /* a look at pins comes without configuration */
        const char *user = config != NULL ? config->user : "nobody";
        if (privs_find_account(user, &account) != STATUS_OK)
            log_fatal("started as root, and there is no account \"%s\" to become", user);
        to = &account;
    }
    struct privs_limits limits = {
        .files = files, .memory_bytes = memory_bound(MEMORY_EXTRA + connections * MEMORY_CONN)};
    if (privs_drop(to, &limits, &what) != STATUS_OK)
        log_fatal("privileges could not be given up: %s", what);
    if (sandbox_enter(SANDBOX_WORKER) != STATUS_OK)
        log_fatal("the system call filter could not be entered");
}

int
main(void)
{
    static struct os os;
    static struct worker worker = {.ca_fd = -1};
    static struct pin_look look;
    static struct ipc_message ask;
    int fd = -1;
    os_use(&os);
    ignore_signals();
    if (!control_begin(&worker, &ask, &fd)) {
        pin_look_prepare(&look, &worker, &ask);
        drop(worker.config, FILES_EXTRA, 1);
        return pin_look(&look, fd);
    }
    size_t connections = (size_t)worker.pool.count * worker.pool.conns_count;
    drop(worker.config, FILES_EXTRA + 2 * connections, connections);
    control_ready(&worker);
    worker_begin(&worker);
    uint64_t due_us = 0;
    struct clock_time time;
    while (!worker_is_over(&worker)) {
        if (evloop_wait(&worker.loop, due_us, &time) != STATUS_OK)
            log_fatal("cannot wait for events: %s", strerror(errno));
        due_us = worker_turn(&worker, time);
        if (!control_report(&worker))
            due_us = 0;
    }
    worker_end(&worker);
    return 0;
}

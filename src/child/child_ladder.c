/* child_ladder.c - see child_ladder.h
 * SPDX-License-Identifier: ISC
 */
#include "child/child_ladder.h"

#include "os/chan.h"
#include "os/landlock.h"
#include "os/locked.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/privs.h"
#include "os/sys.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#ifdef PENSTOCK_SANITIZED /* a report reads the memory map */
#define FORBIDS (LANDLOCK_NO_CHANGES | LANDLOCK_NO_PROGRAMS)
#else
#define FORBIDS LANDLOCK_NO_FILES
#endif

/* A signal to the process group or control group is meant for the supervisor, which sends STOP. */
static void
ignore_signals(void)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        if (sys_signal(ignored[i], SIG_IGN) != 0)
            log_fatal("signal %d cannot be ignored: %s", ignored[i], strerror(errno));
}

void
child_ladder_begin(struct os *os, struct evloop *loop)
{
    os_use(os);
    log_open_chan(CHAN_FD, LOG_NOTICE);
    ignore_signals();
    if (evloop_open(loop) != STATUS_OK)
        log_fatal("the event loop cannot be opened: %s", strerror(errno));
}

static void
lock_memory(const struct child_needs *needs)
{
    char why[LOCKED_TEXT_MAX];
    int error = needs->lock_error;
    if (locked_data(needs->locked_bytes) != STATUS_OK)
        error = errno;
    if (error != 0)
        log_write(LOG_NOTICE, LOG_STARTED, "memory with keys can go to a swap device: %s",
                  locked_why(error, why));
}

/* A process that may have fewer than it needs serves with these: what is beyond fails later, and is
 * counted then. */
static size_t
files_limit(const struct child_needs *needs)
{
    struct rlimit now;
    if (sys_getrlimit(RLIMIT_NOFILE, &now) != 0)
        log_fatal("the limit of open files cannot be read: %s", strerror(errno));
    if (now.rlim_max >= needs->files)
        return needs->files;
    log_write(LOG_WARNING, LOG_STARTED,
              "the limit of %zu open files is too low for %s, which take %zu", (size_t)now.rlim_max,
              needs->for_what, needs->files);
    return (size_t)now.rlim_max;
}

void
child_ladder_drop(const struct child_needs *needs)
{
    struct privs_account account;
    struct privs_limits limits = {.files = files_limit(needs),
                                  .memory_bytes = memory_bound(needs->memory_bytes)};
    const char *what;
    bool is_root = sys_geteuid() == 0;
    if (is_root && privs_find_account(needs->user, &account) != STATUS_OK)
        log_fatal("started as root, and there is no account \"%s\" to become: create it, or set "
                  "user",
                  needs->user);
    lock_memory(needs);
    if (privs_drop(is_root ? &account : NULL, &limits, &what) != STATUS_OK)
        log_fatal("privileges cannot be given up: %s", what);
    if (landlock_restrict(&(struct landlock_permit){.forbids = FORBIDS}) == STATUS_SYSTEM)
        log_fatal("Landlock cannot be set up: %s", strerror(errno));
    if (sandbox_enter(needs->filter) != STATUS_OK)
        log_fatal("the system call filter cannot be entered: %s", strerror(errno));
}

void
child_ladder_ready(struct child_inbox *inbox, struct evloop *loop, const struct ipc_message *ready)
{
    if (child_inbox_listen(inbox, loop) != STATUS_OK)
        log_fatal("the channel to the supervisor cannot be watched: %s", strerror(errno));
    child_inbox_say(inbox, ready);
    evloop_dispatch(loop, evloop_read_clocks()); /* nothing was waited for: it takes the time */
}

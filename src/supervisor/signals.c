/* signals.c - the signals that the supervisor obeys
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

static void
do_nothing(int number)
{
    (void)number;
}

enum status
signals_open(int *fd)
{
    static const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    sigset_t set;
    *fd = -1;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        signal(numbers[i], SIG_DFL); /* SIGCHLD that was ignored before exec would hide deaths */
        sigaddset(&set, numbers[i]);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a write past RLIMIT_FSIZE fails */
    if (sigaction(SIGALRM, &(struct sigaction){.sa_handler = do_nothing}, NULL) != 0)
        return STATUS_SYSTEM; /* without SA_RESTART: a call that waits ends */
    if (sigprocmask(SIG_SETMASK, &set, NULL) != 0)
        return STATUS_SYSTEM;
    *fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *fd < 0 ? STATUS_SYSTEM : STATUS_OK;
}

bool
signals_next(int fd, uint32_t *number)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != (ssize_t)sizeof info)
        return false;
    *number = info.ssi_signo;
    return true;
}

void
signals_hurry(bool on)
{
    /* again and again: the first may come just before the call that waits */
    struct timeval time = {.tv_usec = on ? SIGNALS_HURRY_MS * 1000 : 0};
    (void)setitimer(ITIMER_REAL, &(struct itimerval){time, time}, NULL);
}

/* main.c - penstock-exporter: show over HTTP what a running penstock counts
 * SPDX-License-Identifier: ISC
 *
 * Two processes: the child serves, or tells events, and can neither connect nor open; the parent
 * connects to the control socket, and opens the file or connects to the Unix socket or TCP port that
 * events go to, when the child asks, and reads nothing of anybody else. Each ends with the other.
 */
#include "exporter/events_tell.h"
#include "exporter/exporter_dial.h"
#include "exporter/exporter_gather.h"
#include "exporter/exporter_jail.h"
#include "exporter/exporter_listen.h"
#include "exporter/exporter_options.h"
#include "exporter/exporter_paths.h"
#include "exporter/http_serve.h"
#include "os/os.h"
#include "os/privs.h"
#include "os/sys.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORTER_UMASK 027 /* a file of events is not for everybody */

enum { POLL_DIAL = HTTP_SERVE_POLLS, POLL_CONTROL, POLLS };

static struct os os;
static struct exporter_options options;
static struct exporter_listen sockets;
static struct exporter_gather gather;
static struct http_serve serve;
static struct events_tell tell;
static struct exporter_page page;
static struct http_reply printed;

/* --- who serves ------------------------------------------------------------------------------ */

static void
answer(void *of, const struct http_request *request, struct http_reply *reply)
{
    (void)of;
    exporter_gather_refresh(&gather, os.now_us);
    struct exporter_paths_view view = {
        .gather = &gather,
        .page = &page,
        .now_us = os.now_us,
        .now_s = sys_clock_us(CLOCK_REALTIME) / 1000000,
        .hosts = sockets.is_loopback ? options.hosts : NULL,
        .self = {.has_reading = gather.has_reading,
                 .is_fresh = exporter_gather_is_fresh(&gather),
                 .age_us = gather.sight.reading.age_us,
                 .connects = gather.connects,
                 .requests = serve.answered,
                 .connections = http_serve_open(&serve),
                 .closed = serve.closed},
    };
    exporter_paths_answer(&view, request, reply);
}

static void
wait_and_serve(void)
{
    struct pollfd polls[POLLS];
    uint64_t next_us = exporter_gather_next_us(&gather);
    uint64_t left_us = next_us > os.now_us ? next_us - os.now_us : 0;
    int wait_ms = (int)(left_us / 1000 + 1);
    http_serve_wait(&serve, polls, os.now_us, &wait_ms);
    polls[POLL_DIAL] = (struct pollfd){.fd = gather.link.dial_fd, .events = POLLIN};
    polls[POLL_CONTROL] = (struct pollfd){.fd = gather.link.client.fd, .events = POLLIN};
    if (sys_poll(polls, POLLS, wait_ms) < 0)
        memset(polls, 0, sizeof polls);
    os.now_us = sys_clock_us(CLOCK_MONOTONIC);
    if (polls[POLL_CONTROL].revents != 0)
        exporter_gather_lost(&gather);
    if (polls[POLL_DIAL].revents != 0 && exporter_gather_connected(&gather) != STATUS_OK)
        sys_exit(EXPORTER_EXIT_FAILURE);
    http_serve_turn(&serve, polls, os.now_us, sys_clock_us(CLOCK_REALTIME) / 1000000);
    log_tick();
}

/* Each process looks it up again, and both would say that there is none. */
static void
check_account(void)
{
    struct privs_account account;
    if (geteuid() == 0 && privs_find_account(options.user, &account) != STATUS_OK)
        log_fatal("there is no account \"%s\" to become; --user names another", options.user);
}

static void
enter_jail(const struct sandbox_filter *filter)
{
    const char *what_failed = NULL;
    if (exporter_jail_drop(options.user, &what_failed) != STATUS_OK ||
        exporter_jail_close(filter, NULL, &what_failed) != STATUS_OK)
        log_fatal("%s", what_failed);
}

static _Noreturn void
serve_for_ever(int dial_fd)
{
    exporter_page_begin(&page);
    exporter_gather_begin(&gather, options.control, dial_fd);
    http_serve_begin(&serve, sockets.fds, sockets.count, answer, NULL);
    enter_jail(&sandbox_exporter);
    os.now_us = sys_clock_us(CLOCK_MONOTONIC);
    while (exporter_gather_turn(&gather, os.now_us) == STATUS_OK)
        wait_and_serve();
    sys_exit(EXPORTER_EXIT_FAILURE);
}

/* --- who tells events ------------------------------------------------------------------------ */

/* It asks the kernel for what penstockctl does, and no more. */
static _Noreturn void
tell_for_ever(int dial_fd)
{
    bool is_standard = options.output.kind == EXPORTER_TARGET_STANDARD;
    enum events_output_kind kind = is_standard ? EVENTS_OUTPUT_STANDARD
                                   : options.output.kind == EXPORTER_TARGET_FILE
                                       ? EVENTS_OUTPUT_FILE
                                       : EVENTS_OUTPUT_SOCKET;
    enter_jail(&sandbox_ctl);
    events_output_begin(&tell.output, options.form, kind,
                        is_standard ? "standard output" : options.output.text, dial_fd,
                        is_standard ? STDOUT_FILENO : -1);
    events_tell_begin(&tell, options.control, dial_fd);
    enum status status = STATUS_OK;
    while (status == STATUS_OK)
        status = events_tell_turn(&tell);
    if (status == STATUS_SYSTEM)
        log_write(LOG_ERROR, LOG_INTERNAL, "standard output cannot be written to: %s",
                  strerror(errno));
    sys_exit(EXPORTER_EXIT_FAILURE);
}

/* --- one scrape ------------------------------------------------------------------------------ */

/* As it is: stdio would ask what standard output is, which the filter does not let it. */
static enum status
print(const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = sys_write(STDOUT_FILENO, text, size);
        if (n < 0 && errno != EINTR)
            return STATUS_SYSTEM;
        text += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return STATUS_OK;
}

/* One process, which asks the kernel for what penstockctl does: nobody talks to it but the service.
 * @return exit status; what is printed stands by itself where there is no service, too */
static int
print_once(void)
{
    const char *what_failed = NULL;
    int fd;
    os_use(&os);
    log_open_stderr("exporter", LOG_WARNING);
    check_account();
    exporter_gather_begin(&gather, options.control, -1);
    if (exporter_jail_drop(options.user, &what_failed) != STATUS_OK)
        log_fatal("%s", what_failed);
    int error = exporter_dial_connect(options.control, &fd);
    if (exporter_jail_close(&sandbox_ctl, NULL, &what_failed) != STATUS_OK)
        log_fatal("%s", what_failed);
    if (error == 0)
        exporter_gather_greet(&gather, fd);
    else
        log_write(LOG_WARNING, LOG_CONTROL, "%s: %s", options.control, strerror(error));
    struct metrics_self self = {.has_reading = gather.has_reading,
                                .is_fresh = exporter_gather_is_fresh(&gather),
                                .age_us = gather.sight.reading.age_us,
                                .connects = gather.connects};
    http_reply_begin(&printed, 200, HTTP_REPLY_PLAIN);
    metrics_draw(&printed, false, &self, &gather.sight.figures, &gather.sight.judgement,
                 &gather.stages);
    bool is_written = print(printed.body, strlen(printed.body)) == STATUS_OK;
    return is_written && self.is_fresh ? 0 : EXPORTER_EXIT_FAILURE;
}

/* --- who connects ---------------------------------------------------------------------------- */

/* SIGHUP has a file opened anew; it is read from a descriptor, so that it interrupts nothing. What is
 * started blocked stays so for the other process, which does not hear of it.
 * @return -1: there is no file */
static int
open_signals(void)
{
    sigset_t set;
    if (options.output.kind != EXPORTER_TARGET_FILE)
        return -1;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    int fd = sigprocmask(SIG_BLOCK, &set, NULL) == 0
                 ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)
                 : -1;
    if (fd < 0)
        log_fatal("signals cannot be read: %s", strerror(errno));
    return fd;
}

static void
enter_jail_of_target(void)
{
    static const struct sandbox_filter *const filters[] = {
        [EXPORTER_TARGET_STANDARD] = &sandbox_exporter_dial,
        [EXPORTER_TARGET_FILE] = &sandbox_exporter_file,
        [EXPORTER_TARGET_UNIX] = &sandbox_exporter_unix,
        [EXPORTER_TARGET_TCP] = &sandbox_exporter_tcp,
    };
    const char *what_failed = NULL;
    struct exporter_target *output = &options.output;
    if (exporter_jail_drop(options.user, &what_failed) != STATUS_OK)
        log_fatal("%s", what_failed);
    if (exporter_target_prepare(output, options.form == EVENTS_OUTPUT_DNSTAP) != STATUS_OK)
        log_fatal("%s: %s", output->text, strerror(errno));
    if (exporter_jail_close(filters[output->kind], output, &what_failed) != STATUS_OK)
        log_fatal("%s", what_failed);
}

/* What a signal that ends does by default, it does not to the first process of a container. */
static _Noreturn void
end_at_once(int number)
{
    (void)number;
    _exit(0); /* the other process ends with this one */
}

static int
connect_for_ever(int fd, int signals, pid_t child)
{
    int ended = 0;
    for (unsigned i = 0; i < sockets.count; i++)
        sys_close(sockets.fds[i]);
    enter_jail_of_target();
    exporter_dial_serve(fd, options.control, &options.output, signals);
    sys_close(fd); /* it ends now, if it has not */
    if (waitpid(child, &ended, 0) == child && WIFSIGNALED(ended))
        log_write(LOG_ERROR, LOG_INTERNAL, "the process that serves was ended by signal %d",
                  WTERMSIG(ended));
    return EXPORTER_EXIT_FAILURE;
}

static int
run(void)
{
    int pair[2];
    os_use(&os);
    (void)log_find_journal();
    log_open_stderr("exporter", LOG_NOTICE);
    check_account();
    if (exporter_listen_open(&sockets, options.listen, options.listen_count) != STATUS_OK)
        log_fatal("%s", sockets.error);
    int signals = open_signals();
    (void)umask(EXPORTER_UMASK);
    if (sys_signal(SIGPIPE, SIG_IGN) != 0 || sys_signal(SIGXFSZ, SIG_IGN) != 0 ||
        sys_signal(SIGTERM, end_at_once) != 0 || sys_signal(SIGINT, end_at_once) != 0 ||
        sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        log_fatal("a pair of sockets cannot be had");
    pid_t child = fork();
    if (child < 0)
        log_fatal("a process cannot be started");
    sys_close(pair[child == 0 ? 0 : 1]);
    if (child == 0 && signals >= 0)
        sys_close(signals);
    if (child == 0 && (sys_signal(SIGTERM, SIG_IGN) != 0 || sys_signal(SIGINT, SIG_IGN) != 0))
        log_fatal("signals cannot be ignored"); /* who sends them to all: it ends with its parent */
    if (child == 0 && options.action == EXPORTER_EVENTS)
        tell_for_ever(pair[1]);
    if (child == 0)
        serve_for_ever(pair[1]);
    return connect_for_ever(pair[0], signals, child);
}

int
main(int argc, char **argv)
{
    if (os_open_standard() != STATUS_OK)
        return EXPORTER_EXIT_FAILURE;
    if (exporter_options_parse(argc, argv, getenv("PENSTOCK_CONTROL_SOCKET"), &options) !=
        STATUS_OK) {
        fprintf(stderr, "penstock-exporter: %s; penstock-exporter --help\n", options.error);
        return EXPORTER_EXIT_USAGE;
    }
    switch (options.action) {
    case EXPORTER_HELP:
        return puts(exporter_options_help()) < 0;
    case EXPORTER_VERSION:
        return puts("penstock-exporter " PENSTOCK_VERSION) < 0;
    case EXPORTER_DESCRIBE:
        http_reply_begin(&printed, 200, HTTP_REPLY_PLAIN);
        metrics_describe(&printed);
        return fputs(printed.body, stdout) < 0;
    case EXPORTER_ONCE:
        return print_once();
    case EXPORTER_SERVE:
    case EXPORTER_EVENTS:
        break;
    }
    return run();
}

/* supervisor_scene.h - a supervisor whose processes and signals the test plays
 * SPDX-License-Identifier: ISC
 *
 * What: spawn.h and signals.h are made here, in place of the kernel's: a spawned process is an end
 *       of its channel, which the test reads and writes. Time is a number. Lines of the log go to
 *       memory that the test can search.
 */
#pragma once

#include "os/chan.h"
#include "os/log.h"
#include "os/memory.h"
#include "supervisor/children.h"
#include "supervisor/control_serve.h"
#include "supervisor/keeper.h"
#include "supervisor/lanes.h"
#include "supervisor/options.h"
#include "supervisor/pages.h"
#include "supervisor/report.h"
#include "supervisor/settings.h"
#include "supervisor/signals.h"
#include "supervisor/spawn.h"
#include "supervisor/turn.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROCESSES_MAX 128
#define SIGNALS_MAX   16
#define MS            1000ULL

struct process { /* by its number, which is its index and one */
    enum child_role role;
    int chan_fd; /* its end; -1: closed */
    bool is_dead, is_killed, is_reaped;
    int wait_status;
};

static struct supervisor sup;
static struct process processes[PROCESSES_MAX];
static unsigned processes_count;
static int spawn_error;                           /* of the next spawns; 0: they succeed */
static bool kill_fails;                           /* with EPERM: it is root still */
static bool they_hang;                            /* no process counts its turns */
static void (*at_spawn)(struct process *process); /* what it does at once; NULL: nothing */
static uint32_t signals[SIGNALS_MAX];
static unsigned signals_count;
static int log_fd;
static struct options options;
static int file_fd = -1; /* of the configuration file */

/* --- the kernel ------------------------------------------------------------------------------ */

enum status
spawn_child(enum child_role role, int exec_fd, int chan_fd, const struct spaces *spaces, pid_t *pid,
            int *pid_fd)
{
    (void)exec_fd;
    (void)spaces;
    *pid = 0;
    *pid_fd = -1;
    errno = spawn_error;
    if (spawn_error != 0)
        return STATUS_SYSTEM;
    cr_assert_lt(processes_count, PROCESSES_MAX);
    struct process *process = &processes[processes_count++];
    *process = (struct process){.role = role, .chan_fd = fcntl(chan_fd, F_DUPFD_CLOEXEC, 0)};
    *pid = (pid_t)processes_count;
    *pid_fd = eventfd(processes_count, EFD_CLOEXEC);
    cr_assert_geq(*pid_fd, 0);
    if (at_spawn != NULL)
        at_spawn(process);
    return STATUS_OK;
}

static struct process *
process_of_fd(int pid_fd)
{
    eventfd_t number = 0;
    cr_assert_eq(eventfd_read(pid_fd, &number), 0);
    cr_assert_eq(eventfd_write(pid_fd, number), 0);
    return &processes[number - 1];
}

static void
raise_signal(uint32_t number)
{
    cr_assert_lt(signals_count, SIGNALS_MAX);
    for (unsigned i = 0; i < signals_count; i++)
        if (signals[i] == number)
            return;
    signals[signals_count++] = number;
    sup.has_signals = true;
}

/* It ends, and its end of the channel is closed. */
static void
end_process(struct process *process, int wait_status)
{
    if (process->is_dead)
        return;
    process->is_dead = true;
    process->wait_status = wait_status;
    close(process->chan_fd);
    process->chan_fd = -1;
    raise_signal(SIGCHLD);
}

bool
spawn_kill(int pid_fd)
{
    struct process *process = process_of_fd(pid_fd);
    errno = EPERM;
    if (kill_fails)
        return false;
    process->is_killed = true;
    end_process(process, SIGKILL);
    return true;
}

bool
spawn_reap(pid_t pid, bool waits, int *wait_status)
{
    struct process *process = &processes[pid - 1];
    (void)waits;
    cr_assert_not(process->is_reaped, "process %d was reaped before", pid);
    if (!process->is_dead)
        return false;
    process->is_reaped = true;
    *wait_status = process->wait_status;
    return true;
}

enum status
signals_open(int *fd)
{
    *fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return *fd < 0 ? STATUS_SYSTEM : STATUS_OK;
}

bool
signals_next(int fd, uint32_t *number)
{
    (void)fd;
    if (signals_count == 0)
        return false;
    *number = signals[0];
    memmove(signals, signals + 1, --signals_count * sizeof signals[0]);
    return true;
}

void
signals_hurry(bool on)
{
    (void)on;
}

/* --- the scene ------------------------------------------------------------------------------- */

/* Lanes without listeners or upstreams; nothing is spawned. */
static inline void
scene_open(unsigned lanes)
{
    memset(&sup, 0, sizeof sup);
    log_fd = memfd_create("log", MFD_CLOEXEC);
    cr_assert_eq(dup2(log_fd, STDERR_FILENO), STDERR_FILENO);
    log_open_stderr("supervisor", LOG_DEBUG);
    children_init(&sup);
    sup.ca_fd = sup.notify_fd = -1;
    sup.namelists.fds[IPC_LIST_BLOCK] = sup.namelists.fds[IPC_LIST_ALLOW] = -1;
    sup.lanes_count = sup.config.lanes = lanes;
    sup.config_number = 1;
    sup.config.query_ms = sup.query_ms_most = 5000;
    sup.config.handshakes_burst = 20;
    sup.config.handshakes_per_s = 10;
    cr_assert_eq(settings_share(&sup.config, sup.config_fds), STATUS_OK);
    cr_assert_eq(turn_open(&sup), STATUS_OK);
    cr_assert_eq(pages_open(&sup), STATUS_OK);
    sup.loop.now_us = sup.watch_us = 1000 * 1000 * MS;
    cr_assert_eq(report_open(&sup), STATUS_OK);
    cr_assert_eq(keeper_open(&sup), STATUS_OK);
    cr_assert_eq(control_serve_open(&sup, -1), STATUS_OK);
}

/* What the configuration file holds from now on. */
static inline void
scene_write_file(const char *yaml)
{
    static char path[64];
    if (file_fd < 0)
        file_fd = memfd_create("file", MFD_CLOEXEC);
    cr_assert_eq(ftruncate(file_fd, 0), 0);
    cr_assert_eq(pwrite(file_fd, yaml, strlen(yaml), 0), (ssize_t)strlen(yaml));
    snprintf(path, sizeof path, "/proc/self/fd/%d", file_fd);
    options.file = path;
    sup.options = &options;
}

/* As scene_open(1), with a configuration from a file. */
static inline void
scene_open_with(const char *yaml)
{
    scene_open(1);
    scene_write_file(yaml);
    cr_assert_eq(settings_load(&options, &sup.has_file, &sup.config, &sup.wrong), STATUS_OK, "%s",
                 sup.wrong.of[0].text);
    sup.loaded = sup.config;
    sup.config.lanes = 1;
    settings_fill_secret(&sup.config, NULL);
    sup.query_ms_most = sup.config.query_ms;
    for (unsigned role = 0; role < CHILD_ROLES; role++)
        close(sup.config_fds[role]);
    cr_assert_eq(settings_share(&sup.config, sup.config_fds), STATUS_OK);
}

static inline struct child *
scene_child(unsigned lane, enum child_role role)
{
    return &sup.lanes[lane].children[role];
}

static inline struct process *
scene_process(const struct child *child)
{
    cr_assert_gt(child->pid, 0, "%s has no process", child->name);
    return &processes[child->pid - 1];
}

/* One turn `later_ms` after the one before, with what waits in the channels. */
static inline void
scene_turn(uint64_t later_ms)
{
    sup.loop.now_us += later_ms * MS;
    for (unsigned i = 0; i < children_count(&sup); i++) {
        struct child *child = children_at(&sup, i);
        struct pollfd waiting = {.fd = child->chan.fd, .events = POLLIN};
        if (child->chan.fd >= 0 && poll(&waiting, 1, 0) > 0)
            child->has_messages = true;
        if (!they_hang && children_is_alive(child))
            stats_add(child->stats, STAT_TURNS, 1);
    }
    turn_take(&sup);
}

/* Turns, one each millisecond that something is due in, until `ms` are over. */
static inline void
scene_pass(uint64_t ms)
{
    uint64_t end_us = sup.loop.now_us + ms * MS;
    while (sup.loop.now_us < end_us) {
        uint64_t due_us = turn_deadline_us(&sup);
        uint64_t step_ms = due_us > sup.loop.now_us ? (due_us - sup.loop.now_us + 999) / MS : 0;
        uint64_t left_ms = (end_us - sup.loop.now_us) / MS;
        scene_turn(step_ms < left_ms ? (step_ms > 0 ? step_ms : 1) : left_ms);
    }
}

static inline void
scene_say(const struct child *child, const struct ipc_message *message, const int *fds,
          size_t count)
{
    cr_assert_eq(chan_send(scene_process(child)->chan_fd, message, fds, count), STATUS_OK);
}

/* The next message that the child was sent: its type, 0 if there is none. */
static inline enum ipc_type
scene_hear(const struct child *child, struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    int fd = scene_process(child)->chan_fd;
    if (fd < 0 || chan_receive(fd, IPC_FROM_SUPERVISOR, message, fds) != STATUS_OK)
        return 0;
    return message->type;
}

static inline void
scene_close(const int fds[IPC_FDS_MAX])
{
    for (int i = 0; i < IPC_FDS_MAX; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* Hears these types in this order, and nothing else. */
static inline void
scene_expect(const struct child *child, const enum ipc_type *types, size_t count)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    for (size_t i = 0; i < count; i++) {
        enum ipc_type got = scene_hear(child, &message, fds);
        cr_assert_eq(got, types[i], "%s: message %zu is %s and not %s", child->name, i,
                     got == 0 ? "none" : ipc_type_text(got), ipc_type_text(types[i]));
        scene_close(fds);
    }
    enum ipc_type got = scene_hear(child, &message, fds);
    cr_assert_eq(got, 0, "%s: %s too", child->name, ipc_type_text(got));
}
#define SCENE_EXPECT(child, ...)                                                                   \
    scene_expect(child, (const enum ipc_type[]){__VA_ARGS__},                                      \
                 sizeof(const enum ipc_type[]){__VA_ARGS__} / sizeof(enum ipc_type))
#define SCENE_EXPECT_NOTHING(child) scene_expect(child, NULL, 0)

/* What it was sent so far does not matter. */
static inline void
scene_skip(const struct child *child)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    while (scene_hear(child, &message, fds) != 0)
        scene_close(fds);
}

static inline void
scene_ready(const struct child *child)
{
    scene_say(child, &(struct ipc_message){.type = IPC_READY}, NULL, 0);
}

/* Every process of every lane is spawned and says READY. */
static inline void
scene_start(unsigned lanes)
{
    for (enum child_role role = CHILD_FRONT; role < CHILD_ROLES; role++)
        cr_assert_eq(lanes_spawn_all(&sup, role), STATUS_OK);
    for (unsigned lane = 0; lane < lanes; lane++)
        for (enum child_role role = CHILD_FRONT; role < CHILD_ROLES; role++) {
            scene_skip(scene_child(lane, role));
            scene_ready(scene_child(lane, role));
        }
    scene_turn(1);
    cr_assert_eq(sup.phase, PHASE_RUNNING);
}

static inline void
scene_run(unsigned lanes)
{
    scene_open(lanes);
    scene_start(lanes);
}

static inline const char *
scene_log(void)
{
    static char text[256 << 10];
    ssize_t size = pread(log_fd, text, sizeof text - 1, 0);
    cr_assert_geq(size, 0);
    text[size] = '\0';
    return text;
}
#define SCENE_LOGGED(words)     cr_assert_not_null(strstr(scene_log(), words), "%s", scene_log())
#define SCENE_NOT_LOGGED(words) cr_assert_null(strstr(scene_log(), words), "%s", scene_log())

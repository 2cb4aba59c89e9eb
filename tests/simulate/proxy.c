/* proxy.c - see proxy.h
 * SPDX-License-Identifier: ISC
 */
#include "proxy.h"

#include "kernel.h"
#include "signals.h"

#include "front/front_ladder.h"
#include "supervisor/control_socket.h"
#include "supervisor/executables.h"
#include "supervisor/service.h"
#include "supervisor/spawn.h"
#include "worker/worker_ladder.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

static struct {
    struct process *supervisor;
    unsigned started, died;
} proxy;

void (*proxy_on_end)(struct process *process, int wait_status);

/* --- the three programs ---------------------------------------------------------------------- */

static int
front_main(void *os, void *state)
{
    return front_ladder_run(os, state);
}

static int
worker_main(void *os, void *state)
{
    return worker_ladder_run(os, state);
}

struct supervisor_program {
    struct supervisor supervisor;
    struct options options;
    struct inherited inherited;
};

static int
supervisor_main(void *os, void *state)
{
    struct supervisor_program *program = state;
    struct config_error error = {.text = ""};
    os_use(os);
    program->options.file = PROXY_CONFIG;
    service_init(&program->supervisor);
    enum status status =
        service_run(&program->supervisor, &program->options, &program->inherited, &error);
    if (status == STATUS_OK)
        return program->supervisor.exit_code;
    fprintf(stderr, "penstock: %s\n", error.text);
    return 2;
}

static void
ended(struct process *process)
{
    int wait_status = process_wait_status(process);
    if (process != proxy.supervisor)
        signals_raise(SIGCHLD);
    if (proxy_on_end != NULL)
        proxy_on_end(process, wait_status);
}

void
proxy_start_again(void)
{
    proxy.supervisor =
        process_start("supervisor", supervisor_main, sizeof(struct supervisor_program), NULL);
}

void
proxy_start(void)
{
    memset(&proxy, 0, sizeof proxy);
    signals_begin();
    process_on_end = ended;
    proxy_start_again();
}

/* --- supervisor/spawn.h ---------------------------------------------------------------------- */

struct handle { /* what a pid_fd stands for */
    struct object object;
    struct process *process;
};

static uint32_t
handle_ready(const struct object *object)
{
    return process_is_alive(((const struct handle *)object)->process) ? 0 : EPOLLIN;
}

static const struct object_class handle_class = {.name = "process", .ready = handle_ready};

enum status
spawn_child(enum child_role role, int exec_fd, int chan_fd, const struct spaces *spaces, pid_t *pid,
            int *pid_fd)
{
    (void)exec_fd;
    (void)spaces;
    struct process *process =
        role == CHILD_FRONT
            ? process_start("front", front_main, sizeof(struct front), process_object(chan_fd))
            : process_start("worker", worker_main, sizeof(struct worker), process_object(chan_fd));
    struct handle *handle = object_make(&handle_class, sizeof *handle);
    handle->process = process;
    *pid = process_pid(process);
    *pid_fd = process_open(&handle->object);
    proxy.started++;
    return STATUS_OK;
}

bool
spawn_kill(int pid_fd)
{
    struct object *object = process_object(pid_fd);
    if (object == NULL || object->class != &handle_class)
        abort();
    process_kill(((struct handle *)object)->process, SIGKILL);
    return true;
}

bool
spawn_reap(pid_t pid, bool waits, int *wait_status)
{
    struct process *process = process_of_pid(pid);
    if (waits || process == NULL)
        abort(); /* only `penstock pin` waits */
    if (!process_reap(process, wait_status))
        return false;
    proxy.died += *wait_status != 0;
    return true;
}

/* --- supervisor/executables.h ---------------------------------------------------------------- */

const char *const executables_names[CHILD_ROLES] = {"front", "worker"};

enum status
executables_open(int exec_fds[CHILD_ROLES], struct config_error *error)
{
    (void)error;
    exec_fds[CHILD_FRONT] = exec_fds[CHILD_WORKER] = -1;
    return STATUS_OK;
}

enum status
executables_check_root(const int exec_fds[CHILD_ROLES], struct config_error *error)
{
    (void)exec_fds;
    (void)error;
    return STATUS_OK;
}

/* --- supervisor/control_socket.h ------------------------------------------------------------- */

enum status
control_socket_open(const struct config *config, uint32_t own_uid, int *fd,
                    struct config_error *error)
{
    (void)config;
    (void)own_uid;
    (void)error;
    *fd = -1;
    return STATUS_OK;
}

/* --- facts ----------------------------------------------------------------------------------- */

void
proxy_signal(unsigned number)
{
    signals_raise(number);
}

struct process *
proxy_supervisor(void)
{
    return proxy.supervisor != NULL && process_is_alive(proxy.supervisor) ? proxy.supervisor : NULL;
}

struct supervisor *
proxy_supervisor_state(void)
{
    struct process *process = proxy_supervisor();
    struct supervisor_program *program = process != NULL ? process_state(process) : NULL;
    return program != NULL ? &program->supervisor : NULL;
}

bool
proxy_is_front(const struct process *process)
{
    return strcmp(process_name(process), "front") == 0;
}

bool
proxy_is_worker(const struct process *process)
{
    return strcmp(process_name(process), "worker") == 0;
}

struct front *
proxy_front(const struct process *process)
{
    return proxy_is_front(process) ? process_state(process) : NULL;
}

struct worker *
proxy_worker(const struct process *process)
{
    return proxy_is_worker(process) ? process_state(process) : NULL;
}

static struct process *
child_of(unsigned lane, enum child_role role)
{
    const struct supervisor *sup = proxy_supervisor_state();
    if (sup == NULL || lane >= sup->lanes_count || sup->lanes[lane].children[role].pid == 0)
        return NULL;
    struct process *process = process_of_pid(sup->lanes[lane].children[role].pid);
    return process != NULL && process_is_alive(process) ? process : NULL;
}

struct process *
proxy_front_of(unsigned lane)
{
    return child_of(lane, CHILD_FRONT);
}

struct process *
proxy_worker_of(unsigned lane)
{
    return child_of(lane, CHILD_WORKER);
}

const struct stats_page *
proxy_lane_statistics(unsigned lane)
{
    const struct supervisor *sup = proxy_supervisor_state();
    return sup != NULL && lane < sup->lanes_count ? sup->lanes[lane].children[CHILD_FRONT].stats
                                                  : NULL;
}

const struct stats_page *
proxy_front_statistics(const struct process *front, unsigned *lane)
{
    const struct supervisor *sup = proxy_supervisor_state();
    for (*lane = 0; sup != NULL && *lane < sup->lanes_count; ++*lane)
        if (sup->lanes[*lane].children[CHILD_FRONT].pid == process_pid(front))
            return sup->lanes[*lane].children[CHILD_FRONT].stats;
    return NULL;
}

bool
proxy_is_serving(void)
{
    const struct supervisor *sup = proxy_supervisor_state();
    return sup != NULL && sup->phase == PHASE_RUNNING;
}

unsigned
proxy_started(void)
{
    return proxy.started;
}

unsigned
proxy_died(void)
{
    return proxy.died;
}

/* service.c - see service.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/service.h"

#include "os/locked.h"
#include "os/log.h"
#include "os/os.h"
#include "os/sys.h"
#include "supervisor/addresses.h"
#include "supervisor/audit_events.h"
#include "supervisor/audit_log.h"
#include "supervisor/children.h"
#include "supervisor/control_rights.h"
#include "supervisor/control_serve.h"
#include "supervisor/control_socket.h"
#include "supervisor/executables.h"
#include "supervisor/fdstore.h"
#include "supervisor/jail.h"
#include "supervisor/keeper.h"
#include "supervisor/lanes.h"
#include "supervisor/namelists.h"
#include "supervisor/notify.h"
#include "supervisor/pages.h"
#include "supervisor/reach.h"
#include "supervisor/report.h"
#include "supervisor/reread.h"
#include "supervisor/settings.h"
#include "supervisor/steer.h"
#include "supervisor/succession.h"
#include "supervisor/takeover.h"
#include "supervisor/turn.h"
#include "supervisor/watchdog.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define LOCKED_HEAP (1U << 20) /* octets: the text of a configuration, with its secret */

static unsigned
count_lanes(const struct config *config)
{
    cpu_set_t cpus;
    long count = config->lanes;
    if (count == 0 && sched_getaffinity(0, sizeof cpus, &cpus) == 0)
        count = CPU_COUNT(&cpus);
    else if (count == 0) /* more processors than the set holds */
        count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > CONFIG_LANES_MAX ? CONFIG_LANES_MAX : (unsigned)count;
}

/* What the journal does not take, standard error does. */
static void
open_log(const struct config *config)
{
    log_open_stderr("supervisor", LOG_NOTICE + (enum log_level)config->verbose);
    switch ((enum config_log_format)config->log_format) {
    case CONFIG_LOG_AUTO:
        if (os_used->log.out.form == LOG_AS_PRIORITY)
            (void)log_choose_journal();
        break;
    case CONFIG_LOG_TEXT:
        break;
    case CONFIG_LOG_JSON:
        log_choose_json();
        break;
    case CONFIG_LOG_JOURNAL:
        if (!log_choose_journal())
            log_write(LOG_WARNING, LOG_LOG, "%s: %s; the log is written here", LOG_OUT_JOURNAL,
                      strerror(errno));
        break;
    }
}

/* One more that cannot be used: `status` is the first one's. */
static void
gather(struct supervisor *sup, enum status one, const struct config_error *error,
       enum status *status)
{
    if (one == STATUS_OK)
        return;
    config_errors_add(&sup->wrong, error, (struct config_origin){0});
    if (*status == STATUS_OK)
        *status = one;
}

/* Configuration, and every file and account that it names, in the order of --check. */
static enum status
read_files(const struct options *options, struct supervisor *sup, struct config_error *error)
{
    struct config_error found;
    enum status status = settings_load(options, &sup->has_file, &sup->config, &sup->wrong);
    sup->options = options;
    if (status == STATUS_OK) {
        gather(sup, control_rights_find(&sup->config, &sup->rights, &found), &found, &status);
        gather(sup, settings_load_cookies(&sup->config, &found), &found, &status);
        gather(sup, settings_load_ca(&sup->config, &sup->ca_fd, &found), &found, &status);
        gather(sup, namelists_load(&sup->config, &sup->namelists, &found), &found, &status);
        gather(sup, audit_log_prepare(sup, &found), &found, &status);
        gather(sup, jail_check_account(sup->config.user, &found), &found, &status);
    }
    sup->loaded = sup->config;
    if (status != STATUS_OK)
        config_errors_line(&sup->wrong, error);
    return status;
}

/* Everything that can be wrong with configuration and surroundings, before anything is spawned. */
static enum status
prepare(const struct options *options, const struct inherited *inherited, struct supervisor *sup,
        int *listener, struct config_error *error)
{
    *listener = -1;
    if (locked_data(LOCKED_HEAP) != STATUS_OK) /* before there is a secret in it */
        sup->lock_error = errno;
    sup->notify_fd = inherited_connect_notify();
    notify_starting(sup);
    enum status status = read_files(options, sup, error);
    if (status == STATUS_OK)
        status = executables_open(sup->exec_fds, error);
    if (status == STATUS_OK)
        status = executables_check_root(sup->exec_fds, error);
    if (status == STATUS_OK)
        status = inherited_adopt(inherited, sup, error);
    if (status != STATUS_OK)
        return status;
    open_log(&sup->config);
    status = fdstore_take(inherited, sup, error);
    if (status != STATUS_OK)
        return status;
    if (options->take_over) {
        status = takeover_begin(sup, listener, error);
        if (status != STATUS_OK)
            return status;
    }
    if (addresses_settle(sup, error) != STATUS_OK)
        return STATUS_INVALID;
    sup->query_ms_most = sup->config.query_ms;
    sup->lanes_count = sup->config.lanes = count_lanes(&sup->config);
    settings_fill_secret(&sup->config, NULL);
    settings_log_warnings(&sup->config, &sup->namelists);
    if (*listener < 0)
        status = control_socket_open(&sup->config, sup->rights.own_uid, listener, error);
    if (status != STATUS_OK)
        return status;
    watchdog_open(sup);
    audit_events_prepare(sup);
    status = settings_share(&sup->config, sup->config_fds);
    if (status == STATUS_OK)
        status = turn_open(sup);
    if (status == STATUS_OK)
        status = succession_watch(sup);
    if (status == STATUS_OK)
        status = pages_open(sup);
    if (status == STATUS_OK)
        status = report_open(sup); /* it tells the time, which turn_open() has read */
    if (status == STATUS_OK)
        status = keeper_open(sup);
    if (status != STATUS_OK)
        snprintf(error->text, sizeof error->text, "cannot start: %s", strerror(errno));
    return status;
}

static void
turn(struct supervisor *sup)
{
    evloop_turn(&sup->loop, turn_deadline_us(sup));
    turn_take(sup);
}

/* Several lanes share their addresses by a program that only we, unjailed, can attach. */
static enum status
steer(struct supervisor *sup, struct config_error *error)
{
    if (sup->lanes_count == 1)
        return STATUS_OK;
    while (sup->phase == PHASE_STARTING && !steer_is_bound(sup, sup->lanes_count - 1))
        turn(sup);
    if (sup->phase != PHASE_STARTING || steer_lanes(sup) == STATUS_OK)
        return STATUS_OK;
    snprintf(error->text, sizeof error->text, "clients cannot be steered to lanes: %s",
             strerror(errno));
    return STATUS_SYSTEM;
}

static void
tell_jail(const struct supervisor *sup)
{
    char text[SPACES_TEXT_MAX], reach[REACH_TEXT_MAX], why[LOCKED_TEXT_MAX];
    log_write(LOG_NOTICE, LOG_STARTED, "workers have %s", spaces_text(&sup->spaces, text));
    log_write(LOG_NOTICE, LOG_STARTED, "%s", reach_text(reach));
    if (sup->lock_error == 0)
        log_write(LOG_NOTICE, LOG_STARTED, "memory with secrets goes to no swap device");
    else
        log_write(LOG_NOTICE, LOG_STARTED, "memory with secrets can go to a swap device: %s",
                  locked_why(sup->lock_error, why));
}

/*
 * The file is ours, not root's: no turn before this opens it. The penstock whose place we take
 * writes to it until it ends.
 */
static enum status
open_audit(struct supervisor *sup, struct config_error *error)
{
    enum status status = audit_log_open(sup, error);
    if (status == STATUS_OK)
        audit_events_started(sup);
    else if (status == STATUS_AGAIN && sup->takeover.state != TAKEOVER_NONE) {
        sup->audit_due_us = sup->loop.now_us;
        status = STATUS_OK;
    }
    return status;
}

/*
 * Only a front may need privileges that we give up, and a filter and no-new-privileges reach those
 * who are spawned later: so fronts come first. They do not have to be ready for the rest to go on,
 * and the first answer is not late by the time that they take. Clients of the control socket wait
 * for the jail: strangers are among them. `listener` is given away.
 */
static enum status
start(struct supervisor *sup, int listener, struct config_error *error)
{
    enum status status = lanes_spawn_all(sup, CHILD_FRONT);
    bool is_root = sys_geteuid() == 0;
    if (status == STATUS_OK) {
        status = steer(sup, error);
        if (status == STATUS_OK && sup->phase != PHASE_STARTING)
            return STATUS_OK; /* a front could not start: it said why */
        if (status == STATUS_OK)
            status = jail_enter(&sup->config, settings_file(sup->options), sup->exec_fds,
                                &sup->spaces, error);
        settings_enter_jail();
        if (status != STATUS_OK)
            return status;
        tell_jail(sup);
        if (is_root)
            (void)reread_warnings(sup->options, &sup->config, reread_is_forbidden, NULL);
        status = open_audit(sup, error);
        if (status != STATUS_OK)
            return status;
        status = control_serve_open(sup, listener);
        if (status == STATUS_OK)
            status = lanes_spawn_all(sup, CHILD_WORKER);
    }
    if (status != STATUS_OK)
        snprintf(error->text, sizeof error->text, "a process cannot be started: %s",
                 strerror(errno));
    return status;
}

void
service_init(struct supervisor *sup)
{
    *sup = (struct supervisor){.config_fds = {-1, -1},
                               .config_number = 1,
                               .ca_fd = -1,
                               .notify_fd = -1,
                               .page_fd = -1,
                               .control.fd = -1,
                               .takeover.source.fd = -1};
    children_init(sup);
}

enum status
service_run(struct supervisor *sup, const struct options *options,
            const struct inherited *inherited, struct config_error *error)
{
    int listener;
    enum status status = prepare(options, inherited, sup, &listener, error);
    if (status == STATUS_OK)
        status = start(sup, listener, error);
    if (status != STATUS_OK) {
        notify_failed(sup, error->text);
        audit_events_stop_asked(sup, "the start failed", &(struct asked){0});
        audit_events_stopped(sup);
        return status;
    }
    while (sup->phase != PHASE_ENDED)
        turn(sup);
    audit_events_stopped(sup);
    log_write(LOG_NOTICE, LOG_STOPPING, "penstock has ended");
    return STATUS_OK;
}

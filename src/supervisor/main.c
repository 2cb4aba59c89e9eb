/* main.c - the ladder of the supervisor: configuration, sockets, fronts, jail, workers, loop
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_print.h"
#include "os/log.h"
#include "os/os.h"
#include "supervisor/addresses.h"
#include "supervisor/children.h"
#include "supervisor/executables.h"
#include "supervisor/inherited.h"
#include "supervisor/jail.h"
#include "supervisor/lanes.h"
#include "supervisor/namelists.h"
#include "supervisor/options.h"
#include "supervisor/pin_check.h"
#include "supervisor/pin_show.h"
#include "supervisor/settings.h"
#include "supervisor/steer.h"
#include "supervisor/tls_library.h"
#include "supervisor/turn.h"
#include "supervisor/watchdog.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool to_journal;

/* What stops a start before there is a log: one line on stderr. */
static int
fail(int exit_code, const char *text)
{
    if (to_journal)
        fprintf(stderr, "<%d>", LOG_JOURNAL_PRIORITY(LOG_ERROR));
    fprintf(stderr, "penstock: %s\n", text);
    return exit_code;
}

/* What is wrong with files and settings stays wrong until it is mended. */
static int
exit_code_of(enum status status)
{
    return status == STATUS_INVALID ? OPTIONS_EXIT_CONFIG : OPTIONS_EXIT_FAILURE;
}

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

/* Everything that can be wrong with configuration and surroundings, before anything is spawned. */
static enum status
prepare(const struct options *options, const struct inherited *inherited, struct supervisor *sup,
        struct config_error *error)
{
    enum status status = settings_load(options, &sup->config, error);
    sup->options = options;
    sup->loaded = sup->config;
    if (status == STATUS_OK)
        status = jail_check_account(sup->config.user, error);
    if (status == STATUS_OK)
        status = settings_load_ca(&sup->config, &sup->ca_fd, error);
    if (status == STATUS_OK)
        status = namelists_load(&sup->config, &sup->namelists, error);
    if (status == STATUS_OK)
        status = executables_open(sup->exec_fds, error);
    if (status == STATUS_OK)
        status = executables_check_root(sup->exec_fds, error);
    if (status == STATUS_OK)
        status = inherited_adopt(inherited, sup, error);
    if (status != STATUS_OK)
        return status;
    log_open_stderr("supervisor", LOG_NOTICE + (enum log_level)sup->config.verbose);
    if (addresses_settle(sup, error) != STATUS_OK)
        return STATUS_INVALID;
    sup->query_ms_most = sup->config.query_ms;
    sup->lanes_count = sup->config.lanes = count_lanes(&sup->config);
    settings_fill_secret(&sup->config, NULL);
    settings_log_warnings(&sup->config, &sup->namelists);
    sup->notify_fd = inherited_connect_notify();
    watchdog_open(sup);
    status = settings_share(&sup->config, sup->config_fds);
    if (status == STATUS_OK)
        status = children_open(sup);
    if (status == STATUS_OK)
        status = turn_open(sup);
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

/*
 * Only a front may need privileges that we give up, and a filter and no-new-privileges reach those
 * who are spawned later: so fronts come first. They do not have to be ready for the rest to go on,
 * and the first answer is not late by the time that they take.
 */
static enum status
start(struct supervisor *sup, struct config_error *error)
{
    enum status status = lanes_spawn_all(sup, CHILD_FRONT);
    if (status == STATUS_OK) {
        status = steer(sup, error);
        if (status == STATUS_OK && sup->phase != PHASE_STARTING)
            return STATUS_OK; /* a front could not start: it said why */
        if (status == STATUS_OK)
            status = jail_enter(&sup->config, sup->exec_fds, error);
        settings_enter_jail();
        if (status != STATUS_OK)
            return status;
        status = lanes_spawn_all(sup, CHILD_WORKER);
    }
    if (status != STATUS_OK)
        snprintf(error->text, sizeof error->text, "a process cannot be started: %s",
                 strerror(errno));
    return status;
}

static int
serve(const struct options *options, const struct inherited *inherited)
{
    static struct supervisor sup;
    struct config_error error;
    sup = (struct supervisor){
        .config_fds = {-1, -1}, .config_number = 1, .ca_fd = -1, .notify_fd = -1};
    children_init(&sup);
    enum status status = prepare(options, inherited, &sup, &error);
    if (status == STATUS_OK)
        status = start(&sup, &error);
    if (status != STATUS_OK) /* a child that lives already ends with its channel */
        return fail(exit_code_of(status), error.text);
    while (sup.phase != PHASE_ENDED)
        turn(&sup);
    log_write(LOG_NOTICE, LOG_STOPPING, "penstock has ended");
    return sup.exit_code;
}

static int
check(const struct options *options)
{
    static struct config config;
    static struct namelists lists;
    struct config_error error;
    int ca_fd = -1;
    if (settings_load(options, &config, &error) != STATUS_OK)
        return fail(OPTIONS_EXIT_CONFIG, error.text);
    if (options->action == OPTIONS_PRINT_CONFIG) {
        config_print(&config, settings_zone_name, stdout);
        return fflush(stdout) == 0 ? 0
                                   : fail(OPTIONS_EXIT_FAILURE, "cannot write the configuration");
    }
    if (settings_load_ca(&config, &ca_fd, &error) != STATUS_OK ||
        namelists_load(&config, &lists, &error) != STATUS_OK ||
        jail_check_account(config.user, &error) != STATUS_OK)
        return fail(OPTIONS_EXIT_CONFIG, error.text);
    (void)config_print_warnings(&config, stderr);
    (void)namelists_warnings(&config, &lists, stderr);
    (void)tls_library_warnings(&config, tls_library_built(), stderr);
    printf("the configuration is sound (penstock %s, built with %s)\n", PENSTOCK_VERSION,
           tls_library_built());
    return 0;
}

int
main(int argc, char **argv)
{
    static struct os os;
    static struct inherited inherited;
    static struct options options;
    os_use(&os);
    to_journal = log_find_journal();
    enum status status = options_parse(argc, argv, &options);
    if (status != STATUS_OK) {
        static char line[OPTIONS_ERROR_MAX + 32];
        snprintf(line, sizeof line, "%s; see penstock --help", options.error);
        return fail(OPTIONS_EXIT_USAGE, line);
    }
    status = inherited_open(&inherited);
    if (status == STATUS_FULL)
        return fail(OPTIONS_EXIT_CONFIG, "more sockets were handed in than penstock can have");
    if (status != STATUS_OK)
        return fail(OPTIONS_EXIT_FAILURE, strerror(errno));
    switch (options.action) {
    case OPTIONS_SERVE:
        return serve(&options, &inherited);
    case OPTIONS_CHECK:
    case OPTIONS_PRINT_CONFIG:
        return check(&options);
    case OPTIONS_VERSION:
        printf("penstock %s, built with %s\n", PENSTOCK_VERSION, tls_library_built());
        return 0;
    case OPTIONS_HELP:
        options_print_help(stdout);
        return 0;
    case OPTIONS_PIN:
        return pin_show_run(&options);
    case OPTIONS_PIN_CHECK:
        return pin_check_run(&options);
    }
    return OPTIONS_EXIT_FAILURE;
}

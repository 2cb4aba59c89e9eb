/* main.c - what the command line asks for: the service, or one answer
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_print.h"
#include "conf/config_warn.h"
#include "os/log.h"
#include "os/os.h"
#include "supervisor/control_rights.h"
#include "supervisor/control_socket.h"
#include "supervisor/filter_show.h"
#include "supervisor/inherited.h"
#include "supervisor/jail.h"
#include "supervisor/namelists.h"
#include "supervisor/options.h"
#include "supervisor/pin_check.h"
#include "supervisor/pin_show.h"
#include "supervisor/selftest.h"
#include "supervisor/service.h"
#include "supervisor/settings.h"
#include "supervisor/tls_library.h"

#include <errno.h>
#include <string.h>

/* What stops a start, before there is a log or after: one line. */
static int
fail(int exit_code, const char *text)
{
    if (log_has_fields()) {
        log_write(LOG_ERROR, LOG_START_FAILED, "%s", text);
        return exit_code;
    }
    if (os_used->log.out.form == LOG_AS_PRIORITY)
        fprintf(stderr, "<%d>", LOG_JOURNAL_PRIORITY(LOG_ERROR));
    fprintf(stderr, "penstock: %s\n", text);
    return exit_code;
}

/* The same for everything that is wrong with the configuration, a line each. */
static int
fail_all(int exit_code, const struct config_errors *wrong)
{
    char rest[CONFIG_ERRORS_REST_MAX];
    for (uint32_t i = 0; i < config_errors_kept(wrong); i++)
        (void)fail(exit_code, wrong->of[i].text);
    return config_errors_rest(wrong, rest) == NULL ? exit_code : fail(exit_code, rest);
}

/* What is wrong with files and settings stays wrong until it is mended. */
static int
exit_code_of(enum status status)
{
    return status == STATUS_INVALID ? OPTIONS_EXIT_CONFIG : OPTIONS_EXIT_FAILURE;
}

static int
serve(const struct options *options, const struct inherited *inherited)
{
    static struct supervisor sup;
    struct config_error error;
    service_init(&sup);
    enum status status = service_run(&sup, options, inherited, &error);
    if (status == STATUS_OK)
        return sup.exit_code;
    return sup.wrong.count > 0 ? fail_all(exit_code_of(status), &sup.wrong)
                               : fail(exit_code_of(status), error.text);
}

/* What the configuration names and cannot be used, each told. @return are there none? */
static bool
check_files(struct config *config, struct control_rights *rights, struct namelists *lists)
{
    struct config_error error;
    uint8_t key[AUDIT_CHAIN_KEY_MAX];
    size_t key_size;
    int ca_fd = -1, failed = 0;
    if (control_rights_find(config, rights, &error) != STATUS_OK)
        failed = fail(OPTIONS_EXIT_CONFIG, error.text);
    if (settings_load_cookies(config, &error) != STATUS_OK)
        failed = fail(OPTIONS_EXIT_CONFIG, error.text);
    if (settings_load_ca(config, &ca_fd, &error) != STATUS_OK)
        failed = fail(OPTIONS_EXIT_CONFIG, error.text);
    if (namelists_load(config, lists, &error) != STATUS_OK)
        failed = fail(OPTIONS_EXIT_CONFIG, error.text);
    if (settings_load_audit_key(config, key, &key_size, &error) != STATUS_OK)
        failed = fail(OPTIONS_EXIT_CONFIG, error.text);
    explicit_bzero(key, sizeof key);
    if (jail_check_account(config->user, &error) != STATUS_OK)
        failed = fail(OPTIONS_EXIT_CONFIG, error.text);
    return failed == 0;
}

static unsigned
warn(const struct options *options, const struct config *config,
     const struct control_rights *rights, const struct namelists *lists)
{
    return config_warn(config, stderr) + namelists_warnings(config, lists, stderr) +
           control_socket_warnings(config, rights->own_uid, stderr) +
           tls_library_warnings(config, tls_library_built(), stderr) +
           jail_warnings(options, config, stderr);
}

static int
check(const struct options *options)
{
    static struct config config;
    static struct namelists lists;
    static struct config_errors wrong;
    struct control_rights rights = {0};
    bool has_file = false;
    if (settings_load(options, &has_file, &config, &wrong) != STATUS_OK)
        return fail_all(OPTIONS_EXIT_CONFIG, &wrong);
    if (options->action == OPTIONS_PRINT_CONFIG) {
        config_print(&config, settings_zone_name, stdout);
        return fflush(stdout) == 0 ? 0
                                   : fail(OPTIONS_EXIT_FAILURE, "cannot write the configuration");
    }
    if (!check_files(&config, &rights, &lists))
        return OPTIONS_EXIT_CONFIG;
    unsigned warnings = warn(options, &config, &rights, &lists);
    if (settings_tls_policy(&config) != NULL)
        printf("%s\n", settings_tls_policy(&config));
    if (config_warn_notice(&config) != NULL)
        printf("%s\n", config_warn_notice(&config));
    printf("the configuration is sound (penstock %s, built with %s)\n", PENSTOCK_VERSION,
           tls_library_built());
    return options->strict && warnings > 0
               ? fail(OPTIONS_EXIT_FAILURE, "there are warnings, and --strict allows none")
               : 0;
}

int
main(int argc, char **argv)
{
    static struct os os;
    static struct inherited inherited;
    static struct options options;
    os_use(&os);
    (void)log_find_journal();
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
    case OPTIONS_SANDBOX:
    case OPTIONS_SANDBOX_BPF:
        return filter_show_run(&options);
    case OPTIONS_SANDBOX_SELFTEST:
        return selftest_run(&options);
    }
    return OPTIONS_EXIT_FAILURE;
}

/* main.c - penstockctl: look at a running penstock, and steer it
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_drift.h"
#include "attest/attest_judge.h"
#include "ctl/ctl_attest.h"
#include "ctl/ctl_audit.h"
#include "ctl/ctl_compliance_show.h"
#include "ctl/ctl_fronts.h"
#include "ctl/ctl_gather.h"
#include "ctl/ctl_help.h"
#include "ctl/ctl_import.h"
#include "ctl/ctl_jail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_json_fronts.h"
#include "ctl/ctl_json_stats.h"
#include "ctl/ctl_options.h"
#include "ctl/ctl_show.h"
#include "ctl/ctl_steer.h"
#include "ctl/ctl_top.h"
#include "os/os.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct os os;
static struct ctl_gather gather;
static struct ctl_screen screen;
static json_t *document; /* of attest */
static struct {
    char *text; /* NULL: none is compared with */
    size_t size;
} baseline;
static struct ctl_compliance compliance;
static char text[CTL_SHOW_MAX];

static int
fail(int exit_status, const char *what, const char *act)
{
    fprintf(stderr, "penstockctl: %s%s%s\n", what, act[0] == '\0' ? "" : "; ", act);
    return exit_status;
}

static struct ctl_show
how_to_show(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;
    for (unsigned i = 0; i < 3 && (locale == NULL || locale[0] == '\0'); i++)
        locale = getenv(names[i]);
    struct ctl_show how =
        ctl_show_how(isatty(STDOUT_FILENO) == 1, getenv("NO_COLOR"), getenv("TERM"), locale);
    ctl_show_size(STDOUT_FILENO, getenv("COLUMNS"), getenv("LINES"), &how);
    return how;
}

/* A reader that closes its end early is no failure of ours that could be told to it. */
static int
say(const char *words, int exit_status)
{
    if (words == NULL)
        return fail(CTL_EXIT_LOOK, "there is no memory for the answer", "");
    return ctl_show_write(STDOUT_FILENO, words) == STATUS_OK
               ? exit_status
               : fail(CTL_EXIT_LOOK, "standard output cannot be written to", "");
}

static int
say_json(char *json, int exit_status)
{
    if (json == NULL)
        return say(NULL, exit_status);
    int told = say(json, CTL_EXIT_WELL);
    free(json);
    return told == CTL_EXIT_WELL ? say("\n", exit_status) : told;
}

/* The service did not do it, or cannot be asked any more. */
static int
tell_failure(enum status status)
{
    return fail(status == STATUS_NONE ? CTL_EXIT_LOOK : CTL_EXIT_UNREACHABLE, gather.client.error,
                "");
}

static int
steer(const struct ctl_options *options)
{
    struct control_message answer;
    enum status status = STATUS_OK;
    if (options->command == CTL_RELOAD)
        status = ctl_steer_reload(&gather.client, &answer);
    else if (options->command == CTL_DRAIN)
        status = ctl_steer_drain(&gather.client, &answer);
    else if (options->command == CTL_FLUSH)
        status = ctl_steer_flush(&gather.client, options->what, options->is_below, &answer);
    else
        status = ctl_steer_level(&gather.client, options->level, &answer);
    if (status != STATUS_OK)
        return tell_failure(status);
    snprintf(text, sizeof text, "%s%s\n", answer.text,
             options->command == CTL_DRAIN ? "; it has ended" : "");
    return say(text, CTL_EXIT_WELL);
}

/* What operators alone are told, and keys of those that are refused for them: of this reading. */
static void
ask_upstreams(struct ctl_upstreams *told)
{
    struct reading *reading = &gather.sight.reading;
    ctl_steer_upstreams(&gather.client, told);
    for (unsigned i = 0; i < reading->upstreams && !control_client_is_stale(&gather.pages); i++) {
        struct reading_upstream *upstream = &reading->of_upstream[i];
        if (upstream->state == STATS_UPSTREAM_REFUSED && upstream->cause == STATS_CAUSE_PIN)
            memcpy(upstream->shows, told->keys[i], sizeof upstream->shows);
    }
}

/* A document a line, until the output or the service ends. */
static int
go_on_saying(const struct ctl_options *options)
{
    enum status status = STATUS_OK;
    int told = CTL_EXIT_WELL;
    while (status == STATUS_OK && told == CTL_EXIT_WELL) {
        told =
            say_json(ctl_json_top(&gather.sight.figures, &gather.sight.judgement), CTL_EXIT_WELL);
        if (options->is_once || told != CTL_EXIT_WELL)
            return told;
        status = ctl_gather_read_after(&gather, (int)options->interval_s * 1000);
    }
    return tell_failure(status);
}

static int
ask_networks(const struct ctl_options *options)
{
    static struct ctl_fronts_networks networks;
    enum status status = ctl_fronts_ask_networks(&gather.client, &networks);
    if (status != STATUS_OK)
        return tell_failure(status);
    if (options->is_json)
        return say_json(ctl_json_fronts_networks(&networks), CTL_EXIT_WELL);
    ctl_fronts_show_networks(&networks, text);
    return say(text, CTL_EXIT_WELL);
}

static int
ask_fronts(const struct ctl_options *options)
{
    static struct ctl_fronts_limits limits;
    enum status status = ctl_fronts_ask_limits(&gather.client, options->what, &limits);
    if (status != STATUS_OK)
        return tell_failure(status);
    if (options->is_json)
        return say_json(ctl_json_fronts_limits(&limits, options->what), CTL_EXIT_WELL);
    ctl_fronts_show_limits(&limits, options->what, text);
    return say(text, CTL_EXIT_WELL);
}

/* What is no finding does not stand among them, and changes no exit status. @param all  given away */
static void
tell_notes(json_t *all)
{
    char *notes = ctl_attest_lines(all), *rest = notes;
    for (const char *line = strsep(&rest, "\n"); line != NULL && *line != '\0';
         line = strsep(&rest, "\n"))
        fprintf(stderr, "penstockctl: note: %s\n", line);
    free(notes);
}

/* The kernel was read as what we were started as; now we are nobody. */
static int
attest(const struct ctl_options *options)
{
    json_t *was = NULL;
    if (baseline.text != NULL) {
        was =
            ctl_attest_baseline(baseline.text, baseline.size, options->baseline, text, sizeof text);
        if (was == NULL)
            return fail(CTL_EXIT_USAGE, text, "");
    }
    enum status status = ctl_attest_gather(&gather);
    if (status != STATUS_OK)
        return tell_failure(status);
    ctl_attest_service(document, &gather);
    if (!options->is_check && was == NULL)
        return say_json(ctl_attest_print(document), CTL_EXIT_WELL);
    json_t *lines =
        options->is_check ? attest_judge_findings(document) : attest_drift_lines(was, document);
    tell_notes(options->is_check ? attest_judge_notes(document) : attest_drift_notes(document));
    int found = json_array_size(lines) == 0 ? CTL_EXIT_WELL : CTL_EXIT_LOOK;
    char *told = ctl_attest_lines(lines);
    json_decref(document);
    json_decref(was);
    int exit_status = say(told, found);
    free(told);
    return exit_status;
}

/* Where there is no document, the kernel was not read. */
static int
comply(const struct ctl_options *options)
{
    enum status status = ctl_attest_gather(&gather);
    if (status != STATUS_OK)
        return tell_failure(status);
    json_t *lines = NULL;
    if (document != NULL) {
        ctl_attest_service(document, &gather);
        lines = attest_judge_findings(document);
    }
    struct ctl_compliance_kernel kernel = {.is_read = lines != NULL,
                                           .findings = json_array_size(lines),
                                           .first = json_string_value(json_array_get(lines, 0))};
    ctl_compliance_judge(&compliance, &gather.sight.reading, &kernel);
    json_decref(lines);
    json_decref(document);
    int exit_status =
        compliance.counts[CTL_COMPLIANCE_NOT_JUDGED] > 0 ? CTL_EXIT_ACT : CTL_EXIT_WELL;
    if (compliance.counts[CTL_COMPLIANCE_FAIL] > 0 || !compliance.is_in_force)
        exit_status = CTL_EXIT_LOOK;
    if (options->is_json)
        return say_json(ctl_compliance_show_json(&compliance), exit_status);
    ctl_compliance_show(&compliance, text, sizeof text);
    return say(text, exit_status);
}

static int
look(const struct ctl_options *options, struct ctl_show how)
{
    static struct ctl_upstreams told;
    static struct stages stages;
    bool is_once = options->command == CTL_STATS || options->command == CTL_HEALTHCHECK;
    enum status status = is_once ? ctl_gather_read(&gather) : ctl_gather_rates(&gather);
    if (status != STATUS_OK)
        return options->command == CTL_HEALTHCHECK
                   ? fail(CTL_EXIT_LOOK, gather.client.error, "unhealthy")
                   : tell_failure(status);
    if (options->command == CTL_STATUS || options->command == CTL_UPSTREAMS)
        ask_upstreams(&told);
    if (options->command == CTL_STATUS) {
        int level = (int)gather.sight.judgement.level; /* exit status: as enum judge_level */
        if (options->is_json)
            return say_json(ctl_json_status(&gather.sight.figures, &gather.sight.judgement), level);
        ctl_show_status(&gather.sight.figures, &gather.sight.judgement, how, text);
        return say(text, level);
    }
    if (options->command == CTL_STATS) {
        stages_read(&stages, &gather.pages.of);
        if (options->is_json)
            return say_json(ctl_json_stats(&gather.sight.reading, &stages), CTL_EXIT_WELL);
        ctl_show_stats(&gather.sight.reading, &stages, text);
        return say(text, CTL_EXIT_WELL);
    }
    if (options->command == CTL_TOP && options->is_json)
        return go_on_saying(options);
    if (options->command == CTL_TOP) {
        ctl_show_top(&gather.sight.figures, &gather.sight.judgement,
                     &(struct draw_top_view){.width = how.width, .height = how.height}, how, text);
        return say(text, CTL_EXIT_WELL);
    }
    if (options->command == CTL_UPSTREAMS) {
        ctl_show_upstreams(&gather.sight.figures, told.addresses, text);
        return say(text, CTL_EXIT_WELL);
    }
    const char *ailment = ctl_show_ailment(&gather.sight.reading);
    snprintf(text, sizeof text, "%s%s\n",
             ailment == NULL ? "healthy" : "unhealthy: ", ailment == NULL ? "" : ailment);
    return say(text, ailment == NULL ? CTL_EXIT_WELL : CTL_EXIT_LOOK);
}

static int
go_on_showing(const struct ctl_options *options)
{
    static struct ctl_top top;
    ctl_top_begin(&top, options->interval_s);
    enum status status = ctl_top_run(&top, &gather, &screen, options->socket);
    ctl_screen_close(&screen);
    return status == STATUS_OK ? CTL_EXIT_WELL : tell_failure(status);
}

static int
obey(const struct ctl_options *options, struct ctl_show how, bool is_live)
{
    switch (options->command) {
    case CTL_ATTEST:
        return attest(options);
    case CTL_LIMITS:
        return ask_fronts(options);
    case CTL_NETWORKS:
        return ask_networks(options);
    case CTL_COMPLIANCE:
        return comply(options);
    case CTL_RELOAD:
    case CTL_DRAIN:
    case CTL_LOG_LEVEL:
    case CTL_FLUSH:
        return steer(options);
    case CTL_TOP:
    case CTL_STATUS:
    case CTL_STATS:
    case CTL_UPSTREAMS:
    case CTL_HEALTHCHECK:
    case CTL_IMPORT:
    case CTL_AUDIT:
    case CTL_HELP:
    case CTL_VERSION:
        break;
    }
    return is_live ? go_on_showing(options) : look(options, how);
}

static const char *
advice(int error)
{
    if (error == EACCES || error == EPERM)
        return "be root, or have your account named in control.readers or control.operators";
    if (error == ENOENT || error == ECONNREFUSED)
        return "is penstock running, with control.socket set? --socket names another path";
    return "";
}

int
main(int argc, char **argv)
{
    struct ctl_options options;
    const char *what_failed = NULL;
    if (os_open_standard() != STATUS_OK)
        return fail(CTL_EXIT_UNREACHABLE, "/dev/null cannot be opened", "");
    if (ctl_options_parse(argc, argv, getenv("PENSTOCK_CONTROL_SOCKET"), &options) != STATUS_OK)
        return fail(options.command == CTL_IMPORT || options.command == CTL_AUDIT
                        ? CTL_EXIT_FILES_USAGE
                        : CTL_EXIT_USAGE,
                    options.error, "penstockctl --help");
    if (options.command == CTL_HELP)
        return say(ctl_help(), CTL_EXIT_WELL);
    if (options.command == CTL_VERSION)
        return say("penstockctl " PENSTOCK_VERSION "\n", CTL_EXIT_WELL);
    os_use(&os);
    if (options.command == CTL_IMPORT)
        return ctl_import_run(&options);
    ctl_json_begin();
    if (options.command == CTL_AUDIT)
        return ctl_audit_run(&options);
    struct ctl_show how = how_to_show();
    if (options.baseline != NULL) {
        baseline.text =
            ctl_attest_baseline_read(options.baseline, &baseline.size, text, sizeof text);
        if (baseline.text == NULL)
            return fail(CTL_EXIT_USAGE, text, "");
    }
    if (options.command == CTL_COMPLIANCE &&
        ctl_compliance_read(&compliance, options.printed, &what_failed) != STATUS_OK)
        return fail(CTL_EXIT_USAGE, options.printed, what_failed);
    errno = 0;
    bool is_check = options.command == CTL_HEALTHCHECK;
    if (ctl_gather_open(&gather, options.socket) != STATUS_OK)
        return fail(is_check ? CTL_EXIT_LOOK : CTL_EXIT_UNREACHABLE, gather.client.error,
                    advice(errno));
    bool is_root = geteuid() == 0;
    if (options.command == CTL_ATTEST || (options.command == CTL_COMPLIANCE && is_root))
        document = ctl_attest_kernel(&gather.client);
    bool is_live = options.command == CTL_TOP && !options.is_once && !options.is_json;
    if (is_live && ctl_screen_open(&screen, how.is_plain, &what_failed) != STATUS_OK)
        return fail(CTL_EXIT_USAGE, what_failed, "");
    if (ctl_jail_enter(is_live ? SANDBOX_TOP : SANDBOX_CTL, &what_failed) != STATUS_OK) {
        if (is_live)
            ctl_screen_close(&screen);
        return fail(is_check ? CTL_EXIT_LOOK : CTL_EXIT_UNREACHABLE, what_failed,
                    "nothing was asked");
    }
    int exit_status = obey(&options, how, is_live);
    ctl_gather_close(&gather);
    return exit_status;
}

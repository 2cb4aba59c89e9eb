/* exporter_options.h - the command line of penstock-exporter
 * SPDX-License-Identifier: ISC
 *
 * What: argv becomes a value, or one line that says what is wrong with it.
 * Who:  exporter, before anything else.
 * Ref:  penstock-exporter(8).
 */
#pragma once

#include "base/addr.h"
#include "exporter/events_tell.h"
#include "exporter/http_serve.h"

#include <stdbool.h>

#define EXPORTER_OPTIONS_CONTROL   "/run/penstock/control" /* CONFIG_CONTROL_SOCKET */
#define EXPORTER_OPTIONS_USER      "penstock-exporter"
#define EXPORTER_OPTIONS_EVENTS    "penstock-events" /* the same, of EVENTS */
#define EXPORTER_OPTIONS_ADDRESS   "127.0.0.1:10853"
#define EXPORTER_OPTIONS_PORT      10853
#define EXPORTER_OPTIONS_ERROR_MAX 256
#define EXPORTER_OPTIONS_HOSTS_MAX 512 /* names separated by commas, with the NUL */

enum exporter_options_action {
    EXPORTER_SERVE,
    EXPORTER_EVENTS,   /* write events, serve nothing */
    EXPORTER_ONCE,     /* print one scrape, exit */
    EXPORTER_DESCRIBE, /* print every metric, exit */
    EXPORTER_HELP,
    EXPORTER_VERSION,
};

enum exporter_options_exit { EXPORTER_EXIT_FAILURE = 1, EXPORTER_EXIT_USAGE = 64 };

struct exporter_options {
    enum exporter_options_action action;
    enum events_output_form form;  /* of EVENTS */
    struct exporter_target output; /* likewise */
    const char *control;           /* points into argv or the environment, or is static */
    const char *user;              /* likewise: the account to become when root */
    struct addr listen[HTTP_SERVE_LISTENERS];
    unsigned listen_count;
    char hosts[EXPORTER_OPTIONS_HOSTS_MAX]; /* further names that it answers to on loopback */
    char error[EXPORTER_OPTIONS_ERROR_MAX]; /* on failure: one line without newline */
};

/**
 * Read argv.
 *
 * @param control_env  value of PENSTOCK_CONTROL_SOCKET, or NULL; --control goes before it
 * @return STATUS_OK; STATUS_INVALID: `options->error` says why
 */
MUST_CHECK enum status exporter_options_parse(int argc, char **argv, const char *control_env,
                                              struct exporter_options *options);

/** What --help prints. Static text. */
const char *exporter_options_help(void);

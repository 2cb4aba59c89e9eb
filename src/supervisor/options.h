/* options.h - the command line
 * SPDX-License-Identifier: ISC
 *
 * What: argv becomes a value, or one line that says what is wrong with it.
 * Who:  supervisor, before anything else.
 * Ref:  penstock(8).
 */
#pragma once

#include "base/addr.h"
#include "conf/config.h"

#include <stdbool.h>
#include <stdio.h>

#define OPTIONS_CONFIG_FILE  "/etc/penstock/penstock.yaml" /* read if it exists */
#define OPTIONS_ERROR_MAX    256
#define OPTIONS_EXIT_FAILURE 1
#define OPTIONS_EXIT_USAGE   2
#define OPTIONS_EXIT_AUDIT   74  /* EX_IOERR: audit.on_failure is stop, and it cannot be written */
#define OPTIONS_EXIT_CONFIG  78  /* EX_CONFIG of sysexits.h: to try again is of no use */
#define OPTIONS_TLS_PORT     853 /* RFC 7858 section 3.1 */

enum options_action {
    OPTIONS_SERVE,
    OPTIONS_CHECK,        /* judge the configuration, exit */
    OPTIONS_PRINT_CONFIG, /* print it with every default, exit */
    OPTIONS_VERSION,
    OPTIONS_HELP,
    OPTIONS_PIN,              /* look at an upstream's certificates */
    OPTIONS_PIN_CHECK,        /* compare them with the configured pins */
    OPTIONS_SANDBOX,          /* print the tables of system calls */
    OPTIONS_SANDBOX_BPF,      /* print what the kernel is given of them */
    OPTIONS_SANDBOX_SELFTEST, /* try every call under every filter */
};

struct options {
    enum options_action action;
    const char *file;                      /* -c, or NULL; points into argv */
    const char *listen[CONFIG_LISTEN_MAX]; /* -a, pointing into argv */
    size_t listen_count;
    uint32_t verbose;              /* how many -v */
    bool strict;                   /* OPTIONS_CHECK: a warning fails it */
    bool take_over;                /* the sockets of a penstock that runs */
    struct addr pin_address;       /* OPTIONS_PIN */
    const char *pin_tls_name;      /* OPTIONS_PIN: "" for none; points into argv */
    bool pin_policy;               /* OPTIONS_PIN: print a whole policy */
    const char *pin_upstream;      /* OPTIONS_PIN_CHECK: its name, or NULL for all; as above */
    const char *sandbox_role;      /* OPTIONS_SANDBOX...: one of sandbox_name(), or NULL for all */
    char error[OPTIONS_ERROR_MAX]; /* on failure: one line without newline */
};

/** Read argv. @return STATUS_OK; STATUS_INVALID: `options->error` says why (usage error). */
MUST_CHECK enum status options_parse(int argc, char **argv, struct options *options);

void options_print_help(FILE *to);

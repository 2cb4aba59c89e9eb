/* ctl_options.h - the command line of penstockctl
 * SPDX-License-Identifier: ISC
 *
 * What: argv becomes a value, or one line that says what is wrong with it.
 * Who:  penstockctl, before anything else.
 * Ref:  penstockctl(8).
 */
#pragma once

#include "audit/audit_verify.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define CTL_OPTIONS_SOCKET    "/run/penstock/control" /* CONFIG_CONTROL_SOCKET */
#define CTL_OPTIONS_ERROR_MAX 256

#define CTL_OPTIONS_FILES_MAX 64 /* of audit verify */

#define CTL_OPTIONS_INTERVAL_S     2 /* of top */
#define CTL_OPTIONS_INTERVAL_S_MAX 60

enum ctl_options_command {
    CTL_STATUS,
    CTL_STATS,
    CTL_UPSTREAMS,
    CTL_HEALTHCHECK,
    CTL_RELOAD,
    CTL_DRAIN,
    CTL_LOG_LEVEL,
    CTL_FLUSH,
    CTL_LIMITS,
    CTL_NETWORKS,
    CTL_TOP,
    CTL_ATTEST,
    CTL_COMPLIANCE,
    CTL_IMPORT,
    CTL_AUDIT,
    CTL_HELP,
    CTL_VERSION,
};

enum ctl_options_exit {
    CTL_EXIT_WELL = 0, /* or done */
    CTL_EXIT_LOOK = 1, /* or refused; healthcheck: unhealthy */
    CTL_EXIT_ACT = 2,
    CTL_EXIT_FILES_USAGE = 2, /* import and audit verify ask no service: there 2 is no answer */
    CTL_EXIT_UNREACHABLE = 3,
    CTL_EXIT_USAGE = 64, /* EX_USAGE of sysexits.h: no answer of the service is like it */
};

struct ctl_options_audit { /* of audit verify; paths point into argv */
    const char *key;       /* NULL: not given */
    const char *head_of[AUDIT_VERIFY_HEADS_MAX];
    unsigned head_of_count;
    struct audit_found_head heads[AUDIT_VERIFY_HEADS_MAX];
    unsigned heads_count;
    struct audit_found_head after;
    bool has_after;
    char *const *files;
    unsigned files_count;
};

struct ctl_options {
    enum ctl_options_command command;
    const char *socket; /* points into argv or the environment, or is static */
    bool is_json;
    bool is_once;         /* top: one frame */
    const char *printed;  /* compliance: --config; NULL: not given */
    unsigned interval_s;  /* top: between two readings */
    uint8_t level;        /* log-level: enum log_level */
    bool is_below;        /* flush: with all names below */
    bool is_check;        /* attest: judged by the shipped rules */
    const char *baseline; /* attest: compared with this file; points into argv */
    const char *from;     /* import: whose file it is; NULL: it tells itself */
    const char *output;   /* import: a new file; NULL: standard output */
    bool is_verbose;      /* import: what was carried is told too */
    /* flush: the name, limits: the address, import: the file; points into argv */
    const char *what;
    struct ctl_options_audit audit;
    char error[CTL_OPTIONS_ERROR_MAX]; /* on failure: one line without newline */
};

/**
 * Read argv. An option stands before the command or behind it.
 *
 * @param socket_env  value of PENSTOCK_CONTROL_SOCKET, or NULL; --socket goes before it
 * @return STATUS_OK; STATUS_INVALID: `options->error` says why
 */
MUST_CHECK enum status ctl_options_parse(int argc, char **argv, const char *socket_env,
                                         struct ctl_options *options);

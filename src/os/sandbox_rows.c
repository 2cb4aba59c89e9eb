/* sandbox_rows.c - see sandbox_rows.h
 * SPDX-License-Identifier: ISC
 *
 * Hot calls stand in plain ALLOW rows: the kernel keeps a bitmap of calls that a filter allows
 * whatever their arguments (Linux 5.11), and for those it does not run the filter at all.
 */
#include "os/sandbox_rows.h"

static const struct sandbox_row supervisor_rows[] = {
#include "seccomp/supervisor.def"
};
static const struct sandbox_row supervisor_spaces_rows[] = {
#include "seccomp/supervisor.def"
#include "seccomp/supervisor_spaces.def"
};
static const struct sandbox_row supervisor_audit_rows[] = {
#include "seccomp/supervisor.def"
#include "seccomp/supervisor_audit.def"
};
static const struct sandbox_row supervisor_spaces_audit_rows[] = {
#include "seccomp/supervisor.def"
#include "seccomp/supervisor_audit.def"
#include "seccomp/supervisor_spaces.def"
};
static const struct sandbox_row front_rows[] = {
#include "seccomp/front.def"
};
static const struct sandbox_row worker_rows[] = {
#include "seccomp/worker.def"
};
static const struct sandbox_row ctl_rows[] = {
#include "seccomp/ctl.def"
};
static const struct sandbox_row top_rows[] = {
#include "seccomp/ctl.def"
#include "seccomp/top.def"
};
static const struct sandbox_row verify_rows[] = {
#include "seccomp/verify.def"
};
static const struct sandbox_row exporter_rows[] = {
#include "seccomp/exporter.def"
};
static const struct sandbox_row exporter_dial_rows[] = {
#include "seccomp/exporter_dial.def"
};
static const struct sandbox_row exporter_file_rows[] = {
#include "seccomp/exporter_dial.def"
#include "seccomp/exporter_file.def"
};
static const struct sandbox_row exporter_unix_rows[] = {
#include "seccomp/exporter_dial.def"
#include "seccomp/exporter_unix.def"
};
static const struct sandbox_row exporter_tcp_rows[] = {
#include "seccomp/exporter_dial.def"
#include "seccomp/exporter_tcp.def"
};

#define TABLE(name_)                                                                               \
    {                                                                                              \
        .name = #name_, .rows = name_##_rows, .count = SANDBOX_COUNT(name_##_rows)                 \
    }
static const struct sandbox_table tables[SANDBOX_ROLES] = {
    [SANDBOX_SUPERVISOR] = TABLE(supervisor),
    [SANDBOX_SUPERVISOR_SPACES] = TABLE(supervisor_spaces),
    [SANDBOX_SUPERVISOR_AUDIT] = TABLE(supervisor_audit),
    [SANDBOX_SUPERVISOR_SPACES_AUDIT] = TABLE(supervisor_spaces_audit),
    [SANDBOX_FRONT] = TABLE(front),
    [SANDBOX_WORKER] = TABLE(worker),
    [SANDBOX_CTL] = TABLE(ctl),
    [SANDBOX_TOP] = TABLE(top),
    [SANDBOX_VERIFY] = TABLE(verify),
    [SANDBOX_EXPORTER] = TABLE(exporter),
    [SANDBOX_EXPORTER_DIAL] = TABLE(exporter_dial),
    [SANDBOX_EXPORTER_FILE] = TABLE(exporter_file),
    [SANDBOX_EXPORTER_UNIX] = TABLE(exporter_unix),
    [SANDBOX_EXPORTER_TCP] = TABLE(exporter_tcp),
};

const struct sandbox_table *
sandbox_rows_of(enum sandbox_role role)
{
    return &tables[role];
}

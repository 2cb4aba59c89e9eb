/* sandbox.c - see sandbox.h
 * SPDX-License-Identifier: ISC
 *
 * Hot calls stand in plain ALLOW rows: the kernel keeps a bitmap of calls that a filter allows
 * whatever their arguments (Linux 5.11), and for those it does not run the filter at all.
 */
#include "os/sandbox.h"

#include "os/random.h"
#include "os/sandbox_rows.h"
#include "os/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

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

/* An object each, so that an executable holds the tables it names, and no others. */
#define TABLE(role_, name_)                                                                        \
    {                                                                                              \
        .role = (role_), .name = #name_, .rows = name_##_rows,                                     \
        .count = SANDBOX_COUNT(name_##_rows)                                                       \
    }
static const struct sandbox_table its_supervisor = TABLE(SANDBOX_SUPERVISOR, supervisor);
static const struct sandbox_table its_supervisor_spaces =
    TABLE(SANDBOX_SUPERVISOR_SPACES, supervisor_spaces);
static const struct sandbox_table its_supervisor_audit =
    TABLE(SANDBOX_SUPERVISOR_AUDIT, supervisor_audit);
static const struct sandbox_table its_supervisor_spaces_audit =
    TABLE(SANDBOX_SUPERVISOR_SPACES_AUDIT, supervisor_spaces_audit);
const struct sandbox_table sandbox_front = TABLE(SANDBOX_FRONT, front);
const struct sandbox_table sandbox_worker = TABLE(SANDBOX_WORKER, worker);
const struct sandbox_table sandbox_ctl = TABLE(SANDBOX_CTL, ctl);
static const struct sandbox_table its_top = TABLE(SANDBOX_TOP, top);
static const struct sandbox_table its_verify = TABLE(SANDBOX_VERIFY, verify);
const struct sandbox_table sandbox_exporter = TABLE(SANDBOX_EXPORTER, exporter);
const struct sandbox_table sandbox_exporter_dial = TABLE(SANDBOX_EXPORTER_DIAL, exporter_dial);
const struct sandbox_table sandbox_exporter_file = TABLE(SANDBOX_EXPORTER_FILE, exporter_file);
const struct sandbox_table sandbox_exporter_unix = TABLE(SANDBOX_EXPORTER_UNIX, exporter_unix);
const struct sandbox_table sandbox_exporter_tcp = TABLE(SANDBOX_EXPORTER_TCP, exporter_tcp);

static const struct sandbox_table *const roles[SANDBOX_ROLES] = {
    [SANDBOX_SUPERVISOR] = &its_supervisor,
    [SANDBOX_SUPERVISOR_SPACES] = &its_supervisor_spaces,
    [SANDBOX_SUPERVISOR_AUDIT] = &its_supervisor_audit,
    [SANDBOX_SUPERVISOR_SPACES_AUDIT] = &its_supervisor_spaces_audit,
    [SANDBOX_FRONT] = &sandbox_front,
    [SANDBOX_WORKER] = &sandbox_worker,
    [SANDBOX_CTL] = &sandbox_ctl,
    [SANDBOX_TOP] = &its_top,
    [SANDBOX_VERIFY] = &its_verify,
    [SANDBOX_EXPORTER] = &sandbox_exporter,
    [SANDBOX_EXPORTER_DIAL] = &sandbox_exporter_dial,
    [SANDBOX_EXPORTER_FILE] = &sandbox_exporter_file,
    [SANDBOX_EXPORTER_UNIX] = &sandbox_exporter_unix,
    [SANDBOX_EXPORTER_TCP] = &sandbox_exporter_tcp,
};

const char *
sandbox_name(enum sandbox_role role)
{
    return roles[role]->name;
}

enum status
sandbox_find(const char *name, enum sandbox_role *role)
{
    for (unsigned i = 0; i < SANDBOX_ROLES; i++) {
        if (strcmp(roles[i]->name, name) != 0)
            continue;
        *role = (enum sandbox_role)i;
        return STATUS_OK;
    }
    *role = SANDBOX_SUPERVISOR;
    return STATUS_NONE;
}

const struct sandbox_table *
sandbox_table(enum sandbox_role role)
{
    return roles[role];
}

#ifdef PENSTOCK_SANITIZED
#include "os/sandbox_trap.h"
#define DENIED sandbox_trap_action()
#else
#define DENIED SCMP_ACT_KILL_PROCESS
#endif

/* A negative number is libseccomp's name for a call that this architecture does not have. */
static int
add_rows(scmp_filter_ctx filter, const struct sandbox_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct sandbox_row *row = &table->rows[i];
        if (row->call < 0)
            continue;
        uint32_t action = row->refuse != 0 ? SCMP_ACT_ERRNO((uint32_t)row->refuse) : SCMP_ACT_ALLOW;
        int error = seccomp_rule_add_array(filter, action, row->call, row->args_count, row->args);
        if (error != 0)
            return error;
    }
    return 0;
}

static int
build(scmp_filter_ctx filter, const struct sandbox_table *table)
{
    int error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1);
    /* no code of strangers runs here, so no protection against it needs to slow down loads */
    if (error == 0)
        (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    if (error == 0)
        error = add_rows(filter, table);
    if (error == 0) /* a binary tree: calls with argument rules and kernels without the bitmap */
        (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return error;
}

/* @param fd  -1: load it; else write it there */
static enum status
build_and_use(const struct sandbox_table *table, int fd)
{
    scmp_filter_ctx filter = seccomp_init(DENIED);
    if (filter == NULL) {
        errno = ENOMEM;
        return STATUS_SYSTEM;
    }
    int error = build(filter, table);
    if (error == 0)
        error = fd < 0 ? seccomp_load(filter) : seccomp_export_bpf(filter, fd);
    seccomp_release(filter);
    errno = -error;
    return error == 0 ? STATUS_OK : STATUS_SYSTEM;
}

enum status
sandbox_enter(const struct sandbox_table *table)
{
    /* what the C library does at its first use only must be behind us: it opens the file of the time
     * zone; glibc 2.41 maps memory and blocks signals for random bytes */
    tzset();
    (void)random_u32();
    return build_and_use(table, -1);
}

/* Whole instructions, and no more than a program can have. */
static enum status
read_back(int fd, struct sock_filter program[BPF_MAXINSNS], size_t *count)
{
    off_t size = sys_lseek(fd, 0, SEEK_END);
    if (size < 0 || sys_lseek(fd, 0, SEEK_SET) != 0)
        return STATUS_SYSTEM;
    errno = EMSGSIZE;
    if ((size_t)size > BPF_MAXINSNS * sizeof program[0] || (size_t)size % sizeof program[0] != 0 ||
        sys_read(fd, program, (size_t)size) != size)
        return STATUS_SYSTEM;
    *count = (size_t)size / sizeof program[0];
    return STATUS_OK;
}

enum status
sandbox_program(enum sandbox_role role, struct sock_filter program[BPF_MAXINSNS], size_t *count)
{
    *count = 0;
    int fd = sys_memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0)
        return STATUS_SYSTEM;
    enum status status = build_and_use(sandbox_table(role), fd);
    if (status == STATUS_OK)
        status = read_back(fd, program, count);
    int saved = errno;
    sys_close(fd);
    errno = saved;
    return status;
}

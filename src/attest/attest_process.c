/* attest_process.c - one process of the service, as the kernel sees it
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_process.h"

#include "attest/attest_code.h"
#include "attest/attest_descriptors.h"
#include "attest/attest_executable.h"
#include "attest/attest_filter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_MOST 64

enum attest_role
attest_process_role(const struct attest_proc *proc)
{
    char path[ATTEST_PROC_PATH_MAX];
    char *words = NULL;
    const char *program = path;
    if (!attest_proc_link(proc, "exe", path))
        program = words = attest_proc_read(proc, "cmdline", NULL);
    if (program == NULL)
        return ATTEST_ROLES;
    const char *base = strrchr(program, '/');
    char name[64];
    snprintf(name, sizeof name, "%.63s", base == NULL ? program : base + 1);
    name[strcspn(name, " ")] = '\0'; /* " (deleted)" */
    free(words);
    return attest_role_of(name);
}

static json_t *
numbers(const char *status, const char *field)
{
    uint64_t found[GROUPS_MOST];
    return attest_value_numbers(found, attest_proc_numbers(status, field, 10, found, GROUPS_MOST));
}

static void
put_number(struct attest_value *value, const char *name, const char *status, const char *field)
{
    uint64_t number;
    if (attest_proc_numbers(status, field, 10, &number, 1) == 1)
        attest_value_put(value, name, json_integer((json_int_t)number));
    else
        attest_value_unread(value, name, "this kernel does not tell");
}

static void
put_capabilities(struct attest_value *value, const char *status)
{
    static const char *const sets[][2] = {{"ambient", "CapAmb"},
                                          {"bounding", "CapBnd"},
                                          {"effective", "CapEff"},
                                          {"inheritable", "CapInh"},
                                          {"permitted", "CapPrm"}};
    json_t *row = json_object();
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        uint64_t bits;
        char text[20];
        if (attest_proc_numbers(status, sets[i][1], 16, &bits, 1) != 1)
            continue;
        snprintf(text, sizeof text, "%016" PRIx64, bits);
        json_object_set_new(row, sets[i][0], json_string(text));
    }
    attest_value_put(value, "capabilities", row);
}

/* Files of /proc belong to root where a process cannot be dumped, else to its account. */
static void
put_dumpable(struct attest_value *value, const struct attest_proc *proc, const char *status)
{
    uint64_t uids[2] = {0};
    struct stat file;
    if (fstatat(proc->folder, "mem", &file, 0) != 0)
        attest_value_put(value, "dumpable", NULL);
    else if (attest_proc_numbers(status, "Uid", 10, uids, 2) != 2 || uids[1] == 0)
        attest_value_unread(value, "dumpable", "of a process of root it does not show");
    else
        attest_value_put(value, "dumpable", json_boolean(file.st_uid != 0));
}

/* "Max core file size   0   unlimited   bytes" */
static void
put_limits(struct attest_value *value, const struct attest_proc *proc)
{
    static const char *const wanted[][2] = {
        {"core_bytes", "Max core file size"},  {"data_bytes", "Max data size"},
        {"file_bytes", "Max file size"},       {"files", "Max open files"},
        {"locked_bytes", "Max locked memory"}, {"processes", "Max processes"}};
    char *text = attest_proc_read(proc, "limits", NULL);
    if (text == NULL) {
        attest_value_put(value, "limits", NULL);
        return;
    }
    json_t *row = json_object();
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        char soft[24], hard[24];
        const char *at = strstr(text, wanted[i][1]);
        if (at != NULL && sscanf(at + strlen(wanted[i][1]), "%23s %23s", soft, hard) == 2)
            json_object_set_new(row, wanted[i][0], json_pack("[s, s]", soft, hard));
    }
    free(text);
    attest_value_put(value, "limits", row);
}

static bool
is_same_space(const struct attest_proc *proc, const char *name, const char *target)
{
    char other[ATTEST_PROC_PATH_MAX];
    return attest_proc_link(proc, name, other) && strcmp(other, target) == 0;
}

static void
put_namespaces(struct attest_value *value, const struct attest_proc *proc,
               const struct attest_proc *supervisor)
{
    static const char *const spaces[] = {"cgroup", "ipc",  "mnt",  "net",
                                         "pid",    "time", "user", "uts"};
    struct attest_proc first;
    json_t *row = json_object();
    bool has_first = attest_proc_open(&first, 1) == STATUS_OK;
    bool is_read = true;
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        char name[16], target[ATTEST_PROC_PATH_MAX];
        snprintf(name, sizeof name, "ns/%s", spaces[i]);
        if (!attest_proc_link(proc, name, target)) {
            is_read = is_read && errno == ENOENT; /* older kernels have fewer */
            continue;
        }
        const char *digits = strpbrk(target, "0123456789");
        json_object_set_new(row, spaces[i],
                            json_pack("{s:I, s:b, s:b}", "inode",
                                      (json_int_t)(digits == NULL ? 0 : strtoll(digits, NULL, 10)),
                                      "of_init", has_first && is_same_space(&first, name, target),
                                      "of_supervisor", is_same_space(supervisor, name, target)));
    }
    if (has_first)
        attest_proc_close(&first);
    if (is_read) {
        attest_value_put(value, "namespaces", row);
    } else {
        errno = EACCES;
        attest_value_put(value, "namespaces", NULL);
        json_decref(row);
    }
}

static const char unknown_build[] = "the filter of this build could not be made";

/* Is the filter of this build among those that are loaded? */
static void
put_comparison(struct attest_value *value, const struct attest_filter *filter,
               const uint8_t *of_build)
{
    bool is_loaded = false;
    for (size_t i = 0; of_build != NULL && i < filter->count; i++)
        is_loaded = is_loaded || memcmp(filter->sums[i], of_build, sizeof filter->sums[i]) == 0;
    if (of_build == NULL)
        attest_value_unread(value, "filter_is_loaded", unknown_build);
    else
        attest_value_put(value, "filter_is_loaded", json_boolean(is_loaded));
}

/* The supervisor has one of four: with a way into namespaces only if it holds some for workers, and to
 * a file only if it holds the folder of its audit log.
 * @return NULL: `sum` is written; why it is not known */
static const char *
build_filter(const struct attest_value *value, enum attest_role role, uint8_t sum[32])
{
    const json_t *open = json_object_get(value->facts, "descriptors");
    if (role >= ATTEST_ROLES)
        return unknown_build;
    if (role == ATTEST_SUPERVISOR && !json_is_object(open))
        return "descriptors tell which of four it is, and could not be read";
    bool holds_spaces = json_integer_value(json_object_get(open, "namespace")) > 0;
    bool holds_folder = json_integer_value(json_object_get(open, "folder by name")) > 0;
    enum sandbox_role wanted = role == ATTEST_FRONT ? SANDBOX_FRONT
                               : role == ATTEST_WORKER
                                   ? SANDBOX_WORKER
                                   : sandbox_supervisor(holds_spaces, holds_folder);
    attest_filter_build(wanted, sum);
    return NULL;
}

/* After the descriptors, which it looks at. */
static void
put_filters(struct attest_value *value, const struct attest_proc *proc, enum attest_role role)
{
    struct attest_filter filter;
    uint8_t sum[32];
    const char *why = "needs root";
    const char *why_not_built = build_filter(value, role, sum);
    if (why_not_built == NULL)
        attest_value_put(value, "filter_of_this_build", attest_value_sum(sum));
    else
        attest_value_unread(value, "filter_of_this_build", why_not_built);
    if (geteuid() != 0 || attest_filter_read(proc->pid, &filter, &why) != STATUS_OK) {
        attest_value_unread(value, "filters_loaded", why);
        attest_value_unread(value, "filter_is_loaded", why);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < filter.count; i++)
        json_array_append_new(list, attest_value_sum(filter.sums[i]));
    attest_value_put(value, "filters_loaded", list);
    put_comparison(value, &filter, why_not_built == NULL ? sum : NULL);
}

json_t *
attest_process_read(const struct attest_proc *proc, const struct attest_proc *supervisor,
                    enum attest_role role, int landlock)
{
    char *status = attest_proc_read(proc, "status", NULL);
    if (status == NULL)
        return NULL;
    struct attest_value value = attest_value_begin();
    attest_value_put(&value, "role", json_string(attest_role_name(role)));
    attest_value_put(&value, "pid", json_integer(proc->pid));
    attest_value_put(&value, "uids", numbers(status, "Uid"));
    attest_value_put(&value, "gids", numbers(status, "Gid"));
    attest_value_put(&value, "groups", numbers(status, "Groups"));
    put_number(&value, "no_new_privs", status, "NoNewPrivs");
    put_number(&value, "seccomp_mode", status, "Seccomp");
    put_number(&value, "seccomp_filters", status, "Seccomp_filters");
    put_number(&value, "threads", status, "Threads");
    put_number(&value, "memory_locked_kib", status, "VmLck");
    put_capabilities(&value, status);
    put_dumpable(&value, proc, status);
    put_limits(&value, proc);
    put_namespaces(&value, proc, supervisor);
    attest_value_put(&value, "landlock",
                     json_string(landlock == 0 ? "kernel has none"
                                               : "the kernel does not show it of a process"));
    attest_descriptors_put(proc, &value);
    attest_executable_put(proc, supervisor, &value);
    attest_code_put(proc, &value);
    put_filters(&value, proc, role);
    free(status);
    return attest_value_end(&value);
}

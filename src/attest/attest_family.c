/* attest_family.c - see attest_family.h
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_family.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROCESSES_MOST 32768 /* of this machine that are looked at */

static const char *const names[] = {"itself", "child", "below a child", "session", "control group"};

const char *
attest_family_name(enum attest_family_kin kin)
{
    return names[kin];
}

/* --- texts ----------------------------------------------------------------------------------- */

/* The name between parentheses may hold anything, parentheses too. */
bool
attest_family_stat(const char *text, pid_t *parent, pid_t *session)
{
    const char *at = strrchr(text, ')');
    if (at == NULL || at[1] != ' ' || at[2] == '\0')
        return false;
    char state = at[2], *rest = (char *)(uintptr_t)at + 3;
    long found[3]; /* parent, group of processes, session */
    for (size_t i = 0; i < 3; i++) {
        const char *from = rest;
        found[i] = strtol(from, &rest, 10);
        if (rest == from)
            return false;
    }
    *parent = (pid_t)found[0];
    *session = (pid_t)found[2];
    return state != 'Z' && state != 'X';
}

void
attest_family_group(const char *text, char group[ATTEST_PROC_PATH_MAX])
{
    static const char *const starts[] = {"0::", "1:name=systemd:"};
    static const char end[] = ".service";
    group[0] = '\0';
    for (const char *line = text; line != NULL && *line != '\0';
         line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1) {
        size_t length = strcspn(line, "\n");
        for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
            size_t start = strlen(starts[i]);
            bool is_service = length > start + sizeof end && strncmp(line, starts[i], start) == 0 &&
                              strncmp(line + length - (sizeof end - 1), end, sizeof end - 1) == 0;
            if (is_service && length - start < ATTEST_PROC_PATH_MAX)
                snprintf(group, ATTEST_PROC_PATH_MAX, "%.*s", (int)(length - start), line + start);
        }
    }
}

/* --- processes ------------------------------------------------------------------------------- */

struct process {
    pid_t pid, parent, session;
};

static bool
look(pid_t pid, struct process *process)
{
    struct attest_proc proc;
    process->pid = pid;
    if (attest_proc_open(&proc, pid) != STATUS_OK)
        return false;
    char *text = attest_proc_read(&proc, "stat", NULL);
    bool is_there = text != NULL && attest_family_stat(text, &process->parent, &process->session);
    free(text);
    attest_proc_close(&proc);
    return is_there;
}

static int
by_number(const void *a, const void *b)
{
    const struct process *x = a, *y = b;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

/* @return how many were written, by their numbers */
static size_t
look_at_all(struct process all[], size_t most, bool *is_cut)
{
    DIR *folder = opendir("/proc");
    size_t count = 0;
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || pid == getpid())
            continue;
        *is_cut = *is_cut || count == most;
        if (count < most && look(pid, &all[count]))
            count++;
    }
    if (folder != NULL)
        closedir(folder);
    qsort(all, count, sizeof all[0], by_number);
    return count;
}

static void
group_of(pid_t pid, char group[ATTEST_PROC_PATH_MAX])
{
    struct attest_proc proc;
    group[0] = '\0';
    if (attest_proc_open(&proc, pid) != STATUS_OK)
        return;
    char *text = attest_proc_read(&proc, "cgroup", NULL);
    if (text != NULL)
        attest_family_group(text, group);
    free(text);
    attest_proc_close(&proc);
}

static bool
is_below(const struct process all[], size_t count, pid_t pid, pid_t above)
{
    for (size_t steps = 0; steps < count && pid > 1; steps++) {
        const struct process *found =
            bsearch(&(struct process){.pid = pid}, all, count, sizeof all[0], by_number);
        pid = found == NULL ? 0 : found->parent;
        if (pid == above)
            return true;
    }
    return false;
}

static enum attest_family_kin
kin_of(const struct process all[], size_t count, const struct process *process, pid_t supervisor,
       const char *group)
{
    char own[ATTEST_PROC_PATH_MAX];
    if (process->pid == supervisor)
        return ATTEST_FAMILY_ITSELF;
    if (process->parent == supervisor)
        return ATTEST_FAMILY_CHILD;
    if (is_below(all, count, process->pid, supervisor))
        return ATTEST_FAMILY_BELOW;
    if (process->session == supervisor)
        return ATTEST_FAMILY_SESSION;
    if (group[0] != '\0')
        group_of(process->pid, own);
    return group[0] != '\0' && strcmp(own, group) == 0 ? ATTEST_FAMILY_GROUP : ATTEST_FAMILY_KINDS;
}

void
attest_family_find(pid_t supervisor, struct attest_family *family)
{
    char group[ATTEST_PROC_PATH_MAX];
    struct process *all = malloc(PROCESSES_MOST * sizeof *all);
    *family = (struct attest_family){.count = 1, .of[0].pid = supervisor};
    family->is_cut = all == NULL;
    group_of(supervisor, group);
    size_t count = all == NULL ? 0 : look_at_all(all, PROCESSES_MOST, &family->is_cut);
    for (size_t i = 0; i < count; i++) {
        enum attest_family_kin kin = kin_of(all, count, &all[i], supervisor, group);
        if (kin == ATTEST_FAMILY_ITSELF || kin == ATTEST_FAMILY_KINDS)
            continue;
        if (family->count == ATTEST_FAMILY_MOST) {
            family->is_cut = true;
            break;
        }
        family->of[family->count++] = (struct attest_family_member){all[i].pid, kin};
    }
    free(all);
}

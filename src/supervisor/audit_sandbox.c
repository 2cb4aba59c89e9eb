/* audit_sandbox.c - see audit_sandbox.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/audit_sandbox.h"

#include "os/sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_MOST 4096 /* octets of /proc/PID/status that are read */
#define UNREAD      "/proc does not tell"

/* The value of a line "Name:\t10", NULL: there is none. */
static const char *
find(const char *status, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = status; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, name, size) == 0 && at[size] == ':')
            return at + size + 1 + strspn(at + size + 1, "\t ");
    }
    return NULL;
}

static long
number_of(const char *status, const char *name, int base)
{
    const char *value = find(status, name);
    return value == NULL ? -1 : strtol(value, NULL, base);
}

static bool
read_status(pid_t pid, char text[STATUS_MOST])
{
    char path[32] = "/proc/self/status";
    if (pid != 0)
        snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    int fd = sys_open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? sys_read(fd, text, STATUS_MOST - 1) : -1;
    if (fd >= 0)
        sys_close(fd);
    text[size > 0 ? size : 0] = '\0';
    return size > 0;
}

const char *
audit_sandbox_state(pid_t pid, char text[AUDIT_SANDBOX_TEXT_MAX])
{
    char status[STATUS_MOST];
    if (!read_status(pid, status)) {
        snprintf(text, AUDIT_SANDBOX_TEXT_MAX, UNREAD);
        return text;
    }
    long filters = number_of(status, "Seccomp_filters", 10);
    bool is_filtered = number_of(status, "Seccomp", 10) == 2;
    bool is_bare = number_of(status, "CapPrm", 16) == 0 && number_of(status, "CapEff", 16) == 0 &&
                   number_of(status, "CapInh", 16) == 0 && number_of(status, "CapAmb", 16) == 0;
    int used = snprintf(text, AUDIT_SANDBOX_TEXT_MAX, "%s",
                        is_filtered ? "seccomp filter" : "no seccomp filter");
    if (is_filtered && filters > 0) /* Linux 5.9 */
        used += snprintf(text + used, AUDIT_SANDBOX_TEXT_MAX - (size_t)used, " (%ld)", filters);
    snprintf(text + used, AUDIT_SANDBOX_TEXT_MAX - (size_t)used, "; %s; %s",
             number_of(status, "NoNewPrivs", 10) == 1 ? "no new privileges"
                                                      : "new privileges possible",
             is_bare ? "no capabilities" : "capabilities");
    return text;
}

const char *
audit_sandbox_spaces(const struct spaces *spaces, char text[AUDIT_SANDBOX_TEXT_MAX])
{
    static const char *const names[SPACES_KINDS] = {"user", "network", "IPC", "UTS", "mount"};
    int used = snprintf(text, AUDIT_SANDBOX_TEXT_MAX, "%s",
                        spaces == NULL || spaces->made == 0 ? "none" : "");
    for (unsigned kind = 0; spaces != NULL && kind < SPACES_KINDS; kind++)
        if ((spaces->made >> kind & 1) != 0)
            used += snprintf(text + used, AUDIT_SANDBOX_TEXT_MAX - (size_t)used, "%s%s",
                             used > 0 ? ", " : "", names[kind]);
    return text;
}

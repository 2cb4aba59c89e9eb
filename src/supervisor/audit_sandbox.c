/* audit_sandbox.c - see audit_sandbox.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/audit_sandbox.h"

#include "os/proc.h"

#include <stdio.h>

#define STATUS_MOST 4096 /* octets of /proc/PID/status that are read */
#define UNREAD      "/proc does not tell"

const char *
audit_sandbox_state(pid_t pid, char text[AUDIT_SANDBOX_TEXT_MAX])
{
    char status[STATUS_MOST];
    if (!proc_read(pid, "status", status, sizeof status)) {
        snprintf(text, AUDIT_SANDBOX_TEXT_MAX, UNREAD);
        return text;
    }
    long filters = proc_number(status, "Seccomp_filters", 10);
    bool is_filtered = proc_number(status, "Seccomp", 10) == 2;
    bool is_bare = proc_number(status, "CapPrm", 16) == 0 &&
                   proc_number(status, "CapEff", 16) == 0 &&
                   proc_number(status, "CapInh", 16) == 0 && proc_number(status, "CapAmb", 16) == 0;
    int used = snprintf(text, AUDIT_SANDBOX_TEXT_MAX, "%s",
                        is_filtered ? "seccomp filter" : "no seccomp filter");
    if (is_filtered && filters > 0) /* Linux 5.9 */
        used += snprintf(text + used, AUDIT_SANDBOX_TEXT_MAX - (size_t)used, " (%ld)", filters);
    snprintf(text + used, AUDIT_SANDBOX_TEXT_MAX - (size_t)used, "; %s; %s",
             proc_number(status, "NoNewPrivs", 10) == 1 ? "no new privileges"
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

/* audit_events.c - see audit_events.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/audit_events.h"

#include "conf/config_hash.h"
#include "os/landlock.h"
#include "os/log.h"
#include "os/sys.h"
#include "supervisor/audit_changes.h"
#include "supervisor/audit_log.h"
#include "supervisor/audit_sandbox.h"
#include "supervisor/tls_library.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void
audit_events_prepare(struct supervisor *sup)
{
    if (sup->audit == NULL)
        return;
    (void)build_id(sup->build_id);
    sup->landlock = landlock_version();
}

/* --- sandboxes ------------------------------------------------------------------------------- */

/* @param pid  0: ours; @param spaces  NULL: those of the machine */
static void
tell_sandbox(struct supervisor *sup, const char *process, pid_t pid, const struct spaces *spaces)
{
    struct audit_line line;
    char text[AUDIT_SANDBOX_TEXT_MAX];
    if (!audit_log_begin(sup, AUDIT_SANDBOX, &line))
        return;
    audit_line_text(&line, AUDIT_OF_PROCESS, process);
    audit_line_text(&line, AUDIT_OF_STATE, audit_sandbox_state(pid, text));
    if (pid != 0)
        audit_line_number(&line, AUDIT_OF_CHILD_PID, (uint64_t)pid);
    /* each process enters it where the kernel has it, or does not go on */
    audit_line_number(&line, AUDIT_OF_LANDLOCK, sup->landlock > 0 ? (uint64_t)sup->landlock : 0);
    audit_line_text(&line, AUDIT_OF_NAMESPACES, audit_sandbox_spaces(spaces, text));
    audit_log_add(sup, &line);
}

static void
tell_child(const struct child *child)
{
    struct supervisor *sup = child->supervisor;
    tell_sandbox(sup, child->name, child->pid, child->role == CHILD_WORKER ? &sup->spaces : NULL);
}

/* --- start and end --------------------------------------------------------------------------- */

void
audit_events_started(struct supervisor *sup)
{
    struct audit_line line;
    if (!audit_log_begin(sup, AUDIT_STARTED, &line))
        return;
    audit_line_text(&line, AUDIT_OF_VERSION, PENSTOCK_VERSION);
    audit_line_text(&line, AUDIT_OF_BUILD, sup->build_id);
    audit_line_text(&line, AUDIT_OF_MBEDTLS, tls_library_built());
    audit_line_word(&line, AUDIT_OF_CONFIG, config_hash(&sup->loaded));
    audit_line_number(&line, AUDIT_OF_LANES, sup->lanes_count);
    audit_line_number(&line, AUDIT_OF_UID, sys_geteuid());
    audit_log_add_first(sup, &line);
    tell_sandbox(sup, "supervisor", 0, NULL);
    for (unsigned i = 0; i < sup->lanes_count * CHILD_ROLES; i++) {
        const struct child *child = &sup->lanes[i / CHILD_ROLES].children[i % CHILD_ROLES];
        if (child->state == LIFE_READY)
            tell_child(child);
    }
    audit_changes_tell_mode(sup, sup->config.rates_mode);
}

void
audit_events_tick(struct supervisor *sup)
{
    struct config_error error;
    if (sup->audit == NULL || audit_log_is_open(sup) || sup->phase == PHASE_ENDED ||
        sup->audit_due_us == 0 || sup->loop.now_us < sup->audit_due_us)
        return;
    sup->audit_due_us = sup->loop.now_us + UINT64_C(1000000);
    enum status status = audit_log_open(sup, &error);
    if (status == STATUS_OK)
        audit_events_started(sup);
    else if (status != STATUS_AGAIN)
        log_write(LOG_ERROR, LOG_AUDIT, "%s", error.text);
}

static void
add_asked(struct audit_line *line, const struct asked *by)
{
    audit_line_text(line, AUDIT_OF_BY, by->by != NULL ? by->by : "penstock");
    if (by->has_uid)
        audit_line_number(line, AUDIT_OF_UID, by->uid);
}

void
audit_events_stop_asked(struct supervisor *sup, const char *reason, const struct asked *by)
{
    if (sup->stop_reason != NULL)
        return;
    sup->stop_reason = reason;
    sup->stop_asked_by = *by;
}

void
audit_events_stopped(struct supervisor *sup)
{
    struct audit_line line;
    const struct asked *by = &sup->stop_asked_by;
    if (!audit_log_is_open(sup))
        return;
    audit_log_tell_left_out(sup); /* nothing comes behind the end */
    (void)audit_log_begin(sup, AUDIT_STOPPED, &line);
    audit_line_text(&line, AUDIT_OF_REASON, sup->stop_reason != NULL ? sup->stop_reason : "ended");
    add_asked(&line, by);
    if (by->signal != NULL)
        audit_line_text(&line, AUDIT_OF_SIGNAL, by->signal);
    audit_line_number(&line, AUDIT_OF_EXIT_STATUS, (uint64_t)sup->exit_code);
    audit_log_add(sup, &line);
    audit_log_close(sup);
}

/* --- reload ---------------------------------------------------------------------------------- */

void
audit_events_reloaded(struct supervisor *sup, const struct config *next)
{
    struct audit_line line;
    if (!audit_log_begin(sup, AUDIT_RELOADED, &line))
        return;
    audit_line_word(&line, AUDIT_OF_OLD_CONFIG, config_hash(&sup->loaded));
    audit_line_word(&line, AUDIT_OF_NEW_CONFIG, config_hash(next));
    add_asked(&line, &sup->reload_asked_by);
    audit_log_add(sup, &line);
    audit_changes_tell(sup, &sup->loaded, next);
}

void
audit_events_refused(struct supervisor *sup, const char *reason)
{
    struct audit_line line;
    if (!audit_log_begin(sup, AUDIT_RELOAD_REFUSED, &line))
        return;
    audit_line_word(&line, AUDIT_OF_CONFIG, config_hash(&sup->loaded));
    audit_line_text(&line, AUDIT_OF_REASON, reason);
    add_asked(&line, &sup->reload_asked_by);
    audit_log_add(sup, &line);
}

/* --- processes ------------------------------------------------------------------------------- */

/* "SIGKILL"; glibc has it as sigabbrev_np(3), musl has not. */
static const char *
signal_name(int number, char text[16])
{
    static const struct {
        int number;
        const char *name;
    } known[] = {
        {SIGABRT, "SIGABRT"}, {SIGALRM, "SIGALRM"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
        {SIGHUP, "SIGHUP"},   {SIGILL, "SIGILL"},   {SIGINT, "SIGINT"},   {SIGKILL, "SIGKILL"},
        {SIGPIPE, "SIGPIPE"}, {SIGQUIT, "SIGQUIT"}, {SIGSEGV, "SIGSEGV"}, {SIGSYS, "SIGSYS"},
        {SIGTERM, "SIGTERM"}, {SIGTRAP, "SIGTRAP"}, {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].number == number)
            return known[i].name;
    snprintf(text, 16, "%d", number);
    return text;
}

void
audit_events_died(const struct child *child, int wait_status, const char *reason)
{
    struct audit_line line;
    char text[16];
    if (!audit_log_begin(child->supervisor, AUDIT_PROCESS_DIED, &line))
        return;
    audit_line_text(&line, AUDIT_OF_PROCESS, child->name);
    audit_line_number(&line, AUDIT_OF_CHILD_PID, (uint64_t)child->pid);
    audit_line_text(&line, AUDIT_OF_REASON, reason);
    if (WIFSIGNALED(wait_status))
        audit_line_text(&line, AUDIT_OF_SIGNAL, signal_name(WTERMSIG(wait_status), text));
    else
        audit_line_number(&line, AUDIT_OF_EXIT_STATUS, (uint64_t)WEXITSTATUS(wait_status));
    audit_log_add_paced(child->supervisor, &line);
}

void
audit_events_serving(const struct child *child)
{
    struct supervisor *sup = child->supervisor;
    struct audit_line line;
    bool is_start = sup->phase == PHASE_STARTING;
    if (is_start && !audit_log_is_open(sup))
        return;
    if (!is_start && audit_log_begin(sup, AUDIT_PROCESS_STARTED, &line)) {
        audit_line_text(&line, AUDIT_OF_PROCESS, child->name);
        audit_line_number(&line, AUDIT_OF_CHILD_PID, (uint64_t)child->pid);
        audit_log_add_paced(sup, &line);
    }
    tell_child(child);
}

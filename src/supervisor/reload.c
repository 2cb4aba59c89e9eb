/* reload.c - another configuration for a service that runs
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/reload.h"

#include "os/chan.h"
#include "os/log.h"
#include "os/memory.h"
#include "supervisor/addresses.h"
#include "supervisor/audit_events.h"
#include "supervisor/audit_log.h"
#include "supervisor/change_mark.h"
#include "supervisor/children.h"
#include "supervisor/control_rights.h"
#include "supervisor/levels.h"
#include "supervisor/notify.h"
#include "supervisor/reload_rule.h"
#include "supervisor/report.h"
#include "supervisor/retire.h"
#include "supervisor/settings.h"
#include "supervisor/tell.h"

#include <errno.h>
#include <string.h>

#define TOLD_MAX 9 /* errors of one reload, so that the log has room for those of the next */

_Static_assert(TOLD_MAX <= CONFIG_ERRORS_MAX && TOLD_MAX < LOG_BURST / 2,
               "they are kept, and taken");

/* Has the CA file other contents? */
static bool
is_same_memory(int a_fd, int b_fd)
{
    void *a = NULL, *b = NULL;
    size_t a_size = 0, b_size = 0;
    if (a_fd < 0 || b_fd < 0)
        return a_fd < 0 && b_fd < 0;
    bool same = memory_map(a_fd, 1, true, &a, &a_size) == STATUS_OK &&
                memory_map(b_fd, 1, true, &b, &b_size) == STATUS_OK && a_size == b_size &&
                memcmp(a, b, a_size) == 0;
    memory_unmap(a, a_size);
    memory_unmap(b, b_size);
    return same;
}

/* Children that live get it now; those that come later, with their beginning. */
static void
spread(struct supervisor *sup, bool to_workers)
{
    for (unsigned i = 0; i < sup->lanes_count; i++) {
        struct lane *lane = &sup->lanes[i];
        if (lane->children[CHILD_FRONT].state == LIFE_READY)
            tell_configuration(&lane->children[CHILD_FRONT]);
        if (to_workers)
            retire_worker(&lane->children[CHILD_WORKER]);
    }
}

/* What was read, and is in force with the next step or not at all. */
struct next {
    struct config config, loaded; /* as in struct supervisor, as is */
    bool has_file;
    int fds[CHILD_ROLES + 1]; /* configurations of front and worker, and the CA file */
    struct namelists lists;
    struct control_rights rights;
    uint64_t mark; /* of the files that it names, for reload_on_change */
};

/*
 * Of the files that another configuration names. Before these are read; what was changed since the
 * reload began, the configuration file too, is a change still to be seen.
 */
static uint64_t
mark_of(const struct supervisor *sup, const struct config *config)
{
    if (config->reload_on_change_ms == 0 || sup->config.reload_on_change_ms == 0)
        return 0;
    uint64_t mark = change_mark(sup->options, config);
    return change_mark(sup->options, &sup->config) == sup->change.taken ? mark : sup->change.taken;
}

/* Its descriptors are given away. */
static void
take_up(struct supervisor *sup, const struct next *next, bool to_workers)
{
    audit_events_reloaded(sup, &next->loaded);
    int old[] = {sup->config_fds[CHILD_FRONT], sup->config_fds[CHILD_WORKER], sup->ca_fd};
    sup->config = next->config;
    sup->has_file = next->has_file;
    sup->change.taken = next->mark;
    sup->loaded = next->loaded;
    if (next->config.query_ms > sup->query_ms_most)
        sup->query_ms_most = next->config.query_ms;
    sup->config_number++;
    memcpy(sup->config_fds, next->fds, sizeof sup->config_fds);
    sup->ca_fd = next->fds[CHILD_ROLES];
    chan_close(old, CHILD_ROLES + 1);
    chan_close(sup->namelists.fds, IPC_LISTS);
    sup->namelists = next->lists;
    sup->has_new_rights |= memcmp(&sup->rights, &next->rights, sizeof sup->rights) != 0;
    sup->rights = next->rights;
    log_open_stderr("supervisor", LOG_NOTICE + (enum log_level)sup->config.verbose);
    levels_reset(sup);
    report_config(sup);
    spread(sup, to_workers);
    settings_log_warnings(&sup->config, &sup->namelists);
    log_write(LOG_NOTICE, LOG_CONFIG, "the new configuration is in force%s",
              to_workers ? "; workers are replaced" : "");
}

static enum status
read_again(struct supervisor *sup, struct next *next, struct config_error *error)
{
    struct config *config = &next->config;
    memset(next->fds, 0xff, sizeof next->fds); /* -1 each */
    next->has_file = sup->has_file;
    if (settings_load(sup->options, &next->has_file, config, &sup->wrong) != STATUS_OK) {
        config_errors_line(&sup->wrong, error);
        return STATUS_INVALID;
    }
    char text[CONFIG_PATH_TEXT_MAX];
    const char *what = reload_rule_needs_restart(&sup->loaded, config, text);
    if (what != NULL) {
        snprintf(error->text, sizeof error->text, "%s can only change with a restart", what);
        return STATUS_INVALID;
    }
    next->mark = mark_of(sup, config);
    if (settings_load_cookies(config, error) != STATUS_OK)
        return STATUS_INVALID;
    next->loaded = *config;
    /* sockets that were handed in may have added to these, and the kernel may lack IPv6 */
    addresses_keep(&sup->config, config);
    config->lanes = sup->config.lanes;
    settings_fill_secret(config, &sup->config);
    if (control_rights_find(config, &next->rights, error) != STATUS_OK ||
        settings_load_ca(config, &next->fds[CHILD_ROLES], error) != STATUS_OK)
        return STATUS_INVALID;
    if (settings_share(config, next->fds) != STATUS_OK) {
        snprintf(error->text, sizeof error->text, "no memory for it: %s", strerror(errno));
        return STATUS_SYSTEM;
    }
    return namelists_load(config, &next->lists, error);
}

/* @return false: it has to wait; nothing changed */
static bool
take_up_if_room(struct supervisor *sup, const struct next *next)
{
    bool is_same_ca = is_same_memory(sup->ca_fd, next->fds[CHILD_ROLES]);
    enum reload_step step =
        reload_rule_step(&sup->config, &next->config, is_same_ca, retire_has_room(sup));
    if (step == RELOAD_WAITS) {
        chan_close(next->fds, CHILD_ROLES + 1);
        chan_close(next->lists.fds, IPC_LISTS);
        return false;
    }
    take_up(sup, next, step == RELOAD_ALL);
    return true;
}

/* A line for each fault of the files, or the one for what else is against it. */
static void
log_refused(const struct config_errors *wrong, const char *text)
{
    static const char stays[] = "the configuration stays as it is:";
    for (uint32_t i = 0; i < wrong->count && i < TOLD_MAX; i++)
        log_write(LOG_ERROR, LOG_CONFIG, "%s %s", stays, wrong->of[i].text);
    if (wrong->count == 0)
        log_write(LOG_ERROR, LOG_CONFIG, "%s %s", stays, text);
    else if (wrong->count > TOLD_MAX)
        log_write(LOG_ERROR, LOG_CONFIG, "%s and %u more; penstock --check tells them", stays,
                  wrong->count - TOLD_MAX);
}

static void
tell(struct supervisor *sup, bool is_in_force, const char *text)
{
    struct reload_news *news = &sup->reload_news;
    *news = (struct reload_news){.is_new = true, .is_in_force = is_in_force};
    snprintf(news->text, sizeof news->text, "%s", text);
}

void
reload_tick(struct supervisor *sup)
{
    static struct next next;
    struct config_error error;
    if (!sup->reload_asked || sup->reload_waits || sup->phase != PHASE_RUNNING ||
        children_are_any(sup, LIFE_STARTING))
        return;
    sup->reload_asked = false;
    notify_reloading(sup);
    audit_log_reopen(sup);
    if (sup->config.reload_on_change_ms !=
        0) /* before it is read: what changes meanwhile is seen later */
        sup->change.taken = change_mark(sup->options, &sup->config);
    if (read_again(sup, &next, &error) != STATUS_OK) {
        chan_close(next.fds, CHILD_ROLES + 1);
        report_refused(sup);
        tell(sup, false, error.text);
        audit_events_refused(sup, error.text);
        log_refused(&sup->wrong, error.text);
    } else if (take_up_if_room(sup, &next)) {
        tell(sup, true, "the new configuration is in force");
    } else {
        sup->reload_asked = sup->reload_waits = true; /* and what is in the files by then counts */
        log_write(LOG_INFO, LOG_CONFIG,
                  "the new configuration waits: workers that were replaced answer still");
    }
    explicit_bzero(&next, sizeof next);
    if (!sup->reload_waits)
        notify_ready(sup);
}

void
reload_ask(struct supervisor *sup, const char *why)
{
    log_write(LOG_NOTICE, LOG_CONFIG, "%s: reading the configuration again", why);
    sup->reload_asked = true;
    sup->reload_waits = false;
    if (sup->phase == PHASE_RUNNING) /* else READY=1 is still to come, or is over */
        notify_reloading(sup);
}

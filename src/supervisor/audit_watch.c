/* audit_watch.c - see audit_watch.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/audit_watch.h"

#include "supervisor/audit_log.h"
#include "view/says.h"

#include <stdio.h>
#include <string.h>

#define PIN_TEXT_MAX 32

/* --- upstreams ------------------------------------------------------------------------------- */

static bool
is_refused(const struct reading_upstream *upstream)
{
    bool is_identity =
        upstream->cause >= STATS_CAUSE_PIN && upstream->cause <= STATS_CAUSE_CERTIFICATE;
    return upstream->state == STATS_UPSTREAM_REFUSED && is_identity;
}

/* The key that it showed, where a worker told. */
static void
add_shown(const struct supervisor *sup, unsigned index, struct audit_line *line)
{
    const struct addr *address = &sup->config.upstreams[index].address;
    for (unsigned i = 0; i < CONFIG_UPSTREAMS_MAX; i++) {
        if (!addr_is_equal(&sup->shown[i].address, address))
            continue;
        audit_line_hash(line, AUDIT_OF_KEY, sup->shown[i].pin);
        return;
    }
}

static void
tell_refused(struct supervisor *sup, unsigned index, const struct reading_upstream *upstream)
{
    struct audit_line line;
    if (!audit_log_begin(sup, AUDIT_UPSTREAM_REFUSED, &line))
        return;
    audit_line_text(&line, AUDIT_OF_UPSTREAM, upstream->name);
    audit_line_text(&line, AUDIT_OF_REASON, says_cause(upstream->cause));
    if (upstream->cause == STATS_CAUSE_PIN)
        add_shown(sup, index, &line);
    audit_log_add_paced(sup, &line);
}

static void
tell_accepted(struct supervisor *sup, const struct reading_upstream *upstream)
{
    struct audit_line line;
    if (!audit_log_begin(sup, AUDIT_UPSTREAM_ACCEPTED, &line))
        return;
    audit_line_text(&line, AUDIT_OF_UPSTREAM, upstream->name);
    audit_log_add_paced(sup, &line);
}

static void
tell_backup(struct supervisor *sup, unsigned index, const struct reading_upstream *upstream)
{
    struct audit_line line;
    char text[PIN_TEXT_MAX];
    if (!audit_log_begin(sup, AUDIT_BACKUP_PIN_USED, &line))
        return;
    snprintf(text, sizeof text, "pin %u of %u", upstream->pin_seen, upstream->pins);
    audit_line_text(&line, AUDIT_OF_UPSTREAM, upstream->name);
    audit_line_text(&line, AUDIT_OF_STATE, text);
    audit_line_hash(&line, AUDIT_OF_KEY, sup->config.upstreams[index].pins[upstream->pin_seen - 1]);
    audit_log_add_paced(sup, &line);
}

static void
tell_ending(struct supervisor *sup, const struct reading_upstream *upstream)
{
    struct audit_line line;
    if (!audit_log_begin(sup, AUDIT_CERTIFICATE_ENDING, &line))
        return;
    audit_line_text(&line, AUDIT_OF_UPSTREAM, upstream->name);
    audit_line_number(&line, AUDIT_OF_DAYS, judge_days(upstream));
    audit_log_add_paced(sup, &line);
}

static void
look_at_upstream(struct supervisor *sup, struct audit_watched *watched, unsigned index,
                 const struct reading_upstream *upstream)
{
    bool was_refused = watched->is_refused[index];
    watched->is_refused[index] = is_refused(upstream) ||
                                 /* neither: what is silent now is not trusted by that */
                                 (was_refused && upstream->state != STATS_UPSTREAM_USABLE);
    if (watched->is_refused[index] && !was_refused)
        tell_refused(sup, index, upstream);
    if (!watched->is_refused[index] && was_refused)
        tell_accepted(sup, upstream);
    bool is_configured = upstream->pin_seen <= sup->config.upstreams[index].pins_count;
    if (upstream->pin_seen > 1 && upstream->pin_seen != watched->pin_seen[index] && is_configured)
        tell_backup(sup, index, upstream);
    if (upstream->pin_seen > 0)
        watched->pin_seen[index] = upstream->pin_seen;
}

/* --- findings -------------------------------------------------------------------------------- */

/* The limits that clients can come to. */
static const struct {
    enum judge_kind kind;
    const char *limit;
} limits[] = {
    {JUDGE_WAITING, "limits.queries"},
    {JUDGE_TCP_CLIENTS, "limits.tcp_clients"},
    {JUDGE_NETWORK, "rates"},
};

static bool
has_finding(const struct judgement *judgement, enum judge_kind kind, unsigned upstream)
{
    for (unsigned i = 0; i < judgement->count; i++)
        if (judgement->findings[i].kind == kind && judgement->findings[i].upstream == upstream)
            return true;
    return false;
}

static void
tell_limit(struct supervisor *sup, const char *limit, bool is_felt)
{
    struct audit_line line;
    if (!audit_log_begin(sup, AUDIT_LIMITS, &line))
        return;
    audit_line_flag(&line, AUDIT_OF_IS_ON, is_felt);
    audit_line_text(&line, AUDIT_OF_LIMIT, limit);
    audit_line_text(&line, AUDIT_OF_STATE, is_felt ? "felt" : "not felt any more");
    audit_log_add_paced(sup, &line);
}

static void
look_at_limits(struct supervisor *sup, struct audit_watched *watched,
               const struct judgement *judgement)
{
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        bool is_felt = has_finding(judgement, limits[i].kind, 0);
        if (is_felt != watched->is_felt[limits[i].kind])
            tell_limit(sup, limits[i].limit, is_felt);
        watched->is_felt[limits[i].kind] = is_felt;
    }
}

void
audit_watch_look(struct supervisor *sup, struct audit_watched *watched, const struct sight *sight)
{
    const struct reading *reading = &sight->reading;
    if (sup->audit == NULL)
        return;
    if (watched->upstreams_id != reading->tally.upstreams_id) {
        struct audit_watched others = {.upstreams_id = reading->tally.upstreams_id};
        memcpy(others.is_felt, watched->is_felt, sizeof others.is_felt);
        *watched = others;
    }
    for (unsigned i = 0; i < reading->upstreams && i < sup->config.upstreams_count; i++) {
        bool is_ending = has_finding(&sight->judgement, JUDGE_CERTIFICATE, i);
        look_at_upstream(sup, watched, i, &reading->of_upstream[i]);
        if (is_ending && !watched->is_ending[i])
            tell_ending(sup, &reading->of_upstream[i]);
        watched->is_ending[i] = is_ending;
    }
    look_at_limits(sup, watched, &sight->judgement);
}

/* test_audit_watch.c - what the audit log tells of upstreams and limits
 * SPDX-License-Identifier: ISC
 */
#include "audit_log_scene.h"

#include "supervisor/audit_watch.h"

static struct sight sight;
static struct audit_watched watched;
static struct reading_upstream *up;

static void
look(void)
{
    audit_watch_look(&sup, &watched, &sight);
}

static void
begin(void)
{
    scene_open(1);
    scene_audit();
    audit_events_started(&sup);
    sup.config.upstreams_count = sight.reading.upstreams = 1;
    sup.config.upstreams[0].pins_count = 3;
    memset(sup.config.upstreams[0].pins[1], 0xab, CONFIG_PIN_BYTES);
    up = &sight.reading.of_upstream[0];
    strcpy(up->name, "north");
    up->pins = 3;
    sight.reading.tally.upstreams_id = 1;
}

static void
find(enum judge_kind kind, bool on)
{
    sight.judgement.count = on;
    sight.judgement.findings[0] = (struct judge_finding){.kind = kind, .level = JUDGE_LOOK};
}

TestSuite(audit_watch, .init = begin, .fini = scene_audit_end);

Test(audit_watch, a_refused_identity_is_one_line_however_long)
{
    look();
    up->state = STATS_UPSTREAM_REFUSED;
    up->cause = STATS_CAUSE_NAME;
    look();
    look();
    SCENE_TOLD("upstream_refused");
    SCENE_TOLD("\"reason\":\"");
    up->state = STATS_UPSTREAM_DOWN; /* silent: that proves nothing */
    up->cause = STATS_CAUSE_LOST;
    look();
    SCENE_NOT_TOLD("upstream_accepted");
    up->state = STATS_UPSTREAM_USABLE;
    look();
    look();
    SCENE_TOLD("upstream_accepted");
}

Test(audit_watch, a_broken_connection_is_no_identity)
{
    static const enum stats_upstream_cause others[] = {STATS_CAUSE_NONE, STATS_CAUSE_TLS,
                                                       STATS_CAUSE_LOST};
    up->state = STATS_UPSTREAM_REFUSED;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        up->cause = others[i];
        look();
    }
    up->state = STATS_UPSTREAM_DOWN;
    up->cause = STATS_CAUSE_PIN;
    look();
    SCENE_NOT_TOLD("upstream_refused");
}

Test(audit_watch, the_key_that_was_shown_is_named)
{
    memset(sup.shown[0].pin, 0xcd, sizeof sup.shown[0].pin);
    sup.shown[0].address = sup.config.upstreams[0].address;
    up->state = STATS_UPSTREAM_REFUSED;
    up->cause = STATS_CAUSE_PIN;
    look();
    SCENE_TOLD("\"key\":\"cdcdcdcd");
}

Test(audit_watch, a_pin_behind_the_first_is_told_once)
{
    up->pin_seen = 1;
    look();
    SCENE_NOT_TOLD("backup_pin_used");
    up->pin_seen = 2;
    look();
    look();
    SCENE_TOLD("backup_pin_used");
    SCENE_TOLD("\"key\":\"abababab");
    SCENE_TOLD("\"state\":\"pin 2 of 3\"");
    up->pin_seen = 0; /* a worker that knows none yet */
    look();
    up->pin_seen = 2;
    look();
    SCENE_TOLD("backup_pin_used");
    up->pin_seen = 3;
    look();
    SCENE_TOLD("\"state\":\"pin 3 of 3\"");
    up->pin_seen = 8; /* no such pin is configured: pages are of a process that is not believed */
    look();
    cr_expect_eq(scene_count("backup_pin_used"), 2);
}

Test(audit_watch, a_certificate_and_limits_are_told_as_they_are_judged)
{
    up->valid_days = 6;
    find(JUDGE_CERTIFICATE, true);
    look();
    look();
    SCENE_TOLD("\"days\":5,\"event\":\"certificate_ending\"");
    find(JUDGE_NETWORK, true);
    look();
    look();
    SCENE_TOLD("\"state\":\"felt\"");
    find(JUDGE_NETWORK, false);
    look();
    SCENE_TOLD("\"state\":\"not felt any more\"");
    find(JUDGE_SLOW, true);
    look();
    cr_expect_eq(scene_count("\"event\":\"limits\",\"is_on\":false"), 1);
}

Test(audit_watch, other_upstreams_are_looked_at_anew)
{
    up->pin_seen = 2;
    look();
    sight.reading.tally.upstreams_id = 2;
    look();
    cr_expect_eq(scene_count("backup_pin_used"), 2);
}

Test(audit_watch, without_an_audit_log_nothing_happens)
{
    sup.audit = NULL;
    up->state = STATS_UPSTREAM_REFUSED;
    up->cause = STATS_CAUSE_PIN;
    look();
    SCENE_NOT_TOLD("upstream_refused");
}

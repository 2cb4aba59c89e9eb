/* test_audit_events.c - what the audit log tells of the service and its processes
 * SPDX-License-Identifier: ISC
 */
#include "audit_log_scene.h"

#define YAML                                                                                       \
    "acl: {allow: [127.0.0.0/8]}\nupstreams:\n- name: north\n  address: 192.0.2.1\n"               \
    "  verify: ca\n  tls_name: dns.example\ntls: {ca_file: /dev/null}\n"

static void
begin(void)
{
    scene_open(1);
    scene_audit();
    audit_events_prepare(&sup);
    audit_events_started(&sup);
}

TestSuite(audit_events, .init = begin, .fini = scene_audit_end);

Test(audit_events, a_start_says_which_program_and_what_binds_it)
{
    char text[AUDIT_TEXT_MOST];
    snprintf(text, sizeof text, "\"build\":\"%s\"", sup.build_id);
    SCENE_TOLD("\"event\":\"started\"");
    SCENE_TOLD("\"version\":\"" PENSTOCK_VERSION "\"");
    SCENE_TOLD(text);
    SCENE_TOLD("\"process\":\"supervisor\"");
}

Test(audit_events, a_start_tells_of_each_process)
{
    scene_start(1);
    SCENE_TOLD("\"process\":\"front.0\"");
    SCENE_TOLD("\"process\":\"worker.0\"");
    SCENE_NOT_TOLD("process_started");
}

Test(audit_events, a_death_has_its_signal_and_the_next_process_its_line)
{
    scene_start(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    end_process(scene_process(worker), SIGSYS);
    scene_turn(1);
    SCENE_TOLD("\"event\":\"process_died\"");
    SCENE_TOLD("\"reason\":\"was killed by its syscall filter (SIGSYS)\"");
    SCENE_TOLD("\"signal\":\"SIGSYS\"");
    scene_pass(100);
    scene_ready(worker);
    scene_turn(1);
    SCENE_TOLD("\"event\":\"process_started\"");
    end_process(scene_process(worker), 7 << 8);
    scene_turn(1);
    SCENE_TOLD("\"event\":\"process_died\",\"exit_status\":7");
}

Test(audit_events, an_end_that_was_wanted_is_no_death)
{
    scene_start(1);
    raise_signal(SIGTERM);
    scene_turn(1);
    for (enum child_role role = 0; role < CHILD_ROLES; role++)
        end_process(scene_process(scene_child(0, role)), 0);
    scene_turn(1);
    cr_assert_eq(sup.phase, PHASE_ENDED);
    audit_events_stopped(&sup);
    SCENE_NOT_TOLD("process_died");
    SCENE_TOLD("\"by\":\"signal\",\"event\":\"stopped\",\"exit_status\":0");
    SCENE_TOLD("\"reason\":\"asked to end\"");
    SCENE_TOLD("\"signal\":\"SIGTERM\"");
    cr_expect_not(audit_log_is_open(&sup));
}

Test(audit_events, of_several_reasons_to_end_the_first_is_told)
{
    audit_events_stop_asked(&sup, "no lane lives", &(struct asked){0});
    audit_events_stop_asked(&sup, "asked to end",
                            &(struct asked){.by = "control socket", .has_uid = true, .uid = 7});
    audit_events_stopped(&sup);
    SCENE_TOLD("\"by\":\"penstock\"");
    SCENE_TOLD("\"reason\":\"no lane lives\"");
    SCENE_NOT_TOLD("\"uid\":7");
}

Test(audit_events, a_refused_reload_says_why_and_who_asked)
{
    sup.reload_asked_by = (struct asked){.by = "control socket", .has_uid = true, .uid = 1234567};
    audit_events_refused(&sup, "x.yaml:1: \"quoted\"");
    SCENE_TOLD("\"event\":\"reload_refused\"");
    SCENE_TOLD("\"reason\":\"x.yaml:1: \\\"quoted\\\"\"");
    SCENE_TOLD("\"uid\":1234567");
}

Test(audit_events, a_file_that_another_one_writes_to_is_waited_for)
{
    char path[CONFIG_AUDIT_PATH_MAX];
    strcpy(path, sup.config.audit_path);
    struct audit_log *first = sup.audit;
    cr_assert_eq(scene_audit_open(), STATUS_AGAIN);
    struct audit_log *second = sup.audit;
    sup.audit_due_us = sup.loop.now_us;
    audit_events_tick(&sup);
    cr_expect_not(audit_log_is_open(&sup));
    audit_events_refused(&sup, "meanwhile");
    sup.audit = first;
    audit_events_stopped(&sup);
    sup.audit = second;
    audit_events_tick(&sup);
    cr_expect_not(audit_log_is_open(&sup), "it is not tried in each turn");
    sup.loop.now_us += 1000 * MS;
    audit_events_tick(&sup);
    cr_expect(audit_log_is_open(&sup));
    cr_expect_eq(scene_count("\"event\":\"started\""), 2);
    SCENE_TOLD("\"lost\":1");
}

/* As before the start opens it. */
static void
close_log(void)
{
    audit_events_stopped(&sup);
    cr_assert_eq(audit_log_prepare(&sup, &scene_error), STATUS_OK);
}

/* Lanes that share their addresses take turns before the jail, as root perhaps. */
Test(audit_events, no_turn_opens_the_log_before_the_start_does)
{
    close_log();
    audit_events_tick(&sup);
    cr_expect_not(audit_log_is_open(&sup));
}

Test(audit_events, who_serves_before_the_log_is_open_is_told_of_and_not_lost)
{
    close_log();
    scene_start(1);
    SCENE_NOT_TOLD("\"process\":\"front.0\"");
    cr_assert_eq(audit_log_open(&sup, &scene_error), STATUS_OK);
    audit_events_started(&sup);
    SCENE_TOLD("\"process\":\"front.0\"");
    SCENE_TOLD("\"process\":\"worker.0\"");
    SCENE_NOT_TOLD("\"lost\"");
}

/* test_audit_log.c - the audit log as a file: what is lost, and told later
 * SPDX-License-Identifier: ISC
 */
#include "audit_log_scene.h"

#include "audit/audit_verify.h"

#include <sys/stat.h>
#include <unistd.h>

static void
begin(void)
{
    scene_open(1);
    scene_audit();
    audit_events_started(&sup);
}

static void
add(void)
{
    struct audit_line line;
    cr_assert(audit_log_begin(&sup, AUDIT_DRY_RUN, &line));
    audit_line_flag(&line, AUDIT_OF_IS_ON, true);
    audit_log_add(&sup, &line);
}

static void
add_paced(void)
{
    struct audit_line line;
    cr_assert(audit_log_begin(&sup, AUDIT_DRY_RUN, &line));
    audit_line_flag(&line, AUDIT_OF_IS_ON, false);
    audit_log_add_paced(&sup, &line);
}

TestSuite(audit_log, .init = begin, .fini = scene_audit_end);

Test(audit_log, without_a_path_nothing_happens)
{
    struct audit_line line;
    sup.audit = NULL;
    sup.config.audit_path[0] = '\0';
    cr_assert_eq(scene_audit_open(), STATUS_OK);
    cr_expect_null(sup.audit);
    cr_expect_not(audit_log_begin(&sup, AUDIT_STOPPED, &line));
    cr_expect(audit_log_tick(&sup));
    audit_log_reopen(&sup);
    audit_log_close(&sup);
}

Test(audit_log, the_head_is_published_with_the_turn_that_wrote)
{
    struct service_page_head head;
    add();
    cr_expect(audit_log_tick(&sup));
    cr_assert(service_page_audit_head(sup.page, &head));
    unsigned lines = scene_count("\n");
    cr_expect_eq(head.sequence, lines);
    cr_expect_eq(stats_load(&sup.page->audit_lines), lines);
    cr_expect_eq(stats_load(&sup.page->audit_state), SERVICE_PAGE_AUDIT_WRITES);
    uint8_t sum[DIGEST_BYTES];
    const char *text = scene_lines(), *last = text;
    for (const char *at = text; at[1] != '\0'; at++)
        last = *at == '\n' ? at + 1 : last;
    digest_of(last, strlen(last) - 1, sum);
    cr_expect_arr_eq(head.sum, sum, sizeof sum);
}

Test(audit_log, what_is_lost_is_counted_and_the_next_line_tells)
{
    scene_fill_disk(true);
    add();
    add();
    cr_expect(audit_log_tick(&sup));
    cr_expect_eq(stats_load(&sup.page->audit_lost), 2);
    cr_expect_eq(stats_load(&sup.page->audit_state), SERVICE_PAGE_AUDIT_FAILS);
    SCENE_LOGGED("it cannot be written: File too large; lines are lost until it can");
    scene_fill_disk(false);
    add();
    SCENE_TOLD("\"lost\":2");
    SCENE_LOGGED("it is written again; 2 lines were lost");
    cr_expect(audit_log_tick(&sup));
    cr_expect_eq(stats_load(&sup.page->audit_state), SERVICE_PAGE_AUDIT_WRITES);
    add();
    cr_expect_eq(scene_count("\"lost\""), 1);
}

Test(audit_log, without_an_event_it_is_tried_again_and_a_try_is_no_loss)
{
    scene_fill_disk(true);
    add();
    for (unsigned i = 0; i < 5; i++) {
        sup.loop.now_us += (uint64_t)AUDIT_LOG_AGAIN_MS * MS;
        cr_expect(audit_log_tick(&sup));
    }
    cr_expect_eq(stats_load(&sup.page->audit_lost), 1);
    SCENE_NOT_TOLD("recovered");
    scene_fill_disk(false);
    sup.loop.now_us += (uint64_t)AUDIT_LOG_AGAIN_MS * MS;
    cr_expect(audit_log_tick(&sup));
    SCENE_TOLD("\"event\":\"recovered\",\"lost\":1");
}

Test(audit_log, where_it_is_asked_for_a_failure_ends_the_service_once)
{
    sup.config.audit_on_failure = CONFIG_STOP;
    scene_fill_disk(true);
    add();
    cr_expect_not(audit_log_tick(&sup));
    cr_expect(audit_log_tick(&sup));
    scene_fill_disk(false);
}

Test(audit_log, a_reload_that_asks_for_it_ends_a_service_whose_log_fails)
{
    scene_fill_disk(true);
    add();
    cr_expect(audit_log_tick(&sup));
    sup.config.audit_on_failure = CONFIG_STOP;
    cr_expect_not(audit_log_tick(&sup));
    cr_expect(audit_log_tick(&sup));
    scene_fill_disk(false);
}

Test(audit_log, a_turn_ends_the_service_with_a_status_of_its_own)
{
    scene_start(1);
    sup.config.audit_on_failure = CONFIG_STOP;
    scene_fill_disk(true);
    add();
    scene_turn(1);
    scene_fill_disk(false);
    cr_expect_eq(sup.phase, PHASE_STOPPING);
    cr_expect_eq(sup.exit_code, OPTIONS_EXIT_AUDIT);
    cr_expect_str_eq(sup.stop_reason, "the audit log cannot be written");
}

Test(audit_log, the_first_line_of_a_run_is_not_lost_but_late)
{
    struct audit_line line;
    scene_fill_disk(true);
    cr_assert(audit_log_begin(&sup, AUDIT_RECOVERED, &line)); /* any other event would do */
    audit_log_add_first(&sup, &line);
    add();
    cr_expect_eq(stats_load(&sup.page->audit_lost), 1);
    scene_fill_disk(false);
    add();
    const char *first = strstr(scene_lines(), "\"event\":\"recovered\",\"lost\":1");
    cr_assert_not_null(first, "%s", scene_lines());
    cr_expect_not_null(strstr(first, "dry_run"));
}

Test(audit_log, what_strangers_can_cause_is_bounded_and_what_was_left_out_told)
{
    cr_expect(audit_log_tick(&sup));
    for (unsigned i = 0; i < AUDIT_LOG_PACE + 7; i++)
        add_paced();
    add();
    cr_expect_eq(scene_count("\"is_on\":false"), AUDIT_LOG_PACE);
    cr_expect_eq(scene_count("\"is_on\":true,\"monotonic_us\""), 1, "what they cannot is not");
    cr_expect_eq(stats_load(&sup.page->audit_left_out), 7);
    sup.loop.now_us += (uint64_t)AUDIT_LOG_PACE_MS * MS;
    cr_expect(audit_log_tick(&sup));
    SCENE_TOLD("\"event\":\"left_out\",\"lines\":7");
    SCENE_TOLD("\"reason\":\"dry_run\"");
    add_paced();
    cr_expect_eq(scene_count("\"is_on\":false"), AUDIT_LOG_PACE + 1);
}

/* Else who can have limits felt and not felt has deaths go untold. */
Test(audit_log, many_of_one_event_hide_none_of_another)
{
    struct audit_line line;
    for (unsigned i = 0; i < AUDIT_LOG_PACE + 7; i++)
        add_paced();
    cr_assert(audit_log_begin(&sup, AUDIT_PROCESS_STARTED, &line));
    audit_line_text(&line, AUDIT_OF_PROCESS, "worker.0");
    audit_line_number(&line, AUDIT_OF_CHILD_PID, 4711);
    audit_log_add_paced(&sup, &line);
    SCENE_TOLD("\"child_pid\":4711");
}

Test(audit_log, what_was_left_out_is_told_before_the_end)
{
    for (unsigned i = 0; i < AUDIT_LOG_PACE + 7; i++)
        add_paced();
    audit_events_stopped(&sup);
    SCENE_TOLD("\"event\":\"left_out\",\"lines\":7");
    const char *stopped = strstr(scene_lines(), "\"stopped\"");
    cr_assert_not_null(stopped);
    cr_expect_null(strstr(stopped, "left_out"));
}

Test(audit_log, a_file_that_has_its_name_now_is_gone_on_in)
{
    char moved[CONFIG_AUDIT_PATH_MAX + 8];
    snprintf(moved, sizeof moved, "%s.1", sup.config.audit_path);
    audit_log_reopen(&sup);
    SCENE_NOT_TOLD("continued");
    cr_assert_eq(rename(sup.config.audit_path, moved), 0);
    audit_log_reopen(&sup);
    cr_expect_eq(strncmp(scene_lines(), "{\"boot\"", 7), 0);
    SCENE_TOLD("\"event\":\"continued\"");
    SCENE_LOGGED("the lines go on in another file");
}

Test(audit_log, a_file_with_something_in_it_is_none_to_go_on_in)
{
    char moved[CONFIG_AUDIT_PATH_MAX + 8];
    snprintf(moved, sizeof moved, "%s.1", sup.config.audit_path);
    cr_assert_eq(rename(sup.config.audit_path, moved), 0);
    FILE *other = fopen(sup.config.audit_path, "w");
    fputs("x", other);
    fclose(other);
    cr_assert_eq(chmod(sup.config.audit_path, 0600), 0);
    audit_log_reopen(&sup);
    SCENE_LOGGED("is not empty; the lines go on in the file of before");
    cr_expect_str_eq(scene_lines(), "x");
    add();
    cr_expect_eq(stats_load(&sup.page->audit_lost), 0);
}

Test(audit_log, continued_comes_first_however_late)
{
    char moved[CONFIG_AUDIT_PATH_MAX + 8];
    snprintf(moved, sizeof moved, "%s.1", sup.config.audit_path);
    cr_assert_eq(rename(sup.config.audit_path, moved), 0);
    scene_fill_disk(true);
    audit_log_reopen(&sup);
    cr_expect_str_eq(scene_lines(), "");
    add();
    scene_fill_disk(false);
    add();
    const char *text = scene_lines(), *end = strchr(text, '\n');
    cr_assert_not_null(end);
    cr_expect_lt(strstr(text, "continued"), end);
    cr_expect_lt(strstr(text, "\"lost\":1"), end);
}

/* What `penstockctl audit verify` finds in both files, or in the new one alone: nothing. */
static void
expect_sound(const char *const paths[], unsigned count)
{
    static struct audit_verify verify;
    static char octets[1 << 16];
    audit_verify_begin(&verify);
    for (unsigned i = 0; i < count; i++) {
        FILE *from = fopen(paths[i], "r");
        cr_assert_not_null(from);
        audit_verify_octets(&verify, octets, fread(octets, 1, sizeof octets, from));
        fclose(from);
        audit_verify_file_end(&verify);
    }
    audit_verify_end(&verify);
    cr_expect_eq(verify.findings, 0, "%s", audit_found_name(verify.shown[0].found));
}

Test(audit_log, a_file_that_could_not_be_begun_at_once_is_sound)
{
    char moved[CONFIG_AUDIT_PATH_MAX + 8];
    snprintf(moved, sizeof moved, "%s.1", sup.config.audit_path);
    cr_assert_eq(rename(sup.config.audit_path, moved), 0);
    scene_fill_disk(true);
    audit_log_reopen(&sup);
    scene_fill_disk(false);
    struct audit_line line;
    cr_assert(audit_log_begin(&sup, AUDIT_RECOVERED, &line));
    usleep(1000); /* the clock moves on between the time of a line and its write */
    audit_log_add(&sup, &line);
    expect_sound((const char *const[]){moved, sup.config.audit_path}, 2);
}

Test(audit_log, a_file_without_a_line_that_is_moved_away_begins_no_chain, .init = NULL)
{
    char moved[CONFIG_AUDIT_PATH_MAX + 8];
    scene_open(1);
    scene_audit();
    scene_fill_disk(true);
    snprintf(moved, sizeof moved, "%s.1", sup.config.audit_path);
    cr_assert_eq(rename(sup.config.audit_path, moved), 0);
    audit_events_started(&sup); /* finds no room */
    audit_log_reopen(&sup);
    scene_fill_disk(false);
    add();
    SCENE_NOT_TOLD("continued");
    expect_sound((const char *const[]){sup.config.audit_path}, 1);
}

Test(audit_log, a_foreign_end_is_not_gone_on_behind)
{
    audit_log_close(&sup);
    FILE *file = fopen(sup.config.audit_path, "a");
    fputs("somebody was here\n", file);
    fclose(file);
    cr_expect_eq(scene_audit_open(), STATUS_INVALID);
    cr_expect_not_null(strstr(scene_error.text, ": ends with what is no audit log; look at it"));
    cr_expect_not(audit_log_is_open(&sup));
}

Test(audit_log, a_log_of_another_key_is_not_gone_on_in)
{
    audit_log_close(&sup);
    snprintf(sup.config.audit_key_file, sizeof sup.config.audit_key_file, "%s/key", scene_folder);
    FILE *key = fopen(sup.config.audit_key_file, "w");
    fputs("0123456789abcdef0123456789abcdef", key);
    cr_assert_eq(fchmod(fileno(key), 0644), 0);
    fclose(key);
    cr_expect_eq(scene_audit_open(), STATUS_INVALID);
    cr_expect_not_null(strstr(scene_error.text, "others can read or change it"));
    cr_assert_eq(chmod(sup.config.audit_key_file, 0640), 0);
    cr_expect_eq(scene_audit_open(), STATUS_INVALID);
    cr_expect_not_null(strstr(scene_error.text, "was written with another key"));
}

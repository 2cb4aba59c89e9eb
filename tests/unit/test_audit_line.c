/* test_audit_line.c - tests of audit_line
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_line.h"

#include "audit_scene.h"

static char text[AUDIT_LINE_MOST + 1];

static const char *
written(const struct audit_line *line)
{
    text[audit_line_write(line, text)] = '\0';
    return text;
}

static void
put_common(struct audit_line *line)
{
    static const uint8_t zeros[DIGEST_BYTES];
    audit_line_uuid(line, AUDIT_OF_BOOT, SCENE_BOOT);
    audit_line_number(line, AUDIT_OF_SEQUENCE, 1);
    audit_line_hash(line, AUDIT_OF_PREVIOUS, zeros);
    audit_line_number(line, AUDIT_OF_PID, 0);
}

Test(audit_line, members_stand_by_name_in_whatever_order_they_come)
{
    struct audit_line line;
    audit_line_begin(&line, AUDIT_RELOADED, SCENE_UTC_US, 5);
    audit_line_number(&line, AUDIT_OF_UID, 1000);
    audit_line_word(&line, AUDIT_OF_OLD_CONFIG, 0xa1);
    put_common(&line);
    audit_line_text(&line, AUDIT_OF_BY, "a \"b\" \\ c\n/\x7f");
    audit_line_word(&line, AUDIT_OF_NEW_CONFIG, UINT64_C(0xfedcba9876543210));
    cr_expect_str_eq(
        written(&line),
        "{\"boot\":\"" SCENE_BOOT "\",\"by\":\"a \\\"b\\\" \\\\ c?/?\",\"event\":\"reloaded\","
        "\"monotonic_us\":5,\"new_config\":\"fedcba9876543210\",\"old_config\":"
        "\"00000000000000a1\",\"pid\":0,\"previous\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\",\"sequence\":1,"
        "\"uid\":1000,\"utc\":\"2026-11-29T01:08:06.123456Z\"}");
}

static const char *
time_of(uint64_t utc_us)
{
    struct audit_line line;
    audit_line_begin(&line, AUDIT_CONTINUED, utc_us, 0);
    put_common(&line);
    written(&line);
    char *at = strstr(text, "\"utc\":\"");
    cr_assert_not_null(at);
    at[7 + AUDIT_TIME_SIZE] = '\0';
    return at + 7;
}

Test(audit_line, a_moment_is_written_as_people_read_it)
{
    cr_expect_str_eq(time_of(0), "1970-01-01T00:00:00.000000Z");
    cr_expect_str_eq(time_of(UINT64_C(951782400000001)), "2000-02-29T00:00:00.000001Z");
    cr_expect_str_eq(time_of(UINT64_C(951868799999999)), "2000-02-29T23:59:59.999999Z");
    cr_expect_str_eq(time_of(UINT64_C(4107542400000000)), "2100-03-01T00:00:00.000000Z");
    cr_expect_str_eq(time_of(UINT64_C(1735689599000000)), "2024-12-31T23:59:59.000000Z");
    cr_expect_str_eq(time_of(UINT64_MAX), "9999-12-31T23:59:59.551615Z");
}

Test(audit_line, a_line_of_any_event_fits_and_is_read)
{
    for (enum audit_event event = 0; event < AUDIT_EVENTS; event++) {
        struct audit_line line;
        struct audit_read read;
        scene_line(&line, event, true, 1);
        for (enum audit_member member = 0; member < AUDIT_MEMBERS; member++)
            if (((AUDIT_COMMON | AUDIT_EXTRA) & ~line.has & AUDIT_BIT(member)) != 0)
                scene_fill(&line, member);
        size_t size = audit_line_write(&line, text);
        cr_expect_gt(size, 0, "%s", audit_table_event(event)->name);
        cr_expect_lt(size, AUDIT_LINE_MOST);
        cr_expect_eq(audit_read(&read, text, size), AUDIT_READ_LINE, "%.*s", (int)size, text);
        cr_expect_eq(read.has, line.has);
        cr_expect_eq(read.event, event);
    }
}

Test(audit_line, what_the_event_has_not_breaks_it)
{
    struct audit_line line;
    audit_line_begin(&line, AUDIT_CONTINUED, 1, 1);
    cr_expect_eq(audit_line_write(&line, text), 0, "it lacks what every line has");
    put_common(&line);
    cr_expect_gt(audit_line_write(&line, text), 0);
    audit_line_number(&line, AUDIT_OF_LOST, 1);
    cr_expect_gt(audit_line_write(&line, text), 0);
    audit_line_number(&line, AUDIT_OF_LOST, 1);
    cr_expect_eq(audit_line_write(&line, text), 0, "twice");
    audit_line_begin(&line, AUDIT_CONTINUED, 1, 1);
    put_common(&line);
    audit_line_number(&line, AUDIT_OF_UID, 1);
    cr_expect_eq(audit_line_write(&line, text), 0, "not of this event");
    audit_line_begin(&line, AUDIT_DRY_RUN, 1, 1);
    put_common(&line);
    audit_line_text(&line, AUDIT_OF_IS_ON, "true");
    cr_expect_eq(audit_line_write(&line, text), 0, "of another kind");
}

Test(audit_line, a_text_that_is_too_long_is_cut_off_and_not_within_an_escape)
{
    struct audit_line line;
    char long_text[AUDIT_TEXT_MOST + 2];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    long_text[AUDIT_TEXT_MOST - 1] = '"';
    audit_line_begin(&line, AUDIT_STOPPED, 1, 1);
    put_common(&line);
    audit_line_text(&line, AUDIT_OF_REASON, long_text);
    cr_expect_eq(line.of[AUDIT_OF_REASON].size, AUDIT_TEXT_MOST - 1 + 2);
    cr_expect_not_null(strstr(written(&line), "xxx\",\"sequence\""));
}

/* test_audit_read.c - tests of audit_read
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_read.h"

#include "audit_scene.h"

static struct scene_file file;
static struct audit_chain chain;
static char line[AUDIT_LINE_MOST * 2];

static size_t
make(enum audit_event event, size_t key_size)
{
    file.size = 0;
    audit_chain_begin(&chain, SCENE_BOOT, 4711, SCENE_KEY, key_size);
    scene_put(&chain, &file, event, SIZE_MAX);
    memcpy(line, file.octets, file.size);
    line[file.size - 1] = '\0';
    return file.size - 1;
}

Test(audit_read, each_beginning_of_a_line_is_one_and_nothing_longer_is)
{
    struct audit_read read;
    for (enum audit_event event = 0; event < AUDIT_EVENTS; event++) {
        size_t size = make(event, 0);
        for (size_t cut = 0; cut < size; cut++)
            cr_expect_eq(audit_read(&read, line, cut), AUDIT_READ_CUT, "%.*s", (int)cut, line);
        cr_expect_eq(audit_read(&read, line, size), AUDIT_READ_LINE);
        cr_expect_eq(audit_read_number(&read, AUDIT_OF_PID), 4711);
        cr_expect_eq(audit_read(&read, line, size + 1), AUDIT_READ_FOREIGN);
    }
}

/* What stands in the way of a line becomes what `with` says. */
static enum audit_read_end
replaced(const char *what, const char *with)
{
    static char changed[sizeof line];
    struct audit_read read;
    size_t size = make(AUDIT_PROCESS_DIED, 0);
    char *at = strstr(line, what);
    cr_assert_not_null(at, "%s", what);
    memcpy(changed, line, (size_t)(at - line));
    strcpy(changed + (at - line), with);
    memcpy(changed + (at - line) + strlen(with), at + strlen(what),
           size - (size_t)(at - line) - strlen(what));
    return audit_read(&read, changed, size - strlen(what) + strlen(with));
}

Test(audit_read, there_is_one_form_only)
{
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":4712"), AUDIT_READ_LINE);
    cr_expect_eq(replaced(",\"pid\"", ", \"pid\""), AUDIT_READ_FORM);
    cr_expect_eq(replaced("\"pid\":", "\"pid\": "), AUDIT_READ_FORM);
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":04711"), AUDIT_READ_FORM);
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":4711.0"), AUDIT_READ_FORM);
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":4e3"), AUDIT_READ_FORM);
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":-1"), AUDIT_READ_VALUE);
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":\"4711\""), AUDIT_READ_VALUE);
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":null"), AUDIT_READ_VALUE);
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":"), AUDIT_READ_FOREIGN);
    cr_expect_eq(replaced("process\":\"", "process\":7,\""), AUDIT_READ_VALUE);
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":9007199254740991"), AUDIT_READ_LINE);
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":9007199254740992"), AUDIT_READ_VALUE);
    cr_expect_eq(replaced("\"pid\":4711,", ""), AUDIT_READ_MEMBER);
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":4711,\"pid\":4711"), AUDIT_READ_FORM);
    cr_expect_eq(replaced("\"pid\":4711", "\"pie\":4711"), AUDIT_READ_MEMBER);
    cr_expect_eq(replaced("\"pid\":4711", "\"pid\":4711,\"lost\":1"), AUDIT_READ_FORM);
    cr_expect_eq(replaced(",\"utc\"", ",\"uid\":1,\"utc\""), AUDIT_READ_MEMBER);
    cr_expect_eq(replaced("{\"boot\"", "{\"days\":1,\"boot\""), AUDIT_READ_FORM);
    cr_expect_eq(replaced("process_died", "process_lives"), AUDIT_READ_EVENT);
    cr_expect_eq(replaced("process_died", "process\\u005fdied"), AUDIT_READ_VALUE);
    cr_expect_eq(replaced("process\":\"", "process\":\"\\u0041"), AUDIT_READ_FORM);
    cr_expect_eq(replaced("process\":\"", "process\":\"\\/"), AUDIT_READ_FORM);
    cr_expect_eq(replaced("process\":\"", "process\":\"\x1b"), AUDIT_READ_VALUE);
    cr_expect_eq(replaced("process\":\"", "process\":\"x"), AUDIT_READ_VALUE, "too long");
    cr_expect_eq(replaced("2026-11-29T", "2026-02-30T"), AUDIT_READ_VALUE);
    cr_expect_eq(replaced("2026-11-29T01", "2026-11-29T24"), AUDIT_READ_VALUE);
    cr_expect_eq(replaced("2026-11-29T", "2026-11-29 "), AUDIT_READ_VALUE);
    cr_expect_eq(replaced("6f1c0e8a-", "6F1c0e8a-"), AUDIT_READ_VALUE);
    cr_expect_eq(replaced("{\"boot\"", "[{\"boot\""), AUDIT_READ_FOREIGN);
    cr_expect_eq(replaced("Z\"}", "Z\"},"), AUDIT_READ_FOREIGN);
    cr_expect_eq(replaced("Z\"}", "Z\"} "), AUDIT_READ_FORM);
    cr_expect_eq(replaced("\"sequence\"", "\"sequence\":1,\"torn_octets\":1,\"x\""),
                 AUDIT_READ_MEMBER);
    cr_expect_eq(replaced(",\"utc\"", ",\"torn_octets\":1,\"utc\""), AUDIT_READ_MEMBER);
}

Test(audit_read, a_piece_of_no_event_is_none)
{
    struct audit_read read;
    const char *without_boot = "{\"event\":\"started",
               *days = "{\"boot\":\"" SCENE_BOOT "\",\"days\":3,\"event\":\"stopped\"";
    cr_expect_eq(audit_read(&read, without_boot, strlen(without_boot)), AUDIT_READ_MEMBER);
    cr_expect_eq(audit_read(&read, days, strlen(days)), AUDIT_READ_MEMBER);
    cr_expect_eq(audit_read(&read, days, strlen(days) - 4), AUDIT_READ_CUT);
    cr_expect_eq(audit_read(&read, "{\"by", 4), AUDIT_READ_CUT);
    cr_expect_eq(audit_read(&read, "{\"bz", 4), AUDIT_READ_MEMBER);
    cr_expect_eq(audit_read(&read, "hello", 5), AUDIT_READ_FOREIGN);
    memset(line, '{', sizeof line);
    cr_expect_eq(audit_read(&read, line, AUDIT_LINE_MOST), AUDIT_READ_FOREIGN);
}

Test(audit_read, octets_that_were_not_stored_may_be_nuls)
{
    struct audit_read read;
    size_t size = make(AUDIT_STARTED, 0);
    memset(line + size, '\0', 100);
    cr_expect_eq(audit_read_piece(&read, line, size), AUDIT_READ_LINE);
    cr_expect_eq(audit_read_piece(&read, line, size + 100), AUDIT_READ_CUT);
    memset(line + 50, '\0', size);
    cr_expect_eq(audit_read_piece(&read, line, size), AUDIT_READ_CUT);
    line[size - 1] = '}';
    cr_expect_eq(audit_read_piece(&read, line, size), AUDIT_READ_FOREIGN);
    memset(line, '\0', sizeof line);
    cr_expect_eq(audit_read_piece(&read, line, 100), AUDIT_READ_CUT);
    cr_expect_eq(audit_read_piece(&read, line, AUDIT_LINE_MOST), AUDIT_READ_FOREIGN);
}

Test(audit_read, a_key_shows_any_octet_that_was_changed)
{
    struct audit_read read;
    char other[] = SCENE_KEY;
    size_t size = make(AUDIT_STARTED, strlen(SCENE_KEY));
    cr_assert_eq(audit_read(&read, line, size), AUDIT_READ_LINE);
    cr_expect(audit_read_is_keyed(&read, SCENE_KEY, strlen(SCENE_KEY)));
    other[3] ^= 1;
    cr_expect_not(audit_read_is_keyed(&read, other, strlen(other)));
    for (size_t i = 0; i < size; i++) {
        line[i] ^= 1;
        cr_expect(audit_read(&read, line, size) != AUDIT_READ_LINE ||
                      !audit_read_is_keyed(&read, SCENE_KEY, strlen(SCENE_KEY)),
                  "octet %zu", i);
        line[i] ^= 1;
    }
}

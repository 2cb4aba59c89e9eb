/* test_log_line.c - tests of log_line
 * SPDX-License-Identifier: ISC
 */
#include "os/log_line.h"

#include "base/bytes.h"
#include "ipc/ipc.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define AT_US 1763971200123999u /* 2025-11-24T08:00:00.123999Z */

static const char *
written(enum log_event event, const char *text, enum log_form form)
{
    static char to[LOG_LINE_MAX + 1];
    struct log_line line = {
        .utc_us = AT_US, .level = LOG_WARNING, .event = event, .process = "worker.0", .text = text};
    to[log_line_write(&line, form, to)] = '\0';
    return to;
}

Test(log_line, each_form_is_as_it_is_documented)
{
    const char *text = "upstream quad9: not connected within 2000 ms (TCP)";
    cr_expect_str_eq(written(LOG_UPSTREAM_DOWN, text, LOG_AS_TEXT),
                     "2025-11-24T08:00:00.123Z warning worker.0 upstream_down: upstream quad9: "
                     "not connected within 2000 ms (TCP)\n");
    cr_expect_str_eq(written(LOG_UPSTREAM_DOWN, text, LOG_AS_PRIORITY),
                     "<4>worker.0 upstream_down: upstream quad9: not connected within 2000 ms "
                     "(TCP)\n");
    cr_expect_str_eq(written(LOG_UPSTREAM_DOWN, text, LOG_AS_JSON),
                     "{\"time\":\"2025-11-24T08:00:00.123Z\",\"level\":\"warning\","
                     "\"event\":\"upstream_down\",\"process\":\"worker.0\",\"upstream\":\"quad9\","
                     "\"message\":\"upstream quad9: not connected within 2000 ms (TCP)\"}\n");
}

/* Fields of a datagram as journald reads them: the value of `name`, or NULL. */
static const char *
field(const struct log_line *line, const char *name)
{
    static char value[LOG_LINE_MAX];
    char octets[LOG_LINE_MAX];
    const char *found = NULL;
    struct bytes_reader from = bytes_reader(octets, log_line_write(line, LOG_AS_JOURNAL, octets));
    while (bytes_left(&from) > 0) {
        const char *at = &octets[from.pos], *end = memchr(at, '\n', bytes_left(&from));
        cr_assert_not_null(end);
        size_t size = (size_t)(end - at), named = strcspn(at, "=\n");
        bytes_skip(&from, size + 1);
        const char *text = at + named + 1;
        size_t length = size - named - 1;
        if (at[named] == '\n') { /* its size, and any octets */
            const uint8_t *le64 = bytes_get_view(&from, 8);
            cr_assert_not_null(le64);
            length = (size_t)bytes_le64(le64);
            text = (const char *)bytes_get_view(&from, length);
            cr_assert_eq(bytes_get_u8(&from), '\n');
            cr_assert_not(from.failed);
        }
        if (strlen(name) == named && memcmp(at, name, named) == 0) {
            cr_assert_null(found, "%s stands there twice", name);
            snprintf(value, sizeof value, "%.*s", (int)length, text);
            found = value;
        }
    }
    return found;
}

Test(log_line, the_journal_gets_fields)
{
    struct log_line line = {.utc_us = AT_US,
                            .level = LOG_ERROR,
                            .event = LOG_UPSTREAM_DOWN,
                            .process = "worker.0",
                            .text = "(3" LOG_LINE_ASIDE "upstream quad9: x\nPRIORITY=7"};
    cr_expect_str_eq(field(&line, "PRIORITY"), "3");
    cr_expect_str_eq(field(&line, "SYSLOG_IDENTIFIER"), "penstock");
    cr_expect_str_eq(field(&line, "SYSLOG_FACILITY"), "3");
    cr_expect_str_eq(field(&line, "PENSTOCK_EVENT"), "upstream_down");
    cr_expect_str_eq(field(&line, "PENSTOCK_PROCESS"), "worker.0");
    cr_expect_str_eq(field(&line, "PENSTOCK_UPSTREAM"), "quad9");
    cr_expect_str_eq(field(&line, "PENSTOCK_LEFT_OUT"), "3");
    cr_expect_str_eq(field(&line, "MESSAGE"),
                     "worker.0 upstream_down: (3" LOG_LINE_ASIDE "upstream quad9: x?PRIORITY=7");
    line = (struct log_line){.level = LOG_DEBUG, .event = LOG_RING, .process = "x", .text = ""};
    cr_expect_str_eq(field(&line, "PRIORITY"), "7");
    cr_expect_null(field(&line, "PENSTOCK_UPSTREAM"));
    cr_expect_null(field(&line, "PENSTOCK_LEFT_OUT"));
    cr_expect_str_eq(field(&line, "MESSAGE"), "x ring: ");
}

Test(log_line, each_level_has_its_word_and_its_priority)
{
    static const char *const words[] = {"error", "warning", "notice", "info", "debug"};
    for (unsigned level = LOG_ERROR; level <= LOG_DEBUG; level++) {
        char to[LOG_LINE_MAX + 1], start[64];
        struct log_line line = {.level = (enum log_level)level, .process = "x", .text = "y"};
        to[log_line_write(&line, LOG_AS_TEXT, to)] = '\0';
        snprintf(start, sizeof start, "1970-01-01T00:00:00.000Z %-7s x started: y\n",
                 words[level - 1]);
        cr_expect_str_eq(to, start);
        to[log_line_write(&line, LOG_AS_PRIORITY, to)] = '\0';
        snprintf(start, sizeof start, "<%u>x started: y\n", level + 2);
        cr_expect_str_eq(to, start);
    }
}

/* The member `name` of a line of `text`, or NULL. */
static const char *
member(enum log_event event, const char *text, const char *name)
{
    static char value[2 * LOG_LINE_MAX];
    const char *line = written(event, text, LOG_AS_JSON);
    json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(root, "%s", line);
    json_t *found = json_object_get(root, name);
    if (json_is_string(found))
        snprintf(value, sizeof value, "%s", json_string_value(found));
    else if (json_is_integer(found))
        snprintf(value, sizeof value, "%lld", (long long)json_integer_value(found));
    else
        value[0] = '\0';
    bool is_there = found != NULL;
    json_decref(root);
    return is_there ? value : NULL;
}

Test(log_line, the_subject_is_a_field_where_the_text_has_one)
{
    cr_expect_str_eq(member(LOG_PIN, "upstream a.b-c: x: y", "upstream"), "a.b-c");
    cr_expect_null(member(LOG_PIN, "upstream a b: x", "upstream"));
    cr_expect_null(member(LOG_PIN, "upstream : x", "upstream"));
    cr_expect_null(member(LOG_PIN, "upstream a", "upstream"));
    cr_expect_null(member(LOG_PIN, "upstreams a: x", "upstream"));
    cr_expect_null(member(LOG_CONFIG, "upstream a: x", "upstream"), "another event");
}

Test(log_line, lines_that_were_left_out_are_a_number)
{
    const char *text = "(37" LOG_LINE_ASIDE "upstream a: x";
    cr_expect_str_eq(member(LOG_PIN, text, "left_out"), "37");
    cr_expect_str_eq(member(LOG_PIN, text, "upstream"), "a");
    cr_expect_str_eq(member(LOG_PIN, text, "message"), text);
    cr_expect_str_eq(member(LOG_PIN, "4" LOG_LINE_ALONE, "left_out"), "4");
    cr_expect_null(member(LOG_PIN, "4" LOG_LINE_ALONE "!", "left_out"));
    cr_expect_null(member(LOG_PIN, "(-4" LOG_LINE_ASIDE "x", "left_out"));
    cr_expect_null(member(LOG_PIN, "4 upstreams", "left_out"));
    cr_expect_null(member(LOG_PIN, "(", "left_out"));
    cr_expect_null(member(LOG_PIN, "", "left_out"));
}

/* One line, of printable ASCII alone. */
static void
expect_plain(const char *line)
{
    size_t size = strlen(line);
    cr_assert_eq(line[size - 1], '\n');
    for (size_t i = 0; i + 1 < size; i++)
        cr_assert(line[i] >= ' ' && line[i] <= '~', "octet %zu is %d: %s", i, line[i], line);
}

Test(log_line, no_octet_of_a_stranger_means_anything)
{
    for (unsigned octet = 1; octet < 256; octet++) {
        const char text[] = {'C', 'N', '=', (char)octet, (char)octet, 'x', '\0'};
        char kept[] = "CN=??x";
        if (octet >= ' ' && octet <= '~')
            kept[3] = kept[4] = (char)octet;
        for (unsigned form = 0; form <= LOG_AS_JSON; form++)
            expect_plain(written(LOG_CONFIG, text, (enum log_form)form));
        cr_expect_str_eq(member(LOG_CONFIG, text, "message"), kept);
    }
}

Test(log_line, the_longest_line_is_whole)
{
    static const char start[] = "(4294967295" LOG_LINE_ASIDE "upstream ";
    char text[4000], name[4000];
    for (size_t length = IPC_TEXT_MAX - 1; length < sizeof text; length += 97) {
        memset(text, '"', length);
        text[length] = '\0';
        memcpy(text, start, sizeof start - 1);
        memset(name, '\\', length);
        name[length] = '\0';
        memcpy(text + sizeof start + 30, ": ", 2);
        struct log_line line = {.utc_us = AT_US,
                                .level = LOG_WARNING,
                                .event = LOG_UPSTREAM_UNTRUSTED,
                                .process = name,
                                .text = text};
        for (unsigned form = 0; form <= LOG_AS_JSON; form++) {
            char to[LOG_LINE_MAX + 1];
            to[log_line_write(&line, (enum log_form)form, to)] = '\0';
            expect_plain(to);
            json_t *root = json_loads(to, 0, NULL);
            cr_expect_eq(root != NULL, form == LOG_AS_JSON, "%s", to);
            if (root != NULL)
                cr_expect_eq(strlen(json_string_value(json_object_get(root, "message"))),
                             IPC_TEXT_MAX - 1);
            json_decref(root);
        }
        cr_expect_eq(strlen(field(&line, "MESSAGE")), 31 + 1 + 18 + 2 + IPC_TEXT_MAX - 1);
    }
}

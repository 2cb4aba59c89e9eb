/* test_control_message.c - what travels over the control socket, and who may send it
 * SPDX-License-Identifier: ISC
 */
#include "control/control_message.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>

static const struct row {
    enum control_type type;
    unsigned fds;
    bool is_from_client;
    enum control_right needs;
} rows[] = {
#define READER                                        true, CONTROL_READER
#define OPERATOR                                      true, CONTROL_OPERATOR
#define EVENTS_READER                                 true, CONTROL_EVENTS_READER
#define OWNER                                         true, CONTROL_OWNER
#define SERVICE                                       false, CONTROL_NOTHING
#define MESSAGE(name, number, fds, who, fields, text) {CONTROL_##name, fds, who},
#include "control/control.def"
#undef MESSAGE
};

#define ROWS (sizeof rows / sizeof rows[0])

/* A message of this type with every field within its bounds. */
static size_t
encode(enum control_type type, uint8_t bytes[CONTROL_MESSAGE_MAX])
{
    struct control_message message = {.type = type,
                                      .lane = 3,
                                      .place = 1,
                                      .index = 2,
                                      .count = 77,
                                      .right = CONTROL_READER,
                                      .kind = CONTROL_STATS_PAGE,
                                      .level = CONTROL_LEVEL_MAX,
                                      .below = 1,
                                      .lanes = 2,
                                      .programs = 99,
                                      .secret = {1, 2, 3}};
    strcpy(message.text, "a sentence");
    return control_message_encode(&message, bytes);
}

Test(control_message, each_is_taken_from_its_side_alone_with_its_descriptors)
{
    for (size_t i = 0; i < ROWS; i++) {
        uint8_t bytes[CONTROL_MESSAGE_MAX];
        struct control_message message;
        size_t size = encode(rows[i].type, bytes);
        enum control_side side =
            rows[i].is_from_client ? CONTROL_FROM_CLIENT : CONTROL_FROM_SERVICE;
        enum control_side other =
            rows[i].is_from_client ? CONTROL_FROM_SERVICE : CONTROL_FROM_CLIENT;
        cr_expect_eq(control_message_decode(bytes, size, rows[i].fds, side, &message), STATUS_OK);
        cr_expect_eq(message.type, rows[i].type);
        cr_expect_eq(control_message_decode(bytes, size, rows[i].fds + 1, side, &message),
                     STATUS_INVALID);
        cr_expect_eq(control_message_decode(bytes, size, rows[i].fds, other, &message),
                     STATUS_INVALID);
        cr_expect_eq(message.type, 0, "what is refused leaves nothing");
        cr_expect_eq(control_message_needs(rows[i].type), rows[i].needs);
    }
}

Test(control_message, what_changes_something_needs_an_operator)
{
    cr_assert_eq(control_message_needs(CONTROL_WATCH), CONTROL_READER);
    cr_assert_eq(control_message_needs(CONTROL_RELOAD), CONTROL_OPERATOR);
    cr_assert_eq(control_message_needs(CONTROL_DRAIN), CONTROL_OPERATOR);
    cr_assert_eq(control_message_needs(CONTROL_LEVEL), CONTROL_OPERATOR);
    cr_assert_eq(control_message_needs(CONTROL_UPSTREAMS), CONTROL_OPERATOR);
    cr_assert_eq(control_message_needs(CONTROL_FLUSH), CONTROL_OPERATOR);
    cr_assert_eq(control_message_needs(CONTROL_LIMITS), CONTROL_OPERATOR);
    cr_assert_eq(control_message_needs(CONTROL_NETWORKS), CONTROL_OPERATOR);
    cr_assert_eq(control_message_needs(CONTROL_TAKE_OVER), CONTROL_OWNER);
    cr_assert_eq(control_message_needs(CONTROL_PREPARED), CONTROL_OWNER);
    cr_assert_eq(control_message_needs(CONTROL_RELEASE), CONTROL_OWNER);
}

Test(control_message, the_longest_text_fits)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    struct control_message message = {.type = CONTROL_DONE}, got;
    memset(message.text, 'x', CONTROL_TEXT_MAX - 1);
    size_t size = control_message_encode(&message, bytes);
    cr_assert_leq(size, sizeof bytes);
    cr_assert_eq(control_message_decode(bytes, size, 0, CONTROL_FROM_SERVICE, &got), STATUS_OK);
    cr_assert_str_eq(got.text, message.text);
}

Test(control_message, a_level_that_there_is_not_is_refused)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    struct control_message message;
    size_t size = encode(CONTROL_LEVEL, bytes);
    for (unsigned level = 0; level < 256; level++) {
        bytes[size - 1] = (uint8_t)level;
        bool is_good = level >= CONTROL_LEVEL_MIN && level <= CONTROL_LEVEL_MAX;
        cr_expect_eq(control_message_decode(bytes, size, 0, CONTROL_FROM_CLIENT, &message),
                     is_good ? STATUS_OK : STATUS_INVALID);
    }
}

Test(control_message, numbers_of_a_report_come_as_they_are)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    struct control_message message = {.type = CONTROL_REPORT, .lane = 3}, got;
    for (uint32_t i = 0; i < CONTROL_REPORT_MAX; i++)
        message.report[i] = i * 0x01010101;
    size_t size = control_message_encode(&message, bytes);
    cr_assert_leq(size, sizeof bytes);
    cr_assert_eq(control_message_decode(bytes, size, 0, CONTROL_FROM_SERVICE, &got), STATUS_OK);
    cr_assert_eq(got.lane, 3);
    cr_assert_arr_eq(got.report, message.report, sizeof got.report);
    cr_assert_eq(control_message_decode(bytes, size - 1, 0, CONTROL_FROM_SERVICE, &got),
                 STATUS_INVALID);
}

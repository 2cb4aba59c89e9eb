/* test_events_frames.c - control frames, octet for octet, and what a stranger makes of them
 * SPDX-License-Identifier: ISC
 */
#include "exporter/events_frames.h"

#include <criterion/criterion.h>
#include <string.h>

#define TYPE   "\0\0\0\1\0\0\0\x16protobuf:dnstap.Dnstap"
#define ACCEPT "\0\0\0\0\0\0\0\x22\0\0\0\1" TYPE
#define FINISH "\0\0\0\0\0\0\0\4\0\0\0\5"

#define READ(octets) events_frames_read((const uint8_t *)(octets), sizeof(octets) - 1, &used)

static uint8_t word[EVENTS_FRAMES_WORD_MAX];
static size_t used;

Test(events_frames, what_we_say)
{
    static const char ready[] = "\0\0\0\0\0\0\0\x22\0\0\0\4" TYPE;
    static const char start[] = "\0\0\0\0\0\0\0\x22\0\0\0\2" TYPE;
    static const char stop[] = "\0\0\0\0\0\0\0\4\0\0\0\3";
    cr_assert_eq(events_frames_ready(word), sizeof ready - 1);
    cr_expect_eq(memcmp(word, ready, sizeof ready - 1), 0);
    cr_assert_eq(events_frames_start(word), sizeof start - 1);
    cr_expect_eq(memcmp(word, start, sizeof start - 1), 0);
    cr_assert_eq(events_frames_stop(word), sizeof stop - 1);
    cr_expect_eq(memcmp(word, stop, sizeof stop - 1), 0);
}

Test(events_frames, what_the_other_side_may_say)
{
    cr_expect_eq(READ(ACCEPT), EVENTS_FRAMES_ACCEPT);
    cr_expect_eq(used, sizeof ACCEPT - 1);
    cr_expect_eq(READ(ACCEPT FINISH), EVENTS_FRAMES_ACCEPT);
    cr_expect_eq(used, sizeof ACCEPT - 1, "one at a time");
    cr_expect_eq(READ(FINISH), EVENTS_FRAMES_FINISH);
    cr_expect_eq(READ("\0\0\0\0\0\0\0\4\0\0\0\1"), EVENTS_FRAMES_ACCEPT, "it takes any type");
    cr_expect_eq(READ("\0\0\0\0\0\0\0\x2d\0\0\0\1\0\0\0\1\0\0\0\3one" TYPE), EVENTS_FRAMES_ACCEPT,
                 "ours is among them");
}

Test(events_frames, what_it_may_not_say)
{
    cr_expect_eq(READ("\0\0\0\0\0\0\0\xf\0\0\0\1\0\0\0\1\0\0\0\3one"), EVENTS_FRAMES_BAD);
    cr_expect_eq(READ("\0\0\0\0\0\0\0\4\0\0\0\2"), EVENTS_FRAMES_BAD, "START is ours to say");
    cr_expect_eq(READ("\0\0\0\0\0\0\0\4\0\0\0\6"), EVENTS_FRAMES_BAD);
    cr_expect_eq(READ("\0\0\0\1\0\0\0\4"), EVENTS_FRAMES_BAD, "a data frame");
    cr_expect_eq(READ("\0\0\0\0\0\0\0\3"), EVENTS_FRAMES_BAD, "shorter than a type");
    cr_expect_eq(READ("\0\0\0\0\0\0\2\1"), EVENTS_FRAMES_BAD, "longer than 512");
    cr_expect_eq(READ("\0\0\0\0\0\0\0\x22\0\0\0\1\0\0\0\2\0\0\0\x16protobuf:dnstap.Dnstap"),
                 EVENTS_FRAMES_BAD, "a field that is none");
    cr_expect_eq(READ("\0\0\0\0\0\0\0\x22\0\0\0\1\0\0\0\1\0\0\0\x17protobuf:dnstap.Dnstap"),
                 EVENTS_FRAMES_BAD, "a field that goes on behind the frame");
    cr_expect_eq(READ("\0\0\0\0\0\0\0\5\0\0\0\1x"), EVENTS_FRAMES_BAD);
    cr_expect_eq(used, 0);
    for (size_t size = 0; size < sizeof ACCEPT - 1; size++)
        cr_expect_eq(events_frames_read((const uint8_t *)ACCEPT, size, &used), EVENTS_FRAMES_MORE);
}

Test(events_frames, the_next_whole_frame)
{
    static const uint8_t frames[] = "\0\0\0\1a\0\0\0\2bc";
    size_t size = sizeof frames - 1;
    cr_expect_eq(events_frames_next(frames, size, 0), 0);
    for (size_t sent = 1; sent <= 5; sent++)
        cr_expect_eq(events_frames_next(frames, size, sent), 5);
    for (size_t sent = 6; sent <= size; sent++)
        cr_expect_eq(events_frames_next(frames, size, sent), size);
}

/* test_bytes.c - the cursor never passes its end and remembers the attempt
 * SPDX-License-Identifier: ISC
 */
#include "base/bytes.h"
#include "prng.h"

#include <criterion/criterion.h>

Test(bytes, reads_numbers_in_network_order)
{
    const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct bytes_reader r = bytes_reader(data, sizeof data);
    cr_assert_eq(bytes_get_u8(&r), 1);
    cr_assert_eq(bytes_get_u16(&r), 0x0203);
    cr_assert_eq(bytes_get_u32(&r), 0x04050607U);
    cr_assert_eq(bytes_get_u64(&r), 0x08090a0b0c0d0e0fU);
    cr_assert_eq(bytes_left(&r), 0);
    cr_assert_not(r.failed);
}

Test(bytes, remembers_the_first_read_past_the_end)
{
    const uint8_t data[] = {1, 2, 3};
    struct bytes_reader r = bytes_reader(data, sizeof data);
    cr_assert_eq(bytes_get_u32(&r), 0);
    cr_assert(r.failed);
    cr_assert_eq(bytes_left(&r), 0);
    cr_assert_eq(bytes_get_u8(&r), 0, "a failed reader reads zeros although bytes were left");
    cr_assert_null(bytes_get_view(&r, 0));
}

Test(bytes, a_number_cut_by_the_end_is_zero_as_a_whole)
{
    const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7};
    struct bytes_reader r = bytes_reader(data, sizeof data);
    cr_assert_eq(bytes_get_u64(&r) & 0xffffffffU, 0);
    cr_assert(r.failed);
}

Test(bytes, huge_counts_do_not_wrap_around)
{
    const uint8_t data[8] = {0};
    struct bytes_reader r = bytes_reader(data, sizeof data);
    bytes_skip(&r, 4);
    cr_assert_null(bytes_get_view(&r, SIZE_MAX));
    cr_assert(r.failed);
    uint8_t room[8];
    struct bytes_writer w = bytes_writer(room, sizeof room);
    bytes_put_u32(&w, 1);
    cr_assert_null(bytes_put_view(&w, SIZE_MAX - 2));
    cr_assert(w.failed);
}

Test(bytes, seek_stays_within_the_data)
{
    const uint8_t data[] = {1, 2, 3};
    struct bytes_reader r = bytes_reader(data, sizeof data);
    bytes_seek(&r, 2);
    cr_assert_eq(bytes_get_u8(&r), 3);
    bytes_seek(&r, 3);
    cr_assert_not(r.failed);
    bytes_seek(&r, 4);
    cr_assert(r.failed);
    bytes_seek(&r, 0);
    cr_assert_eq(bytes_get_u8(&r), 0);
}

Test(bytes, a_failed_copy_leaves_zeros)
{
    const uint8_t data[] = {1, 2, 3};
    uint8_t to[4] = {9, 9, 9, 9};
    struct bytes_reader r = bytes_reader(data, sizeof data);
    bytes_get_copy(&r, to, sizeof to);
    cr_assert(r.failed);
    cr_assert_arr_eq(to, ((uint8_t[4]){0}), 4);
}

Test(bytes, writes_what_the_reader_reads)
{
    uint8_t room[32];
    struct bytes_writer w = bytes_writer(room, sizeof room);
    bytes_put_u8(&w, 7);
    bytes_put_u16(&w, 0x1234);
    bytes_put_u32(&w, 0xdeadbeefU);
    bytes_put_u64(&w, 0x0102030405060708U);
    bytes_put_zeros(&w, 2);
    bytes_put_copy(&w, "abc", 3);
    cr_assert_eq(w.pos, 20);
    bytes_set_u16(&w, 1, 0xabcd);
    struct bytes_reader r = bytes_reader(room, w.pos);
    cr_assert_eq(bytes_get_u8(&r), 7);
    cr_assert_eq(bytes_get_u16(&r), 0xabcd);
    cr_assert_eq(bytes_get_u32(&r), 0xdeadbeefU);
    cr_assert_eq(bytes_get_u64(&r), 0x0102030405060708U);
    cr_assert_eq(bytes_get_u16(&r), 0);
    cr_assert_arr_eq(bytes_get_view(&r, 3), "abc", 3);
}

Test(bytes, what_does_not_fit_is_not_written_at_all)
{
    uint8_t room[5] = {9, 9, 9, 9, 9};
    struct bytes_writer w = bytes_writer(room, 3);
    bytes_put_u16(&w, 0x0102);
    bytes_put_u16(&w, 0x0304);
    cr_assert(w.failed);
    cr_assert_eq(w.pos, 2);
    cr_assert_eq(bytes_room(&w), 0);
    bytes_put_u8(&w, 5);
    cr_assert_arr_eq(room, ((uint8_t[5]){1, 2, 9, 9, 9}), 5);
}

Test(bytes, overwrites_only_what_was_written)
{
    uint8_t room[8];
    struct bytes_writer w = bytes_writer(room, sizeof room);
    bytes_set_u16(&w, 0, 1);
    cr_assert(w.failed, "nothing is written yet");
    w = bytes_writer(room, sizeof room);
    bytes_put_u32(&w, 0);
    bytes_set_u16(&w, 2, 1);
    cr_assert_not(w.failed);
    bytes_set_u16(&w, 3, 1);
    cr_assert(w.failed);
}

Test(bytes, random_reads_never_leave_the_data)
{
    struct prng prng = prng_begin("bytes");
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t data[64];
        struct bytes_reader r = bytes_reader(data, prng_below(&prng, sizeof data + 1));
        prng_fill(&prng, data, sizeof data);
        size_t expected = 0;
        bool failed = false;
        while (!failed) {
            size_t count = prng_below(&prng, 20);
            const uint8_t *view = bytes_get_view(&r, count);
            failed = expected + count > r.size;
            cr_assert_eq(view == NULL, failed, "seed %llu", (unsigned long long)prng.seed);
            cr_assert(failed || view == data + expected);
            expected += failed ? 0 : count;
        }
        cr_assert_eq(r.pos, expected);
        cr_assert(r.failed);
    }
}

/* --- frames whole, partial and out of bounds */

Test(bytes, gives_one_whole_message)
{
    const uint8_t data[] = {0, 3, 'a', 'b', 'c', 0, 9};
    const uint8_t *message;
    size_t size;
    cr_assert_eq(bytes_frame_peek(data, sizeof data, 0, 65535, &message, &size), BYTES_FRAME_OK);
    cr_assert_eq(message, data + 2);
    cr_assert_eq(size, 3);
}

Test(bytes, waits_until_every_octet_is_there)
{
    const uint8_t data[] = {0, 3, 'a', 'b', 'c'};
    const uint8_t *message;
    size_t size;
    for (size_t have = 0; have < sizeof data; have++) {
        cr_assert_eq(bytes_frame_peek(data, have, 0, 65535, &message, &size), BYTES_FRAME_MORE);
        cr_assert_null(message);
        cr_assert_eq(size, have < 2 ? 0 : 3);
    }
}

Test(bytes, refuses_lengths_as_soon_as_they_are_known)
{
    const uint8_t *message;
    size_t size;
    cr_assert_eq(bytes_frame_peek((const uint8_t[]){0, 11}, 2, 12, 512, &message, &size),
                 BYTES_FRAME_BAD);
    cr_assert_eq(bytes_frame_peek((const uint8_t[]){2, 1}, 2, 12, 512, &message, &size),
                 BYTES_FRAME_BAD);
    cr_assert_eq(size, 0);
    cr_assert_eq(bytes_frame_peek((const uint8_t[]){2, 0}, 2, 12, 512, &message, &size),
                 BYTES_FRAME_MORE);
    cr_assert_eq(bytes_frame_peek((const uint8_t[]){0, 12}, 2, 12, 512, &message, &size),
                 BYTES_FRAME_MORE);
}

Test(bytes, an_empty_message_is_one_where_it_is_allowed)
{
    const uint8_t *message;
    size_t size;
    cr_assert_eq(bytes_frame_peek((const uint8_t[]){0, 0}, 2, 0, 512, &message, &size),
                 BYTES_FRAME_OK);
    cr_assert_not_null(message);
    cr_assert_eq(size, 0);
}

Test(bytes, a_stream_in_any_pieces_gives_the_same_messages)
{
    struct prng prng = prng_begin("dns_frame");
    static uint8_t stream[1 << 16];
    for (unsigned round = 0; round < 200; round++) {
        struct bytes_writer w = bytes_writer(stream, sizeof stream);
        unsigned sent = 0, received = 0;
        while (bytes_room(&w) > 1002) {
            uint16_t size = (uint16_t)(4 + prng_below(&prng, 996));
            bytes_put_u16(&w, size);
            bytes_put_u32(&w, sent++);
            bytes_put_zeros(&w, size - 4U);
        }
        size_t have = 0, done = 0;
        while (have < w.pos) {
            have += 1 + prng_below(&prng, 3000);
            have = have < w.pos ? have : w.pos;
            const uint8_t *message;
            size_t size;
            while (bytes_frame_peek(stream + done, have - done, 4, 1000, &message, &size) ==
                   BYTES_FRAME_OK) {
                struct bytes_reader r = bytes_reader(message, size);
                cr_assert_eq(bytes_get_u32(&r), received++, "seed %llu",
                             (unsigned long long)prng.seed);
                done += BYTES_FRAME_HEADER + size;
            }
        }
        cr_assert_eq(received, sent);
        cr_assert_eq(done, w.pos);
    }
}

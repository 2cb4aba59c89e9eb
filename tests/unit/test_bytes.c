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

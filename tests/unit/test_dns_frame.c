/* test_dns_frame.c - frames whole, partial and out of bounds
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_frame.h"
#include "prng.h"

#include <criterion/criterion.h>

Test(dns_frame, gives_one_whole_message)
{
    const uint8_t data[] = {0, 3, 'a', 'b', 'c', 0, 9};
    const uint8_t *message;
    size_t size;
    cr_assert_eq(dns_frame_peek(data, sizeof data, 0, 65535, &message, &size), DNS_FRAME_OK);
    cr_assert_eq(message, data + 2);
    cr_assert_eq(size, 3);
}

Test(dns_frame, waits_until_every_octet_is_there)
{
    const uint8_t data[] = {0, 3, 'a', 'b', 'c'};
    const uint8_t *message;
    size_t size;
    for (size_t have = 0; have < sizeof data; have++) {
        cr_assert_eq(dns_frame_peek(data, have, 0, 65535, &message, &size), DNS_FRAME_MORE);
        cr_assert_null(message);
        cr_assert_eq(size, have < 2 ? 0 : 3);
    }
}

Test(dns_frame, refuses_lengths_as_soon_as_they_are_known)
{
    const uint8_t *message;
    size_t size;
    cr_assert_eq(dns_frame_peek((const uint8_t[]){0, 11}, 2, 12, 512, &message, &size),
                 DNS_FRAME_BAD);
    cr_assert_eq(dns_frame_peek((const uint8_t[]){2, 1}, 2, 12, 512, &message, &size),
                 DNS_FRAME_BAD);
    cr_assert_eq(size, 0);
    cr_assert_eq(dns_frame_peek((const uint8_t[]){2, 0}, 2, 12, 512, &message, &size),
                 DNS_FRAME_MORE);
    cr_assert_eq(dns_frame_peek((const uint8_t[]){0, 12}, 2, 12, 512, &message, &size),
                 DNS_FRAME_MORE);
}

Test(dns_frame, an_empty_message_is_one_where_it_is_allowed)
{
    const uint8_t *message;
    size_t size;
    cr_assert_eq(dns_frame_peek((const uint8_t[]){0, 0}, 2, 0, 512, &message, &size), DNS_FRAME_OK);
    cr_assert_not_null(message);
    cr_assert_eq(size, 0);
}

Test(dns_frame, a_stream_in_any_pieces_gives_the_same_messages)
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
            while (dns_frame_peek(stream + done, have - done, 4, 1000, &message, &size) ==
                   DNS_FRAME_OK) {
                struct bytes_reader r = bytes_reader(message, size);
                cr_assert_eq(bytes_get_u32(&r), received++, "seed %llu",
                             (unsigned long long)prng.seed);
                done += DNS_FRAME_HEADER + size;
            }
        }
        cr_assert_eq(received, sent);
        cr_assert_eq(done, w.pos);
    }
}

/* test_events_dnstap.c - frames of dnstap, octet for octet; real readers are asked in tests/integration
 * SPDX-License-Identifier: ISC
 */
#include "exporter/events_dnstap.h"

#include <criterion/criterion.h>
#include <string.h>

static uint8_t frames[EVENTS_DNSTAP_MAX];

static struct event
event_of(void)
{
    static const uint8_t name[] = "\003www\007example";
    struct event event = {.ended_us = 3000000,
                          .latency_us = 1000001,
                          .size = 60,
                          .type = 28,
                          .class = 1,
                          .rcode = 3,
                          .query_flags = DNS_RD,
                          .flags = DNS_QR | DNS_RD | DNS_RA,
                          .client_port = 300,
                          .why = WHY_ANSWERED,
                          .transport = QUERY_TCP,
                          .upstream = 1,
                          .bits = EVENTS_QUESTION,
                          .client_kind = EVENTS_CLIENT_ADDRESS,
                          .client_family = ADDR_IPV4,
                          .name_kind = EVENTS_NAME_FULL,
                          .name_size = sizeof name,
                          .client = {192, 0, 2, 1}};
    memcpy(event.name, name, sizeof name);
    return event;
}

static bool
has(size_t from, size_t size, const void *wanted, size_t wanted_size)
{
    return memmem(frames + from, size - from, wanted, wanted_size) != NULL;
}
#define HAS(from, size, text) has(from, size, text, sizeof text - 1)

Test(events_dnstap, a_query_and_a_response_with_their_times)
{
    struct event event = event_of();
    size_t size = events_dnstap_write(&event, 5000000, frames);
    size_t first = 4U + (size_t)frames[2] * 256 + frames[3];
    cr_assert_lt(first, size);
    cr_assert_eq(size, first + 4 + (size_t)frames[first + 2] * 256 + frames[first + 3]);
    /* CLIENT_QUERY, INET, TCP, address, port 300, at 6.999999 s, a query message */
    cr_expect(
        HAS(0, first,
            "\x08\5\x10\1\x18\2\x22\4\xc0\0\2\1\x30\xac\2\x40\6\x4d\x18\xc6\x9a\x3b\x52\x1d"));
    cr_expect(HAS(0, first, "\0\0\1\0\0\1\0\0\0\0\0\0\3www\7example\0\0\x1c\0\1"));
    /* CLIENT_RESPONSE, at 8 s, NXDOMAIN */
    cr_expect(HAS(first, size, "\x08\6\x10\1"));
    cr_expect(HAS(first, size, "\x60\x08\x6d\0\0\0\0\x72\x1d"));
    cr_expect(HAS(first, size, "\0\0\x81\x83\0\1\0\0\0\0\0\0\3www\7example\0\0\x1c\0\1"));
    cr_expect(HAS(0, first, "why=answered"));
    cr_expect(HAS(0, first, "penstock " PENSTOCK_VERSION));
    cr_expect_eq(frames[first - 2], 0x78);
    cr_expect_eq(frames[first - 1], 1, "the type closes the frame");
}

Test(events_dnstap, what_is_not_known_is_not_told)
{
    struct event event = {.ended_us = 2000000, .why = WHY_ACL, .transport = QUERY_UDP};
    size_t size = events_dnstap_write(&event, 0, frames);
    cr_assert_eq(size, 4U + frames[3], "no response");
    cr_expect_not(HAS(0, size, "\x22\4"), "no address");
    cr_expect(HAS(0, size, "\x08\5\x18\1\x40\2\x4d\0\0\0\0\x78"), "nothing follows the time");
    event = event_of();
    event.client_kind = EVENTS_CLIENT_PSEUDONYM;
    event.client_family = 0;
    event.client_port = 0;
    size = events_dnstap_write(&event, 0, frames);
    cr_expect_not(HAS(0, size, "\x22\4"), "a pseudonym is no address");
    cr_expect(HAS(0, size, " client="));
    event.name_kind = EVENTS_NAME_NONE;
    event.name_size = 0;
    size = events_dnstap_write(&event, 0, frames);
    cr_expect(HAS(0, size, "\x52\x0c\0\0\1\0\0\0\0\0\0\0\0\0"), "a header without a question");
}

Test(events_dnstap, the_longest_has_room)
{
    struct event event = event_of();
    memset(event.client, 0xff, sizeof event.client);
    event.client_kind = EVENTS_CLIENT_PSEUDONYM;
    event.client_family = ADDR_IPV6;
    event.name_size = 255;
    event.ended_us = UINT64_C(1) << 62;
    size_t size = events_dnstap_write(&event, 0, frames);
    cr_assert_gt(size, 600);
    cr_assert_lt(size, EVENTS_DNSTAP_MAX - 200);
}

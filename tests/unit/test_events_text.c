/* test_events_text.c - events as lines, and that no name breaks out of its line
 * SPDX-License-Identifier: ISC
 */
#include "exporter/events_text.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

#define OFFSET_US UINT64_C(1795000000000000)

static char text[EVENTS_TEXT_MAX + 1];

static struct event
event_of(const char *name)
{
    struct event event = {.ended_us = 1002500,
                          .latency_us = 1500,
                          .size = 60,
                          .type = 28,
                          .class = 1,
                          .rcode = 3,
                          .query_flags = DNS_RD,
                          .flags = DNS_QR | DNS_RD | DNS_RA,
                          .client_port = 4000,
                          .why = WHY_CACHE_HIT,
                          .transport = QUERY_UDP,
                          .bits = EVENTS_QUESTION | EVENTS_EDNS,
                          .client_kind = EVENTS_CLIENT_ADDRESS,
                          .client_family = ADDR_IPV4,
                          .name_kind = EVENTS_NAME_FULL,
                          .client = {192, 0, 2, 1}};
    struct dns_name wire;
    cr_assert_eq(dns_name_parse(name, &wire), STATUS_OK);
    event.name_size = wire.size;
    memcpy(event.name, wire.wire, wire.size);
    return event;
}

static const char *
line_of(const struct event *event, const char *upstream)
{
    cr_assert(events_is_sound(event, event->ended_us));
    size_t size = events_text_line(event, OFFSET_US, upstream, text);
    cr_assert_leq(size, EVENTS_TEXT_MAX);
    text[size] = '\0';
    cr_assert_eq(strlen(text), size);
    cr_assert_eq(strchr(text, '\n'), text + size - 1, "one line");
    return text;
}

Test(events_text, says_what_the_event_says)
{
    struct event event = event_of("www.example");
    cr_expect_str_eq(
        line_of(&event, ""),
        "{\"time\":\"2026-11-18T11:06:41.002500Z\",\"why\":\"cache_hit\",\"latency_us\":1500,"
        "\"client\":\"192.0.2.1\",\"port\":4000,\"transport\":\"udp\",\"proven\":false,"
        "\"name\":\"www.example.\",\"type\":28,\"class\":1,\"rd\":true,\"cd\":false,\"do\":false,"
        "\"rcode\":3,\"aa\":false,\"tc\":false,\"ad\":false,\"size\":60}\n");
    event = (struct event){.ended_us = 2, .why = WHY_ACL, .transport = QUERY_TCP};
    cr_expect_str_eq(line_of(&event, "a-1"),
                     "{\"time\":\"2026-11-18T11:06:40.000002Z\",\"why\":\"acl\",\"latency_us\":0,"
                     "\"transport\":\"tcp\",\"proven\":false,\"upstream\":\"a-1\"}\n");
}

Test(events_text, a_client_is_told_as_it_is_known)
{
    struct event event = event_of(".");
    event.client_kind = EVENTS_CLIENT_NETWORK;
    event.client_port = 0;
    event.client[3] = 0;
    event.client_length = 24;
    cr_expect_not_null(strstr(line_of(&event, ""), ",\"network\":\"192.0.2.0/24\",\"transport\""));
    cr_expect_not_null(strstr(text, ",\"name\":\".\","));
    memset(event.client, 0, sizeof event.client);
    memcpy(event.client, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
    event.client_kind = EVENTS_CLIENT_PSEUDONYM;
    event.client_family = 0;
    event.client_length = 0;
    cr_expect_not_null(strstr(line_of(&event, ""), ",\"pseudonym\":\"efcdab8967452301\""));
}

Test(events_text, names_are_escaped_twice)
{
    struct event event = event_of("a\\\"\\\\\\.\\010\\255.b");
    cr_expect_not_null(
        strstr(line_of(&event, ""), "\"name\":\"a\\\"\\\\\\\\\\\\.\\\\010\\\\255.b.\""), "%s",
        text);
}

/* Any octets that can be a name make one line of JSON strings without control characters. */
Test(events_text, no_name_breaks_out)
{
    struct prng prng = prng_begin("events_text");
    for (unsigned round = 0; round < 2000; round++) {
        struct event event = event_of(".");
        uint8_t *at = event.name;
        event.name_size = 0;
        while (event.name_size < 190 && prng_next(&prng) % 9 != 0) {
            uint8_t length = (uint8_t)(1 + prng_next(&prng) % 63);
            *at++ = length;
            for (uint8_t i = 0; i < length; i++) {
                uint8_t octet = (uint8_t)prng_next(&prng);
                *at++ = octet >= 'A' && octet <= 'Z' ? '"' : octet;
            }
            event.name_size = (uint8_t)(at - event.name);
        }
        *at = 0;
        event.name_size++;
        const char *line = line_of(&event, "");
        const char *c = strstr(line, "\"name\":\"") + 8;
        for (; *c != '"'; c++) {
            cr_assert(*c >= ' ' && *c <= '~');
            c += *c == '\\';
        }
        cr_assert_eq(strncmp(c, "\",\"type\":28,", 12), 0, "%s", line);
    }
}

Test(events_text, the_longest_line_has_room)
{
    struct event event = event_of(".");
    uint8_t *at = event.name;
    for (unsigned label = 0; label < 4; label++) {
        uint8_t length = label < 3 ? 63 : 61;
        *at++ = length;
        memset(at, 0xff, length);
        at += length;
    }
    *at = 0;
    event.name_size = 255;
    event.client_family = ADDR_IPV6;
    memset(event.client, 0xff, sizeof event.client);
    event.latency_us = UINT32_MAX;
    event.ended_us = UINT64_C(1) << 40;
    event.size = event.type = event.class = event.client_port = UINT16_MAX;
    event.rcode = 4095;
    cr_expect_lt(
        strlen(line_of(&event, "a23456789012345678901234567890123456789012345678901234567890123")),
        EVENTS_TEXT_MAX - 200);
}

Test(events_text, lost_ones_are_told)
{
    size_t size = events_text_lost(7, OFFSET_US, text);
    text[size] = '\0';
    cr_expect_str_eq(text, "{\"time\":\"2026-11-18T11:06:40.000000Z\",\"lost\":7}\n");
}

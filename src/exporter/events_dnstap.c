/* events_dnstap.c - see events_dnstap.h
 * SPDX-License-Identifier: ISC
 */
#include "exporter/events_dnstap.h"

#include "exporter/events_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- protocol buffers ------------------------------------------------------------------------ */

enum wire_type { WIRE_VARINT = 0, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static void
put_varint(struct bytes_writer *w, uint64_t value)
{
    for (; value > 0x7f; value >>= 7)
        bytes_put_u8(w, (uint8_t)(value | 0x80));
    bytes_put_u8(w, (uint8_t)value);
}

static void
put_key(struct bytes_writer *w, unsigned field, enum wire_type type)
{
    put_varint(w, field << 3 | (unsigned)type);
}

static void
put_number(struct bytes_writer *w, unsigned field, uint64_t value)
{
    put_key(w, field, WIRE_VARINT);
    put_varint(w, value);
}

static void
put_fixed32(struct bytes_writer *w, unsigned field, uint32_t value)
{
    put_key(w, field, WIRE_FIXED32);
    for (unsigned i = 0; i < 4; i++)
        bytes_put_u8(w, (uint8_t)(value >> 8 * i));
}

static void
put_octets(struct bytes_writer *w, unsigned field, const void *octets, size_t size)
{
    put_key(w, field, WIRE_BYTES);
    put_varint(w, size);
    bytes_put_copy(w, octets, size);
}

/* --- the message ----------------------------------------------------------------------------- */

#define SECOND_US 1000000U

enum dnstap_field { DNSTAP_VERSION = 2, DNSTAP_EXTRA = 3, DNSTAP_MESSAGE = 14, DNSTAP_TYPE = 15 };
enum { DNSTAP_IS_MESSAGE = 1, CLIENT_QUERY = 5, CLIENT_RESPONSE = 6 };
enum message_field {
    MESSAGE_TYPE = 1,
    MESSAGE_FAMILY = 2,
    MESSAGE_PROTOCOL = 3,
    MESSAGE_QUERY_ADDRESS = 4,
    MESSAGE_QUERY_PORT = 6,
    MESSAGE_QUERY_SEC = 8,
    MESSAGE_QUERY_NSEC = 9,
    MESSAGE_QUERY = 10,
    MESSAGE_RESPONSE_SEC = 12,
    MESSAGE_RESPONSE_NSEC = 13,
    MESSAGE_RESPONSE = 14,
};

static void
put_time(struct bytes_writer *w, unsigned seconds, unsigned fraction, uint64_t wall_us)
{
    put_number(w, seconds, wall_us / SECOND_US);
    put_fixed32(w, fraction, (uint32_t)(wall_us % SECOND_US) * 1000);
}

/* A header and the question, as far as it is told. */
static void
put_dns(struct bytes_writer *w, unsigned field, const struct event *event, uint16_t flags)
{
    static const uint8_t no_counts[6];
    uint8_t message[DNS_HEADER_SIZE + DNS_NAME_MAX + 4];
    struct bytes_writer dns = bytes_writer(message, sizeof message);
    bool has_question = event->name_size > 0;
    bytes_put_u16(&dns, 0);
    bytes_put_u16(&dns, flags);
    bytes_put_u16(&dns, has_question);
    bytes_put_copy(&dns, no_counts, sizeof no_counts);
    if (has_question) {
        bytes_put_copy(&dns, event->name, event->name_size);
        bytes_put_u16(&dns, event->type);
        bytes_put_u16(&dns, event->class);
    }
    put_octets(w, field, message, dns.pos);
}

static void
put_client(struct bytes_writer *w, const struct event *event)
{
    bool is_ipv4 = event->client_family == ADDR_IPV4;
    if (event->client_family != ADDR_NONE)
        put_number(w, MESSAGE_FAMILY, is_ipv4 ? 1 : 2);
    put_number(w, MESSAGE_PROTOCOL, event->transport == QUERY_UDP ? 1 : 2);
    if (event->client_family != ADDR_NONE)
        put_octets(w, MESSAGE_QUERY_ADDRESS, event->client, is_ipv4 ? 4 : 16);
    if (event->client_kind == EVENTS_CLIENT_ADDRESS)
        put_number(w, MESSAGE_QUERY_PORT, event->client_port);
}

static size_t
write_message(const struct event *event, uint64_t offset_us, bool is_response, uint8_t *to,
              size_t room)
{
    struct bytes_writer w = bytes_writer(to, room);
    uint64_t ended_us = event->ended_us + offset_us;
    put_number(&w, MESSAGE_TYPE, is_response ? CLIENT_RESPONSE : CLIENT_QUERY);
    put_client(&w, event);
    put_time(&w, MESSAGE_QUERY_SEC, MESSAGE_QUERY_NSEC, ended_us - event->latency_us);
    if (is_response) {
        put_time(&w, MESSAGE_RESPONSE_SEC, MESSAGE_RESPONSE_NSEC, ended_us);
        put_dns(&w, MESSAGE_RESPONSE, event, event->flags | (event->rcode & DNS_RCODE));
    } else if ((event->bits & EVENTS_QUESTION) != 0) {
        put_dns(&w, MESSAGE_QUERY, event, event->query_flags);
    }
    return w.pos;
}

/* What dnstap has no field for. */
static size_t
write_extra(const struct event *event, char to[64])
{
    char why[32];
    bool has_pseudonym = event->client_kind == EVENTS_CLIENT_PSEUDONYM;
    int size = has_pseudonym
                   ? snprintf(to, 64, "why=%s client=%016" PRIx64,
                              events_text_why((enum why)event->why, why), bytes_le64(event->client))
                   : snprintf(to, 64, "why=%s", events_text_why((enum why)event->why, why));
    return (size_t)size < 64 ? (size_t)size : 63;
}

static size_t
write_frame(const struct event *event, uint64_t offset_us, bool is_response, uint8_t *to)
{
    static const char version[] = "penstock " PENSTOCK_VERSION;
    uint8_t message[EVENTS_DNSTAP_FRAME_MAX];
    char extra[64];
    struct bytes_writer w = bytes_writer(to, EVENTS_DNSTAP_FRAME_MAX);
    size_t size = write_message(event, offset_us, is_response, message, sizeof message);
    bytes_put_u32(&w, 0); /* its length, when that is known */
    put_octets(&w, DNSTAP_VERSION, version, sizeof version - 1);
    put_octets(&w, DNSTAP_EXTRA, extra, write_extra(event, extra));
    put_octets(&w, DNSTAP_MESSAGE, message, size);
    put_number(&w, DNSTAP_TYPE, DNSTAP_IS_MESSAGE);
    bytes_set_u16(&w, 2, (uint16_t)(w.pos - 4));
    return w.failed ? 0 : w.pos;
}

size_t
events_dnstap_write(const struct event *event, uint64_t offset_us, uint8_t to[EVENTS_DNSTAP_MAX])
{
    size_t size = write_frame(event, offset_us, false, to);
    if (event->size > 0)
        size += write_frame(event, offset_us, true, to + size);
    return size;
}

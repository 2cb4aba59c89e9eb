/* events_text.c - see events_text.h
 * SPDX-License-Identifier: ISC
 */
#include "exporter/events_text.h"

#include "base/lower.h"
#include "view/moment.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US 1000000U

struct line {
    char *text;
    size_t size;
};

static void __attribute__((format(printf, 2, 3))) add(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line->text + line->size, EVENTS_TEXT_MAX - line->size, format, args);
    va_end(args);
    if (size > 0)
        line->size += (size_t)size;
}

static void
add_time(struct line *line, uint64_t wall_us)
{
    struct moment at = moment_of(wall_us / SECOND_US);
    add(line, "{\"time\":\"%04u-%02u-%02uT%02u:%02u:%02u.%06uZ\"", at.year, at.month, at.day,
        at.hour, at.minute, at.second, (unsigned)(wall_us % SECOND_US));
}

const char *
events_text_why(enum why why, char to[32])
{
    return lower_name(why_name(why), to, 32);
}

/* --- client ---------------------------------------------------------------------------------- */

static void
add_client(struct line *line, const struct event *event)
{
    struct addr_prefix client = {.addr.family = event->client_family,
                                 .length = event->client_length};
    char text[ADDR_TEXT_MAX];
    memcpy(client.addr.bytes, event->client, sizeof client.addr.bytes);
    switch ((enum events_client)event->client_kind) {
    case EVENTS_CLIENT_NONE:
        break;
    case EVENTS_CLIENT_NETWORK:
        add(line, ",\"network\":\"%s\"", addr_prefix_format(&client, text));
        break;
    case EVENTS_CLIENT_PSEUDONYM:
        add(line, ",\"pseudonym\":\"%016" PRIx64 "\"", bytes_le64(event->client));
        break;
    case EVENTS_CLIENT_ADDRESS:
        add(line, ",\"client\":\"%s\",\"port\":%u", addr_format(&client.addr, text),
            event->client_port);
        break;
    }
    add(line, ",\"transport\":\"%s\",\"proven\":%s", event->transport == QUERY_UDP ? "udp" : "tcp",
        (event->bits & EVENTS_PROVEN) != 0 ? "true" : "false");
}

/* --- question -------------------------------------------------------------------------------- */

/* One octet of a label, in presentation form within JSON. */
static void
add_octet(struct line *line, uint8_t octet)
{
    if (octet <= ' ' || octet > '~')
        add(line, "\\\\%03u", octet);
    else if (octet == '"')
        add(line, "\\\"");
    else if (octet == '.' || octet == '\\')
        add(line, octet == '.' ? "\\\\." : "\\\\\\\\");
    else
        add(line, "%c", octet);
}

static void
add_name(struct line *line, const struct event *event)
{
    struct bytes_reader r = bytes_reader(event->name, event->name_size);
    if (event->name_size == 0)
        return;
    add(line, ",\"name\":\"");
    for (uint8_t left = bytes_get_u8(&r); left > 0; left = bytes_get_u8(&r)) {
        for (; left > 0; left--)
            add_octet(line, bytes_get_u8(&r));
        add(line, ".");
    }
    add(line, "%s\"", event->name_size == 1 ? "." : "");
    if (event->name_kind == EVENTS_NAME_SUFFIX)
        add(line, ",\"suffix\":true");
}

static void
add_question(struct line *line, const struct event *event)
{
    if ((event->bits & EVENTS_QUESTION) == 0)
        return;
    add_name(line, event);
    add(line, ",\"type\":%u,\"class\":%u,\"rd\":%s,\"cd\":%s,\"do\":%s", event->type, event->class,
        (event->query_flags & DNS_RD) != 0 ? "true" : "false",
        (event->query_flags & DNS_CD) != 0 ? "true" : "false",
        (event->bits & EVENTS_DNSSEC_OK) != 0 ? "true" : "false");
}

/* --- lines ----------------------------------------------------------------------------------- */

size_t
events_text_line(const struct event *event, uint64_t offset_us, const char *upstream,
                 char to[EVENTS_TEXT_MAX])
{
    struct line line = {.text = to};
    char why[32];
    add_time(&line, event->ended_us + offset_us);
    add(&line, ",\"why\":\"%s\",\"latency_us\":%" PRIu32,
        events_text_why((enum why)event->why, why), event->latency_us);
    add_client(&line, event);
    add_question(&line, event);
    if (event->size > 0)
        add(&line, ",\"rcode\":%u,\"aa\":%s,\"tc\":%s,\"ad\":%s,\"size\":%u", event->rcode,
            (event->flags & DNS_AA) != 0 ? "true" : "false",
            (event->flags & DNS_TC) != 0 ? "true" : "false",
            (event->flags & DNS_AD) != 0 ? "true" : "false", event->size);
    if (upstream[0] != '\0')
        add(&line, ",\"upstream\":\"%.64s\"", upstream);
    add(&line, "}\n");
    return line.size;
}

size_t
events_text_lost(uint64_t lost, uint64_t wall_us, char to[EVENTS_TEXT_MAX])
{
    struct line line = {.text = to};
    add_time(&line, wall_us);
    add(&line, ",\"lost\":%" PRIu64 "}\n", lost);
    return line.size;
}

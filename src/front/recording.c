/* recording.c - see recording.h
 * SPDX-License-Identifier: ISC
 */
#include "front/recording.h"

#include "os/memory.h"
#include "os/random.h"
#include "os/sys.h"

#define DAY_S        86400
#define RCODE_BITS   4 /* in the header; the OPT record has the rest */
#define LATENCY_MOST UINT32_MAX

_Static_assert(EVENTS_UPSTREAMS == CONFIG_UPSTREAMS_MAX, "upstreams");
_Static_assert((int)EVENTS_CLIENT_ADDRESS == (int)CONFIG_CLIENTS_FULL &&
                   (int)EVENTS_CLIENT_NETWORK == (int)CONFIG_CLIENTS_TRUNCATED &&
                   (int)EVENTS_CLIENT_PSEUDONYM == (int)CONFIG_CLIENTS_PSEUDONYM &&
                   (int)EVENTS_NAME_FULL == (int)CONFIG_NAMES_FULL &&
                   (int)EVENTS_NAME_SUFFIX == (int)CONFIG_NAMES_SUFFIX,
               "the words of events.clients and events.names");

void
recording_init(struct recording *recording, struct stats_page *stats)
{
    recording->stats = stats;
    recording->sample = 1;
}

void
recording_change(struct recording *recording, const struct config *config)
{
    struct disclose *disclose = &recording->disclose;
    disclose->clients = (enum events_client)config->events_clients;
    disclose->names = (enum events_name)config->events_names;
    disclose->ipv4_length = (uint8_t)config->events_ipv4_length;
    disclose->ipv6_length = (uint8_t)config->events_ipv6_length;
    if (recording->sample != config->events_sample)
        recording->passed = 0;
    recording->sample = config->events_sample;
}

static void
forget_key(struct recording *recording)
{
    explicit_bzero(&recording->disclose.key, sizeof recording->disclose.key);
    recording->has_key = false;
}

enum status
recording_take(struct recording *recording, int fd)
{
    void *memory = NULL;
    size_t size = 0;
    memory_unmap(recording->writer.memory, recording->memory_size);
    events_writer_init(&recording->writer, NULL);
    memset(recording->is_held, 0, sizeof recording->is_held);
    memset(recording->held, 0, sizeof recording->held);
    recording->published = 0;
    if (fd < 0) {
        forget_key(recording);
        return STATUS_OK;
    }
    enum status status = memory_map(fd, sizeof *recording->writer.memory, false, &memory, &size);
    sys_close(fd);
    if (status != STATUS_OK)
        return status;
    recording->memory_size = size;
    events_writer_init(&recording->writer, memory);
    return STATUS_OK;
}

/* --- what is said ---------------------------------------------------------------------------- */

static bool
is_its_turn(struct recording *recording)
{
    if (++recording->passed < recording->sample)
        return false;
    recording->passed = 0;
    return true;
}

/* No pseudonym lives longer than a day. */
static void
keep_key(struct recording *recording, const struct clock_time *now)
{
    uint8_t bytes[16];
    uint32_t day = now->wall_s / DAY_S;
    if (recording->has_key && recording->day == day)
        return;
    random_fill(bytes, sizeof bytes);
    recording->disclose.key = hash_key_from(bytes);
    explicit_bzero(bytes, sizeof bytes);
    recording->has_key = true;
    recording->day = day;
}

void
recording_tick(struct recording *recording, const struct clock_time *now)
{
    if (recording->has_key && recording->day != now->wall_s / DAY_S)
        forget_key(recording);
}

static void
end_at(struct event *event, uint64_t arrived_us, const struct clock_time *now)
{
    uint64_t took_us = now->now_us - arrived_us;
    event->ended_us = now->now_us;
    event->latency_us = took_us < LATENCY_MOST ? (uint32_t)took_us : LATENCY_MOST;
}

static void
tell_question(const struct recording *recording, const struct dns_query *query, struct event *event)
{
    const struct dns_edns *edns = &query->edns;
    event->query_flags = query->flags;
    event->bits |= edns->present ? EVENTS_EDNS : 0;
    event->bits |= edns->present && edns->dnssec_ok ? EVENTS_DNSSEC_OK : 0;
    if (query->question.name.size == 0)
        return;
    event->bits |= EVENTS_QUESTION;
    event->type = query->question.type;
    event->class = query->question.class;
    disclose_name(&recording->disclose, &query->question.name, event);
}

static void
tell_response(const struct recording_end *end, bool has_edns, struct event *event)
{
    struct bytes_reader r = bytes_reader(end->message, end->size);
    bytes_skip(&r, 2);
    uint16_t flags = bytes_get_u16(&r);
    event->size = (uint16_t)end->size;
    event->flags = flags & (uint16_t)~DNS_RCODE;
    event->rcode = flags & DNS_RCODE;
    if (has_edns)
        event->rcode |= (uint16_t)(end->rcode >> RCODE_BITS << RCODE_BITS);
}

/* Fields that are not written here are written by disclose_client() and disclose_name(). */
static void
tell(struct recording *recording, const struct query *query, const struct recording_end *end,
     const struct clock_time *now, struct event *event)
{
    const struct query_client *client = &query->client;
    keep_key(recording, now);
    memset(event, 0, offsetof(struct event, name));
    end_at(event, query->arrived_us, now);
    event->why = (uint8_t)end->why;
    event->transport = client->transport;
    event->upstream = end->upstream;
    event->bits = client->is_proven ? EVENTS_PROVEN : 0;
    disclose_client(&recording->disclose, &client->addr, event);
    if (end->is_parsed)
        tell_question(recording, &query->dns, event);
    if (end->message != NULL)
        tell_response(end, (event->bits & EVENTS_EDNS) != 0, event);
}

/* --- when ------------------------------------------------------------------------------------ */

/* A turn that ends tens of thousands of queries is no reason to write over what nobody could read. */
static uint64_t
add(struct recording *recording, const struct event *event)
{
    if (recording->writer.written - recording->published >= EVENTS_UNSEEN_MOST)
        recording_publish(recording);
    return events_write(&recording->writer, event);
}

uint64_t
recording_note(struct recording *recording, const struct query *query,
               const struct recording_end *end, const struct clock_time *now)
{
    struct event event;
    if (!recording_is_on(recording) || !is_its_turn(recording))
        return RECORDING_NONE;
    tell(recording, query, end, now, &event);
    return add(recording, &event);
}

void
recording_hold(struct recording *recording, uint32_t place, const struct query *query,
               const struct recording_end *end, const struct clock_time *now)
{
    recording->is_held[place] = recording_is_on(recording) && is_its_turn(recording);
    if (recording->is_held[place])
        tell(recording, query, end, now, &recording->held[place]);
}

uint64_t
recording_release(struct recording *recording, uint32_t place, const struct clock_time *now)
{
    struct event *event = &recording->held[place];
    if (!recording->is_held[place])
        return RECORDING_NONE;
    recording->is_held[place] = false;
    end_at(event, event->ended_us - event->latency_us, now);
    uint64_t number = add(recording, event);
    memset(event, 0, sizeof *event);
    return number;
}

void
recording_amend(struct recording *recording, uint64_t number, enum why why)
{
    if (number != RECORDING_NONE)
        events_amend(&recording->writer, number, why);
}

void
recording_publish(struct recording *recording)
{
    if (recording->writer.written == recording->published)
        return;
    stats_add(recording->stats, STAT_EVENTS, recording->writer.written - recording->published);
    recording->published = recording->writer.written;
    events_publish(&recording->writer);
}

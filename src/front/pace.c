/* pace.c - see pace.h
 * SPDX-License-Identifier: ISC
 */
#include "front/pace.h"

#include "dns/dns_reply.h"
#include "front/front.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/random.h"

static struct pacer_config
pacer_config(const struct config *config)
{
    return (struct pacer_config){
        .ipv4_length = PACE_IPV4_LENGTH,
        .ipv6_length = PACE_IPV6_LENGTH,
        .rate_octets_per_s = config->pacing_rate,
        .burst_octets = config->pacing_burst,
        .wait_ms = config->pacing_wait_ms,
    };
}

void
pace_reserve(struct front *front)
{
    struct pace *pace = &front->pace;
    uint8_t key[16];
    void *memory = memory_reserve(BUCKETS_MEMORY_BYTES(PACE_NETWORKS));
    struct pacer_config config = pacer_config(front->config);
    pace->messages = memory_reserve(PACE_HELD * sizeof *pace->messages);
    if (memory == NULL || pace->messages == NULL)
        log_fatal("no memory for answers that wait");
    random_fill(key, sizeof key);
    if (pacer_init(&pace->pacer, &config, memory, PACE_NETWORKS, hash_key_from(key)) != STATUS_OK)
        log_fatal("the pace is not sound");
    explicit_bzero(key, sizeof key);
    for (uint32_t i = 0; i < PACE_HELD; i++)
        pace->free[i] = i;
}

void
pace_change(struct front *front)
{
    struct pacer_config config = pacer_config(front->config);
    if (pacer_reload(&front->pace.pacer, &config) != STATUS_OK)
        log_fatal("the pace is not sound");
}

static bool
hold(struct front *front, const struct query *query, const uint8_t *room, size_t size, enum why why,
     uint32_t wait_ms)
{
    struct pace *pace = &front->pace;
    if (pace->count == PACE_HELD || size > sizeof *pace->messages)
        return false;
    struct pace_held *held = &pace->held[pace->count];
    *held = (struct pace_held){
        .client = query->client,
        .due_ms = front_now_ms(front) + wait_ms,
        .message = pace->free[pace->count],
        .size = (uint16_t)size,
        .why = (uint8_t)why,
    };
    memcpy(pace->messages[held->message], room, size);
    if (pace->count++ == 0 || held->due_ms < pace->soonest_ms)
        pace->soonest_ms = held->due_ms;
    stats_add(front->stats, STAT_PACED, 1);
    return true;
}

/* What is left of an answer: no larger than the query, and it says where the rest is to be had. */
static size_t
shorten(const struct query *query, uint8_t *room)
{
    struct dns_edns_put opt = {
        .udp_size = DNS_EDNS_UDP_MAX, .dnssec_ok = query->dns.edns.dnssec_ok, .ede = DNS_EDE_NONE};
    return dns_reply_write(&query->dns, DNS_NOERROR, true, &opt, room, UDP_ROOM);
}

void
pace_send(struct front *front, const struct query *query, uint8_t *room, size_t size, enum why why)
{
    const struct query_client *client = &query->client;
    uint32_t wait_ms;
    if (size <= PACE_FREE || !front->config->pacing || client->is_proven ||
        client->payer == LIMIT_EXEMPT) {
        udp_send(front, client, size, why);
        return;
    }
    switch (pacer_take(&front->pace.pacer, &client->addr, (uint32_t)size + PACE_HEAD_OCTETS,
                       front_now_ms(front), &wait_ms)) {
    case PACER_NOW:
        udp_send(front, client, size, why);
        return;
    case PACER_LATER:
        if (hold(front, query, room, size, why, wait_ms))
            return;
        break;
    case PACER_DROP:
        break;
    }
    udp_send(front, client, shorten(query, room), WHY_PACE_SLIPPED);
}

static void
send_held(struct front *front, uint32_t i)
{
    struct pace *pace = &front->pace;
    struct pace_held held = pace->held[i];
    uint8_t *message = pace->messages[held.message];
    memcpy(udp_room(front, &held.client), message, held.size);
    udp_send(front, &held.client, held.size, (enum why)held.why);
    memset(message, 0, held.size);
    pace->held[i] = pace->held[--pace->count];
    memset(&pace->held[pace->count], 0, sizeof pace->held[pace->count]);
    pace->free[pace->count] = held.message;
}

void
pace_release(struct front *front)
{
    struct pace *pace = &front->pace;
    uint64_t now_ms = front_now_ms(front), soonest_ms = UINT64_MAX;
    if (pace->count == 0 || pace->soonest_ms > now_ms)
        return;
    for (uint32_t i = 0; i < pace->count;) {
        if (pace->held[i].due_ms <= now_ms) {
            send_held(front, i); /* another takes its place */
            continue;
        }
        soonest_ms = pace->held[i].due_ms < soonest_ms ? pace->held[i].due_ms : soonest_ms;
        i++;
    }
    pace->soonest_ms = soonest_ms;
}

uint64_t
pace_deadline_us(const struct front *front)
{
    return front->pace.count > 0 ? front->pace.soonest_ms * 1000 : UINT64_MAX;
}

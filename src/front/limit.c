/* limit.c - see limit.h
 * SPDX-License-Identifier: ISC
 */
#include "front/limit.h"

#include "front/deliver.h"
#include "front/front.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/random.h"

/* A query that can hold a cookie of ours: header, OPT, option. */
#define COOKIE_QUERY_MIN (DNS_HEADER_SIZE + 11 + 4 + COOKIE_BYTES)
#define WHOLE            100 /* per cent */

static struct hash_key
random_key(void)
{
    uint8_t bytes[16];
    random_fill(bytes, sizeof bytes);
    struct hash_key key = hash_key_from(bytes);
    explicit_bzero(bytes, sizeof bytes);
    return key;
}

/* --- taking up the configuration --- */

static void
take_rates(const struct config_rate from[], uint32_t count, struct limiter_rate to[])
{
    for (uint32_t i = 0; i < count; i++)
        to[i] = (struct limiter_rate){.length = (uint8_t)from[i].length,
                                      .rate_per_s = from[i].rate_per_s,
                                      .burst = from[i].burst};
}

static struct limiter_config
limiter_config(const struct config *config, enum limit_payer table)
{
    struct limiter_config to = {0};
    if (table == LIMIT_PROVEN) {
        to.ipv4_count = config->rates_proven_ipv4_count;
        to.ipv6_count = config->rates_proven_ipv6_count;
        take_rates(config->rates_proven_ipv4, to.ipv4_count, to.ipv4);
        take_rates(config->rates_proven_ipv6, to.ipv6_count, to.ipv6);
    } else {
        to.slip = config->rates_slip;
        to.ipv4_count = config->rates_ipv4_count;
        to.ipv6_count = config->rates_ipv6_count;
        take_rates(config->rates_ipv4, to.ipv4_count, to.ipv4);
        take_rates(config->rates_ipv6, to.ipv6_count, to.ipv6);
    }
    return to;
}

static void
take_secrets(const struct config *config, struct cookie_secrets *to)
{
    const uint8_t *current = config->cookies_secret.bytes;
    if (config->cookies_previous_secret.is_set) { /* as if it had been rolled over */
        cookie_secrets_init(to, config->cookies_previous_secret.bytes);
        cookie_secrets_stage(to, current);
        if (cookie_secrets_roll(to) != STATUS_OK)
            log_fatal("cookie secrets cannot be rolled over");
    } else {
        cookie_secrets_init(to, current);
    }
    if (config->cookies_staged_secret.is_set)
        cookie_secrets_stage(to, config->cookies_staged_secret.bytes);
}

/* The rates of unproven clients tell networks apart; where there are none, the default ones do. */
static struct limiter_config
networks_config(const struct config *config)
{
    struct limiter_config to = limiter_config(config, LIMIT_UNPROVEN);
    struct limiter_config other = limiter_config_default(false);
    if (to.ipv4_count == 0) {
        memcpy(to.ipv4, other.ipv4, sizeof to.ipv4);
        to.ipv4_count = other.ipv4_count;
    }
    if (to.ipv6_count == 0) {
        memcpy(to.ipv6, other.ipv6, sizeof to.ipv6);
        to.ipv6_count = other.ipv6_count;
    }
    return to;
}

static void
take_networks(struct prefix_set *set, const struct config *config)
{
    struct limiter_config rates = networks_config(config);
    set->counts[0] = (uint8_t)rates.ipv4_count;
    set->counts[1] = (uint8_t)rates.ipv6_count;
    for (uint32_t i = 0; i < rates.ipv4_count; i++)
        set->lengths[0][i] = rates.ipv4[rates.ipv4_count - 1 - i].length;
    for (uint32_t i = 0; i < rates.ipv6_count; i++)
        set->lengths[1][i] = rates.ipv6[rates.ipv6_count - 1 - i].length;
    prefix_set_mark(set);
}

static uint32_t
percent_of(const struct config *config, const struct addr *listen)
{
    for (uint32_t i = 0; i < config->rates_listeners_count; i++)
        if (addr_is_equal(&config->rates_listeners[i].listen, listen))
            return config->rates_listeners[i].percent;
    return WHOLE;
}

static void
take_rest(struct limit *limit, const struct config *config)
{
    take_networks(&limit->networks, config);
    if (acl_init(&limit->exempt, config->rates_exempt, config->rates_exempt_count, NULL, 0) !=
        STATUS_OK)
        log_fatal("rates.exempt is not sound");
    memset(&limit->ports, 0, sizeof limit->ports);
    for (uint32_t i = 0; i < config->filter_ports_count; i++)
        martian_ports_add(&limit->ports, (uint16_t)config->filter_ports[i]);
    for (uint32_t i = 0; i < config->listen_count; i++)
        limit->percents[i] = percent_of(config, &config->listen[i]);
    limit->has_cookies = config->cookies_enabled && config->cookies_secret.is_set;
    take_secrets(config, &limit->secrets);
}

void
limit_reserve(struct front *front)
{
    struct limit *limit = &front->limit;
    size_t entries = front->config->rates_entries;
    limit->networks.key = random_key(); /* one for all: a client's names are made once */
    for (unsigned table = 0; table < LIMIT_TABLES; table++) {
        struct limiter_config config = limiter_config(front->config, (enum limit_payer)table);
        void *memory = memory_reserve(BUCKETS_MEMORY_BYTES(entries));
        if (memory == NULL)
            log_fatal("no memory for the rates of %zu networks", entries);
        if (limiter_init(&limit->tables[table], &config, memory, entries, limit->networks.key) !=
            STATUS_OK)
            log_fatal("the rates are not sound");
    }
    take_rest(limit, front->config);
}

void
limit_change(struct front *front)
{
    struct limit *limit = &front->limit;
    for (unsigned table = 0; table < LIMIT_TABLES; table++) {
        struct limiter_config config = limiter_config(front->config, (enum limit_payer)table);
        if (limiter_reload(&limit->tables[table], &config, front_now_ms(front)) != STATUS_OK)
            log_fatal("the rates are not sound");
    }
    take_rest(limit, front->config);
}

/* --- the source --- */

bool
limit_is_martian(const struct front *front, const struct query_client *client)
{
    const struct addr *us = client->local.family != ADDR_NONE
                                ? &client->local
                                : &front->config->listen[client->listener];
    if (client->addr.port == 0) /* no answer could be sent there */
        return true;
    if (!front->config->filter_martians)
        return false;
    struct addr asked = *us;
    asked.port = front->config->listen[client->listener].port;
    return martian_is(&client->addr, &asked) ||
           (client->transport == QUERY_UDP &&
            martian_ports_has(&front->limit.ports, client->addr.port));
}

/* --- rates --- */

/* A share of 50 % has half the limits: everything costs twice as much there. */
static uint32_t
price_at(const struct limit *limit, const struct query_client *client, uint32_t price)
{
    uint32_t percent = limit->percents[client->listener];
    if (percent == WHOLE)
        return price;
    uint64_t scaled = ((uint64_t)price * WHOLE + percent - 1) / percent;
    return scaled < LIMITER_PRICE_MAX ? (uint32_t)scaled : LIMITER_PRICE_MAX;
}

/* Is a line due? Between two, messages are only counted. */
static bool
is_due(const struct front *front, struct limit_told *told)
{
    uint64_t now_ms = front_now_ms(front);
    told->untold++;
    if (told->at_ms != 0 && now_ms < told->at_ms + LIMIT_LOG_MS)
        return false;
    told->at_ms = now_ms;
    return true;
}

static const char *
prefix_text(const struct addr *addr, unsigned length, char text[ADDR_TEXT_MAX])
{
    struct addr_prefix prefix = {.addr = *addr, .length = (uint8_t)length};
    addr_mask(&prefix.addr, length);
    prefix.addr.scope = 0;
    return addr_prefix_format(&prefix, text);
}

/* Say now and then which network is over; the counters say how much. */
static void
tell(struct front *front, const struct query_client *client, enum limit_payer table)
{
    struct limit *limit = &front->limit;
    char text[ADDR_TEXT_MAX];
    if (!is_due(front, &limit->over))
        return;
    log_write(LOG_NOTICE, LOG_CLIENT_REFUSED,
              "%s is over its rate (%s)%s; %llu queries of all clients since the last such line",
              prefix_text(&client->addr, limit->tables[table].tripped_length, text),
              table == LIMIT_PROVEN ? "proven" : "unproven",
              front->config->rates_mode == CONFIG_RATES_DRY_RUN ? ", and passes: dry run" : "",
              (unsigned long long)limit->over.untold);
    limit->over.untold = 0;
}

void
limit_tell_denied(struct front *front, const struct addr *client, const char *what)
{
    struct limit_told *denied = &front->limit.denied;
    const struct prefix_set *set = &front->limit.networks;
    unsigned family = prefix_family(client);
    char text[ADDR_TEXT_MAX];
    if (!is_due(front, denied))
        return;
    log_write(LOG_NOTICE, LOG_CLIENT_REFUSED,
              "%s is not on the access list: its %s is dropped; %llu of all such clients since the "
              "last such line",
              prefix_text(client, set->lengths[family][set->counts[family] - 1], text), what,
              (unsigned long long)denied->untold);
    denied->untold = 0;
}

static enum limiter_verdict
take(struct front *front, struct query *draft, enum limit_payer table)
{
    struct limit *limit = &front->limit;
    draft->client.payer = (uint8_t)table;
    return limiter_take(&limit->tables[table], &draft->client.addr, &draft->keys,
                        price_at(limit, &draft->client, LIMITER_PRICE_ADMIT), front_now_ms(front));
}

/* A query with a question, or one that asks for a cookie and has none. */
static bool
is_query(const uint8_t *message, size_t size, struct query *draft)
{
    enum dns_query_verdict verdict = dns_query_parse(message, size, &draft->dns);
    return verdict == DNS_QUERY_OK || verdict == DNS_QUERY_COOKIE;
}

/* Who is over his rate as anybody may have another as himself. */
static bool
has_proof(struct front *front, struct query *draft, const uint8_t *message, size_t size)
{
    if (!front->limit.has_cookies || size < COOKIE_QUERY_MIN || !is_query(message, size, draft))
        return false;
    limit_look_at_cookie(front, draft);
    return draft->client.is_proven;
}

static void
refuse(struct front *front, struct query *draft, const uint8_t *message, size_t size,
       enum limiter_verdict verdict)
{
    if (draft->client.is_proven) { /* we spoke with him: he is told, and it reaches nobody else */
        if (is_query(message, size, draft))
            deliver_refuse(front, draft, WHY_RATE_REFUSED, DNS_REFUSED, DNS_EDE_PROHIBITED);
        else
            deliver_drop(front, draft, WHY_RATE_DROPPED);
        tcp_refused(front, &draft->client);
    } else if (verdict == LIMITER_SLIP && is_query(message, size, draft)) {
        deliver_slip(front, draft, WHY_RATE_SLIPPED);
    } else {
        deliver_drop(front, draft, WHY_RATE_DROPPED);
    }
}

bool
limit_is_exempt(const struct front *front, const struct addr *client)
{
    return front->config->rates_exempt_count > 0 && acl_allows(&front->limit.exempt, client);
}

bool
limit_pass(struct front *front, struct query *draft, const uint8_t *message, size_t size)
{
    const struct config *config = front->config;
    struct query_client *client = &draft->client;
    client->is_proven = client->transport == QUERY_TCP;
    client->payer = limit_is_exempt(front, &client->addr) ? LIMIT_EXEMPT : LIMIT_NOBODY;
    draft->cookie = COOKIE_NONE;
    draft->keys.mark = 0;
    if (config->rates_mode == CONFIG_RATES_OFF || client->payer == LIMIT_EXEMPT ||
        front->limit.percents[client->listener] == 0)
        return true;
    enum limit_payer table = client->is_proven ? LIMIT_PROVEN : LIMIT_UNPROVEN;
    enum limiter_verdict verdict = take(front, draft, table);
    if (verdict != LIMITER_PASS && table == LIMIT_UNPROVEN &&
        has_proof(front, draft, message, size)) {
        table = LIMIT_PROVEN;
        verdict = take(front, draft, table);
    }
    if (verdict == LIMITER_PASS)
        return true;
    tell(front, client, table);
    if (config->rates_mode == CONFIG_RATES_DRY_RUN) {
        stats_add(front->stats, STAT_RATE_DRY_RUN, 1);
        return true;
    }
    refuse(front, draft, message, size, verdict);
    return false;
}

void
limit_charge(struct front *front, const struct query *query, uint32_t price)
{
    struct limit *limit = &front->limit;
    const struct query_client *client = &query->client;
    struct prefix_keys keys = query->keys;
    if (price > 0 && client->payer < LIMIT_TABLES)
        limiter_charge(&limit->tables[client->payer], &client->addr, &keys,
                       price_at(limit, client, price), front_now_ms(front));
}

/* --- networks --- */

uint32_t
limit_network(const struct front *front, struct networks *networks,
              const struct query_client *client, struct prefix_keys *keys)
{
    uint32_t leaf = networks_take(networks, &front->limit.networks, keys, &client->addr,
                                  client->payer == LIMIT_EXEMPT);
    if (leaf == NETWORKS_ROOT)
        log_fatal("more networks hold something than there is room for");
    return leaf;
}

static void
bounds_of(const struct limiter_rate rates[], uint32_t count, uint32_t bound, uint32_t bounds[])
{
    uint32_t network = rates[count > 1 ? 1 : 0].rate_per_s; /* at least 1 */
    for (uint32_t i = 0; i < count; i++) {
        uint64_t scaled = (uint64_t)bound * rates[i].rate_per_s / (network > 0 ? network : 1);
        scaled = scaled > bound && i > 1 ? scaled : bound;
        bounds[count - 1 - i] = scaled < UINT32_MAX ? (uint32_t)scaled : UINT32_MAX;
    }
}

void
limit_bounds(const struct front *front, uint32_t bound, uint32_t bounds[NETWORKS_KINDS])
{
    struct limiter_config rates = networks_config(front->config);
    bounds_of(rates.ipv4, rates.ipv4_count, bound, bounds);
    bounds_of(rates.ipv6, rates.ipv6_count, bound, bounds + PREFIX_LENGTHS_MAX);
    bounds[NETWORKS_EXEMPT] = UINT32_MAX;
}

/* --- cookies --- */

void
limit_look_at_cookie(const struct front *front, struct query *draft)
{
    const struct dns_edns *edns = &draft->dns.edns;
    if (edns->cookie_size == 0 || !front->limit.has_cookies || draft->cookie != COOKIE_NONE)
        return;
    enum cookie_verdict verdict =
        cookie_check(&front->limit.secrets, edns->cookie, edns->cookie_size, &draft->client.addr,
                     front->loop.wall_s);
    draft->cookie = (uint8_t)verdict;
    if (cookie_is_proof(verdict)) {
        draft->client.is_proven = true;
        stats_add(front->stats, STAT_COOKIES_VALID, 1);
    } else if (verdict != COOKIE_CLIENT) {
        stats_add(front->stats, STAT_COOKIES_FALSE, 1);
    }
}

void
limit_put_cookie(const struct front *front, const struct query *query, struct dns_edns_put *opt)
{
    const struct dns_edns *edns = &query->dns.edns;
    if (edns->cookie_size == 0 || !front->limit.has_cookies)
        return;
    memcpy(opt->cookie, edns->cookie, COOKIE_BYTES); /* a fresh one is repeated */
    opt->cookie_size = COOKIE_BYTES;
    if (query->cookie != COOKIE_VALID)
        cookie_make(&front->limit.secrets, edns->cookie, &query->client.addr, front->loop.wall_s,
                    opt->cookie + COOKIE_CLIENT_BYTES);
}

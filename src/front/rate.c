/* rate.c - see rate.h
 * SPDX-License-Identifier: ISC
 */
#include "front/rate.h"

#include "os/log.h"
#include "os/memory.h"
#include "os/random.h"

/* A query that can hold a cookie of ours: header, OPT, option. */
#define COOKIE_QUERY_MIN (DNS_HEADER_SIZE + 11 + 4 + COOKIE_BYTES)
#define WHOLE            100 /* per cent */

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
limiter_config(const struct config *config, enum rate_payer table)
{
    struct limiter_config to = {0};
    if (table == RATE_PROVEN) {
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
    struct limiter_config to = limiter_config(config, RATE_UNPROVEN);
    struct limiter_config other = limiter_config_default();
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
take_networks(struct addr_lengths *set, const struct config *config)
{
    struct limiter_config rates = networks_config(config);
    set->counts[0] = (uint8_t)rates.ipv4_count;
    set->counts[1] = (uint8_t)rates.ipv6_count;
    for (uint32_t i = 0; i < rates.ipv4_count; i++)
        set->lengths[0][i] = rates.ipv4[rates.ipv4_count - 1 - i].length;
    for (uint32_t i = 0; i < rates.ipv6_count; i++)
        set->lengths[1][i] = rates.ipv6[rates.ipv6_count - 1 - i].length;
    addr_lengths_mark(set);
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
take_all(struct rate *rate, const struct config *config)
{
    rate->config = config;
    take_networks(&rate->set, config);
    if (acl_init(&rate->exempt, config->rates_exempt, config->rates_exempt_count, NULL, 0) !=
        STATUS_OK)
        log_fatal("the access list does not accept rates.exempt of the configuration");
    for (uint32_t i = 0; i < config->listen_count; i++)
        rate->percents[i] = percent_of(config, &config->listen[i]);
    rate->has_cookies = config->cookies_enabled && config->cookies_secret.is_set;
    take_secrets(config, &rate->secrets);
}

void
rate_reserve(struct rate *rate, const struct config *config, struct stats_page *stats)
{
    size_t entries = config->rates_entries;
    rate->stats = stats;
    rate->set.key = random_key(); /* one for all: a client's names are made once */
    for (unsigned table = 0; table < RATE_TABLES; table++) {
        struct limiter_config limits = limiter_config(config, (enum rate_payer)table);
        void *memory = memory_reserve(LIMITER_MEMORY_BYTES(entries));
        if (memory == NULL)
            log_fatal("no memory for the rates of %zu networks", entries);
        if (limiter_init(&rate->tables[table], &limits, memory, entries, rate->set.key) !=
            STATUS_OK)
            log_fatal("the limiter does not accept the rates of the configuration");
    }
    take_all(rate, config);
}

void
rate_change(struct rate *rate, const struct config *config, const struct clock_time *now)
{
    for (unsigned table = 0; table < RATE_TABLES; table++) {
        struct limiter_config limits = limiter_config(config, (enum rate_payer)table);
        if (limiter_reload(&rate->tables[table], &limits, now->now_ms) != STATUS_OK)
            log_fatal("the limiter does not accept the rates of the configuration");
    }
    take_all(rate, config);
}

/* --- rates --- */

/* A share of 50 % has half the limits: everything costs twice as much there. */
static uint32_t
price_at(const struct rate *rate, const struct query_client *client, uint32_t price)
{
    uint32_t percent = rate->percents[client->listener];
    if (percent == WHOLE)
        return price;
    uint64_t scaled = ((uint64_t)price * WHOLE + percent - 1) / percent;
    return scaled < LIMITER_PRICE_MAX ? (uint32_t)scaled : LIMITER_PRICE_MAX;
}

/* Name the network that is over its rate, rarely; the counters say how much. */
static void
tell(struct rate *rate, const struct query_client *client, enum rate_payer table,
     const struct clock_time *now)
{
    char text[ADDR_TEXT_MAX];
    if (!notice_is_due(&rate->over, now->now_ms))
        return;
    log_write(LOG_NOTICE, LOG_CLIENT_REFUSED,
              "%s is over its rate (%s)%s; %llu queries of all clients since the last such line",
              notice_network(&client->addr, rate->tables[table].tripped_length, text),
              table == RATE_PROVEN ? "proven" : "unproven",
              rate->config->rates_mode == CONFIG_RATES_DRY_RUN ? ", and passes: dry run" : "",
              (unsigned long long)rate->over.skipped);
    rate->over.skipped = 0;
}

static enum limiter_verdict
pour(struct rate *rate, struct query *draft, enum rate_payer table, const struct clock_time *now)
{
    draft->client.payer = (uint8_t)table;
    return limiter_take(&rate->tables[table], &draft->client.addr, &draft->keys,
                        price_at(rate, &draft->client, LIMITER_PRICE_ADMIT), now->now_ms);
}

/* A query with a question, or one that asks for a cookie and has none. */
static bool
is_query(const uint8_t *message, size_t size, struct query *draft)
{
    enum dns_query_verdict verdict = dns_query_parse(message, size, &draft->dns);
    return verdict == DNS_QUERY_OK || verdict == DNS_QUERY_COOKIE;
}

/* An unproven client over its rate may retry as a proven one if it brings a valid cookie. */
static bool
has_proof(const struct rate *rate, struct query *draft, const uint8_t *message, size_t size,
          const struct clock_time *now)
{
    if (!rate->has_cookies || size < COOKIE_QUERY_MIN || !is_query(message, size, draft))
        return false;
    rate_check_cookie(rate, draft, now);
    return draft->client.is_proven;
}

/* A refusal goes to a proven client only: it cannot reach another. */
static struct verdict
refuse(struct query *draft, const uint8_t *message, size_t size, enum limiter_verdict over)
{
    bool is_told = draft->client.is_proven || over == LIMITER_SLIP;
    if (!is_told || !is_query(message, size, draft))
        return verdict_drop(WHY_RATE_DROPPED);
    if (draft->client.is_proven)
        return verdict_refuse(WHY_RATE_REFUSED, DNS_REFUSED, DNS_EDE_PROHIBITED);
    return verdict_truncate(WHY_RATE_SLIPPED);
}

bool
rate_is_exempt(const struct rate *rate, const struct addr *client)
{
    return rate->config->rates_exempt_count > 0 && acl_allows(&rate->exempt, client);
}

bool
rate_pass(struct rate *rate, struct query *draft, const uint8_t *message, size_t size,
          const struct clock_time *now, struct verdict *verdict)
{
    const struct config *config = rate->config;
    struct query_client *client = &draft->client;
    client->is_proven = client->transport == QUERY_TCP && !client->is_datagram;
    client->payer = rate_is_exempt(rate, &client->addr) ? RATE_EXEMPT : RATE_NOBODY;
    draft->cookie = COOKIE_NONE;
    draft->keys.mark = 0;
    if (config->rates_mode == CONFIG_RATES_OFF || client->payer == RATE_EXEMPT ||
        rate->percents[client->listener] == 0)
        return true;
    enum rate_payer table = client->is_proven ? RATE_PROVEN : RATE_UNPROVEN;
    enum limiter_verdict over = pour(rate, draft, table, now);
    if (over != LIMITER_PASS && table == RATE_UNPROVEN &&
        has_proof(rate, draft, message, size, now)) {
        table = RATE_PROVEN;
        over = pour(rate, draft, table, now);
    }
    if (over == LIMITER_PASS)
        return true;
    tell(rate, client, table, now);
    if (config->rates_mode == CONFIG_RATES_DRY_RUN) {
        stats_add(rate->stats, STAT_RATE_DRY_RUN, 1);
        return true;
    }
    *verdict = refuse(draft, message, size, over);
    return false;
}

void
rate_charge(struct rate *rate, const struct query *query, uint32_t price,
            const struct clock_time *now)
{
    const struct query_client *client = &query->client;
    struct addr_keys keys = query->keys;
    if (price > 0 && client->payer < RATE_TABLES)
        limiter_charge(&rate->tables[client->payer], &client->addr, &keys,
                       price_at(rate, client, price), now->now_ms);
}

/* --- networks --- */

uint32_t
rate_network(const struct rate *rate, struct networks *networks, uint32_t top,
             const struct query_client *client, struct addr_keys *keys)
{
    uint32_t leaf = crowd_network_take(networks, top, &rate->set, keys, &client->addr,
                                       client->payer == RATE_EXEMPT);
    if (leaf == NETWORKS_ROOT)
        log_fatal("the table of networks is full, and was reserved for as many as there can be");
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
rate_bounds(const struct rate *rate, uint32_t bound, uint32_t bounds[NETWORKS_KINDS])
{
    struct limiter_config rates = networks_config(rate->config);
    bounds_of(rates.ipv4, rates.ipv4_count, bound, bounds);
    bounds_of(rates.ipv6, rates.ipv6_count, bound, bounds + ADDR_LENGTHS_MAX);
    bounds[NETWORKS_EXEMPT] = UINT32_MAX;
}

/* --- cookies --- */

void
rate_check_cookie(const struct rate *rate, struct query *draft, const struct clock_time *now)
{
    const struct dns_edns *edns = &draft->dns.edns;
    if (edns->cookie_size == 0 || !rate->has_cookies || draft->cookie != COOKIE_NONE)
        return;
    enum cookie_verdict verdict = cookie_check(&rate->secrets, edns->cookie, edns->cookie_size,
                                               &draft->client.addr, now->wall_s);
    draft->cookie = (uint8_t)verdict;
    if (cookie_is_proof(verdict)) {
        draft->client.is_proven = true;
        stats_add(rate->stats, STAT_COOKIES_VALID, 1);
    } else if (verdict != COOKIE_CLIENT) {
        stats_add(rate->stats, STAT_COOKIES_FALSE, 1);
    }
}

void
rate_put_cookie(const struct rate *rate, const struct query *query, const struct clock_time *now,
                struct dns_edns_put *opt)
{
    const struct dns_edns *edns = &query->dns.edns;
    if (edns->cookie_size == 0 || !rate->has_cookies)
        return;
    memcpy(opt->cookie, edns->cookie, COOKIE_BYTES); /* a fresh one is repeated */
    opt->cookie_size = COOKIE_BYTES;
    if (query->cookie != COOKIE_VALID)
        cookie_make(&rate->secrets, edns->cookie, &query->client.addr, now->wall_s,
                    opt->cookie + COOKIE_CLIENT_BYTES);
}

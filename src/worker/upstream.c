/* upstream.c - see upstream.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/upstream.h"

#include "worker/tls_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum log_level
upstream_trouble(const struct upstream *upstream)
{
    uint32_t before = upstream->health->failures;
    return (before & (before - 1)) == 0 ? LOG_WARNING : LOG_INFO;
}

bool
upstream_is_in_rate(const struct upstream *upstream, uint64_t now_us)
{
    return upstream->qps == 0 || leak_free(&upstream->rate, now_us / 1000) > 0;
}

void
upstream_spend(struct upstream *upstream, uint64_t now_us)
{
    if (upstream->qps != 0)
        leak_spend(&upstream->rate, 1, now_us / 1000);
}

void
upstream_answered(struct upstream *upstream, uint32_t rtt_us, bool is_sound, uint64_t now_us)
{
    upstream->heard_us = now_us;
    health_answered(upstream->health, rtt_us, is_sound);
    upstream->times = flights_times(upstream->health, upstream->query_ms);
    (void)stats_grow(&upstream->shown->answers, 1);
    stats_store(&upstream->shown->rtt_us, upstream->health->srtt_us);
    stats_add(upstream->stats, STAT_UPSTREAM_ANSWERS, 1);
}

bool
upstream_is_error(uint16_t rcode)
{
    return rcode == DNS_SERVFAIL || rcode == DNS_REFUSED || rcode == DNS_NOTIMP ||
           rcode == DNS_FORMERR;
}

void
upstream_said(struct upstream *upstream, uint16_t rcode, const struct dns_question *question)
{
    const struct dns_name *name = &question->name;
    (void)stats_grow(&upstream->shown->rcodes[stats_rcode(rcode)], 1);
    if (upstream_is_error(rcode) && !repeats_take(&upstream->wrong, name->wire, name->size))
        (void)stats_grow(&upstream->shown->errors, 1);
}

/* What the page says of it. Who is usable stays so while it has a connection. */
static void
show_state(const struct upstream *upstream, enum stats_upstream_state state,
           enum stats_upstream_cause cause, uint64_t now_us)
{
    struct stats_upstream *shown = upstream->shown;
    stats_store(&shown->cause, cause);
    stats_store(&shown->tried_us, now_us);
    if (stats_load(&shown->state) == (uint64_t)state)
        return;
    stats_store(&shown->state, state);
    stats_store(&shown->changed_us, now_us);
}

/* --- a handshake that is done ---------------------------------------------------------------- */

static int64_t
days(int64_t seconds)
{
    return seconds / 86400;
}

static void
tell_news(const struct upstream *upstream, uint32_t news, unsigned pin_before, int64_t valid_s)
{
    const char *name = upstream->config->name;
    unsigned pin = upstream->keys.pin, count = upstream->config->pins_count;
    if ((news & KEY_NEWS_CHANGED) != 0)
        log_write(LOG_NOTICE, LOG_PIN,
                  "upstream %s: the key in use changed: pin %u of %u before, "
                  "pin %u now",
                  name, pin_before, count, pin);
    if ((news & KEY_NEWS_IS_BACKUP) != 0)
        log_write(LOG_WARNING, LOG_PIN, "upstream %s: backup pin matched: pin %u of %u", name, pin,
                  count);
    if ((news & KEY_NEWS_IS_LAST) != 0)
        log_write(LOG_WARNING, LOG_PIN,
                  "upstream %s: last known pin in use: put the next backup key behind it, or the "
                  "next change of key is an outage",
                  name);
    if ((news & KEY_NEWS_ENDS_SOON) != 0)
        log_write(LOG_WARNING, LOG_CERTIFICATE,
                  "upstream %s: its certificate ends in %d days, or our clock is ahead", name,
                  (int)days(valid_s));
}

/* What was shown in this handshake. What a ticket stands for was logged when its certificate was shown. */
static void
note_keys(struct upstream *upstream, const struct tls_facts *facts, uint64_t now_us)
{
    unsigned pin_before = upstream->keys.pin;
    /* with a pinned key of its own the server's certificate may be past its time */
    bool counts = upstream->config->verify != CONFIG_VERIFY_PIN || facts->pin_depth > 0;
    uint32_t news = key_news_seen(&upstream->keys, facts->pin_index, upstream->config->pins_count,
                                  counts ? facts->valid_s : INT64_MAX, now_us);
    if (counts)
        stats_store(&upstream->shown->ends_s, facts->ends_s > 0 ? (uint64_t)facts->ends_s : 1);
    if ((news & KEY_NEWS_CHANGED) != 0) {
        (void)stats_grow(&upstream->shown->pin_changes, 1);
        stats_store(&upstream->shown->pin_changed_us, now_us);
    }
    tell_news(upstream, news, pin_before, facts->valid_s);
}

static void
count_handshake(struct upstream *upstream, const struct tls_facts *facts)
{
    struct stats_upstream *shown = upstream->shown;
    stats_add(upstream->stats, facts->resumed ? STAT_HANDSHAKES_RESUMED : STAT_HANDSHAKES_FULL, 1);
    (void)stats_grow(facts->resumed ? &shown->handshakes_resumed : &shown->handshakes_full, 1);
    stats_store(&shown->pin_seen, (uint64_t)(facts->pin_index + 1));
    stats_store(&shown->tls,
                (uint64_t)facts->group << 32 | (uint64_t)facts->version << 16 | facts->cipher);
}

/* The certificates as they were shown. A ticket shows none. */
static void
show_chain(const struct upstream *upstream, const struct tls_session *session, uint64_t now_us)
{
    struct stats_chain_copy chain = {.seen_us = now_us};
    struct tls_show_item item;
    while (chain.count < STATS_CHAIN_MOST &&
           tls_show_certificate(session, chain.count, &item) == STATUS_OK) {
        struct stats_chain_certificate *to = &chain.of[chain.count++];
        memcpy(to->sum, item.sum, sizeof to->sum);
        memcpy(to->key, item.pin, sizeof to->key);
        to->ends_s = item.ends_s > 0 ? (uint64_t)item.ends_s : 0;
    }
    stats_chain_write(&upstream->stats->chains[upstream->index], &chain);
}

void
upstream_connected(struct upstream *upstream, const struct tls_session *session, uint64_t took_us,
                   uint64_t now_us)
{
    const struct tls_facts *facts = tls_session_facts(session);
    health_connected(upstream->health, took_us / 2 < UINT32_MAX ? (uint32_t)(took_us / 2) : 0);
    upstream->times = flights_times(upstream->health, upstream->query_ms);
    count_handshake(upstream, facts);
    if (!facts->resumed)
        show_chain(upstream, session, now_us);
    show_state(upstream, STATS_UPSTREAM_USABLE, STATS_CAUSE_NONE, now_us);
    char pin[48] = "CA and name checked";
    if (facts->pin_index >= 0)
        snprintf(pin, sizeof pin, "pin %d of %u matched%s", facts->pin_index + 1,
                 upstream->config->pins_count, facts->pin_depth > 0 ? " (issuer)" : "");
    log_write(LOG_INFO, LOG_UPSTREAM_UP, "upstream %s: connected, %s %s, %s, %s in %u ms",
              upstream->config->name, tls_show_version(facts->version),
              tls_show_cipher(facts->cipher), pin, facts->resumed ? "resumed" : "full handshake",
              (unsigned)(took_us / 1000));
    if (!facts->resumed)
        note_keys(upstream, facts, now_us);
}

/* --- bad ends -------------------------------------------------------------------------------- */

static bool
is_trust_cause(enum tls_cause cause)
{
    return cause >= TLS_CAUSE_PIN && cause <= TLS_CAUSE_DEAR;
}

static enum stats_upstream_cause
shown_cause(enum tls_cause cause)
{
    switch (cause) {
    case TLS_CAUSE_PIN:
        return STATS_CAUSE_PIN;
    case TLS_CAUSE_CA:
        return STATS_CAUSE_CA;
    case TLS_CAUSE_NAME:
        return STATS_CAUSE_NAME;
    case TLS_CAUSE_EXPIRED:
    case TLS_CAUSE_NOT_YET:
        return STATS_CAUSE_DATES;
    case TLS_CAUSE_USAGE:
    case TLS_CAUSE_DEAR:
        return STATS_CAUSE_CERTIFICATE;
    case TLS_CAUSE_VERSION:
    case TLS_CAUSE_POLICY:
    case TLS_CAUSE_CLIENT:
    case TLS_CAUSE_ALERT:
    case TLS_CAUSE_LIMIT:
    case TLS_CAUSE_REKEY:
    case TLS_CAUSE_PROTOCOL:
        return STATS_CAUSE_TLS;
    case TLS_CAUSE_NONE:
    case TLS_CAUSE_CLOSED:
    case TLS_CAUSE_AGAIN:
        break;
    }
    return STATS_CAUSE_LOST;
}

void
upstream_failed(struct upstream *upstream, uint64_t now_us)
{
    enum stats_upstream_cause cause = upstream->cause;
    bool is_refused = cause >= STATS_CAUSE_PIN && cause <= STATS_CAUSE_CERTIFICATE;
    upstream->cause = STATS_CAUSE_NONE;
    (void)stats_grow(&upstream->shown->failures, 1);
    if (upstream->ready > 0)
        return;
    show_state(upstream, is_refused ? STATS_UPSTREAM_REFUSED : STATS_UPSTREAM_DOWN,
               cause == STATS_CAUSE_NONE ? STATS_CAUSE_LOST : cause, now_us);
}

/* @return what it cost, if it was too much */
static uint64_t
count_refusal(struct upstream *upstream, const struct tls_session *session)
{
    enum tls_cause cause = tls_session_cause(session);
    uint64_t cost_us = tls_session_cpu_us(session);
    stats_add(upstream->stats, STAT_HANDSHAKES_FAILED, 1);
    if (cause == TLS_CAUSE_DEAR)
        stats_add(upstream->stats, STAT_CHAINS_DEAR, 1);
    if (cause == TLS_CAUSE_PIN) {
        stats_add(upstream->stats, STAT_PIN_MISMATCH, 1);
        (void)stats_grow(&upstream->shown->pin_mismatches, 1);
        upstream->tells_key = tls_session_facts(session)->has_leaf;
        memcpy(upstream->refused_key, tls_session_facts(session)->leaf_pin, CONFIG_PIN_BYTES);
    }
    upstream->cause = shown_cause(cause);
    if (cost_us <= TLS_DEAR_US)
        return 0;
    stats_add(upstream->stats, STAT_HANDSHAKES_DEAR, 1);
    return cost_us;
}

struct upstream_refusal
upstream_refused(struct upstream *upstream, const struct tls_session *session, int problem)
{
    enum tls_cause cause = tls_session_cause(session);
    const char *name = upstream->config->name, *error = tls_session_error(session);
    if (cause == TLS_CAUSE_AGAIN) {
        log_write(LOG_NOTICE, LOG_UPSTREAM_DOWN, "upstream %s: %s", name, error);
        return (struct upstream_refusal){
            .event = CONN_ON_RETIRE}; /* no failure: the next one is otherwise */
    }
    bool is_untrusted = is_trust_cause(cause);
    log_write(upstream_trouble(upstream), is_untrusted ? LOG_UPSTREAM_UNTRUSTED : LOG_UPSTREAM_DOWN,
              "upstream %s: %s", name, cause != TLS_CAUSE_NONE ? error : strerror(problem));
    return (struct upstream_refusal){.event = is_untrusted ? CONN_ON_UNTRUSTED : CONN_ON_BROKEN,
                                     .dear_us = count_refusal(upstream, session)};
}

/* A handshake more would end the same way, so there is none for a while. */
static void
leave_alone(struct upstream *upstream, const char *why, uint64_t now_us)
{
    uint64_t wait_us = avoid_for(&upstream->useless, now_us);
    upstream->dial_us = upstream->useless.until_us;
    log_write(LOG_WARNING, LOG_UPSTREAM_DOWN,
              "upstream %s: %s, before it answered anything; it is not asked for %" PRIu64
              " s. It must speak TLS 1.2 with us (tls.versions), or change its keys less often",
              upstream->config->name, why, wait_us / 1000000);
}

bool
upstream_ended(struct upstream *upstream, const struct tls_session *session, bool is_heard,
               uint64_t now_us)
{
    enum tls_cause cause = tls_session_cause(session);
    const char *why = tls_session_error(session), *name = upstream->config->name;
    if (cause == TLS_CAUSE_AGAIN || (cause == TLS_CAUSE_REKEY && is_heard)) {
        /* its queries are asked on the next connection, and nothing is held against it */
        log_write(cause == TLS_CAUSE_AGAIN ? LOG_NOTICE : LOG_INFO, LOG_UPSTREAM_DOWN,
                  "upstream %s: %s; a new connection is made", name, why);
        return true;
    }
    if (cause == TLS_CAUSE_REKEY)
        leave_alone(upstream, why, now_us);
    else if (!is_heard) /* a TLS 1.3 server may judge us after our handshake is over */
        log_write(upstream_trouble(upstream), LOG_UPSTREAM_DOWN, "upstream %s: %s", name, why);
    return false;
}

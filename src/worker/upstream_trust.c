/* upstream_trust.c - what TLS says about an upstream: news of its keys and certificates before they
 * SPDX-License-Identifier: ISC
 * become an outage, and what a session's bad end means for it */
#include "upstream/upstream_trust.h"
#include "worker/control.h"
#include "worker/upstream_life.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int64_t
days(int64_t seconds)
{
    return seconds / 86400;
}

void
upstream_note_trust(struct upstream_conn *conn)
{
    const struct tls_facts *facts = tls_session_facts(conn->tls);
    struct upstream *upstream = conn->upstream;
    if (facts->resumed)
        return; /* what a ticket vouches for was told when it was shown */
    unsigned pin_before = upstream->trust.pin;
    /* with a pinned key of its own the server's certificate may be past its time */
    bool counts = upstream->config->verify != CONFIG_VERIFY_PIN || facts->pin_depth > 0;
    int64_t valid_s = counts ? facts->valid_s : INT64_MAX;
    uint32_t news = upstream_trust_seen(&upstream->trust, facts->pin_index,
                                        upstream->config->pins_count, valid_s, now_of(conn));
    const char *name = upstream->config->name;
    unsigned pin = upstream->trust.pin, count = upstream->config->pins_count;
    if (counts)
        atomic_store_explicit(&upstream->stats->valid_days,
                              facts->valid_s > 0 ? (uint64_t)days(facts->valid_s) + 1 : 1,
                              memory_order_relaxed);
    if ((news & UPSTREAM_KEY_CHANGED) != 0) {
        add_to(&upstream->stats->pin_changes, 1);
        log_write(LOG_NOTICE, LOG_PIN,
                  "upstream %s: the key in use changed: pin %u of %u before, "
                  "pin %u now",
                  name, pin_before, count, pin);
    }
    if ((news & UPSTREAM_KEY_IS_BACKUP) != 0)
        log_write(LOG_WARNING, LOG_PIN, "upstream %s: backup pin matched: pin %u of %u", name, pin,
                  count);
    if ((news & UPSTREAM_KEY_IS_LAST) != 0)
        log_write(LOG_WARNING, LOG_PIN,
                  "upstream %s: last known pin in use: put the next backup key behind it, or the "
                  "next change of key is an outage",
                  name);
    if ((news & UPSTREAM_KEY_ENDS_SOON) != 0)
        log_write(LOG_WARNING, LOG_CERTIFICATE,
                  "upstream %s: its certificate ends in %d days, or our clock is ahead", name,
                  (int)days(facts->valid_s));
}

/* --- bad ends -------------------------------------------------------------------------------- */

static bool
is_trust_cause(enum tls_cause cause)
{
    return cause >= TLS_CAUSE_PIN && cause <= TLS_CAUSE_DEAR;
}

/* @return it was too much */
static bool
note_cost(struct upstream_conn *conn)
{
    if (tls_session_cpu_us(conn->tls) <= TLS_DEAR_US)
        return false;
    stats_add(conn->worker->stats, STAT_HANDSHAKES_DEAR, 1);
    return true;
}

void
upstream_tls_refused(struct upstream_conn *conn)
{
    enum tls_cause cause = tls_session_cause(conn->tls);
    const char *name = conn->upstream->config->name;
    if (cause == TLS_CAUSE_AGAIN) {
        log_write(LOG_NOTICE, LOG_UPSTREAM_DOWN, "upstream %s: %s", name,
                  tls_session_error(conn->tls));
        upstream_step_conn(conn, CONN_ON_RETIRE); /* no failure: the next one is otherwise */
        return;
    }
    stats_add(conn->worker->stats, STAT_HANDSHAKES_FAILED, 1);
    if (cause == TLS_CAUSE_DEAR)
        stats_add(conn->worker->stats, STAT_CHAINS_DEAR, 1);
    if (note_cost(conn)) /* no lane is to pay that again soon */
        control_dear(conn->upstream->index, tls_session_cpu_us(conn->tls));
    if (cause == TLS_CAUSE_PIN)
        stats_add(conn->worker->stats, STAT_PIN_MISMATCH, 1);
    bool is_untrusted = is_trust_cause(cause);
    log_write(upstream_trouble(conn), is_untrusted ? LOG_UPSTREAM_UNTRUSTED : LOG_UPSTREAM_DOWN,
              "upstream %s: %s", name,
              cause != TLS_CAUSE_NONE ? tls_session_error(conn->tls) : strerror(errno));
    upstream_step_conn(conn, is_untrusted ? CONN_ON_UNTRUSTED : CONN_ON_BROKEN);
}

/* A handshake more would end the same way, so there is none for a while. */
static void
leave_alone(struct upstream_conn *conn)
{
    struct upstream *upstream = conn->upstream;
    uint64_t wait_us = avoid_for(&upstream->useless, now_of(conn));
    upstream->dial_us = upstream->useless.until_us;
    log_write(LOG_WARNING, LOG_UPSTREAM_DOWN,
              "upstream %s: %s, before it answered anything; it is not asked for %" PRIu64
              " s. It must speak TLS 1.2 with us (tls.versions), or change its keys less often",
              upstream->config->name, tls_session_error(conn->tls), wait_us / 1000000);
}

void
upstream_tls_ended(struct upstream_conn *conn)
{
    enum tls_cause cause = tls_session_cause(conn->tls);
    const char *why = tls_session_error(conn->tls), *name = conn->upstream->config->name;
    bool is_heard = conn->answers > 0;
    if (cause == TLS_CAUSE_AGAIN || (cause == TLS_CAUSE_REKEY && is_heard)) {
        /* its questions are asked on the next connection, and nothing is held against it */
        log_write(cause == TLS_CAUSE_AGAIN ? LOG_NOTICE : LOG_INFO, LOG_UPSTREAM_DOWN,
                  "upstream %s: %s; a new connection is made", name, why);
        upstream_step_conn(conn, CONN_ON_ENDED);
        return;
    }
    if (cause == TLS_CAUSE_REKEY)
        leave_alone(conn);
    else if (!is_heard) /* a TLS 1.3 server may judge us after our handshake is over */
        log_write(upstream_trouble(conn), LOG_UPSTREAM_DOWN, "upstream %s: %s", name, why);
    upstream_lost(conn, why);
}

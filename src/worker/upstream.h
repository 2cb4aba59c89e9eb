/* upstream.h - one upstream: what is known of it and counted, common to all its connections
 * SPDX-License-Identifier: ISC
 *
 * What: health, rates, what was learned of its habits, how many connections it has in which state;
 *       and what TLS says about it: news of its keys and certificates before they become an outage,
 *       and what the bad end of a session means for it.
 * Who:  worker: connections write here, the pool reads.
 * Ref:  docs/LIMITS.md "upstream", "tls".
 */
#pragma once

#include "base/leak.h"
#include "dns/dns_query.h"
#include "lane/avoid.h"
#include "lane/stats.h"
#include "os/log.h"
#include "upstream/choice.h"
#include "upstream/conn_fsm.h"
#include "upstream/flights.h"
#include "upstream/key_news.h"
#include "upstream/repeats.h"
#include "worker/tls_session.h"

struct upstream {
    unsigned index;
    uint32_t peers;                       /* set: all that share a group with it, itself included */
    const struct config_upstream *config; /* borrowed */
    struct health *health;                /* borrowed */
    struct stats_upstream *shown;         /* its part of the statistics page, borrowed */
    struct stats_page *stats;             /* borrowed */
    struct tls_context *tls;              /* borrowed */
    uint32_t query_ms;                    /* a query's life */
    uint32_t qps;                         /* queries per second at most; 0: no limit */
    struct watch_times times;             /* as its health has them now */
    unsigned ready, opening;              /* connections that are READY; WANTED to HANDSHAKE */
    unsigned suspects;                    /* connections that are not WATCH_CALM */
    bool wants_place;                     /* one could not be opened: all places are taken */
    struct leak rate;                     /* queries, where qps is not 0 */
    struct leak dials;                    /* quarters of full handshakes */
    uint64_t dial_us;                     /* no connection is opened before, beside back-off */
    uint64_t heard_us;                    /* an answer last */
    uint64_t spoke_us;                    /* anything last, on any connection */
    uint64_t probed_us;                   /* a probe of a quiet upstream last, and */
    uint64_t probed_asked;                /* how many queries there had been then */
    uint64_t server_idle_us;              /* it closes idle connections after; 0: not known */
    struct health_quota quota;            /* queries on one connection */
    struct key_news keys;
    struct repeats wrong;                  /* names about which it answered with an error */
    struct avoid useless;                  /* its connections end before they are of use */
    uint8_t refused_key[CONFIG_PIN_BYTES]; /* that no pin matches, shown last */
    bool tells_key;                        /* the supervisor has not heard of it */
    enum stats_upstream_cause cause; /* of the failure that is counted next; NONE: it is lost */
};

/** The level for one more line about this upstream's failures: each is rarer than the last. */
enum log_level upstream_trouble(const struct upstream *upstream);

/** Does its rate allow one more query? */
bool upstream_is_in_rate(const struct upstream *upstream, uint64_t now_us);

/** A query was written: it counts toward the rate. */
void upstream_spend(struct upstream *upstream, uint64_t now_us);

/** A handshake is done. @param took_us  since the connection was wanted */
void upstream_connected(struct upstream *upstream, const struct tls_session *session,
                        uint64_t took_us, uint64_t now_us);

/** A connection failed: that is counted, and shown if it was the last. */
void upstream_failed(struct upstream *upstream, uint64_t now_us);

/** A response came. @param is_sound  false: unusable */
void upstream_answered(struct upstream *upstream, uint32_t rtt_us, bool is_sound, uint64_t now_us);

/** Does an RCODE say that a server cannot, rather than something about the name? */
bool upstream_is_error(uint16_t rcode);

/** A response that can be passed on, or an error without a question. @param question  it is about */
void upstream_said(struct upstream *upstream, uint16_t rcode, const struct dns_question *question);

struct upstream_refusal {
    enum conn_event event; /* what it means for the connection */
    uint64_t dear_us;      /* CPU time that it cost, if it was too much; 0: it was not */
};

/** A handshake failed, or its socket did. @param problem  errno of the socket */
struct upstream_refusal upstream_refused(struct upstream *upstream,
                                         const struct tls_session *session, int problem);

/** TLS ended badly after the handshake. @param is_heard  it had answered on this connection
 *  @return true: as if the server had closed it; false: the connection is lost */
bool upstream_ended(struct upstream *upstream, const struct tls_session *session, bool is_heard,
                    uint64_t now_us);

/* upstream_trust.c - tell the operator about keys and certificates before they become an outage */
#include "core/upstream_trust.h"
#include "worker/upstream_life.h"

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

/* balancers.c - see balancers.h
 * SPDX-License-Identifier: ISC
 */
#include "front/balancers.h"

#include "base/bytes.h"
#include "os/log.h"

void
balancers_change(struct balancers *balancers, const struct config *config, struct stats_page *stats)
{
    balancers->stats = stats;
    balancers->has_some = config->proxy_count > 0;
    if (acl_init(&balancers->listed, config->proxy, config->proxy_count, NULL, 0) != STATUS_OK)
        log_fatal("the access list does not accept proxy of the configuration");
}

bool
balancers_has(const struct balancers *balancers, const struct addr *from)
{
    return balancers->has_some && acl_allows(&balancers->listed, from);
}

void
balancers_count(struct balancers *balancers, enum proxy_header_verdict verdict)
{
    stats_add(balancers->stats,
              verdict == PROXY_HEADER_LOCAL ? STAT_PROXY_LOCAL : STAT_PROXY_CLIENTS, 1);
}

bool
balancers_strays(struct balancers *balancers, const uint8_t *message, size_t size,
                 struct verdict *verdict)
{
    if (!proxy_header_begins(message, size))
        return false;
    stats_add(balancers->stats, STAT_PROXY_STRAY, 1);
    *verdict = verdict_drop(WHY_PROXY);
    return true;
}

static enum stats_counter
counter_of(enum proxy_header_verdict verdict)
{
    switch (verdict) {
    case PROXY_HEADER_NONE:
        return STAT_PROXY_MISSING;
    case PROXY_HEADER_VERSION:
        return STAT_PROXY_VERSION;
    case PROXY_HEADER_ADDRESS:
        return STAT_PROXY_ADDRESS;
    case PROXY_HEADER_CLIENT: /* not refused */
    case PROXY_HEADER_LOCAL:
    case PROXY_HEADER_MORE:
    case PROXY_HEADER_MALFORMED:
        break;
    }
    return STAT_PROXY_MALFORMED;
}

static const char *
text_of(enum stats_counter counter)
{
    return counter == STAT_PROXY_MISSING   ? "no PROXY header"
           : counter == STAT_PROXY_VERSION ? "a PROXY header of another version than 2"
           : counter == STAT_PROXY_ADDRESS
               ? "a PROXY header without an address that a client can have"
               : "a malformed PROXY header";
}

void
balancers_refuse(struct balancers *balancers, const struct addr *from,
                 enum proxy_header_verdict verdict, const char *what, const struct clock_time *now)
{
    enum stats_counter counter = counter_of(verdict);
    char text[ADDR_TEXT_MAX];
    stats_add(balancers->stats, counter, 1);
    if (!notice_is_due(&balancers->refused, now->now_ms))
        return;
    log_write(LOG_WARNING, LOG_BALANCER,
              "%s, listed in proxy, sent %s: its %s is dropped; %llu of all balancers since the "
              "last such line",
              addr_format(from, text), text_of(counter), what,
              (unsigned long long)balancers->refused.skipped);
    balancers->refused.skipped = 0;
}

bool
balancers_unwrap(struct balancers *balancers, struct query_client *client, const uint8_t **message,
                 size_t *size, const struct clock_time *now, struct verdict *verdict)
{
    struct proxy_header header;
    if (client->transport != QUERY_UDP || !acl_allows(&balancers->listed, &client->addr))
        return true;
    enum proxy_header_verdict said = proxy_header_read(*message, *size, &header);
    if (said != PROXY_HEADER_CLIENT && said != PROXY_HEADER_LOCAL) {
        balancers_refuse(balancers, &client->addr, said, "datagram", now);
        *verdict = verdict_drop(WHY_PROXY);
        return false;
    }
    struct bytes_reader r = bytes_reader(*message, *size);
    bytes_skip(&r, header.size);
    *size = bytes_left(&r);
    *message = bytes_get_view(&r, *size);
    balancers_count(balancers, said);
    if (said == PROXY_HEADER_CLIENT) {
        client->balancer = client->addr;
        client->addr = header.source;
    }
    return true;
}

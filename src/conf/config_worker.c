/* config_worker.c - see config_worker.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_worker.h"

#include <stddef.h>
#include <string.h>

#define MEMBER(field)                                                                              \
    {                                                                                              \
        offsetof(struct config, field), sizeof((struct config *)0)->field                          \
    }

static const struct {
    size_t offset, size;
} members[] = {
    MEMBER(user), /* the account it becomes */
    MEMBER(strategy),
    MEMBER(upstreams_count),
    MEMBER(upstreams),
    MEMBER(tls_ca_file), /* named in an error */
    MEMBER(tls_versions),
    MEMBER(query_ms),
    MEMBER(connect_ms),
    MEMBER(upstream_idle_ms),
    MEMBER(queries),
    MEMBER(upstream_connections),
    MEMBER(upstream_in_flight),
    MEMBER(handshakes_per_s),
    MEMBER(handshakes_burst),
    MEMBER(retry_percent),
    MEMBER(hedge_percent),
    MEMBER(verbose),
};

#define MEMBERS (sizeof members / sizeof members[0])

void
config_for_worker(const struct config *config, struct config *worker)
{
    config_set_defaults(worker);
    for (size_t i = 0; i < MEMBERS; i++)
        memcpy((char *)worker + members[i].offset, (const char *)config + members[i].offset,
               members[i].size);
}

bool
config_is_same_for_worker(const struct config *a, const struct config *b)
{
    for (size_t i = 0; i < MEMBERS; i++)
        if (memcmp((const char *)a + members[i].offset, (const char *)b + members[i].offset,
                   members[i].size) != 0)
            return false;
    return true;
}

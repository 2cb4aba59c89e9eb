/* source.c - see source.h
 * SPDX-License-Identifier: ISC
 */
#include "front/source.h"

#include "os/log.h"

void
source_change(struct source *source, const struct config *config, const struct acl *acl,
              const struct addr_lengths *set)
{
    source->config = config;
    source->set = set;
    source->acl = *acl;
    memset(&source->ports, 0, sizeof source->ports);
    for (uint32_t i = 0; i < config->filter_ports_count; i++)
        acl_reflectors_add(&source->ports, (uint16_t)config->filter_ports[i]);
}

/* Is this a source that no client can have? */
static bool
is_martian(const struct source *source, const struct query_client *client)
{
    const struct addr *us = client->local.family != ADDR_NONE
                                ? &client->local
                                : &source->config->listen[client->listener];
    if (client->addr.port == 0) /* no answer could be sent there */
        return true;
    if (!source->config->filter_martians)
        return false;
    struct addr asked = *us;
    asked.port = source->config->listen[client->listener].port;
    return acl_is_martian(&client->addr, &asked) ||
           (client->transport == QUERY_UDP &&
            acl_reflectors_has(&source->ports, client->addr.port));
}

static void
tell_denied(struct source *source, const struct addr *client, const char *what, uint64_t at_ms)
{
    const struct addr_lengths *set = source->set;
    unsigned family = addr_family_index(client);
    char text[ADDR_TEXT_MAX];
    if (!notice_is_due(&source->denied, at_ms))
        return;
    log_write(LOG_NOTICE, LOG_CLIENT_REFUSED,
              "%s is not on the access list: its %s is dropped; %llu of all such clients since the "
              "last such line",
              notice_network(client, set->lengths[family][set->counts[family] - 1], text), what,
              (unsigned long long)source->denied.skipped);
    source->denied.skipped = 0;
}

bool
source_pass(struct source *source, const struct query_client *client, const char *what,
            const struct clock_time *now, struct verdict *verdict)
{
    if (is_martian(source, client)) {
        *verdict = verdict_drop(WHY_MARTIAN);
        return false;
    }
    if (!acl_allows(&source->acl, &client->addr)) {
        tell_denied(source, &client->addr, what, now->now_ms);
        *verdict = verdict_drop(WHY_ACL);
        return false;
    }
    return true;
}

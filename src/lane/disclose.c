/* disclose.c - see disclose.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/disclose.h"

#include <string.h>

static void
tell_network(const struct disclose *disclose, const struct addr *client, struct event *event)
{
    struct addr network = *client;
    bool is_ipv4 = client->family == ADDR_IPV4;
    event->client_kind = EVENTS_CLIENT_NETWORK;
    event->client_family = client->family;
    event->client_length = is_ipv4 ? disclose->ipv4_length : disclose->ipv6_length;
    addr_mask(&network, event->client_length);
    memcpy(event->client, network.bytes, sizeof network.bytes);
}

static void
tell_pseudonym(const struct disclose *disclose, const struct addr *client, struct event *event)
{
    uint8_t asked[1 + sizeof client->bytes] = {client->family};
    memcpy(asked + 1, client->bytes, sizeof client->bytes);
    uint64_t pseudonym = hash_siphash24(&disclose->key, asked, sizeof asked);
    event->client_kind = EVENTS_CLIENT_PSEUDONYM;
    memcpy(event->client, &pseudonym, sizeof pseudonym);
}

static void
tell_address(const struct addr *client, struct event *event)
{
    event->client_kind = EVENTS_CLIENT_ADDRESS;
    event->client_family = client->family;
    event->client_port = client->port;
    memcpy(event->client, client->bytes, sizeof client->bytes);
}

void
disclose_client(const struct disclose *disclose, const struct addr *client, struct event *event)
{
    event->client_kind = EVENTS_CLIENT_NONE;
    event->client_family = ADDR_NONE;
    event->client_length = 0;
    event->client_port = 0;
    memset(event->client, 0, sizeof event->client);
    if (client->family == ADDR_NONE)
        return;
    switch (disclose->clients) {
    case EVENTS_CLIENT_NONE:
        break;
    case EVENTS_CLIENT_NETWORK:
        tell_network(disclose, client, event);
        break;
    case EVENTS_CLIENT_PSEUDONYM:
        tell_pseudonym(disclose, client, event);
        break;
    case EVENTS_CLIENT_ADDRESS:
        tell_address(client, event);
        break;
    }
}

/* Where the last labels begin. */
static size_t
suffix_at(const struct dns_name *name)
{
    size_t begins[DISCLOSE_SUFFIX_LABELS] = {0}, labels = 0;
    for (size_t at = 0; at < name->size && name->wire[at] != 0; at += (size_t)name->wire[at] + 1)
        begins[labels++ % DISCLOSE_SUFFIX_LABELS] = at;
    return labels < DISCLOSE_SUFFIX_LABELS ? 0 : begins[labels % DISCLOSE_SUFFIX_LABELS];
}

void
disclose_name(const struct disclose *disclose, const struct dns_name *name, struct event *event)
{
    event->name_kind = (uint8_t)disclose->names;
    event->name_size = 0;
    if (disclose->names == EVENTS_NAME_NONE)
        return;
    size_t at = disclose->names == EVENTS_NAME_SUFFIX ? suffix_at(name) : 0;
    event->name_size = (uint8_t)(name->size - at);
    memcpy(event->name, name->wire + at, event->name_size);
}

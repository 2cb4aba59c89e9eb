/* import_acl.c - see import_acl.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_acl.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX   60
#define BITS_IPV4   32
#define BITS_IPV6   128
#define BITS_MAPPED 96 /* before an IPv4 address in IPv6 */

/* "/24": up to three digits. @return -1: none, or not that */
static int
length_of(const char *text)
{
    int length = 0, digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 4; digits++)
        length = length * 10 + (text[digits] - '0');
    return digits >= 1 && digits <= 3 && text[digits] == '\0' ? length : -1;
}

static bool
parse(const char *network, struct addr_prefix *prefix)
{
    char address[ADDR_TEXT_MAX];
    size_t size = strcspn(network, "/");
    if (size >= sizeof address)
        return false;
    memcpy(address, network, size);
    address[size] = '\0';
    *prefix = (struct addr_prefix){0};
    if (addr_parse(address, 0, &prefix->addr) != STATUS_OK || prefix->addr.port != 0 ||
        prefix->addr.scope != 0)
        return false;
    bool is_ipv4 = prefix->addr.family == ADDR_IPV4, has_colon = strchr(address, ':') != NULL;
    int bits = is_ipv4 ? BITS_IPV4 : BITS_IPV6;
    int length = network[size] == '\0' ? bits : length_of(network + size + 1);
    if (is_ipv4 && has_colon && network[size] != '\0')
        length -= BITS_MAPPED;
    if (length < 0 || length > bits)
        return false;
    prefix->length = (uint8_t)length;
    addr_mask(&prefix->addr, (unsigned)length);
    return true;
}

bool
import_acl_add(struct import_draft *draft, uint32_t line, const char *key, const char *network,
               bool is_allowed)
{
    struct import_draft_client client = {.line = line, .key = key, .is_allowed = is_allowed};
    if (!parse(network, &client.prefix)) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "\"%.*s\" is no network", SHOWN_MAX,
                         network);
        return false;
    }
    if (is_allowed && client.prefix.addr.family == ADDR_IPV4 && strchr(network, ':') != NULL) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key,
                         "no client has an address of IPv4 in IPv6: name the network of IPv4");
        return false;
    }
    for (uint32_t i = 0; i < draft->clients_count; i++)
        if (memcmp(&draft->clients[i].prefix, &client.prefix, sizeof client.prefix) == 0) {
            if (draft->clients[i].line != 0)
                import_draft_say(draft, IMPORT_DRAFT_LOST, draft->clients[i].line,
                                 draft->clients[i].key, "line %u says otherwise, or the same",
                                 line);
            draft->clients[i] = client;
            return true;
        }
    if (draft->clients_count == IMPORT_DRAFT_CLIENTS_MAX) {
        draft->is_overfull = true;
        return false;
    }
    draft->clients[draft->clients_count++] = client;
    return true;
}

void
import_acl_forget(struct import_draft *draft)
{
    for (uint32_t i = 0; i < draft->clients_count; i++)
        if (draft->clients[i].line != 0)
            import_draft_say(draft, IMPORT_DRAFT_LOST, draft->clients[i].line,
                             draft->clients[i].key, "a later line begins the list anew");
    draft->clients_count = 0;
}

static bool
is_within(const struct addr_prefix *inner, const struct addr_prefix *outer)
{
    if (inner->addr.family != outer->addr.family || inner->length < outer->length)
        return false;
    struct addr cut = inner->addr;
    addr_mask(&cut, outer->length);
    return addr_is_equal(&cut, &outer->addr);
}

static bool
is_within_other(const struct import_draft *draft, const struct import_draft_client *client,
                bool is_allowed)
{
    for (uint32_t i = 0; i < draft->clients_count; i++) {
        const struct import_draft_client *other = &draft->clients[i];
        if (other != client && other->is_allowed == is_allowed &&
            is_within(&client->prefix, &other->prefix))
            return true;
    }
    return false;
}

static bool
add(struct import_draft *draft, const struct import_draft_client *client, enum config_row_id row)
{
    char text[ADDR_TEXT_MAX];
    return import_draft_add(draft, client->line, client->line == 0 ? NULL : client->key, row,
                            addr_prefix_format(&client->prefix, text));
}

/* It matters where an allowed network is around it, and nowhere else. @return false: there are more
 * than acl.deny has room for */
static bool
settle_denied(struct import_draft *draft, struct import_draft_client *client)
{
    client->is_row = is_within_other(draft, client, true);
    if (client->is_row)
        return add(draft, client, CONFIG_ROW_deny);
    import_draft_say(draft, IMPORT_DRAFT_CARRIED, client->line, client->key,
                     "what is always so: who is not in acl.allow is not served");
    return true;
}

static void
settle_allowed(struct import_draft *draft, const struct import_draft_client *client)
{
    for (uint32_t i = 0; i < draft->clients_count; i++) {
        const struct import_draft_client *other = &draft->clients[i];
        if (!other->is_row || !is_within(&client->prefix, &other->prefix))
            continue;
        import_draft_say(draft, IMPORT_DRAFT_LOST, client->line, client->key,
                         "it is within a network that line %u denies, and acl.deny has no "
                         "exceptions",
                         other->line);
        return;
    }
    (void)add(draft, client, CONFIG_ROW_allow);
}

void
import_acl_settle(struct import_draft *draft)
{
    bool is_whole = true;
    if (draft->clients_count == 0)
        return;
    import_draft_empty(draft, CONFIG_ROW_allow);
    for (uint32_t i = 0; i < draft->clients_count; i++)
        if (!draft->clients[i].is_allowed)
            is_whole = settle_denied(draft, &draft->clients[i]) && is_whole;
    for (uint32_t i = 0; is_whole && i < draft->clients_count; i++)
        if (draft->clients[i].is_allowed)
            settle_allowed(draft, &draft->clients[i]);
    if (!is_whole)
        import_draft_say(draft, IMPORT_DRAFT_NOTE, 0, "acl.allow",
                         "nobody is served: not every network that is denied has room in acl.deny");
}

/* fuzz_import.c - a configuration of another program becomes a sound policy, or nothing
 * SPDX-License-Identifier: ISC
 *
 * The first octet says whose it is, or leaves that to be told; the rest is the file. What comes out
 * loads, has upstreams that are all authenticated, and serves no address whose longest network in the
 * file is denied or which has none; a route asks no server that the file does not name for the zone,
 * and every other name is asked of no server that the file names for a zone alone. Findings are
 * printable lines in the order of the file. Where nothing is usable, there is no text.
 */
#include "import/import.h"
#include "import/import_report.h"

#include "conf/config_load.h"

#include "fuzz.h"

#include <string.h>

static struct import_draft draft;
static char policy[IMPORT_POLICY_BYTES];
static unsigned long sound[IMPORT_KEYS_PEERS], routes;

static bool
is_in(const struct addr *addr, const struct addr_prefix *prefix)
{
    struct addr cut = *addr;
    if (addr->family != prefix->addr.family)
        return false;
    addr_mask(&cut, prefix->length);
    return addr_is_equal(&cut, &prefix->addr);
}

static bool
is_served(const struct addr *addr)
{
    bool is_allowed = false;
    for (uint32_t i = 0; i < draft.config.deny_count; i++)
        if (is_in(addr, &draft.config.deny[i]))
            return false;
    for (uint32_t i = 0; i < draft.config.allow_count; i++)
        is_allowed = is_allowed || is_in(addr, &draft.config.allow[i]);
    return is_allowed;
}

static bool
was_served(const struct addr *addr)
{
    int longest = -1;
    bool is_allowed = false;
    for (uint32_t i = 0; i < draft.clients_count; i++) {
        const struct import_draft_client *client = &draft.clients[i];
        if (!is_in(addr, &client->prefix) || client->prefix.length < longest)
            continue;
        longest = client->prefix.length;
        is_allowed = client->is_allowed;
    }
    return is_allowed;
}

static void
check_clients(void)
{
    for (uint32_t i = 0; i < draft.clients_count; i++) {
        struct addr first = draft.clients[i].prefix.addr, last = first;
        unsigned bits = first.family == ADDR_IPV4 ? 32 : 128;
        for (unsigned bit = draft.clients[i].prefix.length; bit < bits; bit++)
            last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        must(!is_served(&first) || was_served(&first));
        must(!is_served(&last) || was_served(&last));
    }
}

static void
check_upstreams(void)
{
    must(draft.config.upstreams_count > 0);
    for (uint32_t i = 0; i < draft.config.upstreams_count; i++) {
        const struct config_upstream *upstream = &draft.config.upstreams[i];
        must(upstream->pins_count > 0 || upstream->tls_name[0] != '\0');
        must((upstream->verify == CONFIG_VERIFY_CA) == (upstream->pins_count == 0));
    }
}

/* Is the upstream one of the servers that the file names for the group? */
static bool
is_of_group(const struct config_upstream *upstream, uint32_t group)
{
    for (uint32_t i = 0; i < draft.upstreams_count; i++) {
        const struct import_draft_upstream *from = &draft.upstreams[i];
        struct addr addr;
        if (from->group == group && from->lost == NULL &&
            addr_parse(from->address, upstream->address.port, &addr) == STATUS_OK &&
            addr_is_equal(&addr, &upstream->address))
            return true;
    }
    return false;
}

/* @return is the name one of the file's zones, to be asked of a group that has the upstream? */
static bool
is_of_zone(const struct config_upstream *upstream, const char *name)
{
    for (uint32_t i = 0; i < draft.zones_count; i++)
        if (draft.zones[i].lost == NULL && strcmp(draft.zones[i].name, name) == 0)
            return is_of_group(upstream, draft.zones[i].group);
    return false;
}

static void
check_routes(void)
{
    uint32_t routed = 0;
    for (uint32_t i = 0; i < draft.config.routes_count; i++) {
        const struct config_route *route = &draft.config.routes[i];
        for (uint32_t u = 0; u < draft.config.upstreams_count; u++)
            for (uint32_t r = 0; r < route->upstreams_count; r++) {
                if (strcmp(route->upstreams[r], draft.config.upstreams[u].name) != 0)
                    continue;
                routed |= UINT32_C(1) << u;
                for (uint32_t n = 0; n < route->names_count; n++)
                    must(is_of_zone(&draft.config.upstreams[u], route->names[n]));
            }
    }
    for (uint32_t u = 0; u < draft.config.upstreams_count; u++)
        must((routed >> u & 1) != 0 || is_of_group(&draft.config.upstreams[u], IMPORT_DRAFT_REST));
    routes += draft.config.routes_count;
}

static void
check_findings(void)
{
    char line[IMPORT_REPORT_LINE_MAX];
    uint32_t before = 0, counts[IMPORT_DRAFT_NOTE + 1] = {0};
    for (uint32_t i = 0; i < draft.findings_count; i++) {
        import_report_line(&draft, i, "f", line);
        size_t size = strlen(line);
        must(size > 0 && line[size - 1] == '\n' && draft.findings[i].line >= before);
        for (size_t c = 0; c + 1 < size; c++)
            must(line[c] >= ' ' && line[c] <= '~');
        before = draft.findings[i].line;
        counts[draft.findings[i].kind]++;
    }
    must(memcmp(counts, draft.counts, sizeof counts) == 0);
}

void
fuzz_reached(void)
{
    for (unsigned peer = 0; peer < IMPORT_KEYS_PEERS; peer++)
        must(sound[peer] > 0);
    must(routes > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    enum import_keys_peer peer = data[0] % (IMPORT_KEYS_PEERS + 1);
    if (peer == IMPORT_KEYS_PEERS && !import_peer(NULL, text, size - 1, &peer))
        return 0;
    if (import_make(peer, text, size - 1, &draft, policy) != STATUS_OK) {
        must(policy[0] == '\0');
        check_findings();
        return 0;
    }
    static struct config again;
    static const char *const none[] = {NULL};
    struct config_error error;
    struct config_source source = {
        .file = "policy", .text = policy, .text_size = strlen(policy), .environ = none};
    must(config_load(&source, &again, &error) == STATUS_OK);
    must(memcmp(&again, &draft.config, sizeof again) == 0);
    check_upstreams();
    check_routes();
    check_clients();
    check_findings();
    sound[peer]++;
    return 0;
}

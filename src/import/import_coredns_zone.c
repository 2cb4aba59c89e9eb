/* import_coredns_zone.c - see import_coredns_zone.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_coredns_zone.h"

#include "conf/config_judge.h"
#include "import/import_listen.h"

#include <string.h>

static const char is_elsewhere[] =
    "it is not served at every address of the zone \".\", and a route is";
static const char is_hidden[] = "a block of a longer name has it";

void
import_coredns_zone_open(struct import_coredns_zone *z, struct import_draft *draft)
{
    memset(z, 0, sizeof *z);
    z->draft = draft;
}

/* --- a block --------------------------------------------------------------------------------- */

bool
import_coredns_zone_block(struct import_coredns_zone *z)
{
    if (z->blocks_count == IMPORT_COREDNS_ZONE_BLOCKS_MAX)
        return false;
    z->blocks_count++;
    z->first_zone = z->draft->zones_count;
    z->is_root = false;
    return true;
}

void
import_coredns_zone_add(struct import_coredns_zone *z, uint32_t line, const char *word)
{
    char name[VALUE_TEXT_MAX], port[IMPORT_DRAFT_PORT_TEXT_MAX], any[VALUE_TEXT_MAX];
    struct addr addr = {0};
    bool is_read = import_listen_part(word, ':', name, port);
    import_listen_join(any, "0.0.0.0", port[0] == '\0' ? "53" : port);
    if (!is_read || addr_parse(any, 0, &addr) != STATUS_OK) {
        import_draft_say(z->draft, IMPORT_DRAFT_LOST, line, "zone", "its port is no number");
        return;
    }
    uint32_t zone = import_draft_zone(z->draft, line, "zone", name, import_draft_group(z->draft));
    if (zone == IMPORT_DRAFT_NOWHERE)
        return;
    z->block_of[zone] = z->blocks_count;
    z->port_of[zone] = addr.port;
    z->draft->zones[zone].lost = "no forward has it";
}

void
import_coredns_zone_bind(struct import_coredns_zone *z, const char *address)
{
    unsigned at = z->binds[z->blocks_count].count;
    struct addr addr;
    if (at == IMPORT_COREDNS_ZONE_BINDS_MAX)
        return;
    if (addr_parse(address, 0, &addr) != STATUS_OK)
        addr.family = ADDR_NONE; /* an interface; it equals nothing */
    z->binds[z->blocks_count].addresses[at] = addr;
    z->binds[z->blocks_count].count++;
}

bool
import_coredns_zone_is_named(const struct import_coredns_zone *z)
{
    return z->draft->zones_count > z->first_zone;
}

/* --- forwards -------------------------------------------------------------------------------- */

/* "" has every name. */
static bool
has(const char *zone, const char *name)
{
    return zone[0] == '\0' || config_judge_is_within(name, zone);
}

static bool
is_above(const struct import_coredns_zone *z, const struct import_coredns_zone_forward *forward)
{
    for (uint32_t i = 0; i < z->forwards_count; i++)
        if (z->forwards[i].block == forward->block && has(z->forwards[i].name, forward->name))
            return true;
    return false;
}

/* The block's zones that the forward has as a whole become its own. @return are there any? */
static bool
take_zones(struct import_coredns_zone *z, const struct import_coredns_zone_forward *forward)
{
    bool takes_any = false;
    for (uint32_t i = z->first_zone; i < z->draft->zones_count; i++) {
        struct import_draft_zone *zone = &z->draft->zones[i];
        if (!has(forward->name, zone->name))
            continue;
        takes_any = true;
        if (z->is_asked[i])
            continue; /* the first one counts */
        z->is_asked[i] = true;
        zone->group = forward->group;
        zone->lost = NULL;
    }
    return takes_any;
}

/* The longest zone of the block that has the forward's name. */
static uint32_t
find_zone(const struct import_coredns_zone *z, const char *name)
{
    uint32_t found = IMPORT_DRAFT_NOWHERE;
    size_t longest = 0;
    for (uint32_t i = z->first_zone; i < z->draft->zones_count; i++) {
        const char *zone = z->draft->zones[i].name;
        if (strlen(zone) <= longest || !has(zone, name))
            continue;
        longest = strlen(zone);
        found = i;
    }
    return found;
}

const char *
import_coredns_zone_forward(struct import_coredns_zone *z, uint32_t line, const char *from)
{
    struct import_coredns_zone_forward forward = {.line = line, .block = z->blocks_count};
    const char *wrong;
    z->is_rest = false;
    z->group = IMPORT_DRAFT_REST;
    if (strcmp(from, ".") != 0 && value_parse(&config_rows[CONFIG_ROW_route_names].rule, from,
                                              forward.name, &wrong) != STATUS_OK)
        return "the name that it is for is no name of a route";
    if (is_above(z, &forward))
        return "a forward above it has its names";
    if (z->forwards_count == IMPORT_COREDNS_ZONE_FORWARDS_MAX)
        return "it is one forward too many";
    z->is_rest = z->is_root && forward.name[0] == '\0';
    forward.group = import_draft_group(z->draft);
    bool takes_any = take_zones(z, &forward);
    forward.zone = find_zone(z, forward.name);
    forward.is_zone = forward.name[0] != '\0' &&
                      (forward.zone == IMPORT_DRAFT_NOWHERE
                           ? z->is_root
                           : strcmp(z->draft->zones[forward.zone].name, forward.name) != 0);
    if (takes_any || forward.is_zone)
        z->group = forward.group;
    else if (!z->is_rest)
        return "no name of its block is below that";
    z->forwards[z->forwards_count++] = forward;
    return NULL;
}

/* --- the end --------------------------------------------------------------------------------- */

static bool
is_everywhere(const struct addr *addr)
{
    static const uint8_t none[sizeof addr->bytes] = {0};
    return addr->family != ADDR_NONE && memcmp(addr->bytes, none, sizeof none) == 0;
}

/* Is a zone of the block served at an address? */
static bool
is_served(const struct import_coredns_zone *z, uint32_t zone, const struct addr *listen)
{
    uint32_t block = z->block_of[zone];
    bool is_there = z->binds[block].count == 0;
    for (unsigned i = 0; i < z->binds[block].count; i++) {
        struct addr own = z->binds[block].addresses[i];
        own.port = listen->port;
        is_there = is_there || addr_is_equal(&own, listen) ||
                   (own.family == listen->family && is_everywhere(&own));
    }
    return is_there && z->port_of[zone] == listen->port;
}

static void
judge_zone(struct import_coredns_zone *z, uint32_t zone)
{
    const struct config *config = &z->draft->config;
    for (uint32_t i = 0; i < config->listen_count; i++)
        if (z->draft->zones[zone].lost == NULL && !is_served(z, zone, &config->listen[i]))
            z->draft->zones[zone].lost = is_elsewhere;
}

/* Has another block a zone that is longer than the one of its own? Blocks' zones are noted by now. */
static bool
is_of_another(const struct import_coredns_zone *z,
              const struct import_coredns_zone_forward *forward, uint32_t zones_count)
{
    size_t own =
        forward->zone == IMPORT_DRAFT_NOWHERE ? 0 : strlen(z->draft->zones[forward->zone].name);
    for (uint32_t i = 0; i < zones_count; i++) {
        const char *name = z->draft->zones[i].name;
        if (strlen(name) > own && has(name, forward->name))
            return true;
    }
    return false;
}

void
import_coredns_zone_close(struct import_coredns_zone *z)
{
    struct import_draft *draft = z->draft;
    uint32_t zones_count = draft->zones_count;
    for (uint32_t i = 0; i < zones_count; i++)
        judge_zone(z, i);
    for (uint32_t i = 0; i < z->forwards_count; i++) {
        const struct import_coredns_zone_forward *forward = &z->forwards[i];
        if (!forward->is_zone)
            continue;
        if (is_of_another(z, forward, zones_count)) {
            import_draft_say(draft, IMPORT_DRAFT_LOST, forward->line, "forward", "%s: %s",
                             forward->name, is_hidden);
            continue;
        }
        uint32_t zone =
            import_draft_zone(draft, forward->line, "forward", forward->name, forward->group);
        if (zone != IMPORT_DRAFT_NOWHERE && forward->zone != IMPORT_DRAFT_NOWHERE)
            draft->zones[zone].lost =
                draft->zones[forward->zone].lost == is_elsewhere ? is_elsewhere : NULL;
    }
}

/* import_coredns.c - see import_coredns.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_coredns.h"

#include "import/import_coredns_zone.h"
#include "import/import_keys.h"
#include "import/import_line.h"
#include "import/import_listen.h"

#include <stdio.h>
#include <string.h>

#define PLUGIN_MAX 48
#define PORTS_MAX  8
#define BINDS_MAX  16
#define SHOWN_MAX  60

static const char no_name[] = "no tls_servername: CoreDNS encrypts, and authenticates nobody";

struct corefile {
    struct import_draft *draft;
    struct import_line line;
    struct import_coredns_zone zones;
    unsigned depth;          /* of braces */
    bool is_root;            /* the block is of the zone ".", perhaps among others */
    bool is_zone;            /* it is of others */
    char plugin[PLUGIN_MAX]; /* whose braces are open */
    char ports[PORTS_MAX][IMPORT_DRAFT_PORT_TEXT_MAX];
    unsigned ports_count;
    uint32_t block_line;
    struct {
        uint32_t line;
        char address[VALUE_TEXT_MAX];
    } binds[BINDS_MAX];
    unsigned binds_count;
    uint32_t first_upstream; /* of the forward at hand */
    const char *lost;        /* why it is for no name; NULL: it is for some */
};

static bool
is_word(const struct corefile *c, unsigned i, const char *word)
{
    return i < c->line.count && !c->line.is_quoted[i] && strcmp(c->line.words[i], word) == 0;
}

static bool
has_variable(const struct corefile *c)
{
    for (unsigned i = 0; i < c->line.count; i++)
        if (strncmp(c->line.words[i], "{$", 2) == 0 || strncmp(c->line.words[i], "{%", 2) == 0)
            return true;
    return false;
}

/* --- a block --------------------------------------------------------------------------------- */

/* ".", ".:53", "dns://.:53": a port of "."; @return false: of another zone, or not over UDP and TCP */
static bool
take_zone(struct corefile *c, const char *zone)
{
    if (strncmp(zone, "dns://", 6) == 0)
        zone += 6;
    if (zone[0] != '.' || (zone[1] != '\0' && zone[1] != ':'))
        return false;
    const char *port = zone[1] == ':' ? zone + 2 : "53";
    size_t size = strcspn(port, ",");
    if (c->ports_count == PORTS_MAX || size >= sizeof c->ports[0] ||
        (port[size] == ',' && port[size + 1] != '\0'))
        return false;
    memcpy(c->ports[c->ports_count], port, size);
    c->ports[c->ports_count++][size] = '\0';
    return true;
}

/* "corp.example", "dns://corp.example:53,"; @return false: as above, or a snippet's name */
static bool
take_name(struct corefile *c, const char *zone)
{
    char name[VALUE_TEXT_MAX];
    if (strncmp(zone, "dns://", 6) == 0)
        zone += 6;
    size_t size = strcspn(zone, ",");
    if (zone[0] == '.' || zone[0] == '(' || strstr(zone, "://") != NULL || size >= sizeof name ||
        (zone[size] == ',' && zone[size + 1] != '\0'))
        return false;
    memcpy(name, zone, size);
    name[size] = '\0';
    import_coredns_zone_add(&c->zones, c->line.number, name);
    return true;
}

static void
begin_block(struct corefile *c)
{
    bool is_full = !import_coredns_zone_block(&c->zones), has_other = is_full;
    c->is_root = false;
    c->ports_count = c->binds_count = 0;
    c->block_line = c->line.number;
    for (unsigned i = 0; i < c->line.count && !is_full && !is_word(c, i, "{"); i++) {
        if (take_zone(c, c->line.words[i]))
            c->is_root = true;
        else
            has_other = !take_name(c, c->line.words[i]) || has_other;
    }
    c->zones.is_root = c->is_root;
    c->is_zone = import_coredns_zone_is_named(&c->zones);
    if (has_other)
        import_draft_say(c->draft, IMPORT_DRAFT_LOST, c->line.number, c->line.words[0],
                         "of a block: a zone is served over UDP and TCP, and has one port; there "
                         "are no snippets");
}

static void
serve(struct corefile *c, uint32_t line, const char *address)
{
    for (unsigned i = 0; i < c->ports_count; i++)
        import_listen_add(c->draft, line, "bind", address, c->ports[i]);
}

static void
end_block(struct corefile *c)
{
    for (unsigned i = 0; i < c->binds_count; i++)
        serve(c, c->binds[i].line, c->binds[i].address);
    if (c->is_root && c->binds_count == 0) {
        for (unsigned i = 0; i < c->ports_count; i++) {
            import_listen_add(c->draft, 0, NULL, "0.0.0.0", c->ports[i]);
            import_listen_add(c->draft, 0, NULL, "::", c->ports[i]);
        }
    }
    c->is_root = c->is_zone = false;
}

static void
take_bind(struct corefile *c)
{
    for (unsigned i = 1; i < c->line.count; i++) {
        import_coredns_zone_bind(&c->zones, c->line.words[i]);
        if (c->binds_count == BINDS_MAX ||
            !import_draft_copy(c->binds[c->binds_count].address, sizeof c->binds[0].address,
                               c->line.words[i])) {
            import_draft_say(c->draft, IMPORT_DRAFT_LOST, c->line.number, "bind",
                             "it is too long, or one too many");
            continue;
        }
        c->binds[c->binds_count++].line = c->line.number;
    }
}

/* --- forward --------------------------------------------------------------------------------- */

/* Whose names it is asked for: every one, those of a group, or as two servers both. */
static void
end_target(struct corefile *c, uint32_t at)
{
    struct import_draft *draft = c->draft;
    if (draft->upstreams[at].lost == NULL)
        draft->upstreams[at].lost = c->lost;
    if (draft->upstreams[at].lost == NULL && draft->upstreams[at].tls_name[0] == '\0')
        draft->upstreams[at].lost = no_name;
    if (!c->zones.is_rest)
        draft->upstreams[at].group = c->zones.group;
    else if (c->zones.group != IMPORT_DRAFT_REST)
        import_draft_again(draft, at, c->zones.group);
}

/* tls://IP, tls://IP:PORT, tls://IP%NAME, tls://IP%NAME:PORT */
static void
take_target(struct corefile *c, const char *target)
{
    struct import_draft_upstream *upstream =
        import_draft_upstream(c->draft, c->line.number, "forward");
    char address[VALUE_TEXT_MAX], port[IMPORT_DRAFT_PORT_TEXT_MAX] = "";
    if (strncmp(target, "tls://", 6) != 0) {
        upstream->lost = "upstreams are asked over TLS alone: not tls://";
        return;
    }
    target += 6;
    const char *name = strchr(target, '%');
    size_t size = name == NULL ? strlen(target) : (size_t)(name - target);
    if (size >= sizeof address ||
        (name != NULL && !import_listen_part(name + 1, ':', upstream->address, port))) {
        upstream->lost = "it is too long";
        return;
    }
    memcpy(address, target, size);
    address[size] = '\0';
    if (name != NULL &&
        !import_draft_copy(upstream->tls_name, sizeof upstream->tls_name, upstream->address))
        upstream->lost = "its name is too long";
    if (port[0] != '\0')
        import_listen_join(upstream->address, address, port);
    else
        memcpy(upstream->address, address, sizeof address);
}

static void
end_forward(struct corefile *c)
{
    for (uint32_t i = c->first_upstream, end = c->draft->upstreams_count; i < end; i++)
        end_target(c, i);
    c->first_upstream = c->draft->upstreams_count;
}

static void
take_forward(struct corefile *c)
{
    c->first_upstream = c->draft->upstreams_count;
    c->lost = import_coredns_zone_forward(&c->zones, c->line.number,
                                          c->line.count > 1 ? c->line.words[1] : "");
    for (unsigned i = 2; i < c->line.count && !is_word(c, i, "{"); i++)
        take_target(c, c->line.words[i]);
}

static void
take_forward_option(struct corefile *c, const char *key)
{
    const char *last = c->line.count > 1 ? c->line.words[c->line.count - 1] : "";
    struct import_draft *draft = c->draft;
    uint32_t line = c->line.number;
    if (strcmp(key, "forward.tls_servername") == 0) {
        for (uint32_t i = c->first_upstream; i < draft->upstreams_count; i++)
            if (draft->upstreams[i].tls_name[0] == '\0')
                (void)import_draft_copy(draft->upstreams[i].tls_name,
                                        sizeof draft->upstreams[i].tls_name, last);
    } else if (strcmp(key, "forward.policy") == 0) {
        bool is_random = strcmp(last, "random") == 0 || strcmp(last, "round_robin") == 0;
        (void)import_draft_set(draft, line, key, CONFIG_ROW_strategy,
                               strcmp(last, "sequential") == 0 ? "ordered"
                               : is_random                     ? "spread"
                                                               : last);
    } else if (draft->given[CONFIG_ROW_tls_ca_file] &&
               strcmp(draft->config.tls_ca_file, last) != 0) {
        import_draft_say(
            draft, IMPORT_DRAFT_LOST, line, key,
            "tls.ca_file is one file, for all upstreams: put its certificates into it");
    } else if (c->line.count == 2 || c->line.count == 4) {
        (void)import_draft_set(draft, line, key, CONFIG_ROW_tls_ca_file, last);
    }
    if (strcmp(key, "forward.tls") == 0 && c->line.count > 2)
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key,
                         "no certificate of our own is shown to an upstream");
}

/* --- plugins --------------------------------------------------------------------------------- */

static void
take_cache(struct corefile *c, const char *key)
{
    char text[VALUE_TEXT_MAX];
    const char *value = c->line.count > 1 ? c->line.words[1] : "";
    uint32_t line = c->line.number;
    if (strcmp(key, "cache.prefetch") == 0) {
        (void)import_draft_set(c->draft, line, key, CONFIG_ROW_cache_prefetch, "yes");
    } else if (strcmp(key, "cache.serve_stale") == 0) {
        (void)import_draft_set(c->draft, line, key, CONFIG_ROW_cache_stale_ms,
                               c->line.count > 1 ? value : "1h");
    } else if (value[0] >= '0' && value[0] <= '9') {
        snprintf(text, sizeof text, "%.*ss", SHOWN_MAX, value);
        (void)import_draft_set(c->draft, line, key, CONFIG_ROW_cache_ttl_max_ms, text);
    } else {
        import_draft_say(c->draft, IMPORT_DRAFT_CARRIED, line, key,
                         "what is always so: there is a cache");
    }
}

/* Does it hold for every name, or has it a place in a route? */
static bool
has_place(const struct corefile *c, const char *key)
{
    bool is_of_forward = strncmp(key, "forward.", 8) == 0;
    if (c->is_root && (!is_of_forward || c->zones.is_rest))
        return true;
    return strcmp(key, "forward") == 0 || strcmp(key, "forward.tls_servername") == 0 ||
           strcmp(key, "forward.tls") == 0 || strcmp(key, "forward.force_tcp") == 0;
}

/* One line of a block: a plugin, or a word within its braces. */
static void
take_plugin(struct corefile *c)
{
    char key[IMPORT_DRAFT_KEY_MAX];
    const char *word = c->line.words[0];
    snprintf(key, sizeof key, "%s%s%s", c->plugin, c->plugin[0] == '\0' ? "" : ".", word);
    bool has_value = c->line.count > 1 && !is_word(c, 1, "{");
    if (has_variable(c))
        import_draft_say(c->draft, IMPORT_DRAFT_LOST, c->line.number, key,
                         "the environment is not read");
    else if (!c->is_root && !c->is_zone)
        import_draft_say(c->draft, IMPORT_DRAFT_LOST, c->line.number, key,
                         "of a block that is not carried");
    else if (!c->is_root && strcmp(key, "bind") == 0) {
        take_bind(c);
        import_draft_say(c->draft, IMPORT_DRAFT_LOST, c->line.number, key,
                         "a route is at every address of listen, and those are the zone \".\"'s");
    } else if (!has_place(c, key))
        import_draft_say(c->draft, IMPORT_DRAFT_LOST, c->line.number, key,
                         "what is said for every name holds for routes too");
    else if (import_keys_apply(c->draft, IMPORT_KEYS_COREDNS, c->line.number, key,
                               has_value ? c->line.words[1] : ""))
        return;
    else if (strcmp(key, "bind") == 0)
        take_bind(c);
    else if (strcmp(key, "forward") == 0)
        take_forward(c);
    else if (strncmp(key, "forward.", 8) == 0)
        take_forward_option(c, key);
    else if (strncmp(key, "cache", 5) == 0)
        take_cache(c, key);
    else
        import_draft_say(c->draft, IMPORT_DRAFT_LOST, c->line.number, key, "it is no plugin");
}

static void
take_line(struct corefile *c)
{
    bool opens = is_word(c, c->line.count - 1, "{");
    if (is_word(c, 0, "}")) {
        if (c->depth == 2 && strcmp(c->plugin, "forward") == 0)
            end_forward(c);
        if (c->depth == 2)
            c->plugin[0] = '\0';
        if (c->depth == 1)
            end_block(c);
        c->depth -= c->depth > 0;
        return;
    }
    if (c->line.wrong != NULL)
        import_draft_say(c->draft, IMPORT_DRAFT_LOST, c->line.number, c->line.words[0], "%s",
                         c->line.wrong);
    else if (c->depth == 0)
        begin_block(c);
    else if (c->depth == 1 || c->depth == 2)
        take_plugin(c);
    else
        import_draft_say(c->draft, IMPORT_DRAFT_LOST, c->line.number, c->line.words[0],
                         "no key of penstock does this");
    if (opens && c->depth == 1)
        snprintf(c->plugin, sizeof c->plugin, "%.*s", PLUGIN_MAX - 1, c->line.words[0]);
    else if (c->depth == 1)
        end_forward(c);
    c->depth += opens;
}

void
import_coredns_read(struct import_draft *draft, const char *text, size_t size)
{
    struct corefile c = {.draft = draft};
    struct import_line_reader reader = import_line_open(text, size);
    import_coredns_zone_open(&c.zones, draft);
    draft->serves_everybody = true;
    while (import_line_next(&reader, &c.line))
        take_line(&c);
    if (c.depth != 0)
        import_draft_fail(draft, c.block_line, "{", "a block that does not end");
    import_listen_default(draft, "0.0.0.0", "::", NULL);
    import_coredns_zone_close(&c.zones);
}

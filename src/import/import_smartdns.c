/* import_smartdns.c - see import_smartdns.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_smartdns.h"

#include "import/import_acl.h"
#include "import/import_keys.h"
#include "import/import_line.h"
#include "import/import_listen.h"
#include "import/import_stale.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 60

static const char is_of_group[] = "of a group of its own: write a route for its names";

struct smartdns {
    struct import_draft *draft;
    struct import_line line;
    bool is_acl, is_group; /* is_group: between group-begin and group-end */
};

/* --- upstreams ------------------------------------------------------------------------------- */

struct server {
    struct import_draft_upstream *upstream;
    char host[VALUE_TEXT_MAX], ip[VALUE_TEXT_MAX], port[IMPORT_DRAFT_PORT_TEXT_MAX];
    char sni[CONFIG_HOST_MAX], verified[CONFIG_HOST_MAX]; /* names */
    bool is_unchecked, is_too_long;
};

static bool
is_address(const char *text)
{
    struct addr addr;
    return addr_parse(text, 0, &addr) == STATUS_OK;
}

/* HOST, HOST:PORT, [IPV6]:PORT; a name has no place in a policy, but -host-ip may tell its address */
static void
take_host(struct server *server, const char *text)
{
    if (is_address(text))
        server->is_too_long |= !import_draft_copy(server->host, sizeof server->host, text);
    else
        server->is_too_long |= !import_listen_part(text, ':', server->host, server->port);
}

/* In full, cut as getopt_long_only(3) allows it, or by its letter, which was another one before. */
static bool
is_exclusion(const char *option)
{
    size_t size = strlen(option);
    return strcmp(option, "-E") == 0 ||
           (size > 1 && strncmp(option, "-exclude-default-group", size) == 0);
}

/* @return whether the option has a value that was taken */
static bool
take_option(struct smartdns *s, struct server *server, unsigned i)
{
    char key[IMPORT_DRAFT_KEY_MAX];
    const char *option = s->line.words[i],
               *value = i + 1 < s->line.count ? s->line.words[i + 1] : "";
    while (option[0] == '-' && option[1] == '-')
        option++;
    if (is_exclusion(option)) {
        server->upstream->lost = is_of_group;
        return false;
    }
    snprintf(key, sizeof key, "server %s", option);
    if (import_keys_apply(s->draft, IMPORT_KEYS_SMARTDNS, s->line.number, key, value))
        return value[0] != '-';
    if (strcmp(option, "-no-check-certificate") == 0) {
        server->is_unchecked = true;
        return false;
    }
    if (strcmp(option, "-spki-pin") == 0)
        (void)import_draft_pin(s->draft, server->upstream, s->line.number, key, value);
    else if (strcmp(value, "-") == 0) /* no name is sent, or none is checked */
        return true;
    else if (strcmp(option, "-host-name") == 0)
        server->is_too_long |= !import_draft_copy(server->sni, sizeof server->sni, value);
    else if (strcmp(option, "-tls-host-verify") == 0)
        server->is_too_long |= !import_draft_copy(server->verified, sizeof server->verified, value);
    else
        server->is_too_long |= !import_draft_copy(server->ip, sizeof server->ip, value);
    return true;
}

static void
end_server(struct server *server)
{
    struct import_draft_upstream *upstream = server->upstream;
    bool is_ip = is_address(server->host);
    const char *address = server->ip[0] != '\0' ? server->ip : server->host;
    const char *name = server->verified[0] != '\0' ? server->verified
                       : server->sni[0] != '\0'    ? server->sni
                       : is_ip                     ? ""
                                                   : server->host;
    upstream->is_by_pin = server->is_unchecked;
    if (!import_draft_copy(upstream->tls_name, sizeof upstream->tls_name, name) ||
        server->is_too_long)
        upstream->lost = "a value is too long";
    else if (server->is_unchecked && upstream->pins_count == 0)
        upstream->lost = "no check and no pin: nobody would be authenticated";
    else if (!is_ip && server->ip[0] == '\0')
        upstream->lost = "names of upstreams are not looked up: name its address";
    else if (name[0] == '\0' && upstream->pins_count == 0)
        upstream->lost = "neither a name nor a pin: nobody would be authenticated";
    if (server->port[0] != '\0')
        import_listen_join(upstream->address, address, server->port);
    else
        (void)import_draft_copy(upstream->address, sizeof upstream->address, address);
}

static void
take_server(struct smartdns *s)
{
    bool is_tls = strcmp(s->line.words[0], "server-tls") == 0;
    const char *host = s->line.words[1];
    struct server server = {.upstream = import_draft_upstream(s->draft, s->line.number,
                                                              is_tls ? "server-tls" : "server")};
    if (strncmp(host, "tls://", 6) == 0) {
        is_tls = true;
        host += 6;
    }
    if (!is_tls) {
        server.upstream->lost = "upstreams are asked over TLS alone: neither server-tls nor tls://";
        return;
    }
    take_host(&server, host);
    for (unsigned i = 2; i < s->line.count; i++)
        if (s->line.words[i][0] == '-' && take_option(s, &server, i))
            i++;
    end_server(&server);
    if (s->is_group)
        server.upstream->lost = is_of_group;
}

/* --- the rest -------------------------------------------------------------------------------- */

/* ":53" is IPv4 alone, "[::]:53" is both, "@eth0" is one interface. */
static void
take_bind(struct smartdns *s)
{
    struct import_draft *draft = s->draft;
    uint32_t line = s->line.number;
    const char *key = s->line.words[0], *text = s->line.words[1];
    draft->names_listen = true;
    if (strchr(text, '@') != NULL)
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key,
                         "an interface: name its address in listen");
    else if (text[0] == ':')
        import_listen_add(draft, line, key, "0.0.0.0", text + 1);
    else if (strncmp(text, "[::]", 4) == 0) {
        import_listen_add(draft, line, key, text, NULL);
        import_listen_add(draft, 0, NULL, "0.0.0.0", text[4] == ':' ? text + 5 : NULL);
    } else
        import_listen_add(draft, line, key, text, NULL);
    for (unsigned i = 2; i < s->line.count; i++)
        if (s->line.words[i][0] == '-')
            import_draft_say(draft, IMPORT_DRAFT_LOST, line, key,
                             "%.*s: no option of an address that is served", SHOWN_MAX,
                             s->line.words[i]);
}

static void
find_acl(struct smartdns *s, const char *text, size_t size)
{
    struct import_line_reader reader = import_line_open(text, size);
    while (import_line_next(&reader, &s->line))
        if (s->line.count > 1 && strcmp(s->line.words[0], "acl-enable") == 0)
            s->is_acl = import_draft_truth(s->line.words[1]) > 0;
}

static void
take_clients(struct smartdns *s)
{
    if (strcmp(s->line.words[0], "acl-enable") == 0)
        import_draft_say(s->draft, s->is_acl ? IMPORT_DRAFT_CARRIED : IMPORT_DRAFT_LOST,
                         s->line.number, "acl-enable",
                         s->is_acl ? "acl.allow, with the networks of client-rules"
                                   : "nobody is served whom acl.allow does not name");
    else if (s->is_acl)
        (void)import_acl_add(s->draft, s->line.number, "client-rules", s->line.words[1], true);
    else
        import_draft_say(s->draft, IMPORT_DRAFT_LOST, s->line.number, "client-rules",
                         "clients have no rules of their own");
}

static void
take_cache_size(struct smartdns *s)
{
    if (strcmp(s->line.words[1], "0") == 0)
        (void)import_draft_set(s->draft, s->line.number, "cache-size", CONFIG_ROW_cache_bytes,
                               "off");
    else
        import_draft_say(s->draft, IMPORT_DRAFT_LOST, s->line.number, "cache-size",
                         "it counts entries; cache.size is memory, for each lane");
}

static void
take_line(struct smartdns *s)
{
    const char *key = s->line.words[0];
    uint32_t line = s->line.number;
    if (strcmp(key, "group-begin") == 0 || strcmp(key, "group-end") == 0)
        s->is_group = strcmp(key, "group-begin") == 0;
    if (s->line.wrong != NULL || s->line.count < 2) {
        import_draft_say(s->draft, IMPORT_DRAFT_LOST, line, key, "%s",
                         s->line.wrong != NULL ? s->line.wrong : "it has no value");
        return;
    }
    if (import_keys_apply(s->draft, IMPORT_KEYS_SMARTDNS, line, key, s->line.words[1]))
        return;
    if (strncmp(key, "bind", 4) == 0)
        take_bind(s);
    else if (strncmp(key, "server", 6) == 0)
        take_server(s);
    else if (strcmp(key, "serve-expired") == 0)
        import_stale_use(s->draft, line, key, s->line.words[1]);
    else if (strcmp(key, "serve-expired-ttl") == 0)
        import_stale_time(s->draft, line, key, s->line.words[1]);
    else if (strcmp(key, "cache-size") == 0)
        take_cache_size(s);
    else
        take_clients(s);
}

void
import_smartdns_read(struct import_draft *draft, const char *text, size_t size)
{
    struct smartdns s = {.draft = draft};
    struct import_line_reader reader = import_line_open(text, size);
    find_acl(&s, text, size);
    draft->serves_everybody = !s.is_acl;
    while (import_line_next(&reader, &s.line))
        take_line(&s);
    import_listen_default(draft, "0.0.0.0", "::", NULL);
}

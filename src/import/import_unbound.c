/* import_unbound.c - see import_unbound.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_unbound.h"

#include "conf/config_judge.h"
#include "import/import_acl.h"
#include "import/import_keys.h"
#include "import/import_line.h"
#include "import/import_listen.h"
#include "import/import_stale.h"

#include <string.h>

#define KEY_MAX   64
#define SHOWN_MAX 60
#define RATE_MAX  7 /* digits */

static const char is_plain[] = "plain DNS: forward-tls-upstream is not yes";
static const char is_unnamed[] = "of a forward-zone that has no name";
static const char is_unusable[] = "of a forward-zone whose name is not carried";

enum clause { SERVER, FORWARD, OTHER };

struct unbound {
    struct import_draft *draft;
    struct import_line line;
    char key[KEY_MAX];
    const char *values[IMPORT_LINE_WORDS_MAX];
    unsigned count; /* values, 1.. */
    enum clause clause;
    char clause_name[KEY_MAX];
    uint32_t zone_first;              /* the first upstream of the forward-zone */
    uint32_t zone_line;               /* where its name stands; 0: it has none */
    char zone[CONFIG_DOMAIN_MAX + 1]; /* its name as it stands there; "": it is too long for one */
    bool is_tls, is_all_tls;
    char port[IMPORT_DRAFT_PORT_TEXT_MAX];
};

/* --- forward zones --------------------------------------------------------------------------- */

/* Whose upstreams they are. @return why they are nobody's */
static const char *
find_group(struct unbound *u, uint32_t *group)
{
    if (u->zone_line == 0)
        return is_unnamed;
    *group = strcmp(u->zone, ".") == 0 ? IMPORT_DRAFT_REST : import_draft_group(u->draft);
    if (*group == IMPORT_DRAFT_REST)
        import_draft_say(u->draft, IMPORT_DRAFT_CARRIED, u->zone_line, "name",
                         "upstreams are asked for every name");
    else if (import_draft_zone(u->draft, u->zone_line, "name", u->zone, *group) ==
             IMPORT_DRAFT_NOWHERE)
        return is_unusable;
    return NULL;
}

static void
end_zone(struct unbound *u)
{
    struct import_draft *draft = u->draft;
    uint32_t group = IMPORT_DRAFT_REST;
    const char *lost = u->clause == FORWARD ? find_group(u, &group) : NULL;
    for (uint32_t i = u->zone_first; u->clause == FORWARD && i < draft->upstreams_count; i++) {
        draft->upstreams[i].group = group;
        if (lost != NULL)
            draft->upstreams[i].lost = lost;
        else if (!u->is_tls)
            draft->upstreams[i].lost = is_plain;
    }
    u->zone_first = draft->upstreams_count;
    u->zone_line = 0;
    u->is_tls = false;
}

/* IP, IP@PORT, IP@PORT#NAME */
static void
take_address(struct unbound *u)
{
    char host[VALUE_TEXT_MAX], address[VALUE_TEXT_MAX], port[IMPORT_DRAFT_PORT_TEXT_MAX];
    struct import_draft_upstream *upstream =
        import_draft_upstream(u->draft, u->line.number, "forward-addr");
    const char *text = u->values[0], *name = strchr(text, '#');
    size_t size = name == NULL ? strlen(text) : (size_t)(name - text);
    if (size >= sizeof host) {
        upstream->lost = "its address is too long";
        return;
    }
    memcpy(host, text, size);
    host[size] = '\0';
    if (!import_listen_part(host, '@', address, port) ||
        (name != NULL &&
         !import_draft_copy(upstream->tls_name, sizeof upstream->tls_name, name + 1)))
        upstream->lost = "its port or name is too long";
    else if (name == NULL)
        upstream->lost = "no #NAME: unbound encrypts, and authenticates nobody";
    if (port[0] != '\0')
        import_listen_join(upstream->address, address, port);
    else
        memcpy(upstream->address, address, sizeof address);
}

static void
take_zone(struct unbound *u)
{
    struct import_draft *draft = u->draft;
    if (strcmp(u->key, "forward-addr") == 0) {
        take_address(u);
    } else if (strcmp(u->key, "name") == 0) {
        if (u->zone_line != 0)
            import_draft_say(draft, IMPORT_DRAFT_LOST, u->zone_line, u->key, "another one follows");
        u->zone_line = u->line.number;
        (void)import_draft_copy(u->zone, sizeof u->zone, u->values[0]);
    } else {
        u->is_tls = import_draft_truth(u->values[0]) > 0;
        import_draft_say(draft, u->is_tls ? IMPORT_DRAFT_CARRIED : IMPORT_DRAFT_LOST,
                         u->line.number, u->key, "upstreams are asked over TLS alone");
    }
}

/* --- the server ------------------------------------------------------------------------------ */

static bool
is_among(const char *text, const char *const words[], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static void
take_client(struct unbound *u)
{
    static const char *const allows[] = {"allow", "allow_setrd", "allow_snoop"};
    static const char *const denies[] = {"deny", "refuse", "deny_non_local", "refuse_non_local"};
    const char *action = u->count > 1 ? u->values[1] : "";
    bool is_allowed = is_among(action, allows, sizeof allows / sizeof allows[0]);
    bool is_denied = is_among(action, denies, sizeof denies / sizeof denies[0]);
    if (u->count > 2)
        import_draft_say(u->draft, IMPORT_DRAFT_LOST, u->line.number, u->key,
                         "one setting of a line is read");
    if (!is_allowed &&
        !is_denied) { /* what is not understood is not served, whatever is around it */
        import_draft_say(u->draft, IMPORT_DRAFT_NOTE, u->line.number, u->key,
                         "\"%.*s\" is taken for refuse", SHOWN_MAX, action);
        is_denied = true;
    }
    if (!import_acl_add(u->draft, u->line.number, "access-control", u->values[0], is_allowed) &&
        is_denied)
        import_draft_fail(u->draft, u->line.number, u->key, "whom it denies cannot be read");
}

static void
take_local_zone(struct unbound *u)
{
    static const char *const asks[] = {"nodefault", "transparent", "typetransparent",
                                       "always_transparent"};
    static const char *const blocks[] = {"refuse",        "deny",        "always_nxdomain",
                                         "always_refuse", "always_deny", "always_null",
                                         "always_nodata", "static",      "inform_deny"};
    char name[CONFIG_DOMAIN_MAX];
    const char *wrong, *type = u->count > 1 ? u->values[1] : "";
    uint32_t line = u->line.number;
    const struct value_rule *rule = &config_rows[CONFIG_ROW_local_through].rule;
    bool is_name = value_parse(rule, u->values[0], name, &wrong) == STATUS_OK;
    bool is_special = is_name && config_judge_is_special(name);
    if (is_among(type, asks, sizeof asks / sizeof asks[0]) && is_special)
        (void)import_draft_add(u->draft, line, u->key, CONFIG_ROW_local_through, name);
    else if (is_among(type, asks, sizeof asks / sizeof asks[0]))
        import_draft_say(u->draft, IMPORT_DRAFT_CARRIED, line, u->key,
                         "what is always so: what is not answered here is asked");
    else if (strcmp(type, "static") == 0 && is_special)
        import_draft_say(u->draft, IMPORT_DRAFT_CARRIED, line, u->key,
                         "what is always so: local.special answers it");
    else if (is_among(type, blocks, sizeof blocks / sizeof blocks[0]))
        import_draft_say(u->draft, IMPORT_DRAFT_LOST, line, u->key,
                         "names to block stand in files of local.block: put %.*s into one",
                         SHOWN_MAX, u->values[0]);
    else
        import_draft_say(u->draft, IMPORT_DRAFT_LOST, line, u->key,
                         "\"%.*s\": penstock has no records of its own", SHOWN_MAX, type);
}

static void
take_private(struct unbound *u)
{
    static const char *const networks[] = {
        "0.0.0.0/8",     "10.0.0.0/8", "100.64.0.0/10",  "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "::/128",     "192.168.0.0/16", "::1/128",     "fc00::/7",
        "fd00::/8",      "fe80::/10",  "::ffff:0:0/96"};
    if (is_among(u->values[0], networks, sizeof networks / sizeof networks[0]))
        (void)import_draft_set(u->draft, u->line.number, u->key, CONFIG_ROW_local_refuse_private,
                               "yes");
    else
        import_draft_say(u->draft, IMPORT_DRAFT_LOST, u->line.number, u->key,
                         "local.refuse_private is about private networks, all of them, alone");
}

static void
take_rate(struct unbound *u, uint32_t *rate, uint32_t *line)
{
    const char *digit = u->values[0];
    uint32_t number = 0;
    for (; *digit >= '0' && *digit <= '9' && digit - u->values[0] < RATE_MAX; digit++)
        number = number * 10 + (uint32_t)(*digit - '0');
    if (*digit != '\0' || number == 0 || number > CONFIG_RATE_MAX) {
        import_draft_say(u->draft, IMPORT_DRAFT_LOST, u->line.number, u->key,
                         "\"%.*s\": rates have 1 to 1000000 queries/s; the defaults stay",
                         SHOWN_MAX, u->values[0]);
        return;
    }
    *rate = number;
    *line = u->line.number;
}

static void
take_tls(struct unbound *u)
{
    u->is_all_tls = import_draft_truth(u->values[0]) > 0;
    import_draft_say(u->draft, u->is_all_tls ? IMPORT_DRAFT_CARRIED : IMPORT_DRAFT_LOST,
                     u->line.number, u->key, "upstreams are asked over TLS alone");
}

static void
take_server(struct unbound *u)
{
    struct import_draft *draft = u->draft;
    const char *key = u->key;
    uint32_t line = u->line.number;
    if (strcmp(key, "interface") == 0 || strcmp(key, "ip-address") == 0)
        import_listen_add(draft, line, key, u->values[0], u->port[0] != '\0' ? u->port : NULL);
    else if (strcmp(key, "port") == 0)
        import_draft_say(draft, IMPORT_DRAFT_CARRIED, line, key, "the port of listen");
    else if (strcmp(key, "access-control") == 0)
        take_client(u);
    else if (strcmp(key, "ip-ratelimit") == 0)
        take_rate(u, &draft->per_client, &draft->per_client_line);
    else if (strcmp(key, "ip-ratelimit-cookie") == 0)
        take_rate(u, &draft->per_proven, &draft->per_proven_line);
    else if (strcmp(key, "local-zone") == 0)
        take_local_zone(u);
    else if (strcmp(key, "private-address") == 0)
        take_private(u);
    else if (strcmp(key, "serve-expired") == 0)
        import_stale_use(draft, line, key, u->values[0]);
    else if (strcmp(key, "serve-expired-ttl") == 0)
        import_stale_time(draft, line, key, u->values[0]);
    else
        take_tls(u);
}

/* --- lines ----------------------------------------------------------------------------------- */

/* "key: value", "key:value"; the values of a line may be several. @return false: no key */
static bool
split(struct unbound *u, unsigned first)
{
    const char *word = first < u->line.count ? u->line.words[first] : "";
    size_t size = strcspn(word, ":");
    if (word[size] != ':' || size == 0 || size >= sizeof u->key)
        return false;
    memcpy(u->key, word, size);
    u->key[size] = '\0';
    u->count = 0;
    if (word[size + 1] != '\0')
        u->values[u->count++] = word + size + 1;
    for (unsigned i = first + 1; i < u->line.count && u->count < IMPORT_LINE_WORDS_MAX; i++)
        u->values[u->count++] = u->line.words[i];
    return true;
}

static bool
is_clause(const char *key)
{
    static const char *const clauses[] = {
        "server", "forward-zone", "stub-zone", "auth-zone", "view",   "remote-control", "python",
        "dynlib", "rpz",          "dnscrypt",  "cachedb",   "dnstap", "ipset",          "ipsecmod"};
    return is_among(key, clauses, sizeof clauses / sizeof clauses[0]);
}

static void
begin_clause(struct unbound *u)
{
    end_zone(u);
    memcpy(u->clause_name, u->key, sizeof u->clause_name);
    u->clause = strcmp(u->key, "server") == 0         ? SERVER
                : strcmp(u->key, "forward-zone") == 0 ? FORWARD
                                                      : OTHER;
}

static bool
is_of_zone_key(const char *key)
{
    return strcmp(key, "name") == 0 || strncmp(key, "forward-", 8) == 0;
}

static void
take(struct unbound *u)
{
    bool has_two = strcmp(u->key, "access-control") == 0 || strncmp(u->key, "local-", 6) == 0 ||
                   strncmp(u->key, "access-control-", 15) == 0;
    if (u->clause == OTHER)
        import_draft_say(u->draft, IMPORT_DRAFT_LOST, u->line.number, u->key,
                         "of %s, which has no counterpart", u->clause_name);
    else if (u->count == 0 || (u->count > 1 && !has_two))
        import_draft_say(u->draft, IMPORT_DRAFT_LOST, u->line.number, u->key,
                         "one value is expected");
    else if (import_keys_apply(u->draft, IMPORT_KEYS_UNBOUND, u->line.number, u->key, u->values[0]))
        return;
    else if (is_of_zone_key(u->key) != (u->clause == FORWARD))
        import_draft_say(u->draft, IMPORT_DRAFT_LOST, u->line.number, u->key,
                         "it does not belong here");
    else if (u->clause == FORWARD)
        take_zone(u);
    else
        take_server(u);
}

static bool
names_clients(const struct unbound *u)
{
    for (unsigned i = 0; i < u->line.count; i++)
        if (strstr(u->line.words[i], "access-control") != NULL)
            return true;
    return false;
}

/* To Unbound words count, not lines: who is denied may stand behind another setting, or below. */
static bool
hides_clients(struct unbound *u)
{
    static const char key[] = "access-control:";
    unsigned first = split(u, 0) && is_clause(u->key) ? 1 : 0;
    for (unsigned i = 0; i < u->line.count; i++) {
        const char *at = strstr(u->line.words[i], key);
        if (at != NULL && (i != first || at != u->line.words[i]))
            return true;
    }
    return split(u, first) && strcmp(u->key, "access-control") == 0 && u->count == 0;
}

static void
take_line(struct unbound *u)
{
    if (u->line.wrong != NULL && names_clients(u)) {
        import_draft_fail(u->draft, u->line.number, u->line.words[0], u->line.wrong);
        return;
    }
    if (u->line.wrong == NULL && hides_clients(u)) {
        import_draft_fail(u->draft, u->line.number, "access-control",
                          "it does not stand on a line of its own, with its values");
        return;
    }
    if (u->line.wrong != NULL || !split(u, 0)) {
        import_draft_say(u->draft, IMPORT_DRAFT_LOST, u->line.number, u->line.words[0], "%s",
                         u->line.wrong != NULL ? u->line.wrong : "it is no key with a colon");
        return;
    }
    if (!is_clause(u->key)) {
        take(u);
        return;
    }
    begin_clause(u);
    if (u->clause == OTHER)
        (void)import_keys_apply(u->draft, IMPORT_KEYS_UNBOUND, u->line.number, u->key, "");
    if (split(u, 1)) /* server: key: value */
        take(u);
}

/* It holds for interfaces above it, too. */
static void
find_port(struct unbound *u, const char *text, size_t size)
{
    struct import_line_reader reader = import_line_open(text, size);
    while (import_line_next(&reader, &u->line))
        if (u->line.wrong == NULL && split(u, 0) && (!is_clause(u->key) || split(u, 1)) &&
            strcmp(u->key, "port") == 0 && u->count == 1)
            (void)import_draft_copy(u->port, sizeof u->port, u->values[0]);
}

void
import_unbound_read(struct import_draft *draft, const char *text, size_t size)
{
    struct unbound u = {.draft = draft};
    struct import_line_reader reader = import_line_open(text, size);
    find_port(&u, text, size);
    (void)import_acl_add(draft, 0, "access-control", "127.0.0.0/8", true);
    (void)import_acl_add(draft, 0, "access-control", "::1/128", true);
    while (import_line_next(&reader, &u.line))
        take_line(&u);
    end_zone(&u);
    for (uint32_t i = 0; u.is_all_tls && i < draft->upstreams_count; i++)
        if (draft->upstreams[i].lost == is_plain)
            draft->upstreams[i].lost = draft->upstreams[i].tls_name[0] != '\0'
                                           ? NULL
                                           : "no #NAME: unbound encrypts, and authenticates nobody";
    import_listen_default(draft, "127.0.0.1", "::1", u.port[0] != '\0' ? u.port : NULL);
}

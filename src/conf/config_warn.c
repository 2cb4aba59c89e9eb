/* config_warn.c - see config_warn.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_warn.h"

#include "conf/config_judge.h"

#include <string.h>

#define OPEN_IPV4_BITS 8   /* a prefix that is shorter holds strangers */
#define OPEN_IPV6_BITS 16  /* as given to registries (IANA) */
#define GLOBAL_IPV6    0x2 /* 2000::/3, the first four bits without the last */
#define RESERVED_IPV4  224
#define FEW_CLIENTS    4 /* single addresses: more are likely to be single clients */

/* A key that was forgotten is more likely than a certificate for an address. */
static unsigned
warn_name(const struct config_upstream *upstream, FILE *to)
{
    char text[ADDR_TEXT_MAX];
    struct addr alone = upstream->address;
    if (upstream->tls_name[0] != '\0' || upstream->verify == CONFIG_VERIFY_PIN)
        return 0;
    alone.port = 0;
    fprintf(to,
            "upstream %s: no tls_name, so that its certificate must be for the address %s; give "
            "its name, or the address to say so\n",
            upstream->name, addr_format(&alone, text));
    return 1;
}

static unsigned
warn_pins(const struct config_upstream *upstream, FILE *to)
{
    char text[ADDR_TEXT_MAX];
    bool is_named = upstream->tls_name[0] != '\0';
    if (upstream->verify != CONFIG_VERIFY_CA && upstream->pins_count > 1)
        return 0;
    fprintf(to,
            upstream->verify == CONFIG_VERIFY_CA
                ? "upstream %s: verify: ca, so that any trusted CA can stand in for it; add pins"
                : "upstream %s: one pin and no backup: when its key changes, it is lost; add a "
                  "second pin",
            upstream->name);
    fprintf(to, " (`penstock pin %s%s%s` prints those of its chain)\n",
            addr_format(&upstream->address, text), is_named ? " --tls-name " : "",
            is_named ? upstream->tls_name : "");
    return 1;
}

/* Is there a name that both are asked for? What a route names is asked for no other. */
static bool
share_a_name(const struct config *config, const char *one, const char *other)
{
    bool is_routed = false;
    for (uint32_t i = 0; i < config->routes_count; i++) {
        const struct config_route *route = &config->routes[i];
        bool has_one = config_judge_has(route, one), has_other = config_judge_has(route, other);
        if (has_one && has_other)
            return true;
        is_routed = is_routed || has_one || has_other;
    }
    return !is_routed;
}

/* From another source it may be another way there. */
static unsigned
warn_twin(const struct config *config, uint32_t i, FILE *to)
{
    const struct config_upstream *upstream = &config->upstreams[i];
    char text[ADDR_TEXT_MAX];
    for (uint32_t other = 0; other < i; other++) {
        const struct config_upstream *twin = &config->upstreams[other];
        if (!addr_is_equal(&twin->address, &upstream->address) ||
            memcmp(&twin->source, &upstream->source, sizeof twin->source) != 0 ||
            !share_a_name(config, twin->name, upstream->name))
            continue;
        fprintf(to,
                "upstream %s: its address %s is that of upstream %s too, so that both fail "
                "together; give another server's, or one upstream alone\n",
                upstream->name, addr_format(&upstream->address, text), twin->name);
        return 1;
    }
    return 0;
}

/* Are there clients of the internet in it, not of some network? */
static bool
is_open(const struct addr_prefix *prefix)
{
    uint8_t first = prefix->addr.bytes[0];
    if (prefix->addr.family == ADDR_IPV4)
        return prefix->length < OPEN_IPV4_BITS && first < RESERVED_IPV4;
    return prefix->length < OPEN_IPV6_BITS &&
           (first >> 4 == GLOBAL_IPV6 || first >> 4 == GLOBAL_IPV6 + 1 || prefix->length < 3);
}

static bool
is_whole(const struct addr_prefix list[], uint32_t count, enum addr_family family)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i].addr.family == family && list[i].length == 0)
            return true;
    return false;
}

static bool
serves_internet(const struct config *config, enum addr_family family)
{
    if (is_whole(config->deny, config->deny_count, family))
        return false;
    for (uint32_t i = 0; i < config->allow_count; i++)
        if (config->allow[i].addr.family == family && is_open(&config->allow[i]))
            return true;
    return false;
}

static bool
exempts_internet(const struct config *config)
{
    for (uint32_t i = 0; i < config->rates_exempt_count; i++)
        if (is_open(&config->rates_exempt[i]))
            return true;
    return false;
}

struct finding {
    bool is_so;
    const char *text;
};

static unsigned
print_found(const struct finding findings[], size_t count, FILE *to)
{
    unsigned printed = 0;
    for (size_t i = 0; i < count; i++)
        if (findings[i].is_so) {
            fprintf(to, "%s\n", findings[i].text);
            printed++;
        }
    return printed;
}

#define OPEN "acl.allow: an open resolver, for every client of the internet, and "

/* An open resolver that nothing holds back serves those who flood others. */
static unsigned
warn_open(const struct config *config, FILE *to)
{
    bool ipv4 = serves_internet(config, ADDR_IPV4), ipv6 = serves_internet(config, ADDR_IPV6);
    bool is_held = config->rates_mode == CONFIG_RATES_ENFORCE;
    const struct finding findings[] = {
        {!is_held, OPEN "rates.mode is not enforce, so that any of them may ask without limit"},
        {is_held && ipv4 && config->rates_ipv4_count == 0,
         OPEN "rates.ipv4 is empty, so that any of them may ask without limit"},
        {is_held && ipv6 && config->rates_ipv6_count == 0,
         OPEN "rates.ipv6 is empty, so that any of them may ask without limit"},
        {is_held && exempts_internet(config),
         "rates.exempt: clients of the internet, which may then ask without limit"},
        {config->cookies_enabled == 0, OPEN "cookies.enabled is no, so that a flood with a forged "
                                            "address uses up the limits of the real client"},
        {config->pacing == 0,
         OPEN "pacing.enabled is no, so that large responses can be turned on others at any rate"},
    };
    return ipv4 || ipv6 ? print_found(findings, sizeof findings / sizeof findings[0], to) : 0;
}

static bool
is_single(const struct addr_prefix *prefix)
{
    return prefix->length == (prefix->addr.family == ADDR_IPV4 ? 32 : 128);
}

static bool
is_loopback(const struct addr_prefix *prefix)
{
    static const uint8_t ipv6[sizeof prefix->addr.bytes] = {[15] = 1};
    return prefix->addr.family == ADDR_IPV4
               ? prefix->addr.bytes[0] == 127
               : memcmp(prefix->addr.bytes, ipv6, sizeof prefix->addr.bytes) == 0;
}

static bool
is_listed(const struct addr_prefix *prefix, const struct addr_prefix list[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i].length == prefix->length && addr_is_equal(&list[i].addr, &prefix->addr))
            return true;
    return false;
}

/* The rate of one address of this family, 0: it has none. */
static uint32_t
rate_of(const struct config *config, enum addr_family family)
{
    if (family == ADDR_IPV4)
        return config->rates_ipv4_count > 0 ? config->rates_ipv4[0].rate_per_s : 0;
    return config->rates_ipv6_count > 0 ? config->rates_ipv6[0].rate_per_s : 0;
}

/*
 * Few clients, each a single address: is that one client, or does it ask for many? All of these have
 * its limits together.
 */
static unsigned
warn_single(const struct config *config, FILE *to)
{
    const struct addr_prefix *client = NULL;
    unsigned others = 0;
    char text[ADDR_TEXT_MAX];
    if (config->rates_mode != CONFIG_RATES_ENFORCE)
        return 0;
    for (uint32_t i = 0; i < config->allow_count; i++) {
        const struct addr_prefix *prefix = &config->allow[i];
        if (is_loopback(prefix))
            continue;
        if (!is_single(prefix))
            return 0;
        others++;
        if (rate_of(config, prefix->addr.family) != 0 &&
            !is_listed(prefix, config->proxy, config->proxy_count) &&
            !is_listed(prefix, config->rates_exempt, config->rates_exempt_count))
            client = prefix;
    }
    if (client == NULL || others > FEW_CLIENTS)
        return 0;
    fprintf(to,
            "acl.allow: single addresses alone, of which %s may ask %u times per second and have "
            "%u connections over TCP; if it is a load balancer, a forwarder or a router with "
            "address translation, all behind it have these limits together: name it in proxy, if "
            "it speaks the PROXY protocol, or in rates.exempt, or allow its clients themselves\n",
            addr_prefix_format(client, text), rate_of(config, client->addr.family),
            config->tcp_per_prefix);
    return 1;
}

unsigned
config_warn(const struct config *config, FILE *to)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < config->upstreams_count; i++)
        count += warn_name(&config->upstreams[i], to) + warn_pins(&config->upstreams[i], to) +
                 warn_twin(config, i, to);
    const struct finding findings[] = {
        {config->allow_count == 0, "acl.allow: empty, so that nobody is served"},
        {(config->tls_versions & CONFIG_TLS12) != 0,
         "tls.versions: TLS 1.2 is allowed, in which a server's certificate is sent in the clear"},
        {config->connect_ms >= config->query_ms,
         "timeouts.connect: not shorter than timeouts.query, so that a query cannot outlive one "
         "failed connection"},
        {config->events != 0 && config->events_readers_count == 0,
         "events.readers: empty, so that nobody but root and the service's own account may read "
         "events"},
        {config->events != 0 && config->control_socket[0] == '\0',
         "events.enabled: yes, but control.socket is off, so that nobody can read events"},
    };
    count += print_found(findings, sizeof findings / sizeof findings[0], to);
    return count + warn_open(config, to) + warn_single(config, to);
}

const char *
config_warn_notice(const struct config *config)
{
    return serves_internet(config, ADDR_IPV4) || serves_internet(config, ADDR_IPV6)
               ? "acl.allow: an open resolver, for every client of the internet; rates, cookies "
                 "and "
                 "pacing are what holds them back"
               : NULL;
}

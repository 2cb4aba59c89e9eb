/* config_judge.c - see config_judge.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_judge.h"

#include <string.h>

#define WHOLE_PERCENT 100

static const char *
judge_name(const struct config *config, unsigned upstream)
{
    const char *name = config->upstreams[upstream].name;
    if (*name == '\0')
        return "not given; allowed: a short name for log lines, its own for each upstream";
    for (unsigned i = 0; i < upstream; i++)
        if (strcmp(config->upstreams[i].name, name) == 0)
            return "given to an earlier upstream too; allowed: a name of its own for each upstream";
    return NULL;
}

static const char *
judge_address(const struct config *config, unsigned upstream)
{
    const struct addr *address = &config->upstreams[upstream].address;
    if (address->family == ADDR_NONE)
        return "not given; allowed: ADDRESS or ADDRESS:PORT of a DNS over TLS server";
    if (addr_is_among(address, config->listen, config->listen_count))
        return "an address that penstock itself listens on; allowed: another server's";
    return NULL;
}

static const char *
judge_source(const struct config_upstream *upstream)
{
    if (upstream->source.family == ADDR_NONE || upstream->source.family == upstream->address.family)
        return NULL;
    return "of another family than the upstream's address; allowed: IPv4 for IPv4, IPv6 for IPv6";
}

static const char *
judge_pins(const struct config_upstream *upstream)
{
    if (upstream->pins_count > 0)
        return NULL;
    if (upstream->verify == CONFIG_VERIFY_PIN_CA)
        return "no pin given, and verify: pin+ca needs one; allowed: at least one pin (`penstock "
               "pin "
               "ADDRESS:PORT` prints them), or verify: ca to trust the CAs alone";
    if (upstream->verify == CONFIG_VERIFY_PIN)
        return "no pin given, and verify: pin needs one; allowed: at least one pin (`penstock pin "
               "ADDRESS:PORT` prints them)";
    return NULL;
}

static const char *
judge_verify(const struct config_upstream *upstream)
{
    if (upstream->verify == CONFIG_VERIFY_CA && upstream->pins_count > 0)
        return "ca, but there are pins, which would not be checked; allowed with pins: pin+ca or "
               "pin";
    return NULL;
}

static void
complain(struct config_complaints *complaints, const struct config_complaint found[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (found[i].text != NULL && complaints->count < CONFIG_COMPLAINTS_MAX)
            complaints->of[complaints->count++] = found[i];
}

#define COUNT_OF(array)  (sizeof(array) / sizeof(array)[0])
#define ALONE(row)       CONFIG_ROW_##row, CONFIG_ROW_##row
#define WITH(row, other) CONFIG_ROW_##row, CONFIG_ROW_##other

static void
judge_upstream(const struct config *config, unsigned i, struct config_complaints *complaints)
{
    const struct config_upstream *upstream = &config->upstreams[i];
    const struct config_complaint found[] = {
        {ALONE(upstream_name), i, judge_name(config, i)},
        {ALONE(upstream_address), i, judge_address(config, i)},
        {WITH(upstream_source, upstream_address), i, judge_source(upstream)},
        {WITH(upstream_pins, upstream_verify), i, judge_pins(upstream)},
        {WITH(upstream_verify, upstream_pins), i, judge_verify(upstream)},
    };
    complain(complaints, found, COUNT_OF(found));
}

static const char *
judge_rates(const struct config_rate rates[], uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (rates[i].length >= rates[i - 1].length)
            return "a prefix that is not shorter than the one before; allowed: the longest first, "
                   "each once";
    return NULL;
}

static uint32_t
least_burst(const struct config_rate rates[], uint32_t count, uint32_t least)
{
    for (uint32_t i = 0; i < count; i++)
        least = rates[i].burst < least ? rates[i].burst : least;
    return least;
}

static uint32_t
least_burst_of_all(const struct config *config)
{
    uint32_t least = UINT32_MAX;
    least = least_burst(config->rates_ipv4, config->rates_ipv4_count, least);
    least = least_burst(config->rates_ipv6, config->rates_ipv6_count, least);
    least = least_burst(config->rates_proven_ipv4, config->rates_proven_ipv4_count, least);
    return least_burst(config->rates_proven_ipv6, config->rates_proven_ipv6_count, least);
}

static const char *
judge_shares(const struct config *config)
{
    uint32_t burst = least_burst_of_all(config);
    for (uint32_t i = 0; i < config->rates_listeners_count; i++) {
        const struct config_share *share = &config->rates_listeners[i];
        if (!addr_is_among(&share->listen, config->listen, config->listen_count))
            return "an address that is not served; allowed: addresses of listen";
        if (share->percent != 0 && (uint64_t)burst * share->percent < WHOLE_PERCENT)
            return "less than one query of the smallest burst; allowed: a larger share";
        for (uint32_t other = 0; other < i; other++)
            if (addr_is_equal(&config->rates_listeners[other].listen, &share->listen))
                return "two shares for one address; allowed: one for each";
    }
    return NULL;
}

static const char *
judge_secret(const struct config *config, const struct config_secret *other)
{
    if (other->is_set == 0 || config->cookies_secret.is_set != 0)
        return NULL;
    return config->cookies_secret_file[0] == '\0'
               ? "given without cookies.secret; allowed: beside the one that is in use"
               : "given beside cookies.secret_file; allowed: in that file";
}

static const char *
judge_secret_file(const struct config *config)
{
    return config->cookies_secret_file[0] == '\0' || config->cookies_secret.is_set == 0
               ? NULL
               : "given beside cookies.secret; allowed: one of the two";
}

static const char *
judge_pacing(const struct config *config)
{
    return config->pacing_rate == 0 || /* which was wrong for itself */
                   config->pacing_burst / config->pacing_rate < CONFIG_DRAIN_S
               ? NULL
               : "an hour of pacing.rate or more; allowed: less, or a higher rate";
}

static const char *
judge_ttls(const struct config *config)
{
    return config->cache_ttl_min_ms <= config->cache_ttl_max_ms
               ? NULL
               : "longer than cache.ttl_max; allowed: up to cache.ttl_max";
}

bool
config_judge_is_within(const char *name, const char *zone)
{
    size_t len = strlen(name), zone_len = strlen(zone);
    if (len < zone_len || strcmp(name + len - zone_len, zone) != 0)
        return false;
    return len == zone_len || name[len - zone_len - 1] == '.';
}

bool
config_judge_is_special(const char *name)
{
    static const char *const specials[] = {
#define SPECIAL(special, kind, why) special,
#include "base/special.def"
#undef SPECIAL
    };
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        if (config_judge_is_within(name, specials[i]) || config_judge_is_within(specials[i], name))
            return true;
    return false;
}

static const char *
judge_through(const struct config *config)
{
    for (uint32_t i = 0; i < config->local_through_count; i++)
        if (!config_judge_is_special(config->local_through[i]))
            return "a name that is not answered here anyway; allowed: a special-use name or "
                   "reverse "
                   "zone of private addresses (home.arpa, 10.in-addr.arpa, ...), or a name above "
                   "or below one";
    return NULL;
}

/* It is opened as a name in its folder. */
static const char *
judge_audit_path(const char *path)
{
    const char *name = path;
    for (const char *c = path; *c != '\0'; c++)
        name = *c == '/' ? c + 1 : name;
    bool is_folder = *name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    return *path != '\0' && is_folder ? "a folder; allowed: a file in one" : NULL;
}

static const char *
judge_audit_key(const struct config *config)
{
    return config->audit_key_file[0] == '\0' || config->audit_path[0] != '\0'
               ? NULL
               : "given without audit.path; allowed: beside it";
}

static const char *
judge_entries(uint32_t entries)
{
    return (entries & (entries - 1)) == 0 ? NULL
                                          : "no power of two; allowed: 64, 128, ... 16777216";
}

static const char *
judge_proxy(const struct config *config)
{
    for (uint32_t i = 0; i < config->proxy_count; i++)
        if (config->proxy[i].length == 0)
            return "everybody, who could then ask as anybody; allowed: the balancers' own "
                   "addresses";
    return NULL;
}

/* Rules that hold between limits. */
static void
judge_limits(const struct config *config, struct config_complaints *complaints)
{
    const struct config_complaint found[] = {
        {ALONE(proxy), 0, judge_proxy(config)},
        {ALONE(rates_ipv4), 0, judge_rates(config->rates_ipv4, config->rates_ipv4_count)},
        {ALONE(rates_ipv6), 0, judge_rates(config->rates_ipv6, config->rates_ipv6_count)},
        {ALONE(rates_proven_ipv4), 0,
         judge_rates(config->rates_proven_ipv4, config->rates_proven_ipv4_count)},
        {ALONE(rates_proven_ipv6), 0,
         judge_rates(config->rates_proven_ipv6, config->rates_proven_ipv6_count)},
        {WITH(rates_listeners, listen), 0, judge_shares(config)},
        {ALONE(rates_entries), 0, judge_entries(config->rates_entries)},
        {WITH(cookies_previous_secret, cookies_secret), 0,
         judge_secret(config, &config->cookies_previous_secret)},
        {WITH(cookies_staged_secret, cookies_secret), 0,
         judge_secret(config, &config->cookies_staged_secret)},
        {WITH(cookies_secret_file, cookies_secret), 0, judge_secret_file(config)},
        {WITH(pacing_burst, pacing_rate), 0, judge_pacing(config)},
        {WITH(cache_ttl_min_ms, cache_ttl_max_ms), 0, judge_ttls(config)},
        {ALONE(local_through), 0, judge_through(config)},
        {ALONE(audit_path), 0, judge_audit_path(config->audit_path)},
        {WITH(audit_key_file, audit_path), 0, judge_audit_key(config)},
    };
    complain(complaints, found, COUNT_OF(found));
}

/* A list that needs an item and has none. */
static bool
is_too_short(const struct config_row *row, const void *base)
{
    if (row->rule.kind == VALUE_FLAGS)
        return *(const uint32_t *)config_row_item(row, base, 0) == 0;
    return config_row_count(row, base) < row->items_min;
}

/* --- routes ---------------------------------------------------------------------------------- */

static bool
has_name(const struct config_route *route, const char *name)
{
    for (uint32_t i = 0; i < route->names_count; i++)
        if (strcmp(route->names[i], name) == 0)
            return true;
    return false;
}

bool
config_judge_has(const struct config_route *route, const char *upstream)
{
    for (uint32_t i = 0; i < route->upstreams_count; i++)
        if (strcmp(route->upstreams[i], upstream) == 0)
            return true;
    return false;
}

static const char *
judge_route_names(const struct config *config, unsigned route)
{
    const struct config_route *own = &config->routes[route];
    if (own->names_count == 0)
        return "none given; allowed: at least one name such as corp.example";
    for (unsigned before = 0; before < route; before++)
        for (uint32_t i = 0; i < own->names_count; i++)
            if (has_name(&config->routes[before], own->names[i]))
                return "a name that an earlier route has; allowed: each name in one route";
    return NULL;
}

static const char *
judge_route_upstreams(const struct config *config, unsigned route)
{
    const struct config_route *own = &config->routes[route];
    uint32_t known = 0;
    if (own->upstreams_count == 0)
        return "none given; allowed: the name of at least one of upstreams";
    for (uint32_t i = 0; i < config->upstreams_count; i++)
        known += config_judge_has(own, config->upstreams[i].name);
    return known == own->upstreams_count
               ? NULL
               : "a name that no upstream has; allowed: names of upstreams, as upstreams[].name";
}

/* Is an upstream left that no route names? */
static bool
is_one_left(const struct config *config)
{
    for (uint32_t i = 0; i < config->upstreams_count; i++) {
        bool is_routed = false;
        for (uint32_t route = 0; route < config->routes_count && !is_routed; route++)
            is_routed = config_judge_has(&config->routes[route], config->upstreams[i].name);
        if (!is_routed)
            return true;
    }
    return false;
}

static void
judge_routes(const struct config *config, struct config_complaints *complaints)
{
    for (unsigned i = 0; i < config->routes_count; i++) {
        const struct config_complaint found[] = {
            {ALONE(route_names), i, judge_route_names(config, i)},
            {CONFIG_ROW_route_upstreams, CONFIG_ROWS, i, judge_route_upstreams(config, i)},
        };
        complain(complaints, found, COUNT_OF(found));
    }
    if (config->routes_count == 0 || is_one_left(config))
        return;
    struct config_complaint none = {
        CONFIG_ROW_route_upstreams, CONFIG_ROWS, config->routes_count - 1,
        "routes name every upstream, so that none is left for all other names; allowed: at least "
        "one upstream that no route names"};
    complain(complaints, &none, 1);
}

bool
config_judge(const struct config *config, struct config_complaints *complaints)
{
    complaints->count = 0;
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        if (config_row_is_entry(row) || !is_too_short(row, config))
            continue;
        struct config_complaint empty = {id, id, 0, "empty; allowed: at least one value"};
        complain(complaints, &empty, 1);
    }
    if (config->upstreams_count == 0) {
        struct config_complaint none = {CONFIG_ROWS, CONFIG_ROWS, 0,
                                        "none given; allowed: at least one with name, address, "
                                        "tls_name and pins (`penstock pin ADDRESS:PORT` prints "
                                        "pins)"};
        complain(complaints, &none, 1);
    }
    for (unsigned i = 0; i < config->upstreams_count; i++)
        judge_upstream(config, i, complaints);
    judge_routes(config, complaints);
    judge_limits(config, complaints);
    return complaints->count == 0;
}

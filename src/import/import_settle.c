/* import_settle.c - see import_settle.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_settle.h"

#include "import/import_acl.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 80 /* characters of an address in a finding */
#define NAME_PART 50 /* of a TLS name that becomes a name; leaves room for a number */

/* --- upstreams ------------------------------------------------------------------------------- */

static bool
is_taken(const struct config *config, const char *name)
{
    for (uint32_t i = 0; i < config->upstreams_count; i++)
        if (strcmp(config->upstreams[i].name, name) == 0)
            return true;
    return false;
}

/* Its own name, or one made of the TLS name; with a number where another one has it. */
static void
make_name(const struct import_draft_upstream *from, const struct config *config,
          char to[CONFIG_NAME_MAX])
{
    const char *base = from->name[0] != '\0'       ? from->name
                       : from->tls_name[0] != '\0' ? from->tls_name
                                                   : "upstream";
    char name[CONFIG_NAME_MAX], text[CONFIG_NAME_MAX];
    const char *wrong;
    const struct value_rule *rule = &config_rows[CONFIG_ROW_upstream_name].rule;
    snprintf(text, sizeof text, "%.*s", NAME_PART, base);
    if (value_parse(rule, text, name, &wrong) != STATUS_OK)
        snprintf(text, sizeof text, "upstream");
    snprintf(name, sizeof name, "%s", text);
    for (unsigned number = 2; is_taken(config, name); number++)
        snprintf(name, sizeof name, "%.*s-%u", NAME_PART, text, number);
    memset(to, 0, CONFIG_NAME_MAX);
    memcpy(to, name, strlen(name));
}

/* @return why it cannot be carried; NULL: it is in `to` */
static const char *
make_upstream(const struct import_draft_upstream *from, const struct config *config,
              struct config_upstream *to)
{
    const char *wrong = NULL;
    *to = (struct config_upstream){.weight = from->weight, .qps = from->qps};
    if (from->lost != NULL)
        return from->lost;
    if (value_parse(&config_rows[CONFIG_ROW_upstream_address].rule, from->address, &to->address,
                    &wrong) != STATUS_OK)
        return wrong;
    if (from->tls_name[0] != '\0' && value_parse(&config_rows[CONFIG_ROW_upstream_tls_name].rule,
                                                 from->tls_name, to->tls_name, &wrong) != STATUS_OK)
        return "the name of its certificate is no name";
    if (to->tls_name[0] == '\0' && from->pins_count == 0)
        return "neither a name nor a pin: nobody would be authenticated";
    if (addr_is_among(&to->address, config->listen, config->listen_count))
        return "penstock itself would listen at this address";
    if (config->upstreams_count == CONFIG_UPSTREAMS_MAX)
        return "a policy has room for 16 upstreams";
    memcpy(to->pins, from->pins, sizeof to->pins);
    to->pins_count = from->pins_count;
    to->verify = from->pins_count == 0                          ? CONFIG_VERIFY_CA
                 : from->is_by_pin || from->tls_name[0] == '\0' ? CONFIG_VERIFY_PIN
                                                                : CONFIG_VERIFY_PIN_CA;
    make_name(from, config, to->name);
    return NULL;
}

static void
settle_upstream(struct import_draft *draft, const struct import_draft_upstream *from)
{
    struct config *config = &draft->config;
    struct config_upstream upstream;
    char address[ADDR_TEXT_MAX];
    const char *lost = make_upstream(from, config, &upstream);
    if (lost != NULL) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, from->line, from->key, "%.*s%s%s", SHOWN_MAX,
                         from->address, from->address[0] == '\0' ? "" : ": ", lost);
        return;
    }
    config->upstreams[config->upstreams_count++] = upstream;
    draft->given[CONFIG_ROW_upstream_address] = true;
    addr_format(&upstream.address, address);
    import_draft_say(draft, IMPORT_DRAFT_CARRIED, from->line, from->key, "upstream %s, %s",
                     upstream.name, address);
    if (upstream.pins_count == 0)
        import_draft_say(draft, IMPORT_DRAFT_NOTE, from->line, from->key,
                         "upstream %s has no pin, so verify: ca: run \"penstock pin %s --tls-name "
                         "%s\", compare, and set pins and verify: pin+ca",
                         upstream.name, address, upstream.tls_name);
}

/* --- rates ----------------------------------------------------------------------------------- */

/* A client's rate, and networks around it that have as much at least. */
static void
settle_rates(struct import_draft *draft, enum config_row_id row, uint32_t rate)
{
    const struct config_row *is = &config_rows[row];
    uint32_t burst = rate > CONFIG_RATE_MAX / 2 ? CONFIG_RATE_MAX : 2 * rate;
    char *list = (char *)&draft->config + is->offset;
    for (uint32_t i = 0; i < config_row_count(is, &draft->config); i++) {
        struct config_rate one;
        memcpy(&one, list + i * sizeof one, sizeof one);
        if (i == 0 || one.rate_per_s < rate)
            one.rate_per_s = rate;
        if (i == 0 || one.burst < burst)
            one.burst = burst;
        memcpy(list + i * sizeof one, &one, sizeof one);
    }
    draft->given[row] = true;
}

/* --- the whole ------------------------------------------------------------------------------- */

static void
settle_ttls(struct import_draft *draft)
{
    if (draft->config.cache_ttl_min_ms <= draft->config.cache_ttl_max_ms)
        return;
    draft->config.cache_ttl_min_ms = 0;
    draft->given[CONFIG_ROW_cache_ttl_min_ms] = false;
    import_draft_say(draft, IMPORT_DRAFT_NOTE, 0, "cache.ttl_min",
                     "left out: it would be longer than cache.ttl_max");
}

static bool
is_loopback(const struct addr *addr)
{
    static const uint8_t one[sizeof addr->bytes] = {[15] = 1};
    return addr->family == ADDR_IPV4 ? addr->bytes[0] == 127
                                     : memcmp(addr->bytes, one, sizeof one) == 0;
}

static void
note_clients(struct import_draft *draft)
{
    bool is_local = true;
    for (uint32_t i = 0; i < draft->config.listen_count; i++)
        is_local = is_local && is_loopback(&draft->config.listen[i]);
    if (draft->serves_everybody && !is_local)
        import_draft_say(draft, IMPORT_DRAFT_NOTE, 0, "acl.allow",
                         "the policy serves this machine alone, where that program serves whoever "
                         "asks: name the networks of your clients");
}

void
import_settle(struct import_draft *draft)
{
    import_acl_settle(draft);
    for (uint32_t i = 0; i < draft->upstreams_count; i++)
        settle_upstream(draft, &draft->upstreams[i]);
    if (draft->per_client != 0) {
        settle_rates(draft, CONFIG_ROW_rates_ipv4, draft->per_client);
        settle_rates(draft, CONFIG_ROW_rates_ipv6, draft->per_client);
        import_draft_say(draft, IMPORT_DRAFT_CARRIED, draft->per_client_line, "ip-ratelimit",
                         "rates.ipv4: /32 %u/s, rates.ipv6: /64 %u/s", draft->per_client,
                         draft->per_client);
    }
    if (draft->per_proven != 0) {
        settle_rates(draft, CONFIG_ROW_rates_proven_ipv4, draft->per_proven);
        settle_rates(draft, CONFIG_ROW_rates_proven_ipv6, draft->per_proven);
        import_draft_say(draft, IMPORT_DRAFT_CARRIED, draft->per_proven_line, "ip-ratelimit-cookie",
                         "rates.proven_ipv4: /32 %u/s, rates.proven_ipv6: /64 %u/s",
                         draft->per_proven, draft->per_proven);
    }
    settle_ttls(draft);
    note_clients(draft);
    if (draft->is_overfull)
        import_draft_fail(draft, 0, "file", "it has more settings than there is room for");
}

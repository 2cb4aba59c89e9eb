/* import_place.c - see import_place.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_place.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 80 /* characters of an address in a finding */
#define NAME_PART 50 /* of a TLS name that becomes a name; leaves room for a number */

_Static_assert(CONFIG_UPSTREAMS_MAX <= 32, "a bit for each");

/* --- what a server is ------------------------------------------------------------------------ */

/* @return why it cannot be carried; NULL: it is in `to`, without a name */
static const char *
judge(const struct import_draft_upstream *from, const struct config *config,
      struct config_upstream *to)
{
    const char *wrong = NULL;
    memset(to, 0, sizeof *to);
    to->weight = from->weight;
    to->qps = from->qps;
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
    memcpy(to->pins, from->pins, sizeof to->pins);
    to->pins_count = from->pins_count;
    to->verify = from->pins_count == 0                          ? CONFIG_VERIFY_CA
                 : from->is_by_pin || from->tls_name[0] == '\0' ? CONFIG_VERIFY_PIN
                                                                : CONFIG_VERIFY_PIN_CA;
    return NULL;
}

/* But for their names. Nothing of the struct is padded or left as it was. */
static bool
is_same(const struct config_upstream *a, const struct config_upstream *b)
{
    struct config_upstream named = *a;
    memcpy(named.name, b->name, sizeof named.name);
    return memcmp(&named, b, sizeof named) == 0;
}

/* Among numbers first..end-1 of the policy's. @return its number; `end`: none is the same */
static uint32_t
find(const struct config *config, uint32_t first, uint32_t end, const struct config_upstream *is)
{
    while (first < end && !is_same(&config->upstreams[first], is))
        first++;
    return first;
}

/* --- names ----------------------------------------------------------------------------------- */

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

/* --- places ---------------------------------------------------------------------------------- */

static void
say_lost(struct import_draft *draft, const struct import_draft_upstream *from, const char *lost)
{
    if (!from->is_again || from->lost == NULL) /* what is wrong with the server is said once */
        import_draft_say(draft, IMPORT_DRAFT_LOST, from->line, from->key, "%.*s%s%s", SHOWN_MAX,
                         from->address, from->address[0] == '\0' ? "" : ": ", lost);
}

static void
say_placed(struct import_draft *draft, const struct import_draft_upstream *from, bool is_new)
{
    const struct config_upstream *upstream = &draft->config.upstreams[from->place];
    char address[ADDR_TEXT_MAX];
    addr_format(&upstream->address, address);
    if (!from->is_again)
        import_draft_say(draft, IMPORT_DRAFT_CARRIED, from->line, from->key, "upstream %s, %s",
                         upstream->name, address);
    else if (is_new)
        import_draft_say(draft, IMPORT_DRAFT_NOTE, from->line, from->key,
                         "upstream %s is the same server, for names of routes alone",
                         upstream->name);
    if (is_new && upstream->pins_count == 0)
        import_draft_say(draft, IMPORT_DRAFT_NOTE, from->line, from->key,
                         "upstream %s has no pin, so verify: ca: run \"penstock pin %s --tls-name "
                         "%s\", compare, and set pins and verify: pin+ca",
                         upstream->name, address, upstream->tls_name);
}

/* @param first  of those in the policy with which it may share a place */
static void
place(struct import_draft *draft, struct import_draft_upstream *from, uint32_t first)
{
    struct config *config = &draft->config;
    struct config_upstream upstream;
    const char *lost = judge(from, config, &upstream);
    uint32_t count = config->upstreams_count;
    from->is_settled = true;
    from->place = find(config, first, count, &upstream);
    if (lost == NULL && from->place == CONFIG_UPSTREAMS_MAX)
        lost = "a policy has room for 16 upstreams";
    if (lost != NULL) {
        from->place = IMPORT_DRAFT_NOWHERE;
        say_lost(draft, from, lost);
        return;
    }
    bool is_new = from->place == count;
    if (is_new) {
        make_name(from, config, upstream.name);
        config->upstreams[config->upstreams_count++] = upstream;
        draft->given[CONFIG_ROW_upstream_address] = true;
    }
    say_placed(draft, from, is_new);
}

void
import_place_rest(struct import_draft *draft)
{
    for (uint32_t i = 0; i < draft->upstreams_count; i++)
        if (draft->upstreams[i].group == IMPORT_DRAFT_REST)
            place(draft, &draft->upstreams[i], draft->config.upstreams_count);
    draft->rest_count = draft->config.upstreams_count;
}

void
import_place_as_rest(struct import_draft *draft, uint32_t group)
{
    for (uint32_t i = 0; i < draft->upstreams_count; i++)
        if (draft->upstreams[i].group == group && !draft->upstreams[i].is_settled)
            place(draft, &draft->upstreams[i], 0);
}

uint32_t
import_place_group(struct import_draft *draft, uint32_t group)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < draft->upstreams_count; i++) {
        struct import_draft_upstream *from = &draft->upstreams[i];
        if (from->group != group)
            continue;
        bool is_of_rest = from->is_settled && from->place < draft->rest_count;
        from->is_again = from->is_again || is_of_rest;
        if (!from->is_settled || is_of_rest)
            place(draft, from, draft->rest_count);
        if (from->place != IMPORT_DRAFT_NOWHERE)
            bits |= UINT32_C(1) << from->place;
    }
    return bits;
}

bool
import_place_is_rest(const struct import_draft *draft, uint32_t group)
{
    const struct config *config = &draft->config;
    struct config_upstream upstream;
    uint32_t all = 0, bits = 0;
    for (uint32_t i = 0; i < draft->rest_count; i++)
        all |= UINT32_C(1) << find(config, 0, draft->rest_count, &config->upstreams[i]);
    for (uint32_t i = 0; i < draft->upstreams_count; i++) {
        if (draft->upstreams[i].group != group ||
            judge(&draft->upstreams[i], config, &upstream) != NULL)
            continue;
        uint32_t at = find(config, 0, draft->rest_count, &upstream);
        if (at == draft->rest_count)
            return false;
        bits |= UINT32_C(1) << at;
    }
    return bits != 0 && bits == all;
}

void
import_place_unasked(struct import_draft *draft)
{
    for (uint32_t i = 0; i < draft->upstreams_count; i++) {
        const struct import_draft_upstream *from = &draft->upstreams[i];
        if (!from->is_settled)
            say_lost(draft, from, from->lost != NULL ? from->lost : "no name is asked of it alone");
    }
}

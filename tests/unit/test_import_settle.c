/* test_import_settle.c - what is judged at the end
 * SPDX-License-Identifier: ISC
 */
#include "import/import_settle.h"

#include "import_scene.h"

static struct import_draft_upstream *
add(const char *address, const char *tls_name)
{
    struct import_draft_upstream *upstream =
        import_draft_upstream(&draft, draft.upstreams_count + 1, "server");
    cr_assert(import_draft_copy(upstream->address, sizeof upstream->address, address));
    cr_assert(import_draft_copy(upstream->tls_name, sizeof upstream->tls_name, tls_name));
    return upstream;
}

static void
add_pin(struct import_draft_upstream *upstream)
{
    cr_assert(import_draft_pin(&draft, upstream, upstream->line, "pin",
                               "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
}

Test(import_settle, an_upstream_is_verified_by_what_it_has)
{
    import_draft_begin(&draft);
    add("192.0.2.1", "a.example");
    add_pin(add("192.0.2.2", "a.example"));
    add_pin(add("192.0.2.3", ""));
    struct import_draft_upstream *by_pin = add("192.0.2.4", "b.example");
    add_pin(by_pin);
    by_pin->is_by_pin = true;
    import_settle(&draft);
    static const uint32_t verify[] = {CONFIG_VERIFY_CA, CONFIG_VERIFY_PIN_CA, CONFIG_VERIFY_PIN,
                                      CONFIG_VERIFY_PIN};
    static const char *const names[] = {"a.example", "a.example-2", "upstream", "b.example"};
    cr_assert_eq(draft.config.upstreams_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        cr_expect_eq(draft.config.upstreams[i].verify, verify[i]);
        cr_expect_str_eq(draft.config.upstreams[i].name, names[i]);
    }
    cr_expect(
        says(IMPORT_DRAFT_NOTE, 1, "server", "penstock pin 192.0.2.1:853 --tls-name a.example"));
    cr_expect_not(says(IMPORT_DRAFT_NOTE, 2, "server", "penstock pin"));
}

Test(import_settle, what_cannot_be_an_upstream_says_why)
{
    import_draft_begin(&draft);
    cr_assert(import_draft_add(&draft, 9, "listen", CONFIG_ROW_listen, "192.0.2.1:853"));
    add("192.0.2.1", "a.example");
    add("192.0.2.2:53", "a.example");
    add("dns.example", "a.example");
    add("192.0.2.3", "a b");
    add("192.0.2.4", "");
    add("192.0.2.5", "a.example")->lost = "a reason";
    import_settle(&draft);
    static const char *const why[] = {
        "itself would listen",           "port 53", "not an address", "no name",
        "nobody would be authenticated", "a reason"};
    for (unsigned i = 0; i < 6; i++)
        cr_expect(is_lost(i + 1, "server", why[i]), "%s", why[i]);
    cr_expect_eq(draft.config.upstreams_count, 0);
}

Test(import_settle, a_policy_has_room_for_sixteen)
{
    import_draft_begin(&draft);
    for (unsigned i = 0; i < CONFIG_UPSTREAMS_MAX + 1; i++)
        add("192.0.2.1", "a.example");
    import_settle(&draft);
    cr_expect_eq(draft.config.upstreams_count, CONFIG_UPSTREAMS_MAX);
    cr_expect(is_lost(17, "server", "room for 16") && !draft.is_broken);
}

Test(import_settle, networks_around_a_client_have_as_much)
{
    import_draft_begin(&draft);
    draft.per_client = 5000;
    draft.per_client_line = 3;
    draft.per_proven = 900000;
    import_settle(&draft);
    cr_expect(draft.config.rates_ipv4[0].rate_per_s == 5000 &&
              draft.config.rates_ipv4[0].burst == 10000);
    cr_expect(draft.config.rates_ipv4[1].rate_per_s == 5000 &&
              draft.config.rates_ipv4[1].burst == 10000);
    cr_expect(draft.config.rates_ipv4[2].rate_per_s == 12000);
    cr_expect(draft.config.rates_proven_ipv6[2].rate_per_s == 900000 &&
              draft.config.rates_proven_ipv6[2].burst == CONFIG_RATE_MAX);
    cr_expect(is_carried(3, "ip-ratelimit", "/32 5000/s"));
}

Test(import_settle, contradictions_and_clients)
{
    import_draft_begin(&draft);
    draft.serves_everybody = true;
    cr_assert(import_draft_set(&draft, 1, "a", CONFIG_ROW_cache_ttl_min_ms, "1h"));
    cr_assert(import_draft_set(&draft, 2, "b", CONFIG_ROW_cache_ttl_max_ms, "1m"));
    import_settle(&draft);
    cr_expect(draft.config.cache_ttl_min_ms == 0 &&
              says(IMPORT_DRAFT_NOTE, 0, "cache.ttl_min", "left out"));
    cr_expect(says(IMPORT_DRAFT_NOTE, 0, "acl.allow", "this machine alone"));
    import_draft_begin(&draft);
    draft.serves_everybody = true;
    cr_assert(import_draft_add(&draft, 1, "a", CONFIG_ROW_listen, "127.0.0.1"));
    cr_assert(import_draft_add(&draft, 1, "a", CONFIG_ROW_listen, "::1"));
    draft.is_overfull = true;
    import_settle(&draft);
    cr_expect_not(says(IMPORT_DRAFT_NOTE, 0, "acl.allow", ""));
    cr_expect(draft.is_broken && is_lost(0, "file", "more settings"));
}

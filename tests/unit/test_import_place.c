/* test_import_place.c - servers become upstreams
 * SPDX-License-Identifier: ISC
 */
#include "import/import_place.h"

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

Test(import_place, an_upstream_is_verified_by_what_it_has)
{
    import_draft_begin(&draft);
    add("192.0.2.1", "a.example");
    add_pin(add("192.0.2.2", "a.example"));
    add_pin(add("192.0.2.3", ""));
    struct import_draft_upstream *by_pin = add("192.0.2.4", "b.example");
    add_pin(by_pin);
    by_pin->is_by_pin = true;
    import_place_rest(&draft);
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

Test(import_place, what_cannot_be_an_upstream_says_why)
{
    import_draft_begin(&draft);
    cr_assert(import_draft_add(&draft, 9, "listen", CONFIG_ROW_listen, "192.0.2.1:853"));
    add("192.0.2.1", "a.example");
    add("192.0.2.2:53", "a.example");
    add("dns.example", "a.example");
    add("192.0.2.3", "a b");
    add("192.0.2.4", "");
    add("192.0.2.5", "a.example")->lost = "a reason";
    import_place_rest(&draft);
    static const char *const why[] = {
        "itself would listen",           "port 53", "not an address", "no name",
        "nobody would be authenticated", "a reason"};
    for (unsigned i = 0; i < 6; i++)
        cr_expect(is_lost(i + 1, "server", why[i]), "%s", why[i]);
    cr_expect_eq(draft.config.upstreams_count, 0);
}

Test(import_place, a_policy_has_room_for_sixteen)
{
    import_draft_begin(&draft);
    for (unsigned i = 0; i < CONFIG_UPSTREAMS_MAX + 1; i++)
        add("192.0.2.1", "a.example");
    import_place_rest(&draft);
    cr_expect_eq(draft.config.upstreams_count, CONFIG_UPSTREAMS_MAX);
    cr_expect(is_lost(17, "server", "room for 16") && !draft.is_broken);
}

/* Upstreams 0 and 1 of the rest; of group 1 the second of these; of group 2 another one. */
static void
add_groups(void)
{
    import_draft_begin(&draft);
    add("192.0.2.1", "a.example");
    add("192.0.2.2", "a.example");
    import_draft_again(&draft, 1, import_draft_group(&draft));
    add("192.0.2.3", "c.example")->group = import_draft_group(&draft);
    import_place_rest(&draft);
}

Test(import_place, a_server_of_a_group_is_another_upstream_than_that_of_every_name)
{
    add_groups();
    cr_expect(draft.rest_count == 2 && draft.config.upstreams_count == 2);
    cr_expect_eq(import_place_group(&draft, 1), 4);
    cr_expect_eq(import_place_group(&draft, 2), 8);
    cr_expect_str_eq(draft.config.upstreams[2].name, "a.example-3");
    cr_expect(
        addr_is_equal(&draft.config.upstreams[2].address, &draft.config.upstreams[1].address));
    cr_expect(is_carried(2, "server", "upstream a.example-2") &&
              says(IMPORT_DRAFT_NOTE, 2, "server", "a.example-3 is the same server"));
    cr_expect(is_carried(4, "server", "upstream c.example"));
    cr_expect_eq(draft.counts[IMPORT_DRAFT_CARRIED], 3); /* it stands in the file once */
}

Test(import_place, groups_share_an_upstream)
{
    add_groups();
    uint32_t group = import_draft_group(&draft);
    add("192.0.2.3", "c.example")->group = group;
    add("192.0.2.3", "d.example")->group = group;
    cr_expect_eq(import_place_group(&draft, 2), 4);
    cr_expect_eq(import_place_group(&draft, group), 12); /* another name: not the same server */
    cr_expect_eq(import_place_group(&draft, group), 12);
    cr_expect_eq(draft.config.upstreams_count, 4);
}

Test(import_place, who_is_the_rest_is_known_by_all_of_its_servers)
{
    add_groups();
    uint32_t same = import_draft_group(&draft), more = import_draft_group(&draft);
    import_draft_again(&draft, 1, same);
    import_draft_again(&draft, 0, same);
    import_draft_again(&draft, 0, more);
    import_draft_again(&draft, 1, more);
    import_draft_again(&draft, 3, more);
    add("192.0.2.9", "")->group = same; /* cannot be carried: does not count */
    cr_expect(import_place_is_rest(&draft, same) && !import_place_is_rest(&draft, more));
    cr_expect(!import_place_is_rest(&draft, 1) && !import_place_is_rest(&draft, 99));
    import_place_as_rest(&draft, same);
    cr_expect_eq(draft.config.upstreams_count, 2);
    cr_expect(is_lost(draft.upstreams_count, "server", "nobody would be authenticated"));
    /* needed by a route all the same: a place of its own, so that the rest keeps its upstreams */
    cr_expect_eq(import_place_group(&draft, same), 12);
}

Test(import_place, no_room_is_said_of_a_server_that_stands_there_again)
{
    import_draft_begin(&draft);
    for (unsigned i = 0; i < CONFIG_UPSTREAMS_MAX; i++)
        add("192.0.2.1", "a.example");
    add("192.0.2.9", "")->group = 1;
    import_draft_again(&draft, 0, 1);
    import_draft_again(&draft, 16, 2);
    draft.upstreams[18].lost = "a reason";
    import_place_rest(&draft);
    cr_expect_eq(import_place_group(&draft, 1), 0);
    cr_expect(is_lost(1, "server", "room for 16") && is_lost(17, "server", "authenticated"));
    cr_expect_eq(import_place_group(&draft, 2), 0); /* said already */
    cr_expect_eq(draft.counts[IMPORT_DRAFT_LOST], 2);
}

Test(import_place, servers_that_no_name_has)
{
    add_groups();
    add("192.0.2.4", "")->lost = "a reason";
    draft.upstreams[4].group = 7;
    import_place_unasked(&draft);
    cr_expect(is_lost(4, "server", "no name is asked of it") && is_lost(5, "server", "a reason"));
    cr_expect_not(says(IMPORT_DRAFT_LOST, 1, "server", ""));
}

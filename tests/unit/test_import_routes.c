/* test_import_routes.c - zones become routes
 * SPDX-License-Identifier: ISC
 */
#include "import/import_routes.h"

#include "import/import_place.h"

#include "import_scene.h"

#include <stdio.h>

static uint32_t
add(const char *address, uint32_t group)
{
    struct import_draft_upstream *upstream = import_draft_upstream(&draft, 1, "server");
    cr_assert(import_draft_copy(upstream->address, sizeof upstream->address, address));
    cr_assert(import_draft_copy(upstream->tls_name, sizeof upstream->tls_name, "a.example"));
    upstream->group = group;
    return group;
}

static void
zone(uint32_t line, const char *name, uint32_t group)
{
    cr_assert_neq(import_draft_zone(&draft, line, "name", name, group), IMPORT_DRAFT_NOWHERE);
}

/* One server for every name: 192.0.2.1. */
static void
begin(void)
{
    import_draft_begin(&draft);
    (void)add("192.0.2.1", IMPORT_DRAFT_REST);
}

static void
settle(void)
{
    import_place_rest(&draft);
    import_routes_settle(&draft);
}

Test(import_routes, names_of_the_same_servers_have_one_route)
{
    begin();
    uint32_t one = add("192.0.2.2", import_draft_group(&draft)),
             two = add("192.0.2.3", import_draft_group(&draft)),
             three = add("192.0.2.2", import_draft_group(&draft));
    zone(3, "Corp.example.", one);
    zone(4, "lab.example", two);
    zone(5, "corp.test", three);
    settle();
    const struct config_route *routes = draft.config.routes;
    cr_assert_eq(draft.config.routes_count, 2);
    cr_expect(routes[0].names_count == 2 && routes[0].upstreams_count == 1);
    cr_expect_str_eq(routes[0].names[0], "corp.example");
    cr_expect_str_eq(routes[0].names[1], "corp.test");
    cr_expect_str_eq(routes[0].upstreams[0], "a.example-2");
    cr_expect_str_eq(routes[1].names[0], "lab.example");
    cr_expect_str_eq(routes[1].upstreams[0], "a.example-3");
    cr_expect(is_carried(3, "name", "routes[0].names: corp.example") &&
              is_carried(4, "name", "routes[1].names"));
    cr_expect(draft.given[CONFIG_ROW_route_names] && draft.config.upstreams_count == 3);
}

Test(import_routes, what_every_name_is_asked_of_needs_no_route)
{
    begin();
    uint32_t same = add("192.0.2.1", import_draft_group(&draft)),
             other = add("192.0.2.2", import_draft_group(&draft));
    zone(2, "org.example", same);
    zone(3, "10.in-addr.arpa", same);
    zone(4, "corp.example", other);
    zone(5, "www.corp.example", same);
    settle();
    cr_expect(is_carried(2, "name", "the same servers as every other name"));
    cr_expect(is_carried(3, "name", "local.through: 10.in-addr.arpa"));
    cr_expect_str_eq(draft.config.local_through[0], "10.in-addr.arpa");
    /* but for one below another's: its own route takes it out of that */
    cr_assert_eq(draft.config.routes_count, 2);
    cr_expect_str_eq(draft.config.routes[1].names[0], "www.corp.example");
    cr_expect_str_eq(draft.config.routes[1].upstreams[0], draft.config.upstreams[2].name);
    cr_expect_eq(draft.rest_count, 1);
}

Test(import_routes, names_that_may_be_private)
{
    begin();
    uint32_t group = add("192.0.2.2", import_draft_group(&draft));
    cr_assert(import_draft_add(&draft, 1, "p", CONFIG_ROW_local_private_names, "corp.example"));
    zone(2, "corp.example", group);
    zone(3, "xcorp.example", group);
    zone(4, "a.corp.example", group);
    zone(5, "example", group);
    settle();
    cr_assert_eq(draft.config.routes_count, 2);
    cr_expect(draft.config.routes[0].private_addresses == 1 &&
              draft.config.routes[0].names_count == 2);
    cr_expect(draft.config.routes[1].private_addresses == 0 &&
              draft.config.routes[1].names_count == 2);
    cr_expect(is_carried(4, "name", "a.corp.example, private: allow") &&
              !is_carried(5, "name", "private"));
}

Test(import_routes, what_has_no_route_says_why)
{
    begin();
    uint32_t plain = add("192.0.2.2", import_draft_group(&draft)),
             none = import_draft_group(&draft);
    draft.upstreams[1].lost = "plain DNS";
    zone(2, "corp.example", plain);
    zone(3, "lab.example", none);
    zone(4, "web.example", none);
    draft.zones[2].lost = "a reason";
    cr_expect_eq(import_draft_zone(&draft, 5, "name", "CORP.example", none), IMPORT_DRAFT_NOWHERE);
    cr_expect_eq(import_draft_zone(&draft, 6, "name", "*.example", none), IMPORT_DRAFT_NOWHERE);
    settle();
    cr_expect(is_lost(1, "server", "plain DNS") &&
              is_lost(2, "name", "corp.example: none of its servers"));
    cr_expect(is_lost(3, "name", "none of its servers") &&
              is_lost(4, "name", "web.example: a reason"));
    cr_expect(is_lost(5, "name", "line 2 has it already") &&
              is_lost(6, "name", "*.example\" for routes[].names"));
    cr_expect(draft.config.routes_count == 0 && !draft.given[CONFIG_ROW_route_names]);
}

Test(import_routes, a_policy_has_room_for_512_names)
{
    char name[32];
    begin();
    uint32_t group = add("192.0.2.2", import_draft_group(&draft));
    for (unsigned i = 0; i <= CONFIG_ROUTES_MAX * CONFIG_ROUTE_NAMES; i++) {
        snprintf(name, sizeof name, "z%u.example", i);
        zone(i + 1, name, group);
    }
    settle();
    cr_expect(draft.config.routes_count == 32 && draft.config.routes[31].names_count == 16);
    cr_expect(is_carried(512, "name", "routes[31]") && is_lost(513, "name", "room for 32 routes"));
}

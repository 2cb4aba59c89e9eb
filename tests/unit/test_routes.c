/* test_routes.c - the longest name decides which upstreams are asked
 * SPDX-License-Identifier: ISC
 */
#include "lane/routes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct config config;
static struct routes routes;

static void
add_route(const char *name, const char *upstream, const char *second, uint32_t private_addresses)
{
    struct config_route *route = &config.routes[config.routes_count++];
    route->names_count = route->upstreams_count = 1;
    route->private_addresses = private_addresses;
    strcpy(route->names[0], name);
    strcpy(route->upstreams[0], upstream);
    if (second != NULL)
        strcpy(route->upstreams[route->upstreams_count++], second);
}

/* The entry at `index` is the upstream of that number. */
static void
upstream_is(unsigned index, unsigned number)
{
    struct config_upstream *upstream = &config.upstreams[index];
    *upstream = (struct config_upstream){
        .address = {.family = ADDR_IPV4, .port = 853, .bytes = {192, 0, 2, (uint8_t)number}}};
    snprintf(upstream->name, CONFIG_NAME_MAX, "u%u", number);
}

/* Upstreams u0 to u4, of which the routes name u1 to u3. */
static void
begin(void)
{
    memset(&config, 0, sizeof config);
    config.upstreams_count = 5;
    for (unsigned i = 0; i < 5; i++)
        upstream_is(i, i);
    add_route("corp.example", "u1", "u2", 1);
    add_route("lab.corp.example", "u3", NULL, 0);
    add_route("10.in-addr.arpa", "u2", "u1", 0);
    routes_make(&routes, &config);
}

static struct dns_question
question(const char *name, uint16_t type)
{
    struct dns_question asked = {.type = type, .class = DNS_CLASS_IN};
    cr_assert_eq(dns_name_parse(name, &asked.name), STATUS_OK);
    return asked;
}

/* The set of upstreams that a question is for. */
static uint32_t
set_of(const char *name, uint16_t type)
{
    struct dns_question asked = question(name, type);
    return routes.sets.of_group[routes_group(&routes, &asked)];
}

Test(routes, the_longest_name_decides, .init = begin)
{
    cr_expect_eq(set_of("corp.example", DNS_TYPE_A), 0x06);
    cr_expect_eq(set_of("www.corp.example", DNS_TYPE_A), 0x06);
    cr_expect_eq(set_of("lab.corp.example", DNS_TYPE_A), 0x08);
    cr_expect_eq(set_of("a.b.lab.corp.example", DNS_TYPE_A), 0x08);
    cr_expect_eq(set_of("1.0.0.10.in-addr.arpa", DNS_TYPE_PTR), 0x06);
}

Test(routes, all_other_names_go_to_the_upstreams_that_no_route_names, .init = begin)
{
    static const char *const others[] = {
        "example", ".", "xcorp.example", "corp.example.net", "110.in-addr.arpa", "com"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect_eq(set_of(others[i], DNS_TYPE_A), 0x11, "%s", others[i]);
}

Test(routes, ds_belongs_to_the_parent, .init = begin)
{
    cr_expect_eq(set_of("corp.example", DNS_TYPE_DS), 0x11, "RFC 4035 3.1.4.1");
    cr_expect_eq(set_of("lab.corp.example", DNS_TYPE_DS), 0x06, "the parent is another route's");
    cr_expect_eq(set_of("sub.corp.example", DNS_TYPE_DS), 0x06);
    cr_expect_eq(set_of("sub.lab.corp.example", DNS_TYPE_DS), 0x08);
    cr_expect_eq(set_of(".", DNS_TYPE_DS), 0x11);
}

Test(routes, routes_to_the_same_upstreams_are_one_group, .init = begin)
{
    cr_expect_eq(routes.sets.count, 3);
    struct routes_sets sets;
    routes_sets_make(&sets, &config);
    cr_expect_eq(memcmp(&sets, &routes.sets, sizeof sets), 0);
}

Test(routes, without_routes_there_is_one_group_of_all, .init = begin)
{
    config.routes_count = 0;
    routes_make(&routes, &config);
    cr_expect_eq(routes.sets.count, 1);
    cr_expect_eq(set_of("corp.example", DNS_TYPE_A), 0x1f);
}

Test(routes, each_name_has_its_own_word_on_private_addresses, .init = begin)
{
    struct dns_question asked = question("www.corp.example", DNS_TYPE_A);
    cr_expect(routes_find(&routes, &asked.name)->allows_private);
    asked = question("lab.corp.example", DNS_TYPE_A);
    cr_expect_not(routes_find(&routes, &asked.name)->allows_private);
    asked = question("example", DNS_TYPE_A);
    cr_expect_null(routes_find(&routes, &asked.name));
}

Test(routes, what_is_above_a_route_is_known, .init = begin)
{
    struct dns_question asked = question("in-addr.arpa", DNS_TYPE_PTR);
    cr_expect(routes_is_above(&routes, &asked.name));
    asked = question("9.in-addr.arpa", DNS_TYPE_PTR);
    cr_expect_not(routes_is_above(&routes, &asked.name));
}

Test(routes, a_copy_is_the_same_and_a_change_is_seen, .init = begin)
{
    static struct routes copy;
    routes_copy(&copy, &routes);
    cr_expect(routes_is_same(&copy, &routes));
    copy.names[0].allows_private = !copy.names[0].allows_private;
    cr_expect(routes_is_same(&copy, &routes), "the same is asked of the same");
    strcpy(config.routes[1].upstreams[0], "u4");
    routes_make(&copy, &config);
    cr_expect_not(routes_is_same(&copy, &routes), "other upstreams");
    strcpy(config.routes[1].upstreams[0], "u3");
    strcpy(config.routes[1].names[0], "hub.corp.example");
    routes_make(&copy, &config);
    cr_expect_not(routes_is_same(&copy, &routes), "another name");
}

Test(routes, others_at_the_same_places_are_others_and_the_same_at_others_are_not, .init = begin)
{
    static struct routes copy;
    routes_copy(&copy, &routes);
    upstream_is(2, 3); /* of one route, and of the other */
    upstream_is(3, 2);
    routes_make(&routes, &config);
    cr_expect_neq(copy.sets.of_group[1], routes.sets.of_group[1]);
    cr_expect(routes_is_same(&copy, &routes), "in another order");
    config.upstreams[3].address.bytes[3] = 99;
    routes_make(&routes, &config);
    cr_expect_not(routes_is_same(&copy, &routes), "u2 is another server now");
    upstream_is(3, 2);
    strcpy(config.upstreams[3].tls_name, "dns.example");
    routes_make(&routes, &config);
    cr_expect_not(routes_is_same(&copy, &routes), "it has to prove another name");
    upstream_is(3, 2);
    config.upstreams[4].address.port = 8853;
    routes_make(&routes, &config);
    cr_expect_not(routes_is_same(&copy, &routes), "of all other names");
}

Test(routes, as_many_as_there_can_be, .init = begin)
{
    config.routes_count = 0;
    for (unsigned i = 0; i < CONFIG_ROUTES_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "r%u.example", i);
        add_route(name, i % 2 == 0 ? "u1" : "u2", i % 3 == 0 ? "u3" : NULL, 0);
        struct config_route *route = &config.routes[i];
        for (; route->names_count < CONFIG_ROUTE_NAMES; route->names_count++)
            snprintf(route->names[route->names_count], CONFIG_DOMAIN_MAX, "n%u.r%u.example",
                     route->names_count, i);
    }
    routes_make(&routes, &config);
    cr_expect_eq(routes.count, ROUTES_NAMES_MAX);
    cr_expect_eq(routes.sets.count, 5);
    cr_expect_eq(set_of("x.n15.r31.example", DNS_TYPE_A), 0x04);
    cr_expect_eq(set_of("r30.example", DNS_TYPE_A), 0x0a);
}

Test(routes, a_group_has_the_names_of_all_routes_with_its_upstreams, .init = begin)
{
    const char *first = "";
    cr_expect_eq(routes_sets_names(&routes.sets, &config, 1, &first), 2);
    cr_expect_str_eq(first, "corp.example");
    cr_expect_eq(routes_sets_names(&routes.sets, &config, 2, &first), 1);
    cr_expect_str_eq(first, "lab.corp.example");
    first = "";
    cr_expect_eq(routes_sets_names(&routes.sets, &config, ROUTES_REST, &first), 0);
    cr_expect_eq(routes_sets_names(&routes.sets, &config, 3, &first), 0);
    cr_expect_str_eq(first, "");
}

/* test_routing.c - other routes hold with the worker that has them, and what is older is not given
 * SPDX-License-Identifier: ISC
 */
#include "front/routing.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct routing *routing;
static struct config config;

static void
plan(const char *name)
{
    memset(&config, 0, sizeof config);
    config.upstreams_count = 2;
    strcpy(config.upstreams[0].name, "u0");
    strcpy(config.upstreams[1].name, "u1");
    config.routes_count = name != NULL;
    if (name != NULL) {
        config.routes[0].names_count = config.routes[0].upstreams_count = 1;
        strcpy(config.routes[0].names[0], name);
        strcpy(config.routes[0].upstreams[0], "u1");
    }
    routing_plan(routing, &config);
}

static void
begin(void)
{
    routing = calloc(1, sizeof *routing);
    plan("old.example");
}

static struct dns_name
name_of(const char *text)
{
    struct dns_name name;
    cr_assert_eq(dns_name_parse(text, &name), STATUS_OK);
    return name;
}

static bool
is_outdated(const char *text, uint32_t then_s)
{
    struct dns_name name = name_of(text);
    return routing_is_outdated(routing, &name, then_s);
}

static bool
has(const char *text)
{
    struct dns_name name = name_of(text);
    return routes_find(&routing->now, &name) != NULL;
}

Test(routing, the_first_routes_hold_at_once_and_make_nothing_old, .init = begin)
{
    cr_expect(has("old.example"));
    cr_expect_not(routing_turn(routing, 100));
    cr_expect_not(is_outdated("old.example", 50));
}

Test(routing, others_hold_with_the_worker_that_has_them, .init = begin)
{
    plan("new.example");
    cr_expect(has("old.example") && !has("new.example"));
    cr_expect_not(is_outdated("new.example", 50), "asked by the old ones still");
    cr_expect(routing_turn(routing, 100));
    cr_expect(!has("old.example") && has("new.example"));
    cr_expect_not(routing_turn(routing, 101), "once");
}

Test(routing, what_is_older_is_not_given_of_the_names_concerned, .init = begin)
{
    plan("new.example");
    cr_expect(routing_turn(routing, 100));
    cr_expect(is_outdated("www.new.example", 100));
    cr_expect(is_outdated("old.example", 1));
    cr_expect_not(is_outdated("old.example", 101));
    cr_expect_not(is_outdated("example", 1));
    plan(NULL);
    cr_expect(routing_turn(routing, 200));
    cr_expect(is_outdated("old.example", 150), "what ever was a route's");
    cr_expect_not(is_outdated("new.example", 201));
}

Test(routing, that_private_addresses_are_allowed_takes_no_other_worker, .init = begin)
{
    struct dns_name name = name_of("www.old.example");
    for (uint32_t allows = 1; allows <= 2; allows++) {
        config.routes[0].private_addresses = allows % 2;
        routing_plan(routing, &config);
        cr_expect_eq(routes_find(&routing->now, &name)->allows_private, allows % 2 == 1);
        cr_expect_not(routing_turn(routing, 100));
        cr_expect_not(is_outdated("old.example", 50));
    }
    plan("new.example");
    config.routes[0].private_addresses = 1;
    routing_plan(routing, &config);
    cr_expect(!has("new.example") && routing_turn(routing, 100));
    name = name_of("new.example");
    cr_expect(routes_find(&routing->now, &name)->allows_private, "with the other routes");
}

Test(routing, what_was_planned_and_taken_back_changes_nothing, .init = begin)
{
    plan("new.example");
    plan("old.example");
    cr_expect_not(routing_turn(routing, 100));
    cr_expect_not(is_outdated("old.example", 50));
}

Test(routing, more_names_than_there_is_room_for_make_all_old, .init = begin)
{
    char name[32];
    for (unsigned i = 0; i <= ROUTING_NAMES_MAX; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        plan(name);
        cr_expect(routing_turn(routing, 100));
    }
    cr_expect(is_outdated("other.test", 99));
    cr_expect_not(is_outdated("other.test", 101));
}

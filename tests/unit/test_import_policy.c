/* test_import_policy.c - a draft as text that loads
 * SPDX-License-Identifier: ISC
 */
#include "import/import_policy.h"

#include "conf/config_load.h"

#include "import_scene.h"

#include <stdio.h>

static char policy[IMPORT_POLICY_BYTES];

Test(import_policy, what_was_set_and_no_default)
{
    import_draft_begin(&draft);
    cr_assert(import_draft_add(&draft, 1, "a", CONFIG_ROW_listen, "[::1]:5300"));
    cr_assert(import_draft_add(&draft, 1, "a", CONFIG_ROW_tls_versions, "1.2"));
    cr_assert(import_draft_set(&draft, 1, "a", CONFIG_ROW_cache_ttl_max_ms, "1h"));
    cr_assert(import_draft_set(&draft, 1, "a", CONFIG_ROW_tls_ca_file, "/a \"b\\c"));
    import_draft_empty(&draft, CONFIG_ROW_allow);
    draft.config.upstreams_count = 1;
    draft.given[CONFIG_ROW_upstream_address] = true;
    struct config_upstream *upstream = &draft.config.upstreams[0];
    *upstream = (struct config_upstream){
        .name = "x", .tls_name = "x.example", .weight = 1, .verify = CONFIG_VERIFY_CA};
    cr_assert_eq(addr_parse("192.0.2.1:853", 0, &upstream->address), STATUS_OK);
    cr_assert_gt(import_policy_write(&draft, "from", policy), 0);
    cr_expect_str_eq(policy, "# from\n"
                             "listen: [\"[::1]:5300\"]\n"
                             "acl:\n"
                             "  allow: []\n"
                             "upstreams:\n"
                             "  - name: \"x\"\n"
                             "    address: \"192.0.2.1:853\"\n"
                             "    tls_name: \"x.example\"\n"
                             "    verify: ca\n"
                             "tls:\n"
                             "  ca_file: \"/a \\\"b\\\\c\"\n"
                             "  versions: [\"1.2\"]\n"
                             "cache:\n"
                             "  ttl_max: 1h\n");
}

Test(import_policy, the_largest_has_room_and_loads)
{
    static struct config again;
    struct config_error error;
    char text[VALUE_TEXT_MAX];
    import_draft_begin(&draft);
    for (unsigned i = 0; i < CONFIG_ACL_MAX; i++) {
        snprintf(text, sizeof text, "2001:db8:1111:2222:3333:4444:5555:%x00/120", i);
        cr_assert(import_draft_add(&draft, 1, "a", CONFIG_ROW_allow, text));
        cr_assert(import_draft_add(&draft, 1, "a", CONFIG_ROW_deny, text));
    }
    for (unsigned i = 0; i < CONFIG_DOMAINS_MAX; i++) {
        memset(text, 'a', CONFIG_DOMAIN_MAX);
        for (unsigned dot = 50; dot < CONFIG_DOMAIN_MAX - 4; dot += 50)
            text[dot] = '.';
        snprintf(text + CONFIG_DOMAIN_MAX - 4, 4, "%03u", i);
        cr_assert(import_draft_add(&draft, 1, "a", CONFIG_ROW_local_private_names, text));
    }
    for (unsigned i = 0; i < CONFIG_UPSTREAMS_MAX; i++) {
        struct config_upstream *upstream = &draft.config.upstreams[draft.config.upstreams_count++];
        *upstream =
            (struct config_upstream){.weight = 100, .qps = 1000000, .pins_count = CONFIG_PINS_MAX};
        snprintf(upstream->name, sizeof upstream->name,
                 "upstream-of-a-name-that-is-as-long-as-one-can-be-%u", i);
        memcpy(upstream->tls_name, draft.config.local_private_names[i], CONFIG_DOMAIN_MAX);
        memset(upstream->pins, 1, sizeof upstream->pins);
        for (unsigned pin = 0; pin < CONFIG_PINS_MAX; pin++)
            upstream->pins[pin][0] = (uint8_t)(pin + 2);
        cr_assert_eq(
            addr_parse("[2001:db8:1111:2222:3333:4444:5555:6666]:65535", 0, &upstream->address),
            STATUS_OK);
    }
    for (unsigned i = 0; i < CONFIG_ROUTES_MAX * CONFIG_ROUTE_NAMES; i++) {
        struct config_route *route = &draft.config.routes[i / CONFIG_ROUTE_NAMES];
        char *name = route->names[route->names_count++];
        memcpy(name, draft.config.local_private_names[0], CONFIG_DOMAIN_MAX);
        snprintf(name + CONFIG_DOMAIN_MAX - 4, 4, "%03u", i);
        route->private_addresses = 1;
    }
    draft.config.routes_count = CONFIG_ROUTES_MAX;
    for (unsigned i = 0; i < CONFIG_ROUTES_MAX; i++)
        for (unsigned number = 1; number < CONFIG_UPSTREAMS_MAX; number++)
            memcpy(draft.config.routes[i].upstreams[draft.config.routes[i].upstreams_count++],
                   draft.config.upstreams[number].name, CONFIG_NAME_MAX);
    draft.given[CONFIG_ROW_upstream_address] = draft.given[CONFIG_ROW_route_names] = true;
    size_t size = import_policy_write(&draft, "from", policy);
    cr_assert_gt(size, 0);
    struct config_source source = {.file = "f", .text = policy, .text_size = size};
    cr_expect_eq(config_load(&source, &again, &error), STATUS_OK, "%s", error.text);
    cr_expect_eq(memcmp(&again, &draft.config, sizeof again), 0);
}

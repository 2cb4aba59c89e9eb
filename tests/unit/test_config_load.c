/* test_config_load.c - from text, environment and flags to one struct, and what is said when it fails
 * SPDX-License-Identifier: ISC
 */
#include "config_scene.h"

/* what an unknown key is told */
#define TOP_KEYS                                                                                   \
    "listen, user, lanes, reload_on_change, strategy, proxy, acl, upstreams, routes, tls, "        \
    "timeouts, limits, rates, "                                                                    \
    "cookies, pacing, filter, cache, local, control, events, audit, log"

Test(config_load, fills_in_every_default)
{
    char text[ADDR_TEXT_MAX];
    load_ok(UPSTREAM, NULL);
    cr_expect_eq(config.magic, CONFIG_MAGIC);
    cr_expect_eq(config.bytes, sizeof config);
    cr_expect_eq(config.listen_count, 2);
    cr_expect_str_eq(addr_format(&config.listen[0], text), "0.0.0.0:53");
    cr_expect_str_eq(addr_format(&config.listen[1], text), "[::]:53");
    cr_expect_str_eq(config.user, "penstock");
    cr_expect_eq(config.lanes, 0);
    cr_expect_eq(config.allow_count, 2);
    cr_expect_str_eq(addr_prefix_format(&config.allow[0], text), "127.0.0.0/8");
    cr_expect_str_eq(addr_prefix_format(&config.allow[1], text), "::1/128");
    cr_expect_eq(config.deny_count, 0);
    cr_expect_str_eq(config.tls_ca_file, "/etc/ssl/certs/ca-certificates.crt");
    cr_expect_eq(config.tls_versions, CONFIG_TLS13);
    cr_expect_eq(config.query_ms, 4000);
    cr_expect_eq(config.connect_ms, 2000);
    cr_expect_eq(config.upstream_idle_ms, 30000);
    cr_expect_eq(config.tcp_idle_ms, 10000);
    cr_expect_eq(config.queries, 8192);
    cr_expect_eq(config.tcp_clients, 1024);
    cr_expect_eq(config.upstream_connections, 4);
    cr_expect_eq(config.upstream_in_flight, 256);
    cr_expect_eq(config.verbose, 0);
    cr_expect_eq(config.upstreams_count, 1);
    cr_expect_eq(config.upstreams[0].verify, CONFIG_VERIFY_PIN_CA);
    cr_expect_eq(config.upstreams[0].pins_count, 2);
    cr_expect_eq(config.upstreams[0].address.port, 853);
}

Test(config_load, takes_every_key_of_a_file)
{
    char text[ADDR_TEXT_MAX];
    load_ok("listen: [\"127.0.0.1:5300\", \"[::1]:5300\"]\n"
            "user: dns\n"
            "lanes: 3\n"
            "acl: { allow: [\"10.0.0.0/8\"], deny: [\"10.1.0.0/16\", 10.2.0.1] }\n"
            "upstreams:\n"
            "  - {name: a, address: \"192.0.2.1:8853\", verify: pin, pins: [\"" PIN_A "\"]}\n"
            "  - {name: b, address: \"2001:db8::1\", tls_name: b.example, verify: ca}\n"
            "tls: { ca_file: /ca.pem, versions: [\"1.3\", 1.2] }\n"
            "timeouts: { query: 5s, connect: 1500ms, upstream_idle: 1m, tcp_idle: 100ms }\n"
            "limits: { queries: 64, tcp_clients: 8, upstream_connections: 32,\n"
            "          upstream_in_flight: 1024 }\n"
            "log: { level: debug }\n",
            NULL);
    cr_expect_str_eq(addr_format(&config.listen[1], text), "[::1]:5300");
    cr_expect_str_eq(config.user, "dns");
    cr_expect_eq(config.lanes, 3);
    cr_expect_eq(config.allow_count, 1);
    cr_expect_eq(config.deny_count, 2);
    cr_expect_str_eq(addr_prefix_format(&config.deny[1], text), "10.2.0.1/32");
    cr_expect_eq(config.upstreams_count, 2);
    cr_expect_str_eq(config.upstreams[0].name, "a");
    cr_expect_eq(config.upstreams[0].address.port, 8853);
    cr_expect_eq(config.upstreams[0].verify, CONFIG_VERIFY_PIN);
    cr_expect_eq(config.upstreams[1].verify, CONFIG_VERIFY_CA);
    cr_expect_str_eq(config.upstreams[1].tls_name, "b.example");
    cr_expect_str_eq(config.tls_ca_file, "/ca.pem");
    cr_expect_eq(config.tls_versions, CONFIG_TLS12 | CONFIG_TLS13);
    cr_expect_eq(config.query_ms, 5000);
    cr_expect_eq(config.connect_ms, 1500);
    cr_expect_eq(config.upstream_idle_ms, 60000);
    cr_expect_eq(config.tcp_idle_ms, 100);
    cr_expect_eq(config.queries, 64);
    cr_expect_eq(config.tcp_clients, 8);
    cr_expect_eq(config.upstream_connections, 32);
    cr_expect_eq(config.upstream_in_flight, 1024);
    cr_expect_eq(config.verbose, 2);
    expect_print_loads_the_same(&config);
}

Test(config_load, says_line_key_wrong_and_allowed_for_values)
{
    expect_error("lanes: 2\ntimeouts:\n  query: 4\n" UPSTREAM, NULL,
                 "test.yaml:3: timeouts.query: \"4\" is a number without its unit; allowed: 100ms "
                 "to 30s, with a unit (ms, s, m, h or d)");
    expect_error(UPSTREAM "limits: {queries: 63}\n", NULL,
                 "test.yaml:6: limits.queries: \"63\" is out of range; allowed: 64 to 65536");
    expect_error("lanes: many\n", NULL,
                 "test.yaml:1: lanes: \"many\" is not a whole number; allowed: auto, or 1 to 16");
    expect_error("local:\n  through:\n    - home.arpa\n    - nas.example\n" UPSTREAM, NULL,
                 "test.yaml:2: local.through: a name that is not answered here anyway; allowed: a "
                 "special-use name or reverse zone of private addresses (home.arpa, "
                 "10.in-addr.arpa, ...), or a name above or below one");
    expect_error(
        "local: {private_names: [\"corp..example\"]}\n", NULL,
        "test.yaml:1: local.private_names: \"corp..example\" is not a domain name; allowed: "
        "a domain name such as home.arpa, of letters, digits, - and _");
    expect_error("acl:\n  allow:\n    - 10.0.0.0/8\n    - 10.0.0.1/8\n", NULL,
                 "test.yaml:4: acl.allow: \"10.0.0.1/8\" is not a prefix, or bits set past it; "
                 "allowed: ADDRESS/LENGTH with no bit set past the length, or one ADDRESS");
    expect_error("tls:\n  versions: [\"1.1\"]\n", NULL,
                 "test.yaml:2: tls.versions: \"1.1\" is not one of the allowed words; allowed: 1.2 "
                 "or 1.3");
    expect_error(
        "upstreams:\n- name: x\n  address: 192.0.2.1:53\n", NULL,
        "test.yaml:3: upstreams[0].address: \"192.0.2.1:53\" is port 53; plain DNS is never "
        "spoken to an upstream; allowed: ADDRESS or ADDRESS:PORT, IPv6 as [ADDRESS]:PORT; "
        "no port means 853; never port 53");
    expect_error(
        UPSTREAM "  - name: two\n    pins:\n    - \"" PIN_A "\"\n    - sha256//x\n", NULL,
        "test.yaml:9: upstreams[1].pins: \"sha256//x\" is not a pin; allowed: sha256// and "
        "the base64 of a SHA-256 (44 characters)");
    expect_error(
        "user: \"a\\nb\"\n", NULL,
        "test.yaml:1: user: \"a?b\" is not a plain name; allowed: an account name of up to "
        "32 letters, digits, . _ -");
    expect_error(
        "listen: [\"127.0.0.1:0\"]\n", NULL,
        "test.yaml:1: listen: \"127.0.0.1:0\" is not an address with port; allowed: ADDRESS "
        "or ADDRESS:PORT, IPv6 as [ADDRESS]:PORT; no port means 53");
}

Test(config_load, says_line_key_wrong_and_allowed_for_shapes)
{
    expect_error("\nlisten: 127.0.0.1\n", NULL,
                 "test.yaml:2: listen: not a list; allowed: a list in [ ], each ADDRESS or "
                 "ADDRESS:PORT, IPv6 as [ADDRESS]:PORT; no port means 53");
    expect_error("lanes: [1]\n", NULL,
                 "test.yaml:1: lanes: a list or mapping where a value must be; allowed: auto, or 1 "
                 "to 16");
    expect_error("user: {a: b}\n", NULL,
                 "test.yaml:1: user: a list or mapping where a value must be; allowed: an account "
                 "name of up to 32 letters, digits, . _ -");
    expect_error("timeouts: 4s\n", NULL,
                 "test.yaml:1: timeouts: not a mapping; allowed: keys with values, see "
                 "penstock.yaml(5)");
    expect_error("timeouts:\nlanes: 1\n", NULL,
                 "test.yaml:1: timeouts: not a mapping; allowed: keys with values, see "
                 "penstock.yaml(5)");
    expect_error("upstreams: {name: a}\n", NULL,
                 "test.yaml:1: upstreams: not a list; allowed: a list of upstreams, see "
                 "penstock.yaml(5)");
    expect_error("upstreams: [quad9]\n", NULL,
                 "test.yaml:1: upstreams: not a mapping; allowed: name, address and so on for each "
                 "upstream");
    expect_error(
        "acl: {deny: [[10.0.0.0/8]]}\n", NULL,
        "test.yaml:1: acl.deny: a list or mapping where a value must be; allowed: a list in "
        "[ ], each ADDRESS/LENGTH with no bit set past the length, or one ADDRESS");
    expect_error(
        "[a, b]\n", NULL,
        "test.yaml:1: YAML: not a mapping; allowed: keys with values, see penstock.yaml(5)");
    expect_error("? [lanes]\n: 1\n", NULL,
                 "test.yaml:1: YAML: a list or mapping where a key must be; allowed: a plain key");
}

Test(config_load, refuses_unknown_and_repeated_keys)
{
    expect_error("listen: []\nlimit: {}\n", NULL,
                 "test.yaml:2: limit: unknown key (did you mean limits?); allowed: " TOP_KEYS);
    expect_error("tls:\n  version: [\"1.3\"]\n", NULL,
                 "test.yaml:2: tls.version: unknown key (did you mean versions?); allowed: "
                 "ca_file, versions, policy");
    expect_error(
        "upstreams:\n- name: a\n  host: b\n", NULL,
        "test.yaml:3: upstreams.host: unknown key; allowed: name, address, source, tls_name, pins, "
        "verify, weight, qps");
    expect_error(
        "query: 4s\n", NULL,
        "test.yaml:1: query: unknown key (did you mean timeouts.query?); allowed: " TOP_KEYS);
    expect_error("\"\": 4s\n", NULL, "test.yaml:1: : unknown key; allowed: " TOP_KEYS);
    expect_error("lanes: 1\nuser: a\nlanes: 2\n", NULL,
                 "test.yaml:3: lanes: given twice, on line 1 too; allowed: each key once");
    expect_error("tls: {}\nuser: a\ntls: {}\n", NULL,
                 "test.yaml:3: tls: given twice, on line 1 too; allowed: each key once");
    expect_error("upstreams: []\nupstreams: []\n", NULL,
                 "test.yaml:2: upstreams: given twice, on line 1 too; allowed: each key once");
    expect_error("upstreams:\n- name: a\n- name: b\n  name: c\n", NULL,
                 "test.yaml:4: upstreams[1].name: given twice, on line 3 too; allowed: each key "
                 "once");
}

Test(config_load, refuses_yaml_that_says_more_than_it_shows)
{
    expect_error("lanes: &x 1\n", NULL,
                 "test.yaml:1: YAML: an anchor; allowed: values without anchors and aliases");
    expect_error("acl: &x {}\n", NULL,
                 "test.yaml:1: YAML: an anchor; allowed: values without anchors and aliases");
    expect_error("lanes: *x\n", NULL,
                 "test.yaml:1: YAML: an alias; allowed: the value itself, written out");
    expect_error("lanes: !!int 1\n", NULL,
                 "test.yaml:1: YAML: a tag; allowed: values without tags");
    expect_error("<<: {lanes: 1}\n", NULL, "test.yaml:1: <<: unknown key; allowed: " TOP_KEYS);
    expect_error(UPSTREAM "---\nlanes: 1\n", NULL,
                 "test.yaml:6: YAML: a second document; allowed: one document");
    expect_error("user: \"a\\0b\"\n", NULL,
                 "test.yaml:1: YAML: a NUL byte in a value; allowed: text");
    expect_error("lanes: 1\n user: a\n", NULL,
                 "test.yaml:2: YAML: mapping values are not allowed in this context; allowed: one "
                 "YAML mapping, see penstock.yaml(5)");
    expect_error("lanes: 1\nuser: \xff\n", NULL,
                 "test.yaml:2: YAML: invalid leading UTF-8 octet; allowed: one YAML mapping, see "
                 "penstock.yaml(5)");
}

Test(config_load, a_wrong_form_does_not_hide_a_wrong_value)
{
    expect_error("lanes: none\nlanes: 1\n", NULL,
                 "test.yaml:2: lanes: given twice, on line 1 too; allowed: each key once");
    expect_error("lanes: none\nuser: [a]\nlimit: 1\n", NULL,
                 "test.yaml:2: user: a list or mapping where a value must be; allowed: an account "
                 "name of up to 32 letters, digits, . _ -");
    expect_error("lanes: none\nuser: -\n", NULL,
                 "test.yaml:2: YAML: block sequence entries are not allowed in this context; "
                 "allowed: one YAML mapping, see penstock.yaml(5)");
    expect_error("lanes: none\nuser: -\n", NULL,
                 "test.yaml:1: lanes: \"none\" is not a whole number; allowed: auto, or 1 to 16");
}

Test(config_load, refuses_a_nul_byte_and_a_large_file)
{
    static char large[CONFIG_FILE_MAX + 1];
    struct config_source source = {.file = "test.yaml", .text = "lanes: 1\n\0", .text_size = 10};
    cr_expect_eq(config_load(&source, &config, &error), STATUS_INVALID);
    cr_expect_str_eq(error.text, "test.yaml:2: YAML: a NUL byte; allowed: text in UTF-8");
    memset(large, ' ', sizeof large);
    source = (struct config_source){.file = "test.yaml", .text = large, .text_size = sizeof large};
    cr_expect_eq(config_load(&source, &config, &error), STATUS_INVALID);
    cr_expect_str_eq(error.text, "test.yaml: too large; allowed: up to 1048576 bytes");
}

Test(config_load, a_depth_bomb_ends_at_its_first_level)
{
    static char bomb[CONFIG_FILE_MAX];
    memset(bomb, '[', sizeof bomb);
    memcpy(bomb, "acl: {deny: ", 12);
    struct config_source source = {.file = "test.yaml", .text = bomb, .text_size = sizeof bomb};
    cr_expect_eq(config_load(&source, &config, &error), STATUS_INVALID);
    cr_expect_not_null(strstr(error.text, "acl.deny: a list or mapping where a value must be"),
                       "%s", error.text);
}

Test(config_load, lists_have_an_end)
{
    char text[4096] = "listen: [";
    for (int i = 1; i <= CONFIG_LISTEN_MAX + 1; i++)
        sprintf(text + strlen(text), "127.0.0.%d,\n", i);
    strcat(text, "]\n" UPSTREAM);
    expect_error(text, NULL, "test.yaml:17: listen: too many values; allowed: up to 16");
    strcpy(text, "upstreams:\n");
    for (int i = 0; i <= CONFIG_UPSTREAMS_MAX; i++)
        sprintf(text + strlen(text), "- {name: n%d, address: 192.0.2.1}\n", i);
    expect_error(text, NULL, "test.yaml:18: upstreams: too many; allowed: up to 16");
}

Test(config_load, flags_are_the_strongest)
{
    static const char *const env[] = {"PENSTOCK_LISTEN=127.0.0.2", "PENSTOCK_LOG_LEVEL=info", NULL};
    static const char *const flags[] = {"127.0.0.3:5300", "::1"};
    char text[ADDR_TEXT_MAX];
    struct config_source source = {.file = "test.yaml",
                                   .text = UPSTREAM,
                                   .text_size = strlen(UPSTREAM),
                                   .environ = env,
                                   .listen = flags,
                                   .listen_count = 2,
                                   .verbose = 1};
    cr_assert_eq(config_load(&source, &config, &error), STATUS_OK);
    cr_expect_eq(config.listen_count, 2);
    cr_expect_str_eq(addr_format(&config.listen[0], text), "127.0.0.3:5300");
    cr_expect_str_eq(addr_format(&config.listen[1], text), "[::1]:53");
    cr_expect_eq(config.verbose, 2);
    source.verbose = UINT32_MAX;
    cr_assert_eq(config_load(&source, &config, &error), STATUS_OK);
    cr_expect_eq(config.verbose, CONFIG_VERBOSE_MAX);
    source.listen = (const char *const[]){"nowhere", "::1"};
    cr_assert_eq(config_load(&source, &config, &error), STATUS_INVALID);
    cr_expect_str_eq(error.text,
                     "command line: listen: \"nowhere\" is not an address with port; allowed: "
                     "ADDRESS or ADDRESS:PORT, IPv6 as [ADDRESS]:PORT; no port means 53");
}

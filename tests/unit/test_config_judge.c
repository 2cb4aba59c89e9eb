/* test_config_judge.c - the rules between keys
 * SPDX-License-Identifier: ISC
 */
#include "config_scene.h"

Test(config_judge, an_upstream_is_needed)
{
    static const char *const expected =
        "none given; allowed: at least one with name, address, tls_name and pins (`penstock pin "
        "ADDRESS:PORT` prints pins)";
    char text[CONFIG_ERROR_MAX];
    snprintf(text, sizeof text, "test.yaml: upstreams: %s", expected);
    expect_error("", NULL, text);
    expect_error("# nothing\n", NULL, text);
    expect_error("lanes: 1\n", NULL, text);
    expect_error(NULL, NULL, text);
    snprintf(text, sizeof text, "test.yaml:2: upstreams: %s", expected);
    expect_error("lanes: 1\nupstreams: []\n", NULL, text);
}

Test(config_judge, an_upstream_without_pins_must_say_so)
{
    expect_error("upstreams:\n\n  - name: a\n    address: 192.0.2.1\n    tls_name: a.example\n",
                 NULL,
                 "test.yaml:3: upstreams[0].pins: no pin given, and verify: pin+ca needs one; "
                 "allowed: at least one pin (`penstock pin ADDRESS:PORT` prints them), or verify: "
                 "ca to trust the CAs alone");
    expect_error(
        "upstreams:\n- {name: a, address: 192.0.2.1, verify: pin}\n", NULL,
        "test.yaml:2: upstreams[0].pins: no pin given, and verify: pin needs one; allowed: "
        "at least one pin (`penstock pin ADDRESS:PORT` prints them)");
    expect_error("upstreams:\n- {name: a, address: 192.0.2.1, tls_name: a.example,\n   pins: []}\n",
                 NULL,
                 "test.yaml:3: upstreams[0].pins: no pin given, and verify: pin+ca needs one; "
                 "allowed: at least one pin (`penstock pin ADDRESS:PORT` prints them), or verify: "
                 "ca to trust the CAs alone");
    load_ok("upstreams:\n- {name: a, address: 192.0.2.1, tls_name: a.example, verify: ca}\n", NULL);
}

Test(config_judge, pins_are_never_left_unchecked)
{
    expect_error("upstreams:\n- {name: a, address: 192.0.2.1, tls_name: a.example, pins: [\"" PIN_A
                 "\"],\n   verify: ca}\n",
                 NULL,
                 "test.yaml:3: upstreams[0].verify: ca, but there are pins, which would not be "
                 "checked; allowed with pins: pin+ca or pin");
}

Test(config_judge, an_upstream_needs_its_name_and_address)
{
    expect_error("upstreams:\n- {tls_name: a.example, address: 192.0.2.1}\n", NULL,
                 "test.yaml:2: upstreams[0].name: not given; allowed: a short name for log lines, "
                 "its own for each upstream");
    expect_error(
        "upstreams:\n- {name: a}\n", NULL,
        "test.yaml:2: upstreams[0].address: not given; allowed: ADDRESS or ADDRESS:PORT of "
        "a DNS over TLS server");
}

#define TWO                                                                                        \
    "upstreams:\n- {name: a, address: 192.0.2.1, tls_name: a.example, verify: ca}\n"               \
    "- {name: b, address: 192.0.2.2, tls_name: b.example, verify: ca}\nroutes:\n"

Test(config_judge, a_route_has_names_of_its_own_and_upstreams_that_there_are)
{
    load_ok(TWO "- {names: [corp.example], upstreams: [b]}\n", NULL);
    expect_error(TWO "- {upstreams: [b]}\n", NULL,
                 "test.yaml:5: routes[0].names: none given; allowed: at least one name such as "
                 "corp.example");
    expect_error(TWO "- {names: [corp.example], upstreams: [b]}\n- {names: [x.example,\n"
                     "  corp.example], upstreams: [b]}\n",
                 NULL,
                 "test.yaml:6: routes[1].names: a name that an earlier route has; allowed: each "
                 "name in one route");
    expect_error(TWO "- {names: [corp.example]}\n", NULL,
                 "test.yaml:5: routes[0].upstreams: none given; allowed: the name of at least one "
                 "of upstreams");
    expect_error(TWO "- {names: [corp.example], upstreams: [b, c]}\n", NULL,
                 "test.yaml:5: routes[0].upstreams: a name that no upstream has; allowed: names of "
                 "upstreams, as upstreams[].name");
    expect_error(TWO "- {names: [corp.example, Corp.Example.], upstreams: [b]}\n", NULL,
                 "test.yaml:5: routes[0].names: \"Corp.Example.\" is given twice; allowed: a "
                 "domain name such as home.arpa, of letters, digits, - and _");
}

Test(config_judge, an_upstream_is_left_for_the_names_that_no_route_has)
{
    expect_error(TWO "- {names: [a.example], upstreams: [a]}\n"
                     "- {names: [b.example], upstreams: [b]}\n",
                 NULL,
                 "test.yaml:6: routes[1].upstreams: routes name every upstream, so that none is "
                 "left for all other names; allowed: at least one upstream that no route names");
}

Test(config_judge, routes_are_a_list_of_mappings)
{
    load_ok(TWO "  []\n", NULL);
    expect_error(
        TWO "  {names: [a.example]}\n", NULL,
        "test.yaml:5: routes: not a list; allowed: a list of routes, see penstock.yaml(5)");
    expect_error(TWO "- corp.example\n", NULL,
                 "test.yaml:5: routes: not a mapping; allowed: names, upstreams and so on for each "
                 "route");
    expect_error(TWO "- {name: corp.example}\n", NULL,
                 "test.yaml:5: routes.name: unknown key (did you mean names?); allowed: names, "
                 "upstreams, private");
}

Test(config_judge, a_source_is_of_its_upstreams_family)
{
    static const char four[] =
        "upstreams:\n- {name: a, address: 192.0.2.1, tls_name: a.example, verify: ca,\n"
        "   source: ";
    char text[200];
    snprintf(text, sizeof text, "%s%s", four, "\"2001:db8::1\"}\n");
    expect_error(text, NULL,
                 "test.yaml:3: upstreams[0].source: of another family than the upstream's address; "
                 "allowed: IPv4 for IPv4, IPv6 for IPv6");
    snprintf(text, sizeof text, "%s%s", four, "192.0.2.9}\n");
    load_ok(text, NULL);
    load_ok("upstreams:\n- {name: a, address: \"2001:db8::2\", tls_name: a.example, verify: ca,\n"
            "   source: \"2001:db8::1\"}\n",
            NULL);
}

Test(config_judge, nothing_is_given_twice)
{
    expect_error(
        "listen:\n- 127.0.0.1\n- \"[::ffff:127.0.0.1]:53\"\n", NULL,
        "test.yaml:3: listen: \"[::ffff:127.0.0.1]:53\" is given twice; allowed: ADDRESS or "
        "ADDRESS:PORT, IPv6 as [ADDRESS]:PORT; no port means 53");
    expect_error("tls: {versions: [\"1.3\",\n  1.3]}\n", NULL,
                 "test.yaml:2: tls.versions: \"1.3\" is given twice; allowed: 1.2 or 1.3");
    expect_error("upstreams:\n- pins:\n  - \"" PIN_A "\"\n  - \"" PIN_A "\"\n", NULL,
                 "test.yaml:4: upstreams[0].pins: \"" PIN_A
                 "\" is given twice; allowed: sha256// and the base64 of a SHA-256 (44 "
                 "characters)");
    expect_error(
        UPSTREAM "  - name: one\n    address: 192.0.2.2\n", NULL,
        "test.yaml:6: upstreams[1].name: given to an earlier upstream too; allowed: a name "
        "of its own for each upstream");
}

Test(config_judge, an_upstream_is_not_ourselves)
{
    expect_error("listen: [\"192.0.2.1:853\"]\n" UPSTREAM, NULL,
                 "test.yaml:4: upstreams[0].address: an address that penstock itself listens on; "
                 "allowed: another server's");
}

Test(config_judge, something_must_be_listened_on)
{
    expect_error("listen: []\n" UPSTREAM, NULL,
                 "test.yaml:1: listen: empty; allowed: at least one value");
    expect_error("tls: {versions: []}\n" UPSTREAM, NULL,
                 "test.yaml:1: tls.versions: empty; allowed: at least one value");
    load_ok("acl: {allow: []}\n" UPSTREAM, NULL);
    cr_expect_eq(config.allow_count, 0);
}

Test(config_judge, not_everybody_is_a_balancer)
{
    expect_error("proxy: [192.0.2.1, \"::/0\"]\n" UPSTREAM, NULL,
                 "test.yaml:1: proxy: everybody, who could then ask as anybody; allowed: the "
                 "balancers' own addresses");
    load_ok("proxy: [192.0.2.1, \"2001:db8::/64\"]\n" UPSTREAM, NULL);
    cr_expect_eq(config.proxy_count, 2);
}

Test(config_judge, the_audit_log_is_a_file_in_a_folder)
{
    load_ok(UPSTREAM
            "audit: {path: /var/log/penstock/audit.jsonl, key_file: /etc/penstock/audit.key}\n",
            NULL);
    load_ok(UPSTREAM "audit: {path: /.audit, on_failure: stop}\n", NULL);
    expect_error(UPSTREAM "audit: {path: /var/log/penstock/}\n", NULL,
                 "test.yaml:6: audit.path: a folder; allowed: a file in one");
    expect_error(UPSTREAM "audit: {path: /var/log/..}\n", NULL,
                 "test.yaml:6: audit.path: a folder; allowed: a file in one");
    expect_error(UPSTREAM "audit: {key_file: /etc/penstock/audit.key}\n", NULL,
                 "test.yaml:6: audit.key_file: given without audit.path; allowed: beside it");
}

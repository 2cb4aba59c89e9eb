/* test_config.c - from text, environment and flags to one struct, and what is said when it fails
 * SPDX-License-Identifier: ISC
 */
#include "conf/config.h"
#include "conf/config_rows.h"
#include "conf/pin.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* what an unknown key is told */
#define TOP_KEYS                                                                                   \
    "listen, user, lanes, strategy, acl, upstreams, tls, timeouts, limits, rates, cookies, "       \
    "pacing, filter, cache, local, log"
#define PIN_A "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define PIN_B "sha256//ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
#define UPSTREAM                                                                                   \
    "upstreams:\n"                                                                                 \
    "  - name: one\n"                                                                              \
    "    address: 192.0.2.1\n"                                                                     \
    "    tls_name: one.example\n"                                                                  \
    "    pins: [\"" PIN_A "\", \"" PIN_B "\"]\n"

static struct config config;
static struct config_error error;

static enum status
load(const char *text, const char *const *env)
{
    struct config_source source = {.file = "test.yaml",
                                   .text = text,
                                   .text_size = text == NULL ? 0 : strlen(text),
                                   .environ = env};
    enum status status = config_load(&source, &config, &error);
    cr_assert_eq(status == STATUS_OK, error.text[0] == '\0', "%s", error.text);
    cr_assert(status != STATUS_OK || config_is_sound(&config));
    return status;
}

static void
load_ok(const char *text, const char *const *env)
{
    cr_assert_eq(load(text, env), STATUS_OK, "%s", error.text);
}

static void
expect_error(const char *text, const char *const *env, const char *expected)
{
    static const struct config zeros;
    memset(&config, 0x5a, sizeof config);
    cr_expect_eq(load(text, env), STATUS_INVALID, "accepted: %s", text);
    cr_expect_str_eq(error.text, expected);
    cr_expect_eq(memcmp(&config, &zeros, sizeof config), 0, "half applied: %s", text);
}

static char *
print(const struct config *from)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    config_print(from, NULL, to);
    fclose(to);
    return text;
}

static void
expect_print_loads_the_same(const struct config *from)
{
    static struct config same;
    memcpy(&same, from, sizeof same);
    char *text = print(&same);
    load_ok(text, NULL);
    cr_assert_eq(memcmp(&same, &config, sizeof same), 0, "printed, not the same again:\n%s", text);
    free(text);
}

Test(config, fills_in_every_default)
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

Test(config, takes_every_key_of_a_file)
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

Test(config, says_line_key_wrong_and_allowed_for_values)
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

Test(config, says_line_key_wrong_and_allowed_for_shapes)
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

Test(config, refuses_unknown_and_repeated_keys)
{
    expect_error("listen: []\nlimit: {}\n", NULL,
                 "test.yaml:2: limit: unknown key; allowed: " TOP_KEYS);
    expect_error("tls:\n  version: [\"1.3\"]\n", NULL,
                 "test.yaml:2: tls.version: unknown key; allowed: ca_file, versions");
    expect_error(
        "upstreams:\n- name: a\n  host: b\n", NULL,
        "test.yaml:3: upstreams.host: unknown key; allowed: name, address, tls_name, pins, "
        "verify, weight, qps");
    expect_error("query: 4s\n", NULL, "test.yaml:1: query: unknown key; allowed: " TOP_KEYS);
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

Test(config, refuses_yaml_that_says_more_than_it_shows)
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

Test(config, a_wrong_form_is_told_before_a_wrong_value)
{
    expect_error("lanes: none\nlanes: 1\n", NULL,
                 "test.yaml:2: lanes: given twice, on line 1 too; allowed: each key once");
    expect_error("lanes: none\nuser: [a]\nlimit: 1\n", NULL,
                 "test.yaml:2: user: a list or mapping where a value must be; allowed: an account "
                 "name of up to 32 letters, digits, . _ -");
    expect_error("lanes: none\nuser: -\n", NULL,
                 "test.yaml:2: YAML: block sequence entries are not allowed in this context; "
                 "allowed: one YAML mapping, see penstock.yaml(5)");
    expect_error("lanes: none\nlog: {level: none}\n", NULL,
                 "test.yaml:1: lanes: \"none\" is not a whole number; allowed: auto, or 1 to 16");
}

Test(config, refuses_a_nul_byte_and_a_large_file)
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

Test(config, a_depth_bomb_ends_at_its_first_level)
{
    static char bomb[CONFIG_FILE_MAX];
    memset(bomb, '[', sizeof bomb);
    memcpy(bomb, "acl: {deny: ", 12);
    struct config_source source = {.file = "test.yaml", .text = bomb, .text_size = sizeof bomb};
    cr_expect_eq(config_load(&source, &config, &error), STATUS_INVALID);
    cr_expect_not_null(strstr(error.text, "acl.deny: a list or mapping where a value must be"),
                       "%s", error.text);
}

Test(config, lists_have_an_end)
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

Test(config, an_upstream_is_needed)
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

Test(config, an_upstream_without_pins_must_say_so)
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

Test(config, pins_are_never_left_unchecked)
{
    expect_error("upstreams:\n- {name: a, address: 192.0.2.1, tls_name: a.example, pins: [\"" PIN_A
                 "\"],\n   verify: ca}\n",
                 NULL,
                 "test.yaml:3: upstreams[0].verify: ca, but there are pins, which would not be "
                 "checked; allowed with pins: pin+ca or pin");
}

Test(config, an_upstream_needs_its_name_and_address)
{
    expect_error("upstreams:\n- {tls_name: a.example, address: 192.0.2.1}\n", NULL,
                 "test.yaml:2: upstreams[0].name: not given; allowed: a short name for log lines, "
                 "its own for each upstream");
    expect_error(
        "upstreams:\n- {name: a}\n", NULL,
        "test.yaml:2: upstreams[0].address: not given; allowed: ADDRESS or ADDRESS:PORT of "
        "a DNS over TLS server");
}

Test(config, nothing_is_given_twice)
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

Test(config, an_upstream_is_not_ourselves)
{
    expect_error("listen: [\"192.0.2.1:853\"]\n" UPSTREAM, NULL,
                 "test.yaml:4: upstreams[0].address: an address that penstock itself listens on; "
                 "allowed: another server's");
}

Test(config, something_must_be_listened_on)
{
    expect_error("listen: []\n" UPSTREAM, NULL,
                 "test.yaml:1: listen: empty; allowed: at least one value");
    expect_error("tls: {versions: []}\n" UPSTREAM, NULL,
                 "test.yaml:1: tls.versions: empty; allowed: at least one value");
    load_ok("acl: {allow: []}\n" UPSTREAM, NULL);
    cr_expect_eq(config.allow_count, 0);
}

Test(config, the_environment_has_every_key)
{
    static const char *const env[] = {
        "HOME=/",
        "PENSTOCK_LISTEN=127.0.0.1:5300, [::1]:5300",
        "PENSTOCK_USER=dns",
        "PENSTOCK_LANES=2",
        "PENSTOCK_ACL_ALLOW=",
        "PENSTOCK_ACL_DENY=10.0.0.0/8,::/0",
        "PENSTOCK_UPSTREAMS_1_NAME=b", /* in no order */
        "PENSTOCK_UPSTREAMS_1_ADDRESS=2001:db8::1",
        "PENSTOCK_UPSTREAMS_1_VERIFY=ca",
        "PENSTOCK_UPSTREAMS_1_TLS_NAME=b.example",
        "PENSTOCK_UPSTREAMS_0_NAME=a",
        "PENSTOCK_UPSTREAMS_0_ADDRESS=192.0.2.9",
        "PENSTOCK_UPSTREAMS_0_TLS_NAME=",
        "PENSTOCK_UPSTREAMS_0_PINS=" PIN_A "," PIN_B,
        "PENSTOCK_UPSTREAMS_0_VERIFY=pin",
        "PENSTOCK_TLS_CA_FILE=/x,y.pem",
        "PENSTOCK_TLS_VERSIONS=1.2,1.3",
        "PENSTOCK_TIMEOUTS_QUERY=1s",
        "PENSTOCK_TIMEOUTS_CONNECT=500ms",
        "PENSTOCK_TIMEOUTS_UPSTREAM_IDLE=1s",
        "PENSTOCK_TIMEOUTS_TCP_IDLE=1s",
        "PENSTOCK_LIMITS_QUERIES=128",
        "PENSTOCK_LIMITS_TCP_CLIENTS=16",
        "PENSTOCK_LIMITS_UPSTREAM_CONNECTIONS=1",
        "PENSTOCK_LIMITS_UPSTREAM_IN_FLIGHT=1",
        "PENSTOCK_STRATEGY=spread",
        "PENSTOCK_UPSTREAMS_0_WEIGHT=3",
        "PENSTOCK_UPSTREAMS_0_QPS=1000",
        "PENSTOCK_UPSTREAMS_1_WEIGHT=2",
        "PENSTOCK_UPSTREAMS_1_QPS=unlimited",
        "PENSTOCK_TIMEOUTS_TCP_MESSAGE=1s",
        "PENSTOCK_LIMITS_QUEUE_PER_PREFIX=10",
        "PENSTOCK_LIMITS_TCP_PER_PREFIX=10",
        "PENSTOCK_LIMITS_TCP_NEW_PER_S=10",
        "PENSTOCK_LIMITS_TCP_QUERIES=unlimited",
        "PENSTOCK_LIMITS_HANDSHAKES_PER_S=1",
        "PENSTOCK_LIMITS_HANDSHAKES_BURST=2",
        "PENSTOCK_LIMITS_RETRY_PERCENT=0",
        "PENSTOCK_LIMITS_HEDGE_PERCENT=0",
        "PENSTOCK_RATES_MODE=dry-run",
        "PENSTOCK_RATES_SLIP=0",
        "PENSTOCK_RATES_IPV4=/32 10/s 20,/24 100/s 200",
        "PENSTOCK_RATES_IPV6=",
        "PENSTOCK_RATES_PROVEN_IPV4=/0 1/s 1",
        "PENSTOCK_RATES_PROVEN_IPV6=/128 1000000/s 1000000",
        "PENSTOCK_RATES_EXEMPT=192.0.2.0/24",
        "PENSTOCK_RATES_ENTRIES=64",
        "PENSTOCK_RATES_LISTENERS=127.0.0.1:5300 off,[::1]:5300 200%",
        "PENSTOCK_COOKIES_ENABLED=no",
        "PENSTOCK_COOKIES_SECRET=000102030405060708090a0b0c0d0e0f",
        "PENSTOCK_COOKIES_PREVIOUS_SECRET=",
        "PENSTOCK_COOKIES_STAGED_SECRET=ffffffffffffffffffffffffffffffff",
        "PENSTOCK_PACING_ENABLED=no",
        "PENSTOCK_PACING_RATE=1000",
        "PENSTOCK_PACING_BURST=1000",
        "PENSTOCK_PACING_WAIT=0ms",
        "PENSTOCK_FILTER_KERNEL=no",
        "PENSTOCK_FILTER_MARTIANS=no",
        "PENSTOCK_FILTER_PORTS=0,53,65535",
        "PENSTOCK_CACHE_SIZE=off",
        "PENSTOCK_CACHE_TTL_MIN=1m",
        "PENSTOCK_CACHE_TTL_MAX=1h",
        "PENSTOCK_CACHE_NEGATIVE_MAX=1s",
        "PENSTOCK_CACHE_FAILURE=0s",
        "PENSTOCK_CACHE_STALE=0s",
        "PENSTOCK_CACHE_STALE_AFTER=0s",
        "PENSTOCK_CACHE_PREFETCH=no",
        "PENSTOCK_LOCAL_SPECIAL=no",
        "PENSTOCK_LOCAL_ANY=forward",
        "PENSTOCK_LOCAL_REFUSE_PRIVATE=yes",
        "PENSTOCK_LOCAL_SERVER_ID=edge-1",
        "PENSTOCK_LOCAL_THROUGH=Home.ARPA., arpa, nas.home.arpa",
        "PENSTOCK_LOCAL_PRIVATE_NAMES=corp.example",
        "PENSTOCK_LOCAL_BLOCK=/a,/b",
        "PENSTOCK_LOCAL_ALLOW=",
        "PENSTOCK_LOG_LEVEL=info",
        NULL,
    };
    size_t ours = sizeof env / sizeof env[0] - 2, upstream_rows = 0;
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++)
        upstream_rows += config_rows[id].is_upstream;
    cr_assert_eq(ours, CONFIG_ROWS + upstream_rows - 1, "a key is missing in this test");
    load_ok(NULL, env);
    cr_expect_eq(config.listen_count, 2);
    cr_expect_eq(config.allow_count, 0);
    cr_expect_eq(config.deny_count, 2);
    cr_expect_eq(config.upstreams_count, 2);
    cr_expect_str_eq(config.upstreams[0].name, "a");
    cr_expect_eq(config.upstreams[0].pins_count, 2);
    cr_expect_str_eq(config.tls_ca_file, "/x,y.pem");
    cr_expect_eq(config.tls_versions, CONFIG_TLS12 | CONFIG_TLS13);
    cr_expect_eq(config.verbose, 1);
    cr_expect_eq(config.strategy, CONFIG_SPREAD);
    cr_expect_eq(config.rates_ipv4_count, 2);
    cr_expect_eq(config.rates_ipv4[1].length, 24);
    cr_expect_eq(config.rates_ipv4[1].burst, 200);
    cr_expect_eq(config.rates_listeners[0].percent, 0);
    cr_expect_eq(config.rates_listeners[1].percent, 200);
    cr_expect_eq(config.cookies_secret.bytes[15], 15);
    cr_expect_eq(config.cookies_previous_secret.is_set, 0);
    cr_expect_eq(config.filter_ports[2], 65535);
    cr_expect_eq(config.cache_bytes, 0);
    cr_expect_str_eq(config.local_block[1], "/b");
    cr_expect_eq(config.local_through_count, 3);
    cr_expect_str_eq(config.local_through[1], "arpa");
    cr_expect_str_eq(config.local_private_names[0], "corp.example");
    expect_print_loads_the_same(&config);
}

Test(config, the_environment_is_stronger_than_the_file)
{
    static const char *const env[] = {"PENSTOCK_LANES=5", "PENSTOCK_UPSTREAMS_0_ADDRESS=192.0.2.7",
                                      "PENSTOCK_ACL_ALLOW=10.0.0.0/8", NULL};
    char text[ADDR_TEXT_MAX];
    load_ok("lanes: 2\nacl: {allow: [\"::/0\", 0.0.0.0/0]}\n" UPSTREAM, env);
    cr_expect_eq(config.lanes, 5);
    cr_expect_eq(config.allow_count, 1);
    cr_expect_str_eq(addr_format(&config.upstreams[0].address, text), "192.0.2.7:853");
    cr_expect_str_eq(config.upstreams[0].name, "one");
    cr_expect_eq(config.upstreams[0].pins_count, 2);
}

Test(config, the_environment_is_judged_like_the_file)
{
#define ENV(...) (const char *const[]){__VA_ARGS__, NULL}
    expect_error(UPSTREAM, ENV("PENSTOCK_TIMEOUTS_QUERY=4"),
                 "environment: PENSTOCK_TIMEOUTS_QUERY: \"4\" is a number without its unit; "
                 "allowed: 100ms to 30s, with a unit (ms, s, m, h or d)");
    expect_error(UPSTREAM, ENV("PENSTOCK_TIMEOUT=4s"),
                 "environment: PENSTOCK_TIMEOUT: unknown variable; allowed: PENSTOCK_ and a key of "
                 "penstock.yaml(5), dots as _, in upper case, such as PENSTOCK_TIMEOUTS_QUERY");
    expect_error(
        UPSTREAM, ENV("PENSTOCK_UPSTREAMS_16_NAME=x"),
        "environment: PENSTOCK_UPSTREAMS_16_NAME: unknown variable; allowed: PENSTOCK_ and "
        "a key of penstock.yaml(5), dots as _, in upper case, such as "
        "PENSTOCK_TIMEOUTS_QUERY");
    expect_error(UPSTREAM, ENV("PENSTOCK_lanes=1"),
                 "environment: PENSTOCK_lanes: unknown variable; allowed: PENSTOCK_ and a key of "
                 "penstock.yaml(5), dots as _, in upper case, such as PENSTOCK_TIMEOUTS_QUERY");
    expect_error(UPSTREAM, ENV("PENSTOCK_SERVICE_HOST=10.0.0.1"),
                 "environment: PENSTOCK_SERVICE_HOST: unknown variable; allowed: no service links "
                 "of Kubernetes: set enableServiceLinks: false");
    expect_error(UPSTREAM, ENV("PENSTOCK_UPSTREAMS_2_NAME=x"),
                 "environment: PENSTOCK_UPSTREAMS_2_: there is no upstream 1; allowed: numbers "
                 "without a gap, from 0, those of the file first");
    expect_error(UPSTREAM, ENV("PENSTOCK_UPSTREAMS_1_NAME=x"),
                 "environment: PENSTOCK_UPSTREAMS_1_ADDRESS: not given; allowed: ADDRESS or "
                 "ADDRESS:PORT of a DNS over TLS server");
    expect_error(UPSTREAM, ENV("PENSTOCK_LANES=1", "PENSTOCK_LANES=2"),
                 "environment: PENSTOCK_LANES: set twice; allowed: each variable once");
    expect_error(UPSTREAM, ENV("PENSTOCK_LISTEN=127.0.0.1,,127.0.0.2"),
                 "environment: PENSTOCK_LISTEN: \"\" is not an address with port; allowed: ADDRESS "
                 "or ADDRESS:PORT, IPv6 as [ADDRESS]:PORT; no port means 53");
    expect_error(UPSTREAM, ENV("PENSTOCK_LISTEN="),
                 "environment: PENSTOCK_LISTEN: empty; allowed: at least one value");
    expect_error(UPSTREAM, ENV("PENSTOCK_USER="),
                 "environment: PENSTOCK_USER: \"\" is empty; allowed: an account name of up to 32 "
                 "letters, digits, . _ -");
    /* a wrong file stays wrong where the environment overrides it */
    expect_error("lanes: x\n" UPSTREAM, ENV("PENSTOCK_LANES=1"),
                 "test.yaml:1: lanes: \"x\" is not a whole number; allowed: auto, or 1 to 16");
}

Test(config, flags_are_the_strongest)
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

Test(config, an_error_is_one_printable_line_for_any_file_name)
{
    char file[1000];
    memset(file, 'x', sizeof file);
    file[sizeof file - 1] = '\0';
    file[sizeof file - 3] = '\n';
    struct config_source source = {.file = file, .text = "lanes: x", .text_size = 8};
    cr_assert_eq(config_load(&source, &config, &error), STATUS_INVALID);
    cr_expect_not_null(strstr(error.text,
                              "x?x:1: lanes: \"x\" is not a whole number; allowed: auto, "
                              "or 1 to 16"));
}

static const char *
warnings(void)
{
    static char text[4096];
    FILE *to = fmemopen(text, sizeof text, "w");
    unsigned count = config_warnings(&config, to), lines = 0;
    fputc('\0', to);
    fclose(to);
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    cr_assert_eq(lines, count);
    return text;
}

Test(config, without_a_name_the_certificate_must_be_for_the_address)
{
    load_ok("upstreams:\n- {name: a, address: \"[2001:db8::1]:853\", verify: ca}\n", NULL);
    cr_expect_str_empty(config.upstreams[0].tls_name);
    cr_expect_not_null(strstr(warnings(),
                              "upstream a: no tls_name, so that its certificate must be "
                              "for the address 2001:db8::1;"));
    load_ok("upstreams:\n- {name: a, address: 192.0.2.1, pins: [\"" PIN_A "\"]}\n", NULL);
    cr_expect_not_null(strstr(warnings(), "must be for the address 192.0.2.1;"));
    load_ok("upstreams:\n- {name: a, address: \"2001:db8::1\", tls_name: \"2001:db8::1\",\n   "
            "verify: ca}\n",
            NULL);
    cr_expect_str_eq(config.upstreams[0].tls_name, "2001:db8::1");
    cr_expect_null(strstr(warnings(), "no tls_name"));
    load_ok("upstreams:\n- {name: a, address: 192.0.2.1, verify: pin, pins: [\"" PIN_A "\"]}\n",
            NULL);
    cr_expect_null(strstr(warnings(), "no tls_name"));
    expect_error(
        "upstreams:\n- {name: a, address: 192.0.2.1, tls_name: \"192.0.2.1:853\"}\n", NULL,
        "test.yaml:2: upstreams[0].tls_name: \"192.0.2.1:853\" is neither a DNS name nor an "
        "address alone; allowed: a DNS name such as dns.example.net, or an address such as "
        "192.0.2.1");
}

Test(config, warns_of_what_is_allowed_but_unwise)
{
    load_ok(UPSTREAM, NULL);
    cr_expect_str_empty(warnings());
    load_ok(UPSTREAM, ENV("PENSTOCK_UPSTREAMS_0_PINS=" PIN_A));
    cr_expect_not_null(strstr(warnings(), "upstream one: one pin and no backup"));
    load_ok(UPSTREAM, ENV("PENSTOCK_UPSTREAMS_0_PINS=", "PENSTOCK_UPSTREAMS_0_VERIFY=ca"));
    cr_expect_not_null(strstr(warnings(), "upstream one: verify: ca"));
    load_ok(UPSTREAM, ENV("PENSTOCK_ACL_ALLOW=::/0"));
    cr_expect_not_null(strstr(warnings(), "acl.allow: a prefix of length 0"));
    load_ok(UPSTREAM, ENV("PENSTOCK_ACL_ALLOW=0.0.0.0/0", "PENSTOCK_RATES_MODE=dry-run"));
    cr_expect_not_null(strstr(warnings(), "rates.mode: not enforce"));
    load_ok(UPSTREAM, ENV("PENSTOCK_RATES_MODE=off"));
    cr_expect_str_empty(warnings());
    load_ok(UPSTREAM, ENV("PENSTOCK_ACL_ALLOW="));
    cr_expect_not_null(strstr(warnings(), "acl.allow: empty"));
    load_ok(UPSTREAM, ENV("PENSTOCK_TLS_VERSIONS=1.2"));
    cr_expect_not_null(strstr(warnings(), "TLS 1.2 is allowed"));
    load_ok(UPSTREAM, ENV("PENSTOCK_TIMEOUTS_CONNECT=4s"));
    cr_expect_not_null(strstr(warnings(), "timeouts.connect: not shorter"));
}

/* --- properties --- */

static unsigned state; /* of rand_r */

static uint32_t
below(uint32_t bound)
{
    return (uint32_t)rand_r(&state) % bound;
}

/* A random text that the rule takes. */
static void
random_text(const struct value_rule *rule, char *text)
{
    static const char *const units[] = {"ms", "s", "m"};
    static const uint32_t unit_ms[] = {1, 1000, 60000};
    static const char letters[] = "abcXYZ0189";
    uint8_t bytes[CONFIG_PIN_BYTES];
    uint32_t unit = below(3), value = rule->low + below(rule->high - rule->low + 1);
    switch (rule->kind) {
    case VALUE_DURATION:
        while (value / unit_ms[unit] * unit_ms[unit] < rule->low)
            unit--;
        sprintf(text, "%u%s", value / unit_ms[unit], units[unit]);
        return;
    case VALUE_COUNT:
        sprintf(text, "%u", value);
        return;
    case VALUE_WORD:
    case VALUE_FLAGS: {
        const char *word = rule->words;
        for (uint32_t skip = below(3); skip > 0 && strchr(word, ' ') != NULL; skip--)
            word = strchr(word, ' ') + 1;
        sprintf(text, "%.*s", (int)strcspn(word, " "), word);
        return;
    }
    case VALUE_NAME:
    case VALUE_USER:
        *text++ = 'n';
        for (uint32_t len = below(rule->size - 1); len > 0; len--)
            *text++ = "abz09._-"[below(8)];
        *text = '\0';
        return;
    case VALUE_HOST:
        for (uint32_t labels = 1 + below(4); labels > 0; labels--, *text++ = labels ? '.' : '\0')
            for (uint32_t len = (*text++ = 'h', below(60)); len > 0; len--)
                *text++ = letters[below(10)];
        return;
    case VALUE_DOMAIN: /* fits local.through, too: see config_judge.c */
        sprintf(text, "%s%x.home.arpa", below(2) ? "a_." : "", below(1 << 20));
        return;
    case VALUE_PATH:
        *text++ = '/';
        for (uint32_t len = below(rule->size - 1); len > 0; len--)
            *text++ = (char)(' ' + 13 + below('~' - ' ' - 12)); /* no comma: that ends an item */
        *text = '\0';
        return;
    case VALUE_LISTEN:
    case VALUE_UPSTREAM:
        if (below(2))
            sprintf(text, "%u.%u.%u.%u:%u", 1 + below(223), below(256), below(256), below(256),
                    54 + below(65000));
        else
            sprintf(text, "[2001:db8::%x:%x]:%u", below(65536), below(65536), 54 + below(65000));
        return;
    case VALUE_PREFIX:
        if (below(2))
            sprintf(text, "%u.%u.0.0/%u", below(256), below(256), 16 + below(17));
        else
            sprintf(text, "2001:db8:%x::/%u", below(65536), 48 + below(80));
        return;
    case VALUE_PORT:
        sprintf(text, "%u", below(65536));
        return;
    case VALUE_BYTES:
        sprintf(text, "%uMiB", 1 + below(4096));
        return;
    case VALUE_RATE:
        sprintf(text, "/%u %u/s %u", below(33), 1 + below(CONFIG_RATE_MAX), 1 + below(3000));
        return;
    case VALUE_SHARE: /* must name an address that is served: see random_items() */
        return;
    case VALUE_SECRET:
        for (size_t i = 0; i < CONFIG_SECRET_BYTES; i++)
            text += sprintf(text, "%02x", below(256));
        return;
    case VALUE_PIN:
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)below(256);
        bytes[0] |= 1;
        pin_format(bytes, text);
        return;
    }
}

/* How many items a random list has; few enough that rules between items and chance repetitions
 * leave most configurations sound. */
static uint32_t
random_items(const struct config_row *row, uint32_t upstream)
{
    uint32_t items = row->is_list ? row->items_min + below(row->items_max + 1) : 1;
    if (row->rule.kind == VALUE_PIN)
        items = upstream % 3 == 2 ? 0 : 1 + below(CONFIG_PINS_MAX);
    if (row->rule.kind == VALUE_RATE)
        items = below(2);
    if (row->rule.kind == VALUE_SHARE)
        items = 0;
    if (row->rule.kind == VALUE_PORT)
        items = below(8);
    if (items > row->items_max)
        items = row->items_max;
    return items > 100 ? 100 : items;
}

/* A random environment that names every key and loads, but for chance repetitions. */
static size_t
random_env(char (*env)[6000], const char **pointers)
{
    size_t count = 0;
    uint32_t upstreams = 1 + below(CONFIG_UPSTREAMS_MAX);
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        for (uint32_t u = 0; u < (row->is_upstream ? upstreams : 1); u++) {
            char *text = env[count];
            uint32_t items = random_items(row, u);
            config_row_env(row, u, text);
            strcat(text, "=");
            for (uint32_t i = 0; i < items; i++) {
                strcat(text, i == 0 ? "" : ",");
                if (id == CONFIG_ROW_upstream_verify)
                    strcat(text, u % 3 == 2 ? "ca" : u % 3 == 1 ? "pin" : "pin+ca");
                else if (id == CONFIG_ROW_rates_entries)
                    sprintf(text + strlen(text), "%u", 64u << below(18));
                else
                    random_text(&row->rule, text + strlen(text));
            }
            pointers[count] = text;
            count++;
        }
    }
    pointers[count] = NULL;
    return count;
}

Test(config, any_configuration_prints_to_itself)
{
    static char env[CONFIG_ROWS + CONFIG_UPSTREAMS_MAX * CONFIG_ROWS][6000];
    const char *pointers[CONFIG_ROWS + CONFIG_UPSTREAMS_MAX * CONFIG_ROWS + 1];
    static struct config loaded;
    unsigned seed = (unsigned)time(NULL), loads = 0;
    for (unsigned round = 0; round < 300; round++) {
        state = seed + round;
        random_env(env, pointers);
        if (load(NULL, pointers) != STATUS_OK) {
            cr_assert(strstr(error.text, "twice") != NULL ||
                          strstr(error.text, "earlier") != NULL ||
                          strstr(error.text, "bits set past") != NULL ||
                          strstr(error.text, "cache.ttl_max") != NULL ||
                          strstr(error.text, "pacing.rate") != NULL ||
                          strstr(error.text, "itself listens") != NULL,
                      "seed %u round %u: %s", seed, round, error.text);
            continue;
        }
        loads++;
        memcpy(&loaded, &config, sizeof loaded);
        expect_print_loads_the_same(&loaded);
    }
    cr_expect_gt(loads, 100, "seed %u: too few to tell: %u", seed, loads);
}

/* Whatever one byte of the struct becomes: sound means that it could have been loaded. */
Test(config, a_changed_struct_is_judged_again)
{
    static struct config good, changed;
    unsigned seed = (unsigned)time(NULL), unsound = 0;
    load_ok(UPSTREAM "acl: {deny: [10.0.0.0/8]}\n", NULL);
    memcpy(&good, &config, sizeof good);
    for (unsigned round = 0; round < 20000; round++) {
        state = seed + round;
        memcpy(&changed, &good, sizeof changed);
        size_t at = below(2) ? below(sizeof changed) : below(4096);
        ((uint8_t *)&changed)[at] ^= (uint8_t)(1U << below(8));
        if (!config_is_sound(&changed)) {
            unsound++;
            continue;
        }
        memset((char *)&changed + offsetof(struct config, user) + CONFIG_USER_MAX, 0,
               offsetof(struct config, lanes) - offsetof(struct config, user) - CONFIG_USER_MAX);
        expect_print_loads_the_same(&changed);
    }
    cr_expect_gt(unsound, 10000, "seed %u", seed);
}

Test(config, unsound_structs_are_refused)
{
    static struct config good, bad;
    load_ok(UPSTREAM, NULL);
    memcpy(&good, &config, sizeof good);
    cr_assert(config_is_sound(&good));
#define REFUSES(change)                                                                            \
    do {                                                                                           \
        memcpy(&bad, &good, sizeof bad);                                                           \
        change;                                                                                    \
        cr_expect_not(config_is_sound(&bad), #change);                                             \
    } while (0)
    REFUSES(bad.magic++);
    REFUSES(bad.bytes--);
    REFUSES(bad.listen_count = 0);
    REFUSES(bad.listen_count = CONFIG_LISTEN_MAX + 1);
    REFUSES(bad.listen_count = UINT32_MAX);
    REFUSES(bad.listen_count--);
    REFUSES(bad.listen[1] = bad.listen[0]);
    REFUSES(bad.listen[0].family = 5);
    REFUSES(bad.listen[0].unused = 1);
    REFUSES(bad.listen[0].bytes[4] = 1);
    REFUSES(bad.listen[0].port = 0);
    REFUSES(memset(bad.user, 'a', sizeof bad.user));
    REFUSES(bad.user[0] = '\0');
    REFUSES(bad.user[CONFIG_USER_MAX - 1] = 'x');
    REFUSES(bad.lanes = CONFIG_LANES_MAX + 1);
    REFUSES(bad.allow_count = CONFIG_ACL_MAX + 1);
    REFUSES(bad.allow[0].length = 255);
    REFUSES(bad.allow[0].length = 4);
    REFUSES(bad.deny_count = 1);
    REFUSES(bad.upstreams_count = 0);
    REFUSES(bad.upstreams_count = 2);
    REFUSES(bad.upstreams_count = UINT32_MAX);
    REFUSES(bad.upstreams[0].address.port = 53);
    REFUSES(bad.upstreams[0].verify = 3);
    REFUSES(bad.upstreams[0].verify = CONFIG_VERIFY_CA);
    REFUSES(bad.upstreams[0].pins_count = CONFIG_PINS_MAX + 1);
    REFUSES(bad.upstreams[0].pins_count = 1);
    REFUSES(snprintf(bad.upstreams[0].tls_name, CONFIG_HOST_MAX, "192.0.2.1:853"));
    REFUSES(bad.upstreams[CONFIG_UPSTREAMS_MAX - 1].verify = 1);
    REFUSES(bad.tls_ca_file[0] = 'x');
    REFUSES(bad.tls_versions = 0);
    REFUSES(bad.tls_versions = 4);
    REFUSES(bad.query_ms = 30001);
    REFUSES(bad.connect_ms = 0);
    REFUSES(bad.queries = 63);
    REFUSES(bad.upstream_connections = 33);
    REFUSES(bad.verbose = CONFIG_VERBOSE_MAX + 1);
    REFUSES(bad.upstreams[0].weight = 0);
    REFUSES(bad.upstreams[0].qps = 1000001);
    REFUSES(bad.rates_mode = 3);
    REFUSES(bad.rates_slip = 101);
    REFUSES(bad.rates_entries = 65537);
    REFUSES(bad.rates_ipv4_count = CONFIG_RATES_MAX + 1);
    REFUSES(bad.rates_ipv4_count--);
    REFUSES(bad.rates_ipv4[0].length = 33);
    REFUSES(bad.rates_ipv4[0].length = 24);
    REFUSES(bad.rates_ipv6[0].rate_per_s = 0);
    REFUSES(bad.rates_proven_ipv4[1].burst = CONFIG_RATE_MAX + 1);
    REFUSES(bad.rates_listeners_count = 1);
    REFUSES(bad.cookies_enabled = 2);
    REFUSES(bad.cookies_secret.is_set = 2);
    REFUSES(bad.cookies_secret.bytes[0] = 1);
    REFUSES(bad.cookies_previous_secret.is_set = 1);
    REFUSES(bad.pacing_rate = 999);
    REFUSES(bad.pacing_wait_ms = 10001);
    REFUSES(bad.filter_ports[0] = 65536);
    REFUSES(bad.filter_ports[1] = bad.filter_ports[0]);
    REFUSES(bad.cache_bytes = 1);
    REFUSES(bad.cache_bytes = (uint64_t)1 << 33);
    REFUSES(bad.cache_ttl_max_ms = 0);
    REFUSES(bad.local_block_count = 1);
    REFUSES(bad.local_through_count = 1);
    REFUSES(strcpy(bad.local_through[0], "home.arpa"));
    REFUSES((bad.local_through_count = 1, strcpy(bad.local_through[0], "a.example")));
    REFUSES((bad.local_private_names_count = 1, strcpy(bad.local_private_names[0], "A.example")));
    REFUSES(bad.local_private_names_count = CONFIG_DOMAINS_MAX + 1);
    REFUSES(bad.local_server_id[0] = ' ');
    REFUSES(memset(bad.local_server_id, 'a', sizeof bad.local_server_id));
}

Test(config, rows_of_a_group_stand_together_and_no_name_is_taken_twice)
{
    for (enum config_row_id a = 0; a < CONFIG_ROWS; a++) {
        char env_a[CONFIG_PATH_TEXT_MAX], env_b[CONFIG_PATH_TEXT_MAX];
        config_row_env(&config_rows[a], 0, env_a);
        for (enum config_row_id b = 0; b < a; b++) {
            cr_expect_str_neq(env_a, config_row_env(&config_rows[b], 0, env_b));
            cr_expect_str_neq(config_rows[a].key, config_rows[b].group);
            if (strcmp(config_rows[a].group, config_rows[b].group) == 0)
                cr_expect_str_eq(config_rows[a].group, config_rows[a - 1].group);
        }
    }
}

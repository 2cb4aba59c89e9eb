/* test_config_env.c - each key as a variable, stronger than the file
 * SPDX-License-Identifier: ISC
 */
#include "config_scene.h"

#include "conf/config_row.h"

Test(config_env, the_environment_has_every_key)
{
    static const char *const env[] = {
        "HOME=/",
        "PENSTOCK_LISTEN=127.0.0.1:5300, [::1]:5300",
        "PENSTOCK_USER=dns",
        "PENSTOCK_LANES=2",
        "PENSTOCK_RELOAD_ON_CHANGE=off",
        "PENSTOCK_PROXY=192.0.2.1, 2001:db8::/64",
        "PENSTOCK_ACL_ALLOW=",
        "PENSTOCK_ACL_DENY=10.0.0.0/8,::/0",
        "PENSTOCK_UPSTREAMS_1_NAME=b", /* in no order */
        "PENSTOCK_UPSTREAMS_1_ADDRESS=2001:db8::1",
        "PENSTOCK_UPSTREAMS_1_SOURCE=",
        "PENSTOCK_UPSTREAMS_1_VERIFY=ca",
        "PENSTOCK_UPSTREAMS_1_TLS_NAME=b.example",
        "PENSTOCK_UPSTREAMS_0_NAME=a",
        "PENSTOCK_UPSTREAMS_0_ADDRESS=192.0.2.9",
        "PENSTOCK_UPSTREAMS_0_SOURCE=192.0.2.10",
        "PENSTOCK_UPSTREAMS_0_TLS_NAME=",
        "PENSTOCK_UPSTREAMS_0_PINS=" PIN_A "," PIN_B,
        "PENSTOCK_UPSTREAMS_0_VERIFY=pin",
        "PENSTOCK_ROUTES_0_NAMES=Corp.Example., 10.in-addr.arpa",
        "PENSTOCK_ROUTES_0_UPSTREAMS=b",
        "PENSTOCK_ROUTES_0_PRIVATE=allow",
        "PENSTOCK_TLS_CA_FILE=/x,y.pem",
        "PENSTOCK_TLS_VERSIONS=1.2,1.3",
        "PENSTOCK_TLS_POLICY=approved",
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
        "PENSTOCK_COOKIES_SECRET_FILE=", /* beside a secret there is none */
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
        "PENSTOCK_CONTROL_SOCKET=off",
        "PENSTOCK_CONTROL_READERS=www-data, group:adm",
        "PENSTOCK_CONTROL_OPERATORS=root",
        "PENSTOCK_EVENTS_ENABLED=yes",
        "PENSTOCK_EVENTS_READERS=www-data",
        "PENSTOCK_EVENTS_SAMPLE=10",
        "PENSTOCK_EVENTS_CLIENTS=none",
        "PENSTOCK_EVENTS_IPV4_LENGTH=16",
        "PENSTOCK_EVENTS_IPV6_LENGTH=48",
        "PENSTOCK_EVENTS_NAMES=suffix",
        "PENSTOCK_AUDIT_PATH=/a/b",
        "PENSTOCK_AUDIT_KEY_FILE=/k",
        "PENSTOCK_AUDIT_ON_FAILURE=stop",
        "PENSTOCK_LOG_LEVEL=info",
        "PENSTOCK_LOG_FORMAT=json",
        NULL,
    };
    size_t ours = sizeof env / sizeof env[0] - 2, upstream_rows = 0;
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++)
        upstream_rows += config_rows[id].is_upstream;
    cr_assert_eq(ours, CONFIG_ROWS + upstream_rows - 1, "a key is missing in this test");
    load_ok(NULL, env);
    cr_expect_eq(config.listen_count, 2);
    cr_expect_eq(config.proxy_count, 2);
    cr_expect_eq(config.allow_count, 0);
    cr_expect_eq(config.deny_count, 2);
    cr_expect_eq(config.upstreams_count, 2);
    cr_expect_str_eq(config.upstreams[0].name, "a");
    cr_expect_eq(config.upstreams[0].pins_count, 2);
    cr_expect_eq(config.routes_count, 1);
    cr_expect_str_eq(config.routes[0].names[0], "corp.example");
    cr_expect_str_eq(config.routes[0].upstreams[0], "b");
    cr_expect_eq(config.routes[0].private_addresses, 1);
    cr_expect_str_eq(config.tls_ca_file, "/x,y.pem");
    cr_expect_eq(config.tls_versions, CONFIG_TLS12 | CONFIG_TLS13);
    cr_expect_eq(config.tls_policy, CONFIG_TLS_APPROVED);
    cr_expect_eq(config.verbose, 1);
    cr_expect_eq(config.log_format, CONFIG_LOG_JSON);
    cr_expect_str_eq(config.audit_path, "/a/b");
    cr_expect_eq(config.audit_on_failure, CONFIG_STOP);
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

Test(config_env, the_environment_is_stronger_than_the_file)
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

Test(config_env, the_environment_is_judged_like_the_file)
{
    expect_error(UPSTREAM, ENV("PENSTOCK_TIMEOUTS_QUERY=4"),
                 "environment: PENSTOCK_TIMEOUTS_QUERY: \"4\" is a number without its unit; "
                 "allowed: 100ms to 30s, with a unit (ms, s, m, h or d)");
    expect_error(UPSTREAM, ENV("PENSTOCK_TIMEOUTS_QUERRY=4s"),
                 "environment: PENSTOCK_TIMEOUTS_QUERRY: unknown variable (did you mean "
                 "PENSTOCK_TIMEOUTS_QUERY?); allowed: PENSTOCK_ and a key of "
                 "penstock.yaml(5), dots as _, in upper case, such as PENSTOCK_TIMEOUTS_QUERY");
    expect_error(UPSTREAM, ENV("PENSTOCK_TIMEOUT=4s"),
                 "environment: PENSTOCK_TIMEOUT: unknown variable; allowed: PENSTOCK_ and a key of "
                 "penstock.yaml(5), dots as _, in upper case, such as PENSTOCK_TIMEOUTS_QUERY");
    expect_error(
        UPSTREAM, ENV("PENSTOCK_UPSTREAMS_16_NAME=x"),
        "environment: PENSTOCK_UPSTREAMS_16_NAME: unknown variable; allowed: PENSTOCK_ and "
        "a key of penstock.yaml(5), dots as _, in upper case, such as "
        "PENSTOCK_TIMEOUTS_QUERY");
    expect_error(UPSTREAM, ENV("PENSTOCK_UPSTREAMS_15_ADRESS=::1"),
                 "environment: PENSTOCK_UPSTREAMS_15_ADRESS: unknown variable (did you mean "
                 "PENSTOCK_UPSTREAMS_15_ADDRESS?); allowed: PENSTOCK_ and a key of "
                 "penstock.yaml(5), dots as _, in upper case, such as PENSTOCK_TIMEOUTS_QUERY");
    expect_error(
        UPSTREAM, ENV("PENSTOCK_UPSTREAMS_99_ADRESS=::1"),
        "environment: PENSTOCK_UPSTREAMS_99_ADRESS: unknown variable; allowed: PENSTOCK_ and "
        "a key of penstock.yaml(5), dots as _, in upper case, such as "
        "PENSTOCK_TIMEOUTS_QUERY");
    expect_error(UPSTREAM, ENV("PENSTOCK_lanes=1"),
                 "environment: PENSTOCK_lanes: unknown variable (did you mean PENSTOCK_LANES?); "
                 "allowed: PENSTOCK_ and a key of "
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

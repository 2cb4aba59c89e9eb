/* test_config_warn.c - what is sound in a configuration, and unwise
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_warn.h"
#include "config_scene.h"

static const char *
warnings(void)
{
    static char text[4096];
    FILE *to = fmemopen(text, sizeof text, "w");
    unsigned count = config_warn(&config, to), lines = 0;
    fputc('\0', to);
    fclose(to);
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    cr_assert_eq(lines, count);
    return text;
}

Test(config_warn, without_a_name_the_certificate_must_be_for_the_address)
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

Test(config_warn, warns_of_what_is_allowed_but_unwise)
{
    load_ok(UPSTREAM, NULL);
    cr_expect_str_empty(warnings());
    load_ok(UPSTREAM, ENV("PENSTOCK_UPSTREAMS_0_PINS=" PIN_A));
    cr_expect_not_null(
        strstr(warnings(), "upstream one: one pin and no backup: when its key changes, it is lost; "
                           "add a second pin (`penstock pin 192.0.2.1:853 --tls-name one.example` "
                           "prints those of its chain)\n"));
    load_ok(UPSTREAM, ENV("PENSTOCK_UPSTREAMS_0_PINS=", "PENSTOCK_UPSTREAMS_0_VERIFY=ca"));
    cr_expect_not_null(strstr(warnings(), "upstream one: verify: ca"));
    load_ok(UPSTREAM, ENV("PENSTOCK_RATES_MODE=off"));
    cr_expect_str_empty(warnings());
    load_ok(UPSTREAM, ENV("PENSTOCK_ACL_ALLOW="));
    cr_expect_not_null(strstr(warnings(), "acl.allow: empty"));
    load_ok(UPSTREAM, ENV("PENSTOCK_TLS_VERSIONS=1.2"));
    cr_expect_not_null(strstr(warnings(), "TLS 1.2 is allowed"));
    load_ok(UPSTREAM, ENV("PENSTOCK_TIMEOUTS_CONNECT=4s"));
    cr_expect_not_null(strstr(warnings(), "timeouts.connect: not shorter"));
}

Test(config_warn, warns_of_events_that_nobody_may_read)
{
    load_ok(UPSTREAM, ENV("PENSTOCK_EVENTS_ENABLED=yes"));
    cr_expect_not_null(strstr(warnings(), "events.readers: empty"));
    load_ok(UPSTREAM, ENV("PENSTOCK_EVENTS_ENABLED=yes", "PENSTOCK_EVENTS_READERS=nobody"));
    cr_expect_str_empty(warnings());
    load_ok(UPSTREAM, ENV("PENSTOCK_EVENTS_ENABLED=yes", "PENSTOCK_EVENTS_READERS=nobody",
                          "PENSTOCK_CONTROL_SOCKET=off"));
    cr_expect_not_null(strstr(warnings(), "control.socket is off"));
}

#define OPEN_TO(...)                                                                               \
    load_ok(UPSTREAM, ENV(__VA_ARGS__));                                                           \
    cr_expect_not_null(config_warn_notice(&config))

Test(config_warn, an_open_resolver_is_told_of_and_warned_of_where_nothing_holds_clients_back)
{
    static const char rates[] =
        "acl.allow: an open resolver, for every client of the internet, and "
        "rates.mode is not enforce, ";
    load_ok(UPSTREAM, NULL);
    cr_expect_null(config_warn_notice(&config));
    OPEN_TO("PENSTOCK_ACL_ALLOW=0.0.0.0/0,::/0");
    cr_expect_str_empty(warnings());
    OPEN_TO("PENSTOCK_ACL_ALLOW=0.0.0.0/1,128.0.0.0/1", "PENSTOCK_RATES_MODE=dry-run");
    cr_expect_eq(strncmp(warnings(), rates, strlen(rates)), 0, "%s", warnings());
    OPEN_TO("PENSTOCK_ACL_ALLOW=2000::/3", "PENSTOCK_RATES_MODE=off", "PENSTOCK_RATES_IPV6=");
    cr_expect_eq(strncmp(warnings(), rates, strlen(rates)), 0, "%s", warnings());
    OPEN_TO("PENSTOCK_ACL_ALLOW=::/0", "PENSTOCK_RATES_IPV6=");
    cr_expect_not_null(strstr(warnings(), "and rates.ipv6 is empty, "));
    OPEN_TO("PENSTOCK_ACL_ALLOW=0.0.0.0/0", "PENSTOCK_RATES_IPV6=");
    cr_expect_str_empty(warnings());
    OPEN_TO("PENSTOCK_ACL_ALLOW=0.0.0.0/0", "PENSTOCK_RATES_IPV4=");
    cr_expect_not_null(strstr(warnings(), "and rates.ipv4 is empty, "));
    OPEN_TO("PENSTOCK_ACL_ALLOW=0.0.0.0/0", "PENSTOCK_RATES_EXEMPT=0.0.0.0/0");
    cr_expect_not_null(strstr(warnings(), "rates.exempt: clients of the internet"));
    OPEN_TO("PENSTOCK_ACL_ALLOW=0.0.0.0/0", "PENSTOCK_COOKIES_ENABLED=no");
    cr_expect_not_null(strstr(warnings(), "and cookies.enabled is no, "));
    OPEN_TO("PENSTOCK_ACL_ALLOW=0.0.0.0/0", "PENSTOCK_PACING_ENABLED=no");
    cr_expect_not_null(strstr(warnings(), "and pacing.enabled is no, "));
}

Test(config_warn, networks_are_not_the_internet)
{
    load_ok(UPSTREAM, ENV("PENSTOCK_ACL_ALLOW=10.0.0.0/8,fc00::/7,fe80::/10,240.0.0.0/4",
                          "PENSTOCK_RATES_MODE=off"));
    cr_expect_null(config_warn_notice(&config));
    cr_expect_str_empty(warnings());
    load_ok(UPSTREAM, ENV("PENSTOCK_ACL_ALLOW=0.0.0.0/0,::/0", "PENSTOCK_ACL_DENY=0.0.0.0/0,::/0"));
    cr_expect_null(config_warn_notice(&config));
    load_ok(UPSTREAM, ENV("PENSTOCK_ACL_ALLOW=0.0.0.0/0,::/0", "PENSTOCK_ACL_DENY=0.0.0.0/0"));
    cr_expect_not_null(config_warn_notice(&config));
}

Test(config_warn, two_upstreams_at_one_address_fail_together)
{
#define TWO(address)                                                                               \
    UPSTREAM "  - {name: two, address: \"" address "\", tls_name: two.example, verify: pin,\n"     \
             "     pins: [\"" PIN_A "\", \"" PIN_B "\"]}\n"
    load_ok(TWO("192.0.2.2"), NULL);
    cr_expect_str_empty(warnings());
    load_ok(TWO("192.0.2.1:8853"), NULL);
    cr_expect_str_empty(warnings());
    load_ok(TWO("192.0.2.1:853"), NULL);
    cr_expect_str_eq(warnings(),
                     "upstream two: its address 192.0.2.1:853 is that of upstream one too, so that "
                     "both fail together; give another server's, or one upstream alone\n");
    load_ok(TWO("192.0.2.1"), ENV("PENSTOCK_UPSTREAMS_1_SOURCE=198.51.100.1"));
    cr_expect_str_empty(warnings());
    /* of a route one is asked for nothing else: no name has both, unless the route has */
    load_ok(TWO("192.0.2.1") "routes: [{names: [corp.example], upstreams: [two]}]\n", NULL);
    cr_expect_str_empty(warnings());
    load_ok(TWO("192.0.2.1") "  - {name: three, address: 192.0.2.3, tls_name: three.example,\n"
                             "     verify: pin, pins: [\"" PIN_A "\", \"" PIN_B "\"]}\n"
                             "routes: [{names: [corp.example], upstreams: [two, one]}]\n",
            NULL);
    cr_expect_not_null(strstr(warnings(), "is that of upstream one too"));
}

/* A balancer, a forwarder, a router: all behind it share one address. */
Test(config_warn, a_few_single_clients_may_be_many)
{
    static const char single[] = "acl.allow: single addresses alone, of which 192.0.2.9/32 may ask "
                                 "750 times per second and have 64 connections over TCP; ";
    load_ok(UPSTREAM, ENV("PENSTOCK_ACL_ALLOW=127.0.0.0/8,::1/128,192.0.2.9"));
    cr_expect_eq(strncmp(warnings(), single, strlen(single)), 0, "%s", warnings());
    load_ok(UPSTREAM, ENV("PENSTOCK_ACL_ALLOW=192.0.2.9,192.0.2.10", "PENSTOCK_PROXY=192.0.2.10"));
    cr_expect_eq(strncmp(warnings(), single, strlen(single)), 0, "%s", warnings());
    static const char five[] = "PENSTOCK_ACL_ALLOW=192.0.2.9,192.0.2.10,192.0.2.11,192.0.2.12,"
                               "2001:db8::1";
    static const char *const fine[] = {"PENSTOCK_ACL_ALLOW=127.0.0.1,::1",
                                       "PENSTOCK_ACL_ALLOW=192.0.2.9,198.51.100.0/24", five};
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        load_ok(UPSTREAM, ENV(fine[i]));
        cr_expect_str_empty(warnings(), "%s", fine[i]);
    }
    static const char *const told[] = {"PENSTOCK_PROXY=192.0.2.9",
                                       "PENSTOCK_RATES_EXEMPT=192.0.2.9", "PENSTOCK_RATES_MODE=off",
                                       "PENSTOCK_RATES_IPV4="};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        load_ok(UPSTREAM, ENV("PENSTOCK_ACL_ALLOW=192.0.2.9", told[i]));
        cr_expect_str_empty(warnings(), "%s", told[i]);
    }
}

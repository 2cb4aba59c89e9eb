/* test_tls_name.c - what counts as a name or address, and what does not
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

#include <criterion/criterion.h>

TestSuite(tls_name, .init = setup);

/* --- names ---------------------------------------------------------------------------------- */

Test(tls_name, an_address_is_looked_for_among_the_addresses)
{
    static const uint8_t four[] = {192, 0, 2, 1};
    static const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    struct party with_four, with_six, text;
    extras = (struct extras){.ip = four, .ip_size = 4};
    make_leaf(&with_four, &root, NULL);
    extras = (struct extras){.ip = six, .ip_size = 16};
    make_leaf(&with_six, &root, NAME);
    extras = (struct extras){0};
    make_leaf(&text, &root, "192.0.2.1"); /* as a DNS name, which no address is */
    expect_trusted(policy(CONFIG_VERIFY_CA, "192.0.2.1", NULL, NULL), &root, CHAIN(&with_four), -1,
                   0);
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, "2001:db8::1", &with_six, NULL), &root,
                   CHAIN(&with_six), 0, 0);
    expect_trusted(policy(CONFIG_VERIFY_PIN, "2001:DB8:0::1", &root, NULL), NULL,
                   CHAIN(&with_six, &root), 0, 1);
    expect_refused(policy(CONFIG_VERIFY_CA, "192.0.2.2", NULL, NULL), &root, CHAIN(&with_four),
                   TLS_CAUSE_NAME, "is not for 192.0.2.2");
    expect_refused(policy(CONFIG_VERIFY_CA, "192.0.2.1", NULL, NULL), &root, CHAIN(&text),
                   TLS_CAUSE_NAME, "is not for 192.0.2.1");
    expect_refused(policy(CONFIG_VERIFY_CA, "192.0.2.1", NULL, NULL), &root, CHAIN(&with_six),
                   TLS_CAUSE_NAME, "is not for 192.0.2.1");
}

Test(tls_name, without_a_name_the_upstreams_address_is_what_counts)
{
    static const uint8_t four[] = {192, 0, 2, 1};
    struct party at_home;
    extras = (struct extras){.ip = four, .ip_size = 4};
    make_leaf(&at_home, &root, NULL);
    struct config_upstream upstream = policy(CONFIG_VERIFY_PIN_CA, "", &at_home, NULL);
    upstream.address = (struct addr){.family = ADDR_IPV4, .port = 853, .bytes = {192, 0, 2, 1}};
    expect_trusted(upstream, &root, CHAIN(&at_home), 0, 0);
    upstream.address.bytes[3] = 2;
    expect_refused(upstream, &root, CHAIN(&at_home), TLS_CAUSE_NAME, "is not for 192.0.2.2");
    upstream.verify = CONFIG_VERIFY_PIN; /* which asks for no name with a key of the server's own */
    expect_trusted(upstream, NULL, CHAIN(&at_home), 0, 0);
}

Test(tls_name, a_name_in_the_subject_is_no_name)
{
    struct party bare, other;
    make_key(&bare);
    sign(&bare, "CN=" NAME, root.subject, &root, false, NULL, GOOD_FROM, GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root, CHAIN(&bare), TLS_CAUSE_NAME,
                   "no subjectAltName");
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &bare, NULL), &root, CHAIN(&bare),
                   TLS_CAUSE_NAME, "RFC 9525");
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &root, NULL), NULL, CHAIN(&bare, &root),
                   TLS_CAUSE_NAME, "no subjectAltName");
    make_key(&other);
    sign(&other, "CN=" NAME, root.subject, &root, false, "other.example", GOOD_FROM, GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root, CHAIN(&other), TLS_CAUSE_NAME,
                   "is not for " NAME);
}

Test(tls_name, a_star_is_one_label)
{
    struct party wild, bare_star;
    make_leaf(&wild, &root, "*.example");
    expect_trusted(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root, CHAIN(&wild), -1, 0);
    expect_trusted(policy(CONFIG_VERIFY_CA, "DNS.Example", NULL, NULL), &root, CHAIN(&wild), -1, 0);
    expect_refused(policy(CONFIG_VERIFY_CA, "a.dns.example", NULL, NULL), &root, CHAIN(&wild),
                   TLS_CAUSE_NAME, "is not for a.dns.example");
    expect_refused(policy(CONFIG_VERIFY_CA, "example", NULL, NULL), &root, CHAIN(&wild),
                   TLS_CAUSE_NAME, "is not for example");
    make_leaf(&bare_star, &root, "*");
    expect_refused(policy(CONFIG_VERIFY_CA, "example", NULL, NULL), &root, CHAIN(&bare_star),
                   TLS_CAUSE_NAME, "is not for example");
}

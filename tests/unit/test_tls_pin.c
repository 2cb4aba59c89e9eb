/* test_tls_pin.c - which key of a chain matches
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

#include <criterion/criterion.h>

TestSuite(tls_pin, .init = setup);

Test(tls_pin, backup_pin_matches)
{
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, &leaf), &root,
                   CHAIN(&leaf, &inter), 1, 0);
    expect_trusted(policy(CONFIG_VERIFY_PIN, "", &other_leaf, &leaf), NULL, CHAIN(&leaf, &inter), 1,
                   0);
}

Test(tls_pin, counts_to_its_last_octet)
{
    struct config_upstream upstream = policy(CONFIG_VERIFY_PIN, "", &leaf, NULL);
    upstream.pins[0][CONFIG_PIN_BYTES - 1] ^= 1;
    expect_refused(upstream, NULL, CHAIN(&leaf, &inter), TLS_CAUSE_PIN, "no pin of 1 matches");
}

Test(tls_pin, pin_of_an_issuer_in_the_validated_chain_matches)
{
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &inter, NULL), &root, CHAIN(&leaf, &inter), 0,
                   1);
    /* the root is ours, the server did not send it */
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &root, NULL), &root, CHAIN(&leaf, &inter), 0,
                   2);
}

Test(tls_pin, a_strangers_chain_without_the_pin_costs_no_signature)
{
    struct party lone_root, stranger;
    make_ca(&lone_root, "CN=Root", NULL);
    make_leaf(&stranger, &lone_root, NAME);
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root,
                   CHAIN(&stranger, &lone_root), TLS_CAUSE_PIN, "no pin of 1 matches");
    /* where an anchor of ours has the pin, it need not be sent, and the chain is walked */
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &root, NULL), &root,
                   CHAIN(&stranger, &lone_root), TLS_CAUSE_PIN, "no pin of 1 matches");
}

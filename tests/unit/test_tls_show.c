/* test_tls_show.c - a look at a chain shows it and can ask nothing
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

#include <criterion/criterion.h>

TestSuite(tls_show, .init = setup);

Test(tls_show, a_look_shows_the_chain_and_can_ask_nothing)
{
    struct server server;
    server_init(&server, CHAIN(&leaf, &inter));
    struct client c;
    client_init(&c, NULL, CONFIG_TLS13, NULL);
    cr_assert_eq(meet(&c, &server, SIZE_MAX), TLS_OK);
    struct tls_show_item item;
    cr_assert_eq(tls_show_certificate(c.session, 0, &item), STATUS_OK);
    cr_assert(memcmp(item.pin, leaf.pin, CONFIG_PIN_BYTES) == 0);
    cr_assert_eq(item.ends_s, 2493072000, "%lld", (long long)item.ends_s);
    uint8_t sum[32];
    cr_assert_eq(mbedtls_sha256(leaf.der, leaf.der_size, sum, 0), 0);
    cr_assert_arr_eq(item.sum, sum, sizeof sum);
    cr_assert_str_eq(item.text, "CN=leaf, valid 2020-01-01 to 2049-01-01");
    cr_assert_eq(tls_show_certificate(c.session, 1, &item), STATUS_OK);
    cr_assert(memcmp(item.pin, inter.pin, CONFIG_PIN_BYTES) == 0);
    cr_assert_eq(tls_show_certificate(c.session, 2, &item), STATUS_NONE);
    size_t taken;
    cr_assert_eq(tls_session_write(c.session, (const uint8_t *)"x", 1, &taken), TLS_FAILED);
    cr_assert_eq(server.heard_size, 0);
    client_fini(&c);
    server_fini(&server);
}

/* test_config_worker.c - a worker's copy of the configuration holds nothing of clients
 * SPDX-License-Identifier: ISC
 */
#include "conf/config.h"
#include "conf/config_load.h"
#include "conf/config_worker.h"

#include <criterion/criterion.h>
#include <string.h>

#define TEXT                                                                                       \
    "listen: [\"192.0.2.77:53\", \"[2001:db8::77]:53\"]\n"                                         \
    "user: somebody\n"                                                                             \
    "lanes: 3\n"                                                                                   \
    "acl: {allow: [\"2001:db8:aaaa:bbbb::/64\", 198.51.100.0/24], deny: [203.0.113.9]}\n"          \
    "upstreams:\n"                                                                                 \
    "  - {name: one, address: 192.0.2.1, tls_name: one.example,\n"                                 \
    "     pins: [sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=], qps: 77}\n"                \
    "timeouts: {query: 3s, connect: 1s, upstream_idle: 7s, tcp_idle: 11s}\n"                       \
    "limits: {queries: 512, upstream_connections: 3, hedge_percent: 1}\n"                          \
    "rates: {exempt: [203.0.113.64/26], listeners: [\"192.0.2.77:53 50%\"]}\n"                     \
    "cookies: {secret: 0123456789abcdef0123456789abcdef}\n"                                        \
    "local: {server_id: edge-7}\n"

static struct config config, worker;
static struct config_error error;

static void
load(struct config *to, const char *text)
{
    struct config_source source = {.file = "t", .text = text, .text_size = strlen(text)};
    cr_assert_eq(config_load(&source, to, &error), STATUS_OK, "%s", error.text);
}

static bool
holds(const void *bytes, size_t size)
{
    return memmem(&worker, sizeof worker, bytes, size) != NULL;
}

Test(config_worker, is_sound_and_has_what_a_worker_uses)
{
    load(&config, TEXT);
    config_worker_copy(&config, &worker);
    cr_expect(config_is_sound(&worker));
    cr_expect_str_eq(worker.user, "somebody");
    cr_expect_eq(worker.upstreams_count, 1);
    cr_expect_eq(worker.upstreams[0].qps, 77);
    cr_expect_eq(worker.query_ms, 3000);
    cr_expect_eq(worker.upstream_idle_ms, 7000);
    cr_expect_eq(worker.queries, 512);
    cr_expect_eq(worker.upstream_connections, 3);
    cr_expect_eq(worker.hedge_percent, 1);
}

Test(config_worker, has_no_address_name_or_secret_that_tells_of_clients)
{
    load(&config, TEXT);
    config_worker_copy(&config, &worker);
    cr_expect_not(holds(&config.allow[0], sizeof config.allow[0]));
    cr_expect_not(holds(&config.allow[1], sizeof config.allow[1]));
    cr_expect_not(holds(&config.deny[0], sizeof config.deny[0]));
    cr_expect_not(holds(&config.rates_exempt[0], sizeof config.rates_exempt[0]));
    cr_expect_not(holds(&config.listen[0], sizeof config.listen[0]));
    cr_expect_not(holds(&config.listen[1], sizeof config.listen[1]));
    cr_expect_not(holds(config.cookies_secret.bytes, sizeof config.cookies_secret.bytes));
    cr_expect_not(holds("edge-7", 6));
    cr_expect_not(holds("\x20\x01\x0d\xb8\xaa\xaa\xbb\xbb", 8));
    cr_expect_not(holds("\xc6\x33\x64", 3), "198.51.100");
    cr_expect_not(holds("\xcb\x00\x71", 3), "203.0.113");
}

/* test_config.c - a struct from shared memory is judged to the last byte
 * SPDX-License-Identifier: ISC
 */
#include "config_scene.h"

#include <stddef.h>
#include <time.h>

static unsigned state; /* of rand_r */

static uint32_t
below(uint32_t bound)
{
    return (uint32_t)rand_r(&state) % bound;
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
    REFUSES(bad.log_format = UINT32_MAX);
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
    REFUSES(bad.tls_policy = 2);
    REFUSES(bad.audit_on_failure = 2);
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
    REFUSES(bad.control_socket[0] = 'x');
    REFUSES(bad.control_readers_count = 1);
    REFUSES(strcpy(bad.control_operators[3], "root"));
    REFUSES((bad.control_operators_count = 1, strcpy(bad.control_operators[0], "group:")));
    REFUSES(memset(bad.local_server_id, 'a', sizeof bad.local_server_id));
}

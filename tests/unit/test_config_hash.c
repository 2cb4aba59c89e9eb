/* test_config_hash.c - the number that stands for a configuration
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_hash.h"
#include "conf/config_load.h"

#include <criterion/criterion.h>
#include <string.h>

static struct config config;

Test(config_hash, is_the_same_for_the_same_values)
{
    config_load_defaults(&config);
    uint64_t hash = config_hash(&config);
    cr_assert_neq(hash, 0);
    config_load_defaults(&config);
    cr_assert_eq(config_hash(&config), hash);
}

Test(config_hash, is_another_for_each_key_but_secrets)
{
    config_load_defaults(&config);
    config.upstreams_count = 1;
    uint64_t hash = config_hash(&config);
    config.query_ms++;
    cr_assert_neq(config_hash(&config), hash);
    config.query_ms--;
    config.allow_count--;
    cr_assert_neq(config_hash(&config), hash);
    config.allow_count++;
    config.upstreams[0].pins_count = 1;
    cr_assert_neq(config_hash(&config), hash);
    config.upstreams[0].pins_count = 0;
    memset(&config.cookies_secret, 7, sizeof config.cookies_secret);
    cr_assert_eq(config_hash(&config), hash);
}

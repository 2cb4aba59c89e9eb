/* test_config_change.c - the columns of config.def decide what a reload does with each key
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_change.h"
#include "conf/config_load.h"

#include <criterion/criterion.h>
#include <string.h>

#define TEXT                                                                                       \
    "acl: {allow: [198.51.100.0/24], deny: [203.0.113.9]}\n"                                       \
    "upstreams:\n"                                                                                 \
    "  - {name: one, address: 192.0.2.1, tls_name: one.example,\n"                                 \
    "     pins: [sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=], qps: 77}\n"                \
    "  - {name: two, address: 192.0.2.2, verify: ca}\n"                                            \
    "cookies: {secret: 0123456789abcdef0123456789abcdef}\n"

static struct config config, other;
static struct config_error error;

static void
load(struct config *to)
{
    struct config_source source = {.file = "t", .text = TEXT, .text_size = strlen(TEXT)};
    cr_assert_eq(config_load(&source, to, &error), STATUS_OK, "%s", error.text);
}

/* The key alone is another in `other`: one bit of its value, or of a list's first. */
static void
change_value(const struct config_row *row, unsigned upstream)
{
    load(&other);
    *((uint8_t *)config_row_base(row, &other, upstream) + row->offset) ^= 1;
}

/* The key alone is another in `other`: the list has one value less, or one more. */
static void
change_count(const struct config_row *row, unsigned upstream)
{
    load(&other);
    *((uint8_t *)config_row_base(row, &other, upstream) + row->count_offset) ^= 1;
}

static void
expect_columns(const struct config_row *row, enum config_row_id id)
{
    bool is_fixed = row->change == CONFIG_CHANGE_RESTART;
    bool is_for_workers = (row->who & CONFIG_USER_WORKER) != 0;
    cr_expect_not(config_row_is_same(row, &config, &other), "%s.%s", row->group, row->key);
    cr_expect_eq(config_change_fixed(&config, &other), is_fixed ? id : CONFIG_ROWS, "%s.%s",
                 row->group, row->key);
    cr_expect_eq(config_change_is_for_workers(&config, &other), is_for_workers, "%s.%s", row->group,
                 row->key);
}

Test(config_change, each_key_alone_does_what_its_columns_say)
{
    load(&config);
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        for (unsigned upstream = 0; upstream < (row->is_upstream ? 2 : 1); upstream++) {
            change_value(row, upstream);
            expect_columns(row, id);
            if (!row->is_list)
                continue;
            change_count(row, upstream);
            expect_columns(row, id);
        }
    }
}

Test(config_change, the_same_configuration_changes_nothing)
{
    load(&config);
    load(&other);
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++)
        cr_expect(config_row_is_same(&config_rows[id], &config, &other));
    cr_expect_eq(config_change_fixed(&config, &other), CONFIG_ROWS);
    cr_expect_not(config_change_is_for_workers(&config, &other));
}

Test(config_change, another_number_of_upstreams_concerns_workers)
{
    load(&config);
    load(&other);
    other.upstreams_count = 1;
    memset(&other.upstreams[1], 0, sizeof other.upstreams[1]);
    cr_expect_eq(config_change_fixed(&config, &other), CONFIG_ROWS);
    cr_expect(config_change_is_for_workers(&config, &other));
}

Test(config_change, what_concerns_no_worker_may_change_together)
{
    load(&config);
    load(&other);
    other.allow_count = 0;
    memset(other.allow, 0, sizeof other.allow);
    other.tcp_idle_ms++;
    other.cookies_secret.bytes[0]++;
    cr_expect_not(config_change_is_for_workers(&config, &other), "no business of a worker");
    other.hedge_percent++;
    cr_expect(config_change_is_for_workers(&config, &other));
    load(&other);
    other.upstreams[0].pins[0][31] ^= 1;
    cr_expect(config_change_is_for_workers(&config, &other));
}

Test(config_change, the_first_key_of_the_table_is_named)
{
    load(&config);
    load(&other);
    other.cache_bytes++;
    other.lanes++;
    cr_expect_eq(config_change_fixed(&config, &other), CONFIG_ROW_lanes);
    cr_expect_eq(config_change_fixed(&other, &config), CONFIG_ROW_lanes);
}

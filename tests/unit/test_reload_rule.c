/* test_reload_rule.c - what a reload cannot change, and how it is named
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_load.h"
#include "supervisor/reload_rule.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define TEXT                                                                                       \
    "lanes: %u\n"                                                                                  \
    "upstreams:\n"                                                                                 \
    "  - {name: one, address: 192.0.2.1, verify: ca}\n"                                            \
    "  - {name: two, address: \"192.0.2.2:8853\", verify: ca}\n"

static struct config config, next;
static struct config_error error;

static void
load(unsigned lanes)
{
    char text[512];
    int size = snprintf(text, sizeof text, TEXT, lanes);
    struct config_source source = {.file = "t", .text = text, .text_size = (size_t)size};
    cr_assert_eq(config_load(&source, &config, &error), STATUS_OK, "%s", error.text);
    next = config;
}

static const char *
judge(void)
{
    static char text[CONFIG_PATH_TEXT_MAX];
    return reload_rule_needs_restart(&config, &next, text);
}

static void
expect_named(const char *words)
{
    const char *text = judge();
    cr_assert_not_null(text, "%s", words);
    cr_expect_str_eq(text, words);
}

Test(reload_rule, names_each_key_that_only_a_restart_changes_and_no_other)
{
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        char path[CONFIG_PATH_TEXT_MAX];
        load(1);
        config.filter_kernel = 0; /* whose ports need a restart only if it is on */
        next = config;
        if (row->rule.kind == VALUE_UPSTREAM)
            next.upstreams[0].address.bytes[3] ^= 1; /* not the port */
        else
            *((uint8_t *)config_row_base(row, &next, 0) + row->offset) ^= 1;
        if (row->change == CONFIG_CHANGE_RESTART)
            expect_named(config_row_path(row, 0, path));
        else
            cr_expect_null(judge(), "%s", config_row_path(row, 0, path));
    }
}

Test(reload_rule, the_kernels_filter_keeps_its_ports)
{
    load(1);
    next.filter_ports[0]++;
    expect_named("filter.ports (the kernel's filter is locked)");
    config.filter_kernel = next.filter_kernel = 0;
    cr_expect_null(judge());
}

Test(reload_rule, a_first_balancer_needs_a_restart_and_a_second_one_none)
{
    load(1);
    next.proxy_count = 1;
    expect_named(
        "the first or last entry of proxy (the kernel's programs for the sockets know of it)");
    config.proxy_count = 2;
    cr_expect_null(judge());
    next.proxy_count = 0;
    cr_expect_not_null(judge());
}

Test(reload_rule, with_several_lanes_the_shortest_prefix_stays)
{
    for (unsigned lanes = 1; lanes <= 2; lanes++) {
        load(lanes);
        next.rates_ipv4[0].length--;
        cr_expect_null(judge(), "not the shortest");
        next.rates_ipv4[next.rates_ipv4_count - 1].length--;
        if (lanes == 1)
            cr_expect_null(judge());
        else
            expect_named("the shortest prefix of rates (it chooses the lane)");
    }
}

Test(reload_rule, upstreams_stay_at_ports_of_the_start)
{
    load(1);
    next.upstreams[1].address.port = next.upstreams[0].address.port;
    cr_expect_null(judge());
    next.upstreams[1].address.port = 443;
    expect_named("a port of upstreams that none had at the start");
}

Test(reload_rule, what_concerns_no_worker_is_for_fronts_alone_and_waits_for_nobody)
{
    load(1);
    cr_assert_eq(reload_rule_step(&config, &next, true, false), RELOAD_FRONTS);
    next.tcp_idle_ms++;
    cr_assert_eq(reload_rule_step(&config, &next, true, false), RELOAD_FRONTS);
}

Test(reload_rule, workers_are_replaced_where_there_is_room_for_those_that_were)
{
    load(1);
    cr_assert_eq(reload_rule_step(&config, &next, false, true), RELOAD_ALL, "another CA file");
    cr_assert_eq(reload_rule_step(&config, &next, false, false), RELOAD_WAITS);
    next.upstreams[0].address.bytes[3] ^= 1;
    cr_assert_eq(reload_rule_step(&config, &next, true, true), RELOAD_ALL);
    cr_assert_eq(reload_rule_step(&config, &next, true, false), RELOAD_WAITS);
}

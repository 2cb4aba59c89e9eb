/* test_pacing.c - what is held, what is sent, and when it leaves
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

static uint8_t message[1232];

static void
setup(void)
{
    scene_config();
    config.pacing = 1;
    scene_open();
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)i;
}

static enum pacing_verdict
judge(const struct query_client *client, size_t size, uint64_t now_ms)
{
    return pacing_judge(&front.pacing, client, message, size, WHY_ANSWERED, now_ms);
}

Test(pacing, small_answers_and_proven_or_exempt_clients_are_not_held, .init = setup)
{
    struct query_client client = {.addr = scene_client("127.0.0.2")};
    for (int i = 0; i < 100; i++)
        cr_assert_eq(judge(&client, PACING_FREE, 1000), PACING_SEND);
    client.is_proven = true;
    for (int i = 0; i < 100; i++)
        cr_assert_eq(judge(&client, 1232, 1000), PACING_SEND);
    client.is_proven = false;
    client.payer = RATE_EXEMPT;
    for (int i = 0; i < 100; i++)
        cr_assert_eq(judge(&client, 1232, 1000), PACING_SEND);
}

Test(pacing, what_comes_too_early_is_held_and_leaves_as_it_was, .init = setup)
{
    struct query_client client = {.addr = scene_client("127.0.0.2")};
    while (judge(&client, 300, 1000) == PACING_SEND)
        ;
    cr_assert_eq(front.pacing.count, 0, "a wait of 328 ms is longer than it may be");
    struct query_client other = {.addr = scene_client("127.0.1.2")};
    while (judge(&other, 257, 1000) == PACING_SEND)
        ;
    cr_assert_eq(judge(&other, 257, 1000 + 230), PACING_HOLD);
    uint64_t due_us = pacing_deadline_us(&front.pacing);
    cr_assert_gt(due_us, 1230000);
    cr_expect_null(pacing_next(&front.pacing, due_us / 1000 - 1), "it is not its time");
    const struct pacing_held *held = pacing_next(&front.pacing, due_us / 1000);
    cr_assert_not_null(held);
    cr_expect(addr_is_equal(&held->client.addr, &other.addr));
    cr_expect_eq(held->size, 257);
    cr_expect_eq(held->why, WHY_ANSWERED);
    cr_expect_arr_eq(pacing_message(&front.pacing, held), message, 257);
    pacing_give(&front.pacing);
    cr_expect_null(pacing_next(&front.pacing, due_us / 1000));
    cr_expect_eq(pacing_deadline_us(&front.pacing), UINT64_MAX);
}

static void
loose(void)
{
    scene_config();
    config.pacing = 1;
    config.pacing_rate = 1000000;
    config.pacing_wait_ms = 10000;
    scene_open();
}

Test(pacing, a_full_table_holds_no_more_and_gives_all_back_each_once, .init = loose)
{
    unsigned held = 0, given = 0;
    for (int i = 0; i < 2000 && held < PACING_HELD; i++) {
        char text[32];
        snprintf(text, sizeof text, "127.0.%d.1", i % 7);
        struct query_client client = {.addr = scene_client(text)};
        held += judge(&client, 600, 1000) == PACING_HOLD;
    }
    cr_assert_eq(held, PACING_HELD);
    struct query_client client = {.addr = scene_client("127.0.1.1")};
    cr_expect_eq(judge(&client, 600, 1000), PACING_SHORT);
    uint64_t last_ms = 0;
    while (given < held) {
        uint64_t due_us = pacing_deadline_us(&front.pacing);
        cr_assert_neq(due_us, UINT64_MAX);
        cr_assert_geq(due_us / 1000, last_ms, "in time order");
        last_ms = due_us / 1000;
        while (pacing_next(&front.pacing, last_ms) != NULL) {
            pacing_give(&front.pacing);
            given++;
        }
    }
    cr_expect_eq(front.pacing.count, 0);
}

Test(pacing, another_configuration_holds_from_then_on, .init = setup)
{
    struct query_client client = {.addr = scene_client("127.0.0.2")};
    struct config other = config;
    while (judge(&client, 1200, 1000) == PACING_SEND)
        ;
    cr_assert_eq(judge(&client, 1200, 1000), PACING_SHORT);
    other.pacing = 0;
    pacing_change(&front.pacing, &other);
    cr_expect_eq(judge(&client, 1200, 1000), PACING_SEND);
}

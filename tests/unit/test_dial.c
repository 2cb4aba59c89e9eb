/* test_dial.c - which upstream a worker gets a socket to, and which no worker does for a while
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/dial.h"

#include "os/chan.h"
#include "supervisor/children.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#define MINUTE (60ULL * 1000000)

static struct supervisor sup;
static int ends[2]; /* of the workers' channels: theirs */

static struct child *
worker(unsigned lane)
{
    return &sup.lanes[lane].children[CHILD_WORKER];
}

static void
begin(uint32_t upstreams)
{
    memset(&sup, 0, sizeof sup);
    children_init(&sup);
    sup.lanes_count = 2;
    sup.loop.now_us = 1000;
    sup.config.upstreams_count = upstreams;
    sup.config.handshakes_burst = 20;
    sup.config.handshakes_per_s = 10;
    for (uint32_t i = 0; i < upstreams; i++) {
        snprintf(sup.config.upstreams[i].name, CONFIG_NAME_MAX, "up%u", i);
        /* nobody listens there; whether the kernel says so at once does not matter */
        sup.config.upstreams[i].address =
            (struct addr){.family = ADDR_IPV4, .port = 1, .bytes = {127, 0, 0, (uint8_t)(10 + i)}};
    }
    for (unsigned lane = 0; lane < 2; lane++) {
        int pair[2];
        cr_assert_eq(chan_pair(pair), STATUS_OK);
        worker(lane)->chan.fd = pair[0];
        ends[lane] = pair[1];
        dial_begin(worker(lane));
    }
}

static bool
is_avoided(unsigned lane, uint32_t index)
{
    struct ipc_message got;
    int fds[IPC_FDS_MAX];
    cr_assert_eq(dial_answer(worker(lane), index, 7), STATUS_OK);
    cr_assert_eq(chan_receive(ends[lane], IPC_FROM_SUPERVISOR, &got, fds), STATUS_OK);
    cr_assert_eq(got.type, IPC_UPSTREAM_SOCKET);
    cr_assert_eq(got.index, index);
    cr_assert_eq(got.tag, 7);
    if (fds[0] >= 0)
        close(fds[0]);
    return got.error == IPC_ERROR_AVOIDED;
}

Test(dial, what_was_dear_to_one_lane_is_connected_to_by_none_for_a_while)
{
    begin(2);
    cr_assert_not(is_avoided(0, 0));
    cr_assert_eq(dial_avoid(worker(0), 0, 60000), STATUS_OK);
    cr_assert(is_avoided(0, 0));
    cr_assert(is_avoided(1, 0));
    cr_assert_not(is_avoided(1, 1));
    sup.loop.now_us += MINUTE - 1;
    cr_assert(is_avoided(1, 0));
    sup.loop.now_us += 1;
    cr_assert_not(is_avoided(1, 0));
    cr_assert_eq(dial_avoid(worker(1), 0, 60000), STATUS_OK);
    cr_assert_eq(dial_avoid(worker(0), 0, 60000), STATUS_OK); /* the same news once more */
    sup.loop.now_us += MINUTE;
    cr_assert(is_avoided(0, 0));
    sup.loop.now_us += MINUTE;
    cr_assert_not(is_avoided(0, 0));
}

Test(dial, the_last_upstream_that_is_left_is_not_avoided)
{
    begin(3);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(dial_avoid(worker(0), i, 60000), STATUS_OK);
    cr_assert(is_avoided(1, 0));
    cr_assert(is_avoided(1, 1));
    cr_assert_not(is_avoided(1, 2));
    begin(1);
    cr_assert_eq(dial_avoid(worker(0), 0, 60000), STATUS_OK);
    cr_assert_not(is_avoided(0, 0));
}

Test(dial, an_upstream_that_there_is_not_breaks_the_contract)
{
    begin(2);
    cr_assert_eq(dial_avoid(worker(0), 2, 60000), STATUS_INVALID);
    cr_assert_eq(dial_answer(worker(0), 2, 7), STATUS_INVALID);
}

Test(dial, it_is_the_address_that_is_avoided_also_under_another_index)
{
    begin(2);
    cr_assert_eq(dial_avoid(worker(0), 0, 60000), STATUS_OK);
    struct config_upstream first = sup.config.upstreams[0];
    sup.config.upstreams[0] = sup.config.upstreams[1];
    sup.config.upstreams[1] = first;
    dial_begin(worker(1)); /* after a reload */
    cr_assert_not(is_avoided(1, 0));
    cr_assert(is_avoided(1, 1));
}

/* test_dial.c - which upstream a worker gets a socket to, and which no worker does for a while
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/dial.h"

#include "os/chan.h"
#include "supervisor/children.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
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

/* What the kernel says of the address that a connection is to come from. */
Test(dial, a_source_that_is_not_ours_is_an_error_and_no_connection)
{
    struct ipc_message got;
    int fds[IPC_FDS_MAX];
    begin(2);
    sup.config.upstreams[0].source = (struct addr){.family = ADDR_IPV4, .bytes = {192, 0, 2, 7}};
    dial_begin(worker(0));
    cr_assert_eq(dial_answer(worker(0), 0, 7), STATUS_OK);
    cr_assert_eq(chan_receive(ends[0], IPC_FROM_SUPERVISOR, &got, fds), STATUS_OK);
    cr_assert_eq(got.error, EADDRNOTAVAIL);
    cr_assert_eq(fds[0], -1);
}

Test(dial, a_connection_comes_from_its_source)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in from;
    socklen_t size = sizeof at;
    struct ipc_message got;
    int fds[IPC_FDS_MAX], listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&at, size), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    begin(1);
    sup.config.upstreams[0].address =
        (struct addr){.family = ADDR_IPV4, .port = ntohs(at.sin_port), .bytes = {127, 0, 0, 1}};
    sup.config.upstreams[0].source = (struct addr){.family = ADDR_IPV4, .bytes = {127, 0, 0, 9}};
    dial_begin(worker(0));
    cr_assert_eq(dial_answer(worker(0), 0, 7), STATUS_OK);
    cr_assert_eq(chan_receive(ends[0], IPC_FROM_SUPERVISOR, &got, fds), STATUS_OK);
    cr_assert_eq(got.error, 0);
    int fd = accept(listener, (struct sockaddr *)&from, &size);
    cr_assert_geq(fd, 0);
    cr_assert_eq(ntohl(from.sin_addr.s_addr), INADDR_LOOPBACK + 8);
    close(fd);
    close(fds[0]);
    close(listener);
}

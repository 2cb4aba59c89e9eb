/* test_exporter_link.c - when a connection is asked for, and what is told of one that cannot be had
 * SPDX-License-Identifier: ISC
 *
 * The connection to a service is lived in tests/integration.
 */
#include "exporter/exporter_link.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS UINT64_C(1000)

static struct exporter_link bond;
static int pair[2];

static void
begin(void)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    exporter_link_begin(&bond, "/nothing", pair[0]);
}

static int
asked(void)
{
    char byte;
    int count = 0;
    while (recv(pair[1], &byte, 1, MSG_DONTWAIT) == 1)
        count++;
    return count;
}

Test(exporter_link, asks_once_and_again_after_a_pause)
{
    static const struct exporter_dial_answer no_such_file = {
        .what = EXPORTER_DIAL_CONTROL, .fd = -1, .error = ENOENT};
    begin();
    cr_expect_eq(exporter_link_turn(&bond, 1000 * MS), STATUS_OK);
    cr_expect_eq(exporter_link_turn(&bond, 9000 * MS), STATUS_OK);
    cr_expect_eq(asked(), 1, "it has not been answered");
    cr_expect_eq(exporter_link_next_us(&bond), UINT64_MAX);
    cr_expect_eq(exporter_link_take(&bond, &no_such_file), STATUS_AGAIN);
    cr_expect_str_eq(bond.trouble, "/nothing: No such file or directory");
    uint64_t next_us = (1000 + EXPORTER_LINK_RETRY_MS) * MS;
    cr_expect_eq(exporter_link_next_us(&bond), next_us);
    cr_expect_eq(exporter_link_turn(&bond, next_us - 1), STATUS_OK);
    cr_expect_eq(asked(), 0);
    cr_expect_eq(exporter_link_turn(&bond, next_us), STATUS_OK);
    cr_expect_eq(asked(), 1);
}

Test(exporter_link, says_that_nobody_connects)
{
    begin();
    close(pair[1]);
    cr_expect_eq(exporter_link_turn(&bond, 1000 * MS), STATUS_CLOSED);
}

Test(exporter_link, keeps_its_trouble_until_it_works)
{
    begin();
    exporter_link_note(&bond, "it is gone");
    cr_expect_str_eq(bond.trouble, "it is gone");
    exporter_link_works(&bond);
    cr_expect_str_eq(bond.trouble, "");
    bond.client.fd = pair[0];
    exporter_link_lost(&bond, "it is gone");
    cr_expect_eq(bond.client.fd, -1);
    cr_expect_eq(exporter_link_next_us(&bond), 0, "at once");
}

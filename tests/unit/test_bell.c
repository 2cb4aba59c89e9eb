/* test_bell.c - tests of bell
 * SPDX-License-Identifier: ISC
 */
#include "os/bell.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

static bool
is_readable(int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLIN};
    return poll(&look, 1, 0) == 1;
}

Test(bell, a_ring_wakes_and_many_are_one)
{
    int bell;
    uint64_t rung = 0;
    cr_assert_eq(bell_open(&bell), STATUS_OK);
    cr_assert_not(is_readable(bell));
    bell_ring(bell);
    bell_ring(bell);
    bell_ring(bell);
    cr_assert(is_readable(bell));
    cr_assert_eq(read(bell, &rung, sizeof rung), (ssize_t)sizeof rung);
    cr_assert_eq(rung, 3);
    cr_assert_not(is_readable(bell));
}

Test(bell, neither_a_full_nor_a_silent_one_blocks)
{
    int bell;
    uint64_t most = UINT64_MAX - 1, rung;
    cr_assert_eq(bell_open(&bell), STATUS_OK);
    cr_assert_eq(read(bell, &rung, sizeof rung), -1);
    cr_assert_eq(errno, EAGAIN);
    cr_assert_eq(write(bell, &most, sizeof most), (ssize_t)sizeof most);
    bell_ring(bell); /* a peer had filled its counter */
    cr_assert(is_readable(bell));
}

Test(bell, is_not_inherited)
{
    int bell;
    cr_assert_eq(bell_open(&bell), STATUS_OK);
    cr_assert_eq(fcntl(bell, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

/* test_spaces.c - tests of spaces
 * SPDX-License-Identifier: ISC
 */
#include "os/spaces.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#define DESCRIPTORS_LOOKED_AT 256

static unsigned
count_open(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < DESCRIPTORS_LOOKED_AT; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Room for two above SPACES_FD_LEAST, and four are wanted. Where no namespace can be made, nothing comes to be kept. */
Test(spaces, what_cannot_all_be_kept_is_closed)
{
    struct spaces spaces;
    struct rlimit before, low;
    unsigned open_before = count_open();
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = (struct rlimit){.rlim_cur = SPACES_FD_LEAST + 2, .rlim_max = before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    spaces_open(NULL, false, &spaces);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    cr_expect_eq(spaces.made, 0);
    cr_expect_neq(spaces.errors[SPACES_USER], 0);
    cr_expect_eq(count_open(), open_before);
}

/* test_ctl_file.c - a file that is named is read, and anything else is told as what it is
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char to[16];
static size_t size;
static const char *why;

Test(ctl_file, a_regular_file_is_read_whole)
{
    char path[] = "/tmp/test_ctl_file.XXXXXX";
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, "fifteen octets.", 15), 15);
    cr_expect_eq(ctl_file_read(path, to, sizeof to, &size, &why), STATUS_OK);
    cr_expect_eq(size, 15);
    cr_expect_eq(memcmp(to, "fifteen octets.", 15), 0);
    cr_assert_eq(write(fd, ".", 1), 1);
    cr_expect_eq(ctl_file_read(path, to, sizeof to, &size, &why), STATUS_INVALID);
    cr_expect_str_eq(why, "it is too large");
    close(fd);
    unlink(path);
}

Test(ctl_file, a_pipe_without_a_writer_is_not_waited_for, .timeout = 20)
{
    char place[] = "/tmp/test_ctl_file.XXXXXX", path[64];
    cr_assert_not_null(mkdtemp(place));
    (void)snprintf(path, sizeof path, "%s/pipe", place);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(ctl_file_read(path, to, sizeof to, &size, &why), STATUS_INVALID);
    cr_expect_str_eq(why, "it is a pipe, not a file");
    unlink(path);
    cr_expect_eq(ctl_file_read(place, to, sizeof to, &size, &why), STATUS_INVALID);
    cr_expect_str_eq(why, "it is a directory");
    rmdir(place);
    cr_expect_eq(ctl_file_read(place, to, sizeof to, &size, &why), STATUS_INVALID);
    cr_expect_str_eq(why, "No such file or directory");
    cr_expect_eq(ctl_file_read("/dev/zero", to, sizeof to, &size, &why), STATUS_INVALID);
    cr_expect_str_eq(why, "it is a device, not a file");
}

/* test_attest_descriptors.c - tests of attest_descriptors
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_descriptors.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How many of this kind we have with `fd` as descriptor `number`, which is put back then. */
static json_int_t
count_with(int fd, int number, const char *kind)
{
    struct attest_proc self;
    struct attest_value value = attest_value_begin();
    int before = fcntl(number, F_DUPFD_CLOEXEC, 100);
    cr_assert_eq(attest_proc_open(&self, getpid()), STATUS_OK);
    cr_assert(before >= 0 && fd >= 0);
    cr_assert_eq(dup2(fd, number), number);
    close(fd);
    attest_descriptors_put(&self, &value);
    cr_assert_eq(dup2(before, number), number);
    close(before);
    attest_proc_close(&self);
    json_t *facts = attest_value_end(&value);
    json_int_t count =
        json_integer_value(json_object_get(json_object_get(facts, "descriptors"), kind));
    json_decref(facts);
    return count;
}

/* A container may forbid it. */
static bool
may_borrow(void)
{
    int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    int fd = (int)syscall(SYS_pidfd_getfd, pidfd, 0, 0);
    close(fd);
    close(pidfd);
    return fd >= 0;
}

static int
listening(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(fd, 1), 0);
    return fd;
}

Test(attest_descriptors, a_socket_in_the_place_of_a_standard_descriptor_is_named)
{
    if (!may_borrow())
        return;
    cr_expect_eq(count_with(listening(), 0, "tcp listening as descriptor 0"), 1);
    cr_expect_eq(count_with(listening(), 1, "tcp listening as descriptor 1"), 1);
    cr_expect_eq(count_with(socket(AF_INET, SOCK_STREAM, 0), 2, "tcp connected as descriptor 2"),
                 1);
    cr_expect_eq(attest_descriptors_most(ATTEST_SUPERVISOR, "tcp listening as descriptor 1", 1), 0);
    int before = (int)count_with(open("/dev/null", O_WRONLY), 1, "output");
    cr_expect_eq(count_with(socket(AF_UNIX, SOCK_STREAM, 0), 1, "output"), before + 1);
    cr_expect_eq(count_with(socket(AF_UNIX, SOCK_STREAM, 0), 0, "local stream as descriptor 0"), 1);
}

Test(attest_descriptors, output_is_what_can_be_written_to_alone)
{
    int pair[2];
    json_int_t files = count_with(open("/dev/null", O_WRONLY), 1, "file");
    json_int_t outputs = count_with(open("/dev/null", O_WRONLY), 1, "output");
    cr_expect_eq(count_with(open("/proc/self/exe", O_RDONLY), 1, "file"), files + 1);
    json_int_t folders = count_with(open("/dev/null", O_WRONLY), 1, "folder");
    cr_expect_eq(count_with(open("/", O_RDONLY), 1, "folder"), folders + 1);
    cr_expect_eq(count_with(memfd_create("test", 0), 1, "memory"), 1);
    cr_assert_eq(pipe(pair), 0);
    close(pair[0]);
    cr_expect_eq(count_with(pair[1], 1, "output"), outputs + 1);
    char path[] = "/tmp/test_attest_descriptors-XXXXXX";
    int fd = mkstemp(path);
    cr_expect_eq(count_with(open(path, O_WRONLY | O_APPEND), 1, "output"), outputs + 1);
    close(fd);
    unlink(path);
}

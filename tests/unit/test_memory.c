/* test_memory.c - tests of memory
 * SPDX-License-Identifier: ISC
 */
#include "os/memory.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

Test(memory, what_is_shared_read_only_can_be_read_and_never_written)
{
    int fd;
    void *at;
    size_t size;
    cr_assert_eq(memory_share("test", "0123456789", 10, true, &fd), STATUS_OK);
    cr_assert_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    cr_assert_lt(pwrite(fd, "x", 1, 0), 0);
    cr_assert_eq(mmap(NULL, 10, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    cr_assert_eq(memory_map(fd, 10, true, &at, &size), STATUS_OK);
    cr_assert_eq(size, 10);
    cr_assert_arr_eq(at, "0123456789", 10);
    memory_unmap(at, size);
}

Test(memory, both_maps_of_a_writable_one_are_the_same_zeros)
{
    int fd;
    void *a, *b;
    size_t size;
    cr_assert_eq(memory_share("test", NULL, 8192, false, &fd), STATUS_OK);
    cr_assert_eq(memory_map(fd, 8192, false, &a, &size), STATUS_OK);
    cr_assert_eq(memory_map(fd, 1, false, &b, &size), STATUS_OK);
    for (size_t i = 0; i < 8192; i++)
        cr_assert_eq(((uint8_t *)a)[i], 0);
    memset(a, 7, 8192);
    cr_assert_arr_eq(a, b, 8192);
}

Test(memory, no_holder_can_resize_it_or_take_a_seal_off)
{
    int fd;
    cr_assert_eq(memory_share("test", NULL, 8192, false, &fd), STATUS_OK);
    cr_assert_lt(ftruncate(fd, 0), 0);
    cr_assert_lt(ftruncate(fd, 8193), 0);
    cr_assert_lt(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
}

Test(memory, who_has_it_mapped_goes_on_writing_and_nobody_else_begins)
{
    int fd;
    void *at;
    cr_assert_eq(memory_make("test", 4096, &fd, &at), STATUS_OK);
    cr_assert_eq(memory_fix_size(fd), STATUS_OK);
    cr_assert_lt(ftruncate(fd, 8192), 0);
    cr_assert_eq(pwrite(fd, "a", 1, 0), 1);
    cr_assert_eq(memory_fix_writers(fd), STATUS_OK);
    *(char *)at = 'b';
    cr_assert_lt(pwrite(fd, "c", 1, 0), 0);
    cr_assert_eq(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    cr_assert_eq(*map, 'b');
    cr_assert_lt(mprotect(map, 4096, PROT_READ | PROT_WRITE), 0);
    cr_assert_neq(memory_fix_writers(fd), STATUS_OK);
}

Test(memory, what_could_shrink_or_change_is_not_mapped)
{
    void *at;
    size_t size;
    int pipes[2], fd = memfd_create("test", MFD_ALLOW_SEALING);
    cr_assert_eq(ftruncate(fd, 4096), 0);
    cr_assert_eq(memory_map(fd, 1, false, &at, &size), STATUS_INVALID);
    cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    cr_assert_eq(memory_map(fd, 1, true, &at, &size), STATUS_INVALID);
    cr_assert_null(at);
    cr_assert_eq(memory_map(fd, 1, false, &at, &size), STATUS_OK);
    cr_assert_eq(memory_map(fd, 4097, false, &at, &size), STATUS_INVALID);
    cr_assert_eq(pipe(pipes), 0);
    cr_assert_eq(memory_map(pipes[0], 1, false, &at, &size), STATUS_INVALID);
    cr_assert_eq(memory_map(-1, 1, false, &at, &size), STATUS_INVALID);
}

Test(memory, an_empty_one_is_not_mapped)
{
    int fd;
    void *at;
    size_t size;
    cr_assert_eq(memory_share("test", NULL, 0, false, &fd), STATUS_OK);
    cr_assert_eq(memory_map(fd, 0, false, &at, &size), STATUS_INVALID);
}

/* Ends by the signal that writing there brings, 0 if none does. */
static int
signal_of_write(volatile char *at)
{
    int ended;
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        *at = 1;
        _exit(0);
    }
    cr_assert_eq(waitpid(pid, &ended, 0), pid);
    return WIFSIGNALED(ended) ? WTERMSIG(ended) : 0;
}

Test(memory, a_reserved_table_is_zero_and_stands_between_guards)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *at = memory_reserve(3 * page - 5);
    cr_assert_not_null(at);
    for (size_t i = 0; i < 3 * page - 5; i++)
        cr_assert_eq(at[i], 0);
    cr_assert_eq(signal_of_write(at), 0);
    cr_assert_eq(signal_of_write(at + 3 * page - 6), 0);
    cr_assert_eq(signal_of_write(at - 1), SIGSEGV);
    cr_assert_eq(signal_of_write(at + 3 * page), SIGSEGV);
}

Test(memory, nothing_and_too_much_are_not_reserved)
{
    cr_assert_null(memory_reserve(0));
    cr_assert_null(memory_reserve(SIZE_MAX));
    cr_assert_null(memory_reserve(SIZE_MAX / 2));
}

/* locked.c - see locked.h
 * SPDX-License-Identifier: ISC
 */
#include "os/locked.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ON_FAULT    1           /* MLOCK_ONFAULT, which musl has no name for */
#define BLOCK_BYTES (64U << 10) /* less than what the C library would map on its own */
#define BLOCKS_MAX  8
#define HEAP_MOST                                                                                  \
    (1UL << 30)         /* octets: what lies further from the end of the heap is no part of it */
#define HEAP_PAGES 1024 /* that may lie before the first block of ours */

/* the linker's: the variables of this program; musl has no name for where those with a value begin */
extern char __data_start[] __attribute__((weak)), __bss_start[], _end[];

static uintptr_t
page_size(void)
{
    return (uintptr_t)sysconf(_SC_PAGESIZE);
}

enum status
locked_part(const void *at, size_t size)
{
    uintptr_t page = page_size(), start = (uintptr_t)at / page * page;
    uintptr_t end = ((uintptr_t)at + size + page - 1) / page * page;
    return syscall(SYS_mlock2, start, end - start, ON_FAULT) == 0 ? STATUS_OK : STATUS_SYSTEM;
}

/* Blocks are taken until the heap had to grow, which it then does by as much as is wanted. */
static void
grow_heap(size_t grow)
{
#ifdef __GLIBC__
    void *blocks[BLOCKS_MAX];
    unsigned count = 0;
    const char *before = sbrk(0);
    (void)mallopt(M_TRIM_THRESHOLD, INT32_MAX); /* what is locked is not given back */
    (void)mallopt(M_TOP_PAD, (int)(grow < INT32_MAX ? grow : INT32_MAX));
    while (count < BLOCKS_MAX && sbrk(0) == before)
        blocks[count++] = malloc(BLOCK_BYTES);
    while (count > 0)
        free(blocks[--count]);
    (void)mallopt(M_TOP_PAD, BLOCK_BYTES);
#else
    (void)grow;
#endif
}

/* @return the first page of the heap; 0: `block` does not lie in what sbrk(2) gives */
static uintptr_t
heap_start(const char *block)
{
    uintptr_t page = page_size(), at = (uintptr_t)block / page * page;
    uintptr_t end = (uintptr_t)sbrk(0);
    if (at >= end || end - at > HEAP_MOST)
        return 0;
    /* what lies before it is found by locking it: before the heap there is nothing to lock */
    for (unsigned i = 0; i < HEAP_PAGES && syscall(SYS_mlock2, at - page, page, ON_FAULT) == 0; i++)
        at -= page;
    return at;
}

enum status
locked_data(size_t grow)
{
    const char *data = __data_start != NULL ? __data_start : __bss_start;
    enum status status = locked_part(data, (size_t)(_end - data));
    char *block = malloc(1);
    grow_heap(grow);
    uintptr_t start = status == STATUS_OK && block != NULL ? heap_start(block) : 0;
    if (start != 0)
        status = locked_part((const void *)start, (uintptr_t)sbrk(0) - start);
    int saved = errno;
    free(block);
    errno = saved;
    return status;
}

const char *
locked_why(int error, char text[LOCKED_TEXT_MAX])
{
    struct rlimit limit = {0};
    if (error != ENOMEM && error != EPERM && error != EAGAIN)
        snprintf(text, LOCKED_TEXT_MAX, "%s", strerror(error));
    else if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0)
        snprintf(text, LOCKED_TEXT_MAX, "the limit of locked memory is %" PRIu64 " KiB",
                 (uint64_t)limit.rlim_cur / 1024);
    return text;
}

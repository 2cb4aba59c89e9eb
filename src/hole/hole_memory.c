/* hole_memory.c - see hole_memory.h
 * SPDX-License-Identifier: ISC
 */
#include "hole/hole_memory.h"

#include "os/sys.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MIB        (1U << 20)
#define MIB_MOST   (1U << 20) /* a bound for a build whose limit does not hold */
#define HANG_MS    1000
#define HEAP_BYTES (64L << 20)

static bool
is_here(const struct hole_page *page, const uint8_t *at)
{
    for (uint32_t i = 0; i < page->needle_size; i++)
        if (at[i] != (uint8_t)(page->needle[i] ^ HOLE_PAGE_COVER))
            return false;
    return true;
}

long
hole_memory_find(struct hole_process *self)
{
    const struct hole_page *page = self->page;
    long found = 0;
    for (uint32_t i = 0; i < page->ranges_count && page->needle_size > 0; i++) {
        const struct hole_range *range = &page->ranges[i];
        for (uint64_t at = range->from; at + page->needle_size <= range->to; at++)
            found += is_here(page, (const uint8_t *)(uintptr_t)at);
    }
    return found;
}

/* They are linked to each other by their first octets, so that all can be given back. */
long
hole_memory_exhaust(struct hole_process *self)
{
    void **last = NULL;
    long count = 0;
    int error = 0;
    (void)self;
    while (count < MIB_MOST) {
        void **piece =
            sys_mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        error = errno;
        if (piece == MAP_FAILED)
            break;
        *piece = last;
        last = piece;
        count++;
    }
    while (last != NULL) {
        void **next = *last;
        sys_munmap(last, MIB);
        last = next;
    }
    errno = error;
    return count < MIB_MOST ? -1 : count;
}

long
hole_memory_heap(struct hole_process *self)
{
    long end = syscall(SYS_brk, 0);
    (void)self;
    for (int i = 0; i < HOLE_PAGE_RANGES; i++) {
        long wanted = end + HEAP_BYTES * (i + 1);
        if (syscall(SYS_brk, wanted) == wanted)
            continue;
        (void)syscall(SYS_brk, end);
        errno = ENOMEM;
        return -1;
    }
    return HOLE_PAGE_RANGES;
}

long
hole_memory_grow(struct hole_process *self)
{
    return syscall(SYS_ftruncate, self->own_fd, (off_t)1 << 30);
}

long
hole_memory_cut(struct hole_process *self)
{
    return syscall(SYS_ftruncate, self->own_fd, 0);
}

long
hole_memory_hang(struct hole_process *self)
{
    struct epoll_event event;
    for (;;) /* it waits rather than spins: what it does not do is the same */
        (void)sys_epoll_wait(self->loop->epoll_fd, &event, 1, HANG_MS);
}

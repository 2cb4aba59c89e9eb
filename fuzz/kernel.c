/* kernel.c - see kernel.h
 * SPDX-License-Identifier: ISC
 */
#include "kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE       4096U
#define ARENA      (256UL << 20) /* of address space */
#define PAGES_KEPT 1024U         /* of it that stay from one process to the next, zeroed */
#define STREAMS    24

struct kernel kernel;
static uint8_t *arena;
static size_t arena_used;
static uint8_t streams[STREAMS][KERNEL_STREAM];

void *
kernel_take_memory(size_t size)
{
    size_t whole = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
    must(arena_used + whole <= ARENA);
    void *at = arena + arena_used;
    arena_used += whole;
    return at;
}

static void
make_arena(void)
{
    arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                 -1, 0);
    must(arena != MAP_FAILED);
    must(madvise(arena, ARENA, MADV_NOHUGEPAGE) ==
         0); /* a process touches a few pages of a table */
}

static long
faults(void)
{
    struct rusage usage;
    must(getrusage(RUSAGE_SELF, &usage) == 0);
    return usage.ru_minflt + usage.ru_majflt;
}

/* @return which of the arena's first `count` pages are there, in order; more than PAGES_KEPT: too many to keep */
static size_t
find_pages(size_t count, uint32_t found[PAGES_KEPT])
{
    static unsigned char is_there[ARENA / PAGE];
    size_t there = 0;
    must(mincore(arena, count * PAGE, is_there) == 0);
    for (uint32_t page = 0; page < count && there <= PAGES_KEPT; page++)
        if ((is_there[page] & 1U) != 0 && there++ < PAGES_KEPT)
            found[there - 1] = page;
    return there;
}

/* What was touched is zero again. To clear a page costs a tenth of a fault on a new one, so those that
 * processes touch stay, and are looked for only after a fault; where they are too many, all are given
 * back. */
static void
clear_arena(void)
{
    static uint32_t kept[PAGES_KEPT];
    static size_t kept_count, seen; /* of the arena's first so many pages */
    static long faults_seen;
    size_t pages = arena_used / PAGE;
    if (pages > seen || faults() != faults_seen) {
        seen = pages > seen ? pages : seen;
        kept_count = find_pages(seen, kept);
    }
    if (kept_count > PAGES_KEPT) {
        must(madvise(arena, seen * PAGE, MADV_DONTNEED) == 0);
        kept_count = seen = 0;
    }
    for (size_t i = 0; i < kept_count && kept[i] < pages; i++)
        memset(arena + (size_t)kept[i] * PAGE, 0, PAGE);
    faults_seen = faults();
}

void
kernel_begin(uint64_t now_us)
{
    if (arena == NULL)
        make_arena();
    if (arena_used > 0)
        clear_arena();
    arena_used = 0;
    memset(&kernel, 0, sizeof kernel);
    kernel.now_us = now_us;
    kernel.random = 1;
}

int
kernel_make(enum kernel_kind kind)
{
    for (int fd = KERNEL_FD_MIN; fd < KERNEL_FDS; fd++)
        if (kernel.fds[fd].kind == KERNEL_FREE) {
            kernel.fds[fd] = (struct kernel_fd){.kind = kind, .window = SIZE_MAX};
            kernel.fds_end = fd < kernel.fds_end ? kernel.fds_end : fd + 1;
            return fd;
        }
    errno = EMFILE;
    return -1;
}

int
kernel_make_memory(void *memory, size_t size)
{
    int fd = kernel_make(KERNEL_MEMORY);
    kernel_at(fd)->memory = memory;
    kernel_at(fd)->size = size;
    return fd;
}

uint8_t *
kernel_make_ring(size_t size, int fds[3])
{
    uint8_t *memory = kernel_take_memory(size);
    fds[0] = kernel_make_memory(memory, size);
    fds[1] = kernel_make(KERNEL_BELL);
    fds[2] = kernel_make(KERNEL_BELL);
    return memory;
}

static bool
is_taken(const uint8_t *memory)
{
    for (int fd = KERNEL_FD_MIN; fd < kernel.fds_end; fd++)
        if (kernel.fds[fd].kind == KERNEL_STREAMS && kernel.fds[fd].in == memory)
            return true;
    return false;
}

int
kernel_stream(unsigned tag)
{
    unsigned slot = 0;
    while (slot < STREAMS && is_taken(streams[slot]))
        slot++;
    int fd = slot < STREAMS ? kernel_make(KERNEL_STREAMS) : -1;
    if (fd >= 0) {
        kernel.fds[fd].in = streams[slot];
        kernel.fds[fd].tag = tag;
    }
    return fd;
}

struct kernel_fd *
kernel_at(int fd)
{
    must(fd >= KERNEL_FD_MIN && fd < KERNEL_FDS && kernel.fds[fd].kind != KERNEL_FREE);
    return &kernel.fds[fd];
}

size_t
kernel_feed(int fd, const uint8_t *octets, size_t size)
{
    struct kernel_fd *stream = kernel_at(fd);
    if (stream->in_head > 0) {
        memmove(stream->in, stream->in + stream->in_head, stream->in_tail - stream->in_head);
        stream->in_tail -= stream->in_head;
        stream->in_head = 0;
    }
    size_t room = KERNEL_STREAM - stream->in_tail;
    size = size < room ? size : room;
    if (size > 0)
        memcpy(stream->in + stream->in_tail, octets, size);
    stream->in_tail += size;
    return size;
}

bool
kernel_put_datagram(int fd, const struct addr *from, const struct addr *to, const uint8_t *octets,
                    size_t size)
{
    if (kernel.datagrams_at == kernel.datagrams_count)
        kernel.datagrams_at = kernel.datagrams_count = 0;
    if (kernel.datagrams_count == KERNEL_DATAGRAMS)
        return false;
    kernel.datagrams[kernel.datagrams_count++] =
        (struct kernel_datagram){fd, *from, *to, octets, size};
    return true;
}

bool
kernel_put_arrival(int listener, const struct addr *from, int fd)
{
    if (kernel.arrivals_at == kernel.arrivals_count)
        kernel.arrivals_at = kernel.arrivals_count = 0;
    if (kernel.arrivals_count == KERNEL_ARRIVALS)
        return false;
    kernel.arrivals[kernel.arrivals_count++] = (struct kernel_arrival){*from, listener, fd};
    return true;
}

bool
kernel_say(const struct ipc_message *message, const int *fds, size_t fds_count)
{
    if (kernel.messages_at == kernel.messages_count)
        kernel.messages_at = kernel.messages_count = 0;
    if (kernel.messages_count == KERNEL_MESSAGES)
        return false;
    struct kernel_message *said = &kernel.messages[kernel.messages_count++];
    said->size = ipc_encode(message, said->octets);
    said->fds_count = fds_count;
    if (fds_count > 0)
        memcpy(said->fds, fds, fds_count * sizeof *fds);
    return true;
}

unsigned
kernel_count(enum kernel_kind kind)
{
    unsigned count = 0;
    for (int fd = KERNEL_FD_MIN; fd < kernel.fds_end; fd++)
        count += kernel.fds[fd].kind == kind;
    return count;
}

struct kernel_arrival *
kernel_next_arrival(int listener)
{
    for (unsigned i = kernel.arrivals_at; i < kernel.arrivals_count; i++)
        if (kernel.arrivals[i].listener == listener)
            return &kernel.arrivals[i];
    return NULL;
}

struct kernel_datagram *
kernel_next_datagram(int fd)
{
    for (unsigned i = kernel.datagrams_at; i < kernel.datagrams_count; i++)
        if (kernel.datagrams[i].fd == fd)
            return &kernel.datagrams[i];
    return NULL;
}

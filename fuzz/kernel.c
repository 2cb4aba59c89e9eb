/* kernel.c - see kernel.h
 * SPDX-License-Identifier: ISC
 */
#include "kernel.h"

#include "os/os.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE            4096U
#define ARENA           (256UL << 20) /* of address space */
#define PAGES_KEPT      1024U         /* of it that stay from one process to the next, zeroed */
#define PAGES_LOOKED_AT 256U          /* once in so many processes, for those that need not stay */
#define STREAMS         24

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

/* Pages of the arena that are there, in order. */
static struct {
    uint32_t at[PAGES_KEPT];
    size_t count;
    size_t seen; /* known is what is there of the first so many */
    long faults; /* so far, when that was known */
    unsigned processes;
} kept;

/* Look at the first `pages`; what is there of those behind stays. @return false: there are too many */
static bool
find_pages(size_t pages)
{
    static unsigned char is_there[ARENA / PAGE];
    static uint32_t behind[PAGES_KEPT];
    size_t behind_count = 0, count = 0;
    must(mincore(arena, pages * PAGE, is_there) == 0);
    for (size_t i = 0; i < kept.count; i++)
        if (kept.at[i] >= pages)
            behind[behind_count++] = kept.at[i];
    for (uint32_t page = 0; page < pages && count + behind_count <= PAGES_KEPT; page++)
        if ((is_there[page] & 1U) != 0 && count++ < PAGES_KEPT)
            kept.at[count - 1] = page;
    if (count + behind_count > PAGES_KEPT)
        return false;
    memcpy(kept.at + count, behind, behind_count * sizeof *behind);
    kept.count = count + behind_count;
    kept.seen = pages > kept.seen ? pages : kept.seen;
    return true;
}

static bool
is_zero(const uint8_t *page)
{
    uint64_t word, all = 0;
    for (size_t at = 0; at < PAGE; at += sizeof word) {
        memcpy(&word, page + at, sizeof word);
        all |= word;
    }
    return all == 0;
}

static void
give_back(size_t page, size_t count)
{
    must(madvise(arena + page * PAGE, count * PAGE, MADV_DONTNEED) == 0);
}

/* What was touched is zero again. To clear a page costs a tenth of a fault on a new one, so those that
 * processes touch stay, and are looked for only after a fault. Given back is, now and then, what
 * the last process did not touch, and all where they are too many. */
static void
clear_arena(void)
{
    size_t pages = arena_used / PAGE, left = 0;
    bool is_time = ++kept.processes % PAGES_LOOKED_AT == 0;
    if ((pages > kept.seen || faults() != kept.faults) && !find_pages(pages)) {
        give_back(0, pages > kept.seen ? pages : kept.seen);
        kept.count = kept.seen = 0;
    }
    for (size_t i = 0; i < kept.count; i++) {
        uint8_t *at = arena + (size_t)kept.at[i] * PAGE;
        if (is_time && is_zero(at)) {
            give_back(kept.at[i], 1);
            continue;
        }
        if (kept.at[i] < pages) /* beyond: not this process's */
            memset(at, 0, PAGE);
        kept.at[left++] = kept.at[i];
    }
    kept.count = left;
    kept.faults = faults();
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
    memset(os_used, 0, offsetof(struct os, log.relays)); /* what it relays is a supervisor's */
    memset(&os_used->log.most, 0, sizeof *os_used - offsetof(struct os, log.most));
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

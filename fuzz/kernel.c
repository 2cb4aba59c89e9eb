/* kernel.c - see kernel.h
 * SPDX-License-Identifier: ISC
 */
#include "kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA   (256UL << 20) /* of address space; what was touched is given back each time */
#define STREAMS 24

struct kernel kernel;
static uint8_t *arena;
static size_t arena_used;
static uint8_t streams[STREAMS][KERNEL_STREAM];

void *
kernel_take_memory(size_t size)
{
    size_t whole = (size + 4095) & ~(size_t)4095;
    must(arena_used + whole <= ARENA);
    void *at = arena + arena_used;
    arena_used += whole;
    return at;
}

void
kernel_begin(uint64_t now_us)
{
    if (arena == NULL) {
        arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        must(arena != MAP_FAILED);
    }
    if (arena_used > 0)
        must(madvise(arena, arena_used, MADV_DONTNEED) == 0);
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
    for (int fd = KERNEL_FD_MIN; fd < KERNEL_FDS; fd++)
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
    for (int fd = KERNEL_FD_MIN; fd < KERNEL_FDS; fd++)
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

/* kernel.h - a kernel for one process, in memory: descriptors, streams, datagrams, time
 * SPDX-License-Identifier: ISC
 *
 * What: os/sys.h without system calls, so that a target runs a whole front or worker some thousand
 *       times a second, each time from the same state. What the process sends goes to two functions
 *       of the target; what it is to receive is put here before its turn.
 * Who:  fuzz_front.c, fuzz_relay.c.
 */
#pragma once

#include "base/addr.h"
#include "ipc/ipc.h"

#include "fuzz.h"

#define KERNEL_FD_MIN    3
#define KERNEL_FDS       64
#define KERNEL_DATAGRAMS 64
#define KERNEL_ARRIVALS  16
#define KERNEL_MESSAGES  16
#define KERNEL_STREAM    (70U << 10) /* octets that wait in a stream */

enum kernel_kind {
    KERNEL_FREE,
    KERNEL_EPOLL,
    KERNEL_UDP,
    KERNEL_LISTENER,
    KERNEL_STREAMS,
    KERNEL_BELL,
    KERNEL_MEMORY,
    KERNEL_CHANNEL
};

struct kernel_fd {
    enum kernel_kind kind;
    bool is_watched, is_rung; /* by epoll; a bell since it was reported */
    uint32_t events;
    void *source;
    void *memory; /* of a memfd */
    size_t size;
    struct addr local; /* a socket's own; a datagram for a wildcard tells which was asked */
    /* a stream: what waits for the process, and how much of what it sends is taken */
    uint8_t *in;
    size_t in_head, in_tail, window;
    bool has_ended, is_reset;
    unsigned tag; /* the target's */
};

struct kernel_datagram {
    int fd;
    struct addr from, to;
    const uint8_t *octets; /* borrowed until it was received */
    size_t size;
};

struct kernel_message { /* from the supervisor */
    uint8_t octets[IPC_MESSAGE_MAX];
    size_t size;
    int fds[IPC_FDS_MAX];
    size_t fds_count;
};

struct kernel {
    uint64_t now_us;
    struct kernel_fd fds[KERNEL_FDS];
    int fds_end; /* above all that were ever open */
    struct kernel_datagram datagrams[KERNEL_DATAGRAMS];
    unsigned datagrams_at, datagrams_count;
    struct kernel_arrival {
        struct addr from;
        int listener, fd;
    } arrivals[KERNEL_ARRIVALS];
    unsigned arrivals_at, arrivals_count;
    struct kernel_message messages[KERNEL_MESSAGES];
    unsigned messages_at, messages_count;
    bool is_channel_full; /* for what a process can say again */
    int trouble;          /* errno of the next call that sends, receives or accepts; 0: none */
    unsigned written;     /* to bells of peers */
    uint64_t random;
};

extern struct kernel kernel;

/** All closed, all memory zero. Pages that were touched stay where they are, so that the next process has
 * them without a fault. */
void kernel_begin(uint64_t now_us);

/** A descriptor of a kind. */
int kernel_make(enum kernel_kind kind);

/** A memfd that cannot change any more, over the target's memory. */
int kernel_make_memory(void *memory, size_t size);

/** What the supervisor gives with a ring: its memory and two bells. @return the memory, zeroed */
uint8_t *kernel_make_ring(size_t size, int fds[3]);

/** A stream whose other end is the target's, or -1: no descriptor. */
int kernel_stream(unsigned tag);

/** Octets for the process. @return how many fit */
size_t kernel_feed(int fd, const uint8_t *octets, size_t size);

/** A datagram for a socket, or a connection for a listener. @return false: too many wait */
bool kernel_put_datagram(int fd, const struct addr *from, const struct addr *to,
                         const uint8_t *octets, size_t size);
bool kernel_put_arrival(int listener, const struct addr *from, int fd);

/** The supervisor says something. @param fds  given away. @return false: too much waits already */
bool kernel_say(const struct ipc_message *message, const int *fds, size_t fds_count);

/** Descriptors of a kind that are open. */
unsigned kernel_count(enum kernel_kind kind);

/** For the calls: what waits next for a listener, or a socket; NULL: nothing. What waits for others
 * stays in its order. */
struct kernel_arrival *kernel_next_arrival(int listener);
struct kernel_datagram *kernel_next_datagram(int fd);

/** For the calls: an open descriptor, and zeroed memory. */
struct kernel_fd *kernel_at(int fd);
void *kernel_take_memory(size_t size);

/** The target's: what the process sent, to a client, an upstream, or the supervisor. A stream's octets
 * were taken already. @param from  which address the process asked for; ADDR_NONE: none */
void kernel_heard_datagram(const struct addr *to, const struct addr *from, const uint8_t *octets,
                           size_t size);
void kernel_heard(int fd, const uint8_t *octets, size_t size);
void kernel_heard_message(const struct ipc_message *message);

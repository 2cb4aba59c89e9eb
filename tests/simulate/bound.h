/* bound.h - sockets that wait at an address, and which of them gets a packet
 * SPDX-License-Identifier: ISC
 *
 * What: an address may have several sockets (SO_REUSEPORT); then the program that was attached to
 *       one of them chooses, as it would in the kernel, by the packet. A filter may refuse it.
 * Who:  dgram.c, stream.c.
 * Ref:  socket(7); tests/fixtures/bpf_interpreter.h.
 */
#pragma once

#include "base/addr.h"
#include "object.h"

#include <linux/filter.h>
#include <sys/socket.h>

struct bound_program {
    struct sock_filter *code; /* NULL: none */
    size_t size;
};

struct bound { /* part of a socket */
    struct object *object;
    int type; /* SOCK_DGRAM, SOCK_STREAM */
    int family;
    struct addr addr;
    bool is_listed, is_shared, is_locked, is_free, wants_info;
    struct bound_program filter, steering;
    struct bound *behind;
};

void bound_begin(void);

/** How a new socket begins. */
void bound_init(struct bound *bound, struct object *object, int family, int type);

/** bind(2). @return 0; an errno */
int bound_bind(struct bound *bound, const struct sockaddr *address, socklen_t size);

/** It waits for packets from now on, behind those that wait at the same address. */
void bound_list(struct bound *bound);

/** The socket is closed. */
void bound_leave(struct bound *bound);

/** setsockopt(2) and getsockopt(2), where they concern all sockets. @return false: not one of these */
bool bound_set(struct bound *bound, int level, int option, const void *value, socklen_t size,
               int *error);
bool bound_get(const struct bound *bound, int level, int option, int *value);

/** bind() to it fails with `error` from now on; 0: it succeeds again. */
void bound_refuse(const struct addr *addr, int error);

/**
 * Who gets a packet?
 *
 * @param payload  behind the UDP or TCP header
 * @return NULL: nobody waits there, or the filter refuses it
 */
struct bound *bound_choose(int type, const struct addr *from, const struct addr *to,
                           const void *payload, size_t size);

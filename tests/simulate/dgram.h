/* dgram.h - UDP sockets and the network around them
 * SPDX-License-Identifier: ISC
 *
 * What: a queue as long as a receive buffer, in both families, with the control data of wildcard
 *       sockets. What is sent is the world's at once.
 * Who:  sys_virtual.c; clients of a world send and receive.
 * Ref:  udp(7), ip(7), ipv6(7).
 */
#pragma once

#include "bound.h"

/** A datagram arrives now. @return false: nobody waits there, the filter refused it, or no room */
bool dgram_arrive(const struct addr *from, const struct addr *to, const void *octets, size_t size);

/** What a process sends. */
extern void (*dgram_on_send)(const struct addr *from, const struct addr *to, const uint8_t *octets,
                             size_t size);

/** What a process has taken out of its socket, in this order. */
extern void (*dgram_on_take)(const struct addr *from, const uint8_t *octets, size_t size);

/** The next so many calls of sendmmsg fail with `error` (EAGAIN, ENOBUFS, EPERM …). */
void dgram_fail_sending(unsigned calls, int error);

void dgram_begin(void);

/* Results and errno are the system calls'. */
int dgram_make(int family);
bool dgram_is(const struct object *object);
struct bound *dgram_bound(struct object *object);
int dgram_receive(struct object *object, struct mmsghdr *messages, unsigned count);
int dgram_send(struct object *object, struct mmsghdr *messages, unsigned count);
int dgram_drops(const struct object *object);

/* sock.h - sockets as this program uses them
 * SPDX-License-Identifier: ISC
 *
 * What: every option that is set on a socket, with its reason.
 * Who:  front (listening), supervisor (listening for a front, connecting for a worker), worker.
 * Ref:  socket(7), ip(7), ipv6(7), tcp(7), udp(7).
 */
#pragma once

#include "base/addr.h"
#include "base/status.h"

#include <sys/socket.h>

enum sock_sharing {
    SOCK_ALONE,  /* nobody else binds the address */
    SOCK_FIRST,  /* nobody has it yet; from then on sockets of the same account may, that want it */
    SOCK_SHARED, /* one more of those (SO_REUSEPORT) */
};

/**
 * Bind one listening socket: non-blocking, close-on-exec, SO_REUSEADDR on TCP, SO_REUSEPORT
 * as `sharing` has it, IPV6_V6ONLY on IPv6, IP_PKTINFO / IPV6_RECVPKTINFO on UDP at a wildcard,
 * path-MTU discovery off with no fragmentation of what we send (IP_PMTUDISC_OMIT), receive buffer
 * asked for; TCP listens with TCP_DEFER_ACCEPT off and TCP_NODELAY. An address that no interface
 * has is bound all the same (IP_FREEBIND, IPV6_FREEBIND): it may come later.
 *
 * @param is_absent  written: no interface has the address now, or it is not yet confirmed (IPv6)
 * @return STATUS_OK; STATUS_SYSTEM (errno).
 */
MUST_CHECK enum status sock_listen(const struct addr *addr, int type, enum sock_sharing sharing,
                                   int *fd, bool *is_absent);

/** Can a socket of IPv6 be had at all? */
bool sock_has_ipv6(void);

/** Is it the address that stands for all of its family? */
bool sock_is_wildcard(const struct addr *addr);

/**
 * Set the same options on a socket that somebody else bound (systemd).
 * @return STATUS_OK; STATUS_SYSTEM; STATUS_INVALID: another type, or an IPv6 socket that takes
 *         IPv4 too (systemd: BindIPv6Only=ipv6-only).
 */
MUST_CHECK enum status sock_adopt(int fd, int type);

/** The address a socket is bound to, and its type. @return STATUS_OK; STATUS_SYSTEM;
 * STATUS_INVALID. */
MUST_CHECK enum status sock_bound(int fd, struct addr *addr, int *type);

/** Does it take connections, as listen(2) has it do until shutdown(2)? */
bool sock_is_listening(int fd);

/* what was sent is acknowledged by then, or the connection ends */
#define SOCK_USER_TIMEOUT_MS 5000

/**
 * Start a TCP connection, non-blocking, from `source` (family ADDR_NONE: the kernel chooses). With TCP Fast Open it may count as connected before the
 * first octet was written: send() then may say EINPROGRESS, and an error comes with a later call.
 * @return STATUS_OK (connecting or connected); STATUS_NONE (the source is none that we can have);
 *         STATUS_SYSTEM. Of both, errno tells why.
 */
MUST_CHECK enum status sock_dial(const struct addr *addr, const struct addr *source, int *fd);

/** Acknowledge what was received now, not with the next segment or 40 ms later: a sender that
 *  collects small segments waits for that. */
void sock_acknowledge(int fd);

struct sock_filter;

/** Have the kernel drop, before it wakes us, what a classic-BPF program refuses. @return STATUS_OK;
 *  STATUS_SYSTEM. */
MUST_CHECK enum status sock_filter_attach(int fd, const struct sock_filter *program, size_t count);

/** Was sock_filter_lock() called on it, by us or an earlier process? */
bool sock_filter_is_locked(int fd);

/** Nobody can change or remove the socket's programs any more. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status sock_filter_lock(int fd);

/** Let a program choose the socket of a SO_REUSEPORT group that gets a datagram or connection.
 *  @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status sock_steering_attach(int fd, const struct sock_filter *program,
                                            size_t count);

/** Packets that the kernel dropped before we could read them: refused by the socket's filter, or no
 *  room in its buffer. Modulo 2^32; 0 if it does not say. */
uint32_t sock_drops(int fd);

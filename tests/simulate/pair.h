/* pair.h - socket pairs with whole messages and descriptors in them, and counters that wake
 * SPDX-License-Identifier: ISC
 *
 * What: SOCK_SEQPACKET pairs (the control channels) and eventfds (the bells).
 * Who:  sys_virtual.c; worlds may lose messages or make a channel full.
 * Ref:  unix(7), cmsg(3), eventfd(2).
 */
#pragma once

#include "object.h"

#include <sys/socket.h>

/* as many small messages as a socket buffer of the kernel's default size takes */
#define PAIR_MESSAGES_MAX 278

/* Results and errno are the system calls'. */
int pair_make(int pair[2]);
ssize_t pair_send(struct object *end, const struct msghdr *message);
ssize_t pair_receive(struct object *end, struct msghdr *message);
bool pair_is_end(const struct object *object);

int pair_counter(unsigned count);
bool pair_is_counter(const struct object *object);
ssize_t pair_counter_write(struct object *counter, const void *from, size_t size);
ssize_t pair_counter_read(struct object *counter, void *to, size_t size);

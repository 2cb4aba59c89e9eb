/* epoll.h - waiting for several objects, or for one
 * SPDX-License-Identifier: ISC
 *
 * What: level and edge triggered watches; what is ready is reported in an order drawn from the seed.
 * Who:  sys_virtual.c; object.c tells what happens.
 * Ref:  epoll(7), poll(2).
 */
#pragma once

#include "object.h"

#include <poll.h>
#include <sys/epoll.h>

/* Results and errno are the system calls'. */
int epoll_make(void);
int epoll_change(int epoll_fd, int operation, int fd, const struct epoll_event *event);
int epoll_sleep(int epoll_fd, struct epoll_event *events, int count, int timeout_ms);
int epoll_poll(struct pollfd *one, int timeout_ms);

/** For object.c: something happened to it, or it is closed. */
void epoll_poke(struct object *object);
void epoll_forget(struct object *object);

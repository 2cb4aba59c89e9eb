/* stream.h - TCP: one end is a process's socket, the other the world's
 * SPDX-License-Identifier: ISC
 *
 * What: connections that open late or not at all, segments that take time and keep their order, a
 *       window, an end in one direction, resets, a path that goes silent. Octets arrive whole or in
 *       pieces, as the world wants. The world's end is a struct stream_far.
 * Who:  sys_virtual.c; upstream servers and TCP clients of a world.
 * Ref:  tcp(7), RFC 9293.
 */
#pragma once

#include "bound.h"

struct stream;

struct stream_net {
    uint32_t delay_us;     /* one way */
    uint32_t jitter_us;    /* and up to so much more, drawn for each segment */
    uint32_t piece_octets; /* a segment holds 1 to so many octets, drawn; 0: all that was sent */
    uint32_t window;       /* octets under way toward the world; 0: 64 KiB */
    uint64_t who;          /* its draws are those of this thing (draw.h) */
};

/* What the world's end is told. Each may be NULL. The stream stays until stream_close(),
 * stream_reset() or `broken`; after these the world does not use it. */
struct stream_far {
    void *owner;
    void (*opened)(void *owner);
    void (*octets)(void *owner, const uint8_t *octets, size_t size);
    void (*arrived)(void *owner, size_t size); /* so many octets more are in the process's socket */
    void (*taken)(void *owner, size_t size);   /* the process has read so many */
    void (*ended)(void *owner);                /* the process sends no more */
    void (*broken)(void *owner);               /* the process's socket is gone */
};

void stream_begin(void);

/* --- the world's end ------------------------------------------------------------------------- */

/**
 * A process connects: the world says what follows.
 * @return 0: it is under way, and stream_accept() or stream_refuse() decides; an errno
 */
extern int (*stream_on_connect)(struct stream *stream, const struct addr *to);

/** The connection that a process asked for opens when the network has brought the word. */
void stream_accept(struct stream *stream, const struct stream_far *far,
                   const struct stream_net *net);
/** Nobody listens there: it fails when the network has brought the word. */
void stream_refuse(struct stream *stream, const struct stream_net *net);

/** Connect to a process. @return NULL: nobody listens there, or its backlog is full */
struct stream *stream_connect(const struct addr *from, const struct addr *to,
                              const struct stream_far *far, const struct stream_net *net);

/** Octets for the process. */
void stream_write(struct stream *stream, const void *octets, size_t size);
/** Nothing follows behind what was written. */
void stream_end(struct stream *stream);
/** The same, and what comes from now on is answered with a reset. */
void stream_close(struct stream *stream);
/** What is under way arrives, then the connection is broken. */
void stream_reset(struct stream *stream);

/** Let octets wait: the process finds the window smaller and smaller. */
void stream_pause(struct stream *stream, bool is_paused);
/** Nothing arrives in either direction while the path is silent; it is sent again when it is not. */
void stream_silence(struct stream *stream, bool is_silent);
/** The world's machine has forgotten the connection: whatever comes is answered with a reset. */
void stream_forget(struct stream *stream);

/** Octets that the process has not read yet. */
size_t stream_unread(const struct stream *stream);

/* --- system calls; results and errno are theirs ---------------------------------------------- */

int stream_make(int family);
bool stream_is(const struct object *object);
struct bound *stream_bound(struct object *object);
int stream_listen(struct object *object, int backlog);
int stream_dial(struct object *object, const struct addr *to);
int stream_take(struct object *object, struct sockaddr *from, socklen_t *size);
ssize_t stream_receive(struct object *object, void *to, size_t size, int flags);
ssize_t stream_send(struct object *object, const void *from, size_t size);
/** SO_ERROR: read and cleared. */
int stream_error(struct object *object);
bool stream_is_listening(const struct object *object);
/** SO_SNDBUF */
void stream_set_window(struct object *object, uint32_t octets);

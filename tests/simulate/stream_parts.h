/* stream_parts.h - what the two sides of a stream share
 * SPDX-License-Identifier: ISC
 *
 * Who:  stream.c (the process's side), stream_net.c (the network and the world's side).
 */
#pragma once

#include "stream.h"

enum stream_state { STREAM_FRESH, STREAM_LISTENING, STREAM_CONNECTING, STREAM_OPEN, STREAM_FAILED };

/* Toward the world, toward the process. */
enum stream_way { STREAM_UP, STREAM_DOWN };

enum stream_kind {
    STREAM_OPENED, /* DOWN: its connect() is done; UP: the process's kernel has accepted */
    STREAM_OCTETS,
    STREAM_END,
    STREAM_RESET,
};

struct stream_segment {
    struct stream *stream;
    struct stream_segment *behind; /* held */
    enum stream_way way;
    enum stream_kind kind;
    size_t size;
    uint8_t octets[];
};

struct stream {
    struct object object;
    struct bound bound;
    enum stream_state state;
    int error; /* to be told once */
    struct addr peer;
    bool is_closed; /* by the process */
    /* listening */
    struct stream **waiting; /* open, not yet accepted; one reference each */
    unsigned waiting_count, backlog;
    /* toward the process */
    uint8_t *in;
    size_t in_at, in_size, in_room;
    bool in_ended;
    /* toward the world: octets sent, and taken there */
    uint64_t sent, taken;
    uint8_t *kept; /* arrived while the world paused */
    size_t kept_size;
    bool kept_end; /* and the end */
    /* the network */
    struct stream_net net;
    uint64_t last_us[2]; /* by way: nothing overtakes */
    uint64_t draws;
    bool is_silent;
    struct stream_segment *held_first, *held_last; /* lost by a silent path, to be sent again */
    /* the world's end */
    struct stream_far far;
    bool has_far, far_closed, far_paused;
};

struct stream *stream_new(int family);

/** A segment begins its way; octets may become several. */
void stream_carry(struct stream *stream, enum stream_way way, enum stream_kind kind,
                  const void *octets, size_t size);

/** The world took octets: there is room for others. */
void stream_make_room(struct stream *stream, size_t octets);

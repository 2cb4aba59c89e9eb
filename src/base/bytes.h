/* bytes.h - the one cursor over foreign bytes
 * SPDX-License-Identifier: ISC
 *
 * What: a reader and a writer over memory the caller owns. The first step past the end is
 *       remembered (`failed`); later reads give zeros and later writes do nothing, so a parser is a
 *       straight line of reads with one check at its end. Numbers are in network byte order.
 * Who:  every parser and encoder. Pure. Pointer arithmetic on messages happens here only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes_reader {
    const uint8_t *data; /* borrowed for the reader's life */
    size_t size;         /* bytes in data */
    size_t pos;          /* next byte to read, <= size */
    bool failed;         /* sticky: something was asked for past the end */
};

struct bytes_writer {
    uint8_t *data; /* borrowed for the writer's life */
    size_t size;   /* room in data, bytes */
    size_t pos;    /* bytes written so far, <= size */
    bool failed;   /* sticky: something did not fit, nothing of it was written */
};

static inline struct bytes_reader
bytes_reader(const void *data, size_t size)
{
    return (struct bytes_reader){.data = data, .size = size};
}

static inline size_t
bytes_left(const struct bytes_reader *r)
{
    return r->failed ? 0 : r->size - r->pos;
}

/** Take `count` bytes: a pointer into the data, or NULL (and failed) if there are fewer. */
static inline const uint8_t *
bytes_get_view(struct bytes_reader *r, size_t count)
{
    if (r->failed || count > r->size - r->pos) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *view = r->data + r->pos;
    r->pos += count;
    return view;
}

static inline void
bytes_skip(struct bytes_reader *r, size_t count)
{
    (void)bytes_get_view(r, count);
}

/** Move to an absolute position (0..size); a position past the end fails the reader. */
static inline void
bytes_seek(struct bytes_reader *r, size_t pos)
{
    if (r->failed || pos > r->size)
        r->failed = true;
    else
        r->pos = pos;
}

static inline uint8_t
bytes_get_u8(struct bytes_reader *r)
{
    const uint8_t *p = bytes_get_view(r, 1);
    return p ? p[0] : 0;
}

static inline uint16_t
bytes_get_u16(struct bytes_reader *r)
{
    const uint8_t *p = bytes_get_view(r, 2);
    return p ? (uint16_t)((unsigned)p[0] << 8 | p[1]) : 0;
}

static inline uint32_t
bytes_get_u32(struct bytes_reader *r)
{
    const uint8_t *p = bytes_get_view(r, 4);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

/** Eight octets as a number, the first the lowest; `p` has as many. */
static inline uint64_t
bytes_le64(const uint8_t p[8])
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++)
        value |= (uint64_t)p[i] << 8 * i;
    return value;
}

static inline uint64_t
bytes_get_u64(struct bytes_reader *r)
{
    uint64_t high = bytes_get_u32(r);
    return high << 32 | bytes_get_u32(r);
}

/** Copy `count` bytes out; `to` is zeroed if there are fewer. */
static inline void
bytes_get_copy(struct bytes_reader *r, void *to, size_t count)
{
    const uint8_t *p = bytes_get_view(r, count);
    if (p != NULL && count > 0)
        memcpy(to, p, count);
    else if (count > 0)
        memset(to, 0, count);
}

static inline struct bytes_writer
bytes_writer(void *data, size_t size)
{
    return (struct bytes_writer){.data = data, .size = size};
}

static inline size_t
bytes_room(const struct bytes_writer *w)
{
    return w->failed ? 0 : w->size - w->pos;
}

/** Reserve `count` bytes: a pointer to fill, or NULL (and failed) if they do not fit. */
static inline uint8_t *
bytes_put_view(struct bytes_writer *w, size_t count)
{
    if (w->failed || count > w->size - w->pos) {
        w->failed = true;
        return NULL;
    }
    uint8_t *view = w->data + w->pos;
    w->pos += count;
    return view;
}

static inline void
bytes_put_u8(struct bytes_writer *w, uint8_t value)
{
    uint8_t *p = bytes_put_view(w, 1);
    if (p != NULL)
        p[0] = value;
}

static inline void
bytes_put_u16(struct bytes_writer *w, uint16_t value)
{
    uint8_t *p = bytes_put_view(w, 2);
    if (p != NULL) {
        p[0] = (uint8_t)(value >> 8);
        p[1] = (uint8_t)value;
    }
}

static inline void
bytes_put_u32(struct bytes_writer *w, uint32_t value)
{
    bytes_put_u16(w, (uint16_t)(value >> 16));
    bytes_put_u16(w, (uint16_t)value);
}

static inline void
bytes_put_u64(struct bytes_writer *w, uint64_t value)
{
    bytes_put_u32(w, (uint32_t)(value >> 32));
    bytes_put_u32(w, (uint32_t)value);
}

static inline void
bytes_put_copy(struct bytes_writer *w, const void *from, size_t count)
{
    uint8_t *p = bytes_put_view(w, count);
    if (p != NULL && count > 0)
        memcpy(p, from, count);
}

static inline void
bytes_put_zeros(struct bytes_writer *w, size_t count)
{
    uint8_t *p = bytes_put_view(w, count);
    if (p != NULL && count > 0)
        memset(p, 0, count);
}

/** Overwrite two bytes already written at `pos`; fails the writer if they are not there. */
static inline void
bytes_set_u16(struct bytes_writer *w, size_t pos, uint16_t value)
{
    if (w->failed || w->pos < 2 || pos > w->pos - 2) {
        w->failed = true;
        return;
    }
    w->data[pos] = (uint8_t)(value >> 8);
    w->data[pos + 1] = (uint8_t)value;
}

/* --- messages on a stream: a length of two octets, then as many (RFC 1035 4.2.2, 7766 8) --- */

enum bytes_frame {
    BYTES_FRAME_OK,   /* one whole message */
    BYTES_FRAME_MORE, /* not yet */
    BYTES_FRAME_BAD,  /* a length outside min..max: the stream is lost */
};

#define BYTES_FRAME_HEADER 2

/**
 * Look at the bytes at hand, from a message's first.
 *
 * @param data     borrowed; `size` bytes
 * @param min,max  allowed message sizes, octets, 0..65535
 * @param message  written on BYTES_FRAME_OK: points into data, `message_size` octets; the frame took
 *                 BYTES_FRAME_HEADER + message_size bytes. On BYTES_FRAME_MORE message_size is the
 *                 announced size, or 0 if it is not known yet.
 */
static inline enum bytes_frame
bytes_frame_peek(const uint8_t *data, size_t size, size_t min, size_t max, const uint8_t **message,
                 size_t *message_size)
{
    struct bytes_reader r = bytes_reader(data, size);
    *message = NULL;
    *message_size = 0;
    if (size < BYTES_FRAME_HEADER)
        return BYTES_FRAME_MORE;
    size_t announced = bytes_get_u16(&r);
    if (announced < min || announced > max)
        return BYTES_FRAME_BAD;
    *message_size = announced;
    if (bytes_left(&r) < announced)
        return BYTES_FRAME_MORE;
    *message = bytes_get_view(&r, announced);
    return BYTES_FRAME_OK;
}

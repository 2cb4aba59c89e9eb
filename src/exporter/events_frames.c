/* events_frames.c - see events_frames.h
 * SPDX-License-Identifier: ISC
 */
#include "exporter/events_frames.h"

#include "base/bytes.h"

#include <string.h>

#define CONTENT_TYPE      "protobuf:dnstap.Dnstap"
#define CONTENT_TYPE_SIZE (sizeof CONTENT_TYPE - 1)
#define CONTROL_HEAD      8 /* octets: a length of nothing, and that of the control frame */
#define CONTROL_MAX       512

enum { ACCEPT = 1, START = 2, STOP = 3, READY = 4, FINISH = 5 };
enum { FIELD_CONTENT_TYPE = 1 };

static size_t
write_word(uint8_t *to, uint32_t type, bool has_content_type)
{
    struct bytes_writer w = bytes_writer(to, EVENTS_FRAMES_WORD_MAX);
    bytes_put_u32(&w, 0);
    bytes_put_u32(&w, has_content_type ? 4 + 4 + 4 + CONTENT_TYPE_SIZE : 4);
    bytes_put_u32(&w, type);
    if (has_content_type) {
        bytes_put_u32(&w, FIELD_CONTENT_TYPE);
        bytes_put_u32(&w, CONTENT_TYPE_SIZE);
        bytes_put_copy(&w, CONTENT_TYPE, CONTENT_TYPE_SIZE);
    }
    return w.pos;
}

size_t
events_frames_ready(uint8_t to[EVENTS_FRAMES_WORD_MAX])
{
    return write_word(to, READY, true);
}

size_t
events_frames_start(uint8_t to[EVENTS_FRAMES_WORD_MAX])
{
    return write_word(to, START, true);
}

size_t
events_frames_stop(uint8_t to[EVENTS_FRAMES_WORD_MAX])
{
    return write_word(to, STOP, false);
}

/* Fields of an ACCEPT: content types, one of which has to be ours; with none it takes any. */
static enum events_frames_word
read_accept(struct bytes_reader *r)
{
    bool has_any = false, has_ours = false;
    while (bytes_left(r) > 0 && !r->failed) {
        uint32_t field = bytes_get_u32(r), size = bytes_get_u32(r);
        const uint8_t *value = bytes_get_view(r, size);
        if (value == NULL || field != FIELD_CONTENT_TYPE)
            return EVENTS_FRAMES_BAD;
        has_any = true;
        has_ours |= size == CONTENT_TYPE_SIZE && memcmp(value, CONTENT_TYPE, size) == 0;
    }
    return !r->failed && (has_ours || !has_any) ? EVENTS_FRAMES_ACCEPT : EVENTS_FRAMES_BAD;
}

enum events_frames_word
events_frames_read(const uint8_t *octets, size_t size, size_t *used)
{
    struct bytes_reader r = bytes_reader(octets, size);
    enum events_frames_word word = EVENTS_FRAMES_BAD;
    *used = 0;
    if (size < CONTROL_HEAD)
        return EVENTS_FRAMES_MORE;
    uint32_t is_data = bytes_get_u32(&r), length = bytes_get_u32(&r);
    if (is_data != 0 || length < 4 || length > CONTROL_MAX)
        return EVENTS_FRAMES_BAD;
    if (bytes_left(&r) < length)
        return EVENTS_FRAMES_MORE;
    struct bytes_reader frame = bytes_reader(octets + CONTROL_HEAD, length);
    uint32_t type = bytes_get_u32(&frame);
    if (type == ACCEPT)
        word = read_accept(&frame);
    else if (type == FINISH)
        word = EVENTS_FRAMES_FINISH;
    *used = word == EVENTS_FRAMES_BAD ? 0 : CONTROL_HEAD + length;
    return word;
}

size_t
events_frames_next(const uint8_t *frames, size_t size, size_t sent)
{
    struct bytes_reader r = bytes_reader(frames, size);
    while (r.pos < sent && !r.failed)
        bytes_skip(&r, bytes_get_u32(&r));
    return r.failed ? size : r.pos;
}

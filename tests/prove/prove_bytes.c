/* prove_bytes.c - no use of the cursor leaves its data
 * SPDX-License-Identifier: ISC
 *
 * One step from any state that keeps the invariant, and the invariant again: so it holds after any
 * steps, in any order.
 */
#include "base/bytes.h"
#include "prove.h"

#ifndef SIZE_MOST
#define SIZE_MOST 70000 /* octets; more than any message and its frame */
#endif

static bool
is_reader(const struct bytes_reader *r)
{
    return r->pos <= r->size;
}

static struct bytes_reader
any_reader(void)
{
    size_t size = any_up_to(SIZE_MOST);
    struct bytes_reader r = bytes_reader(any_octets(size), size);
    CLAIM(is_reader(&r) && !r.failed && r.pos == 0, "a new reader stands at the first octet");
    r.pos = any_up_to(size);
    r.failed = nondet_bool();
    return r;
}

/* What every step keeps, whatever was asked for. */
static void
claim_step(const struct bytes_reader *before, const struct bytes_reader *r)
{
    CLAIM(is_reader(r), "the position stays inside");
    CLAIM(r->data == before->data && r->size == before->size, "the data stay the same");
    CLAIM(!before->failed || r->failed, "a failure is not forgotten");
    CLAIM(!r->failed || r->pos == before->pos, "who fails does not move");
    CLAIM(bytes_left(r) <= r->size, "no more is left than there was");
}

void
prove_bytes_get_view(void)
{
    struct bytes_reader r = any_reader(), before = r;
    size_t count = nondet_size();
    const uint8_t *view = bytes_get_view(&r, count);
    claim_step(&before, &r);
    CLAIM((view == NULL) == r.failed, "a view or a failure");
    CLAIM(r.failed == (before.failed || count > before.size - before.pos),
          "it fails where it must");
    if (view == NULL)
        return;
    CLAIM(r.pos == before.pos + count, "it moves by what it took");
    if (count > 0)
        CLAIM(__CPROVER_r_ok(view, count), "the view is inside the data");
    REACHED();
}

void
prove_bytes_get_number(void)
{
    struct bytes_reader r = any_reader(), before = r;
    uint8_t kind = nondet_u8();
    uint64_t value = 0;
    size_t width = kind == 0 ? 1 : kind == 1 ? 2 : kind == 2 ? 4 : 8;
    if (kind == 0)
        value = bytes_get_u8(&r);
    else if (kind == 1)
        value = bytes_get_u16(&r);
    else if (kind == 2)
        value = bytes_get_u32(&r);
    else
        value = bytes_get_u64(&r);
    CLAIM(is_reader(&r) && (!before.failed || r.failed), "the position stays inside");
    if (r.failed) {
        CLAIM(width == 8 || value == 0, "past the end there are zeros");
        return;
    }
    CLAIM(r.pos == before.pos + width, "it moves by the number's octets");
    uint64_t wanted = 0;
    for (size_t i = 0; i < width; i++)
        wanted = wanted << 8 | before.data[before.pos + i];
    CLAIM(value == wanted, "the first octet is the highest");
    REACHED();
}

void
prove_bytes_seek(void)
{
    struct bytes_reader r = any_reader(), before = r;
    size_t pos = nondet_size();
    if (nondet_bool())
        bytes_seek(&r, pos);
    else
        bytes_skip(&r, pos);
    claim_step(&before, &r);
    REACHED();
}

void
prove_bytes_get_copy(void)
{
    struct bytes_reader r = any_reader(), before = r;
    size_t count = any_up_to(SIZE_MOST), at = nondet_size();
    uint8_t *to = any_octets(count);
    bytes_get_copy(&r, to, count);
    claim_step(&before, &r);
    ASSUME(at < count);
    CLAIM(to[at] == (r.failed ? 0 : r.data[before.pos + at]), "a copy, or zeros");
    REACHED();
}

static struct bytes_writer
any_writer(void)
{
    size_t size = any_up_to(SIZE_MOST);
    struct bytes_writer w = bytes_writer(any_octets(size), size);
    w.pos = any_up_to(size);
    w.failed = nondet_bool();
    return w;
}

static void
put_any(struct bytes_writer *w, size_t *width)
{
    uint8_t kind = nondet_u8();
    uint64_t value = nondet_u64();
    *width = kind == 0 ? 1 : kind == 1 ? 2 : kind == 2 ? 4 : 8;
    if (kind == 0)
        bytes_put_u8(w, (uint8_t)value);
    else if (kind == 1)
        bytes_put_u16(w, (uint16_t)value);
    else if (kind == 2)
        bytes_put_u32(w, (uint32_t)value);
    else
        bytes_put_u64(w, value);
    if (w->failed)
        return;
    struct bytes_reader r = bytes_reader(w->data, w->pos);
    bytes_seek(&r, w->pos - *width);
    uint64_t mask = *width == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * *width) - 1;
    uint64_t read = 0;
    for (size_t i = 0; i < *width; i++)
        read = read << 8 | bytes_get_u8(&r);
    CLAIM(!r.failed && read == (value & mask), "what was written is read");
}

void
prove_bytes_put_number(void)
{
    struct bytes_writer w = any_writer(), before = w;
    size_t width;
    put_any(&w, &width);
    CLAIM(w.pos <= w.size && (!before.failed || w.failed), "the position stays inside");
    CLAIM(w.failed || w.pos == before.pos + width, "it moves by the number's octets");
    REACHED();
}

void
prove_bytes_put_copy(void)
{
    struct bytes_writer w = any_writer(), before = w;
    size_t count = any_up_to(SIZE_MOST), at = nondet_size();
    const uint8_t *from = any_octets(count);
    bool is_copy = nondet_bool();
    if (is_copy)
        bytes_put_copy(&w, from, count);
    else
        bytes_put_zeros(&w, count);
    CLAIM(w.pos <= w.size && (!before.failed || w.failed), "the position stays inside");
    CLAIM(w.failed == (before.failed || count > before.size - before.pos),
          "it fails where it must");
    CLAIM(w.pos == before.pos + (w.failed ? 0 : count), "all of it or nothing is written");
    ASSUME(!w.failed && at < count);
    CLAIM(w.data[before.pos + at] == (is_copy ? from[at] : 0), "a copy, or zeros");
    REACHED();
}

void
prove_bytes_set(void)
{
    struct bytes_writer w = any_writer(), before = w;
    size_t pos = nondet_size();
    uint16_t value = nondet_u16();
    bytes_set_u16(&w, pos, value);
    CLAIM(w.pos == before.pos && (!before.failed || w.failed), "the position stays");
    if (w.failed)
        return;
    CLAIM(pos < w.pos && pos + 2 <= w.pos, "only what was written is written again");
    CLAIM(w.data[pos] == value >> 8 && w.data[pos + 1] == (value & 0xff),
          "the number stands there");
    REACHED();
}

void
prove_bytes_le64(void)
{
    const uint8_t *octets = any_octets(8);
    unsigned i = (unsigned)any_up_to(7);
    CLAIM((uint8_t)(bytes_le64(octets) >> 8 * i) == octets[i], "the first octet is the lowest");
    REACHED();
}

#define STREAM_MOST 140000 /* octets; more than two of the largest messages */
#define BOUND_MOST  65535

void
prove_bytes_frame_peek(void)
{
    size_t size = any_up_to(STREAM_MOST), min = any_up_to(BOUND_MOST), max = any_up_to(BOUND_MOST);
    const uint8_t *data = any_octets(size), *message;
    size_t message_size;
    enum bytes_frame result = bytes_frame_peek(data, size, min, max, &message, &message_size);
    CLAIM((message != NULL) == (result == BYTES_FRAME_OK), "a message exactly where it says so");
    switch (result) {
    case BYTES_FRAME_OK:
        CLAIM(message_size >= min && message_size <= max, "the message has an allowed size");
        CLAIM(BYTES_FRAME_HEADER + message_size <= size, "it is whole");
        CLAIM(message == data + BYTES_FRAME_HEADER, "it stands behind its length");
        break;
    case BYTES_FRAME_MORE:
        CLAIM(size < BYTES_FRAME_HEADER + message_size, "there is less than the message");
        CLAIM(size >= BYTES_FRAME_HEADER || message_size == 0,
              "no size is told before it is known");
        break;
    case BYTES_FRAME_BAD:
        CLAIM(size >= BYTES_FRAME_HEADER, "nothing is refused unseen");
        ASSUME(size >= BYTES_FRAME_HEADER);
        size_t announced = (size_t)data[0] << 8 | data[1];
        CLAIM(announced < min || announced > max, "only a size out of bounds is refused");
        CLAIM(message_size == 0, "nothing is told of it");
        break;
    default:
        CLAIM(false, "no other result");
    }
    REACHED();
}

/* fields.c - see fields.h
 * SPDX-License-Identifier: ISC
 */
#include "ipc/fields.h"

#include "base/bytes.h"

#include <string.h>

static void
put_numbers(struct bytes_writer *w, const uint32_t *numbers, size_t size)
{
    for (size_t i = 0; i < size / sizeof *numbers; i++)
        bytes_put_u32(w, numbers[i]);
}

size_t
fields_encode(const struct field *fields, uint16_t number, const void *message, uint8_t *to,
              size_t room)
{
    struct bytes_writer w = bytes_writer(to, room);
    bytes_put_u16(&w, number);
    for (const struct field *field = fields; field->kind != FIELD_END; field++) {
        const void *member = (const char *)message + field->offset;
        if (field->kind == FIELD_TEXT) {
            bytes_put_copy(&w, member, strnlen(member, field->size - 1));
            bytes_put_u8(&w, 0);
        } else if (field->kind == FIELD_NUMBERS) {
            put_numbers(&w, member, field->size);
        } else if (field->kind == FIELD_BYTES || field->size == 1) {
            bytes_put_copy(&w, member, field->size);
        } else {
            bytes_put_u32(&w, *(const uint32_t *)member);
        }
    }
    return w.pos;
}

/* Exactly one NUL, at the end; what a terminal could obey becomes '?'. */
static bool
get_text(struct bytes_reader *r, char *text, size_t room)
{
    size_t size = bytes_left(r);
    const uint8_t *from = bytes_get_view(r, size);
    if (from == NULL || size == 0 || size > room || memchr(from, 0, size) != from + size - 1)
        return false;
    for (size_t i = 0; i + 1 < size; i++)
        text[i] = from[i] < ' ' || from[i] > '~' ? '?' : (char)from[i];
    return true;
}

static uint32_t
get_number(struct bytes_reader *r, void *member, size_t size)
{
    if (size == 1)
        return *(uint8_t *)member = bytes_get_u8(r);
    return *(uint32_t *)member = bytes_get_u32(r);
}

static void
get_numbers(struct bytes_reader *r, uint32_t *numbers, size_t size)
{
    for (size_t i = 0; i < size / sizeof *numbers; i++)
        numbers[i] = bytes_get_u32(r);
}

/* @return false: there are fewer octets, or the value is out of bounds */
static bool
get_field(struct bytes_reader *r, const struct field *field, size_t fds, void *to)
{
    void *member = (char *)to + field->offset;
    uint32_t value;
    switch (field->kind) {
    case FIELD_NUMBER:
        value = get_number(r, member, field->size);
        return value >= field->least && value <= field->most;
    case FIELD_POWER_OF_TWO:
        value = get_number(r, member, field->size);
        return value != 0 && (value & (value - 1)) == 0;
    case FIELD_NO_DESCRIPTOR:
        return (get_number(r, member, field->size) == 0) == (fds > 0);
    case FIELD_BYTES:
        bytes_get_copy(r, member, field->size);
        return true;
    case FIELD_NUMBERS:
        get_numbers(r, member, field->size);
        return true;
    case FIELD_TEXT:
        return get_text(r, member, field->size);
    case FIELD_END:
        break;
    }
    return false;
}

uint16_t
fields_number(const uint8_t *bytes, size_t size)
{
    struct bytes_reader r = bytes_reader(bytes, size);
    return bytes_get_u16(&r);
}

bool
fields_decode(const struct field *fields, const uint8_t *bytes, size_t size, size_t fds,
              void *message)
{
    struct bytes_reader r = bytes_reader(bytes, size);
    (void)bytes_get_u16(&r);
    for (const struct field *field = fields; field->kind != FIELD_END; field++)
        if (!get_field(&r, field, fds, message))
            return false;
    return !r.failed && bytes_left(&r) == 0;
}

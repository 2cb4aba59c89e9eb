/* ipc.c - encoder and decoder walk the fields of the same rows
 * SPDX-License-Identifier: ISC
 */
#include "ipc/ipc.h"

#include "base/bytes.h"

#include <stdbool.h>
#include <string.h>

enum kind {
    KIND_END, /* behind the last field of a row */
    KIND_NUMBER,
    KIND_POWER_OF_TWO,
    KIND_NO_DESCRIPTOR,
    KIND_BYTES,
    KIND_TEXT,
};

struct field {
    enum kind kind;
    size_t offset, size;  /* of the member; a number has 1 or 4 octets */
    uint32_t least, most; /* of a number */
};

#define FIELDS_MAX 4 /* in one row, besides the end */

#define FIELD(kind, member, least, most)                                                           \
    {kind, offsetof(struct ipc_message, member), sizeof(((struct ipc_message *)0)->member), least, \
     most},
#define NONE
#define NUMBER(member)             FIELD(KIND_NUMBER, member, 0, UINT32_MAX)
#define RANGE(member, least, most) FIELD(KIND_NUMBER, member, least, most)
#define POWER_OF_TWO(member)       FIELD(KIND_POWER_OF_TWO, member, 0, UINT32_MAX)
#define NO_DESCRIPTOR(member)      FIELD(KIND_NO_DESCRIPTOR, member, 0, UINT32_MAX)
#define BYTES(member)              FIELD(KIND_BYTES, member, 0, 0)
#define TEXT(member)               FIELD(KIND_TEXT, member, 0, 0)

/* the receiver gets it from the other side */
#define NEVER                        false
#define LOOK                         true
#define FROM(roles, states, handler) true
#define TAKES(when, handler)         true

static const struct row {
    const char *name; /* NULL: no such type */
    uint8_t fds_min, fds_max;
    bool from_child, from_supervisor;
    struct field fields[FIELDS_MAX + 1];
} rows[] = {
#define MESSAGE(name, number, fds_min, fds_max, fields, supervisor, front, worker, text)           \
    [number] = {#name, fds_min, fds_max, supervisor, front || worker, {fields{0}}},
#include "ipc/messages.def"
#undef MESSAGE
};

#define ROWS_COUNT (sizeof rows / sizeof rows[0])

size_t
ipc_encode(const struct ipc_message *message, uint8_t to[IPC_MESSAGE_MAX])
{
    struct bytes_writer w = bytes_writer(to, IPC_MESSAGE_MAX);
    bytes_put_u16(&w, (uint16_t)message->type);
    for (const struct field *field = rows[message->type].fields; field->kind != KIND_END; field++) {
        const void *member = (const char *)message + field->offset;
        if (field->kind == KIND_TEXT) {
            bytes_put_copy(&w, member, strnlen(member, field->size - 1));
            bytes_put_u8(&w, 0);
        } else if (field->kind == KIND_BYTES || field->size == 1) {
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

/* @return false: there are fewer octets, or the value is out of bounds */
static bool
get_field(struct bytes_reader *r, const struct field *field, size_t fds, struct ipc_message *to)
{
    void *member = (char *)to + field->offset;
    uint32_t value;
    switch (field->kind) {
    case KIND_NUMBER:
        value = get_number(r, member, field->size);
        return value >= field->least && value <= field->most;
    case KIND_POWER_OF_TWO:
        value = get_number(r, member, field->size);
        return value != 0 && (value & (value - 1)) == 0;
    case KIND_NO_DESCRIPTOR:
        return (get_number(r, member, field->size) == 0) == (fds > 0);
    case KIND_BYTES:
        bytes_get_copy(r, member, field->size);
        return true;
    case KIND_TEXT:
        return get_text(r, member, field->size);
    case KIND_END:
        break;
    }
    return false;
}

static bool
get_fields(struct bytes_reader *r, const struct row *row, size_t fds, struct ipc_message *message)
{
    for (const struct field *field = row->fields; field->kind != KIND_END; field++)
        if (!get_field(r, field, fds, message))
            return false;
    return !r->failed && bytes_left(r) == 0;
}

enum status
ipc_decode(const uint8_t *bytes, size_t size, size_t fds, enum ipc_side sender,
           struct ipc_message *message)
{
    memset(message, 0, sizeof *message);
    struct bytes_reader r = bytes_reader(bytes, size);
    uint16_t number = bytes_get_u16(&r);
    if (r.failed || number >= ROWS_COUNT || rows[number].name == NULL)
        return STATUS_INVALID;
    const struct row *row = &rows[number];
    bool may_send = sender == IPC_FROM_SUPERVISOR ? row->from_supervisor : row->from_child;
    if (!may_send || fds < row->fds_min || fds > row->fds_max)
        return STATUS_INVALID;
    message->type = (enum ipc_type)number;
    if (get_fields(&r, row, fds, message))
        return STATUS_OK;
    memset(message, 0, sizeof *message);
    return STATUS_INVALID;
}

const char *
ipc_type_text(enum ipc_type type)
{
    size_t number = (size_t)type;
    return number < ROWS_COUNT && rows[number].name != NULL ? rows[number].name : "unknown";
}

/* ipc.c - one table says which fields a message has; encoder and decoder walk the same table
 * SPDX-License-Identifier: ISC
 */
#include "ipc/ipc.h"

#include "base/bytes.h"

#include <stdbool.h>

enum field { /* in their order on the wire */
             LANE = 1 << 0,
             EPOCH = 1 << 1,
             RING_QUERY = 1 << 2,
             RING_ANSWER = 1 << 3,
             INDEX = 1 << 4,
             TAG = 1 << 5,
             ERROR = 1 << 6,
             KIND = 1 << 7,
             LEVEL = 1 << 8,
             EVENT = 1 << 9,
             COST = 1 << 10,
             PIN = 1 << 11,
             TEXT = 1 << 12, /* to the end of the message, its NUL included */
};

enum { SUPERVISOR = 1, CHILD = 2, BOTH = 3 };

static const struct row {
    const char *name; /* NULL: no such type */
    uint8_t fds_min, fds_max, sender;
} rows[] = {
#define MESSAGE(name, number, fds_min, fds_max, sender)                                            \
    [number] = {#name, fds_min, fds_max, sender},
#include "ipc/messages.def"
#undef MESSAGE
};

#define ROWS_COUNT (sizeof rows / sizeof rows[0])

static unsigned
fields_of(enum ipc_type type)
{
    switch (type) {
    case IPC_CONFIG:
        return LANE | EPOCH;
    case IPC_RING:
        return EPOCH | RING_QUERY | RING_ANSWER;
    case IPC_LISTENER:
        return INDEX | KIND;
    case IPC_LIST:
        return INDEX;
    case IPC_UPSTREAM_WANT:
        return INDEX | TAG;
    case IPC_UPSTREAM_SOCKET:
        return INDEX | TAG | ERROR;
    case IPC_LOG:
        return LEVEL | EVENT | TEXT;
    case IPC_RELOAD:
        return EPOCH;
    case IPC_RELOADED:
    case IPC_RING_END:
        return EPOCH | ERROR;
    case IPC_UPSTREAM_DEAR:
        return INDEX | COST;
    case IPC_PIN_LOOK:
        return INDEX | TAG | TEXT;
    case IPC_PIN_SEEN:
        return INDEX | KIND | PIN | TEXT;
    case IPC_READY:
        return TEXT;
    case IPC_START:
    case IPC_STOP:
        return 0;
    }
    return 0;
}

/* The fixed-size fields that the two walks below share; a macro, so that none can be forgotten in
 * one. */
#define WALK_NUMBERS(step_u32, step_u8)                                                            \
    step_u32(LANE, lane);                                                                          \
    step_u32(EPOCH, epoch);                                                                        \
    step_u32(RING_QUERY, ring_query_bytes);                                                        \
    step_u32(RING_ANSWER, ring_answer_bytes);                                                      \
    step_u32(INDEX, index);                                                                        \
    step_u32(TAG, tag);                                                                            \
    step_u32(ERROR, error);                                                                        \
    step_u32(COST, cost_us);                                                                       \
    step_u8(KIND, kind);                                                                           \
    step_u8(LEVEL, level);                                                                         \
    step_u8(EVENT, event)

size_t
ipc_encode(const struct ipc_message *message, uint8_t to[IPC_MESSAGE_MAX])
{
    unsigned fields = fields_of(message->type);
    struct bytes_writer w = bytes_writer(to, IPC_MESSAGE_MAX);
    bytes_put_u16(&w, (uint16_t)message->type);
#define PUT_U32(bit, member)                                                                       \
    if (fields & (bit))                                                                            \
    bytes_put_u32(&w, message->member)
#define PUT_U8(bit, member)                                                                        \
    if (fields & (bit))                                                                            \
    bytes_put_u8(&w, message->member)
    WALK_NUMBERS(PUT_U32, PUT_U8);
    if (fields & PIN)
        bytes_put_copy(&w, message->pin, sizeof message->pin);
    if (fields & TEXT) {
        bytes_put_copy(&w, message->text, strnlen(message->text, IPC_TEXT_MAX - 1));
        bytes_put_u8(&w, 0);
    }
    return w.pos;
}

/* Exactly one NUL, at the end; what a terminal could obey becomes '?'. */
static void
get_text(struct bytes_reader *r, char text[IPC_TEXT_MAX])
{
    size_t size = bytes_left(r);
    const uint8_t *from = bytes_get_view(r, size);
    if (from == NULL || size == 0 || size > IPC_TEXT_MAX ||
        memchr(from, 0, size) != from + size - 1) {
        r->failed = true;
        return;
    }
    for (size_t i = 0; i + 1 < size; i++)
        text[i] = from[i] < ' ' || from[i] > '~' ? '?' : (char)from[i];
}

static bool
is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* What the sizes alone do not say. */
static bool
is_sound(const struct ipc_message *m, size_t fds)
{
    switch (m->type) {
    case IPC_RING:
        return is_power_of_two(m->ring_query_bytes) && is_power_of_two(m->ring_answer_bytes);
    case IPC_LISTENER:
        return m->kind == IPC_SOCKET_UDP || m->kind == IPC_SOCKET_TCP;
    case IPC_UPSTREAM_SOCKET: /* a socket or a reason, never both, never neither */
        return (m->error == 0) == (fds == 1);
    case IPC_RELOADED:
    case IPC_RING_END:
        return m->error <= 1;
    case IPC_LIST:
        return m->index < IPC_LISTS;
    case IPC_CONFIG:
    case IPC_START:
    case IPC_READY:
    case IPC_UPSTREAM_WANT:
    case IPC_LOG:
    case IPC_STOP:
    case IPC_RELOAD:
    case IPC_PIN_LOOK:
    case IPC_PIN_SEEN:
    case IPC_UPSTREAM_DEAR:
        return true;
    }
    return false;
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
    unsigned side = sender == IPC_FROM_SUPERVISOR ? SUPERVISOR : CHILD;
    if ((row->sender & side) == 0 || fds < row->fds_min || fds > row->fds_max)
        return STATUS_INVALID;

    message->type = (enum ipc_type)number;
    unsigned fields = fields_of(message->type);
#define GET_U32(bit, member)                                                                       \
    if (fields & (bit))                                                                            \
    message->member = bytes_get_u32(&r)
#define GET_U8(bit, member)                                                                        \
    if (fields & (bit))                                                                            \
    message->member = bytes_get_u8(&r)
    WALK_NUMBERS(GET_U32, GET_U8);
    if (fields & PIN)
        bytes_get_copy(&r, message->pin, sizeof message->pin);
    if (fields & TEXT)
        get_text(&r, message->text);
    if (r.failed || bytes_left(&r) != 0 || !is_sound(message, fds)) {
        memset(message, 0, sizeof *message);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

const char *
ipc_type_text(enum ipc_type type)
{
    size_t number = (size_t)type;
    return number < ROWS_COUNT && rows[number].name != NULL ? rows[number].name : "unknown";
}

/* ipc.c - see ipc.h
 * SPDX-License-Identifier: ISC
 */
#include "ipc/ipc.h"

#include "ipc/fields.h"

#include <stdbool.h>
#include <string.h>

#define NONE
#define NUMBER(member)             FIELDS_ROW(ipc_message, FIELD_NUMBER, member, 0, UINT32_MAX)
#define RANGE(member, least, most) FIELDS_ROW(ipc_message, FIELD_NUMBER, member, least, most)
#define POWER_OF_TWO(member)       FIELDS_ROW(ipc_message, FIELD_POWER_OF_TWO, member, 0, UINT32_MAX)
#define NO_DESCRIPTOR(member)      FIELDS_ROW(ipc_message, FIELD_NO_DESCRIPTOR, member, 0, UINT32_MAX)
#define BYTES(member)              FIELDS_ROW(ipc_message, FIELD_BYTES, member, 0, 0)
#define NUMBERS(member)            FIELDS_ROW(ipc_message, FIELD_NUMBERS, member, 0, 0)
#define TEXT(member)               FIELDS_ROW(ipc_message, FIELD_TEXT, member, 0, 0)

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
    return fields_encode(rows[message->type].fields, (uint16_t)message->type, message, to,
                         IPC_MESSAGE_MAX);
}

enum status
ipc_decode(const uint8_t *bytes, size_t size, size_t fds, enum ipc_side sender,
           struct ipc_message *message)
{
    memset(message, 0, sizeof *message);
    uint16_t number = fields_number(bytes, size);
    if (number >= ROWS_COUNT || rows[number].name == NULL)
        return STATUS_INVALID;
    const struct row *row = &rows[number];
    bool may_send = sender == IPC_FROM_SUPERVISOR ? row->from_supervisor : row->from_child;
    if (!may_send || fds < row->fds_min || fds > row->fds_max)
        return STATUS_INVALID;
    message->type = (enum ipc_type)number;
    if (fields_decode(row->fields, bytes, size, fds, message))
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

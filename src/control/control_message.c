/* control_message.c - see control_message.h
 * SPDX-License-Identifier: ISC
 */
#include "control/control_message.h"

#include "ipc/fields.h"

#include <string.h>

#define NONE
#define NUMBER(member)             FIELDS_ROW(control_message, FIELD_NUMBER, member, 0, UINT32_MAX)
#define RANGE(member, least, most) FIELDS_ROW(control_message, FIELD_NUMBER, member, least, most)
#define NUMBERS(member)            FIELDS_ROW(control_message, FIELD_NUMBERS, member, 0, 0)
#define BYTES(member)              FIELDS_ROW(control_message, FIELD_BYTES, member, 0, 0)
#define TEXT(member)               FIELDS_ROW(control_message, FIELD_TEXT, member, 0, 0)

#define SERVICE       CONTROL_NOTHING
#define READER        CONTROL_READER
#define OPERATOR      CONTROL_OPERATOR
#define EVENTS_READER CONTROL_EVENTS_READER
#define OWNER         CONTROL_OWNER

static const struct row {
    const char *name;
    uint8_t fds;
    bool exists;
    enum control_right needs; /* CONTROL_NOTHING: what the service sends */
    struct field fields[FIELDS_MAX + 1];
} rows[] = {
#define MESSAGE(name, number, fds, who, fields, text)                                              \
    [number] = {#name, fds, true, who, {fields{0}}},
#include "control/control.def"
#undef MESSAGE
};

#define ROWS_COUNT (sizeof rows / sizeof rows[0])

size_t
control_message_encode(const struct control_message *message, uint8_t to[CONTROL_MESSAGE_MAX])
{
    return fields_encode(rows[message->type].fields, (uint16_t)message->type, message, to,
                         CONTROL_MESSAGE_MAX);
}

enum status
control_message_decode(const uint8_t *bytes, size_t size, size_t fds, enum control_side sender,
                       struct control_message *message)
{
    memset(message, 0, sizeof *message);
    uint16_t number = fields_number(bytes, size);
    if (number >= ROWS_COUNT || !rows[number].exists)
        return STATUS_INVALID;
    const struct row *row = &rows[number];
    if ((row->needs == CONTROL_NOTHING) != (sender == CONTROL_FROM_SERVICE) || fds != row->fds)
        return STATUS_INVALID;
    message->type = (enum control_type)number;
    if (fields_decode(row->fields, bytes, size, fds, message))
        return STATUS_OK;
    memset(message, 0, sizeof *message);
    return STATUS_INVALID;
}

const char *
control_message_name(enum control_type type)
{
    return rows[type].name;
}

enum control_right
control_message_needs(enum control_type type)
{
    return rows[type].needs;
}

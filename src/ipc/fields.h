/* fields.h - fixed messages as rows of fields: encoder and decoder walk the same row
 * SPDX-License-Identifier: ISC
 *
 * What: what a table of messages (messages.def, control.def) says of a message becomes octets and
 *       back: its number (u16), then its fields in network byte order. A message that is shorter or
 *       longer, or has a value out of bounds, is refused.
 * Who:  ipc, control. Pure.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIELDS_MAX 4 /* in one row, besides the end */

enum field_kind {
    FIELD_END, /* behind the last field of a row */
    FIELD_NUMBER,
    FIELD_POWER_OF_TWO,
    FIELD_NO_DESCRIPTOR, /* 0 exactly where a descriptor came with the message */
    FIELD_BYTES,
    FIELD_NUMBERS, /* as many u32 as fit into the member, of any value */
    FIELD_TEXT,    /* to the end of the message, with its NUL */
};

struct field {
    enum field_kind kind;
    size_t offset, size;  /* of the member; a number has 1 or 4 octets */
    uint32_t least, most; /* of a number */
};

/* The entry of a member of struct `of`; the comma lets entries stand side by side. */
#define FIELDS_ROW(of, kind, member, least, most)                                                  \
    {kind, offsetof(struct of, member), sizeof(((struct of *)0)->member), least, most},

/**
 * @param fields   up to FIELD_END
 * @param number   of the message
 * @param message  borrowed: the struct that the fields are members of
 * @param to       written
 * @param room     octets there; the longest message fits
 * @return octets written
 */
size_t fields_encode(const struct field *fields, uint16_t number, const void *message, uint8_t *to,
                     size_t room);

/** @return the number that a message begins with; 0: it has none */
uint16_t fields_number(const uint8_t *bytes, size_t size);

/**
 * Read the fields behind the number, all of them and nothing else. Control characters and octets
 * over 126 in a text arrive as '?'.
 *
 * @param fds      how many descriptors came with the message
 * @param message  written, also on failure
 * @return false: the sender broke the contract
 */
bool fields_decode(const struct field *fields, const uint8_t *bytes, size_t size, size_t fds,
                   void *message);

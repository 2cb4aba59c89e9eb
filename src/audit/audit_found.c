/* audit_found.c - see audit_found.h
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_found.h"

#include "base/hex.h"

#include <stdbool.h>
#include <string.h>

#define DIGITS_MOST 16 /* of AUDIT_NUMBER_MOST */

static const struct {
    const char *name, *text;
} kinds[] = {
#define FOUND(id, name, text) {name, text},
#include "audit/found.def"
#undef FOUND
};

const char *
audit_found_text(enum audit_found found)
{
    return kinds[found].text;
}

const char *
audit_found_name(enum audit_found found)
{
    return kinds[found].name;
}

enum status
audit_found_parse(const char *text, struct audit_found_head *head)
{
    uint8_t any = 0;
    const char *at = text;
    *head = (struct audit_found_head){0};
    for (; *at >= '0' && *at <= '9' && at - text < DIGITS_MOST; at++)
        head->sequence = head->sequence * 10 + (uint64_t)(*at - '0');
    if (at == text || *at != ':' || head->sequence > AUDIT_NUMBER_MOST ||
        strlen(at + 1) != AUDIT_HASH_DIGITS || !hex_read(at + 1, head->sum, DIGEST_BYTES))
        return STATUS_INVALID;
    for (unsigned i = 0; i < DIGEST_BYTES; i++)
        any |= head->sum[i];
    return (any == 0) == (head->sequence == 0) ? STATUS_OK : STATUS_INVALID;
}

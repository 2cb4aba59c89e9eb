/* audit_found.c - see audit_found.h
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_found.h"

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

static int
of_hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
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
        strlen(at + 1) != AUDIT_HASH_DIGITS)
        return STATUS_INVALID;
    at++;
    for (unsigned i = 0; i < DIGEST_BYTES; i++) {
        int high = of_hex(at[2 * i]), low = of_hex(at[2 * i + 1]);
        if (high < 0 || low < 0)
            return STATUS_INVALID;
        head->sum[i] = (uint8_t)(high << 4 | low);
        any |= head->sum[i];
    }
    return (any == 0) == (head->sequence == 0) ? STATUS_OK : STATUS_INVALID;
}

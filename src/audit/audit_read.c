/* audit_read.c - see audit_read.h
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_read.h"

#include "base/hex.h"
#include "digest/hmac.h"

#include <string.h>

struct cursor {
    const char *at, *end;
};

/* Reading goes on while it is AUDIT_READ_LINE. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum audit_read_end tried = (call);                                                        \
        if (tried != AUDIT_READ_LINE)                                                              \
            return tried;                                                                          \
    } while (0)

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool
is_of_name(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '_';
}

/* What JSON may have where the canonical form has nothing or something else. */
static enum audit_read_end
other_than_wanted(char c)
{
    return c == ' ' || c == '\t' || c == '\r' ? AUDIT_READ_FORM : AUDIT_READ_FOREIGN;
}

static enum audit_read_end
take(struct cursor *from, const char *wanted)
{
    for (; *wanted != '\0'; wanted++, from->at++) {
        if (from->at == from->end)
            return AUDIT_READ_CUT;
        if (*from->at != *wanted)
            return other_than_wanted(*from->at);
    }
    return AUDIT_READ_LINE;
}

/* --- values ---------------------------------------------------------------------------------- */

static enum audit_read_end
take_text(struct cursor *from)
{
    const char *begin = from->at;
    for (; from->at < from->end && *from->at != '"'; from->at++) {
        if (from->at - begin >= AUDIT_TEXT_MOST)
            return AUDIT_READ_VALUE;
        if (*from->at < ' ' || *from->at > '~')
            return AUDIT_READ_VALUE;
        if (*from->at != '\\')
            continue;
        if (++from->at == from->end)
            return AUDIT_READ_CUT;
        if (*from->at != '"' && *from->at != '\\')
            return AUDIT_READ_FORM;
        if (from->at - begin >= AUDIT_TEXT_MOST)
            return AUDIT_READ_VALUE;
    }
    return from->at < from->end ? AUDIT_READ_LINE : AUDIT_READ_CUT;
}

static enum audit_read_end
take_number(struct cursor *from)
{
    uint64_t value = 0;
    const char *begin = from->at;
    for (; from->at < from->end && is_digit(*from->at); from->at++) {
        if (from->at > begin && *begin == '0')
            return AUDIT_READ_FORM;
        value = value * 10 + (uint64_t)(*from->at - '0');
        if (value > AUDIT_NUMBER_MOST)
            return AUDIT_READ_VALUE;
    }
    if (from->at == from->end)
        return AUDIT_READ_CUT;
    if (from->at == begin)
        return other_than_wanted(*from->at);
    return strchr(".eE", *from->at) != NULL && *from->at != '\0' ? AUDIT_READ_FORM
                                                                 : AUDIT_READ_LINE;
}

static enum audit_read_end
take_flag(struct cursor *from)
{
    if (from->at == from->end)
        return AUDIT_READ_CUT;
    return take(from, *from->at == 't' ? "true" : "false");
}

/* By a pattern: x a hexadecimal digit, 0 a decimal one, anything else itself. */
static enum audit_read_end
take_pattern(struct cursor *from, const char *pattern)
{
    for (; *pattern != '\0'; pattern++, from->at++) {
        if (from->at == from->end)
            return AUDIT_READ_CUT;
        char c = *from->at;
        if (*pattern == 'x' ? !is_hex(c) : *pattern == '0' ? !is_digit(c) : c != *pattern)
            return AUDIT_READ_VALUE;
    }
    return AUDIT_READ_LINE;
}

static enum audit_read_end
take_hex(struct cursor *from, unsigned count)
{
    while (count-- > 0)
        TRY(take_pattern(from, "x"));
    return AUDIT_READ_LINE;
}

static unsigned
two(const char *digits)
{
    return (unsigned)(digits[0] - '0') * 10 + (unsigned)(digits[1] - '0');
}

static enum audit_read_end
take_time(struct cursor *from)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *text = from->at;
    TRY(take_pattern(from, "0000-00-00T00:00:00.000000Z"));
    unsigned month = two(text + 5), day = two(text + 8);
    bool is_time = month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
                   two(text + 11) < 24 && two(text + 14) < 60 && two(text + 17) < 60;
    return is_time ? AUDIT_READ_LINE : AUDIT_READ_VALUE;
}

/* Is there a name of which this is the beginning? */
static bool
begins_an_event(const char *octets, size_t size)
{
    for (enum audit_event event = 0; event < AUDIT_EVENTS; event++) {
        const char *name = audit_table_event(event)->name;
        if (size <= strlen(name) && memcmp(name, octets, size) == 0)
            return true;
    }
    return false;
}

static bool
begins_a_member(const char *octets, size_t size, enum audit_member from)
{
    for (enum audit_member member = from; member < AUDIT_MEMBERS; member++) {
        const char *name = audit_table_member(member)->name;
        if (size <= strlen(name) && memcmp(name, octets, size) == 0)
            return true;
    }
    return false;
}

static enum audit_read_end
take_event(struct cursor *from, struct audit_read *read)
{
    const char *begin = from->at;
    while (from->at < from->end && is_of_name(*from->at))
        from->at++;
    size_t size = (size_t)(from->at - begin);
    if (from->at == from->end)
        return begins_an_event(begin, size) ? AUDIT_READ_CUT : AUDIT_READ_EVENT;
    if (*from->at != '"')
        return AUDIT_READ_VALUE;
    read->event = audit_table_find_event(begin, size);
    return read->event < AUDIT_EVENTS ? AUDIT_READ_LINE : AUDIT_READ_EVENT;
}

static enum audit_read_end
take_quoted(struct cursor *from, struct audit_read *read, enum audit_kind kind)
{
    switch (kind) {
    case AUDIT_TEXT:
        return take_text(from);
    case AUDIT_HASH:
        return take_hex(from, AUDIT_HASH_DIGITS);
    case AUDIT_WORD:
        return take_hex(from, AUDIT_WORD_DIGITS);
    case AUDIT_NAME:
        return take_event(from, read);
    case AUDIT_TIME:
        return take_time(from);
    case AUDIT_UUID:
        return take_pattern(from, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    case AUDIT_NUMBER:
    case AUDIT_FLAG:
        break;
    }
    return AUDIT_READ_FOREIGN;
}

/* A value of JSON, but not of the kind that the member has. */
static bool
begins_another(const struct cursor *from, enum audit_kind kind)
{
    static const char firsts[] = "\"-0123456789tfn[{";
    char c = from->at < from->end ? *from->at : '\0';
    bool is_wanted = kind == AUDIT_NUMBER ? is_digit(c)
                     : kind == AUDIT_FLAG ? c == 't' || c == 'f'
                                          : c == '"';
    return c != '\0' && !is_wanted && strchr(firsts, c) != NULL;
}

static enum audit_read_end
take_value(struct cursor *from, struct audit_read *read, enum audit_member member)
{
    enum audit_kind kind = audit_table_member(member)->kind;
    bool is_quoted = kind != AUDIT_NUMBER && kind != AUDIT_FLAG;
    read->at = member;
    if (begins_another(from, kind))
        return AUDIT_READ_VALUE;
    if (is_quoted)
        TRY(take(from, "\""));
    const char *begin = from->at;
    if (kind == AUDIT_NUMBER)
        TRY(take_number(from));
    else if (kind == AUDIT_FLAG)
        TRY(take_flag(from));
    else
        TRY(take_quoted(from, read, kind));
    read->of[member].at = (uint16_t)(begin - read->octets);
    read->of[member].size = (uint16_t)(from->at - begin);
    if (is_quoted) {
        if (from->at < from->end && *from->at != '"')
            return AUDIT_READ_VALUE;
        TRY(take(from, "\""));
    }
    read->has |= AUDIT_BIT(member);
    return AUDIT_READ_LINE;
}

/* --- members --------------------------------------------------------------------------------- */

/* `next` is the first that could follow: they stand in the order of the table. */
static enum audit_read_end
take_name(struct cursor *from, struct audit_read *read, enum audit_member next,
          enum audit_member *member)
{
    TRY(take(from, "\""));
    const char *begin = from->at;
    while (from->at < from->end && is_of_name(*from->at))
        from->at++;
    size_t size = (size_t)(from->at - begin);
    if (from->at == from->end)
        return begins_a_member(begin, size, next) ? AUDIT_READ_CUT : AUDIT_READ_MEMBER;
    *member = read->at = audit_table_find_member(begin, size);
    TRY(take(from, "\""));
    if (*member == AUDIT_MEMBERS)
        return AUDIT_READ_MEMBER;
    return *member < next ? AUDIT_READ_FORM : take(from, ":");
}

static enum audit_read_end
take_members(struct cursor *from, struct audit_read *read)
{
    enum audit_member member = 0, next = 0;
    TRY(take(from, "{"));
    for (;;) {
        TRY(take_name(from, read, next, &member));
        TRY(take_value(from, read, member));
        next = member + 1;
        if (from->at == from->end)
            return AUDIT_READ_CUT;
        if (*from->at == '}')
            break;
        TRY(take(from, ","));
    }
    from->at++;
    return from->at == from->end ? AUDIT_READ_LINE : other_than_wanted(*from->at);
}

/* Can a line of the event have what this one has, and lack what it lacks up to `last`? */
static bool
is_of_event(const struct audit_read *read, enum audit_event event, enum audit_member last)
{
    const struct audit_table_event *of = audit_table_event(event);
    uint64_t passed = last < AUDIT_MEMBERS ? AUDIT_BIT(last) - 1 : UINT64_MAX;
    return (read->has & ~(of->has | of->may)) == 0 && (of->has & passed & ~read->has) == 0;
}

/* Of a line that was torn: what is read last has to be of the event, and what stands before it there. */
static bool
is_of_some_event(const struct audit_read *read)
{
    struct audit_read so_far = {.has = read->has};
    if (read->at < AUDIT_MEMBERS)
        so_far.has |= AUDIT_BIT(read->at);
    enum audit_member last = read->at < AUDIT_MEMBERS ? read->at : 0;
    if ((read->has & AUDIT_BIT(AUDIT_OF_EVENT)) != 0)
        return is_of_event(&so_far, read->event, last);
    for (enum audit_event event = 0; event < AUDIT_EVENTS; event++)
        if (is_of_event(&so_far, event, last))
            return true;
    return false;
}

enum audit_read_end
audit_read(struct audit_read *read, const char *octets, size_t size)
{
    struct cursor from = {octets, octets + size};
    *read = (struct audit_read){.octets = octets, .size = size, .at = AUDIT_MEMBERS};
    if (size >= AUDIT_LINE_MOST)
        return AUDIT_READ_FOREIGN;
    enum audit_read_end end = take_members(&from, read);
    if (end == AUDIT_READ_CUT)
        return is_of_some_event(read) ? AUDIT_READ_CUT : AUDIT_READ_MEMBER;
    if (end != AUDIT_READ_LINE)
        return end;
    read->at = AUDIT_MEMBERS;
    if ((read->has & AUDIT_BIT(AUDIT_OF_EVENT)) == 0 ||
        !is_of_event(read, read->event, AUDIT_MEMBERS))
        return AUDIT_READ_MEMBER;
    bool has_torn = (read->has & AUDIT_BIT(AUDIT_OF_TORN_OCTETS)) != 0;
    bool has_sum = (read->has & AUDIT_BIT(AUDIT_OF_TORN_SHA256)) != 0;
    return has_torn == has_sum ? AUDIT_READ_LINE : AUDIT_READ_MEMBER;
}

enum audit_read_end
audit_read_piece(struct audit_read *read, const char *octets, size_t size)
{
    size_t stored = size;
    if (size >= AUDIT_LINE_MOST)
        return AUDIT_READ_FOREIGN;
    while (stored > 0 && octets[stored - 1] == '\0')
        stored--;
    enum audit_read_end end = audit_read(read, octets, stored);
    return end == AUDIT_READ_LINE && stored < size ? AUDIT_READ_CUT : end;
}

/* --- what a line says ------------------------------------------------------------------------ */

uint64_t
audit_read_number(const struct audit_read *read, enum audit_member member)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < read->of[member].size; i++)
        value = value * 10 + (uint64_t)(read->octets[read->of[member].at + i] - '0');
    return value;
}

void
audit_read_hash(const struct audit_read *read, enum audit_member member, uint8_t sum[DIGEST_BYTES])
{
    (void)hex_read(read->octets + read->of[member].at, sum, DIGEST_BYTES);
}

bool
audit_read_equal(const struct audit_read *a, const struct audit_read *b, enum audit_member member)
{
    return a->of[member].size == b->of[member].size &&
           memcmp(a->octets + a->of[member].at, b->octets + b->of[member].at, a->of[member].size) ==
               0;
}

/* The member has `"hmac":"` before its value and `",` behind it: `event` stands before, others follow. */
bool
audit_read_is_keyed(const struct audit_read *read, const void *key, size_t key_size)
{
    struct hmac hmac;
    uint8_t wanted[DIGEST_BYTES], has[DIGEST_BYTES], differs = 0;
    size_t begin = read->of[AUDIT_OF_HMAC].at - strlen("\"hmac\":\"");
    size_t end = read->of[AUDIT_OF_HMAC].at + (size_t)AUDIT_HASH_DIGITS + strlen("\",");
    hmac_begin(&hmac, key, key_size);
    hmac_add(&hmac, read->octets, begin);
    hmac_add(&hmac, read->octets + end, read->size - end);
    hmac_end(&hmac, wanted);
    audit_read_hash(read, AUDIT_OF_HMAC, has);
    for (unsigned i = 0; i < DIGEST_BYTES; i++)
        differs |= wanted[i] ^ has[i];
    return differs == 0;
}

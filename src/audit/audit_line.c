/* audit_line.c - see audit_line.h
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_line.h"

#include "base/bytes.h"
#include "base/hex.h"

#define SECOND_US  UINT64_C(1000000)
#define DAY_S      86400
#define YEARS_MOST UINT64_C(253402300799) /* the last second of the year 9999 */

/* Where a value is put, if the event has the member and it was not given. */
static struct bytes_writer
begin_value(struct audit_line *line, enum audit_member member, enum audit_kind kind)
{
    const struct audit_table_event *event = audit_table_event(line->event);
    bool is_due = ((event->has | event->may) & AUDIT_BIT(member) & ~line->has) != 0 &&
                  audit_table_member(member)->kind == kind;
    line->is_broken |= !is_due;
    return bytes_writer(line->room + line->used, is_due ? sizeof line->room - line->used : 0);
}

static void
end_value(struct audit_line *line, enum audit_member member, const struct bytes_writer *value)
{
    if (value->failed || value->size == 0) {
        line->is_broken = true;
        return;
    }
    line->of[member].at = line->used;
    line->of[member].size = (uint16_t)value->pos;
    line->used = (uint16_t)(line->used + value->pos);
    line->has |= AUDIT_BIT(member);
}

static void
put(struct bytes_writer *to, const char *ours)
{
    bytes_put_copy(to, ours, strlen(ours));
}

static void
put_number(struct bytes_writer *to, uint64_t value, unsigned width)
{
    uint8_t text[20];
    size_t at = sizeof text;
    do {
        text[--at] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0 || sizeof text - at < width);
    bytes_put_copy(to, text + at, sizeof text - at);
}

/* Days since 1970 as a date: eras of 400 years, years that begin in March. */
static void
put_date(struct bytes_writer *to, uint64_t days)
{
    uint64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * of_year + 2) / 153, day = of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    put_number(to, year + era * 400 + (month <= 2), 4);
    put(to, "-");
    put_number(to, month, 2);
    put(to, "-");
    put_number(to, day, 2);
}

static void
put_time(struct audit_line *line, enum audit_member member, uint64_t utc_us)
{
    struct bytes_writer to = begin_value(line, member, AUDIT_TIME);
    uint64_t second = utc_us / SECOND_US < YEARS_MOST ? utc_us / SECOND_US : YEARS_MOST;
    uint64_t of_day = second % DAY_S;
    put(&to, "\"");
    put_date(&to, second / DAY_S);
    put(&to, "T");
    put_number(&to, of_day / 3600, 2);
    put(&to, ":");
    put_number(&to, of_day / 60 % 60, 2);
    put(&to, ":");
    put_number(&to, of_day % 60, 2);
    put(&to, ".");
    put_number(&to, utc_us % SECOND_US, 6);
    put(&to, "Z\"");
    end_value(line, member, &to);
}

void
audit_line_begin(struct audit_line *line, enum audit_event event, uint64_t utc_us,
                 uint64_t monotonic_us)
{
    line->event = event;
    line->has = 0;
    line->used = 0;
    line->is_broken = false;
    struct bytes_writer to = begin_value(line, AUDIT_OF_EVENT, AUDIT_NAME);
    put(&to, "\"");
    put(&to, audit_table_event(event)->name);
    put(&to, "\"");
    end_value(line, AUDIT_OF_EVENT, &to);
    put_time(line, AUDIT_OF_UTC, utc_us);
    audit_line_number(line, AUDIT_OF_MONOTONIC_US, monotonic_us);
}

void
audit_line_text(struct audit_line *line, enum audit_member member, const char *text)
{
    struct bytes_writer to = begin_value(line, member, AUDIT_TEXT);
    size_t most = AUDIT_TEXT_MOST;
    put(&to, "\"");
    for (; *text != '\0'; text++) {
        bool is_escaped = *text == '"' || *text == '\\';
        if (most < 1u + is_escaped)
            break;
        most -= 1u + is_escaped;
        if (is_escaped)
            put(&to, "\\");
        bytes_put_u8(&to, *text < ' ' || *text > '~' ? '?' : (uint8_t)*text);
    }
    put(&to, "\"");
    end_value(line, member, &to);
}

void
audit_line_number(struct audit_line *line, enum audit_member member, uint64_t value)
{
    struct bytes_writer to = begin_value(line, member, AUDIT_NUMBER);
    put_number(&to, value < AUDIT_NUMBER_MOST ? value : AUDIT_NUMBER_MOST, 1);
    end_value(line, member, &to);
}

void
audit_line_flag(struct audit_line *line, enum audit_member member, bool value)
{
    struct bytes_writer to = begin_value(line, member, AUDIT_FLAG);
    put(&to, value ? "true" : "false");
    end_value(line, member, &to);
}

void
audit_line_hash(struct audit_line *line, enum audit_member member,
                const uint8_t value[DIGEST_BYTES])
{
    char text[DIGEST_TEXT_MAX];
    struct bytes_writer to = begin_value(line, member, AUDIT_HASH);
    put(&to, "\"");
    put(&to, digest_text(value, text));
    put(&to, "\"");
    end_value(line, member, &to);
}

void
audit_line_word(struct audit_line *line, enum audit_member member, uint64_t value)
{
    struct bytes_writer to = begin_value(line, member, AUDIT_WORD);
    put(&to, "\"");
    for (unsigned shift = 64; shift > 0; shift -= 4)
        bytes_put_u8(&to, (uint8_t)hex_digits[value >> (shift - 4) & 15]);
    put(&to, "\"");
    end_value(line, member, &to);
}

void
audit_line_uuid(struct audit_line *line, enum audit_member member, const char uuid[AUDIT_UUID_SIZE])
{
    struct bytes_writer to = begin_value(line, member, AUDIT_UUID);
    put(&to, "\"");
    bytes_put_copy(&to, uuid, AUDIT_UUID_SIZE);
    put(&to, "\"");
    end_value(line, member, &to);
}

size_t
audit_line_write(const struct audit_line *line, char to[AUDIT_LINE_MOST])
{
    struct bytes_writer out = bytes_writer(to, AUDIT_LINE_MOST);
    if (line->is_broken || (audit_table_event(line->event)->has & ~line->has) != 0)
        return 0;
    for (enum audit_member member = 0; member < AUDIT_MEMBERS; member++) {
        if ((line->has & AUDIT_BIT(member)) == 0)
            continue;
        put(&out, out.pos == 0 ? "{\"" : ",\"");
        put(&out, audit_table_member(member)->name);
        put(&out, "\":");
        bytes_put_copy(&out, line->room + line->of[member].at, line->of[member].size);
    }
    put(&out, "}");
    return out.failed ? 0 : out.pos;
}

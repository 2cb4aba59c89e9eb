/* log_line.c - see log_line.h
 * SPDX-License-Identifier: ISC
 */
#include "os/log_line.h"

#include "base/bytes.h"
#include "base/lower.h"
#include "ipc/ipc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAME_MAX_OCTETS 31 /* of an event or a process */
#define SECOND_US       1000000

/* Each octet of a text can become two, and the subject stands twice. The rest is of our making. */
_Static_assert(LOG_LINE_MAX >= 2 * (IPC_TEXT_MAX + NAME_MAX_OCTETS) + IPC_TEXT_MAX / 2 + 200,
               "any line fits");

static const char *const level_names[] = {"error", "error", "warning", "notice", "info", "debug"};
static const struct {
    const char *name, *subject;
} events[] = {
#define LOG_EVENT(name, subject, text) {#name, subject},
#include "os/log.def"
#undef LOG_EVENT
};

static void
put(struct bytes_writer *to, const char *ours)
{
    bytes_put_copy(to, ours, strlen(ours));
}

/* Octets of strangers can be part of a text: certificate subjects, names. */
static void
put_clean(struct bytes_writer *to, const char *text, size_t most)
{
    for (size_t i = 0; i < most && text[i] != '\0'; i++)
        bytes_put_u8(to, text[i] < ' ' || text[i] > '~' ? '?' : (uint8_t)text[i]);
}

/* As put_clean(), within the quotes of a JSON string. */
static void
put_quoted(struct bytes_writer *to, const char *text, size_t most)
{
    for (size_t i = 0; i < most && text[i] != '\0'; i++) {
        if (text[i] == '"' || text[i] == '\\')
            bytes_put_u8(to, '\\');
        put_clean(to, &text[i], 1);
    }
}

static void
put_event(struct bytes_writer *to, enum log_event event)
{
    char name[LOWER_ROOM];
    put(to, lower_name(events[event].name, name, sizeof name));
}

static void
put_time(struct bytes_writer *to, uint64_t utc_us)
{
    char text[64];
    time_t seconds = (time_t)(utc_us / SECOND_US);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", utc.tm_year + 1900,
             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
             (unsigned)(utc_us % SECOND_US / 1000));
    put(to, text);
}

/* What every form for people has. */
static void
put_text(struct bytes_writer *to, const struct log_line *line)
{
    put_clean(to, line->process, NAME_MAX_OCTETS);
    put(to, " ");
    put_event(to, line->event);
    put(to, ": ");
    put_clean(to, line->text, IPC_TEXT_MAX - 1);
}

/* --- what a text says in a fixed place ------------------------------------------------------- */

/* The number of lines that were left out before this one, or 0. `text` goes on behind it. */
static unsigned long
left_out(const char **text)
{
    bool is_aside = **text == '(';
    const char *number = *text + is_aside;
    char *end;
    unsigned long count = strtoul(number, &end, 10);
    if (*number < '0' || *number > '9')
        return 0;
    if (!is_aside)
        return strcmp(end, LOG_LINE_ALONE) == 0 ? count : 0;
    if (strncmp(end, LOG_LINE_ASIDE, sizeof LOG_LINE_ASIDE - 1) != 0)
        return 0;
    *text = end + sizeof LOG_LINE_ASIDE - 1;
    return count;
}

/* The name behind the event's subject: its length, 0: the text has none. */
static size_t
subject_of(enum log_event event, const char *text, const char **name)
{
    const char *subject = events[event].subject;
    size_t length = strlen(subject);
    if (length == 0 || strncmp(text, subject, length) != 0 || text[length] != ' ')
        return 0;
    *name = text + length + 1;
    size_t size = strcspn(*name, ": ");
    return (*name)[size] == ':' && size <= IPC_TEXT_MAX / 8 ? size : 0;
}

static void
put_json(struct bytes_writer *to, const struct log_line *line)
{
    const char *text = line->text, *name;
    char number[48];
    unsigned long lines = left_out(&text);
    size_t size = subject_of(line->event, text, &name);
    put(to, "{\"time\":\"");
    put_time(to, line->utc_us);
    put(to, "\",\"level\":\"");
    put(to, level_names[line->level]);
    put(to, "\",\"event\":\"");
    put_event(to, line->event);
    put(to, "\",\"process\":\"");
    put_quoted(to, line->process, NAME_MAX_OCTETS);
    if (size > 0) {
        put(to, "\",\"");
        put(to, events[line->event].subject);
        put(to, "\":\"");
        put_quoted(to, name, size);
    }
    snprintf(number, sizeof number, "\",\"left_out\":%lu,\"", lines);
    put(to, lines > 0 ? number : "\",\"");
    put(to, "message\":\"");
    put_quoted(to, line->text, IPC_TEXT_MAX - 1);
    put(to, "\"}\n");
}

/* The journal's form of a value in which any octet may stand: its size, in front of it. */
static void
put_message(struct bytes_writer *to, const struct log_line *line)
{
    put(to, "MESSAGE\n");
    uint8_t *size = bytes_put_view(to, sizeof(uint64_t));
    size_t start = to->pos;
    put_text(to, line);
    for (size_t i = 0; size != NULL && i < sizeof(uint64_t); i++)
        size[i] = (uint8_t)((uint64_t)(to->pos - start) >> 8 * i);
    put(to, "\n");
}

static void
put_journal(struct bytes_writer *to, const struct log_line *line)
{
    const char *text = line->text, *name;
    char head[96];
    unsigned long lines = left_out(&text);
    size_t size = subject_of(line->event, text, &name);
    snprintf(head, sizeof head, "PRIORITY=%d\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=penstock\n",
             LOG_JOURNAL_PRIORITY(line->level));
    put(to, head);
    put(to, "PENSTOCK_EVENT=");
    put_event(to, line->event);
    put(to, "\nPENSTOCK_PROCESS=");
    put_clean(to, line->process, NAME_MAX_OCTETS);
    if (size > 0) {
        put(to, "\nPENSTOCK_");
        for (const char *c = events[line->event].subject; *c != '\0'; c++)
            bytes_put_u8(to, (uint8_t)(*c - 'a' + 'A'));
        put(to, "=");
        put_clean(to, name, size);
    }
    snprintf(head, sizeof head, "\nPENSTOCK_LEFT_OUT=%lu\n", lines);
    put(to, lines > 0 ? head : "\n");
    put_message(to, line);
}

size_t
log_line_write(const struct log_line *line, enum log_form form, char to[LOG_LINE_MAX])
{
    struct bytes_writer writer = bytes_writer(to, LOG_LINE_MAX);
    char head[16];
    switch (form) {
    case LOG_AS_JSON:
        put_json(&writer, line);
        break;
    case LOG_AS_JOURNAL:
        put_journal(&writer, line);
        break;
    case LOG_AS_TEXT:
        put_time(&writer, line->utc_us);
        snprintf(head, sizeof head, " %-7s ", level_names[line->level]);
        put(&writer, head);
        put_text(&writer, line);
        put(&writer, "\n");
        break;
    case LOG_AS_PRIORITY: /* sd-daemon(3) */
        snprintf(head, sizeof head, "<%d>", LOG_JOURNAL_PRIORITY(line->level));
        put(&writer, head);
        put_text(&writer, line);
        put(&writer, "\n");
        break;
    }
    return writer.pos;
}

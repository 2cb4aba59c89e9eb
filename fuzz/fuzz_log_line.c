/* fuzz_log_line.c - what a child that was taken over can have the supervisor write into the log
 * SPDX-License-Identifier: ISC
 *
 * Input: level, event, form and the sizes of the process's name and of the time in it, then name and text.
 * Invariants: in each form a line is one line, or one datagram of fields, of printable ASCII; read
 * by a plain reader of that form it has the members it should, each once, and the text is the text
 * but for octets that a terminal could obey; what stands in a field of its own stands in the text.
 */
#include "os/log_line.h"

#include "ipc/ipc.h"

#include "fuzz.h"

#include <string.h>

#define NAME_MAX_OCTETS 31
#define HEAD            4

struct wanted { /* as every reader must find it */
    char process[NAME_MAX_OCTETS + 1];
    char text[IPC_TEXT_MAX];
};

struct line { /* octets that are read, from the front */
    const char *at, *end;
};

static void
clean(const char *from, char *to, size_t most)
{
    size_t i = 0;
    for (; i < most && from[i] != '\0'; i++)
        to[i] = from[i];
    to[i] = '\0';
    for (char *c = to; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

/* A small letter, a digit or '_': what the names of rows are made of. */
static bool
is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static void
take(struct line *line, const char *what)
{
    size_t size = strlen(what);
    must((size_t)(line->end - line->at) >= size && memcmp(line->at, what, size) == 0);
    line->at += size;
}

static void
take_name(struct line *line)
{
    const char *begin = line->at;
    while (line->at < line->end && is_of_name(*line->at))
        line->at++;
    must(line->at > begin);
}

static bool
begins(const struct line *line, const char *what)
{
    size_t size = strlen(what);
    return (size_t)(line->end - line->at) >= size && memcmp(line->at, what, size) == 0;
}

static void
take_number(struct line *line)
{
    must(line->at < line->end && *line->at >= '1' && *line->at <= '9');
    while (line->at < line->end && *line->at >= '0' && *line->at <= '9')
        line->at++;
}

/* "process event: text" */
static void
take_text(struct line *line, const struct wanted *wanted)
{
    take(line, wanted->process);
    take(line, " ");
    take_name(line);
    take(line, ": ");
    take(line, wanted->text);
}

/* To the quote that ends it. Nothing but these two is escaped. */
static void
take_string(struct line *line, char *value, size_t room)
{
    size_t size = 0;
    for (;;) {
        must(line->at < line->end && size < room);
        char c = *line->at++;
        if (c == '"')
            break;
        if (c == '\\') {
            must(line->at < line->end && (*line->at == '"' || *line->at == '\\'));
            c = *line->at++;
        }
        value[size++] = c;
    }
    value[size] = '\0';
}

static void
check_json(struct line line, const struct wanted *wanted)
{
    char value[LOG_LINE_MAX];
    take(&line, "{\"time\":\"");
    take_string(&line, value, sizeof value);
    must(strlen(value) >= strlen("1970-01-01T00:00:00.000Z"));
    take(&line, ",\"level\":\"");
    take_name(&line);
    take(&line, "\",\"event\":\"");
    take_name(&line);
    take(&line, "\",\"process\":\"");
    take_string(&line, value, sizeof value);
    must(strcmp(value, wanted->process) == 0);
    if (begins(&line, ",\"upstream\":\"")) {
        take(&line, ",\"upstream\":\"");
        take_string(&line, value, sizeof value);
        must(value[0] != '\0' && strlen(value) <= IPC_TEXT_MAX / 8 && strpbrk(value, ": ") == NULL);
        must(strstr(wanted->text, value) != NULL);
    }
    if (begins(&line, ",\"left_out\":")) {
        take(&line, ",\"left_out\":");
        take_number(&line);
    }
    take(&line, ",\"message\":\"");
    take_string(&line, value, sizeof value);
    must(strcmp(value, wanted->text) == 0);
    take(&line, "}\n");
    must(line.at == line.end);
}

/* @param value  written: what stands behind NAME=, to the end of the line */
static void
take_field(struct line *line, const char *name, char *value)
{
    size_t size = 0;
    take(line, name);
    take(line, "=");
    for (; line->at < line->end && *line->at != '\n'; line->at++)
        value[size++] = *line->at;
    value[size] = '\0';
    take(line, "\n");
}

static void
check_journal(struct line line, const struct wanted *wanted)
{
    char value[LOG_LINE_MAX];
    take_field(&line, "PRIORITY", value);
    must(strlen(value) == 1 && value[0] >= '3' && value[0] <= '7');
    take(&line, "SYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=penstock\n");
    take_field(&line, "PENSTOCK_EVENT", value);
    take_field(&line, "PENSTOCK_PROCESS", value);
    must(strcmp(value, wanted->process) == 0);
    if (begins(&line, "PENSTOCK_UPSTREAM")) {
        take_field(&line, "PENSTOCK_UPSTREAM", value);
        must(value[0] != '\0' && strlen(value) <= IPC_TEXT_MAX / 8 && strpbrk(value, ": ") == NULL);
        must(strstr(wanted->text, value) != NULL);
    }
    if (begins(&line, "PENSTOCK_LEFT_OUT")) {
        take(&line, "PENSTOCK_LEFT_OUT=");
        take_number(&line);
        take(&line, "\n");
    }
    take(&line, "MESSAGE\n");
    uint64_t size = 0;
    must(line.end - line.at >= (ptrdiff_t)sizeof size);
    for (size_t i = sizeof size; i > 0; i--)
        size = size << 8 | (uint8_t)line.at[i - 1];
    line.at += sizeof size;
    must((uint64_t)(line.end - line.at) == size + 1);
    take_text(&line, wanted);
    take(&line, "\n");
    must(line.at == line.end);
}

static void
check_plain(struct line line, enum log_form form, const struct wanted *wanted)
{
    if (form == LOG_AS_PRIORITY) {
        take(&line, "<");
        must(line.at < line.end && *line.at >= '3' && *line.at <= '7');
        line.at++;
        take(&line, ">");
    } else {
        line.at = memchr(line.at, ' ', (size_t)(line.end - line.at));
        must(line.at != NULL && line.at[-1] == 'Z');
        take(&line, " ");
        take_name(&line);
        while (begins(&line, " ") && line.at[-8] != ' ')
            line.at++;
        take(&line, " ");
    }
    take_text(&line, wanted);
    take(&line, "\n");
    must(line.at == line.end);
}

static void
check_printable(const struct line *line)
{
    must(line->end > line->at && line->end[-1] == '\n');
    for (const char *at = line->at; at < line->end - 1; at++)
        must(*at >= ' ' && *at <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum log_form forms[] = {LOG_AS_TEXT, LOG_AS_PRIORITY, LOG_AS_JSON,
                                          LOG_AS_JOURNAL};
    static char process[64], text[1024];
    struct wanted wanted;
    char to[LOG_LINE_MAX];
    if (size < HEAD || size - HEAD >= sizeof text)
        return 0;
    size_t of_process = data[2] % sizeof process;
    of_process = of_process < size - HEAD ? of_process : size - HEAD;
    memcpy(process, data + HEAD, of_process);
    process[of_process] = '\0';
    memcpy(text, data + HEAD + of_process, size - HEAD - of_process);
    text[size - HEAD - of_process] = '\0';
    struct log_line line = {.utc_us = (uint64_t)data[3] << 47 | data[2],
                            .level = LOG_ERROR + data[0] % LOG_DEBUG,
                            .event = data[1] % LOG_EVENTS_COUNT,
                            .process = process,
                            .text = text};
    clean(process, wanted.process, NAME_MAX_OCTETS);
    clean(text, wanted.text, IPC_TEXT_MAX - 1);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t written = log_line_write(&line, forms[i], to);
        must(written > 0 && written <= LOG_LINE_MAX);
        struct line whole = {to, to + written};
        if (forms[i] == LOG_AS_JOURNAL) {
            check_journal(whole, &wanted);
            continue;
        }
        check_printable(&whole);
        if (forms[i] == LOG_AS_JSON)
            check_json(whole, &wanted);
        else
            check_plain(whole, forms[i], &wanted);
    }
    return 0;
}

/* http_reply.c - an answer over HTTP: body first, then the head that fits it
 * SPDX-License-Identifier: ISC
 */
#include "exporter/http_reply.h"

#include "view/moment.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DAY_S    86400
#define DATE_MAX 32

static const char *
reason_of(unsigned code)
{
    static const struct {
        unsigned code;
        const char *reason;
    } reasons[] = {{200, "OK"},
                   {400, "Bad Request"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {408, "Request Timeout"},
                   {413, "Content Too Large"},
                   {414, "URI Too Long"},
                   {421, "Misdirected Request"},
                   {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"},
                   {503, "Service Unavailable"},
                   {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].code == code)
            return reasons[i].reason;
    return "";
}

void
http_reply_begin(struct http_reply *reply, unsigned code, const char *type)
{
    reply->code = code;
    reply->type = type;
    reply->fields = "";
    reply->size = reply->head_size = 0;
    reply->is_cut = false;
}

void
http_reply_add(struct http_reply *reply, const char *format, ...)
{
    size_t room = sizeof reply->body - reply->size;
    va_list args;
    if (reply->is_cut)
        return;
    va_start(args, format);
    int size = vsnprintf(reply->body + reply->size, room, format, args);
    va_end(args);
    reply->is_cut = size < 0 || (size_t)size >= room;
    if (!reply->is_cut)
        reply->size += (size_t)size;
}

void
http_reply_say(struct http_reply *reply, unsigned code, const char *sentence)
{
    http_reply_begin(reply, code, HTTP_REPLY_PLAIN);
    if (code == 405)
        reply->fields = "Allow: GET, HEAD\r\n";
    http_reply_add(reply, "%s\n", sentence);
}

/* "Thu, 26 Nov 2026 03:12:40 GMT" (RFC 9110 section 5.6.7). */
static void
write_date(uint64_t wall_s, char date[DATE_MAX])
{
    /* 1 January 1970 was a Thursday */
    static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct moment m = moment_of(wall_s);
    snprintf(date, DATE_MAX, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[wall_s / DAY_S % 7],
             m.day % 100, months[(m.month - 1) % 12], m.year % 10000, m.hour % 100, m.minute % 100,
             m.second % 100);
}

void
http_reply_end(struct http_reply *reply, uint64_t wall_s)
{
    char date[DATE_MAX];
    if (reply->is_cut)
        http_reply_say(reply, 500, "There is more to say than has room here.");
    write_date(wall_s, date);
    int size = snprintf(reply->head, sizeof reply->head,
                        "HTTP/1.1 %u %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                        "Cross-Origin-Resource-Policy: same-origin\r\nConnection: close\r\n"
                        "%.*s\r\n",
                        reply->code, reason_of(reply->code), date, reply->type, reply->size,
                        HTTP_REPLY_FIELDS_MAX - 1, reply->fields);
    reply->head_size = size > 0 && (size_t)size < sizeof reply->head ? (size_t)size : 0;
}

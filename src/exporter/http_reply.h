/* http_reply.h - an answer over HTTP: body first, then the head that fits it
 * SPDX-License-Identifier: ISC
 *
 * What: an answer in memory of its own. What has no room in the body is left out, and then the
 *       answer is an error and no half of a page.
 * Who:  exporter. Pure.
 * Ref:  RFC 9110, RFC 9112.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_REPLY_BODY_MAX   131072 /* octets: all metrics of 16 upstreams; the page of 96 kB */
#define HTTP_REPLY_HEAD_MAX   1024
#define HTTP_REPLY_FIELDS_MAX 640 /* of `fields`, with the NUL */

struct http_reply {
    unsigned code;      /* 200, 503 ... */
    const char *type;   /* Content-Type; static */
    const char *fields; /* further lines of the head, each with its CR LF; static; "": none */
    size_t size;        /* octets in `body` */
    bool is_cut;        /* something had no room in `body` */
    size_t head_size;   /* octets in `head`, when http_reply_end() made it */
    char head[HTTP_REPLY_HEAD_MAX];
    char body[HTTP_REPLY_BODY_MAX];
};

#define HTTP_REPLY_PLAIN "text/plain; charset=utf-8"

/** Begin an answer without body. */
void http_reply_begin(struct http_reply *reply, unsigned code, const char *type);

/** Add to the body, as printf. */
void http_reply_add(struct http_reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** An answer of one line of text. */
void http_reply_say(struct http_reply *reply, unsigned code, const char *sentence);

/** Make the head. A body that was cut becomes an error. @param wall_s  now, since 1970 */
void http_reply_end(struct http_reply *reply, uint64_t wall_s);

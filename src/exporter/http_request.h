/* http_request.h - the head of an HTTP request, as a value
 * SPDX-License-Identifier: ISC
 *
 * What: strict: lines end with CR LF, fields are not folded, a request of HTTP/1.1 has one Host, and
 *       none has a body. What breaks a rule has the status code of its answer.
 * Who:  exporter. Pure.
 * Ref:  RFC 9110, RFC 9112.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_REQUEST_MAX        8192 /* octets of a head; browsers send about a thousand */
#define HTTP_REQUEST_FIELDS_MAX 64
#define HTTP_REQUEST_PATH_MAX   128 /* with its NUL; query likewise */
#define HTTP_REQUEST_HOST_MAX   256 /* with its NUL */

struct http_request {
    bool is_head;                      /* HEAD; else GET */
    bool has_openmetrics;              /* it would rather have OpenMetrics 1.0 than plain text */
    char path[HTTP_REQUEST_PATH_MAX];  /* "/metrics"; as it came, nothing is decoded */
    char query[HTTP_REQUEST_PATH_MAX]; /* what stands behind "?"; "": none */
    char host[HTTP_REQUEST_HOST_MAX];  /* field Host, with its port; "": none */
};

enum http_request_result {
    HTTP_REQUEST_MORE = 0, /* the head has not ended yet */
    HTTP_REQUEST_GOOD = 200,
    HTTP_REQUEST_BAD = 400,
    HTTP_REQUEST_METHOD = 405,    /* neither GET nor HEAD */
    HTTP_REQUEST_BODY = 413,      /* it has a body */
    HTTP_REQUEST_TARGET = 414,    /* the target is too long */
    HTTP_REQUEST_TOO_LARGE = 431, /* the head is */
    HTTP_REQUEST_VERSION = 505,   /* not HTTP/1 */
};

/**
 * Judge what has come so far.
 *
 * @param octets   borrowed, from the first one of the connection
 * @param size     0..HTTP_REQUEST_MAX; at HTTP_REQUEST_MAX without an end it is TOO_LARGE
 * @param judged   of them, those of the call before, which was MORE; 0: this is the first call
 * @param request  written; of use only with GOOD (`is_head` always)
 */
enum http_request_result http_request_read(const uint8_t *octets, size_t size, size_t judged,
                                           struct http_request *request);

/**
 * Is a request for this host meant for us? Where only this machine can reach us, a foreign name in
 * Host is that of a page in a browser here whose owner points its name at our address.
 *
 * @param host   with or without port; "" (HTTP/1.0) is ours
 * @param names  further names that are ours, separated by commas; ""
 * @return it is an address, localhost, or one of `names`
 */
bool http_request_is_for(const char *host, const char *names);

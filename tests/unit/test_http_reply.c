/* test_http_reply.c - answers over HTTP
 * SPDX-License-Identifier: ISC
 */
#include "exporter/http_reply.h"

#include <criterion/criterion.h>
#include <string.h>

static struct http_reply reply;

Test(http_reply, head_and_body_fit_each_other)
{
    http_reply_begin(&reply, 200, HTTP_REPLY_PLAIN);
    reply.fields = "X-Other: 1\r\n";
    http_reply_add(&reply, "%s %u\n", "seven", 7U);
    http_reply_end(&reply, 1795662760);
    cr_expect_str_eq(reply.body, "seven 7\n");
    cr_assert_eq(reply.head_size, strlen(reply.head));
    cr_expect_str_eq(reply.head, "HTTP/1.1 200 OK\r\n"
                                 "Date: Thu, 26 Nov 2026 03:12:40 GMT\r\n"
                                 "Content-Type: text/plain; charset=utf-8\r\n"
                                 "Content-Length: 8\r\n"
                                 "Cache-Control: no-store\r\n"
                                 "X-Content-Type-Options: nosniff\r\n"
                                 "Cross-Origin-Resource-Policy: same-origin\r\n"
                                 "Connection: close\r\n"
                                 "X-Other: 1\r\n"
                                 "\r\n");
}

Test(http_reply, a_body_without_room_is_an_error_and_no_half)
{
    http_reply_begin(&reply, 200, HTTP_REPLY_PLAIN);
    for (unsigned i = 0; i < HTTP_REPLY_BODY_MAX / 8; i++)
        http_reply_add(&reply, "%08u", i);
    cr_expect(reply.is_cut);
    http_reply_add(&reply, "more");
    http_reply_end(&reply, 0);
    cr_expect_eq(reply.code, 500);
    cr_expect(strstr(reply.head, "HTTP/1.1 500 Internal Server Error\r\n") == reply.head);
    cr_expect_not_null(strstr(reply.head, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
    cr_expect_str_eq(reply.body, "There is more to say than has room here.\n");
}

Test(http_reply, what_fits_exactly_is_whole)
{
    http_reply_begin(&reply, 200, HTTP_REPLY_PLAIN);
    for (unsigned i = 0; i < HTTP_REPLY_BODY_MAX - 1; i++)
        http_reply_add(&reply, "x");
    cr_expect_not(reply.is_cut);
    cr_expect_eq(reply.size, HTTP_REPLY_BODY_MAX - 1);
    http_reply_add(&reply, "x");
    cr_expect(reply.is_cut);
}

Test(http_reply, fields_that_have_no_room_are_no_head_without_end)
{
    static char fields[HTTP_REPLY_HEAD_MAX];
    memset(fields, 'x', sizeof fields - 1);
    http_reply_say(&reply, 405, "no");
    cr_expect_str_eq(reply.fields, "Allow: GET, HEAD\r\n");
    reply.fields = fields;
    http_reply_end(&reply, 0);
    cr_expect(reply.head_size == 0 || strcmp(reply.head + reply.head_size - 2, "\r\n") == 0);
}

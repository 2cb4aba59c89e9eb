/* test_http_request.c - the head of a request: what is read of it, and what is none
 * SPDX-License-Identifier: ISC
 */
#include "exporter/http_request.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct http_request request;

static enum http_request_result
read_text(const char *text)
{
    return http_request_read((const uint8_t *)text, strlen(text), 0, &request);
}

/* A request with these fields. */
static enum http_request_result
read_fields(const char *fields)
{
    char text[HTTP_REQUEST_MAX];
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
    return read_text(text);
}

Test(http_request, a_scrape)
{
    cr_expect_eq(read_text("GET /metrics?a=b&c HTTP/1.1\r\nHost: 127.0.0.1:10853\r\n"
                           "User-Agent: Prometheus/2.42.0\r\nAccept-Encoding: gzip\r\n\r\n"),
                 HTTP_REQUEST_GOOD);
    cr_expect_str_eq(request.path, "/metrics");
    cr_expect_str_eq(request.query, "a=b&c");
    cr_expect_str_eq(request.host, "127.0.0.1:10853");
    cr_expect_not(request.is_head);
    cr_expect_not(request.has_openmetrics);
    cr_expect_eq(read_text("HEAD / HTTP/1.0\r\n\r\n"), HTTP_REQUEST_GOOD);
    cr_expect(request.is_head);
    cr_expect_str_eq(request.host, "");
}

Test(http_request, each_beginning_of_one_is_waited_for)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\r\n";
    for (size_t size = 0; size < sizeof text - 1; size++)
        for (size_t judged = 0; judged <= size; judged++)
            cr_assert_eq(http_request_read((const uint8_t *)text, size, judged, &request),
                         HTTP_REQUEST_MORE);
    for (size_t judged = 0; judged < sizeof text - 1; judged++)
        cr_assert_eq(http_request_read((const uint8_t *)text, sizeof text - 1, judged, &request),
                     HTTP_REQUEST_GOOD);
}

Test(http_request, what_breaks_the_first_line)
{
    static const struct {
        const char *line;
        enum http_request_result result;
    } cases[] = {
        {"GET /", HTTP_REQUEST_BAD},
        {"GET  / HTTP/1.1", HTTP_REQUEST_BAD},
        {" GET / HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET / HTTP/1.1 ", HTTP_REQUEST_BAD},
        {"GET / http/1.1", HTTP_REQUEST_BAD},
        {"GET / HTTP/2.0", HTTP_REQUEST_VERSION},
        {"GET / HTTP/1.11", HTTP_REQUEST_BAD},
        {"GET / HTTP/1.x", HTTP_REQUEST_BAD},
        {"GET / HTTP/1.2", HTTP_REQUEST_GOOD},
        {"GET / HTTP/0.9", HTTP_REQUEST_VERSION},
        {"GET metrics HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET * HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET http://a/ HTTP/1.1", HTTP_REQUEST_GOOD},
        {"GET http://a HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET http:///a HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET http:/a/b HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET http: HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET http:// HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET http://u@a/ HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET https://a/ HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET /a\"b HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET /a<b HTTP/1.1", HTTP_REQUEST_BAD},
        {"GET /\x80 HTTP/1.1", HTTP_REQUEST_BAD},
        {"get / HTTP/1.1", HTTP_REQUEST_METHOD},
        {"POST / HTTP/1.1", HTTP_REQUEST_METHOD},
        {"G(T / HTTP/1.1", HTTP_REQUEST_BAD},
        {"", HTTP_REQUEST_BAD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s\r\nHost: a\r\n\r\n", cases[i].line);
        cr_expect_eq(read_text(text), cases[i].result, "%s", cases[i].line);
    }
}

Test(http_request, what_breaks_a_field)
{
    cr_expect_eq(read_fields("X: y\r\n"), HTTP_REQUEST_GOOD);
    cr_expect_eq(read_fields("X:\r\n"), HTTP_REQUEST_GOOD);
    cr_expect_eq(read_fields("X y\r\n"), HTTP_REQUEST_BAD);
    cr_expect_eq(read_fields("X : y\r\n"), HTTP_REQUEST_BAD);
    cr_expect_eq(read_fields(": y\r\n"), HTTP_REQUEST_BAD);
    cr_expect_eq(read_fields("X: y\r\n z\r\n"), HTTP_REQUEST_BAD);
    cr_expect_eq(read_fields("X: y\nZ: a\r\n"), HTTP_REQUEST_BAD);
    cr_expect_eq(read_fields("X: a\rb\r\n"), HTTP_REQUEST_BAD);
    cr_expect_eq(read_fields("X: \x01\r\n"), HTTP_REQUEST_BAD);
    cr_expect_eq(read_fields("Host: b\r\n"), HTTP_REQUEST_BAD);
    cr_expect_eq(read_text("GET / HTTP/1.1\r\nHost: a<b\r\n\r\n"), HTTP_REQUEST_BAD);
    cr_expect_eq(read_text("GET / HTTP/1.1\r\nX: y\r\n\r\n"), HTTP_REQUEST_BAD);
}

Test(http_request, the_host_of_the_target_counts_before_that_of_the_field)
{
    cr_assert_eq(
        read_text("GET HTTP://evil.example:80/metrics?a HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        HTTP_REQUEST_GOOD);
    cr_expect_str_eq(request.host, "evil.example:80");
    cr_expect_str_eq(request.path, "/metrics");
    cr_expect_str_eq(request.query, "a");
}

Test(http_request, one_empty_line_before_it_is_passed_over)
{
    cr_expect_eq(read_text("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_REQUEST_GOOD);
    cr_expect_eq(read_text("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_REQUEST_BAD);
}

Test(http_request, none_has_a_body)
{
    cr_expect_eq(read_fields("Content-Length: 0\r\n"), HTTP_REQUEST_GOOD);
    cr_expect_eq(read_fields("content-LENGTH: 1\r\n"), HTTP_REQUEST_BODY);
    cr_expect_eq(read_fields("Content-Length:\r\n"), HTTP_REQUEST_BODY);
    cr_expect_eq(read_fields("Transfer-Encoding: chunked\r\n"), HTTP_REQUEST_BODY);
}

Test(http_request, a_line_that_ends_without_cr_is_refused_at_once)
{
    static const char *const heads[] = {"GET / HTTP/1.1\n", "\n", "\r\n\n",
                                        "GET / HTTP/1.1\r\nHost: a\n"};
    for (unsigned i = 0; i < 4; i++)
        for (size_t judged = 0; judged < strlen(heads[i]); judged++)
            cr_expect_eq(
                http_request_read((const uint8_t *)heads[i], strlen(heads[i]), judged, &request),
                HTTP_REQUEST_BAD, "%u from %zu", i, judged);
}

Test(http_request, bounds)
{
    static uint8_t octets[HTTP_REQUEST_MAX];
    char text[HTTP_REQUEST_MAX] = "GET / HTTP/1.1\r\nHost: a\r\n";
    memset(octets, 'a', sizeof octets);
    cr_expect_eq(http_request_read(octets, sizeof octets - 1, 0, &request), HTTP_REQUEST_MORE);
    cr_expect_eq(http_request_read(octets, sizeof octets, 0, &request), HTTP_REQUEST_TOO_LARGE);
    for (unsigned i = 1; i < HTTP_REQUEST_FIELDS_MAX; i++)
        strcat(text, "X: y\r\n");
    strcat(text, "\r\n");
    cr_expect_eq(read_text(text), HTTP_REQUEST_GOOD);
    strcpy(text + strlen(text) - 2, "X: y\r\n\r\n");
    cr_expect_eq(read_text(text), HTTP_REQUEST_TOO_LARGE);
    memcpy(octets, "GET /", 5);
    memcpy(octets + 5 + HTTP_REQUEST_PATH_MAX, " HTTP/1.1\r\nHost: a\r\n\r\n", 23);
    cr_expect_eq(http_request_read(octets, sizeof octets, 0, &request), HTTP_REQUEST_TARGET);
}

static bool
wants(const char *accept)
{
    char fields[512];
    snprintf(fields, sizeof fields, "Accept: %s\r\n", accept);
    cr_expect_eq(read_fields(fields), HTTP_REQUEST_GOOD);
    return request.has_openmetrics;
}

Test(http_request, which_text_is_wanted)
{
    cr_expect_not(wants(""));
    cr_expect_not(wants("*/*"));
    cr_expect_not(wants("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));
    cr_expect(wants("application/openmetrics-text"));
    cr_expect(wants("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    cr_expect_not(wants("application/openmetrics-text;version=0.0.1"));
    cr_expect_not(wants("application/openmetrics-text;q=0"));
    cr_expect_not(wants("application/openmetrics-text;q=2"));
    cr_expect_not(wants("application/openmetrics-text;q=x"));
    cr_expect_not(wants("application/openmetrics-text;q=0.4,text/plain;q=0.5"));
    cr_expect_not(wants("application/openmetrics-text;q=0.4, */*"));
    cr_expect(wants("application/openmetrics-text;q=0.4, */*;q=0.4"));
    cr_expect(wants("text/plain;q=0.3, Application/OpenMetrics-Text;Q=0.4"));
    /* as Prometheus 2.42 sends it */
    cr_expect(wants("application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
                    "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
}

Test(http_request, whose_request_it_is)
{
    cr_expect(http_request_is_for("", ""));
    cr_expect(http_request_is_for("localhost", ""));
    cr_expect(http_request_is_for("LOCALHOST:10853", ""));
    cr_expect(http_request_is_for("localhost.:10853", ""));
    cr_expect_not(http_request_is_for(".", ""));
    cr_expect(http_request_is_for("127.0.0.1", ""));
    cr_expect(http_request_is_for("127.0.0.1:10853", ""));
    cr_expect(http_request_is_for("[::1]:10853", ""));
    cr_expect(http_request_is_for("192.0.2.1", ""));
    cr_expect_not(http_request_is_for("evil.example", ""));
    cr_expect_not(http_request_is_for("localhost.evil.example", ""));
    cr_expect_not(http_request_is_for("127.0.0.1.evil.example", ""));
    cr_expect_not(http_request_is_for("localhost:1:2", ""));
    cr_expect_not(http_request_is_for(":10853", ","));
    cr_expect(http_request_is_for("b.example:80", "a.example,B.example"));
    cr_expect_not(http_request_is_for("example", "a.example,b.example"));
}

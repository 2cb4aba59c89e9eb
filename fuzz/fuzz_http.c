/* fuzz_http.c - what hostile clients can say to the exporter
 * SPDX-License-Identifier: ISC
 *
 * The input is what a connection brings. Its first octet says in how large pieces it comes, and
 * whether names in Host are looked at.
 * Invariants: in whatever pieces it comes, it is the same request, or the same error; a request has
 * a path, a query and a host of printable octets; each has an answer whose head is whole, ends where
 * it should and has nothing of the request in it.
 */
#include "exporter/exporter_paths.h"

#include "fuzz.h"

#include <string.h>

static struct exporter_gather gather; /* no service was ever seen */
static struct http_reply reply;
static struct exporter_page page;

static void
check_text(const char *text)
{
    for (; *text != '\0'; text++)
        must(*text > ' ' && *text < 0x7f && strchr("\"<>\\^`{}|", *text) == NULL);
}

static enum http_request_result
read_in_pieces(const uint8_t *octets, size_t size, size_t piece, struct http_request *request)
{
    enum http_request_result result = HTTP_REQUEST_MORE;
    for (size_t used = 0; used < size && result == HTTP_REQUEST_MORE;) {
        size_t judged = used;
        used += piece < size - used ? piece : size - used;
        result = http_request_read(octets, used, judged, request);
    }
    return result;
}

static void
check_reply(void)
{
    http_reply_end(&reply, 0);
    must(reply.head_size > 4 && reply.head_size < sizeof reply.head);
    must(memcmp(reply.head + reply.head_size - 4, "\r\n\r\n", 4) == 0);
    must(strstr(reply.head, "\r\n\r\n") == reply.head + reply.head_size - 4);
    must(reply.size > 0 && reply.size < sizeof reply.body && reply.code >= 200);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request request, again;
    if (size == 0 || size - 1 > HTTP_REQUEST_MAX)
        return 0;
    struct exporter_paths_view view = {
        .gather = &gather, .page = &page, .hosts = (data[0] & 1) != 0 ? "a.example" : NULL};
    enum http_request_result whole = http_request_read(data + 1, size - 1, 0, &request);
    enum http_request_result result =
        read_in_pieces(data + 1, size - 1, (size_t)(data[0] >> 1) + 1, &again);
    if (size == 1)
        return 0;
    must(result == whole);
    if (whole != HTTP_REQUEST_GOOD)
        return 0;
    must(memcmp(&request, &again, sizeof request) == 0);
    must(request.path[0] == '/');
    check_text(request.path);
    check_text(request.query);
    check_text(request.host);
    exporter_page_begin(&page);
    exporter_paths_answer(&view, &request, &reply);
    must(reply.code == 200 || reply.code == 404 || reply.code == 421 || reply.code == 503);
    must(view.hosts != NULL || reply.code != 421);
    check_reply();
    return 0;
}

/* fuzz_scrape.c - what a hostile service can put on its pages, as far as the exporter tells it
 * SPDX-License-Identifier: ISC
 *
 * The input is laid over the service page, a statistics page of a front and of a worker and the last
 * hour, all of which are sound before. Invariants: what is drawn is a scrape, line by line: names,
 * labels whose values need no quoting, numbers; it has room; no octet of a page comes through as
 * text but letters, digits and marks of names. The status page is whole: its elements nest.
 */
#include "exporter/exporter_paths.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static struct service_page service;
static struct stats_page front, worker;
static struct chronicle_page hour;
static struct exporter_gather gather;
static struct http_reply reply;
static struct exporter_page shown;

static void
begin(void)
{
    memset(&service, 0, sizeof service);
    memset(&front, 0, sizeof front);
    memset(&worker, 0, sizeof worker);
    memset(&hour, 0, sizeof hour);
    memset(&gather, 0, sizeof gather);
    service.magic = SERVICE_PAGE_MAGIC;
    service.bytes = sizeof service;
    service.stats_bytes = sizeof front;
    service.lanes = service.upstreams = 1;
    chronicle_begin(&hour);
}

/* Pieces of the input: which page (one octet), where (two), how many octets (one), the octets. */
static void
lay(const uint8_t *data, size_t size)
{
    struct {
        void *at;
        size_t size;
    } const pages[] = {{&service, sizeof service},
                       {&front, sizeof front},
                       {&worker, sizeof worker},
                       {&hour, sizeof hour}};
    while (size > 4) {
        size_t page = data[0] % 4, count = data[3] < size - 4 ? data[3] : size - 4;
        size_t at = ((size_t)data[1] << 8 | data[2]) * 8 % pages[page].size;
        if (count > pages[page].size - at)
            count = pages[page].size - at;
        memcpy((uint8_t *)pages[page].at + at, data + 4, count);
        data += 4 + count;
        size -= 4 + count;
    }
}

static const char *
skip(const char *at, const char *set)
{
    return at + strspn(at, set);
}

#define NAME   "abcdefghijklmnopqrstuvwxyz_"
#define VALUE  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+~?"
#define NUMBER "0123456789."

#define DEPTH_MAX 32 /* elements within elements */

static const char *
check_labels(const char *at)
{
    do {
        must(*at == '{' || *at == ',');
        at = skip(at + 1, NAME);
        must(at[0] == '=' && at[1] == '"');
        at = skip(at + 2, VALUE);
        must(*at++ == '"');
    } while (*at == ',');
    must(*at++ == '}');
    return at;
}

static void
check_scrape(const char *at)
{
    while (*at != '\0') {
        if (*at == '#') {
            at = strchr(at, '\n');
            must(at != NULL);
        } else {
            must(strncmp(at, "penstock_", 9) == 0);
            at = skip(at, NAME);
            if (*at == '{')
                at = check_labels(at);
            must(*at++ == ' ');
            must(strspn(at, NUMBER) > 0);
            at = skip(at, NUMBER);
            must(*at == '\n');
        }
        at++;
    }
}

/* @return what follows a tag whose "<" and name are past */
static const char *
check_attributes(const char *at, bool *is_empty)
{
    while (*at == ' ') {
        at = skip(at + 1, NAME "ABR-12");
        must(at[0] == '=' && at[1] == '"');
        at += 2 + strcspn(at + 2, "\"<");
        must(*at++ == '"');
    }
    *is_empty = *at == '/';
    at += *is_empty;
    must(*at == '>');
    return at + 1;
}

/* Each element ends where it must, each attribute is quoted, and no octet is one of a terminal. */
static void
check_page(const char *at)
{
    const char *open[DEPTH_MAX];
    unsigned depth = 0;
    must(strncmp(at, "<!DOCTYPE html>", 15) == 0);
    for (at += 15; *at != '\0';) {
        bool is_empty = false, is_end = at[0] == '<' && at[1] == '/';
        if (*at != '<') {
            must((unsigned char)*at++ >= ' ');
            continue;
        }
        const char *name = at + 1 + is_end;
        at = skip(name, NAME "12");
        must(at > name);
        if (is_end) {
            must(depth > 0 && strncmp(open[--depth], name, (size_t)(at - name)) == 0);
            must(*at++ == '>');
            continue;
        }
        must(strncmp(name, "script", 6) != 0 && depth < DEPTH_MAX);
        at = check_attributes(at, &is_empty);
        open[depth] = name;
        depth += !is_empty;
    }
    must(depth == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct service_page_set pages = {
        .service = &service, .history = &hour, .history_bytes = sizeof hour};
    struct http_request request = {.path = "/metrics"};
    struct exporter_paths_view view = {
        .gather = &gather, .page = &shown, .self = {.has_reading = true, .is_fresh = true}};
    begin();
    exporter_page_begin(&shown);
    gather.has_reading = true;
    shown.held[0].drawn_us = 0;
    pages.stats[0][0] = &front;
    pages.stats[0][1] = &worker;
    for (uint64_t turn = 1; turn < 3; turn++) {
        if (turn > 1)
            lay(data, size);
        enum status status =
            sight_take(&gather.sight, &pages, UINT64_C(1000000000) * turn, 1795662760 + turn);
        if (status != STATUS_OK)
            return 0;
        for (unsigned open = 0; open < 2; open++) {
            request.has_openmetrics = open == 1;
            exporter_paths_answer(&view, &request, &reply);
            must(reply.code == 200 && !reply.is_cut);
            check_scrape(reply.body);
        }
    }
    snprintf(request.path, sizeof request.path, "/readyz");
    exporter_paths_answer(&view, &request, &reply);
    must(reply.code == 200 || reply.code == 503);
    snprintf(request.path, sizeof request.path, "/");
    exporter_paths_answer(&view, &request, &reply);
    must(reply.code == 200 && !reply.is_cut);
    check_page(reply.body);
    return 0;
}

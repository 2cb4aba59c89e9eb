/* control_client.c - see control_client.h
 * SPDX-License-Identifier: ISC
 */
#include "control/control_client.h"

#include "os/memory.h"
#include "os/peer.h"
#include "os/sys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define IS_CLOSED "penstock closed the connection: its log says why"

static enum status __attribute__((format(printf, 3, 4)))
fail(struct control_client *client, enum status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(client->error, sizeof client->error, format, args);
    va_end(args);
    return status;
}

static uint64_t
now_ms(void)
{
    return sys_clock_us(CLOCK_MONOTONIC) / 1000;
}

static int
left_ms(uint64_t until_ms)
{
    uint64_t now = now_ms();
    return now < until_ms ? (int)(until_ms - now) : 0;
}

/* One message of the service; `passed` is the caller's. */
static enum status
receive(struct control_client *client, struct control_message *answer, int *passed, int timeout_ms)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    size_t size;
    memset(answer, 0, sizeof *answer);
    enum status status = peer_await(client->fd, bytes, sizeof bytes, &size, passed, timeout_ms);
    if (status == STATUS_AGAIN)
        return fail(client, status, "penstock did not answer in time; if that lasts, restart it");
    if (status == STATUS_CLOSED)
        return fail(client, status, IS_CLOSED);
    if (status == STATUS_SYSTEM)
        return fail(client, status, "the control socket cannot be read: %s", strerror(errno));
    if (status == STATUS_OK)
        status = control_message_decode(bytes, size, *passed >= 0, CONTROL_FROM_SERVICE, answer);
    if (status == STATUS_OK)
        return answer->type == CONTROL_FAILED ? fail(client, STATUS_NONE, "%s", answer->text)
                                              : STATUS_OK;
    if (*passed >= 0)
        sys_close(*passed);
    *passed = -1;
    return fail(client, STATUS_INVALID,
                "the answer is not in the form of this version (" PENSTOCK_VERSION ")");
}

enum status
control_client_greet(struct control_client *client, int fd, const char *path, int timeout_ms)
{
    struct control_message hello;
    int passed;
    *client = (struct control_client){.fd = fd};
    enum status status = receive(client, &hello, &passed, timeout_ms);
    if (passed >= 0)
        sys_close(passed);
    if (status == STATUS_OK && hello.type != CONTROL_HELLO)
        status = fail(client, STATUS_INVALID, "%s: this is not penstock", path);
    if (status != STATUS_OK) {
        control_client_close(client);
        return status;
    }
    client->right = (enum control_right)hello.right;
    snprintf(client->version, sizeof client->version, "%.*s", SERVICE_PAGE_VERSION_MAX - 1,
             hello.text);
    return STATUS_OK;
}

enum status
control_client_open(struct control_client *client, const char *path, int timeout_ms)
{
    *client = (struct control_client){.fd = -1};
    enum status status = peer_connect(path, timeout_ms, &client->fd);
    if (status == STATUS_INVALID)
        return fail(client, status, "%.120s: no path that a socket can have", path);
    if (status == STATUS_AGAIN)
        return fail(client, status,
                    "%s: penstock takes no connections now; if that lasts, restart it", path);
    if (status != STATUS_OK)
        return fail(client, status, "%s: %s", path, strerror(errno));
    return control_client_greet(client, client->fd, path, timeout_ms);
}

void
control_client_close(struct control_client *client)
{
    if (client->fd >= 0)
        sys_close(client->fd);
    client->fd = -1;
}

static enum status
send_request(struct control_client *client, const struct control_message *request)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    enum status status = peer_send(client->fd, bytes, control_message_encode(request, bytes), -1);
    return status == STATUS_OK ? status : fail(client, STATUS_CLOSED, IS_CLOSED);
}

enum status
control_client_next(struct control_client *client, struct control_message *answer, int timeout_ms)
{
    int passed;
    enum status status = receive(client, answer, &passed, timeout_ms);
    if (passed < 0)
        return status;
    sys_close(passed);
    return fail(client, STATUS_INVALID, "penstock sent a page that was not asked for");
}

enum status
control_client_check(struct control_client *client)
{
    struct control_message message;
    enum status status = control_client_next(client, &message, 0);
    if (status == STATUS_AGAIN)
        return STATUS_OK;
    return status == STATUS_OK ? fail(client, STATUS_INVALID, IS_CLOSED) : status;
}

enum status
control_client_ask(struct control_client *client, const struct control_message *request,
                   struct control_message *answer, int timeout_ms)
{
    enum status status = send_request(client, request);
    return status == STATUS_OK ? control_client_next(client, answer, timeout_ms) : status;
}

/* --- pages ----------------------------------------------------------------------------------- */

/* @return a map of exactly `size` octets, or 0: any size, which is written; NULL: it is none */
static const void *
map(int fd, size_t *size)
{
    void *at;
    size_t whole;
    if (memory_watch(fd, &at, &whole) != STATUS_OK)
        return NULL;
    if (*size == 0 || whole == *size) {
        *size = whole;
        return at;
    }
    memory_unmap(at, whole);
    return NULL;
}

static void
unmap(const void *at, size_t size)
{
    memory_unmap((void *)(uintptr_t)at, size);
}

/* Of another version the sizes may be the same and the meaning not. */
static bool
is_ours(const struct service_page *page)
{
    return page != NULL && page->magic == SERVICE_PAGE_MAGIC && page->bytes == sizeof *page &&
           page->stats_bytes == sizeof(struct stats_page) &&
           memcmp(page->version, PENSTOCK_VERSION, sizeof PENSTOCK_VERSION) == 0 &&
           page->lanes >= 1 && page->lanes <= SERVICE_PAGE_LANES &&
           page->upstreams <= STATS_UPSTREAMS;
}

/* A page of each kind and place is taken once. */
static bool
is_wanted(const struct service_page_set *pages, const struct control_message *message)
{
    if (message->kind == CONTROL_SERVICE_PAGE)
        return pages->service == NULL;
    if (message->kind == CONTROL_HISTORY_PAGE)
        return pages->history == NULL;
    return message->lane < SERVICE_PAGE_LANES && message->place < SERVICE_PAGE_CHILDREN &&
           pages->stats[message->lane][message->place] == NULL;
}

/* `fd` is closed. @return false: no page as the message says, or a second one of the same place */
static bool
take_page(struct service_page_set *pages, const struct control_message *message, int fd)
{
    static const size_t sizes[] = {
        [CONTROL_SERVICE_PAGE] = sizeof(struct service_page),
        [CONTROL_STATS_PAGE] = sizeof(struct stats_page),
        [CONTROL_HISTORY_PAGE] = 0, /* whoever reads it judges that */
    };
    size_t size = sizes[message->kind];
    const void *at = is_wanted(pages, message) ? map(fd, &size) : NULL;
    sys_close(fd);
    if (at == NULL)
        return false;
    if (message->kind == CONTROL_SERVICE_PAGE) {
        pages->service = at;
    } else if (message->kind == CONTROL_HISTORY_PAGE) {
        pages->history = at;
        pages->history_bytes = size;
    } else {
        pages->stats[message->lane][message->place] = at;
    }
    return true;
}

static enum status
collect(struct control_client *client, struct control_pages *pages, uint32_t *generation,
        uint64_t until_ms)
{
    struct control_message message;
    int passed;
    for (;;) {
        enum status status = receive(client, &message, &passed, left_ms(until_ms));
        if (status != STATUS_OK)
            return status;
        if (message.type == CONTROL_DONE && pages->of.service != NULL) {
            *generation = message.count;
            return STATUS_OK;
        }
        if (message.type != CONTROL_PAGE || !take_page(&pages->of, &message, passed))
            return fail(client, STATUS_INVALID,
                        "the pages are not those of this version (" PENSTOCK_VERSION
                        "); the service says that it is %s",
                        client->version);
    }
}

static uint32_t
generation_of(const struct control_pages *pages)
{
    return (uint32_t)stats_load(&pages->of.service->generation);
}

/* One try. @return STATUS_OK: `pages` are written, whole or not */
static enum status
watch_once(struct control_client *client, struct control_pages *pages, uint64_t until_ms)
{
    static const struct control_message request = {.type = CONTROL_WATCH};
    *pages = (struct control_pages){.generation = 0};
    enum status status = send_request(client, &request);
    if (status == STATUS_OK)
        status = collect(client, pages, &pages->generation, until_ms);
    if (status == STATUS_OK && !is_ours(pages->of.service))
        status = fail(client, STATUS_INVALID,
                      "the service is penstock %s, and this is " PENSTOCK_VERSION, client->version);
    if (status != STATUS_OK)
        control_client_forget(pages);
    return status;
}

enum status
control_client_watch(struct control_client *client, struct control_pages *pages, int timeout_ms)
{
    struct control_pages next;
    uint64_t until_ms = now_ms() + (unsigned)timeout_ms;
    for (unsigned i = 0; i < CONTROL_CLIENT_WATCHES; i++) {
        enum status status = watch_once(client, &next, until_ms);
        if (status != STATUS_OK)
            return status;
        control_client_forget(pages);
        *pages = next;
        if (!control_client_is_stale(pages))
            break; /* else some were replaced meanwhile */
    }
    return STATUS_OK;
}

bool
control_client_is_stale(const struct control_pages *pages)
{
    return pages->of.service == NULL || generation_of(pages) != pages->generation;
}

void
control_client_forget(struct control_pages *pages)
{
    const struct service_page_set *of = &pages->of;
    if (of->service != NULL)
        unmap(of->service, sizeof *of->service);
    if (of->history != NULL)
        unmap(of->history, of->history_bytes);
    for (unsigned lane = 0; lane < SERVICE_PAGE_LANES; lane++)
        for (unsigned place = 0; place < SERVICE_PAGE_CHILDREN; place++)
            if (of->stats[lane][place] != NULL)
                unmap(of->stats[lane][place], sizeof(struct stats_page));
    *pages = (struct control_pages){.generation = 0};
}

/* --- events ---------------------------------------------------------------------------------- */

/* `fd` is closed. @return false: no memory as the message says, or a second one of the same lane */
static bool
take_events(struct control_events *events, const struct control_message *message, int fd)
{
    const struct events_memory *at = NULL;
    size_t size = sizeof *at;
    if (message->lane < SERVICE_PAGE_LANES && events->of[message->lane] == NULL)
        at = map(fd, &size);
    sys_close(fd);
    if (at == NULL)
        return false;
    events->of[message->lane] = at;
    events->numbers[message->lane] = message->index;
    return true;
}

static enum status
collect_events(struct control_client *client, struct control_events *events, uint64_t until_ms)
{
    struct control_message message;
    int passed;
    for (;;) {
        enum status status = receive(client, &message, &passed, left_ms(until_ms));
        if (status != STATUS_OK)
            return status;
        if (message.type == CONTROL_EVENTS_MEMORY && take_events(events, &message, passed))
            continue;
        if (message.type != CONTROL_EVENTS_MEMORY && passed >= 0)
            sys_close(passed);
        events->generation = message.count;
        return message.type == CONTROL_DONE
                   ? STATUS_OK
                   : fail(client, STATUS_INVALID,
                          "the memory for events is not that of this version (" PENSTOCK_VERSION
                          ")");
    }
}

enum status
control_client_watch_events(struct control_client *client, struct control_events *events,
                            int timeout_ms)
{
    static const struct control_message request = {.type = CONTROL_EVENTS};
    *events = (struct control_events){.generation = 0};
    enum status status = send_request(client, &request);
    if (status == STATUS_OK)
        status = collect_events(client, events, now_ms() + (unsigned)timeout_ms);
    if (status == STATUS_OK)
        return status;
    for (unsigned lane = 0; lane < SERVICE_PAGE_LANES; lane++)
        control_client_forget_events(&events->of[lane]);
    *events = (struct control_events){.generation = 0};
    return status;
}

void
control_client_forget_events(const struct events_memory **memory)
{
    if (*memory != NULL)
        unmap(*memory, sizeof **memory);
    *memory = NULL;
}

/* test_control_client.c - the client's side: what it believes of a service, and what it does not
 * SPDX-License-Identifier: ISC
 */
#include "control_scene.h"

#include "control/control_client.h"
#include "supervisor/event_memory.h"

#include <pthread.h>

#define WAIT_MS 5000

static struct control_client client;
static struct control_pages pages;
static int fake; /* our end, where the test is the service */

/* The service is a thread that turns. */
static void *
turns(void *unused)
{
    (void)unused;
    for (;;) {
        evloop_turn(&sup.loop, sup.loop.now_us + 1000);
        control_serve_take(&sup);
    }
    return NULL;
}

static void
begin(void)
{
    pthread_t thread;
    control_open(1);
    evloop_turn(&sup.loop, 0);
    client = (struct control_client){.fd = control_connect()};
    cr_assert_eq(pthread_create(&thread, NULL, turns, NULL), 0);
    struct control_message hello;
    cr_assert_eq(control_client_next(&client, &hello, WAIT_MS), STATUS_OK, "%s", client.error);
    cr_assert_eq(hello.type, CONTROL_HELLO);
}

/* A client whose service is what the test writes. */
static void
begin_fake(void)
{
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    client = (struct control_client){.fd = pair[0], .version = "0"};
    fake = pair[1];
}

static void
fake_send(const struct control_message *message, int fd)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    cr_assert_eq(peer_send(fake, bytes, control_message_encode(message, bytes), fd), STATUS_OK);
}
#define FAKE(fd, ...) fake_send(&(struct control_message){__VA_ARGS__}, fd)

/* Memory as a service makes it, or not sealed against writers. */
static int
page(size_t size, bool is_sealed)
{
    int fd;
    void *at;
    cr_assert_eq(memory_make("page", size, &fd, &at), STATUS_OK);
    cr_assert_eq(memory_fix_size(fd), STATUS_OK);
    if (is_sealed)
        cr_assert_eq(memory_fix_writers(fd), STATUS_OK);
    return fd;
}

Test(control_client, has_the_pages_mapped_and_sees_them_change)
{
    begin();
    cr_assert_eq(control_client_watch(&client, &pages, WAIT_MS), STATUS_OK, "%s", client.error);
    cr_assert_eq(pages.of.service->magic, SERVICE_PAGE_MAGIC);
    cr_assert_not_null(pages.of.stats[0][CHILD_FRONT]);
    cr_assert_not_null(pages.of.stats[0][CHILD_WORKER]);
    cr_assert_null(pages.of.stats[0][CHILD_ROLES]);
    cr_assert_not_null(pages.of.history);
    cr_assert_gt(pages.of.history_bytes, sizeof(struct stats_page));
    cr_assert_not(control_client_is_stale(&pages));
    stats_add(sup.lanes[0].children[CHILD_FRONT].stats, STAT_UDP_QUERIES, 3);
    cr_assert_eq(atomic_load(&pages.of.stats[0][CHILD_FRONT]->counts[STAT_UDP_QUERIES]), 3);
    report_replaced(&sup);
    cr_assert(control_client_is_stale(&pages));
    cr_assert_eq(control_client_watch(&client, &pages, WAIT_MS), STATUS_OK);
    cr_assert_not(control_client_is_stale(&pages));
    control_client_forget(&pages);
    cr_assert_null(pages.of.service);
}

Test(control_client, a_refusal_is_its_sentence)
{
    begin_fake();
    struct control_message answer;
    FAKE(-1, .type = CONTROL_FAILED, .text = "not permitted");
    cr_assert_eq(control_client_ask(&client, &(struct control_message){.type = CONTROL_RELOAD},
                                    &answer, WAIT_MS),
                 STATUS_NONE);
    cr_assert_str_eq(client.error, "not permitted");
}

Test(control_client, does_not_wait_for_ever)
{
    begin_fake();
    struct control_message answer;
    cr_assert_eq(control_client_next(&client, &answer, 10), STATUS_AGAIN);
    cr_assert_not_null(strstr(client.error, "in time"));
    close(fake);
    cr_assert_eq(control_client_next(&client, &answer, WAIT_MS), STATUS_CLOSED);
    control_client_close(&client);
    control_client_close(&client);
}

Test(control_client, sees_that_the_service_has_gone)
{
    begin_fake();
    cr_assert_eq(control_client_check(&client), STATUS_OK);
    FAKE(-1, .type = CONTROL_DONE, .count = 1);
    cr_assert_eq(control_client_check(&client), STATUS_INVALID);
    FAKE(-1, .type = CONTROL_FAILED, .text = "not permitted any more");
    cr_assert_eq(control_client_check(&client), STATUS_NONE);
    cr_assert_str_eq(client.error, "not permitted any more");
    close(fake);
    cr_assert_eq(control_client_check(&client), STATUS_CLOSED);
}

static void
expect_no_pages(void)
{
    FAKE(-1, .type = CONTROL_DONE, .count = 1);
    cr_assert_eq(control_client_watch(&client, &pages, WAIT_MS), STATUS_INVALID);
    cr_assert_gt(strlen(client.error), 10);
    cr_assert_null(pages.of.service);
}

Test(control_client, a_page_that_others_can_write_to_is_not_believed)
{
    begin_fake();
    FAKE(page(sizeof(struct service_page), false), .type = CONTROL_PAGE,
         .kind = CONTROL_SERVICE_PAGE);
    expect_no_pages();
}

Test(control_client, a_page_of_another_size_is_not_believed)
{
    begin_fake();
    FAKE(page(sizeof(struct service_page) / 2, true), .type = CONTROL_PAGE,
         .kind = CONTROL_SERVICE_PAGE);
    expect_no_pages();
}

Test(control_client, a_page_of_another_version_is_not_believed)
{
    begin_fake();
    FAKE(page(sizeof(struct service_page), true), .type = CONTROL_PAGE,
         .kind = CONTROL_SERVICE_PAGE);
    expect_no_pages();
    cr_assert_not_null(strstr(client.error, "penstock 0, and this is " PENSTOCK_VERSION));
}

Test(control_client, a_second_page_of_one_kind_is_not_believed)
{
    begin_fake();
    for (int i = 0; i < 2; i++)
        FAKE(page(4096, true), .type = CONTROL_PAGE, .kind = CONTROL_HISTORY_PAGE);
    expect_no_pages();
    cr_assert_null(pages.of.history);
}

Test(control_client, a_page_of_no_place_is_not_believed)
{
    begin_fake();
    FAKE(page(sizeof(struct stats_page), true), .type = CONTROL_PAGE, .kind = CONTROL_STATS_PAGE,
         .lane = SERVICE_PAGE_LANES);
    expect_no_pages();
}

Test(control_client, says_where_nobody_answers)
{
    cr_assert_eq(control_client_open(&client, "/tmp/penstock-nobody", WAIT_MS), STATUS_SYSTEM);
    cr_assert_not_null(strstr(client.error, "/tmp/penstock-nobody: No such file"));
    cr_assert_eq(client.fd, -1);
}

/* What stands at `fake` takes one connection, and greets with a page. */
static void *
greets_with_a_page(void *unused)
{
    int listener = fake;
    fake = accept(listener, NULL, NULL);
    int fd = page(sizeof(struct service_page), true);
    FAKE(fd, .type = CONTROL_PAGE, .kind = CONTROL_SERVICE_PAGE);
    close(fd);
    close(fake);
    close(listener);
    return unused;
}

Test(control_client, keeps_no_page_in_place_of_a_greeting)
{
    pthread_t thread;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "/tmp/penstock-greets-%d", (int)getpid());
    int next = dup(0);
    close(next);
    fake = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fake, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(fake, 1), 0);
    cr_assert_eq(pthread_create(&thread, NULL, greets_with_a_page, NULL), 0);
    cr_assert_eq(control_client_open(&client, at.sun_path, WAIT_MS), STATUS_INVALID);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    unlink(at.sun_path);
    cr_assert_not_null(strstr(client.error, "this is not penstock"), "%s", client.error);
    cr_assert_eq(dup(0), next, "a descriptor is left");
}

static struct control_events events;

Test(control_client, has_the_memory_of_events_mapped)
{
    begin();
    cr_assert_eq(control_client_watch_events(&client, &events, WAIT_MS), STATUS_NONE);
    cr_assert_not_null(strstr(client.error, "events are off"));
    sup.config.events = 1;
    struct child *front = &sup.lanes[0].children[CHILD_FRONT];
    cr_assert_eq(event_memory_begin(front), STATUS_OK);
    void *at = mmap(NULL, sizeof(struct events_memory), PROT_READ | PROT_WRITE, MAP_SHARED,
                    front->events_fd, 0);
    cr_assert_neq(at, MAP_FAILED);
    cr_assert_eq(event_memory_settle(front), STATUS_OK);
    cr_assert_eq(control_client_watch_events(&client, &events, WAIT_MS), STATUS_OK, "%s",
                 client.error);
    cr_assert_not_null(events.of[0]);
    cr_assert_null(events.of[1]);
    cr_assert_eq(events.numbers[0], 1);
    cr_assert_eq(events.generation, sup.page->generation);
    ((struct events_memory *)at)->written = 7;
    cr_assert_eq(events.of[0]->written, 7);
    control_client_forget_events(&events.of[0]);
    cr_assert_null(events.of[0]);
    control_client_forget_events(&events.of[0]);
}

static void
expect_no_events(void)
{
    FAKE(-1, .type = CONTROL_DONE, .count = 1);
    cr_assert_eq(control_client_watch_events(&client, &events, WAIT_MS), STATUS_INVALID, "%s",
                 client.error);
    cr_assert_gt(strlen(client.error), 10);
    for (unsigned lane = 0; lane < SERVICE_PAGE_LANES; lane++)
        cr_assert_null(events.of[lane]);
}

Test(control_client, memory_for_events_that_is_none_is_not_believed)
{
    size_t size = sizeof(struct events_memory);
    begin_fake();
    FAKE(page(size, false), .type = CONTROL_EVENTS_MEMORY);
    expect_no_events();
    begin_fake();
    FAKE(page(size / 2, true), .type = CONTROL_EVENTS_MEMORY);
    expect_no_events();
    begin_fake();
    FAKE(page(size, true), .type = CONTROL_EVENTS_MEMORY, .lane = SERVICE_PAGE_LANES);
    expect_no_events();
    begin_fake();
    FAKE(page(size, true), .type = CONTROL_EVENTS_MEMORY);
    FAKE(page(size, true), .type = CONTROL_EVENTS_MEMORY);
    expect_no_events();
    begin_fake();
    FAKE(page(size, true), .type = CONTROL_PAGE, .kind = CONTROL_STATS_PAGE);
    expect_no_events();
}

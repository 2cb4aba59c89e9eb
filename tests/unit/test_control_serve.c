/* test_control_serve.c - clients of the control socket, and what they cause
 * SPDX-License-Identifier: ISC
 */
#include "control_scene.h"

#include "lane/events.h"
#include "supervisor/event_memory.h"
#include "view/chronicle.h"

#include <sys/stat.h>

static bool peer_is_stranger; /* whoever connected is taken for an account without rights */

enum status __real_peer_identify(int fd, struct peer_who *who);
enum status __wrap_peer_identify(int fd, struct peer_who *who);

enum status
__wrap_peer_identify(int fd, struct peer_who *who)
{
    enum status status = __real_peer_identify(fd, who);
    if (peer_is_stranger)
        *who = (struct peer_who){.uid = 54321, .gid = 54321};
    return status;
}

/* This process is of one account, so its right is changed at the seat. */
static int
reader(void)
{
    int fd = control_client();
    unsigned seat = 0;
    while (!sup.desk.seats[seat].is_taken || sup.desk.seats[seat].right == CONTROL_READER)
        seat++;
    sup.desk.seats[seat].right = CONTROL_READER;
    return fd;
}

Test(control_serve, watching_gives_a_page_of_each_process_that_served)
{
    struct control_message message;
    int passed, pages = 0;
    control_open(2);
    int fd = reader();
    CONTROL_SAY(fd, .type = CONTROL_WATCH);
    control_turn(1);
    while (control_hear(fd, &message, &passed) == CONTROL_PAGE) {
        static const size_t sizes[] = {[CONTROL_SERVICE_PAGE] = sizeof(struct service_page),
                                       [CONTROL_HISTORY_PAGE] = sizeof(struct chronicle_page),
                                       [CONTROL_STATS_PAGE] = sizeof(struct stats_page)};
        struct stat status;
        cr_assert_eq(message.kind, pages == 0   ? CONTROL_SERVICE_PAGE
                                   : pages == 1 ? CONTROL_HISTORY_PAGE
                                                : CONTROL_STATS_PAGE);
        cr_assert_eq(fstat(passed, &status), 0);
        cr_assert_eq((size_t)status.st_size, sizes[message.kind]);
        cr_assert_eq(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, passed, 0), MAP_FAILED);
        close(passed);
        pages++;
    }
    cr_assert_eq(pages, 6);
    cr_assert_eq(message.type, CONTROL_DONE);
    cr_assert_eq(message.count, atomic_load(&sup.page->generation));
}

Test(control_serve, a_reader_changes_nothing)
{
    control_open(1);
    int fd = reader();
    static const enum control_type types[] = {CONTROL_RELOAD, CONTROL_DRAIN, CONTROL_LEVEL,
                                              CONTROL_UPSTREAMS};
    for (size_t i = 0; i < 4; i++) {
        CONTROL_SAY(fd, .type = types[i], .level = CONTROL_LEVEL_MAX);
        control_turn(1);
        control_expect(fd, CONTROL_FAILED, "not permitted");
    }
    cr_assert_not(sup.reload_asked);
    cr_assert_eq(sup.phase, PHASE_RUNNING);
    cr_assert_eq(sup.level, 0);
}

Test(control_serve, who_goes_while_something_is_under_way_frees_the_seat)
{
    control_open(1);
    int fd = control_client();
    scene_child(0, CHILD_WORKER)->state = LIFE_STARTING;
    CONTROL_SAY(fd, .type = CONTROL_RELOAD);
    control_turn(1);
    close(fd);
    control_turn(1);
    for (unsigned i = 0; i < CONTROL_SEATS; i++)
        cr_assert_not(sup.desk.seats[i].is_taken);
}

Test(control_serve, who_breaks_the_form_is_dropped_and_counted)
{
    control_open(1);
    int fd = control_client();
    cr_assert_eq(send(fd, "\xff\xff", 2, 0), 2);
    control_turn(1);
    evloop_turn(&sup.loop, 0); /* what was removed is closed */
    control_expect(fd, CONTROL_FAILED, "a message that a client may not send");
    control_expect(fd, -1, NULL);
    cr_assert_eq(atomic_load(&sup.page->clients_dropped), 1);
    SCENE_LOGGED("is dropped: a message that a client may not send");
}

Test(control_serve, who_asks_too_much_is_told_so_before_it_is_dropped)
{
    struct control_message message;
    int passed, type;
    control_open(1);
    int fd = reader();
    do {
        CONTROL_SAY(fd, .type = CONTROL_UPSTREAMS);
        control_turn(0);
        type = control_hear(fd, &message, &passed);
        cr_assert_eq(type, CONTROL_FAILED);
    } while (strstr(message.text, "not permitted") != NULL);
    cr_expect_not_null(strstr(message.text, "too many requests"), "%s", message.text);
    control_expect(fd, -1, NULL);
    cr_assert_eq(atomic_load(&sup.page->clients_dropped), 1);
}

Test(control_serve, who_does_not_read_is_dropped_and_nobody_waited)
{
    control_open(CONFIG_LANES_MAX); /* more pages than find room */
    int fd = reader();
    unsigned left = CONTROL_SEATS;
    for (unsigned i = 0; i < 40 && left > 0; i++) {
        uint8_t bytes[CONTROL_MESSAGE_MAX];
        struct control_message watch = {.type = CONTROL_WATCH};
        (void)!send(fd, bytes, control_message_encode(&watch, bytes), MSG_DONTWAIT | MSG_NOSIGNAL);
        control_turn(CONTROL_SEND_MS / 10);
        left = 0;
        for (unsigned at = 0; at < CONTROL_SEATS; at++)
            left += sup.desk.seats[at].is_taken;
    }
    cr_assert_eq(left, 0);
    SCENE_LOGGED("is dropped: it does not read its answers");
}

Test(control_serve, what_found_no_room_goes_on_when_there_is_some)
{
    struct control_message message = {0};
    int passed, pages = 0;
    control_open(CONFIG_LANES_MAX);
    int fd = reader();
    CONTROL_SAY(fd, .type = CONTROL_WATCH);
    for (int turns = 0; turns < 100 && message.type != CONTROL_DONE; turns++) {
        control_turn(1);
        while (control_hear(fd, &message, &passed) == CONTROL_PAGE) {
            pages++;
            close(passed);
        }
    }
    cr_assert_eq(message.type, CONTROL_DONE);
    cr_assert_eq(pages, 2 + CHILD_ROLES * CONFIG_LANES_MAX);
}

Test(control_serve, other_rights_end_the_connections_that_there_are)
{
    control_open(1);
    int fd = control_client();
    sup.has_new_rights = true;
    control_turn(1);
    evloop_turn(&sup.loop, 0);
    control_expect(fd, -1, NULL);
}

Test(control_serve, who_is_busy_when_rights_change_has_its_answer_and_goes)
{
    control_open(1);
    int fd = control_client();
    scene_child(0, CHILD_WORKER)->state = LIFE_STARTING;
    CONTROL_SAY(fd, .type = CONTROL_RELOAD);
    control_turn(1);
    CONTROL_SAY(fd, .type = CONTROL_DRAIN);
    sup.has_new_rights = true;
    control_turn(1);
    control_expect(fd, 0, NULL);
    sup.reload_news = (struct reload_news){.is_new = true, .is_in_force = true, .text = "in force"};
    control_turn(1);
    cr_assert_neq(sup.phase, PHASE_STOPPING);
    for (unsigned i = 0; i < CONTROL_SEATS; i++)
        cr_assert_not(sup.desk.seats[i].is_taken);
    /* who has its seat now was judged by the rights that are */
    fd = control_client();
    CONTROL_SAY(fd, .type = CONTROL_LEVEL, .level = LOG_INFO);
    control_turn(1);
    control_expect(fd, CONTROL_DONE, "info");
    control_turn(1);
    control_expect(fd, 0, NULL);
}

Test(control_serve, who_watches_and_may_no_more_gets_no_further_page)
{
    struct control_message message;
    int passed, pages = 0;
    control_open(CONFIG_LANES_MAX); /* more pages than find room */
    int fd = reader();
    CONTROL_SAY(fd, .type = CONTROL_WATCH);
    control_turn(1);
    peer_is_stranger = true;
    sup.has_new_rights = true;
    control_turn(1);
    evloop_turn(&sup.loop, 0);
    while (control_hear(fd, &message, &passed) == CONTROL_PAGE) {
        pages++;
        close(passed);
    }
    cr_assert_lt(pages, 2 + CHILD_ROLES * CONFIG_LANES_MAX);
    control_expect(fd, -1, NULL);
    SCENE_LOGGED("is dropped: its account may not ask for that any more");
}

Test(control_serve, who_watches_and_still_may_gets_every_page)
{
    struct control_message message = {0};
    int passed, pages = 0;
    control_open(CONFIG_LANES_MAX);
    int fd = reader();
    CONTROL_SAY(fd, .type = CONTROL_WATCH);
    control_turn(1);
    sup.has_new_rights = true;
    for (int turns = 0; turns < 100 && message.type != CONTROL_DONE; turns++) {
        control_turn(1);
        while (control_hear(fd, &message, &passed) == CONTROL_PAGE) {
            pages++;
            close(passed);
        }
    }
    cr_assert_eq(message.type, CONTROL_DONE);
    cr_assert_eq(pages, 2 + CHILD_ROLES * CONFIG_LANES_MAX);
}

Test(control_serve, who_has_no_right_is_told_so)
{
    if (getuid() == 0)
        cr_skip_test("root may everything");
    control_open(1);
    sup.rights.own_uid = 0;
    int fd = control_connect();
    control_turn(1);
    control_expect(fd, CONTROL_FAILED, "not permitted");
    control_expect(fd, -1, NULL);
    cr_assert_eq(atomic_load(&sup.page->clients_refused), 1);
}

Test(control_serve, without_a_socket_nothing_is_due)
{
    scene_run(1);
    cr_assert_eq(control_serve_due_us(&sup), UINT64_MAX);
    control_serve_take(&sup);
}

/* Memory for events of each lane's front, as after READY. */
static void
settle_events(void)
{
    sup.config.events = 1;
    for (unsigned lane = 0; lane < sup.lanes_count; lane++) {
        struct child *front = scene_child(lane, CHILD_FRONT);
        event_memory_change(front);
        cr_assert_eq(event_memory_settle(front), STATUS_OK);
    }
}

Test(control_serve, events_are_memory_that_nobody_can_write)
{
    struct control_message message;
    int passed;
    uint32_t numbers[2] = {0};
    control_open(2);
    int fd = control_client();
    CONTROL_SAY(fd, .type = CONTROL_EVENTS);
    control_turn(1);
    control_expect(fd, CONTROL_FAILED, "events.enabled");
    settle_events();
    CONTROL_SAY(fd, .type = CONTROL_EVENTS);
    control_turn(1);
    for (unsigned lane = 0; lane < 2; lane++) {
        struct stat status;
        cr_assert_eq(control_hear(fd, &message, &passed), CONTROL_EVENTS_MEMORY);
        cr_assert_eq(message.lane, lane);
        numbers[lane] = message.index;
        cr_assert_eq(fstat(passed, &status), 0);
        cr_assert_eq((size_t)status.st_size, sizeof(struct events_memory));
        cr_assert_eq(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, passed, 0), MAP_FAILED);
        close(passed);
    }
    cr_assert_neq(numbers[0], numbers[1]);
    cr_assert_eq(control_hear(fd, &message, &passed), CONTROL_DONE);
    cr_assert_eq(message.count, atomic_load(&sup.page->generation));
    SCENE_LOGGED("asks to read events");
}

Test(control_serve, events_are_not_for_every_operator)
{
    control_open(1);
    settle_events();
    int fd = control_client();
    for (unsigned seat = 0; seat < CONTROL_SEATS; seat++)
        sup.desk.seats[seat].reads_events = false;
    CONTROL_SAY(fd, .type = CONTROL_EVENTS);
    control_turn(1);
    control_expect(fd, CONTROL_FAILED, "events.readers");
}

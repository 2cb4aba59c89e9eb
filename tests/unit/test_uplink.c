/* test_uplink.c - the front's ends of the rings, with the worker's ends in the test's hands
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

#include "os/evloop.h"

#define RING_BYTES 4096
#define UPSTREAM   3 /* of which answers say that they come */
#define RING_SIZE  (2 * RING_MEMORY_BYTES(RING_BYTES))

struct worker {
    struct ring_consumer from_front;
    struct ring_producer to_front;
    int bell; /* rung by the front */
};

static struct uplink *uplink = &front.uplink;

static enum status
attach(struct worker *worker, uint32_t number, uint32_t bytes)
{
    struct ipc_message ring = {
        .type = IPC_RING, .epoch = number, .ring_query_bytes = bytes, .ring_answer_bytes = bytes};
    int fds[IPC_FDS_MAX];
    size_t mapped;
    void *at;
    cr_assert_eq(memory_share("ring", NULL, RING_SIZE, false, &fds[0]), STATUS_OK);
    cr_assert_eq(memory_map(fds[0], RING_SIZE, false, &at, &mapped), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[1]), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[2]), STATUS_OK);
    worker->bell = dup(fds[2]);
    ring_consumer_init(&worker->from_front, at, RING_BYTES);
    ring_producer_init(&worker->to_front, (uint8_t *)at + RING_MEMORY_BYTES(RING_BYTES),
                       RING_BYTES);
    return uplink_attach(uplink, &ring, fds);
}

static void
ask(const char *name)
{
    struct query *draft = scene_draft("127.0.0.2", QUERY_UDP, name, DNS_TYPE_A);
    struct inflight_question *question;
    enum why why;
    cr_assert_null(waiting_keep(&front.waiting, draft, &why));
    cr_assert_eq(waiting_join(&front.waiting, draft, &scene_now, &question), INFLIGHT_STARTED);
}

/* More than the ring has room for. */
static void
ask_much(void)
{
    char name[DNS_NAME_MAX];
    for (unsigned i = 0; i < 32; i++) {
        snprintf(name, sizeof name, "n%02u.%0*u.%0*u.%0*u.example", i, 60, 0, 60, 0, 60, 0);
        ask(name);
    }
}

/* @return false: there is nothing */
static bool
take(struct worker *worker, struct handoff_query *query)
{
    uint8_t record[RING_BYTES];
    size_t size;
    if (ring_take(&worker->from_front, record, sizeof record, &size) != STATUS_OK)
        return false;
    cr_assert_eq(handoff_query_read(record, size, query), STATUS_OK);
    (void)ring_release(&worker->from_front);
    return true;
}

static void
say(struct worker *worker, const struct handoff_query *query)
{
    struct handoff_answer answer = {.slot = query->slot,
                                    .generation = query->generation,
                                    .outcome = HANDOFF_FAILED,
                                    .upstream = UPSTREAM,
                                    .ede = DNS_EDE_NONE};
    uint8_t head[HANDOFF_ANSWER_HEAD];
    handoff_answer_write(&answer, head);
    cr_assert_eq(ring_put(&worker->to_front, head, sizeof head, NULL, 0), STATUS_OK);
    (void)ring_publish(&worker->to_front);
}

/* @return how many answers came */
static unsigned
next_all(void)
{
    struct handoff_answer answer;
    struct inflight_question *question;
    unsigned count = 0;
    for (; (question = uplink_next(uplink, &answer)) != NULL; count++) {
        cr_assert_eq(answer.outcome, HANDOFF_FAILED);
        waiting_give(&front.waiting, waiting_pop(&front.waiting, question));
        waiting_end(&front.waiting, question);
    }
    return count;
}

Test(uplink, a_question_crosses_without_its_client_and_its_answer_finds_it, .init = scene_setup)
{
    struct worker worker;
    struct handoff_query query;
    struct dns_name name = name_of("a.example");
    cr_assert_eq(attach(&worker, 1, RING_BYTES), STATUS_OK);
    cr_expect_not(uplink_sleep(uplink), "it may have records already");
    cr_expect_eq(next_all(), 0);
    cr_expect(uplink_sleep(uplink));
    uplink_wake(uplink);
    ask("a.example");
    uplink_submit(uplink);
    cr_assert(take(&worker, &query));
    cr_expect_eq(query.question.name.size, name.size);
    cr_expect_arr_eq(query.question.name.wire, name.wire, name.size);
    cr_expect_eq(query.deadline_ms, scene_now.now_us / 1000 + 2000 - WAITING_MARGIN_MS);
    say(&worker, &query);
    cr_expect_not(uplink_sleep(uplink), "there is work");
    cr_expect_eq(next_all(), 1);
    say(&worker, &query);
    cr_expect_eq(next_all(), 0, "it has ended");
    cr_expect_eq(scene_stat(STAT_RING_STALE), 1);
}

Test(uplink, a_full_ring_leaves_questions_in_line_and_in_order, .init = scene_setup)
{
    struct worker worker;
    struct handoff_query query;
    cr_assert_eq(attach(&worker, 1, RING_BYTES), STATUS_OK);
    ask_much();
    uplink_submit(uplink);
    cr_expect_gt(scene_stat(STAT_RING_FULL), 0);
    unsigned taken = 0;
    while (take(&worker, &query))
        taken++;
    uplink_submit(uplink);
    while (take(&worker, &query))
        taken++;
    cr_expect_eq(taken, 32);
    cr_expect_eq(front.waiting.inflight.queued, 0);
}

Test(uplink, questions_wait_while_there_is_no_worker, .init = scene_setup)
{
    ask("a.example");
    uplink_submit(uplink);
    cr_expect_eq(front.waiting.inflight.queued, 1);
    cr_expect(uplink_sleep(uplink));
}

Test(uplink, what_a_dead_worker_said_is_taken_and_what_it_did_not_is_asked_again,
     .init = scene_setup)
{
    struct worker worker, next;
    struct handoff_query a, b;
    struct handoff_answer answer;
    cr_assert_eq(attach(&worker, 1, RING_BYTES), STATUS_OK);
    ask("a.example");
    ask("b.example");
    uplink_submit(uplink);
    cr_assert(take(&worker, &a) && take(&worker, &b));
    say(&worker, &a);
    struct inflight_question *question = uplink_next_of(uplink, 1, &answer);
    cr_assert_not_null(question);
    waiting_give(&front.waiting, waiting_pop(&front.waiting, question));
    waiting_end(&front.waiting, question);
    cr_expect_null(uplink_next_of(uplink, 1, &answer));
    cr_expect_null(uplink_next_of(uplink, 9, &answer), "one that we never had");
    uplink_detach(uplink, 9, true);
    uplink_detach(uplink, 1, true);
    cr_expect_eq(front.waiting.inflight.queued, 1);
    cr_assert_eq(attach(&next, 2, RING_BYTES), STATUS_OK);
    uplink_submit(uplink);
    cr_assert(take(&next, &b));
    cr_expect_eq(b.question.name.wire[1], 'b');
}

Test(uplink, an_answer_in_another_ring_than_the_questions_is_stale, .init = scene_setup)
{
    struct worker old, new;
    struct handoff_query query;
    cr_assert_eq(attach(&old, 1, RING_BYTES), STATUS_OK);
    ask("a.example");
    uplink_submit(uplink);
    cr_assert(take(&old, &query));
    cr_assert_eq(attach(&new, 2, RING_BYTES), STATUS_OK);
    say(&new, &query);
    cr_expect_eq(next_all(), 0);
    cr_expect_eq(scene_stat(STAT_RING_STALE), 1);
    say(&old, &query);
    cr_expect_eq(next_all(), 1);
}

/* @return what the answer to one question says that it came of */
static uint8_t
upstream_of(struct worker *worker, const char *name)
{
    struct handoff_query query;
    struct handoff_answer answer;
    ask(name);
    uplink_submit(uplink);
    cr_assert(take(worker, &query));
    say(worker, &query);
    struct inflight_question *question = uplink_next(uplink, &answer);
    cr_assert_not_null(question);
    waiting_give(&front.waiting, waiting_pop(&front.waiting, question));
    waiting_end(&front.waiting, question);
    cr_assert_null(uplink_next(uplink, &answer));
    return answer.upstream;
}

Test(uplink, places_of_another_configuration_are_not_told, .init = scene_setup)
{
    struct worker before, after;
    cr_assert_eq(attach(&before, 1, RING_BYTES), STATUS_OK);
    cr_expect_eq(upstream_of(&before, "a.example"), UPSTREAM);
    uplink_forget_places(uplink);
    cr_expect_geq(upstream_of(&before, "b.example"), CONFIG_UPSTREAMS_MAX);
    uplink_detach(uplink, 1, false);
    cr_assert_eq(attach(&after, 2, RING_BYTES), STATUS_OK);
    cr_expect_eq(upstream_of(&after, "c.example"), UPSTREAM, "the same place, another ring");
}

Test(uplink, takes_256_answers_of_a_ring_in_a_turn, .init = scene_setup)
{
    struct worker worker;
    struct handoff_query query = {.slot = 5, .generation = 3};
    cr_assert_eq(attach(&worker, 1, RING_BYTES), STATUS_OK);
    unsigned said = 0;
    for (; said < 150; said++)
        say(&worker, &query);
    uplink->count = UPLINK_ANSWERS - 100; /* as if so many had come already */
    cr_expect_eq(next_all(), 0);
    cr_expect_eq(scene_stat(STAT_RING_STALE), 100);
    cr_expect_not(uplink_sleep(uplink), "there are more");
    cr_expect_eq(next_all(), 0);
    cr_expect_eq(scene_stat(STAT_RING_STALE), 150);
}

static void
expect_broken(uint32_t number)
{
    uint32_t told = 0;
    cr_expect(uplink->has_broken);
    cr_expect(uplink_pop_broken(uplink, &told));
    cr_expect_eq(told, number);
    cr_expect_not(uplink_pop_broken(uplink, &told), "once");
    cr_expect_not(uplink->has_broken);
}

Test(uplink, a_worker_that_breaks_its_ring_is_told_once_and_not_read_again, .init = scene_setup)
{
    struct worker worker;
    uint8_t noise[3] = {1, 2, 3};
    cr_assert_eq(attach(&worker, 1, RING_BYTES), STATUS_OK);
    cr_assert_eq(ring_put(&worker.to_front, noise, sizeof noise, NULL, 0), STATUS_OK);
    (void)ring_publish(&worker.to_front);
    cr_expect_eq(next_all(), 0);
    expect_broken(1);
    cr_expect_eq(next_all(), 0);
    cr_assert_eq(attach(&worker, 2, RING_BYTES), STATUS_OK);
    atomic_store(&worker.to_front.shared->tail, 1);
    cr_expect_eq(next_all(), 0);
    expect_broken(2);
    cr_assert_eq(attach(&worker, 3, RING_BYTES), STATUS_OK);
    atomic_store(&worker.from_front.shared->head, 1U << 30);
    ask_much();
    uplink_submit(uplink);
    expect_broken(3);
}

Test(uplink, takes_no_more_rings_than_it_has_places_and_none_of_an_odd_size, .init = scene_setup)
{
    struct worker worker;
    cr_expect_eq(attach(&worker, 1, RING_BYTES + 4), STATUS_INVALID);
    for (uint32_t i = 0; i < UPLINK_LINKS; i++)
        cr_assert_eq(attach(&worker, 2 + i, RING_BYTES), STATUS_OK);
    cr_expect_eq(attach(&worker, 9, RING_BYTES), STATUS_FULL);
}

/* @return the lowest number that no descriptor has */
static int
first_free(void)
{
    int fd = dup(STDERR_FILENO);
    close(fd);
    return fd;
}

Test(uplink, descriptors_of_a_ring_that_is_refused_are_closed, .init = scene_setup)
{
    struct worker worker;
    int before = first_free();
    cr_assert_eq(attach(&worker, 1, RING_BYTES + 4), STATUS_INVALID);
    close(worker.bell);
    cr_expect_eq(first_free(), before);
    for (uint32_t i = 0; i < UPLINK_LINKS; i++)
        cr_assert_eq(attach(&worker, 2 + i, RING_BYTES), STATUS_OK);
    before = first_free();
    cr_assert_eq(attach(&worker, 9, RING_BYTES), STATUS_FULL);
    close(worker.bell);
    cr_expect_eq(first_free(), before);
}

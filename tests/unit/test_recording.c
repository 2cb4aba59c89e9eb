/* test_recording.c - one event for each query that ended, and what it says
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

#include <sys/mman.h>

static struct events_reader reader;
static struct event event;
static uint8_t message[4096];
static struct dns_answer answer;

static int
make_memory(struct events_memory **at)
{
    int fd;
    void *mapped;
    cr_assert_eq(memory_make("events", sizeof **at, &fd, &mapped), STATUS_OK);
    cr_assert_eq(memory_fix_size(fd), STATUS_OK);
    *at = mapped;
    return fd;
}

static void
open_with(enum config_clients clients, uint32_t sample)
{
    struct events_memory *memory;
    scene_config();
    config.events_clients = clients;
    config.events_names = CONFIG_NAMES_FULL;
    config.events_sample = sample;
    config.events_ipv4_length = 24;
    config.events_ipv6_length = 56;
    config.pacing = 1;
    config.pacing_wait_ms = 1000;
    scene_open();
    recording_change(&front.recording, &config);
    cr_assert_eq(recording_take(&front.recording, make_memory(&memory)), STATUS_OK);
    events_reader_init(&reader, memory, true);
}

static void
setup(void)
{
    open_with(CONFIG_CLIENTS_FULL, 1);
}

static bool
next(void)
{
    return events_read(&reader, scene_now.now_us, &event);
}

static struct query *
draft_of(enum query_transport transport)
{
    return scene_draft("127.0.0.2", transport, "a.example", DNS_TYPE_A);
}

static void
refuse(struct query *draft)
{
    struct verdict verdict = verdict_refuse(WHY_CLASS, DNS_REFUSED, DNS_EDE_NOT_SUPPORTED);
    deliver_refuse(&front.deliver, draft, &verdict, &scene_now);
}

Test(recording, an_event_says_how_a_query_ended, .init = setup)
{
    struct query *draft = draft_of(QUERY_UDP);
    scene_pass(7);
    refuse(draft);
    cr_assert_not(next(), "not before the turn is over");
    deliver_flush(&front.deliver);
    cr_assert(next());
    cr_expect_eq(event.why, WHY_CLASS);
    cr_expect_eq(event.rcode, DNS_REFUSED);
    cr_expect_eq(event.latency_us, 7000);
    cr_expect_eq(event.ended_us, scene_now.now_us);
    cr_expect_eq(event.type, DNS_TYPE_A);
    cr_expect_eq(event.class, DNS_CLASS_IN);
    cr_expect_eq(event.transport, QUERY_UDP);
    cr_expect_eq(event.bits, EVENTS_QUESTION | EVENTS_EDNS);
    cr_expect_eq(event.query_flags, DNS_RD);
    cr_expect_eq(event.flags, DNS_QR | DNS_RD | DNS_RA);
    cr_expect_eq(event.size, scene_out[0].size);
    cr_expect_eq(event.client_port, 4000);
    cr_expect_eq(event.client[3], 2);
    cr_expect_eq(event.upstream, 0);
    cr_expect_not(next(), "and there is no other");
    cr_expect_eq(scene_stat(STAT_EVENTS), 1);
}

Test(recording, an_extended_rcode_is_told_whole, .init = setup)
{
    struct verdict verdict = verdict_own(WHY_COOKIE, VERDICT_RCODE);
    verdict.rcode = DNS_BADCOOKIE;
    deliver_answer(&front.deliver, draft_of(QUERY_UDP), &verdict, &scene_now);
    deliver_flush(&front.deliver);
    cr_assert(next());
    cr_assert_eq(event.rcode, DNS_BADCOOKIE);
}

Test(recording, what_the_kernel_did_not_send_is_told_so, .init = setup)
{
    refuse(draft_of(QUERY_UDP));
    scene_send_errno = EPERM;
    deliver_flush(&front.deliver);
    cr_assert(next());
    cr_assert_eq(event.why, WHY_SEND_FAILED);
    cr_assert_eq(stats.why[WHY_SEND_FAILED], 1);
}

Test(recording, what_is_dropped_unparsed_tells_no_question, .init = setup)
{
    struct query *draft = draft_of(QUERY_UDP); /* parsed, as the draft of a query before it was */
    deliver_drop(&front.deliver, draft, WHY_RATE_DROPPED, &scene_now);
    deliver_drop(&front.deliver, draft, WHY_CONNECTION_TAKEN, &scene_now);
    deliver_flush(&front.deliver);
    cr_assert(next());
    cr_expect_eq(event.bits, 0);
    cr_expect_eq(event.name_size, 0);
    cr_expect_eq(event.size, 0);
    cr_assert(next());
    cr_expect_eq(event.bits, EVENTS_QUESTION | EVENTS_EDNS);
}

Test(recording, a_client_that_left_has_an_event, .init = setup)
{
    struct query *draft = draft_of(QUERY_TCP);
    draft->client.connection = 1; /* never was there */
    draft->client.connection_generation = 99;
    refuse(draft);
    deliver_flush(&front.deliver);
    cr_assert(next());
    cr_expect_eq(event.why, WHY_CLIENT_GONE);
    cr_expect_eq(event.transport, QUERY_TCP);
    cr_expect_eq(event.bits, EVENTS_QUESTION | EVENTS_EDNS | EVENTS_PROVEN);
    cr_expect_eq(event.size, 0);
}

/* An answer of some 1100 octets. */
static void
send_large(void)
{
    struct query *draft = draft_of(QUERY_UDP);
    size_t size = scene_answer(&draft->dns.question, 0, 65, 60, message, &answer);
    cr_assert_gt(size, 1000);
    struct verdict verdict = {.end = VERDICT_ANSWER,
                              .why = WHY_ANSWERED,
                              .form = VERDICT_RECORDS,
                              .upstream = 3,
                              .message = message,
                              .answer = &answer};
    deliver_answer(&front.deliver, draft, &verdict, &scene_now);
    deliver_flush(&front.deliver);
}

Test(recording, a_response_that_pacing_held_ends_when_it_leaves, .init = setup)
{
    while (front.pacing.count == 0)
        send_large();
    while (next())
        cr_assert_eq(event.upstream, 3);
    uint64_t events = scene_stat(STAT_EVENTS);
    send_large(); /* too much */
    cr_assert(next());
    cr_assert_eq(event.why, WHY_PACE_SLIPPED);
    cr_assert(event.flags & DNS_TC);
    cr_assert_lt(event.size, 100);
    scene_pass(1500);
    deliver_release(&front.deliver, &scene_now);
    deliver_flush(&front.deliver);
    cr_assert_eq(front.pacing.count, 0);
    cr_assert(next());
    cr_expect_eq(event.why, WHY_ANSWERED);
    cr_expect_eq(event.latency_us, 1500000);
    cr_expect_eq(event.upstream, 3);
    cr_expect_gt(event.size, 1000);
    cr_expect_not(next());
    cr_expect_eq(scene_stat(STAT_EVENTS), events + 2);
    cr_expect_eq(front.recording.held[0].ended_us + front.recording.held[255].ended_us, 0);
}

Test(recording, one_in_so_many_is_recorded_exactly)
{
    unsigned seen = 0;
    open_with(CONFIG_CLIENTS_NONE, 3);
    for (unsigned i = 0; i < 31; i++)
        refuse(draft_of(QUERY_UDP));
    deliver_flush(&front.deliver);
    for (; next(); seen++)
        cr_assert_eq(event.client_kind, EVENTS_CLIENT_NONE);
    cr_assert_eq(seen, 10);
}

static uint64_t
pseudonym(void)
{
    uint64_t value;
    refuse(draft_of(QUERY_UDP));
    deliver_flush(&front.deliver);
    cr_assert(next());
    cr_assert_eq(event.client_kind, EVENTS_CLIENT_PSEUDONYM);
    memcpy(&value, event.client, sizeof value);
    return value;
}

Test(recording, pseudonyms_change_with_the_day)
{
    open_with(CONFIG_CLIENTS_PSEUDONYM, 1);
    scene_now.wall_s = 1700006399; /* the last second of a day, UTC */
    uint64_t first = pseudonym(), second = pseudonym();
    cr_assert_eq(first, second);
    scene_now.wall_s++;
    cr_assert_neq(pseudonym(), first);
    scene_now.wall_s--;
    cr_assert_neq(pseudonym(), first, "the key of a day that is over is gone");
}

Test(recording, off_keeps_and_costs_nothing, .init = scene_setup)
{
    cr_assert_not(recording_is_on(&front.recording));
    refuse(draft_of(QUERY_UDP));
    deliver_drop(&front.deliver, draft_of(QUERY_UDP), WHY_ACL, &scene_now);
    deliver_flush(&front.deliver);
    cr_assert_eq(scene_stat(STAT_EVENTS), 0);
    cr_assert_eq(stats.why[WHY_CLASS], 1);
    cr_assert_eq(stats.why[WHY_ACL], 1);
}

Test(recording, turned_off_it_lets_go_of_its_memory, .init = setup)
{
    const struct events_memory *before = front.recording.writer.memory;
    cr_assert_eq(recording_take(&front.recording, -1), STATUS_OK);
    cr_assert_not(recording_is_on(&front.recording));
    refuse(draft_of(QUERY_UDP));
    deliver_flush(&front.deliver);
    cr_assert_not(next());
    unsigned char is_there;
    cr_assert_lt(mincore((void *)(uintptr_t)before, 4096, &is_there), 0, "unmapped");
    int fd = memfd_create("small", MFD_ALLOW_SEALING);
    cr_assert_eq(recording_take(&front.recording, fd), STATUS_INVALID, "it could shrink");
    cr_assert_not(recording_is_on(&front.recording));
}

static bool
has_key(void)
{
    static const struct hash_key none;
    bool is_zero = memcmp(&front.recording.disclose.key, &none, sizeof none) == 0;
    cr_assert_eq(front.recording.has_key, !is_zero);
    return front.recording.has_key;
}

Test(recording, on_the_first_day_of_all_there_is_a_key)
{
    open_with(CONFIG_CLIENTS_PSEUDONYM, 1);
    scene_now.wall_s = 1000; /* a clock that was not set yet */
    uint64_t first = pseudonym();
    cr_assert(has_key());
    cr_assert_eq(pseudonym(), first);
}

Test(recording, a_key_is_forgotten_when_its_day_is_over_or_events_are_off)
{
    open_with(CONFIG_CLIENTS_PSEUDONYM, 1);
    scene_now.wall_s = 1700006399;
    (void)pseudonym();
    recording_tick(&front.recording, &scene_now);
    cr_assert(has_key());
    scene_now.wall_s++;
    recording_tick(&front.recording, &scene_now);
    cr_assert_not(has_key());
    (void)pseudonym();
    cr_assert(has_key());
    cr_assert_eq(recording_take(&front.recording, -1), STATUS_OK);
    cr_assert_not(has_key());
}

Test(recording, pseudonyms_outlive_a_reload)
{
    struct events_memory *memory;
    open_with(CONFIG_CLIENTS_PSEUDONYM, 1);
    uint64_t first = pseudonym();
    cr_assert_eq(recording_take(&front.recording, make_memory(&memory)), STATUS_OK);
    recording_change(&front.recording, &config);
    events_reader_init(&reader, memory, true);
    cr_assert_eq(pseudonym(), first);
}

Test(recording, what_pacing_holds_over_a_reload_tells_nothing, .init = setup)
{
    static const struct event none[PACING_HELD];
    struct events_memory *memory;
    while (front.pacing.count == 0)
        send_large();
    cr_assert_neq(memcmp(front.recording.held, none, sizeof none), 0);
    cr_assert_eq(recording_take(&front.recording, make_memory(&memory)), STATUS_OK);
    cr_assert_eq(memcmp(front.recording.held, none, sizeof none), 0);
    events_reader_init(&reader, memory, true);
    scene_pass(1500);
    deliver_release(&front.deliver, &scene_now);
    deliver_flush(&front.deliver);
    cr_assert_eq(front.pacing.count, 0);
    cr_assert_not(next());
    cr_assert_eq(reader.bad, 0, "not even one that says nothing");
}

Test(recording, a_turn_that_ends_very_many_loses_none_to_a_reader_that_reads)
{
    struct query *draft;
    unsigned seen = 0;
    open_with(CONFIG_CLIENTS_NONE, 1);
    draft = draft_of(QUERY_UDP);
    for (unsigned i = 0; i < 3 * EVENTS_SLOTS; i++) {
        deliver_drop(&front.deliver, draft, WHY_ACL, &scene_now);
        while (next())
            seen++;
    }
    deliver_flush(&front.deliver);
    while (next())
        seen++;
    cr_assert_eq(seen, 3 * EVENTS_SLOTS);
    cr_assert_eq(reader.lost, 0);
    cr_assert_eq(scene_stat(STAT_EVENTS), 3 * EVENTS_SLOTS);
}

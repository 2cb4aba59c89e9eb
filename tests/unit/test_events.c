/* test_events.c - what a reader gets of what was written, and what it does not believe
 * SPDX-License-Identifier: ISC
 */
#include "lane/events.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#define NOW_US UINT64_C(5000000)

static struct events_memory memory;
static struct events_writer writer;
static struct events_reader reader;
static struct event event;

static struct event
sound(uint16_t type)
{
    static const uint8_t name[] = "\003www\007example";
    struct event made = {.ended_us = 4000000,
                         .latency_us = 1500,
                         .size = 60,
                         .type = type,
                         .class = DNS_CLASS_IN,
                         .rcode = DNS_NOERROR,
                         .query_flags = DNS_RD,
                         .flags = DNS_QR | DNS_RD | DNS_RA,
                         .client_port = 4000,
                         .why = WHY_ANSWERED,
                         .transport = QUERY_UDP,
                         .upstream = 1,
                         .bits = EVENTS_QUESTION | EVENTS_EDNS,
                         .client_kind = EVENTS_CLIENT_ADDRESS,
                         .client_family = ADDR_IPV4,
                         .name_kind = EVENTS_NAME_FULL,
                         .name_size = sizeof name,
                         .client = {192, 0, 2, 1}};
    memcpy(made.name, name, sizeof name);
    return made;
}

static void
put(uint16_t type)
{
    struct event made = sound(type);
    (void)events_write(&writer, &made);
}

static void
begin(void)
{
    events_writer_init(&writer, &memory);
    events_reader_init(&reader, &memory, true);
}

Test(events, a_record_comes_out_as_it_went_in, .init = begin)
{
    for (unsigned size = 1; size <= 3; size++) {
        struct event made = sound(28);
        made.name_size = size == 1 ? 1 : size == 2 ? 5 : made.name_size;
        memset(made.name + made.name_size, 0, sizeof made.name - made.name_size);
        if (made.name_size < 13)
            made.name[made.name_size - 1] = 0;
        (void)events_write(&writer, &made);
        events_publish(&writer);
        cr_assert(events_read(&reader, NOW_US, &event));
        cr_assert_eq(memcmp(&event, &made, sizeof event), 0, "%u", made.name_size);
    }
    cr_assert_not(events_read(&reader, NOW_US, &event));
    cr_assert_eq(reader.lost + reader.bad, 0);
}

Test(events, a_short_name_shows_nothing_of_a_longer_one_before, .init = begin)
{
    for (unsigned i = 0; i < EVENTS_SLOTS; i++)
        put(1);
    struct event made = sound(2);
    made.name_size = 1;
    made.name[0] = 0;
    (void)events_write(&writer, &made);
    events_publish(&writer);
    events_reader_init(&reader, &memory, true);
    while (events_read(&reader, NOW_US, &event) && event.type != 2)
        ;
    cr_assert_eq(event.type, 2);
    for (unsigned i = 1; i < sizeof event.name; i++)
        cr_assert_eq(event.name[i], 0);
    cr_assert_eq(writer.memory->slots[0].words[7], 0, "nor in the memory, in the word of its end");
}

Test(events, nothing_is_seen_before_it_is_published, .init = begin)
{
    put(1);
    cr_assert_not(events_read(&reader, NOW_US, &event));
    struct event made = sound(2);
    uint64_t number = events_write(&writer, &made);
    events_amend(&writer, number, WHY_SEND_FAILED);
    events_publish(&writer);
    cr_assert(events_read(&reader, NOW_US, &event));
    cr_assert_eq(event.why, WHY_ANSWERED);
    cr_assert(events_read(&reader, NOW_US, &event));
    cr_assert_eq(event.why, WHY_SEND_FAILED);
    made.why = WHY_SEND_FAILED;
    cr_assert_eq(memcmp(&event, &made, sizeof event), 0, "and nothing else is another");
}

Test(events, what_was_written_over_is_counted_as_lost, .init = begin)
{
    unsigned seen = 0;
    for (unsigned i = 0; i < EVENTS_SLOTS + 100; i++)
        put((uint16_t)(i % 1000));
    events_publish(&writer);
    for (; events_read(&reader, NOW_US, &event); seen++)
        cr_assert_eq(event.type, (100 + seen) % 1000, "the oldest that is there comes first");
    cr_assert_eq(seen, EVENTS_SLOTS);
    cr_assert_eq(reader.lost, 100);
    cr_assert_eq(reader.bad, 0);
}

Test(events, each_reader_reads_for_itself, .init = begin)
{
    struct events_reader other, late;
    put(1);
    events_publish(&writer);
    events_reader_init(&other, &memory, true);
    events_reader_init(&late, &memory, false);
    cr_assert(events_read(&reader, NOW_US, &event));
    cr_assert(events_read(&other, NOW_US, &event));
    cr_assert_not(events_read(&late, NOW_US, &event), "it began after that");
    put(2);
    events_publish(&writer);
    cr_assert(events_read(&late, NOW_US, &event));
    cr_assert_eq(event.type, 2);
}

Test(events, a_record_that_is_being_written_is_not_taken, .init = begin)
{
    put(1);
    put(2);
    events_publish(&writer);
    memory.slots[0].number = 1; /* as while it is written again */
    cr_assert(events_read(&reader, NOW_US, &event));
    cr_assert_eq(event.type, 2);
    cr_assert_eq(reader.lost, 1);
}

Test(events, an_amended_record_is_that_one_or_none, .init = begin)
{
    unsigned amended = 0;
    for (unsigned i = 0; i <= EVENTS_SLOTS; i++)
        put(1); /* the last one stands where the first one stood */
    events_amend(&writer, 0, WHY_SEND_FAILED);
    events_amend(&writer, 1, WHY_SEND_FAILED);
    events_publish(&writer);
    cr_assert(events_read(&reader, NOW_US, &event));
    cr_assert_eq(event.why, WHY_SEND_FAILED, "record 1");
    while (events_read(&reader, NOW_US, &event))
        amended += event.why == WHY_SEND_FAILED;
    cr_assert_eq(amended, 0);
}

Test(events, a_count_that_goes_back_is_noticed, .init = begin)
{
    for (unsigned i = 0; i < 5; i++)
        put(1);
    events_publish(&writer);
    while (events_read(&reader, NOW_US, &event))
        ;
    memory.written = 2;
    cr_assert_not(events_read(&reader, NOW_US, &event));
    cr_assert_eq(reader.bad, 1);
    memory.written = UINT64_MAX;
    cr_assert_not(events_read(&reader, NOW_US, &event), "and a jump costs a bounded look");
    cr_assert_geq(reader.lost, EVENTS_SLOTS);
}

/* Each way by which a front that was taken over could lie; every one is refused. */
Test(events, what_no_front_writes_is_refused)
{
#define REFUSES(change)                                                                            \
    do {                                                                                           \
        event = sound(1);                                                                          \
        cr_assert(events_is_sound(&event, NOW_US));                                                \
        change;                                                                                    \
        cr_expect_not(events_is_sound(&event, NOW_US), #change);                                   \
    } while (0)
    REFUSES(event.ended_us = NOW_US + EVENTS_LATE_US + 1);
    REFUSES(event.ended_us = event.latency_us - 1);
    REFUSES(event.why = WHY_COUNT);
    REFUSES(event.transport = 0);
    REFUSES(event.transport = 3);
    REFUSES(event.upstream = EVENTS_UPSTREAMS + 1);
    REFUSES(event.bits |= 16);
    REFUSES(event.query_flags |= DNS_QR);
    REFUSES(event.unused[4] = 1);
    REFUSES(event.rcode = 4096);
    REFUSES(event.flags &= (uint16_t)~DNS_QR);
    REFUSES(event.flags |= DNS_SERVFAIL);
    REFUSES(event.size = 11);
    REFUSES(event.size = 0);
    REFUSES(event.client_kind = 4);
    REFUSES(event.client_family = ADDR_NONE);
    REFUSES(event.client_family = 5);
    REFUSES(event.client[4] = 1);
    REFUSES(event.client_length = 1);
    REFUSES(event.client_kind = EVENTS_CLIENT_NONE);
    REFUSES(event.client_kind = EVENTS_CLIENT_PSEUDONYM);
    REFUSES(event.name_kind = 3);
    REFUSES(event.name_kind = EVENTS_NAME_NONE);
    REFUSES(event.name_size--);
    REFUSES(event.name_size++);
    REFUSES(event.name[0] = 0xc0);
    REFUSES(event.name[1] = 'W');
    REFUSES(event.bits = 0);
    REFUSES((event.bits = 0, event.type = 0, event.class = 0));
    REFUSES((event.client_kind = EVENTS_CLIENT_NETWORK, event.client_port = 0,
             event.client_length = 24));
    REFUSES((event.client_kind = EVENTS_CLIENT_NETWORK, event.client_length = 32));
    REFUSES((event.client_kind = EVENTS_CLIENT_NETWORK, event.client_port = 0,
             event.client_length = 33));
#undef REFUSES
}

Test(events, what_tells_less_is_sound_too)
{
    event = sound(1);
    event.client_kind = EVENTS_CLIENT_NETWORK;
    event.client_length = 24;
    event.client_port = 0;
    event.client[3] = 0;
    cr_assert(events_is_sound(&event, NOW_US));
    event = (struct event){.ended_us = 1, .why = WHY_SHORT, .transport = QUERY_TCP};
    cr_assert(events_is_sound(&event, NOW_US));
}

/* Whatever stands there, what is taken is sound, and a look ends. */
Test(events, random_memory_is_read_within_bounds, .init = begin)
{
    struct prng prng = prng_begin("events");
    for (unsigned round = 0; round < 300; round++) {
        for (unsigned i = 0; i < 64; i++)
            put(1);
        events_publish(&writer);
        for (unsigned i = 0; i < 16; i++)
            ((uint8_t *)memory.slots)[prng_next(&prng) % (sizeof memory.slots[0] * 64)] =
                (uint8_t)prng_next(&prng);
        memory.written = round % 7 == 0 ? prng_next(&prng) : memory.written;
        for (unsigned taken = 0; events_read(&reader, NOW_US, &event); taken++) {
            cr_assert(events_is_sound(&event, NOW_US));
            cr_assert_leq(taken, EVENTS_SLOTS);
        }
    }
}

#define RECORDS 400000 /* the ring goes round some twenty times */

/* Each octet of a record's name says which it is. */
static void *
writes(void *unused)
{
    for (unsigned i = 0; i < RECORDS; i++) {
        struct event made = sound((uint16_t)i);
        made.name_size = 65;
        made.name[0] = 63;
        memset(made.name + 1, (int)('0' + i % 10), 63);
        made.name[64] = 0;
        (void)events_write(&writer, &made);
        if (i % 3 == 0 || i + 1 == RECORDS)
            events_publish(&writer);
    }
    return unused;
}

Test(events, who_reads_beside_the_writer_sees_whole_records_or_none, .init = begin)
{
    pthread_t thread;
    unsigned taken = 0;
    cr_assert_eq(pthread_create(&thread, NULL, writes, NULL), 0);
    while (reader.next < RECORDS) {
        if (!events_read(&reader, NOW_US, &event))
            continue;
        cr_assert_eq(event.type, (uint16_t)(reader.next - 1));
        for (unsigned i = 1; i < 64; i++)
            cr_assert_eq(event.name[i], '0' + (reader.next - 1) % 10, "a torn record");
        taken++;
    }
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert_eq(reader.bad, 0);
    cr_assert_eq(taken + reader.lost, RECORDS);
}

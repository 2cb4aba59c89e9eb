/* unread.c - nobody reads what is not there, nor writes over what is not read yet
 * SPDX-License-Identifier: ISC
 *
 * usage: unread [MESSAGES]
 *        unread --planted      reads an octet too many, and must not live to tell
 *
 * Behind a message its buffer goes on, and a ring is memory that two processes wrote before. Both
 * are poisoned here for the address or the memory sanitizer: the buffer behind the message while
 * each reader has it; of the ring whatever holds no record while one is taken, and the records that
 * are not taken yet while the next is put. Without a sanitizer what is taken is compared all the
 * same with what was put.
 */
#include "../differential/messages.h"
#include "dns/dns_answer.h"
#include "dns/dns_query.h"
#include "dns/dns_traits.h"
#include "ipc/ipc.h"
#include "lane/handoff.h"
#include "lane/ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define MEMORY_SANITIZER 1
#endif
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#define MESSAGES   2000
#define SEED       11
#define ROOM       65536U
#define RING_BYTES 8192U

static void
forbid(const void *at, size_t size)
{
    (void)at;
    (void)size;
#ifdef __SANITIZE_ADDRESS__
    ASAN_POISON_MEMORY_REGION(at, size);
#endif
}

static void
allow(const void *at, size_t size)
{
    (void)at;
    (void)size;
#ifdef __SANITIZE_ADDRESS__
    ASAN_UNPOISON_MEMORY_REGION(at, size);
#endif
}

/* For the memory sanitizer: what lies there was never written. */
static void
empty(const void *at, size_t size)
{
    (void)at;
    (void)size;
#ifdef MEMORY_SANITIZER
    __msan_poison(at, size);
#endif
}

/* --- messages -------------------------------------------------------------------------------- */

static _Alignas(8) uint8_t message[ROOM];
static unsigned long queries, answers, records, noise; /* how many were sound */

static void
read_answer(size_t size, const struct dns_question *asked)
{
    static uint8_t packed[ROOM];
    struct dns_answer answer;
    if (dns_answer_parse(message, size, asked, &answer) != DNS_ANSWER_OK)
        return;
    answers++;
    (void)dns_traits_of(message, &answer);
    (void)dns_traits_aliases(message, &answer);
    dns_answer_pack(packed, sizeof packed, message, &answer);
}

static void
read_message(size_t size)
{
    struct dns_query query;
    struct handoff_query handoff;
    struct handoff_answer handed;
    struct ipc_message control;
    struct dns_question asked = {0};
    struct bytes_reader r = bytes_reader(message, size);
    queries += dns_query_parse(message, size, &query) == DNS_QUERY_OK ? 1 : 0;
    bytes_skip(&r, DNS_HEADER_SIZE);
    if (dns_name_get(&r, &asked.name)) {
        asked.type = bytes_get_u16(&r);
        asked.class = bytes_get_u16(&r);
        read_answer(size, &asked);
    }
    /* for these it is noise, of any length */
    noise += handoff_query_read(message, size, &handoff) == STATUS_OK ? 1 : 0;
    noise += handoff_answer_read(message, size, &handed) == STATUS_OK ? 1 : 0;
    noise += ipc_decode(message, size, 0, IPC_FROM_SUPERVISOR, &control) == STATUS_OK ? 1 : 0;
}

static void
read_messages(struct prng *prng, unsigned long count)
{
    for (unsigned long i = 0; i < count; i++) {
        size_t size = messages_make(prng, message);
        if (i % 4 == 3) /* cut anywhere */
            size = prng_below(prng, (unsigned)size + 1);
        empty(message + size, ROOM - size);
        forbid(message + size, ROOM - size);
        read_message(size);
        allow(message, ROOM);
    }
}

/* --- the ring -------------------------------------------------------------------------------- */

static _Alignas(64) uint8_t memory[RING_MEMORY_BYTES(RING_BYTES)];
static struct ring_producer producer;
static struct ring_consumer consumer;

static void
each_part(uint64_t from, uint64_t to, void (*act)(const void *at, size_t size))
{
    uint8_t *data = memory + RING_HEADER_BYTES;
    size_t at = (size_t)(from % RING_BYTES), size = (size_t)(to - from);
    size_t first = size < RING_BYTES - at ? size : RING_BYTES - at;
    act(data + at, first);
    act(data, size - first);
}

/* Octet `i` of record `number`. */
static uint8_t
octet_of(unsigned long number, size_t i)
{
    return (uint8_t)(number * 31 + i);
}

static bool
put_one(unsigned long number, size_t size)
{
    static uint8_t record[ROOM];
    for (size_t i = 0; i < size; i++)
        record[i] = octet_of(number, i);
    each_part(consumer.head, producer.tail, forbid);
    enum status status = ring_put(&producer, record, size / 3, record + size / 3, size - size / 3);
    allow(memory, sizeof memory);
    (void)ring_publish(&producer);
    return status == STATUS_OK;
}

static bool
take_one(unsigned long number, size_t size)
{
    static _Alignas(8) uint8_t record[ROOM];
    size_t taken = 0;
    uint64_t begin = consumer.head;
    bool good = true;
    each_part(producer.tail, consumer.head + RING_BYTES, forbid);
    empty(record, sizeof record);
    forbid(record + size, ROOM - size);
    enum status status = ring_take(&consumer, record, ROOM, &taken);
    allow(memory, sizeof memory);
    allow(record, sizeof record);
    for (size_t i = 0; status == STATUS_OK && i < size && i < taken; i++)
        good = good && record[i] == octet_of(number, i);
    (void)ring_release(&consumer);
    each_part(begin, consumer.head, empty);
    records++;
    return good && status == STATUS_OK && taken == size;
}

/* Records of any size, as many at once as there is room for, over the edge again and again. */
static bool
use_ring(struct prng *prng, unsigned long count)
{
    size_t sizes[RING_BYTES / 8];
    unsigned long put = 0, taken = 0;
    ring_producer_init(&producer, memory, RING_BYTES);
    ring_consumer_init(&consumer, memory, RING_BYTES);
    while (taken < count) {
        size_t size = 1 + prng_below(prng, prng_below(prng, 4) == 0 ? RING_BYTES / 2 : 200);
        sizes[put % (RING_BYTES / 8)] = size;
        if (prng_below(prng, 2) == 0 && ring_fits(&producer, size)) {
            if (!put_one(put++, size))
                return false;
        } else if (taken < put) {
            if (!take_one(taken, sizes[taken % (RING_BYTES / 8)]))
                return false;
            taken++;
        }
    }
    return true;
}

/* In a build whose sanitizer does not see it, this ends as if all were well. */
static int
read_too_much(void)
{
    const uint8_t *volatile octets =
        message; /* of a place that it knows the compiler checks none */
    forbid(message + 12, ROOM - 12);
    empty(message + 12, ROOM - 12);
    return octets[12] == 1 ? 1 : 0;
}

int
main(int argc, char **argv)
{
    struct prng prng = {.state = SEED};
    if (argc > 1 && strcmp(argv[1], "--planted") == 0)
        return read_too_much();
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : MESSAGES;
    read_messages(&prng, count);
    bool good = use_ring(&prng, 4 * count);
    printf("%lu queries, %lu answers and %lu records of a ring read\n", queries, answers, records);
    if (!good)
        printf("what is taken out of the ring is not what was put\n");
    return good && queries > 0 && answers > 0 ? 0 : 1;
}

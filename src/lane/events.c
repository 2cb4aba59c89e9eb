/* events.c - see events.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/events.h"

#include <string.h>

#define HEAD_WORDS  (offsetof(struct event, name) / sizeof(uint64_t))
#define RCODE_MOST  4095
#define QUERY_FLAGS (DNS_RD | DNS_AD | DNS_CD)

_Static_assert(sizeof(struct event) == 312 && offsetof(struct event, name) == 56, "no padding");
_Static_assert(sizeof(struct events_slot) % 64 == 0, "whole cache lines");
_Static_assert((EVENTS_SLOTS & (EVENTS_SLOTS - 1)) == 0, "a power of two");

static size_t
words_of(uint8_t name_size)
{
    return HEAD_WORDS + (name_size + sizeof(uint64_t) - 1) / sizeof(uint64_t);
}

static size_t
place_of(uint64_t number)
{
    return (size_t)(number % EVENTS_SLOTS);
}

static uint64_t
mark_of(uint64_t number)
{
    return 2 * number + 2;
}

/* --- writing --------------------------------------------------------------------------------- */

void
events_writer_init(struct events_writer *writer, struct events_memory *memory)
{
    *writer = (struct events_writer){.memory = memory};
}

static void
put_word(struct events_slot *slot, size_t i, const struct event *event, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, (const uint8_t *)event + i * sizeof word, size);
    atomic_store_explicit(&slot->words[i], word, memory_order_relaxed);
}

uint64_t
events_write(struct events_writer *writer, const struct event *event)
{
    uint64_t number = writer->written++;
    struct events_slot *slot = &writer->memory->slots[place_of(number)];
    size_t size = offsetof(struct event, name) + event->name_size;
    atomic_store_explicit(&slot->number, mark_of(number) - 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release); /* who sees a word of it sees the odd number */
    for (size_t i = 0; i < size / sizeof(uint64_t); i++)
        put_word(slot, i, event, sizeof(uint64_t));
    if (size % sizeof(uint64_t) != 0)
        put_word(slot, size / sizeof(uint64_t), event, size % sizeof(uint64_t));
    atomic_store_explicit(&slot->number, mark_of(number), memory_order_release);
    return number;
}

void
events_amend(struct events_writer *writer, uint64_t number, enum why why)
{
    struct events_slot *slot = &writer->memory->slots[place_of(number)];
    _Atomic uint64_t *word = &slot->words[offsetof(struct event, why) / 8];
    if (number + EVENTS_SLOTS < writer->written)
        return;
    uint64_t value = atomic_load_explicit(word, memory_order_relaxed);
    ((uint8_t *)&value)[offsetof(struct event, why) % 8] = (uint8_t)why;
    atomic_store_explicit(word, value, memory_order_relaxed);
}

void
events_publish(struct events_writer *writer)
{
    atomic_store_explicit(&writer->memory->written, writer->written, memory_order_release);
}

/* --- what is sound --------------------------------------------------------------------------- */

static bool
is_zero(const uint8_t *octets, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (octets[i] != 0)
            return false;
    return true;
}

/* An address of which `length` bits are told. */
static bool
is_address(const struct event *event, unsigned length)
{
    struct addr addr = {.family = event->client_family};
    unsigned bits = event->client_family == ADDR_IPV4 ? 32 : 128;
    if ((event->client_family != ADDR_IPV4 && event->client_family != ADDR_IPV6) || length > bits)
        return false;
    memcpy(addr.bytes, event->client, sizeof addr.bytes);
    addr_mask(&addr, length);
    return memcmp(addr.bytes, event->client, sizeof addr.bytes) == 0;
}

static bool
is_client(const struct event *event)
{
    switch (event->client_kind) {
    case EVENTS_CLIENT_NONE:
        return event->client_family == ADDR_NONE && event->client_length == 0 &&
               event->client_port == 0 && is_zero(event->client, sizeof event->client);
    case EVENTS_CLIENT_NETWORK:
        return event->client_port == 0 && is_address(event, event->client_length);
    case EVENTS_CLIENT_PSEUDONYM:
        return event->client_family == ADDR_NONE && event->client_length == 0 &&
               event->client_port == 0 && is_zero(event->client + 8, 8);
    case EVENTS_CLIENT_ADDRESS:
        return event->client_length == 0 &&
               is_address(event, event->client_family == ADDR_IPV4 ? 32 : 128);
    default: /* a stranger's number */
        return false;
    }
}

static bool
is_name(const struct event *event)
{
    struct bytes_reader r = bytes_reader(event->name, event->name_size);
    struct dns_name name;
    if (event->name_size == 0 || event->name_kind == EVENTS_NAME_NONE)
        return event->name_size == 0 && event->name_kind <= EVENTS_NAME_FULL;
    if (event->name_kind > EVENTS_NAME_FULL || (event->bits & EVENTS_QUESTION) == 0 ||
        !dns_name_get(&r, &name) || bytes_left(&r) > 0)
        return false;
    dns_name_lower(&name);
    return memcmp(name.wire, event->name, name.size) == 0;
}

static bool
is_question(const struct event *event)
{
    return (event->bits & EVENTS_QUESTION) != 0 ||
           (event->type == 0 && event->class == 0 && event->name_size == 0);
}

static bool
is_response(const struct event *event)
{
    if (event->size == 0)
        return event->rcode == 0 && event->flags == 0;
    return event->size >= DNS_HEADER_SIZE && event->rcode <= RCODE_MOST &&
           (event->flags & DNS_QR) != 0 && (event->flags & DNS_RCODE) == 0;
}

bool
events_is_sound(const struct event *event, uint64_t now_us)
{
    return event->ended_us <= now_us + EVENTS_LATE_US && event->latency_us <= event->ended_us &&
           event->why < WHY_COUNT && event->upstream <= EVENTS_UPSTREAMS &&
           (event->transport == QUERY_UDP || event->transport == QUERY_TCP) &&
           event->bits <= EVENTS_BITS && (event->query_flags & ~QUERY_FLAGS) == 0 &&
           is_zero(event->unused, sizeof event->unused) && is_client(event) && is_question(event) &&
           is_name(event) && is_response(event);
}

/* --- reading --------------------------------------------------------------------------------- */

void
events_reader_init(struct events_reader *reader, const struct events_memory *memory,
                   bool from_start)
{
    *reader = (struct events_reader){.memory = memory};
    if (!from_start)
        reader->next = atomic_load_explicit(&memory->written, memory_order_acquire);
}

/* @return false: it was written over, now or before */
static bool
copy_out(const struct events_slot *slot, uint64_t mark, struct event *event)
{
    uint64_t words[EVENTS_WORDS] = {0};
    if (atomic_load_explicit(&slot->number, memory_order_acquire) != mark)
        return false;
    size_t count = HEAD_WORDS;
    for (size_t i = 0; i < count; i++) {
        words[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
        if (i == HEAD_WORDS - 1) { /* the head is here: now the name's length is known */
            memcpy(event, words, HEAD_WORDS * sizeof words[0]);
            count = words_of(event->name_size);
        }
    }
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&slot->number, memory_order_relaxed) != mark)
        return false;
    memset(event->name, 0, sizeof event->name);
    memcpy(event->name, words + HEAD_WORDS, event->name_size);
    return true;
}

/* How far the writer is, read once: it may be ahead of us by any number, and never behind. */
static uint64_t
see_written(struct events_reader *reader)
{
    uint64_t written = atomic_load_explicit(&reader->memory->written, memory_order_acquire);
    if (written < reader->next) {
        reader->bad++;
        reader->next = written;
    }
    if (written - reader->next > EVENTS_SLOTS) {
        reader->lost += written - reader->next - EVENTS_SLOTS;
        reader->next = written - EVENTS_SLOTS;
    }
    return written;
}

bool
events_read(struct events_reader *reader, uint64_t now_us, struct event *event)
{
    uint64_t written = see_written(reader);
    while (reader->next < written) {
        uint64_t number = reader->next++;
        if (!copy_out(&reader->memory->slots[place_of(number)], mark_of(number), event))
            reader->lost++;
        else if (events_is_sound(event, now_us))
            return true;
        else
            reader->bad++;
    }
    memset(event, 0, sizeof *event);
    return false;
}

/* unwritten.c - no octet leaves that nobody wrote
 * SPDX-License-Identifier: ISC
 *
 * usage: unwritten [MESSAGES]
 *
 * Buffers for what goes to a client, to an upstream, into the ring and over the control channel are
 * not cleared before they are filled. Each writer is run twice over random messages, with its
 * buffer and its stack full of one octet and then of another: what it says must be the same. Under
 * the memory sanitizer, which sees it without that, the buffers are poisoned instead.
 */
#include "../differential/messages.h"
#include "answers/cache.h"
#include "answers/own_answer.h"
#include "dns/dns_query.h"
#include "dns/dns_tsig.h"
#include "ipc/ipc.h"
#include "lane/handoff.h"
#include "lane/ring.h"

#include <string.h>

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define POISONED 1
#endif
#endif

#define MESSAGES   1000
#define SEED       7
#define ROOM       (DNS_MESSAGE_MAX + DNS_EDNS_WHOLE_MAX)
#define RING_BYTES (1 << 17)
#define LIMIT      1232 /* octets that a client can take */

struct input {
    const uint8_t *message;
    size_t size;
    enum dns_query_verdict query_verdict;
    struct dns_query query;
    bool has_answer;
    struct dns_question asked;
    struct dns_answer answer;
};

/* Writes to `to`, of ROOM octets. @return how many leave */
typedef size_t writer(const struct input *input, uint8_t *to);

static uint8_t filler; /* the octet of this run */

static void
spoil(uint8_t *to, size_t size)
{
    memset(to, filler, size);
#ifdef POISONED
    __msan_poison(to, size);
#endif
}

static void
must_be_written(const uint8_t *octets, size_t size)
{
    (void)octets;
    (void)size;
#ifdef POISONED
    __msan_check_mem_is_initialized(octets, size);
#endif
}

/* What a writer that leaves a variable of its own unset would find there. */
static __attribute__((noinline)) void
spoil_stack(void)
{
    volatile uint8_t stack[16 * 1024];
    for (size_t i = 0; i < sizeof stack; i++)
        stack[i] = filler;
}

static size_t
write_query(const struct input *input, uint8_t *to)
{
    const struct dns_query *query = &input->query;
    if (input->query_verdict != DNS_QUERY_OK)
        return 0;
    return dns_query_write(&query->question, query->id, query->flags, query->edns.dnssec_ok,
                           DNS_PADDING_QUERY, to, 512);
}

static struct dns_edns_put
opt_of(const struct input *input)
{
    struct dns_edns_put opt = {.udp_size = DNS_EDNS_UDP_MAX,
                               .ede = DNS_EDE_STALE_ANSWER,
                               .nsid = "a-name",
                               .nsid_size = 6,
                               .keepalive = input->query.edns.keepalive,
                               .keepalive_100ms = 100,
                               .cookie_size = input->query.edns.cookie_size,
                               .padding_block = DNS_PADDING_ANSWER};
    memcpy(opt.cookie, input->query.edns.cookie, sizeof opt.cookie);
    return opt;
}

static size_t
write_reply(const struct input *input, uint8_t *to)
{
    struct dns_edns_put opt = opt_of(input);
    if (input->query_verdict == DNS_QUERY_SHORT || input->query_verdict == DNS_QUERY_RESPONSE)
        return 0;
    return dns_query_reply(&input->query, DNS_SERVFAIL, false, &opt, to, ROOM);
}

static size_t
write_refusal(const struct input *input, uint8_t *to)
{
    struct dns_edns_put opt = opt_of(input);
    if (input->query_verdict != DNS_QUERY_SIGNED)
        return 0;
    size_t size = dns_query_reply(&input->query, DNS_NOTAUTH, false, &opt, to, ROOM);
    return dns_tsig_refuse(input->message, input->size, to, size, ROOM);
}

static size_t
write_negative(const struct input *input, uint8_t *to)
{
    struct dns_edns_put opt = opt_of(input);
    if (input->query_verdict != DNS_QUERY_OK)
        return 0;
    return own_answer_negative(&input->query, DNS_NXDOMAIN, 0, 60, &opt, to, 1024);
}

static size_t
write_any(const struct input *input, uint8_t *to)
{
    struct dns_edns_put opt = opt_of(input);
    return input->query_verdict == DNS_QUERY_OK ? own_answer_any(&input->query, &opt, to, 512) : 0;
}

static struct dns_query
client_of(const struct input *input)
{
    struct dns_query client = {.id = 7, .flags = DNS_RD, .question = input->asked};
    client.edns.present = input->size % 3 != 0;
    client.edns.dnssec_ok = input->size % 2 == 0;
    return client;
}

static size_t
write_delivery(const struct input *input, uint8_t *to)
{
    struct dns_edns_put opt = opt_of(input);
    struct dns_query client = client_of(input);
    if (!input->has_answer)
        return 0;
    memcpy(to, input->message, input->answer.end);
    return dns_answer_deliver(to, ROOM, &input->answer, &client, &opt, LIMIT);
}

/* Through the cache, as a hit. */
static size_t
write_hit(const struct input *input, uint8_t *to)
{
    static uint8_t memory[CACHE_BYTES_MIN];
    static uint8_t kept[ROOM];
    struct dns_edns_put opt = opt_of(input);
    struct dns_query client = client_of(input);
    struct cache_key key = {.question = &client.question, .flags = DNS_RD, .hash = 1};
    struct dns_answer answer = input->answer;
    struct cache_hit hit;
    if (!input->has_answer)
        return 0;
    memset(memory, 0, sizeof memory);
    struct cache *cache = cache_init(memory, sizeof memory);
    dns_name_lower(&client.question.name);
    dns_answer_pack(kept, sizeof kept, input->message, &answer);
    memcpy(kept + DNS_HEADER_SIZE, client.question.name.wire, client.question.name.size);
    if (cache_put(cache, &key, kept, &answer, 60, 60, 100) != STATUS_OK ||
        cache_get(cache, &key, 110, to, ROOM, &hit) != CACHE_FRESH)
        return 0;
    dns_answer_age(to, &hit.answer, hit.age_s, false, 0);
    return dns_answer_deliver(to, ROOM, &hit.answer, &client, &opt, LIMIT);
}

/* What the peer takes out of the ring. */
static size_t
cross_ring(const void *head, size_t head_size, const void *body, size_t body_size, uint8_t *to)
{
    static _Alignas(64) uint8_t memory[RING_MEMORY_BYTES(RING_BYTES)];
    struct ring_producer producer;
    struct ring_consumer consumer;
    size_t size;
    memset(memory, 0, RING_HEADER_BYTES);
    spoil(memory + RING_HEADER_BYTES, RING_BYTES);
    ring_producer_init(&producer, memory, RING_BYTES);
    ring_consumer_init(&consumer, memory, RING_BYTES);
    if (ring_put(&producer, head, head_size, body, body_size) != STATUS_OK)
        return 0;
    (void)ring_publish(&producer);
    return ring_take(&consumer, to, ROOM, &size) == STATUS_OK ? size : 0;
}

static size_t
write_question_record(const struct input *input, uint8_t *to)
{
    uint8_t record[HANDOFF_QUERY_MAX];
    struct handoff_query query = {.slot = 1,
                                  .generation = 1,
                                  .flags = input->query.flags,
                                  .dnssec_ok = input->query.edns.dnssec_ok,
                                  .question = input->query.question};
    if (input->query_verdict != DNS_QUERY_OK)
        return 0;
    spoil(record, sizeof record);
    size_t size = handoff_query_write(&query, record);
    return cross_ring(record, size, NULL, 0, to);
}

static size_t
write_answer_record(const struct input *input, uint8_t *to)
{
    uint8_t head[HANDOFF_ANSWER_HEAD];
    struct handoff_answer answer = {.slot = 1, .generation = 1, .ede = DNS_EDE_NONE};
    if (!input->has_answer)
        return 0;
    spoil(head, sizeof head);
    handoff_answer_write(&answer, head);
    return cross_ring(head, sizeof head, input->message, input->size, to);
}

/* Every type of control message in its turn; its fields are as the message says. */
static size_t
write_control(const struct input *input, uint8_t *to)
{
    struct ipc_message message = {.type = (enum ipc_type)(1 + input->size % 16)};
    message.lane = message.epoch = message.index = input->query.id;
    return ipc_encode(&message, to);
}

static const struct {
    const char *name;
    writer *write;
} writers[] = {
    {"the query for an upstream", write_query},
    {"a reply", write_reply},
    {"the reply to a signed query", write_refusal},
    {"an answer of our own", write_negative},
    {"the answer to ANY", write_any},
    {"a delivered answer", write_delivery},
    {"an answer from the cache", write_hit},
    {"a question in the ring", write_question_record},
    {"an answer in the ring", write_answer_record},
    {"a control message", write_control},
};
#define WRITERS (sizeof writers / sizeof writers[0])

static unsigned long ran[WRITERS];

static bool
is_all_written(const struct input *input, size_t number)
{
    static uint8_t first[ROOM], second[ROOM];
    filler = 0x55;
    spoil_stack();
    spoil(first, sizeof first);
    size_t size = writers[number].write(input, first);
    filler = 0xaa;
    spoil_stack();
    spoil(second, sizeof second);
    size_t again = writers[number].write(input, second);
    must_be_written(first, size);
    ran[number] += size > 0;
    if (size == again && memcmp(first, second, size) == 0)
        return true;
    printf("%s says what nobody wrote\n", writers[number].name);
    return false;
}

static bool
question_in(const struct input *input, struct dns_question *question)
{
    struct bytes_reader r = bytes_reader(input->message, input->size);
    bytes_skip(&r, DNS_HEADER_SIZE);
    bool ok = dns_name_get(&r, &question->name);
    question->type = bytes_get_u16(&r);
    question->class = bytes_get_u16(&r);
    return ok && !r.failed;
}

int
main(int argc, char **argv)
{
    static uint8_t message[MESSAGES_ROOM];
    struct prng prng = {.state = SEED};
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : MESSAGES;
    bool good = true;
    for (unsigned long i = 0; i < count && good; i++) {
        struct input input = {.message = message, .size = messages_make(&prng, message)};
        input.query_verdict = dns_query_parse(message, input.size, &input.query);
        input.has_answer =
            question_in(&input, &input.asked) &&
            dns_answer_parse(message, input.size, &input.asked, &input.answer) == DNS_ANSWER_OK;
        for (size_t number = 0; number < WRITERS; number++)
            good = is_all_written(&input, number) && good;
    }
    for (size_t number = 0; number < WRITERS; number++) {
        printf("%8lu times %s\n", ran[number], writers[number].name);
        good = good && ran[number] > 0;
    }
    return good ? 0 : 1;
}

/* fuzz_dns_answer.c - an upstream's answer: what is delivered is sound, small enough and the
 * client's
 *
 * Input: one octet of choices, a limit in two, then the message; it is asked for with the question
 * that stands in it. Invariants: delivery is within its limit, parses again for the client's
 * spelling and carries its id; ageing changes nothing but TTLs.
 */
#include "dns/dns_answer.h"

#include <stdlib.h>

#define ROOM 128 /* octets that dns_answer_deliver() may need behind the records */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static bool
question_in(const uint8_t *message, size_t size, struct dns_question *question)
{
    struct bytes_reader r = bytes_reader(message, size);
    bytes_skip(&r, DNS_HEADER_SIZE);
    if (!dns_name_get(&r, &question->name))
        return false;
    question->type = bytes_get_u16(&r);
    question->class = bytes_get_u16(&r);
    return !r.failed;
}

/* A client that spells its letters in capitals, with the options that `choice` names. */
static struct dns_query
client(const struct dns_question *question, uint8_t choice)
{
    struct dns_query query = {.id = 0xbeef, .flags = DNS_RD, .question = *question};
    for (size_t i = 0; i < query.question.name.size; i++)
        if (query.question.name.wire[i] >= 'a' && query.question.name.wire[i] <= 'z')
            query.question.name.wire[i] = (uint8_t)(query.question.name.wire[i] - 0x20);
    query.edns.present = choice & 1;
    query.edns.dnssec_ok = choice & 2;
    query.flags |= choice & 4 ? DNS_AD : 0;
    return query;
}

static void
check_delivery(const uint8_t *message, const struct dns_answer *answer,
               const struct dns_query *query, uint8_t choice, size_t limit)
{
    size_t room = answer->end + (size_t)ROOM;
    uint8_t *copy = malloc(room);
    must(copy != NULL);
    memcpy(copy, message, answer->end);
    struct dns_edns_put opt = {.udp_size = DNS_EDNS_UDP_MAX,
                               .ede = choice & 8 ? DNS_EDE_STALE_ANSWER : DNS_EDE_NONE,
                               .keepalive = choice & 16,
                               .cookie_size = choice & 32 ? DNS_COOKIE_MAX : 0,
                               .padding_block = choice & 64 ? DNS_PADDING_ANSWER : 0};
    size_t size = dns_answer_deliver(copy, room, answer, query, &opt, limit);
    struct dns_answer got;
    must(size >= DNS_HEADER_SIZE && size <= limit && size <= room);
    must(dns_answer_parse(copy, size, &query->question, &got) == DNS_ANSWER_OK);
    must(dns_answer_id(copy) == query->id);
    must(memcmp(copy + DNS_HEADER_SIZE, query->question.name.wire, query->question.name.size) == 0);
    must(got.has_opt == query->edns.present && (got.flags & DNS_AA) == 0);
    bool whole = memcmp(got.counts, answer->counts, sizeof got.counts) == 0;
    must(whole || (got.counts[0] | got.counts[1] | got.counts[2]) == 0);
    must(whole || (got.flags & DNS_TC) != 0 || got.rcode == DNS_SERVFAIL);
    must(got.rcode == answer->rcode || (!query->edns.present && answer->rcode > 15));
    must((got.flags & DNS_AD) == 0 || (query->flags & DNS_AD) != 0 || query->edns.dnssec_ok);
    free(copy);
}

/* All TTLs set, then aged: a second walk by other means finds none that differs. */
static void
check_ageing(const uint8_t *message, const struct dns_answer *answer)
{
    uint8_t *copy = malloc(answer->end), *again = malloc(answer->end);
    must(copy != NULL && again != NULL);
    memcpy(copy, message, answer->end);
    dns_answer_age(copy, answer, 0, true, 1000);
    memcpy(again, copy, answer->end);
    dns_answer_age(copy, answer, 300, false, 0);
    dns_answer_age(again, answer, 0, true, 700);
    must(memcmp(copy, again, answer->end) == 0);
    must(memcmp(copy, message, answer->question_end) == 0);
    free(copy);
    free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size - 3 > DNS_MESSAGE_MAX)
        return 0;
    uint8_t choice = data[0];
    size_t limit = (size_t)data[1] << 8 | data[2];
    struct dns_question question;
    struct dns_answer answer;
    if (!question_in(data + 3, size - 3, &question)) {
        question =
            (struct dns_question){.name.size = 1, .type = DNS_TYPE_NS, .class = DNS_CLASS_IN};
        must(dns_answer_parse(data + 3, size - 3, &question, &answer) != DNS_ANSWER_OK);
        return 0;
    }
    if (dns_answer_parse(data + 3, size - 3, &question, &answer) != DNS_ANSWER_OK)
        return 0;
    must(answer.question_end <= answer.end && answer.end <= size - 3);
    must(answer.has_ttl == (answer.counts[0] + answer.counts[1] + answer.counts[2] > 0));
    struct dns_query query = client(&question, choice);
    check_delivery(data + 3, &answer, &query, choice, limit < 512 ? 512 : limit);
    check_delivery(data + 3, &answer, &query, choice, DNS_MESSAGE_MAX);
    check_ageing(data + 3, &answer);
    return 0;
}

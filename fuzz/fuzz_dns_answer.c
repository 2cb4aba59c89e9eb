/* fuzz_dns_answer.c - an upstream's answer: what is delivered is sound, small enough and the
 * SPDX-License-Identifier: ISC
 * client's
 *
 * Input: one octet of choices, a limit in two, then the message; it is asked for with the question
 * that stands in it. Invariants: delivery is within its limit, parses again for the client's
 * spelling and carries its id; ageing changes nothing but TTLs; what is left out of an answer
 * is additional or name servers, never half an RRset, and what is left parses.
 */
#include "answers/cache.h"
#include "dns/dns_trim.h"

#include "dns_mutator.h"
#include "fuzz.h"

#define ROOM DNS_EDNS_WHOLE_MAX /* octets that dns_answer_deliver() may need behind the records */

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
                               .ede_text = dns_answer_text(message, answer),
                               .ede_text_size = answer->ede_text_size,
                               .nsid = "a-name",
                               .nsid_size = choice & 128 ? 6 : 0,
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

/* The n-th record of a message, its owner, and its type: a signature's is what it signs. */
static uint16_t
set_of(const uint8_t *message, const struct dns_answer *answer, unsigned number,
       struct dns_name *owner)
{
    struct bytes_reader r = bytes_reader(message, answer->end);
    uint16_t type = 0;
    bytes_seek(&r, answer->question_end);
    for (unsigned i = 0; i <= number; i++) {
        must(dns_name_skip(&r, owner));
        type = bytes_get_u16(&r);
        bytes_skip(&r, 6);
        uint16_t size = bytes_get_u16(&r);
        struct bytes_reader data = r;
        if (type == 46 && size >= 2)
            type = bytes_get_u16(&data);
        bytes_skip(&r, size);
    }
    return type;
}

static void
check_trimming(const uint8_t *message, const struct dns_answer *answer,
               const struct dns_question *question, size_t limit)
{
    struct dns_answer part = *answer, got;
    if (!dns_trim(message, &part, limit)) {
        must(memcmp(&part, answer, sizeof part) == 0 && answer->end > limit);
        return;
    }
    must(part.end <= limit && part.counts[0] == answer->counts[0]);
    must(part.counts[1] == answer->counts[1] || part.counts[2] == 0);
    uint8_t *copy = malloc(part.end);
    must(copy != NULL);
    memcpy(copy, message, part.end);
    struct bytes_writer w = bytes_writer(copy, part.end);
    (void)bytes_put_view(&w, part.end);
    for (unsigned i = 0; i < 3; i++)
        bytes_set_u16(&w, 6 + 2 * i, part.counts[i]);
    must(dns_answer_parse(copy, part.end, question, &got) == DNS_ANSWER_OK);
    must(got.end == part.end && got.has_soa == answer->has_soa);
    unsigned kept = (unsigned)part.counts[0] + part.counts[1] + part.counts[2];
    unsigned all = (unsigned)answer->counts[0] + answer->counts[1] + answer->counts[2];
    unsigned begin = part.counts[2] > 0 ? kept - part.counts[2] : kept;
    for (unsigned i = begin; all <= 64 && i < kept; i++) {
        struct dns_name owner, other;
        uint16_t type = set_of(message, answer, i, &owner);
        for (unsigned k = kept; k < all; k++)
            must(set_of(message, answer, k, &other) != type || !dns_name_is_equal(&owner, &other));
    }
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

/* What is kept is the message up to its end and the text of its error, as far as there is room; how
 * long it is kept is bounded by what it says, and by our limits. */
static void
check_keeping(const uint8_t *message, const struct dns_answer *answer, uint8_t choice)
{
    const struct cache_times limits = {
        .ttl_min_s = 60, .ttl_max_s = 86400, .negative_max_s = 3600, .failure_s = 5};
    size_t room = (size_t)answer->end + choice;
    struct dns_answer kept = *answer;
    uint8_t *to = malloc(room);
    must(to != NULL);
    dns_answer_pack(to, room, message, &kept);
    must(memcmp(to, message, kept.end) == 0 && kept.end == answer->end);
    must(kept.ede_text_size <= DNS_EDE_TEXT_MAX && kept.ede_text_size <= answer->ede_text_size);
    must(kept.end + (size_t)kept.ede_text_size <= room);
    must(memcmp(dns_answer_text(to, &kept), dns_answer_text(message, answer), kept.ede_text_size) ==
         0);
    free(to);
    uint32_t ttl_s = cache_ttl(&limits, answer);
    must(ttl_s <= limits.ttl_max_s && ((answer->flags & DNS_TC) == 0 || ttl_s == 0));
    must(!cache_is_failure(answer) || ttl_s == 0 || ttl_s == limits.failure_s);
    must(ttl_s == 0 || answer->has_ttl || cache_is_failure(answer));
}

const size_t dns_mutator_at = 3;

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
    check_keeping(data + 3, &answer, choice);
    check_trimming(data + 3, &answer, &question, answer.question_end + limit % 1024);
    return 0;
}

/* fuzz_handoff.c - ring records from a peer that may be taken over
 * SPDX-License-Identifier: ISC
 *
 * Input: one record, read as both kinds. Invariants: an accepted record is written back octet for
 * octet; a refused one leaves nothing behind.
 */
#include "lane/handoff.h"

#include "fuzz.h"

static void
check_query(const uint8_t *record, size_t size)
{
    struct handoff_query query;
    uint8_t again[HANDOFF_QUERY_MAX];
    if (handoff_query_read(record, size, &query) != STATUS_OK) {
        must(query.generation == 0 && query.question.name.size == 0);
        return;
    }
    must(size <= HANDOFF_QUERY_MAX && query.generation != 0);
    must(handoff_query_write(&query, again) == size && memcmp(record, again, size) == 0);
    /* what the worker makes of it fits and is a query again */
    uint8_t wire[512];
    size_t wire_size = dns_query_write(&query.question, 1, query.flags, query.dnssec_ok,
                                       DNS_PADDING_QUERY, wire, sizeof wire);
    must(wire_size > 0 && wire_size % DNS_PADDING_QUERY == 0);
}

static void
check_answer(const uint8_t *record, size_t size)
{
    struct handoff_answer answer;
    uint8_t again[HANDOFF_ANSWER_HEAD];
    if (handoff_answer_read(record, size, &answer) != STATUS_OK) {
        must(answer.generation == 0 && answer.message == NULL && answer.message_size == 0);
        return;
    }
    must(answer.generation != 0 && size == HANDOFF_ANSWER_HEAD + answer.message_size);
    must((answer.outcome == HANDOFF_ANSWERED) == (answer.message_size >= DNS_HEADER_SIZE));
    must(answer.message == NULL || answer.message == record + HANDOFF_ANSWER_HEAD);
    handoff_answer_write(&answer, again);
    must(memcmp(record, again, sizeof again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_query(data, size);
    check_answer(data, size);
    return 0;
}

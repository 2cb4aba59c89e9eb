/* test_handoff.c - ring records, written, read and refused
 * SPDX-License-Identifier: ISC
 */
#include "dns_build.h"
#include "lane/handoff.h"
#include "prng.h"

static const struct handoff_query sample = {.slot = 7,
                                            .generation = 0xdeadbeef,
                                            .deadline_ms = 0x123456789aU,
                                            .flags = DNS_RD | DNS_CD,
                                            .dnssec_ok = true,
                                            .rank = HANDOFF_HOPEFUL};

static size_t
write_query(const char *name, uint8_t record[HANDOFF_QUERY_MAX])
{
    struct handoff_query query = sample;
    query.question = question_of(name, DNS_TYPE_AAAA);
    return handoff_query_write(&query, record);
}

Test(handoff, a_query_comes_back_as_it_was)
{
    uint8_t record[HANDOFF_QUERY_MAX];
    struct handoff_query back;
    struct dns_name name = name_of("www.example");
    size_t size = write_query("www.example", record);
    cr_assert_eq(handoff_query_read(record, size, &back), STATUS_OK);
    cr_assert_eq(back.slot, sample.slot);
    cr_assert_eq(back.generation, sample.generation);
    cr_assert_eq(back.deadline_ms, sample.deadline_ms);
    cr_assert_eq(back.flags, sample.flags);
    cr_assert_eq(back.dnssec_ok, true);
    cr_assert_eq(back.rank, HANDOFF_HOPEFUL);
    cr_assert_eq(back.question.type, DNS_TYPE_AAAA);
    cr_assert_eq(back.question.class, DNS_CLASS_IN);
    cr_assert(dns_name_is_equal(&back.question.name, &name));
}

Test(handoff, the_longest_name_fits)
{
    uint8_t record[HANDOFF_QUERY_MAX];
    char text[254] = "";
    for (size_t i = 0; i < 253; i++)
        text[i] = i % 50 == 49 ? '.' : 'x';
    struct handoff_query back;
    cr_assert_eq(write_query(text, record), HANDOFF_QUERY_MAX);
    cr_assert_eq(handoff_query_read(record, HANDOFF_QUERY_MAX, &back), STATUS_OK);
}

static void
refused(const uint8_t *record, size_t size, const char *why)
{
    struct handoff_query back;
    memset(&back, 0x55, sizeof back);
    cr_assert_eq(handoff_query_read(record, size, &back), STATUS_INVALID, "%s", why);
    cr_assert(back.slot == 0 && back.generation == 0 && back.question.name.size == 0, "%s", why);
}

Test(handoff, a_query_that_breaks_a_rule_is_refused)
{
    uint8_t record[HANDOFF_QUERY_MAX + 1] = {0};
    size_t size = write_query("www.example", record);
    for (size_t cut = 0; cut < size; cut++)
        refused(record, cut, "cut");
    refused(record, size + 1, "an octet behind the name");
    record[18] += (HANDOFF_RANKS - HANDOFF_HOPEFUL) << 1;
    refused(record, size, "a rank that is none of the three");
    record[18] -= (HANDOFF_RANKS - HANDOFF_HOPEFUL) << 1;
    record[17] = DNS_CD | 1;
    refused(record, size, "a flag that is none of the three");
    record[17] = DNS_CD;
    record[24] = 'W';
    refused(record, size, "a capital letter");
    record[24] = 'w';
    record[23] = 0xc0;
    refused(record, size, "a pointer");
    record[23] = 3;
    static const uint8_t never[] = {DNS_TYPE_OPT,  DNS_TYPE_TKEY,  DNS_TYPE_TSIG, DNS_TYPE_IXFR,
                                    DNS_TYPE_AXFR, DNS_TYPE_MAILB, DNS_TYPE_MAILA};
    for (size_t i = 0; i < sizeof never; i++) {
        record[20] = never[i];
        refused(record, size, "a type that no client can ask for");
    }
    record[20] = DNS_TYPE_ANY;
    struct handoff_query back;
    cr_assert_eq(handoff_query_read(record, size, &back), STATUS_OK);
    memset(record + 4, 0, 4);
    refused(record, size, "generation 0");
}

Test(handoff, an_answer_comes_back_as_it_was)
{
    uint8_t record[HANDOFF_ANSWER_HEAD + 20];
    struct handoff_answer answer = {.slot = 7,
                                    .generation = 9,
                                    .outcome = HANDOFF_ANSWERED,
                                    .upstream = 3,
                                    .ede = DNS_EDE_NONE,
                                    .rtt_us = 12345},
                          back;
    handoff_answer_write(&answer, record);
    memset(record + HANDOFF_ANSWER_HEAD, 'm', 20);
    cr_assert_eq(handoff_answer_read(record, sizeof record, &back), STATUS_OK);
    cr_assert_eq(back.slot, 7);
    cr_assert_eq(back.generation, 9);
    cr_assert_eq(back.outcome, HANDOFF_ANSWERED);
    cr_assert_eq(back.upstream, 3);
    cr_assert_eq(back.ede, DNS_EDE_NONE);
    cr_assert_eq(back.rtt_us, 12345);
    cr_assert_eq(back.message, record + HANDOFF_ANSWER_HEAD);
    cr_assert_eq(back.message_size, 20);
}

static enum status
read_answer(uint8_t outcome, uint32_t generation, size_t message_size)
{
    static uint8_t record[HANDOFF_ANSWER_HEAD + DNS_MESSAGE_MAX + 1];
    struct handoff_answer answer = {.slot = 7, .generation = generation, .outcome = outcome}, back;
    handoff_answer_write(&answer, record);
    memset(&back, 0x55, sizeof back);
    enum status status = handoff_answer_read(record, HANDOFF_ANSWER_HEAD + message_size, &back);
    cr_assert(status == STATUS_OK || (back.slot == 0 && back.message == NULL));
    return status;
}

Test(handoff, an_answer_has_a_message_and_a_failure_has_none)
{
    cr_assert_eq(read_answer(HANDOFF_FAILED, 1, 0), STATUS_OK);
    cr_assert_eq(read_answer(HANDOFF_FAILED, 1, 12), STATUS_INVALID);
    cr_assert_eq(read_answer(HANDOFF_DOWN, 1, 0), STATUS_OK);
    cr_assert_eq(read_answer(HANDOFF_DOWN, 1, 12), STATUS_INVALID);
    cr_assert_eq(read_answer(HANDOFF_DOWN + 1, 1, 0), STATUS_INVALID);
    cr_assert_eq(read_answer(HANDOFF_ANSWERED, 1, 0), STATUS_INVALID);
    cr_assert_eq(read_answer(HANDOFF_ANSWERED, 1, 11), STATUS_INVALID);
    cr_assert_eq(read_answer(HANDOFF_ANSWERED, 1, 12), STATUS_OK);
    cr_assert_eq(read_answer(HANDOFF_ANSWERED, 1, DNS_MESSAGE_MAX), STATUS_OK);
    cr_assert_eq(read_answer(HANDOFF_ANSWERED, 1, DNS_MESSAGE_MAX + 1), STATUS_INVALID);
    cr_assert_eq(read_answer(2, 1, 12), STATUS_INVALID);
    cr_assert_eq(read_answer(HANDOFF_ANSWERED, 0, 12), STATUS_INVALID);
}

Test(handoff, a_cut_answer_head_is_refused)
{
    uint8_t record[HANDOFF_ANSWER_HEAD];
    struct handoff_answer answer = {.slot = 7, .generation = 9, .outcome = HANDOFF_FAILED}, back;
    handoff_answer_write(&answer, record);
    for (size_t size = 0; size < sizeof record; size++)
        cr_assert_eq(handoff_answer_read(record, size, &back), STATUS_INVALID);
    cr_assert_eq(handoff_answer_read(record, sizeof record, &back), STATUS_OK);
}

Test(handoff, what_is_read_is_written_the_same)
{
    struct prng prng = prng_begin("handoff");
    unsigned good = 0;
    for (unsigned round = 0; round < 100000; round++) {
        uint8_t record[HANDOFF_QUERY_MAX], again[HANDOFF_QUERY_MAX];
        size_t size = write_query("www.example", record);
        for (unsigned flips = prng_below(&prng, 4); flips > 0; flips--)
            record[prng_below(&prng, (unsigned)size)] = (uint8_t)prng_next(&prng);
        struct handoff_query query;
        if (handoff_query_read(record, size, &query) != STATUS_OK)
            continue;
        good++;
        cr_assert_eq(handoff_query_write(&query, again), size);
        cr_assert(memcmp(record, again, size) == 0, "seed %llu", (unsigned long long)prng.seed);
    }
    cr_assert_gt(good, 1000);
}

/* test_dns_answer.c - judging answers: belongs, sound, bounded
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_answer.h"
#include "dns_build.h"
#include "prng.h"

static uint8_t room[DNS_MESSAGE_MAX];
static struct dns_answer answer;
static struct dns_question question;

#define OWNER 12 /* where the question's name stands */

/* An answer to "www.example. TYPE" with counts; the caller appends the records. */
static struct bytes_writer
begin(uint16_t type, uint16_t answers, uint16_t authorities, uint16_t additionals)
{
    struct bytes_writer w = bytes_writer(room, sizeof room);
    question = question_of("www.example", type);
    build_header(&w, 7, DNS_QR | DNS_RD | DNS_RA, 1, answers, authorities, additionals);
    build_question(&w, &question);
    return w;
}

static void
put_a(struct bytes_writer *w, uint32_t ttl)
{
    build_pointer(w, OWNER);
    build_record(w, DNS_TYPE_A, ttl, 4);
    bytes_put_u32(w, 0xc0000201);
}

static void
put_soa(struct bytes_writer *w, uint32_t ttl, uint32_t minimum)
{
    build_pointer(w, OWNER + 4);
    build_record(w, DNS_TYPE_SOA, ttl, 2 + 2 + 20);
    build_pointer(w, OWNER);
    build_pointer(w, OWNER);
    bytes_put_zeros(w, 16);
    bytes_put_u32(w, minimum);
}

static void
put_tsig(struct bytes_writer *w)
{
    build_pointer(w, OWNER);
    bytes_put_u16(w, DNS_TYPE_TSIG);
    bytes_put_u16(w, DNS_CLASS_ANY);
    bytes_put_u32(w, 0);
    bytes_put_u16(w, 17);
    bytes_put_zeros(w, 17);
}

static enum dns_answer_verdict
parse(size_t size)
{
    /* an exact copy: a read past the end is seen */
    uint8_t *exact = malloc(size + 1);
    memcpy(exact, room, size);
    memset(&answer, 0x55, sizeof answer);
    enum dns_answer_verdict verdict = dns_answer_parse(exact, size, &question, &answer);
    free(exact);
    if (verdict != DNS_ANSWER_OK && verdict != DNS_ANSWER_ERROR)
        cr_assert(answer.end == 0 && answer.flags == 0 && !answer.has_ttl && answer.ede == 0);
    return verdict;
}

Test(dns_answer, takes_a_plain_answer)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 2, 0, 0);
    put_a(&w, 300);
    put_a(&w, 200);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert_eq(answer.flags, DNS_QR | DNS_RD | DNS_RA);
    cr_assert_eq(answer.rcode, DNS_NOERROR);
    cr_assert_eq(answer.counts[0], 2);
    cr_assert_eq(answer.question_end, 12 + 17);
    cr_assert_eq(answer.end, w.pos);
    cr_assert_eq(answer.ede, DNS_EDE_NONE);
    cr_assert(answer.has_ttl && !answer.has_soa && !answer.has_opt);
    cr_assert_eq(answer.ttl_min, 200);
    cr_assert_eq(dns_answer_id(room), 7);
}

Test(dns_answer, takes_an_answer_without_records)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 0, 0, 0);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert_eq(answer.end, answer.question_end);
    cr_assert(!answer.has_ttl && answer.ttl_min == 0);
}

Test(dns_answer, negative_ttl_is_the_lesser_of_minimum_and_ttl)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 0, 2, 0);
    put_soa(&w, 900, 60);
    put_soa(&w, 5, 5);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert(answer.has_soa);
    cr_assert_eq(answer.soa_minimum, 60, "of the first SOA");
    cr_assert_eq(answer.ttl_min, 5);
    w = begin(DNS_TYPE_A, 0, 1, 0);
    put_soa(&w, 30, 60);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert_eq(answer.soa_minimum, 30);
    w = begin(DNS_TYPE_SOA, 1, 0, 0);
    put_soa(&w, 30, 60);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert_not(answer.has_soa, "in the answer section it says nothing of negatives");
}

Test(dns_answer, a_ttl_over_a_week_counts_as_a_week_with_its_top_bit_too)
{
    static const uint32_t ttls[][2] = {{0, 0},
                                       {604799, 604799},
                                       {604800, 604800},
                                       {604801, 604800},
                                       {0x7fffffffU, 604800},
                                       {0x80000000U, 604800},
                                       {0xffffffffU, 604800}};
    for (size_t i = 0; i < sizeof ttls / sizeof ttls[0]; i++) {
        struct bytes_writer w = begin(DNS_TYPE_A, 1, 1, 0);
        put_a(&w, ttls[i][0]);
        put_soa(&w, 0xffffffffU, ttls[i][0]);
        cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
        cr_assert_eq(answer.ttl_min, ttls[i][1]);
        cr_assert_eq(answer.soa_minimum, ttls[i][1]);
        cr_assert(answer.has_long_ttl);
        dns_answer_age(room, &answer, 5, false, 0);
        struct bytes_reader r = bytes_reader(room, w.pos);
        bytes_skip(&r, answer.question_end + 6U);
        cr_assert_eq(bytes_get_u32(&r), ttls[i][1] < 5 ? 0 : ttls[i][1] - 5);
    }
    struct bytes_writer w = begin(DNS_TYPE_A, 1, 0, 0);
    put_a(&w, 604800);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert_not(answer.has_long_ttl);
}

Test(dns_answer, every_cut_is_seen)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 1, 1, 1);
    put_a(&w, 300);
    put_soa(&w, 900, 60);
    build_opt(&w, 1232, 0, "\0\x0f\0\2\0\3", 6);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert_eq(answer.ede, DNS_EDE_STALE_ANSWER);
    for (size_t size = 0; size < w.pos; size++) {
        enum dns_answer_verdict verdict = parse(size);
        cr_assert_neq(verdict, DNS_ANSWER_OK);
        cr_assert_eq(verdict == DNS_ANSWER_SHORT, size < 12);
        cr_assert_neq(verdict, DNS_ANSWER_QUESTION, "one that is cut is no other question");
    }
}

Test(dns_answer, a_query_is_none)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 0, 0, 0);
    bytes_set_u16(&w, 2, DNS_RD);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_NOT);
    bytes_set_u16(&w, 2, DNS_QR | 0x2000);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_NOT);
}

Test(dns_answer, belongs_to_the_question_without_regard_to_case)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 0, 0, 0);
    question = question_of("WWW.exampLE", DNS_TYPE_A);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    question.type = DNS_TYPE_AAAA;
    cr_assert_eq(parse(w.pos), DNS_ANSWER_QUESTION);
    question.type = DNS_TYPE_A;
    question.class = DNS_CLASS_CHAOS;
    cr_assert_eq(parse(w.pos), DNS_ANSWER_QUESTION);
    static const char *const others[] = {"www.examplf", "www.exampl", "www.example.x", "example",
                                         "."};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        question = question_of(others[i], DNS_TYPE_A);
        cr_assert_eq(parse(w.pos), DNS_ANSWER_QUESTION, "%s", others[i]);
    }
}

Test(dns_answer, has_exactly_one_question)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 0, 0, 0);
    bytes_set_u16(&w, 4, 0);
    cr_assert_eq(parse(12), DNS_ANSWER_MALFORMED);
    bytes_set_u16(&w, 4, 2);
    build_question(&w, &question);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_MALFORMED);
}

Test(dns_answer, an_error_may_come_without_the_question)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 0, 0, 0);
    bytes_set_u16(&w, 4, 0);
    for (uint16_t rcode = 1; rcode < 16; rcode++) {
        bytes_set_u16(&w, 2, (uint16_t)(DNS_QR | DNS_RD | rcode));
        cr_assert_eq(parse(12), DNS_ANSWER_ERROR, "RCODE %u", rcode);
        cr_assert(answer.rcode == rcode && answer.end == 0 && !answer.has_ttl);
        cr_assert_eq(answer.ede, DNS_EDE_NONE);
        cr_assert_eq(parse(11), DNS_ANSWER_SHORT);
    }
    bytes_set_u16(&w, 2, (uint16_t)(DNS_RD | (unsigned)DNS_REFUSED));
    cr_assert_eq(parse(12), DNS_ANSWER_NOT, "it must be a response");
}

Test(dns_answer, octets_behind_the_end_are_malformed)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 1, 0, 0);
    put_a(&w, 300);
    bytes_put_u8(&w, 0);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_MALFORMED);
}

Test(dns_answer, an_owner_points_backwards_only)
{
    for (size_t target = 0; target < 60; target++) {
        struct bytes_writer w = begin(DNS_TYPE_A, 1, 0, 0);
        size_t at = w.pos;
        put_a(&w, 0);
        bytes_set_u16(&w, at, (uint16_t)(0xc000 | target));
        bool label = target == 12 || target == 16 || target == 24;
        if (label)
            cr_assert_eq(parse(w.pos), DNS_ANSWER_OK, "%zu", target);
        if (target < 12 || target >= at)
            cr_assert_eq(parse(w.pos), DNS_ANSWER_MALFORMED, "%zu", target);
    }
}

/* One record of `type` whose RDATA is `data`, in the answer section. */
static enum dns_answer_verdict
parse_data(uint16_t type, const void *data, size_t size)
{
    struct bytes_writer w = begin(DNS_TYPE_ANY, 1, 0, 0);
    build_pointer(&w, OWNER);
    build_record(&w, type, 60, (uint16_t)size);
    bytes_put_copy(&w, data, size);
    return parse(w.pos);
}

Test(dns_answer, names_in_rdata_must_be_sound)
{
    static const struct {
        uint16_t type;
        uint8_t before, names, after;
    } types[] = {
        {DNS_TYPE_NS, 0, 1, 0},
        {3, 0, 1, 0},
        {4, 0, 1, 0},
        {DNS_TYPE_CNAME, 0, 1, 0},
        {DNS_TYPE_SOA, 0, 2, 20},
        {7, 0, 1, 0},
        {8, 0, 1, 0},
        {9, 0, 1, 0},
        {DNS_TYPE_PTR, 0, 1, 0},
        {14, 0, 2, 0},
        {15, 2, 1, 0},
        {17, 0, 2, 0},
        {18, 2, 1, 0},
        {21, 2, 1, 0},
        {24, 18, 1, 0},
        {26, 2, 2, 0},
        {30, 0, 1, 0},
        {33, 6, 1, 0},
        {36, 2, 1, 0},
        {39, 0, 1, 0},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        uint8_t data[64] = {0};
        struct bytes_writer w = bytes_writer(data, sizeof data);
        bytes_put_zeros(&w, types[i].before);
        for (unsigned n = 0; n < types[i].names; n++)
            bytes_put_copy(&w, "\1n\xc0\x0c", 4);
        bytes_put_zeros(&w, types[i].after);
        bool open =
            types[i].type == 24 || types[i].type == 30; /* a signature or a bitmap follows */
        cr_assert_eq(parse_data(types[i].type, data, w.pos), DNS_ANSWER_OK, "%u", types[i].type);
        cr_assert_eq(parse_data(types[i].type, data, w.pos + 1) == DNS_ANSWER_OK, open, "%u",
                     types[i].type);
        cr_assert_eq(parse_data(types[i].type, data, w.pos - 1), DNS_ANSWER_MALFORMED);
        cr_assert_eq(parse_data(types[i].type, data, 0), DNS_ANSWER_MALFORMED);
        data[types[i].before] = 0x41;
        cr_assert_eq(parse_data(types[i].type, data, w.pos), DNS_ANSWER_MALFORMED);
        data[types[i].before] = 1;
        data[types[i].before + 3] = 0xff;
        cr_assert_eq(parse_data(types[i].type, data, w.pos), DNS_ANSWER_MALFORMED);
    }
}

Test(dns_answer, strings_of_naptr_stay_within_it)
{
    static const char good[] = "\0\1\0\2\1S\7SIP+D2U\0\4_sip\0";
    cr_assert_eq(parse_data(35, good, sizeof good - 1), DNS_ANSWER_OK);
    cr_assert_eq(parse_data(35, good, sizeof good - 2), DNS_ANSWER_MALFORMED);
    cr_assert_eq(parse_data(35, "\0\1\0\2\377S\7SIP+D2U\0\0", 16), DNS_ANSWER_MALFORMED);
}

Test(dns_answer, addresses_have_their_size)
{
    static const uint8_t data[17] = {0};
    for (size_t size = 0; size <= 17; size++) {
        cr_assert_eq(parse_data(DNS_TYPE_A, data, size) == DNS_ANSWER_OK, size == 4);
        cr_assert_eq(parse_data(DNS_TYPE_AAAA, data, size) == DNS_ANSWER_OK, size == 16);
        cr_assert_eq(parse_data(DNS_TYPE_TXT, data, size), DNS_ANSWER_OK, "opaque to us");
    }
}

Test(dns_answer, reads_the_opt_and_its_part_of_the_rcode)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 1, 0, 1);
    put_a(&w, 60);
    size_t end = w.pos;
    bytes_set_u16(&w, 2, DNS_QR | (unsigned)DNS_REFUSED);
    build_opt(&w, 1232, 0x12008000U, "", 0);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert(answer.has_opt && answer.dnssec_ok);
    cr_assert_eq(answer.rcode, 0x125);
    cr_assert_eq(answer.counts[2], 0);
    cr_assert_eq(answer.end, end);
    cr_assert_eq(answer.ttl_min, 60, "the OPT has no TTL");
}

Test(dns_answer, records_behind_the_opt_are_left_out_but_must_be_sound)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 1, 0, 3);
    put_a(&w, 60);
    put_a(&w, 50);
    size_t end = w.pos;
    build_opt(&w, 1232, 0, "", 0);
    put_a(&w, 1);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert_eq(answer.end, end);
    cr_assert_eq(answer.counts[2], 1);
    cr_assert_eq(answer.ttl_min, 50);
    cr_assert_eq(parse(w.pos - 1), DNS_ANSWER_MALFORMED);
}

Test(dns_answer, there_is_one_opt_of_the_root_in_the_additional_section)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 0, 0, 2);
    build_opt(&w, 1232, 0, "", 0);
    build_opt(&w, 1232, 0, "", 0);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OPT, "two");
    w = begin(DNS_TYPE_A, 1, 0, 0);
    build_opt(&w, 1232, 0, "", 0);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OPT, "among the answers");
    w = begin(DNS_TYPE_A, 0, 1, 0);
    build_opt(&w, 1232, 0, "", 0);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OPT, "in the authority section");
    w = begin(DNS_TYPE_A, 0, 0, 1);
    build_pointer(&w, OWNER);
    build_record(&w, DNS_TYPE_OPT, 0, 0);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OPT, "of another name");
    w = begin(DNS_TYPE_A, 0, 0, 1);
    build_opt(&w, 1232, 0, "\0\x0f\0\2x", 5);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OPT, "broken");
}

Test(dns_answer, a_signature_is_the_last_record_and_is_left_out)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 1, 0, 2);
    put_a(&w, 60);
    size_t end = w.pos;
    build_opt(&w, 1232, 0, "", 0);
    put_tsig(&w);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK, "behind the OPT");
    cr_assert(answer.end == end && answer.counts[2] == 0 && answer.ttl_min == 60);
    w = begin(DNS_TYPE_A, 1, 0, 1);
    put_a(&w, 60);
    put_tsig(&w);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK, "without an OPT");
    cr_assert(answer.end == end && answer.counts[2] == 0 && answer.ttl_min == 60);
    w = begin(DNS_TYPE_A, 0, 0, 2);
    put_tsig(&w);
    build_opt(&w, 1232, 0, "", 0);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_MALFORMED, "ahead of the OPT");
    w = begin(DNS_TYPE_A, 0, 1, 0);
    put_tsig(&w);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_MALFORMED, "in the authority section");
}

Test(dns_answer, large_honest_answers_are_within_the_budget)
{
    /* as many addresses as fit */
    struct bytes_writer w = begin(DNS_TYPE_A, 0, 0, 0);
    uint16_t count = 0;
    for (; bytes_room(&w) >= 16; count++)
        put_a(&w, 60);
    bytes_set_u16(&w, 6, count);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    /* reverse names of one network, each "<n>.hosts.dept.www.example" in three runs of labels */
    w = begin(DNS_TYPE_PTR, 0, 0, 0);
    build_pointer(&w, OWNER);
    build_record(&w, DNS_TYPE_CNAME, 60, 13);
    size_t hosts = w.pos;
    bytes_put_copy(&w, "\5hosts\4dept", 11);
    build_pointer(&w, OWNER);
    for (count = 1; bytes_room(&w) >= 18; count++) {
        build_pointer(&w, count % 2 == 0 ? OWNER : hosts);
        build_record(&w, DNS_TYPE_PTR, 60, 6);
        bytes_put_copy(&w, "\3abc", 4);
        build_pointer(&w, count % 3 == 0 ? OWNER + 4 : hosts);
    }
    bytes_set_u16(&w, 6, count);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert_eq(answer.counts[0], count);
}

Test(dns_answer, many_dear_names_use_up_the_budget)
{
    /* a name of 120 labels, then records whose owners end in one of two suffixes by turns */
    struct bytes_writer w = begin(DNS_TYPE_A, 0, 0, 0);
    build_pointer(&w, OWNER);
    build_record(&w, DNS_TYPE_CNAME, 60, 222);
    size_t dear = w.pos;
    for (unsigned i = 0; i < 110; i++)
        bytes_put_copy(&w, "\1x", 2);
    build_pointer(&w, OWNER);
    uint16_t count = 1;
    for (; count < 5; count++) {
        build_pointer(&w, dear + count % 2 * 2);
        build_record(&w, DNS_TYPE_A, 60, 4);
        bytes_put_zeros(&w, 4);
    }
    bytes_set_u16(&w, 6, count);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK, "a few are fine");
    for (; bytes_room(&w) >= 16; count++) {
        build_pointer(&w, dear + count % 2 * 2);
        build_record(&w, DNS_TYPE_A, 60, 4);
        bytes_put_zeros(&w, 4);
    }
    bytes_set_u16(&w, 6, count);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_MALFORMED);
}

Test(dns_answer, ages_every_relayed_ttl_and_not_the_opt)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 2, 1, 2);
    put_a(&w, 300);
    size_t plain = w.pos;
    build_name(&w, "other.example");
    build_record(&w, DNS_TYPE_TXT, 20, 3);
    bytes_put_copy(&w, "\2ab", 3);
    put_soa(&w, 900, 60);
    put_a(&w, 100);
    size_t opt = w.pos;
    build_opt(&w, 1232, 0x00008000U, "", 0);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    struct dns_answer before = answer;
    dns_answer_age(room, &before, 30, false, 0);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert_eq(answer.ttl_min, 0, "20 s less 30 s");
    struct bytes_reader r = bytes_reader(room, w.pos);
    bytes_seek(&r, plain - 10);
    cr_assert_eq(bytes_get_u32(&r), 270);
    bytes_seek(&r, opt - 10);
    cr_assert_eq(bytes_get_u32(&r), 70);
    bytes_seek(&r, opt + 5);
    cr_assert_eq(bytes_get_u32(&r), 0x00008000U);
    dns_answer_age(room, &before, 0, true, 0x00045678);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert_eq(answer.ttl_min, 0x00045678);
    bytes_seek(&r, plain - 10);
    cr_assert_eq(bytes_get_u32(&r), 0x00045678);
}

Test(dns_answer, is_packed_with_the_text_of_its_error_behind_it)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 1, 0, 1);
    put_a(&w, 300);
    size_t end = w.pos;
    build_opt(&w, 1232, 0,
              "\0\x0f\0\7\0\x16"
              "hello",
              11);
    cr_assert_eq(parse(w.pos), DNS_ANSWER_OK);
    cr_assert_eq(answer.ede, DNS_EDE_NO_REACHABLE_AUTHORITY);
    cr_assert_arr_eq(dns_answer_text(room, &answer), "hello", 5);
    uint8_t packed[512];
    struct dns_answer kept = answer;
    dns_answer_pack(packed, sizeof packed, room, &kept);
    cr_assert_eq(kept.ede_text_at, end);
    cr_assert_arr_eq(packed, room, end);
    cr_assert_arr_eq(dns_answer_text(packed, &kept), "hello", 5);
    kept = answer;
    dns_answer_pack(packed, end + 4, room, &kept);
    cr_assert(kept.ede_text_size == 0 && kept.end == end, "no room: the text is left out");
}

Test(dns_answer, random_damage_gets_a_verdict_and_never_a_wrong_end)
{
    struct prng prng = prng_begin("dns_answer");
    unsigned good = 0;
    for (unsigned round = 0; round < 50000; round++) {
        struct bytes_writer w = begin(DNS_TYPE_A, 2, 1, 1);
        put_a(&w, 300);
        build_pointer(&w, OWNER + 4);
        build_record(&w, DNS_TYPE_CNAME, 20, 4);
        bytes_put_copy(&w, "\1x\xc0\x0c", 4);
        put_soa(&w, 900, 60);
        build_opt(&w, 1232, 0, "\0\x0f\0\2\0\3", 6);
        for (unsigned flips = prng_below(&prng, 3); flips > 0; flips--)
            room[prng_below(&prng, (unsigned)w.pos)] = (uint8_t)prng_next(&prng);
        if (parse(w.pos) != DNS_ANSWER_OK)
            continue;
        good++;
        cr_assert(answer.question_end <= answer.end && answer.end <= w.pos, "seed %llu",
                  (unsigned long long)prng.seed);
        struct dns_answer first = answer;
        dns_answer_age(room, &first, 1, false, 0);
        dns_answer_age(room, &first, 0, true, 0);
        dns_answer_age(room, &first, 0, true, 77);
        for (unsigned i = 0; i < 3; i++)
            bytes_set_u16(&w, 6 + 2 * i, first.counts[i]);
        if (first.has_ttl && parse(first.end) == DNS_ANSWER_OK)
            cr_assert_eq(answer.ttl_min, 77);
    }
    cr_assert_gt(good, 1000);
}

/* Two A records; the second's owner is a pointer to `target`, an offset from the first record. */
static enum dns_answer_verdict
with_owner_at(uint32_t ttl, size_t target)
{
    struct bytes_writer w = begin(DNS_TYPE_A, 2, 0, 0);
    size_t at = w.pos;
    put_a(&w, ttl);
    build_pointer(&w, (uint16_t)(at + target));
    build_record(&w, DNS_TYPE_A, 300, 4);
    bytes_put_u32(&w, 0xc0000202);
    return parse(w.pos);
}

Test(dns_answer, no_pointer_finds_a_name_in_a_ttl)
{
    enum { OWNER_OCTETS = 2, TTL = OWNER_OCTETS + 4, DATA = TTL + 6 };
    cr_expect_eq(with_owner_at(0, 0), DNS_ANSWER_OK, "the owner itself");
    cr_expect_eq(with_owner_at(0, DATA + 1), DNS_ANSWER_OK, "a zero octet of an address");
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(with_owner_at(0, TTL + i), DNS_ANSWER_MALFORMED, "octet %zu", i);
    cr_expect_eq(with_owner_at(0x01610000, TTL - 1), DNS_ANSWER_MALFORMED, "a label reads into it");
    cr_expect_eq(with_owner_at(0x0000c00c, TTL + 2), DNS_ANSWER_MALFORMED,
                 "a pointer stands in it");
}

/* SRV records whose owner and target both end in the question's name, so that none is known, behind
 * one of `spare` octets that pays for as many steps. */
static size_t
costly(unsigned labels, uint16_t records, uint16_t spare, uint8_t to[4096],
       struct dns_question *asked)
{
    struct bytes_writer w = bytes_writer(to, 4096);
    *asked = (struct dns_question){.type = 33, .class = DNS_CLASS_IN};
    for (unsigned i = 0; i < labels; i++) {
        asked->name.wire[2 * i] = 1;
        asked->name.wire[2 * i + 1] = 'a';
    }
    asked->name.size = (uint8_t)(2 * labels + 1);
    build_header(&w, 1, DNS_QR, 1, (uint16_t)(records + 1), 0, 1);
    build_question(&w, asked);
    bytes_put_u8(&w, 0);
    build_record(&w, 65280, 5, spare);
    (void)memset(bytes_put_view(&w, spare), 0, spare);
    for (unsigned i = 0; i < records; i++) {
        build_pointer(&w, DNS_HEADER_SIZE + 2);
        build_record(&w, 33, 5, 8);
        bytes_put_u32(&w, 1);
        bytes_put_u16(&w, 853);
        build_pointer(&w, DNS_HEADER_SIZE + 4);
    }
    bytes_put_u8(&w, 0);
    bytes_put_u16(&w, DNS_TYPE_OPT);
    bytes_put_u16(&w, 1232);
    bytes_put_u32(&w, 0);
    bytes_put_u16(&w, 0);
    cr_assert_not(w.failed);
    return w.pos;
}

/* A client without EDNS gets what had an OPT without it, and one with EDNS gets ours with what had
 * none: whether names cost too much is a matter of the records alone. */
Test(dns_answer, what_is_sound_with_an_opt_is_sound_without_and_the_reverse)
{
    enum { OPT_OCTETS = 11, ADDITIONAL_LOW = 11 };
    static uint8_t message[4096];
    struct dns_question asked;
    struct dns_answer got;
    unsigned sound = 0, refused = 0;
    for (uint16_t records = 1; records < 20; records++)
        for (uint16_t spare = 0; spare < 256; spare++) {
            size_t size = costly(100, records, spare, message, &asked);
            enum dns_answer_verdict with = dns_answer_parse(message, size, &asked, &got);
            message[ADDITIONAL_LOW] = 0;
            cr_assert_eq(dns_answer_parse(message, size - OPT_OCTETS, &asked, &got), with,
                         "%u records, %u octets", records, spare);
            sound += with == DNS_ANSWER_OK;
            refused += with == DNS_ANSWER_MALFORMED;
        }
    cr_assert_gt(sound, 0);
    cr_assert_gt(refused, 0);
}

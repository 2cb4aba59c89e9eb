/* test_dns_trim.c - what an answer owes its client, and what may be left out
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_trim.h"

#include "dns_build.h"
#include "prng.h"

#define TYPE_MX     15
#define TYPE_RRSIG  46
#define TYPE_NSEC   47
#define QUESTION_AT 12

static uint8_t room[8192];
static struct bytes_writer w;
static struct dns_question question;
static struct dns_answer answer;
static uint16_t counts[3];

static void
begin(uint16_t type)
{
    question = question_of("www.example", type);
    memset(counts, 0, sizeof counts);
    w = bytes_writer(room, sizeof room);
    build_header(&w, 7, DNS_QR, 1, 0, 0, 0);
    build_question(&w, &question);
}

/* A record with RDATA of `size` octets; a signature's begins with the type that it signs. */
static void
add(unsigned section, const char *owner, uint16_t type, uint16_t size)
{
    if (owner == NULL)
        build_pointer(&w, QUESTION_AT);
    else
        build_name(&w, owner);
    build_record(&w, type, 60, size);
    bytes_put_zeros(&w, size);
    bytes_set_u16(&w, 6 + 2 * section, ++counts[section]);
}

static void
sign(unsigned section, const char *owner, uint16_t type)
{
    add(section, owner, TYPE_RRSIG, 60);
    bytes_set_u16(&w, w.pos - 60, type);
}

static void
add_ns(const char *owner, const char *target)
{
    struct dns_name name = name_of(target);
    add(1, owner, DNS_TYPE_NS, name.size);
    struct bytes_writer at = bytes_writer(room, w.pos - name.size);
    (void)bytes_put_view(&at, w.pos - name.size);
    at.size = sizeof room;
    bytes_put_copy(&at, name.wire, name.size);
}

static void
add_soa(void)
{
    add(1, "example", DNS_TYPE_SOA, 22);
}

static bool
trim(size_t limit)
{
    struct dns_answer before;
    cr_assert_eq(dns_answer_parse(room, w.pos, &question, &answer), DNS_ANSWER_OK);
    before = answer;
    bool done = dns_trim(room, &answer, limit);
    if (!done)
        cr_assert_eq(memcmp(&before, &answer, sizeof answer), 0, "as it was");
    else
        cr_assert_leq(answer.end, limit > before.end ? before.end : limit);
    return done;
}

static void
has(uint16_t answers, uint16_t authorities, uint16_t additionals)
{
    cr_assert_eq(answer.counts[0], answers);
    cr_assert_eq(answer.counts[1], authorities);
    cr_assert_eq(answer.counts[2], additionals);
    for (unsigned i = 0; i < 3; i++)
        bytes_set_u16(&w, 6 + 2 * i, answer.counts[i]);
    struct dns_answer again;
    cr_assert_eq(dns_answer_parse(room, answer.end, &question, &again), DNS_ANSWER_OK,
                 "what is left is whole");
    for (unsigned i = 0; i < 3; i++)
        bytes_set_u16(&w, 6 + 2 * i, counts[i]);
}

Test(dns_trim, leaves_alone_what_fits)
{
    begin(DNS_TYPE_A);
    add(0, NULL, DNS_TYPE_A, 4);
    add(2, "a.example", DNS_TYPE_A, 4);
    cr_assert(trim(w.pos));
    has(1, 0, 1);
}

Test(dns_trim, additional_records_go_as_sets_from_the_end)
{
    begin(TYPE_MX);
    add(0, NULL, DNS_TYPE_TXT, 100);
    size_t owed = w.pos;
    add(2, "a.example", DNS_TYPE_A, 4);
    add(2, "A.Example", DNS_TYPE_A, 4);
    size_t first = w.pos;
    add(2, "a.example", DNS_TYPE_AAAA, 16);
    size_t second = w.pos;
    add(2, "b.example", DNS_TYPE_A, 4);
    add(2, "b.example", DNS_TYPE_A, 4);
    cr_assert(trim(w.pos - 1));
    has(1, 0, 3);
    cr_assert_eq(answer.end, second, "not half of the last set");
    cr_assert(trim(second - 1));
    has(1, 0, 2);
    cr_assert(trim(first - 1));
    has(1, 0, 0);
    cr_assert(trim(owed));
    has(1, 0, 0);
    cr_assert_not(trim(owed - 1), "the answer is owed");
}

Test(dns_trim, a_set_whose_records_stand_apart_goes_as_a_whole)
{
    begin(DNS_TYPE_A);
    add(0, NULL, DNS_TYPE_A, 4);
    add(2, "a.example", DNS_TYPE_A, 4);
    add(2, "b.example", DNS_TYPE_A, 4);
    add(2, "a.example", DNS_TYPE_AAAA, 16);
    add(2, "b.example", DNS_TYPE_A, 4);
    cr_assert(trim(w.pos - 1));
    has(1, 0, 1);
    add(2, "A.example", DNS_TYPE_A, 4);
    cr_assert(trim(w.pos - 1));
    has(1, 0, 0);
}

Test(dns_trim, a_signature_belongs_to_its_set)
{
    begin(DNS_TYPE_A);
    add(0, NULL, DNS_TYPE_A, 4);
    sign(0, NULL, DNS_TYPE_A);
    size_t owed = w.pos;
    add(2, "a.example", DNS_TYPE_A, 4);
    sign(2, "a.example", DNS_TYPE_A);
    size_t first = w.pos;
    add(2, "a.example", DNS_TYPE_AAAA, 16);
    sign(2, "a.example", DNS_TYPE_AAAA);
    cr_assert(trim(w.pos - 1));
    has(2, 0, 2);
    cr_assert(trim(first - 1));
    has(2, 0, 0);
    cr_assert_not(trim(owed - 1), "RFC 4035 3.1.1: the answer's own is owed");
}

Test(dns_trim, name_servers_beside_an_answer_may_go_and_proofs_may_not)
{
    begin(DNS_TYPE_A);
    add(0, NULL, DNS_TYPE_A, 4);
    add(1, "example", TYPE_NSEC, 20); /* of a wildcard */
    sign(1, "example", TYPE_NSEC);
    size_t owed = w.pos;
    add_ns("example", "a.example");
    add_ns("example", "b.example");
    sign(1, "example", DNS_TYPE_NS);
    size_t servers = w.pos;
    add(2, "a.example", DNS_TYPE_A, 4);
    cr_assert(trim(servers));
    has(1, 5, 0);
    cr_assert(trim(servers - 1));
    has(1, 2, 0);
    cr_assert_not(trim(owed - 1));
}

Test(dns_trim, name_servers_before_what_is_owed_stay)
{
    begin(DNS_TYPE_A);
    add(0, NULL, DNS_TYPE_A, 4);
    add_ns("example", "a.example");
    add_soa();
    size_t owed = w.pos - 12;
    add_ns("example", "b.example");
    cr_assert_not(trim(w.pos - 1), "of one set, and half of it stands before the SOA");
    cr_assert_not(trim(owed));
}

Test(dns_trim, the_soa_of_a_denial_is_owed)
{
    begin(DNS_TYPE_A);
    add_soa();
    size_t owed = w.pos;
    add_ns("example", "a.example");
    add(2, "a.example", DNS_TYPE_A, 4);
    cr_assert(trim(owed));
    has(0, 1, 0);
    cr_assert_not(trim(owed - 1), "RFC 2308 section 2: it says how long");
}

Test(dns_trim, a_referral_is_owed_with_its_glue)
{
    begin(DNS_TYPE_A);
    add_ns("example", "a.example");
    add(2, "a.example", DNS_TYPE_A, 4);
    cr_assert_not(trim(w.pos - 1), "RFC 9471");
}

Test(dns_trim, of_very_many_additional_records_none_stays)
{
    for (unsigned many = DNS_TRIM_MAX; many <= DNS_TRIM_MAX + 1; many++) {
        begin(DNS_TYPE_A);
        add(0, NULL, DNS_TYPE_A, 4);
        for (unsigned i = 0; i < many; i++) {
            char owner[] = "aa.example";
            owner[0] = (char)('a' + i / 26);
            owner[1] = (char)('a' + i % 26);
            add(2, owner, DNS_TYPE_A, 4);
        }
        cr_assert(trim(w.pos - 1));
        has(1, 0, many > DNS_TRIM_MAX ? 0 : DNS_TRIM_MAX - 1);
    }
    begin(DNS_TYPE_A);
    add(0, NULL, DNS_TYPE_A, 4);
    add_ns("example", "a.example");
    for (unsigned i = 0; i < 2 * DNS_TRIM_MAX; i++)
        add(2, "a.example", DNS_TYPE_A, 4);
    cr_assert(trim(w.pos - 1));
    has(1, 1, 0);
    begin(DNS_TYPE_A);
    add(0, NULL, DNS_TYPE_A, 4);
    for (unsigned i = 0; i < 2 * DNS_TRIM_MAX; i++)
        add_ns("example", "a.example");
    cr_assert(trim(w.pos - 1));
    has(1, 0, 0);
}

/* Is there an additional RRset of which one record is kept and one is not? By records' numbers. */
static bool
splits(const unsigned sets[], unsigned kept, unsigned count)
{
    for (unsigned i = 0; i < kept; i++)
        for (unsigned k = kept; k < count; k++)
            if (sets[i] == sets[k])
                return true;
    return false;
}

Test(dns_trim, keeps_as_many_whole_sets_as_fit)
{
    struct prng prng = prng_begin("dns_trim");
    for (unsigned round = 0; round < 3000; round++) {
        unsigned sets[DNS_TRIM_MAX], count = 1 + prng_below(&prng, DNS_TRIM_MAX);
        size_t ends[DNS_TRIM_MAX + 1];
        begin(DNS_TYPE_A);
        add(0, NULL, DNS_TYPE_A, 4);
        ends[0] = w.pos;
        for (unsigned i = 0; i < count; i++) {
            char owner[] = "a.example";
            sets[i] = prng_below(&prng, 12);
            owner[0] = (char)('a' + sets[i] / 2);
            uint16_t type = sets[i] % 2 ? DNS_TYPE_A : DNS_TYPE_AAAA;
            if (prng_below(&prng, 4) == 0)
                sign(2, owner, type);
            else
                add(2, owner, type, sets[i] % 2 ? 4 : 16);
            ends[i + 1] = w.pos;
        }
        size_t limit = ends[0] + prng_below(&prng, (unsigned)(w.pos - ends[0]));
        unsigned wanted = count - 1;
        while (ends[wanted] > limit || splits(sets, wanted, count))
            wanted--;
        cr_assert(trim(limit));
        cr_assert_eq(answer.counts[2], wanted, "seed %llu", (unsigned long long)prng.seed);
        cr_assert_eq(answer.end, ends[wanted]);
    }
}

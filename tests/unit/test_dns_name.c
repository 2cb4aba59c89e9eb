/* test_dns_name.c - names, plain and compressed, wire and text
 * SPDX-License-Identifier: ISC
 */
#include "../fixtures/dns_name_text.h"
#include "dns/dns_name.h"
#include "dns_build.h"
#include "prng.h"

#include <stdio.h>

#define AFTER_HEADER 12

/* A message of zeros up to the header's end, then `octets`. */
static struct bytes_reader
message_of(const void *octets, size_t size, uint8_t room[600])
{
    memset(room, 0, AFTER_HEADER);
    memcpy(room + AFTER_HEADER, octets, size);
    struct bytes_reader r = bytes_reader(room, AFTER_HEADER + size);
    bytes_seek(&r, AFTER_HEADER);
    return r;
}

Test(dns_name, reads_an_uncompressed_name_and_stops_behind_it)
{
    struct bytes_reader r = bytes_reader("\3www\7Example\0x", 14);
    struct dns_name name;
    cr_assert(dns_name_get(&r, &name));
    cr_assert_eq(name.size, 13);
    cr_assert_arr_eq(name.wire, "\3www\7Example\0", 13);
    cr_assert_eq(bytes_get_u8(&r), 'x');
}

Test(dns_name, a_question_name_has_no_pointer_and_no_reserved_label)
{
    static const char *const wrong[] = {"\xc0\x0c", "\1a\xc0\x0c", "\x40\1\1\1", "\x80\1\1", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct bytes_reader r = bytes_reader(wrong[i], strlen(wrong[i]));
        struct dns_name name = {.size = 99};
        cr_assert_not(dns_name_get(&r, &name));
        cr_assert(r.failed);
        cr_assert(name.size == 1 && name.wire[0] == 0, "the root on failure");
    }
}

Test(dns_name, no_label_is_longer_than_63_octets_even_if_they_are_there)
{
    static const uint8_t lengths[] = {63, 64, 65, 127, 128, 191};
    for (size_t i = 0; i < sizeof lengths; i++) {
        uint8_t wire[256] = {lengths[i]}, room[600];
        struct dns_name name;
        memset(wire + 1, 'x', lengths[i]);
        struct bytes_reader plain = bytes_reader(wire, lengths[i] + 2U);
        struct bytes_reader packed = message_of(wire, lengths[i] + 2U, room);
        cr_expect_eq(dns_name_get(&plain, &name), i == 0, "%u", lengths[i]);
        cr_expect_eq(dns_name_skip(&packed, &name), i == 0, "%u", lengths[i]);
    }
}

/* Labels that add up to `size` octets, the root label included. */
static size_t
long_name(uint8_t *to, size_t size)
{
    struct bytes_writer w = bytes_writer(to, size);
    while (bytes_room(&w) > 1) {
        size_t label = bytes_room(&w) - 2;
        label = label < DNS_LABEL_MAX ? label : DNS_LABEL_MAX;
        label -= bytes_room(&w) - 2 - label == 1 ? 1 : 0; /* no single octet may be left */
        bytes_put_u8(&w, (uint8_t)label);
        memset(bytes_put_view(&w, label), 'x', label);
    }
    bytes_put_u8(&w, 0);
    cr_assert_not(w.failed);
    return w.pos;
}

Test(dns_name, may_be_255_octets_and_not_256)
{
    uint8_t wire[256];
    struct dns_name name;
    struct bytes_reader r = bytes_reader(wire, long_name(wire, 255));
    cr_assert(dns_name_get(&r, &name));
    cr_assert_eq(name.size, 255);
    r = bytes_reader(wire, long_name(wire, 256));
    cr_assert_not(dns_name_get(&r, &name));
    uint8_t room[600];
    r = message_of(wire, 256, room);
    cr_assert_not(dns_name_skip(&r, NULL));
}

Test(dns_name, every_cut_fails)
{
    static const char whole[] = "\3www\7example\3com";
    for (size_t size = 0; size < sizeof whole; size++) {
        struct bytes_reader r = bytes_reader(whole, size);
        struct dns_name name;
        cr_assert_not(dns_name_get(&r, &name));
    }
}

Test(dns_name, expands_through_pointers_and_stands_behind_the_first)
{
    /* 12: example.com  25: www.<12>  31: <25> */
    uint8_t room[600];
    struct bytes_reader r = message_of("\7example\3com\0\3www\xc0\x0c\xc0\x19z", 13 + 6 + 3, room);
    struct dns_name name, wanted = name_of("www.example.com");
    bytes_seek(&r, 31);
    cr_assert(dns_name_skip(&r, &name));
    cr_assert(dns_name_is_equal(&name, &wanted));
    cr_assert_eq(bytes_get_u8(&r), 'z');
    bytes_seek(&r, 25);
    cr_assert(dns_name_skip(&r, NULL));
    cr_assert_eq(r.pos, 31);
}

Test(dns_name, pointers_go_strictly_backwards)
{
    static const struct {
        const char *octets;
        size_t size, at;
        const char *why;
    } wrong[] = {
        {"\xc0\x0c", 2, 12, "to itself"},
        {"\xc0\x0e\0", 3, 12, "forwards"},
        {"\1a\xc0\x0c", 4, 12, "to the labels before it"},
        {"\1a\xc0\x0e", 4, 12, "to where it stands"},
        {"\1a\xc0\x10\1b\xc0\x0c", 8, 16, "in a circle of two"},
        {"\xc0\x0b", 2, 12, "into the header"},
        {"\xc0\0", 2, 12, "to the header's first octet"},
        {"\0\xc0", 2, 13, "cut in half"},
        {"\xff\xff", 2, 12, "past the end"},
        {"\x08zzzz\xc0\x0czz\0", 10, 17, "to a label that it stands in"},
        {"\0\xc0\x0c\1\1\1\1\1\1\1\1\1\1\1\1\xc0\x0d", 17, 14,
         "to a pointer whose half is its name's"},
        {"\1a\1b\xc0\x0c", 6, 14, "to a run that comes by here again"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t room[600];
        struct bytes_reader r = message_of(wrong[i].octets, wrong[i].size, room);
        struct dns_name name;
        bytes_seek(&r, wrong[i].at);
        cr_assert_not(dns_name_skip(&r, &name), "%s", wrong[i].why);
        cr_assert(r.failed);
        cr_assert_eq(name.size, 1);
    }
}

Test(dns_name, an_expansion_over_255_octets_fails)
{
    uint8_t octets[300], room[600];
    size_t size = long_name(octets, 253);
    memcpy(octets + size, "\1a\xc0\x0c\2aa\xc0\x0c", 9);
    struct bytes_reader r = message_of(octets, size + 9, room);
    struct dns_name name;
    bytes_seek(&r, AFTER_HEADER + size);
    cr_assert(dns_name_skip(&r, &name), "255 octets");
    cr_assert_eq(name.size, 255);
    cr_assert_not(dns_name_skip(&r, NULL), "256 octets");
    /* the same by way of what is known of the target */
    struct dns_name_budget budget = {.steps = 1000};
    r = message_of(octets, size + 9, room);
    bytes_seek(&r, AFTER_HEADER + size);
    cr_assert(dns_name_check(&r, &budget));
    cr_assert_eq(budget.known_at, AFTER_HEADER);
    cr_assert_eq(budget.known_size, 253);
    cr_assert_not(dns_name_check(&r, &budget));
}

Test(dns_name, hops_are_bounded)
{
    uint8_t octets[588] = {0}, room[600];
    struct bytes_writer w = bytes_writer(octets, sizeof octets);
    bytes_put_u8(&w, 0);
    build_pointer(&w, AFTER_HEADER);
    for (unsigned i = 0; i < 290; i++) /* each points to the one before */
        build_pointer(&w, AFTER_HEADER + w.pos - 2);
    struct bytes_reader r = message_of(octets, w.pos, room);
    bytes_seek(&r, AFTER_HEADER + 1 + 2 * 200);
    cr_assert(dns_name_skip(&r, NULL), "201 hops");
    bytes_seek(&r, AFTER_HEADER + 1 + 2 * 280);
    cr_assert_not(dns_name_skip(&r, NULL), "281 hops");
}

Test(dns_name, a_budget_is_spent_over_names_and_spared_by_known_targets)
{
    uint8_t room[600];
    struct bytes_reader r = message_of("\1a\1b\1c\0\xc0\x0c\xc0\x0c\xc0\x0e\xc0\x0c", 15, room);
    struct dns_name_budget budget = {.steps = 5 + 1 + 4 + 1, .known_at = 0};
    bytes_seek(&r, 19);
    cr_assert(dns_name_check(&r, &budget));
    cr_assert_eq(budget.steps, 6, "a hop, three labels, the root");
    cr_assert(dns_name_check(&r, &budget));
    cr_assert_eq(budget.steps, 5, "known: a hop");
    cr_assert(dns_name_check(&r, &budget));
    cr_assert_eq(budget.steps, 1, "another target: walked");
    cr_assert_not(dns_name_check(&r, &budget), "and the first is not known any more");
    budget = (struct dns_name_budget){.steps = 1, .question_size = 7};
    r = message_of("\1a\1b\1c\0\xc0\x0c", 9, room);
    bytes_seek(&r, 19);
    cr_assert(dns_name_check(&r, &budget), "the question is known");
}

Test(dns_name, what_is_known_does_not_excuse_a_later_hop)
{
    /* 12: a label that holds a pointer to itself; 18 points to the name, 20 into the label */
    uint8_t room[600];
    struct bytes_reader r = message_of("\4z\xc0\x0cz\0\xc0\x0c\xc0\x0e", 10, room);
    struct dns_name_budget budget = {.steps = 100};
    bytes_seek(&r, 18);
    cr_assert(dns_name_check(&r, &budget));
    cr_assert_not(dns_name_check(&r, &budget));
    /* nor where the name is the question's */
    budget = (struct dns_name_budget){.steps = 100, .question_size = 6};
    r.failed = false;
    bytes_seek(&r, 20);
    cr_assert_not(dns_name_check(&r, &budget));
}

Test(dns_name, equality_ignores_ascii_case_only)
{
    struct dns_name a = name_of("wWw.ExAmPlE"), b = name_of("WwW.eXaMpLe"),
                    c = name_of("www.examples");
    cr_assert(dns_name_is_equal(&a, &b));
    cr_assert_not(dns_name_is_equal(&a, &c));
    struct dns_name at = name_of("\\064"), grave = name_of("\\096");
    cr_assert_not(dns_name_is_equal(&at, &grave), "@ is not the lower case of `");
    struct dns_name open = name_of("\\091"), brace = name_of("\\123");
    cr_assert_not(dns_name_is_equal(&open, &brace));
    struct dns_name high = name_of("\\193"), low = name_of("\\225");
    cr_assert_not(dns_name_is_equal(&high, &low), "octets over 127 have no case");
    cr_assert_not(dns_name_is_wire(&a, a.wire, a.size - 1U));
}

Test(dns_name, lowers_letters_only)
{
    struct dns_name name = name_of("A-Z.\\064\\091.\\193"),
                    wanted = name_of("a-z.\\064\\091.\\193");
    dns_name_lower(&name);
    cr_assert_arr_eq(name.wire, wanted.wire, wanted.size);
}

/* Each octet, at each place of a word and of the name's end. */
Test(dns_name, folds_each_octet_wherever_it_stands)
{
    for (unsigned octet = 0; octet < 256; octet++)
        for (unsigned size = 3; size < 30; size++)
            for (unsigned at = 1; at + 1 < size; at++) {
                struct dns_name name = {.size = (uint8_t)size, .wire = {(uint8_t)(size - 2)}};
                name.wire[at] = (uint8_t)octet;
                struct dns_name before = name;
                struct dns_spelling spelling = dns_name_fold(&name);
                bool is_capital = octet >= 'A' && octet <= 'Z';
                cr_assert_eq(name.wire[at], is_capital ? octet + 32 : octet);
                cr_assert_eq(spelling.capitals[0], is_capital ? UINT64_C(1) << at : 0);
                name.wire[at] = before.wire[at];
                cr_assert_arr_eq(name.wire, before.wire, sizeof name.wire);
            }
}

Test(dns_name, text_is_read_and_written)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"www.example.com", "www.example.com"},
        {"www.example.com.", "www.example.com"},
        {".", "."},
        {"a\\.b.c", "a\\046b.c"},
        {"\\097\\032", "a\\032"},
        {"*._tcp.x-1", "*._tcp.x-1"},
        {"\\\\x", "\\092x"},
        {"MiXed", "MiXed"},
        {"\\000", "\\000"},
        {"\\255", "\\255"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[DNS_NAME_TEXT_MAX];
        struct dns_name name = name_of(cases[i].text);
        cr_assert_str_eq(dns_name_format(&name, text), cases[i].written);
    }
}

Test(dns_name, refuses_wrong_text)
{
    static const char *const wrong[] = {
        "",      "..",
        ".a",    "a..b",
        "a b",   "a\tb",
        "\\25",  "\\256",
        "\\",    "a\\",
        "\\1a3", "a\x80",
        "a\x7f", "a.\n",
        "a..",   "0123456789012345678901234567890123456789012345678901234567890123.x",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct dns_name name;
        cr_assert_eq(dns_name_parse(wrong[i], &name), STATUS_INVALID, "%s", wrong[i]);
        cr_assert_eq(name.size, 1);
    }
    char text[300];
    struct dns_name name;
    memset(text, 0, sizeof text);
    for (size_t i = 0; i < 127; i++)
        memcpy(text + 2 * i, "x.", 2);
    cr_assert_eq(dns_name_parse(text, &name), STATUS_OK);
    cr_assert_eq(name.size, 255);
    memcpy(text + 254, "x", 2);
    cr_assert_eq(dns_name_parse(text, &name), STATUS_INVALID);
}

static void
random_name(struct prng *prng, struct dns_name *name)
{
    struct bytes_writer w = bytes_writer(name->wire, 1 + prng_below(prng, 255));
    while (bytes_room(&w) > 2) {
        size_t label = bytes_room(&w) - 2;
        label = 1 + prng_below(prng, label < DNS_LABEL_MAX ? (unsigned)label : DNS_LABEL_MAX);
        bytes_put_u8(&w, (uint8_t)label);
        prng_fill(prng, bytes_put_view(&w, label), label);
    }
    bytes_put_u8(&w, 0);
    name->size = (uint8_t)w.pos;
}

Test(dns_name, random_names_survive_wire_text_and_case)
{
    struct prng prng = prng_begin("dns_name");
    for (unsigned round = 0; round < 5000; round++) {
        struct dns_name name, back;
        char text[DNS_NAME_TEXT_MAX];
        random_name(&prng, &name);
        struct bytes_reader r = bytes_reader(name.wire, name.size);
        cr_assert(dns_name_get(&r, &back), "seed %llu", (unsigned long long)prng.seed);
        cr_assert(back.size == name.size && memcmp(back.wire, name.wire, name.size) == 0);
        cr_assert_eq(dns_name_parse(dns_name_format(&name, text), &back), STATUS_OK, "%s", text);
        cr_assert(back.size == name.size && memcmp(back.wire, name.wire, name.size) == 0);
        struct dns_spelling spelling = dns_name_fold(&back);
        cr_assert(dns_name_is_equal(&back, &name));
        uint8_t spelled[DNS_NAME_MAX];
        struct bytes_writer w = bytes_writer(spelled, sizeof spelled);
        dns_name_put(&w, &back, &spelling);
        cr_assert(w.pos == name.size && memcmp(spelled, name.wire, name.size) == 0);
        struct dns_name lower = name;
        dns_name_lower(&lower);
        cr_assert_arr_eq(back.wire, lower.wire, lower.size);
        w = bytes_writer(spelled, name.size - 1U);
        dns_name_put(&w, &back, &spelling);
        cr_assert(w.failed);
    }
}

Test(dns_name, check_and_skip_judge_random_octets_alike)
{
    struct prng prng = prng_begin("dns_name");
    unsigned good = 0;
    for (unsigned round = 0; round < 50000; round++) {
        uint8_t octets[48], room[600];
        for (size_t i = 0; i < sizeof octets; i++) {
            unsigned kind = prng_below(&prng, 4);
            octets[i] = (uint8_t)(kind == 0   ? 0xc0
                                  : kind == 1 ? 12 + prng_below(&prng, 48)
                                              : prng_below(&prng, 4));
        }
        struct dns_name_budget budget = {.steps = 100000};
        struct bytes_reader all = message_of(octets, sizeof octets, room);
        while (!all.failed && bytes_left(&all) > 0) {
            struct bytes_reader one = all;
            struct dns_name name;
            bool sound = dns_name_skip(&one, &name);
            cr_assert_eq(dns_name_check(&all, &budget), sound, "seed %llu",
                         (unsigned long long)prng.seed);
            cr_assert(!sound || one.pos == all.pos);
            struct bytes_reader wire = bytes_reader(name.wire, name.size);
            cr_assert(dns_name_get(&wire, &name) && bytes_left(&wire) == 0);
            good += sound;
        }
    }
    cr_assert_gt(good, 10000);
}

Test(dns_name, is_below_by_whole_labels_whatever_the_octets_look_like)
{
    static const struct {
        const char *name, *upper;
        bool is_below;
    } cases[] = {
        {"example.net", "example.net", true},
        {"a.example.net", "EXAMPLE.net", true},
        {"a.b.example.net", ".", true},
        {".", ".", true},
        {"net", "example.net", false},
        {"evil-example.net", "example.net", false},
        {"evil\\007example.net", "example.net", false},
        {"example.net.", "xample.net", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_name name = name_of(cases[i].name), upper = name_of(cases[i].upper);
        cr_expect_eq(dns_name_is_below(&name, &upper), cases[i].is_below, "%s", cases[i].name);
    }
}

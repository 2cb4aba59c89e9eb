/* test_local.c - special names, lists of names, and answers that are withheld
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

#include "dns/dns_traits.h"

static struct verdict
judge(const char *name, uint16_t type)
{
    struct dns_question question = question_of(name, type);
    struct verdict verdict = {.why = WHY_COUNT};
    bool passed = local_pass(&front.local, &question, &verdict);
    cr_assert_eq(passed, verdict.why == WHY_COUNT);
    return verdict;
}

/* A list of names, as the supervisor makes it. @return its descriptor */
static int
list_of(const char *const names[], size_t count)
{
    struct hash_key key = {.k0 = 1, .k1 = 2};
    void *memory = calloc(1, nameset_bytes(count));
    struct nameset *set = nameset_init(memory, count, &key);
    for (size_t i = 0; i < count; i++) {
        struct dns_name name = name_of(names[i]);
        cr_assert_eq(nameset_add(set, &name), STATUS_OK);
    }
    int fd;
    cr_assert_eq(memory_share("list", memory, nameset_bytes(count), true, &fd), STATUS_OK);
    free(memory);
    return fd;
}

static void
set_lists(void)
{
    static const char *const blocked[] = {"bad.example", "ads.example"};
    static const char *const allowed[] = {"good.bad.example"};
    scene_setup();
    cr_assert_eq(local_take_list(&front.local, IPC_LIST_BLOCK, list_of(blocked, 2)), STATUS_OK);
    cr_assert_eq(local_take_list(&front.local, IPC_LIST_ALLOW, list_of(allowed, 1)), STATUS_OK);
}

Test(local, special_names_are_answered_and_others_go_on, .init = scene_setup)
{
    struct verdict verdict = judge("localhost", DNS_TYPE_A);
    cr_expect_eq(verdict.end, VERDICT_ANSWER);
    cr_expect_eq(verdict.why, WHY_LOCAL);
    cr_expect_eq(verdict.form, VERDICT_SPECIAL);
    cr_expect_eq(verdict.action, SPECIAL_LOOPBACK4);
    cr_expect_eq(judge("x.onion", DNS_TYPE_A).action, SPECIAL_NXDOMAIN);
    cr_expect_eq(judge("example", DNS_TYPE_A).why, WHY_COUNT);
}

static void
through(void)
{
    scene_config();
    config.local_through_count = 1;
    strcpy(config.local_through[0], "office.test");
    scene_open();
}

Test(local, names_that_are_let_through_exist_and_so_does_what_is_above, .init = through)
{
    cr_expect_eq(judge("a.office.test", DNS_TYPE_A).why, WHY_COUNT);
    cr_expect_eq(judge("office.test", DNS_TYPE_A).why, WHY_COUNT);
    cr_expect_eq(judge("test", DNS_TYPE_A).action, SPECIAL_NODATA, "RFC 8020");
    cr_expect_eq(judge("other.test", DNS_TYPE_A).action, SPECIAL_NXDOMAIN);
    struct config other = config;
    other.local_special = 0;
    local_change(&front.local, &other);
    cr_expect_eq(judge("other.test", DNS_TYPE_A).why, WHY_COUNT, "none is special now");
}

Test(local, a_blocked_name_does_not_exist_unless_it_is_allowed, .init = set_lists)
{
    struct verdict verdict = judge("www.ads.example", DNS_TYPE_A);
    cr_expect_eq(verdict.end, VERDICT_REFUSE);
    cr_expect_eq(verdict.why, WHY_BLOCKED);
    cr_expect_eq(verdict.form, VERDICT_BLOCKED);
    cr_expect_eq(verdict.ede, DNS_EDE_BLOCKED);
    cr_expect_eq(verdict.zone_at, 4, "the listed name stands behind \"www\"");
    cr_expect_eq(judge("good.bad.example", DNS_TYPE_A).why, WHY_COUNT);
    cr_expect_eq(judge("x.bad.example", DNS_TYPE_A).why, WHY_BLOCKED);
    cr_assert_eq(local_take_list(&front.local, IPC_LIST_BLOCK, -1), STATUS_OK);
    cr_expect_eq(judge("x.bad.example", DNS_TYPE_A).why, WHY_COUNT, "the list is empty now");
}

Test(local, what_is_no_list_is_not_taken, .init = set_lists)
{
    uint8_t noise[4096];
    int fd;
    memset(noise, 7, sizeof noise);
    cr_assert_eq(memory_share("list", noise, sizeof noise, true, &fd), STATUS_OK);
    cr_expect_eq(local_take_list(&front.local, IPC_LIST_BLOCK, fd), STATUS_INVALID);
    cr_expect_eq(judge("x.bad.example", DNS_TYPE_A).why, WHY_BLOCKED, "the last one stays");
}

/* An answer: an alias from `name` to `target`, which has an address. */
static bool
allows(const char *name, const char *target, uint32_t address, struct verdict *verdict)
{
    uint8_t message[512];
    struct bytes_writer w = bytes_writer(message, sizeof message);
    struct dns_question question = question_of(name, DNS_TYPE_A);
    struct dns_name alias = name_of(target);
    struct dns_answer answer;
    build_header(&w, 0, DNS_QR | DNS_RA, 1, 2, 0, 0);
    build_question(&w, &question);
    build_pointer(&w, DNS_HEADER_SIZE);
    build_record(&w, DNS_TYPE_CNAME, 60, (uint16_t)alias.size);
    bytes_put_copy(&w, alias.wire, alias.size);
    build_name(&w, target);
    build_record(&w, DNS_TYPE_A, 60, 4);
    bytes_put_u32(&w, address);
    cr_assert_eq(dns_answer_parse(message, w.pos, &question, &answer), DNS_ANSWER_OK);
    answer.traits = dns_traits_of(message, &answer);
    return local_allows(&front.local, &question.name, message, &answer, verdict);
}

Test(local, an_answer_that_leads_to_a_blocked_name_is_withheld, .init = set_lists)
{
    struct verdict verdict;
    cr_expect(allows("a.example", "b.example", 0xc0000201, &verdict));
    cr_expect_not(allows("a.example", "x.ads.example", 0xc0000201, &verdict));
    cr_expect_eq(verdict.why, WHY_BLOCKED);
    cr_expect_eq(verdict.zone_at, 0);
    cr_expect(allows("good.bad.example", "x.ads.example", 0xc0000201, &verdict),
              "an allowed name has all that it leads to");
}

/* An answer whose name leads over so many aliases to `last`. */
static bool
allows_chain(unsigned aliases, const char *last)
{
    uint8_t message[4096];
    struct bytes_writer w = bytes_writer(message, sizeof message);
    struct dns_question question = question_of("a.example", DNS_TYPE_A);
    struct dns_answer answer;
    struct verdict verdict;
    char owner[32] = "a.example", target[32];
    build_header(&w, 0, DNS_QR | DNS_RA, 1, (uint16_t)aliases, 0, 0);
    build_question(&w, &question);
    for (unsigned i = 1; i <= aliases; i++) {
        snprintf(target, sizeof target, "n%u.example", i);
        if (i == aliases)
            snprintf(target, sizeof target, "%s", last);
        struct dns_name name = name_of(target);
        build_name(&w, owner);
        build_record(&w, DNS_TYPE_CNAME, 60, (uint16_t)name.size);
        bytes_put_copy(&w, name.wire, name.size);
        strcpy(owner, target);
    }
    cr_assert_eq(dns_answer_parse(message, w.pos, &question, &answer), DNS_ANSWER_OK);
    answer.traits = dns_traits_of(message, &answer);
    return local_allows(&front.local, &question.name, message, &answer, &verdict);
}

Test(local, a_chain_of_aliases_is_followed_to_its_end_or_withheld, .init = set_lists)
{
    cr_expect_not(allows_chain(2, "ads.example"));
    cr_expect_not(allows_chain(DNS_ALIASES_MAX, "ads.example"));
    cr_expect(allows_chain(DNS_ALIASES_MAX, "b.example"));
    cr_expect_not(allows_chain(DNS_ALIASES_MAX + 1, "b.example"), "its end is not looked at");
}

static void
private_answers(void)
{
    scene_config();
    config.local_refuse_private = 1;
    config.local_private_names_count = 1;
    strcpy(config.local_private_names[0], "lan.example");
    scene_open();
}

Test(local, private_addresses_are_for_names_that_may_have_them, .init = private_answers)
{
    struct verdict verdict;
    cr_expect(allows("a.example", "b.example", 0xc6336401, &verdict));
    cr_expect_not(allows("a.example", "b.example", 0x0a000001, &verdict));
    cr_expect_eq(verdict.why, WHY_PRIVATE);
    cr_expect_eq(verdict.rcode, DNS_SERVFAIL);
    cr_expect_eq(verdict.ede, DNS_EDE_BLOCKED);
    cr_expect(allows("host.lan.example", "b.example", 0x0a000001, &verdict));
}

/* office.test is a route's, and so is a part of a reverse zone; the second may be private. */
static void
routed(void)
{
    scene_config();
    config.upstreams_count = 2;
    strcpy(config.upstreams[0].name, "all");
    strcpy(config.upstreams[1].name, "own");
    config.local_refuse_private = 1;
    config.routes_count = 2;
    for (unsigned i = 0; i < 2; i++) {
        config.routes[i].names_count = config.routes[i].upstreams_count = 1;
        strcpy(config.routes[i].names[0], i == 0 ? "office.test" : "2.10.in-addr.arpa");
        strcpy(config.routes[i].upstreams[0], "own");
        config.routes[i].private_addresses = i;
    }
    scene_open();
}

Test(local, names_of_routes_are_asked_and_what_is_above_exists, .init = routed)
{
    cr_expect_eq(judge("a.office.test", DNS_TYPE_A).why, WHY_COUNT);
    cr_expect_eq(judge("office.test", DNS_TYPE_A).why, WHY_COUNT);
    cr_expect_eq(judge("test", DNS_TYPE_A).action, SPECIAL_NODATA, "RFC 8020");
    cr_expect_eq(judge("other.test", DNS_TYPE_A).action, SPECIAL_NXDOMAIN);
    cr_expect_eq(judge("1.1.2.10.in-addr.arpa", DNS_TYPE_PTR).why, WHY_COUNT);
    cr_expect_eq(judge("1.1.3.10.in-addr.arpa", DNS_TYPE_PTR).action, SPECIAL_NXDOMAIN);
    cr_expect_eq(judge("office.test", DNS_TYPE_DS).action, SPECIAL_NODATA, "the parent is here");
    cr_expect_eq(judge("2.10.in-addr.arpa", DNS_TYPE_DS).action, SPECIAL_NODATA);
    cr_expect_eq(judge("10.in-addr.arpa", DNS_TYPE_DS).why, WHY_COUNT, "the public tree has it");
    cr_expect_eq(judge("a.office.test", DNS_TYPE_DS).why, WHY_COUNT);
}

Test(local, private_addresses_are_for_routes_that_allow_them, .init = routed)
{
    struct dns_answer answer = {.traits = DNS_TRAIT_PRIVATE};
    struct verdict verdict;
    struct dns_name name = name_of("a.office.test");
    cr_expect_not(local_allows(&front.local, &name, NULL, &answer, &verdict));
    cr_expect_eq(verdict.why, WHY_PRIVATE);
    name = name_of("1.2.10.in-addr.arpa");
    cr_expect(local_allows(&front.local, &name, NULL, &answer, &verdict));
    name = name_of("10.in-addr.arpa");
    cr_expect_not(local_allows(&front.local, &name, NULL, &answer, &verdict));
}

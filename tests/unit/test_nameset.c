/* test_nameset.c - suffix match in a large set
 * SPDX-License-Identifier: ISC
 */
#include "answers/nameset.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct hash_key key = {1, 2};

static struct dns_name
name_of(const char *text)
{
    struct dns_name name;
    cr_assert_eq(dns_name_parse(text, &name), STATUS_OK, "%s", text);
    return name;
}

static struct nameset *
new_set(size_t names)
{
    void *memory = calloc(1, nameset_bytes(names));
    cr_assert_not_null(memory);
    return nameset_init(memory, names, &key);
}

static bool
matches(const struct nameset *set, const char *text)
{
    struct dns_name name = name_of(text);
    size_t at;
    return nameset_find(set, &name, &at);
}

Test(nameset, matches_a_name_and_what_is_below_it_and_nothing_else)
{
    struct nameset *set = new_set(2);
    struct dns_name name = name_of("ads.example.com");
    cr_assert_eq(nameset_add(set, &name), STATUS_OK);
    cr_assert(matches(set, "ads.example.com"));
    cr_assert(matches(set, "a.b.ads.example.com"));
    cr_assert_not(matches(set, "example.com"));
    cr_assert_not(matches(set, "bads.example.com"));
    cr_assert_not(matches(set, "ads.example.com.org"));
    cr_assert_not(matches(set, "."));
    free(set);
}

Test(nameset, takes_as_many_names_as_it_was_made_for)
{
    struct nameset *set = new_set(1000);
    for (unsigned i = 0; i < 1000; i++) {
        char text[32];
        snprintf(text, sizeof text, "n%u.example", i);
        struct dns_name name = name_of(text);
        cr_assert_eq(nameset_add(set, &name), STATUS_OK);
        cr_assert_eq(nameset_add(set, &name), STATUS_OK, "twice is once");
    }
    struct dns_name more = name_of("more.example");
    cr_assert_eq(nameset_add(set, &more), STATUS_FULL);
    cr_assert_eq(nameset_count(set), 1000);
    for (unsigned i = 0; i < 2000; i++) {
        char text[32];
        snprintf(text, sizeof text, "n%u.example", i);
        cr_assert_eq(matches(set, text), i < 1000, "%s", text);
    }
    cr_assert(nameset_is_sound(set, nameset_bytes(1000)));
    cr_assert_not(nameset_is_sound(set, nameset_bytes(1000) - 8));
    free(set);
}

Test(nameset, an_empty_set_matches_nothing)
{
    struct nameset *set = new_set(0);
    cr_assert_not(matches(set, "example.com"));
    free(set);
}

Test(nameset, says_where_the_shortest_listed_name_begins)
{
    struct nameset *set = new_set(2);
    struct dns_name listed = name_of("ads.example.com"), more = name_of("x.ads.example.com");
    struct dns_name name = name_of("y.x.ads.example.com"), root = name_of(".");
    size_t at = 99;
    cr_assert_eq(nameset_add(set, &listed), STATUS_OK);
    cr_assert_eq(nameset_add(set, &more), STATUS_OK);
    cr_assert_eq(nameset_add(set, &root), STATUS_INVALID);
    cr_assert(nameset_find(set, &name, &at));
    cr_assert_eq(at, 4);
    cr_assert(nameset_find(set, &listed, &at));
    cr_assert_eq(at, 0);
    free(set);
}

/* A name of as many labels as there can be, each of them "a". */
static struct dns_name
deepest(void)
{
    struct dns_name name = {.size = DNS_NAME_MAX};
    for (size_t i = 0; i + 1 < DNS_NAME_MAX; i += 2) {
        name.wire[i] = 1;
        name.wire[i + 1] = 'a';
    }
    name.wire[DNS_NAME_MAX - 1] = 0;
    return name;
}

Test(nameset, a_name_of_any_number_of_labels_is_found_at_each_of_its_tails)
{
    struct dns_name name = deepest();
    for (size_t labels = 1; labels <= 127; labels++) {
        struct nameset *set = new_set(1);
        struct dns_name tail = {.size = (uint8_t)(2 * labels + 1)};
        memcpy(tail.wire, name.wire + name.size - tail.size, tail.size);
        size_t at = 0;
        cr_assert_eq(nameset_add(set, &tail), STATUS_OK);
        cr_assert(nameset_find(set, &name, &at), "%zu", labels);
        cr_assert_eq(at, name.size - tail.size, "%zu", labels);
        tail.wire[1] = 'b';
        cr_assert_not(nameset_find(set, &tail, &at), "%zu", labels);
        free(set);
    }
}

Test(nameset, a_tail_has_the_same_hash_in_every_name)
{
    static const uint8_t text[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    uint64_t all[sizeof text], one;
    uint8_t begins[sizeof text];
    for (size_t i = 0; i < sizeof text; i++)
        begins[i] = (uint8_t)i;
    hash_siphash13_tails(&key, text, sizeof text, begins, sizeof text, all);
    for (size_t i = 0; i < sizeof text; i++) {
        hash_siphash13_tails(&key, text + i, sizeof text - i, begins, 1, &one);
        cr_expect_eq(all[i], one, "%zu", i);
        for (size_t k = 0; k < i; k++)
            cr_expect_neq(all[i], all[k], "%zu %zu", i, k);
    }
}

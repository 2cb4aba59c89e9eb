/* test_nameset.c - suffix match in a large set */
#include "core/nameset.h"

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
    return nameset_matches(set, &name);
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

static void
reads(const char *line, enum status expected, const char *text)
{
    struct dns_name name;
    char got[DNS_NAME_TEXT_MAX];
    cr_assert_eq(nameset_parse_line(line, strlen(line), &name), expected, "%s", line);
    if (expected == STATUS_OK) {
        struct dns_name want = name_of(text);
        cr_assert(name.size == want.size && memcmp(name.wire, want.wire, want.size) == 0, "%s: %s",
                  line, dns_name_format(&name, got));
    }
}

Test(nameset, reads_the_usual_forms_of_lists)
{
    reads("example.com", STATUS_OK, "example.com");
    reads("  Example.COM.  \r", STATUS_OK, "example.com");
    reads("*.example.com # why", STATUS_OK, "example.com");
    reads("0.0.0.0 example.com", STATUS_OK, "example.com");
    reads("::1\texample.com", STATUS_OK, "example.com");
    reads("||example.com^", STATUS_OK, "example.com");
    reads("", STATUS_NONE, NULL);
    reads("# comment", STATUS_NONE, NULL);
    reads("! comment", STATUS_NONE, NULL);
    reads(".", STATUS_INVALID, NULL);
    reads("two names", STATUS_INVALID, NULL);
    reads("a..b", STATUS_INVALID, NULL);
    reads("0.0.0.0 a b", STATUS_INVALID, NULL);
}

/* test_import_coredns_zone.c - which names the blocks and forwards of a Corefile have
 * SPDX-License-Identifier: ISC
 */
#include "import/import_coredns_zone.h"

#include "import_scene.h"

#include <stdio.h>

static struct import_coredns_zone z;

static void
begin(void)
{
    import_draft_begin(&draft);
    import_coredns_zone_open(&z, &draft);
    cr_assert(import_draft_add(&draft, 0, NULL, CONFIG_ROW_listen, "192.0.2.53"));
}

/* A block of at most two zones, "" none; "." as its reader has it. */
static void
block(const char *one, const char *two)
{
    cr_assert(import_coredns_zone_block(&z));
    z.is_root = strcmp(one, ".") == 0 || strcmp(two, ".") == 0;
    if (one[0] != '\0' && strcmp(one, ".") != 0)
        import_coredns_zone_add(&z, 1, one);
    if (two[0] != '\0' && strcmp(two, ".") != 0)
        import_coredns_zone_add(&z, 1, two);
}

static bool
forward(const char *from)
{
    return import_coredns_zone_forward(&z, 2, from) == NULL;
}

/* Zone number `i` of the draft: whose servers it is asked of, or why it is not. */
static bool
is_zone(uint32_t i, const char *name, uint32_t group, const char *lost)
{
    const struct import_draft_zone *zone = &draft.zones[i];
    return i < draft.zones_count && strcmp(zone->name, name) == 0 &&
           (lost == NULL ? zone->lost == NULL && zone->group == group
                         : zone->lost != NULL && strstr(zone->lost, lost) != NULL);
}

Test(import_coredns_zone, a_block_of_its_own)
{
    begin();
    block("corp.example", "Lab.example:53");
    cr_expect(import_coredns_zone_is_named(&z) && forward(".") && !z.is_rest);
    uint32_t group = z.group;
    block(".", "");
    cr_expect(!import_coredns_zone_is_named(&z) && forward("."));
    cr_expect(z.is_rest && z.group == IMPORT_DRAFT_REST);
    block("x.example", "");
    import_coredns_zone_close(&z);
    cr_expect_neq(group, IMPORT_DRAFT_REST);
    cr_expect(is_zone(0, "corp.example", group, NULL) && is_zone(1, "lab.example", group, NULL));
    cr_expect(is_zone(2, "x.example", 0, "no forward") && draft.zones_count == 3);
}

Test(import_coredns_zone, a_block_of_every_name_and_others)
{
    begin();
    block(".", "corp.example");
    cr_expect(forward(".") && z.is_rest && z.group != IMPORT_DRAFT_REST);
    import_coredns_zone_close(&z);
    cr_expect(is_zone(0, "corp.example", z.group, NULL));
}

Test(import_coredns_zone, forwards_of_some_names)
{
    begin();
    block(".", "");
    cr_expect(forward("corp.example") && !z.is_rest);
    uint32_t corp = z.group;
    cr_expect(!forward("a.corp.example")); /* the first one has it */
    cr_expect(!forward("corp.example"));
    cr_expect(!forward("10.0.0.0/8") && !forward(""));
    cr_expect(forward("example") && z.group != corp);
    uint32_t all = z.group;
    cr_expect(forward(".") && z.is_rest && z.group == IMPORT_DRAFT_REST);
    cr_expect(!forward("org.example") && !forward("."));
    import_coredns_zone_close(&z);
    cr_expect(is_zone(0, "corp.example", corp, NULL) && is_zone(1, "example", all, NULL) &&
              draft.zones_count == 2);
}

Test(import_coredns_zone, within_a_block_of_its_own)
{
    begin();
    block("corp.example", "");
    cr_expect(forward("a.corp.example"));
    uint32_t part = z.group;
    cr_expect(!forward("lab.example"));
    cr_expect(z.group == IMPORT_DRAFT_REST);
    cr_expect(forward("example") && z.group != part); /* of that, the block has its own zone */
    uint32_t whole = z.group;
    cr_expect(!forward("corp.example"));
    import_coredns_zone_close(&z);
    cr_expect(is_zone(0, "corp.example", whole, NULL) && is_zone(1, "a.corp.example", part, NULL) &&
              draft.zones_count == 2);
}

Test(import_coredns_zone, the_block_with_the_longest_name_has_it)
{
    begin();
    block(".", "");
    cr_expect(forward("corp.example"));
    cr_expect(forward("a.b.example"));
    cr_expect(forward("example"));
    uint32_t all = z.group;
    block("corp.example", "");
    cr_expect(forward("."));
    uint32_t corp = z.group;
    block("b.example", "");
    cr_expect(forward("a.b.example") && forward("."));
    import_coredns_zone_close(&z);
    cr_expect(is_zone(0, "corp.example", corp, NULL) && draft.zones_count == 4);
    cr_expect(is_zone(2, "example", all, NULL));
    cr_expect(is_lost(2, "forward", "corp.example: a block of a longer name has it") &&
              is_lost(2, "forward", "a.b.example: a block of a longer name has it"));
    cr_expect_str_eq(draft.zones[3].name, "a.b.example");
}

Test(import_coredns_zone, a_zone_that_is_not_served_wherever_all_are)
{
    static const struct {
        const char *zone, *bind;
        bool is_carried;
    } cases[] = {{"corp.example", "192.0.2.53", true}, {"corp.example", "0.0.0.0", true},
                 {"corp.example", "", true},           {"corp.example:5353", "", false},
                 {"corp.example", "127.0.0.1", false}, {"corp.example", "::", false},
                 {"corp.example", "eth0", false}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin();
        block(cases[i].zone, "");
        if (cases[i].bind[0] != '\0')
            import_coredns_zone_bind(&z, cases[i].bind);
        cr_expect(forward("a.corp.example") && forward("."));
        import_coredns_zone_close(&z);
        const char *lost = cases[i].is_carried ? NULL : "every address";
        cr_expect(is_zone(0, "corp.example", z.group, lost), "%u", i);
        cr_expect(is_zone(1, "a.corp.example", z.group - 1, lost), "%u", i);
    }
}

Test(import_coredns_zone, what_has_no_room_or_no_form)
{
    char name[32];
    begin();
    block("corp.example:x", "10.0.0.0/8");
    cr_expect(is_lost(1, "zone", "port") && is_lost(1, "zone", "routes[].names") &&
              !import_coredns_zone_is_named(&z));
    z.is_root = true;
    for (unsigned i = 0; i <= IMPORT_COREDNS_ZONE_FORWARDS_MAX; i++) {
        snprintf(name, sizeof name, "z%u.example", i);
        cr_expect_eq(forward(name), i < IMPORT_COREDNS_ZONE_FORWARDS_MAX);
    }
    for (unsigned i = 0; i <= IMPORT_COREDNS_ZONE_BINDS_MAX; i++)
        import_coredns_zone_bind(&z, "192.0.2.1");
    cr_expect_eq(z.binds[1].count, IMPORT_COREDNS_ZONE_BINDS_MAX);
    for (unsigned i = 1; i < IMPORT_COREDNS_ZONE_BLOCKS_MAX; i++)
        cr_assert(import_coredns_zone_block(&z));
    cr_expect_not(import_coredns_zone_block(&z));
}

/* test_import_draft.c - findings in their place, and values that a policy can have
 * SPDX-License-Identifier: ISC
 */
#include "import_scene.h"

#include <stdio.h>

Test(import_draft, findings_stand_in_the_order_of_the_file)
{
    import_draft_begin(&draft);
    import_draft_say(&draft, IMPORT_DRAFT_LOST, 3, "c", "third");
    import_draft_say(&draft, IMPORT_DRAFT_LOST, 7, "e", "last");
    import_draft_say(&draft, IMPORT_DRAFT_CARRIED, 5, "d", "later");
    import_draft_say(&draft, IMPORT_DRAFT_NOTE, 0, "a", "first");
    static const uint32_t lines[] = {0, 3, 5, 7};
    cr_assert_eq(draft.findings_count, 4);
    for (unsigned i = 0; i < 4; i++)
        cr_expect_eq(draft.findings[i].line, lines[i]);
    cr_expect(says(IMPORT_DRAFT_NOTE, 0, "a", "first") && is_carried(5, "d", "later"));
    cr_expect_eq(draft.counts[IMPORT_DRAFT_LOST], 2);
}

Test(import_draft, what_is_not_printable_is_shown_as_a_question_mark)
{
    import_draft_begin(&draft);
    import_draft_say(&draft, IMPORT_DRAFT_LOST, 1, "a\033b", "\x9b%s", "x\n");
    cr_expect(is_lost(1, "a?b", "?x?"));
}

Test(import_draft, more_findings_than_there_is_room_for_are_not_lost_in_silence)
{
    char text[IMPORT_DRAFT_TEXT_MAX];
    import_draft_begin(&draft);
    for (unsigned i = 0; i < IMPORT_DRAFT_FINDINGS_MAX; i++)
        import_draft_say(&draft, IMPORT_DRAFT_LOST, i, "key", "the same");
    cr_expect_not(draft.is_overfull);
    import_draft_say(&draft, IMPORT_DRAFT_LOST, 9, "key", "the same");
    cr_expect(draft.is_overfull);
    import_draft_begin(&draft);
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    for (unsigned i = 0; i < IMPORT_DRAFT_ARENA_BYTES / (IMPORT_DRAFT_TEXT_MAX / 2); i++)
        import_draft_say(&draft, IMPORT_DRAFT_LOST, i, "key", "%u%s", i, text);
    cr_expect(draft.is_overfull && draft.arena_used <= IMPORT_DRAFT_ARENA_BYTES);
}

Test(import_draft, a_value_is_one_of_ours_or_says_why_not)
{
    import_draft_begin(&draft);
    cr_expect(import_draft_set(&draft, 1, "k", CONFIG_ROW_query_ms, "900ms"));
    cr_expect_eq(draft.config.query_ms, 900);
    cr_expect(draft.given[CONFIG_ROW_query_ms] && is_carried(1, "k", "timeouts.query: 900ms"));
    cr_expect_not(import_draft_set(&draft, 2, "k", CONFIG_ROW_query_ms, "90d"));
    cr_expect(is_lost(2, "k", "\"90d\" for timeouts.query: out of range; allowed: 100ms to 30s"));
    cr_expect_eq(draft.config.query_ms, 900);
}

Test(import_draft, a_list_begins_anew_and_has_a_value_once)
{
    char port[8];
    import_draft_begin(&draft);
    cr_expect_eq(draft.config.listen_count, 2);
    cr_expect(import_draft_add(&draft, 1, "k", CONFIG_ROW_listen, "192.0.2.1"));
    cr_expect(import_draft_add(&draft, 2, "k", CONFIG_ROW_listen, "192.0.2.1:53"));
    cr_expect_eq(draft.config.listen_count, 1);
    for (unsigned i = 1; i < CONFIG_LISTEN_MAX; i++) {
        snprintf(port, sizeof port, "[::]:%u", i);
        cr_expect(import_draft_add(&draft, 3, "k", CONFIG_ROW_listen, port));
    }
    cr_expect_not(import_draft_add(&draft, 4, "k", CONFIG_ROW_listen, "[::]:99"));
    cr_expect(is_lost(4, "k", "room for 16"));
    uint32_t findings = draft.findings_count;
    cr_expect_not(import_draft_add(&draft, 5, NULL, CONFIG_ROW_listen, "[::]:98"));
    cr_expect_not(import_draft_add(&draft, 5, NULL, CONFIG_ROW_listen, "nowhere"));
    cr_expect_eq(draft.findings_count, findings);
    import_draft_empty(&draft, CONFIG_ROW_listen);
    cr_expect_eq(draft.config.listen_count, 0);
}

Test(import_draft, words_of_a_set_are_added_to_the_first_that_was_given)
{
    import_draft_begin(&draft);
    cr_expect(import_draft_add(&draft, 1, "k", CONFIG_ROW_tls_versions, "1.2"));
    cr_expect_eq(draft.config.tls_versions, CONFIG_TLS12);
    cr_expect(import_draft_add(&draft, 1, "k", CONFIG_ROW_tls_versions, "1.3"));
    cr_expect_eq(draft.config.tls_versions, CONFIG_TLS12 | CONFIG_TLS13);
}

Test(import_draft, pins_are_hashes_and_are_kept_once)
{
    import_draft_begin(&draft);
    struct import_draft_upstream *upstream = import_draft_upstream(&draft, 1, "server");
    const char *pin = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    cr_expect(import_draft_pin(&draft, upstream, 2, "pin", pin));
    cr_expect(import_draft_pin(&draft, upstream, 3, "pin", pin));
    cr_expect_eq(upstream->pins_count, 1);
    cr_expect_not(import_draft_pin(&draft, upstream, 4, "pin", "47DEQpj8"));
    cr_expect_not(import_draft_pin(&draft, upstream, 4, "pin",
                                   "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=="));
    cr_expect(is_carried(2, "pin", "sha256//47DEQ") && is_lost(4, "pin", "no base64 of a SHA-256"));
    upstream->pins_count = CONFIG_PINS_MAX;
    memset(upstream->pins, 1, sizeof upstream->pins);
    cr_expect_not(import_draft_pin(&draft, upstream, 5, "pin", pin));
    cr_expect(is_lost(5, "pin", "room for 8"));
}

Test(import_draft, more_upstreams_than_there_is_room_for_are_told)
{
    import_draft_begin(&draft);
    for (unsigned i = 0; i < IMPORT_DRAFT_UPSTREAMS_MAX; i++)
        cr_assert_not_null(import_draft_upstream(&draft, i, "server"));
    cr_expect_not(draft.is_overfull);
    cr_assert_not_null(import_draft_upstream(&draft, 99, "server"));
    cr_expect(draft.is_overfull && draft.upstreams_count == IMPORT_DRAFT_UPSTREAMS_MAX);
}

Test(import_draft, a_file_that_cannot_be_read_further_is_of_no_use)
{
    import_draft_begin(&draft);
    import_draft_fail(&draft, 8, "YAML", "torn");
    cr_expect(draft.is_broken && is_lost(8, "YAML", "torn; nothing of the file is used"));
}

Test(import_draft, texts)
{
    char to[4];
    cr_expect(import_draft_copy(to, sizeof to, "abc"));
    cr_expect_str_eq(to, "abc");
    cr_expect_not(import_draft_copy(to, sizeof to, "abcd"));
    cr_expect_str_eq(to, "");
    cr_expect(import_draft_truth("yes") == 1 && import_draft_truth("0") == 0);
    cr_expect_eq(import_draft_truth("maybe"), -1);
}

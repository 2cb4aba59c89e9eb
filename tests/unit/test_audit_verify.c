/* test_audit_verify.c - tests of audit_verify
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_verify.h"

#include "audit_history.h"

#include <stdio.h>

#define LINES   12 /* of the first file */
#define HONEST  1000
#define CHANGES 3000

static struct history history, changed;
static struct audit_verify verify;

/* Two files: started, lines, stopped, started again; then the rest behind a rotation. */
static void
begin(size_t key_size)
{
    history_begin(&history, key_size);
    cr_assert_eq(history_start(&history, 4711), AUDIT_CHAIN_NEW);
    history_put(&history, AUDIT_STARTED, SIZE_MAX);
    for (unsigned i = 2; i <= LINES; i++)
        history_put(&history, i == 6 ? AUDIT_STARTED : AUDIT_STOPPED + i % 4, SIZE_MAX);
    history_rotate(&history);
    history_put(&history, AUDIT_DRY_RUN, SIZE_MAX);
    history_put(&history, AUDIT_STOPPED, SIZE_MAX);
    changed = history;
}

/* Line `number`, from 1: where it begins and ends, with its newline. */
static size_t
begin_of(const struct scene_file *file, unsigned number)
{
    size_t at = 0;
    for (; number > 1; number--) {
        const char *end = memchr(file->octets + at, '\n', file->size - at);
        cr_assert_not_null(end);
        at = (size_t)(end - file->octets) + 1;
    }
    return at;
}

static void
cut_out(struct scene_file *file, size_t at, size_t size)
{
    memmove(file->octets + at, file->octets + at + size, file->size - at - size);
    file->size -= size;
}

static void
put_in(struct scene_file *file, size_t at, const char *octets, size_t size)
{
    cr_assert(file->size + size <= sizeof file->octets);
    memmove(file->octets + at + size, file->octets + at, file->size - at);
    memcpy(file->octets + at, octets, size);
    file->size += size;
}

static void
replace(struct scene_file *file, unsigned line, const char *what, const char *with)
{
    size_t begin = begin_of(file, line), end = begin_of(file, line + 1);
    char *at = memmem(file->octets + begin, end - begin, what, strlen(what));
    cr_assert_not_null(at, "%s", what);
    size_t place = (size_t)(at - file->octets);
    cut_out(file, place, strlen(what));
    put_in(file, place, with, strlen(with));
}

static void
judge(const struct history *log, size_t key_size)
{
    struct audit_verify asked = {.key = key_size > 0 ? SCENE_KEY : NULL, .key_size = key_size};
    asked.has_after = verify.has_after;
    asked.after = verify.after;
    asked.heads_count = verify.heads_count;
    memcpy(asked.heads, verify.heads, sizeof asked.heads);
    verify = asked;
    history_judge(log, &verify, 4096);
}

/* The log that was changed has a finding of that kind, at that place, and it is the first. */
static void
finds(enum audit_found found, unsigned file, uint64_t line)
{
    judge(&changed, 0);
    cr_assert_gt(verify.findings, 0, "%s", audit_found_name(found));
    cr_expect_eq(verify.shown[0].found, found, "%s, not %s", history_first_found(&verify),
                 audit_found_name(found));
    cr_expect_eq(verify.shown[0].at.file, file, "%s: file %u", audit_found_name(found),
                 verify.shown[0].at.file);
    cr_expect_eq(verify.shown[0].at.line, line, "%s: line %llu", audit_found_name(found),
                 (unsigned long long)verify.shown[0].at.line);
    changed = history;
}

static void
ask_for_head(const struct audit_chain *chain)
{
    char text[AUDIT_CHAIN_HEAD_TEXT_MAX];
    verify.heads_count = 1;
    cr_assert_eq(audit_found_parse(audit_chain_head(chain, text), &verify.heads[0]), STATUS_OK);
}

Test(audit_verify, an_honest_log_is_sound_in_parts_of_any_size)
{
    begin(0);
    for (size_t part = 1; part < 5000; part = part * 3 + 1) {
        memset(&verify, 0, sizeof verify);
        ask_for_head(&history.chain);
        history_judge(&history, &verify, part);
        cr_expect_eq(verify.findings, 0, "%s", history_first_found(&verify));
        cr_expect_eq(verify.lines, LINES + 3);
        cr_expect_eq(verify.first.sequence, 1);
        cr_expect_eq(verify.last.sequence, LINES + 3);
        cr_expect_arr_eq(verify.last.sum, history.chain.head, DIGEST_BYTES);
    }
}

/* Crashes at any octet, writes that are short, rotations, keys. */
Test(audit_verify, finds_nothing_in_a_thousand_honest_histories)
{
    struct prng prng = prng_begin("honest");
    unsigned crashes = 0, torn = 0, rotations = 0, refused = 0;
    uint64_t lines = 0, told = 0;
    for (unsigned i = 0; i < HONEST; i++) {
        history_begin(&history, i % 2 == 0 ? 0 : strlen(SCENE_KEY));
        for (unsigned lives = 1 + prng_below(&prng, 6); lives > 0; lives--)
            history_live(&history, &prng, lives);
        memset(&verify, 0, sizeof verify);
        if (history.chain.sequence > 0)
            ask_for_head(&history.chain);
        judge(&history, history.key_size);
        bool is_empty = !verify.has_line;
        cr_assert_eq(verify.findings, is_empty, "history %u: %s", i, history_first_found(&verify));
        cr_assert_eq(verify.last.sequence, history.chain.sequence);
        cr_assert_eq(verify.torn.octets, history.chain.torn.octets);
        lines += verify.lines;
        told += verify.torn_told;
        crashes += history.crashes;
        torn += history.torn;
        rotations += history.rotations;
        refused += history.refused;
    }
    printf("%u histories: %llu lines, %u crashes, %u of them within a line, %llu torn octets told "
           "of, %u rotations, %u writes refused\n",
           HONEST, (unsigned long long)lines, crashes, torn, (unsigned long long)told, rotations,
           refused);
    cr_expect(crashes > 100 && torn > 100 && told > 1000 && rotations > 100 && refused > 100);
}

Test(audit_verify, finds_each_kind_of_change)
{
    struct scene_file *file = changed.files;
    memset(&verify, 0, sizeof verify);
    begin(0);
    size_t three = begin_of(file, 3), four = begin_of(file, 4), five = begin_of(file, 5);
    char octets[AUDIT_LINE_MOST * 2];

    replace(file, 3, "2026-11-29T01", "2026-11-29T02");
    finds(AUDIT_FOUND_EDITED, 0, 3);
    verify = (struct audit_verify){0};
    replace(file, 3, "\"pid\":4711", "\"pid\":04711");
    finds(AUDIT_FOUND_CANONICAL, 0, 3);
    replace(file, 3, ",\"pid\"", ",\"pie\"");
    finds(AUDIT_FOUND_MEMBER, 0, 3);
    replace(file, 3, "\"event\":\"", "\"event\":\"x");
    finds(AUDIT_FOUND_EVENT, 0, 3);

    cut_out(file, three, four - three);
    finds(AUDIT_FOUND_GAP, 0, 3);

    memcpy(octets, file->octets + three, four - three);
    put_in(file, five, octets, four - three);
    finds(AUDIT_FOUND_TWICE, 0, 5);

    cut_out(file, three, four - three);
    put_in(file, three + five - four, octets, four - three);
    judge(&changed, 0);
    cr_expect_eq(verify.counts[AUDIT_FOUND_GAP], 1);
    cr_expect_eq(verify.counts[AUDIT_FOUND_ORDER], 1);
    cr_expect_eq(verify.findings, 2);
    finds(AUDIT_FOUND_GAP, 0, 3);

    put_in(file, four, "somebody was here\n", 18);
    finds(AUDIT_FOUND_FOREIGN, 0, 4);
    put_in(file, four, "\n", 1);
    finds(AUDIT_FOUND_FOREIGN, 0, 4);
    put_in(&changed.files[1], changed.files[1].size, "somebody was here", 17);
    finds(AUDIT_FOUND_FOREIGN, 1, 4);
    memset(octets, 'x', sizeof octets);
    put_in(&changed.files[1], changed.files[1].size, octets, sizeof octets);
    finds(AUDIT_FOUND_FOREIGN, 1, 4);
    put_in(&changed.files[1], changed.files[1].size, history.files[0].octets + three,
           four - three - 20);
    finds(AUDIT_FOUND_FOREIGN, 1, 4);
}

Test(audit_verify, finds_what_files_can_show)
{
    memset(&verify, 0, sizeof verify);
    begin(0);
    struct scene_file first = history.files[0], second = history.files[1];

    changed.files[0] = second;
    changed.files[1] = first;
    judge(&changed, 0);
    cr_expect_eq(verify.counts[AUDIT_FOUND_MIDDLE], 1);
    cr_expect_geq(verify.counts[AUDIT_FOUND_FILES], 1, "in the wrong order");
    cr_expect_eq(verify.counts[AUDIT_FOUND_NEW_CHAIN], 0);
    finds(AUDIT_FOUND_MIDDLE, 0, 1);

    changed.files[1] = first;
    finds(AUDIT_FOUND_FILES, 1, 1);

    changed.files[2] = first;
    changed.count = 3;
    finds(AUDIT_FOUND_FILES, 2, 1);

    changed.files[0] = second;
    changed.count = 1;
    finds(AUDIT_FOUND_MIDDLE, 0, 1);

    cut_out(&changed.files[1], 0, begin_of(&changed.files[1], 2));
    finds(AUDIT_FOUND_FILES, 1, 1);

    cut_out(&changed.files[0], 0, begin_of(&changed.files[0], 2));
    finds(AUDIT_FOUND_MIDDLE, 0, 1);

    /* a log of another run */
    struct history other = history;
    history_begin(&other, 0);
    cr_assert_eq(history_start(&other, 815), AUDIT_CHAIN_NEW);
    other.clock_us = 77;
    for (unsigned i = 1; i < 5; i++)
        history_put(&other, i == 1 ? AUDIT_STARTED : AUDIT_DRY_RUN, SIZE_MAX);
    changed.files[1] = other.files[0];
    finds(AUDIT_FOUND_NEW_CHAIN, 1, 1);
    put_in(&changed.files[0], begin_of(&changed.files[0], 5), other.files[0].octets,
           other.files[0].size);
    finds(AUDIT_FOUND_NEW_CHAIN, 0, 5);

    changed.count = 1;
    changed.files[0].size = 0;
    finds(AUDIT_FOUND_EMPTY, 0, 0);
}

Test(audit_verify, goes_on_behind_a_head_that_was_kept)
{
    begin(0);
    struct audit_found_head after;
    struct audit_verify whole = {0};
    history_judge(&history, &whole, 4096);
    struct history old = history;
    old.count = 1;
    memset(&verify, 0, sizeof verify);
    judge(&old, 0);
    after = verify.last;
    changed.files[0] = history.files[1];
    changed.count = 1;
    verify = (struct audit_verify){.has_after = true, .after = after};
    judge(&changed, 0);
    cr_expect_eq(verify.findings, 0, "%s", history_first_found(&verify));
    after.sum[5] ^= 1;
    verify = (struct audit_verify){.has_after = true, .after = after};
    finds(AUDIT_FOUND_AFTER, 0, 1);
}

Test(audit_verify, holds_the_log_against_heads)
{
    memset(&verify, 0, sizeof verify);
    begin(0);
    ask_for_head(&history.chain);
    struct scene_file *last = &changed.files[1];
    size_t end = begin_of(last, 3);
    cut_out(last, end, last->size - end);
    finds(AUDIT_FOUND_TRUNCATED, 1, 2);
    changed.count = 1;
    finds(AUDIT_FOUND_TRUNCATED, 0, LINES);
    replace(last, 3, "\"pid\":4711", "\"pid\":4712");
    finds(AUDIT_FOUND_HEAD, 1, 3);
    /* an older head holds, too, and one before what is given does not */
    history_put(&history, AUDIT_DRY_RUN, SIZE_MAX);
    judge(&history, 0);
    cr_expect_eq(verify.findings, 0);
    verify = (struct audit_verify){.has_after = true, .after.sequence = LINES, .heads_count = 1};
    memset(verify.heads[0].sum, 1, DIGEST_BYTES);
    verify.heads[0].sequence = 4;
    judge(&history, 0);
    cr_expect_eq(verify.counts[AUDIT_FOUND_HEAD], 1);
}

Test(audit_verify, knows_two_writers_and_clocks_that_go_backwards)
{
    memset(&verify, 0, sizeof verify);
    begin(0);
    changed.count = 1;
    history.count = 1;
    struct history other = changed; /* it was cloned: both go on from one end */
    cr_assert_eq(history_start(&changed, 21), AUDIT_CHAIN_SOUND);
    cr_assert_eq(history_start(&other, 22), AUDIT_CHAIN_SOUND);
    size_t before = other.files[0].size;
    history_put(&changed, AUDIT_STARTED, SIZE_MAX);
    history_put(&changed, AUDIT_DRY_RUN, SIZE_MAX);
    history_put(&other, AUDIT_STARTED, SIZE_MAX);
    put_in(changed.files, changed.files[0].size, other.files[0].octets + before,
           other.files[0].size - before);
    finds(AUDIT_FOUND_FORK, 0, LINES + 3);

    cr_assert_eq(history_start(&changed, 21), AUDIT_CHAIN_SOUND);
    history_put(&changed, AUDIT_DRY_RUN, SIZE_MAX);
    finds(AUDIT_FOUND_WRITER, 0, LINES + 1);

    cr_assert_eq(history_start(&changed, 4711), AUDIT_CHAIN_SOUND);
    history_put(&changed, AUDIT_DRY_RUN, SIZE_MAX);
    changed.clock_us -= 5000;
    history_put(&changed, AUDIT_DRY_RUN, SIZE_MAX);
    finds(AUDIT_FOUND_CLOCK, 0, LINES + 2);

    cr_assert_eq(history_start(&changed, 4711), AUDIT_CHAIN_SOUND);
    history_put(&changed, AUDIT_CONTINUED, SIZE_MAX);
    finds(AUDIT_FOUND_BEGINNING, 0, LINES + 1);
}

Test(audit_verify, wants_the_key_that_it_is_given)
{
    static char other[] = SCENE_KEY;
    begin(0);
    memset(&verify, 0, sizeof verify);
    judge(&history, strlen(SCENE_KEY));
    cr_expect_eq(verify.counts[AUDIT_FOUND_HMAC_MISSING], LINES + 3);
    begin(strlen(SCENE_KEY));
    judge(&history, strlen(SCENE_KEY));
    cr_expect_eq(verify.findings, 0, "%s", history_first_found(&verify));
    judge(&history, 0);
    cr_expect_eq(verify.findings, 0, "it is not judged without a key");
    cr_expect(verify.has_hmac);
    other[0] ^= 1;
    verify = (struct audit_verify){.key = other, .key_size = strlen(other)};
    history_judge(&history, &verify, 4096);
    cr_expect_eq(verify.counts[AUDIT_FOUND_HMAC], LINES + 3);
    /* whoever has no key can make the chain anew, and not the sums of the key */
    history.chain.key_size = 0;
    history_put(&history, AUDIT_DRY_RUN, SIZE_MAX);
    memset(&verify, 0, sizeof verify);
    judge(&history, 0);
    cr_expect_eq(verify.counts[AUDIT_FOUND_HMAC_MISSING], 1);
}

Test(audit_verify, what_was_torn_is_what_the_next_line_tells_of)
{
    memset(&verify, 0, sizeof verify);
    begin(0);
    history.count = 1;
    cr_assert_eq(history_start(&history, 4711), AUDIT_CHAIN_SOUND);
    history_put(&history, AUDIT_DRY_RUN, 200);
    size_t torn = history.files[0].size - 200;
    cr_assert_eq(history_start(&history, 4712), AUDIT_CHAIN_TORN);
    history_put(&history, AUDIT_STARTED, SIZE_MAX);
    changed = history;
    judge(&history, 0);
    cr_expect_eq(verify.findings, 0, "%s", history_first_found(&verify));
    cr_expect_eq(verify.torn_told, 200);
    cut_out(changed.files, torn, 201);
    finds(AUDIT_FOUND_TORN, 0, LINES + 1);
    cut_out(changed.files, torn + 100, 1);
    judge(&changed, 0);
    cr_expect_gt(verify.findings, 0);
    changed = history;
    cut_out(changed.files, torn + 190, 10);
    finds(AUDIT_FOUND_TORN, 0, LINES + 2);
    put_in(changed.files, torn, "{\"boot\":\"", 9);
    judge(&changed, 0);
    cr_expect_gt(verify.findings, 0);
}

/* Against a head, no change of any kind goes unseen: but what makes the same log again, and what
 * stands behind the last line and could be a piece. */
Test(audit_verify, finds_any_change_before_the_head)
{
    struct prng prng = prng_begin("changes");
    for (unsigned i = 0; i < CHANGES; i++) {
        if (i % 50 == 0) {
            history_begin(&history, 0);
            for (unsigned lives = 1; lives < 5; lives++)
                history_live(&history, &prng, lives);
            if (history.chain.sequence == 0)
                continue;
        }
        changed = history;
        struct scene_file *file = &changed.files[prng_below(&prng, changed.count)];
        size_t end =
            file->size -
            (file == &changed.files[changed.count - 1] ? history.chain.torn.octets + 2 : 0);
        if (file->size < end || end < 2)
            continue;
        size_t at = prng_below(&prng, (unsigned)end - 1), size = 1 + prng_below(&prng, 3);
        char octets[3];
        memcpy(octets, file->octets + prng_below(&prng, (unsigned)end - 3), sizeof octets);
        switch (prng_below(&prng, 3)) {
        case 0:
            file->octets[at] ^= (char)(1 << prng_below(&prng, 8));
            break;
        case 1:
            cut_out(file, at, at + size <= end ? size : 1);
            break;
        default:
            put_in(file, at, octets, size);
            break;
        }
        if (file->size == history.files[file - changed.files].size &&
            memcmp(file->octets, history.files[file - changed.files].octets, file->size) == 0)
            continue;
        memset(&verify, 0, sizeof verify);
        ask_for_head(&history.chain);
        judge(&changed, 0);
        cr_assert_gt(verify.findings, 0, "change %u at %zu", i, at);
    }
}

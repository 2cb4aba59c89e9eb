/* test_audit_chain.c - tests of audit_chain
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_chain.h"

#include "audit_scene.h"

static struct scene_file file;
static struct audit_chain chain, resumed;

static void
begin(void)
{
    file.size = 0;
    audit_chain_begin(&chain, SCENE_BOOT, 4711, NULL, 0);
    scene_put(&chain, &file, AUDIT_STARTED, SIZE_MAX);
    scene_put(&chain, &file, AUDIT_STOPPED, SIZE_MAX);
}

static enum audit_chain_end
resume(void)
{
    size_t tail = file.size < AUDIT_CHAIN_TAIL_MOST ? file.size : AUDIT_CHAIN_TAIL_MOST;
    audit_chain_begin(&resumed, SCENE_BOOT, 4712, NULL, 0);
    return audit_chain_resume(&resumed, file.octets + file.size - tail, tail, tail == file.size);
}

/* The last line of the file, read. */
static struct audit_read
last_line(void)
{
    struct audit_read read;
    size_t begin = file.size - 1;
    while (begin > 0 && file.octets[begin - 1] != '\n')
        begin--;
    cr_assert_eq(audit_read(&read, file.octets + begin, file.size - 1 - begin), AUDIT_READ_LINE);
    return read;
}

static void
is_same_head(void)
{
    char a[AUDIT_CHAIN_HEAD_TEXT_MAX], b[AUDIT_CHAIN_HEAD_TEXT_MAX];
    cr_expect_str_eq(audit_chain_head(&resumed, a), audit_chain_head(&chain, b));
}

Test(audit_chain, each_line_names_the_one_before)
{
    uint8_t previous[DIGEST_BYTES], sum[DIGEST_BYTES];
    char text[AUDIT_CHAIN_HEAD_TEXT_MAX];
    file.size = 0;
    audit_chain_begin(&chain, SCENE_BOOT, 4711, NULL, 0);
    cr_expect_str_eq(audit_chain_head(&chain, text),
                     "0:0000000000000000000000000000000000000000000000000000000000000000");
    memset(sum, 0, sizeof sum);
    for (unsigned i = 1; i < 20; i++) {
        scene_put(&chain, &file, i == 1 ? AUDIT_STARTED : AUDIT_DRY_RUN, SIZE_MAX);
        struct audit_read line = last_line();
        audit_read_hash(&line, AUDIT_OF_PREVIOUS, previous);
        cr_expect_arr_eq(previous, sum, sizeof sum);
        cr_expect_eq(audit_read_number(&line, AUDIT_OF_SEQUENCE), i);
        digest_of(line.octets, line.size, sum);
        cr_expect_arr_eq(chain.head, sum, sizeof sum);
        cr_expect_eq(resume(), AUDIT_CHAIN_SOUND);
        is_same_head();
    }
}

Test(audit_chain, goes_on_wherever_a_line_was_cut)
{
    begin();
    struct audit_chain before = chain;
    size_t size = file.size;
    scene_put(&chain, &file, AUDIT_STARTED, SIZE_MAX);
    size_t whole = file.size - size;
    char octets[AUDIT_LINE_MOST];
    memcpy(octets, file.octets + size, whole);
    for (size_t cut = 0; cut <= whole; cut++) {
        memcpy(file.octets + size, octets, whole);
        file.size = size + cut;
        enum audit_chain_end end = resume();
        bool is_whole = cut + 1 >= whole;
        cr_expect_eq(end, cut == 0 || is_whole ? AUDIT_CHAIN_SOUND : AUDIT_CHAIN_TORN, "%zu", cut);
        cr_expect_eq(resumed.sequence, before.sequence + is_whole);
        cr_expect_eq(resumed.is_newline_due, cut > 0 && cut < whole);
        scene_put(&resumed, &file, AUDIT_STARTED, SIZE_MAX);
        struct audit_read line = last_line();
        bool has_torn = (line.has & AUDIT_BIT(AUDIT_OF_TORN_OCTETS)) != 0;
        cr_expect_eq(has_torn, cut > 0 && !is_whole);
        if (has_torn)
            cr_expect_eq(audit_read_number(&line, AUDIT_OF_TORN_OCTETS), cut);
        cr_expect_eq(audit_read_number(&line, AUDIT_OF_SEQUENCE), before.sequence + 1 + is_whole);
    }
}

Test(audit_chain, pieces_in_a_row_are_told_of_together)
{
    begin();
    size_t size = file.size;
    for (unsigned i = 1; i < AUDIT_CHAIN_PIECES_MOST; i++) {
        scene_put(&chain, &file, AUDIT_STARTED, 40 + i);
        cr_expect_eq(resume(), AUDIT_CHAIN_TORN);
        cr_expect_eq(resumed.torn.pieces, i);
        cr_expect_eq(resumed.torn.octets, file.size - size);
        chain = resumed;
    }
    uint8_t sum[DIGEST_BYTES], told[DIGEST_BYTES];
    digest_of(file.octets + size, file.size - size, sum);
    size_t torn = file.size - size;
    scene_put(&chain, &file, AUDIT_STARTED, SIZE_MAX);
    struct audit_read line = last_line();
    audit_read_hash(&line, AUDIT_OF_TORN_SHA256, told);
    cr_expect_eq(audit_read_number(&line, AUDIT_OF_TORN_OCTETS), torn);
    cr_expect_arr_eq(told, sum, sizeof sum);
    cr_expect_eq(audit_read_number(&line, AUDIT_OF_SEQUENCE), 3);
    cr_expect_eq(resume(), AUDIT_CHAIN_SOUND);
    is_same_head();
}

Test(audit_chain, more_pieces_than_a_reader_looks_at_are_not_made)
{
    struct audit_line line;
    struct audit_chain_sealed sealed;
    begin();
    for (unsigned i = 0; i < AUDIT_CHAIN_PIECES_MOST; i++)
        scene_put(&chain, &file, AUDIT_STARTED, 40);
    scene_line(&line, AUDIT_STARTED, false, 1);
    cr_expect_eq(audit_chain_seal(&chain, &line, &sealed), STATUS_FULL);
    cr_expect_eq(resume(), AUDIT_CHAIN_FOREIGN);
}

Test(audit_chain, a_write_that_failed_leaves_the_chain_where_it_was)
{
    begin();
    struct audit_chain before = chain;
    scene_put(&chain, &file, AUDIT_DRY_RUN, 0);
    scene_put(&chain, &file, AUDIT_DRY_RUN, 0);
    audit_chain_lose(&chain);
    cr_expect_eq(chain.sequence, before.sequence);
    scene_put(&chain, &file, AUDIT_DRY_RUN, SIZE_MAX);
    struct audit_read line = last_line();
    cr_expect_eq(audit_read_number(&line, AUDIT_OF_LOST), 3);
    cr_expect_eq(audit_read_number(&line, AUDIT_OF_SEQUENCE), 3);
    scene_put(&chain, &file, AUDIT_DRY_RUN, SIZE_MAX);
    line = last_line();
    cr_expect_eq(line.has & AUDIT_BIT(AUDIT_OF_LOST), 0);
}

Test(audit_chain, a_newline_alone_that_was_written_closes_what_was_torn)
{
    begin();
    scene_put(&chain, &file, AUDIT_STARTED, 50);
    cr_expect(chain.is_newline_due);
    scene_put(&chain, &file, AUDIT_STARTED, 1);
    cr_expect_not(chain.is_newline_due);
    cr_expect_eq(chain.torn.octets, 50);
    cr_expect_eq(resume(), AUDIT_CHAIN_TORN);
    cr_expect_eq(resumed.torn.octets, 50);
    cr_expect_not(resumed.is_newline_due);
}

Test(audit_chain, what_no_writer_left_is_foreign)
{
    static const char *const foreign[] = {
        "hello", "\n", "\n\n", "{\"boot\":1", "{}\n", "{\"event\":\"started\"", "\x01"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        begin();
        memcpy(file.octets + file.size, foreign[i], strlen(foreign[i]));
        file.size += strlen(foreign[i]);
        struct audit_chain untouched;
        audit_chain_begin(&untouched, SCENE_BOOT, 4712, NULL, 0);
        cr_expect_eq(resume(), AUDIT_CHAIN_FOREIGN, "%s", foreign[i]);
        cr_expect_eq(resumed.sequence, untouched.sequence);
    }
    /* the beginning of a line that was there before: it cannot be the next one */
    begin();
    size_t piece = (size_t)((char *)memchr(file.octets, '\n', file.size) - file.octets) - 10;
    memcpy(file.octets + file.size, file.octets, piece);
    file.size += piece;
    cr_expect_eq(resume(), AUDIT_CHAIN_FOREIGN);
    begin();
    memset(file.octets + file.size, '{', AUDIT_CHAIN_TAIL_MOST);
    file.size += AUDIT_CHAIN_TAIL_MOST;
    cr_expect_eq(resume(), AUDIT_CHAIN_FOREIGN);
}

Test(audit_chain, begins_with_a_file_that_has_no_line)
{
    file.size = 0;
    cr_expect_eq(resume(), AUDIT_CHAIN_NEW);
    audit_chain_begin(&chain, SCENE_BOOT, 4711, NULL, 0);
    scene_put(&chain, &file, AUDIT_STARTED, 30);
    cr_expect_eq(resume(), AUDIT_CHAIN_TORN);
    cr_expect_eq(resumed.sequence, 0);
    scene_put(&resumed, &file, AUDIT_STARTED, SIZE_MAX);
    struct audit_read line = last_line();
    cr_expect_eq(audit_read_number(&line, AUDIT_OF_SEQUENCE), 1);
    cr_expect_eq(audit_read_number(&line, AUDIT_OF_TORN_OCTETS), 30);
}

Test(audit_chain, goes_on_in_the_next_file_and_tells_of_the_end_of_the_last)
{
    begin();
    scene_put(&chain, &file, AUDIT_DRY_RUN, 30);
    audit_chain_next_file(&chain);
    file.size = 0;
    scene_put(&chain, &file, AUDIT_CONTINUED, SIZE_MAX);
    cr_expect_eq(file.octets[0], '{');
    struct audit_read line = last_line();
    cr_expect_eq(audit_read_number(&line, AUDIT_OF_SEQUENCE), 3);
    cr_expect_eq(audit_read_number(&line, AUDIT_OF_TORN_OCTETS), 30);
}

Test(audit_chain, a_chain_has_one_key_or_none)
{
    begin();
    audit_chain_begin(&resumed, SCENE_BOOT, 4712, SCENE_KEY, strlen(SCENE_KEY));
    cr_expect_eq(audit_chain_resume(&resumed, file.octets, file.size, true), AUDIT_CHAIN_KEY);
    cr_expect_eq(resumed.sequence, 0);
    file.size = 0;
    scene_put(&resumed, &file, AUDIT_STARTED, SIZE_MAX);
    chain = resumed;
    audit_chain_begin(&resumed, SCENE_BOOT, 4712, SCENE_KEY, strlen(SCENE_KEY));
    cr_expect_eq(audit_chain_resume(&resumed, file.octets, file.size, true), AUDIT_CHAIN_SOUND);
    is_same_head();
    audit_chain_begin(&resumed, SCENE_BOOT, 4712, "another key of thirty-two octets", 32);
    cr_expect_eq(audit_chain_resume(&resumed, file.octets, file.size, true), AUDIT_CHAIN_KEY);
    cr_expect_eq(resume(), AUDIT_CHAIN_KEY);
}

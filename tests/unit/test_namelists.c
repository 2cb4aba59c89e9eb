/* test_namelists.c - files of names, as they become a set that others map
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/namelists.h"

#include "answers/nameset.h"
#include "os/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config config;
static struct namelists lists;
static struct config_error error;

static void
write_file(char path[CONFIG_LIST_PATH_MAX], const char *text, size_t size)
{
    strcpy(path, "listXXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, text, size), (ssize_t)size);
    close(fd);
}

static void
give(enum ipc_list list, const char *text)
{
    if (list == IPC_LIST_BLOCK)
        write_file(config.local_block[config.local_block_count++], text, strlen(text));
    else
        write_file(config.local_allow[config.local_allow_count++], text, strlen(text));
}

static enum status
load(void)
{
    enum status status = namelists_load(&config, &lists, &error);
    for (uint32_t i = 0; i < config.local_block_count; i++)
        unlink(config.local_block[i]);
    for (uint32_t i = 0; i < config.local_allow_count; i++)
        unlink(config.local_allow[i]);
    return status;
}

static bool
has(enum ipc_list list, const char *text)
{
    void *at;
    size_t size;
    struct dns_name name;
    cr_assert_eq(dns_name_parse(text, &name), STATUS_OK);
    cr_assert_eq(memory_map(lists.fds[list], 1, true, &at, &size), STATUS_OK, "sealed");
    cr_assert(nameset_is_sound(at, size));
    size_t zone_at;
    bool matches = nameset_find(at, &name, &zone_at);
    memory_unmap(at, size);
    return matches;
}

Test(namelists, without_files_there_are_none)
{
    cr_assert_eq(load(), STATUS_OK);
    cr_assert_eq(lists.fds[IPC_LIST_BLOCK], -1);
    cr_assert_eq(lists.fds[IPC_LIST_ALLOW], -1);
}

Test(namelists, names_of_several_files_are_one_set)
{
    give(IPC_LIST_BLOCK, "# a comment\nads.example\n0.0.0.0 tracker.example # why\n\n");
    give(IPC_LIST_BLOCK, "ads.example\r\n||last.example^");
    give(IPC_LIST_ALLOW, "good.ads.example\n");
    cr_assert_eq(load(), STATUS_OK);
    cr_assert(has(IPC_LIST_BLOCK, "x.ads.example"));
    cr_assert(has(IPC_LIST_BLOCK, "tracker.example"));
    cr_assert(has(IPC_LIST_BLOCK, "last.example"), "the last line needs no end");
    cr_assert_not(has(IPC_LIST_BLOCK, "example"));
    cr_assert_not(has(IPC_LIST_ALLOW, "ads.example"));
    cr_assert(has(IPC_LIST_ALLOW, "good.ads.example"));
    cr_assert_eq(lists.names[IPC_LIST_BLOCK], 3);
    cr_assert_eq(lists.files[IPC_LIST_BLOCK][0].lines, 2);
    cr_assert_eq(lists.files[IPC_LIST_BLOCK][1].first, 0, "every line is used");
}

Test(namelists, what_is_not_used_is_told_by_kind)
{
    char text[1024] = "";
    give(IPC_LIST_BLOCK, "one.example\nnot a name at all\ntwo.example\n.\nthree..example\n"
                         "shop.example##.ad\nshop.example#@#.ad\n||shop.example^$third-party\n"
                         "/regex/\n||shop.example/path\n192.168.0.1 shop.example\n! why\n");
    cr_assert_eq(load(), STATUS_OK);
    cr_assert_eq(lists.names[IPC_LIST_BLOCK], 2);
    cr_assert_not(has(IPC_LIST_BLOCK, "shop.example"));
    cr_assert_eq(lists.files[IPC_LIST_BLOCK][0].lines, 11);
    cr_assert_eq(lists.files[IPC_LIST_BLOCK][0].first, 2);
    FILE *to = fmemopen(text, sizeof text, "w");
    cr_assert_eq(namelists_warnings(&config, &lists, to), 1, "one line");
    fclose(to);
    cr_assert_not_null(strstr(text, "9 of 11 lines were not used: 2 about parts of pages, "
                                    "1 with options that DNS cannot follow, 1 about parts of "
                                    "addresses, 1 regular expressions, 1 that give another "
                                    "address or server, 3 without a name; the first is line 2\n"),
                       "%s", text);
}

Test(namelists, exceptions_of_a_block_list_are_allowed)
{
    give(IPC_LIST_BLOCK, "||ads.example^\n@@||good.ads.example^\nserver=/fine.ads.example/#\n");
    cr_assert_eq(load(), STATUS_OK);
    cr_assert(has(IPC_LIST_BLOCK, "good.ads.example"));
    cr_assert(has(IPC_LIST_ALLOW, "x.good.ads.example"));
    cr_assert(has(IPC_LIST_ALLOW, "fine.ads.example"));
    cr_assert_not(has(IPC_LIST_ALLOW, "ads.example"));
    cr_assert_eq(lists.files[IPC_LIST_BLOCK][0].first, 0);
}

Test(namelists, an_allow_list_allows_whatever_it_names)
{
    give(IPC_LIST_ALLOW, "a.example\n||b.example^\n@@||c.example^\n");
    cr_assert_eq(load(), STATUS_OK);
    cr_assert_eq(lists.names[IPC_LIST_ALLOW], 3);
    cr_assert_eq(lists.fds[IPC_LIST_BLOCK], -1);
}

Test(namelists, names_in_utf8_are_those_of_the_dns)
{
    give(IPC_LIST_BLOCK, "\xef\xbb\xbf"
                         "b\xc3\xbc"
                         "cher.example\n"
                         "||B\xc3\x9c"
                         "CHER.test.example^\n"
                         "0.0.0.0 stra\xc3\x9f"
                         "e.example "
                         "\xe4\xbe\x8b\xe5\xad\x90.example\n"
                         "bad\xff.example\n");
    cr_assert_eq(load(), STATUS_OK);
    cr_assert(has(IPC_LIST_BLOCK, "xn--bcher-kva.example"), "behind the mark of UTF-8, too");
    cr_assert(has(IPC_LIST_BLOCK, "xn--bcher-kva.test.example"), "in upper case");
    cr_assert(has(IPC_LIST_BLOCK, "xn--strae-oqa.example"), "by IDNA2008, not of 2003");
    cr_assert(has(IPC_LIST_BLOCK, "xn--fsqu00a.example"));
    cr_assert_eq(lists.names[IPC_LIST_BLOCK], 4);
    cr_assert_eq(lists.files[IPC_LIST_BLOCK][0].of_kind[LIST_UNKNOWN], 1);
    cr_assert_eq(lists.files[IPC_LIST_BLOCK][0].first, 4);
}

Test(namelists, a_line_without_end_does_not_swallow_the_next)
{
    static char text[700000];
    memset(text, 'x', sizeof text);
    memcpy(text, "one.example\n", 12);
    memcpy(text + sizeof text - 13, "\ntwo.example\n", 13);
    write_file(config.local_block[config.local_block_count++], text, sizeof text);
    cr_assert_eq(load(), STATUS_OK);
    cr_assert_eq(lists.names[IPC_LIST_BLOCK], 2);
    cr_assert_geq(lists.files[IPC_LIST_BLOCK][0].of_kind[LIST_UNKNOWN], 1);
    cr_assert(has(IPC_LIST_BLOCK, "two.example"));
}

Test(namelists, lines_are_whole_across_any_border_of_what_is_read)
{
    static char text[1200000];
    size_t size = 0;
    unsigned count = 0;
    for (; size + 40 < sizeof text; count++)
        size += (size_t)snprintf(text + size, sizeof text - size, "n%u.%.*s.example\n", count,
                                 (int)(1 + count % 13), "abcdefghijklmnop");
    write_file(config.local_block[config.local_block_count++], text, size);
    cr_assert_eq(load(), STATUS_OK);
    cr_assert_eq(lists.names[IPC_LIST_BLOCK], count);
    cr_assert_eq(lists.files[IPC_LIST_BLOCK][0].first, 0);
    uint8_t sum[DIGEST_BYTES];
    digest_of(text, size, sum);
    cr_assert_arr_eq(lists.files[IPC_LIST_BLOCK][0].sum, sum, sizeof sum);
}

Test(namelists, each_file_has_the_digest_of_its_octets)
{
    static const char *const texts[] = {"one.example\n", "", "# nothing but a comment"};
    uint8_t sum[DIGEST_BYTES];
    for (size_t i = 0; i < 3; i++) {
        give(IPC_LIST_BLOCK, texts[i]);
        give(IPC_LIST_ALLOW, texts[2 - i]);
    }
    cr_assert_eq(load(), STATUS_OK);
    for (size_t i = 0; i < 3; i++) {
        digest_of(texts[i], strlen(texts[i]), sum);
        cr_expect_arr_eq(lists.files[IPC_LIST_BLOCK][i].sum, sum, sizeof sum);
        cr_expect_arr_eq(lists.files[IPC_LIST_ALLOW][2 - i].sum, sum, sizeof sum);
    }
}

Test(namelists, a_file_that_cannot_be_read_is_named)
{
    give(IPC_LIST_BLOCK, "one.example\n");
    strcpy(config.local_allow[config.local_allow_count++], "no/such/file");
    cr_assert_eq(load(), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "local.allow: no/such/file: "), "%s", error.text);
    cr_assert_eq(lists.fds[IPC_LIST_BLOCK], -1);
}

Test(namelists, what_has_no_end_is_refused)
{
    char *path = config.local_block[config.local_block_count];
    write_file(path, "", 0); /* for a name that is ours */
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
    config.local_block_count++;
    cr_assert_eq(load(), STATUS_INVALID);
}

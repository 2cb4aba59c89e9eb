/* test_append.c - a file that is only added to
 * SPDX-License-Identifier: ISC
 */
#include "os/append.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], path[96];
static struct append file;
static const char *why;

static void
begin(void)
{
    strcpy(folder, "/tmp/penstock-append-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    cr_assert_eq(append_find(&file, path), STATUS_OK);
}

static void
end(void)
{
    char command[96];
    append_close(&file);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

static const char *
contents(void)
{
    static char text[512];
    size_t size = 0;
    FILE *from = fopen(path, "r");
    cr_assert_not_null(from);
    size = fread(text, 1, sizeof text - 1, from);
    fclose(from);
    text[size] = '\0';
    return text;
}

static void
add(const char *line)
{
    size_t written;
    cr_assert_eq(append_line(&file, line, strlen(line), &written), STATUS_OK);
    cr_assert_eq(written, strlen(line));
}

TestSuite(append, .init = begin, .fini = end);

Test(append, makes_a_file_for_its_account_alone_and_adds_to_one_that_is_there)
{
    struct stat info;
    cr_assert_eq(append_open(&file, NULL, &why), STATUS_OK, "%s", why);
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0600);
    add("one\n");
    cr_expect(file.is_unsynced);
    cr_assert_eq(append_sync(&file), STATUS_OK);
    cr_expect_not(file.is_unsynced);
    append_close(&file);
    cr_assert_eq(append_open(&file, NULL, &why), STATUS_OK, "%s", why);
    add("two\n");
    cr_expect_str_eq(contents(), "one\ntwo\n");
}

Test(append, a_second_writer_is_told)
{
    struct append other;
    cr_assert_eq(append_open(&file, NULL, &why), STATUS_OK);
    cr_assert_eq(append_find(&other, path), STATUS_OK);
    cr_assert_eq(append_open(&other, NULL, &why), STATUS_AGAIN);
    cr_expect_str_eq(why, "another process writes to it");
    append_close(&file);
    cr_assert_eq(append_open(&other, NULL, &why), STATUS_OK, "its lock goes with it");
    append_close(&other);
}

Test(append, what_is_open_is_known_again_and_what_took_its_place_is_not_it)
{
    char moved[128];
    struct append next;
    cr_assert_eq(append_open(&file, NULL, &why), STATUS_OK);
    next = file;
    cr_assert_eq(append_open(&next, &file, &why), STATUS_NONE);
    snprintf(moved, sizeof moved, "%s.1", path);
    cr_assert_eq(rename(path, moved), 0);
    add("old\n");
    cr_assert_eq(append_open(&next, &file, &why), STATUS_OK);
    append_close(&file);
    file = next;
    add("new\n");
    cr_expect_str_eq(contents(), "new\n");
}

Test(append, refuses_what_others_could_have_written)
{
    cr_assert_eq(append_open(&file, NULL, &why), STATUS_OK);
    append_close(&file);
    cr_assert_eq(chmod(path, 0620), 0);
    cr_expect_eq(append_open(&file, NULL, &why), STATUS_INVALID);
    cr_expect_str_eq(why, "may be written to by other accounts");
    cr_assert_eq(chmod(path, 0600), 0);
    char second[128];
    snprintf(second, sizeof second, "%s.2", path);
    cr_assert_eq(link(path, second), 0);
    cr_expect_eq(append_open(&file, NULL, &why), STATUS_INVALID);
    cr_expect_str_eq(why, "has another name too");
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(symlink(second, path), 0);
    cr_expect_eq(append_open(&file, NULL, &why), STATUS_SYSTEM);
    cr_expect_str_eq(why, "is a symbolic link");
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(append_open(&file, NULL, &why), STATUS_SYSTEM,
                 "and it does not wait for a reader");
    cr_expect_lt(file.fd, 0);
}

Test(append, the_tail_is_the_last_octets_and_where_they_begin)
{
    char tail[6];
    off_t at;
    size_t size;
    cr_assert_eq(append_open(&file, NULL, &why), STATUS_OK);
    cr_assert_eq(append_tail(&file, tail, sizeof tail, &at, &size), STATUS_OK);
    cr_expect(at == 0 && size == 0);
    add("0123456789\n");
    cr_assert_eq(append_tail(&file, tail, sizeof tail, &at, &size), STATUS_OK);
    cr_expect(at == 5 && size == 6 && memcmp(tail, "56789\n", 6) == 0);
    cr_assert_eq(unlink(path), 0);
    cr_expect_eq(append_tail(&file, tail, sizeof tail, &at, &size), STATUS_SYSTEM);
}

/* As a full disk does: the first octets go in, the others do not. */
Test(append, a_line_that_has_no_room_leaves_nothing)
{
    size_t written = 99;
    cr_assert_eq(append_open(&file, NULL, &why), STATUS_OK);
    add("whole\n");
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){10, RLIM_INFINITY}), 0);
    cr_expect_eq(append_line(&file, "too long\n", 9, &written), STATUS_SYSTEM);
    cr_expect_eq(written, 0);
    cr_expect_str_eq(contents(), "whole\n");
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){6, RLIM_INFINITY}), 0);
    cr_expect_eq(append_line(&file, "none\n", 5, &written), STATUS_SYSTEM);
    cr_expect(written == 0 && errno == EFBIG);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}), 0);
    add("again\n");
    cr_expect_str_eq(contents(), "whole\nagain\n");
}

Test(append, a_folder_has_to_be_there)
{
    struct append other;
    char missing[160];
    snprintf(missing, sizeof missing, "%s/none/log", folder);
    cr_expect_eq(append_find(&other, missing), STATUS_SYSTEM);
    cr_expect_eq(errno, ENOENT);
    memset(missing, 'a', sizeof missing - 1);
    missing[sizeof missing - 1] = '\0';
    cr_expect_eq(append_find(&other, missing), STATUS_SYSTEM, "it has no slash");
}

/* test_change_mark.c - are the files that a reload reads still those that were read?
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/change_mark.h"

#include "conf/config.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], file[96], ca[96], list[96], cookies[96];
static struct config config;
static struct options options;

static void
write_to(const char *path, const char *text, int flags)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void
begin(void)
{
    strcpy(folder, "/tmp/penstock-mark-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/penstock.yaml", folder);
    snprintf(ca, sizeof ca, "%s/ca.pem", folder);
    snprintf(list, sizeof list, "%s/list", folder);
    write_to(file, "a", 0);
    write_to(ca, "b", 0);
    write_to(list, "c", 0);
    snprintf(cookies, sizeof cookies, "%s/cookies", folder);
    write_to(cookies, "d", 0);
    snprintf(config.cookies_secret_file, sizeof config.cookies_secret_file, "%s", cookies);
    options.file = file;
    snprintf(config.tls_ca_file, sizeof config.tls_ca_file, "%s", ca);
    snprintf(config.local_allow[0], sizeof config.local_allow[0], "%s", list);
    config.local_allow_count = 1;
}

static void
end(void)
{
    unlink(file);
    unlink(ca);
    unlink(list);
    unlink(cookies);
    rmdir(folder);
}

static uint64_t
mark(void)
{
    return change_mark(&options, &config);
}

Test(change_mark, is_the_same_while_nothing_changes, .init = begin, .fini = end)
{
    cr_assert_neq(mark(), 0);
    cr_assert_eq(mark(), mark());
}

Test(change_mark, is_another_when_one_of_them_is_written_to, .init = begin, .fini = end)
{
    const char *paths[] = {file, ca, list, cookies};
    for (unsigned i = 0; i < 4; i++) {
        uint64_t before = mark();
        write_to(paths[i], "more", O_APPEND);
        cr_assert_neq(mark(), before, "%s", paths[i]);
    }
}

Test(change_mark, is_another_when_a_file_takes_the_place_of_one_as_long, .init = begin, .fini = end)
{
    char other[96];
    uint64_t before = mark();
    snprintf(other, sizeof other, "%s/other", folder);
    write_to(other, "x", 0);
    cr_assert_eq(rename(other, file), 0);
    cr_assert_neq(mark(), before);
}

/* As rsync and cp do when they are to keep times. */
Test(change_mark, is_another_when_what_is_written_pretends_to_be_as_old, .init = begin, .fini = end)
{
    struct stat was;
    uint64_t before = mark();
    cr_assert_eq(stat(file, &was), 0);
    struct timespec times[] = {was.st_atim, was.st_mtim};
    usleep(20 * 1000); /* more than the kernel's own clock of files is coarse */
    write_to(file, "x", 0);
    cr_assert_eq(utimensat(AT_FDCWD, file, times, 0), 0);
    cr_assert_neq(mark(), before);
}

/* What was refused for its mode is read again once that is another. */
Test(change_mark, is_another_when_a_file_gets_another_mode, .init = begin, .fini = end)
{
    uint64_t before = mark();
    usleep(20 * 1000);
    cr_assert_eq(chmod(ca, 0640), 0);
    cr_assert_neq(mark(), before);
}

Test(change_mark, is_another_when_a_file_goes_and_comes, .init = begin, .fini = end)
{
    uint64_t before = mark();
    unlink(list);
    uint64_t without = mark();
    cr_assert_neq(without, before);
    cr_assert_eq(mark(), without);
    write_to(list, "c", 0);
    cr_assert_neq(mark(), without);
}

/* As kubelet does: the folder behind a link is another, and files of its own are there. */
Test(change_mark, is_another_when_a_link_leads_to_another_folder, .init = begin, .fini = end)
{
    char one[96], two[96], link[96], in[128];
    snprintf(one, sizeof one, "%s/one", folder);
    snprintf(two, sizeof two, "%s/two", folder);
    snprintf(link, sizeof link, "%s/data", folder);
    mkdir(one, 0700);
    mkdir(two, 0700);
    snprintf(in, sizeof in, "%s/f", one);
    write_to(in, "x", 0);
    snprintf(in, sizeof in, "%s/f", two);
    write_to(in, "x", 0);
    cr_assert_eq(symlink("one", link), 0);
    snprintf(in, sizeof in, "%s/f", link);
    options.file = in;
    uint64_t before = mark();
    unlink(link);
    cr_assert_eq(symlink("two", link), 0);
    cr_assert_neq(mark(), before);
    unlink(in);
    snprintf(in, sizeof in, "%s/f", one);
    unlink(in);
    unlink(link);
    rmdir(one);
    rmdir(two);
}

/* test_exporter_target.c - where events go: what is meant, and what opening it does
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_target.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct exporter_target target;

Test(exporter_target, what_is_meant)
{
    cr_expect_eq(exporter_target_parse("/var/log/queries", &target), STATUS_OK);
    cr_expect_eq(target.kind, EXPORTER_TARGET_FILE);
    cr_expect_str_eq(target.folder, "/var/log/");
    cr_expect_str_eq(target.path, "queries");
    cr_expect_eq(exporter_target_parse("queries", &target), STATUS_OK);
    cr_expect_str_eq(target.folder, ".");
    cr_expect_eq(exporter_target_parse("/queries", &target), STATUS_OK);
    cr_expect_str_eq(target.folder, "/");
    cr_expect_eq(exporter_target_parse("unix:/run/tap", &target), STATUS_OK);
    cr_expect_eq(target.kind, EXPORTER_TARGET_UNIX);
    cr_expect_str_eq(target.path, "/run/tap");
    cr_expect_eq(exporter_target_parse("tcp:[::1]:6000", &target), STATUS_OK);
    cr_expect_eq(target.kind, EXPORTER_TARGET_TCP);
    cr_expect_eq(target.addr.family, ADDR_IPV6);
    cr_expect_eq(target.addr.port, 6000);
    cr_expect_str_eq(target.text, "tcp:[::1]:6000");
}

Test(exporter_target, what_is_none)
{
    static const char *const none[] = {"",      "/",    "/var/log/",     "/var/..",        ".",
                                       "unix:", "tcp:", "tcp:127.0.0.1", "tcp:localhost:1"};
    char text[2000];
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_expect_eq(exporter_target_parse(none[i], &target), STATUS_INVALID, "%s", none[i]);
    memset(text, '/', sizeof text);
    memcpy(text, "unix:", 5);
    text[sizeof text - 2] = 'a';
    text[sizeof text - 1] = '\0';
    cr_expect_eq(exporter_target_parse(text, &target), STATUS_INVALID);
    cr_expect_eq(exporter_target_parse(text + 5, &target), STATUS_INVALID);
}

static char folder[] = "/tmp/test_exporter_target.XXXXXX";
static char path[sizeof folder + 40];

static const char *
in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void
prepare(const char *name, bool is_fresh)
{
    static char text[sizeof path];
    umask(0);
    snprintf(text, sizeof text, "%s", in_folder(name));
    cr_assert_eq(exporter_target_parse(text, &target), STATUS_OK);
    cr_assert_eq(exporter_target_prepare(&target, is_fresh), STATUS_OK);
}

static void
put(int fd, const char *text)
{
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

Test(exporter_target, a_file_is_added_to_and_made_anew_where_it_was_moved_away)
{
    struct stat status;
    int fd;
    cr_assert_not_null(mkdtemp(folder));
    prepare("log", false);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(exporter_target_open(&target, &fd), 0);
        put(fd, "line\n");
        close(fd);
    }
    cr_assert_eq(stat(in_folder("log"), &status), 0);
    cr_expect_eq(status.st_size, 10);
    cr_expect_eq(status.st_mode & 07777, 0640);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(exporter_target_open(&target, &fd), 0);
    cr_expect_eq(stat(in_folder("log"), &status), 0);
    unlink(path);
    rmdir(folder);
}

Test(exporter_target, what_is_no_file_of_ours_is_not_followed_or_waited_for)
{
    int fd;
    cr_assert_not_null(mkdtemp(folder));
    prepare("log", false);
    cr_assert_eq(symlink("/dev/null", in_folder("log")), 0);
    cr_expect_eq(exporter_target_open(&target, &fd), ELOOP);
    cr_expect_eq(fd, -1);
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(exporter_target_open(&target, &fd), ENXIO, "nobody reads it");
    unlink(path);
    rmdir(folder);
    cr_assert_eq(exporter_target_parse(in_folder("log"), &target), STATUS_OK);
    cr_expect_eq(exporter_target_prepare(&target, false), STATUS_SYSTEM);
}

Test(exporter_target, what_a_stream_cannot_be_added_to_is_set_aside)
{
    struct stat status;
    int fd, in;
    char found[200] = "";
    cr_assert_not_null(mkdtemp(folder));
    prepare("tap", true);
    cr_assert_eq(exporter_target_open(&target, &fd), 0);
    prepare("tap", true);
    cr_expect_eq(stat(in_folder("tap"), &status), 0, "an empty one stays");
    put(fd, "frames");
    prepare("tap", true);
    cr_expect_eq(stat(in_folder("tap"), &status), -1);
    snprintf(found, sizeof found, "cd %s && ls && cat tap.[0-9]* && rm tap.[0-9]*", folder);
    FILE *listing = popen(found, "r");
    cr_assert_not_null(listing);
    size_t size = fread(found, 1, sizeof found - 1, listing);
    found[size] = '\0';
    pclose(listing);
    cr_expect_eq(sscanf(found, "tap.%d\nframes", &in), 1, "%s", found);
    cr_expect_not_null(strstr(found, "frames"));
    rmdir(folder);
}

Test(exporter_target, nothing_that_was_set_aside_before_is_written_over)
{
    struct stat status;
    char name[40];
    int fd, at;
    unsigned count = 0;
    cr_assert_not_null(mkdtemp(folder));
    for (int i = 0; i < 4; i++) {
        prepare("tap", true);
        cr_assert_eq(exporter_target_open(&target, &fd), 0);
        put(fd, "frames");
        close(fd);
    }
    prepare("tap", true);
    cr_assert_geq(at = open(folder, O_PATH | O_DIRECTORY), 0);
    for (time_t s = time(NULL) - 60; s <= time(NULL); s++)
        for (int i = 0; i < 4; i++) {
            int size = snprintf(name, sizeof name, "tap.%lld", (long long)s);
            if (i > 0)
                snprintf(name + size, sizeof name - (size_t)size, ".%d", i);
            if (fstatat(at, name, &status, 0) == 0) {
                count++;
                unlinkat(at, name, 0);
            }
        }
    cr_expect_eq(count, 4, "%u of 4 are there", count);
    rmdir(folder);
}

Test(exporter_target, a_line_without_an_end_gets_one)
{
    static const char *const before[] = {"", "whole\n", "whole\nha", NULL};
    static const off_t sizes[] = {0, 6, 9};
    struct stat status;
    int fd;
    cr_assert_not_null(mkdtemp(folder));
    for (unsigned i = 0; before[i] != NULL; i++) {
        cr_assert_geq(fd = open(in_folder("log"), O_WRONLY | O_CREAT | O_TRUNC, 0600), 0);
        put(fd, before[i]);
        close(fd);
        prepare("log", false);
        cr_assert_eq(stat(in_folder("log"), &status), 0);
        cr_expect_eq(status.st_size, sizes[i], "%s", before[i]);
    }
    unlink(path);
    rmdir(folder);
}

Test(exporter_target, a_socket_that_somebody_listens_at)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd, listener = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_not_null(mkdtemp(folder));
    char text[sizeof path + 5];
    snprintf(text, sizeof text, "unix:%s", in_folder("tap"));
    cr_assert_eq(exporter_target_parse(text, &target), STATUS_OK);
    cr_expect_eq(exporter_target_open(&target, &fd), ENOENT);
    memcpy(to.sun_path, path, strlen(path));
    cr_assert_eq(bind(listener, (struct sockaddr *)&to, sizeof to), 0);
    cr_expect_eq(exporter_target_open(&target, &fd), ECONNREFUSED);
    cr_assert_eq(listen(listener, 1), 0);
    cr_expect_eq(exporter_target_open(&target, &fd), 0);
    cr_expect_geq(fd, 0);
    unlink(path);
    rmdir(folder);
}

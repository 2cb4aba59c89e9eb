/* test_control_socket.c - where the control socket may be, and what it may replace
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/control_socket.h"

#include "os/peer.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config config;
static struct config_error error;
static char folder[64];

static void
begin(void)
{
    strcpy(folder, "/tmp/penstock-socket-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(config.control_socket, sizeof config.control_socket, "%s/control", folder);
}

static const char *
lock_name(void)
{
    static char name[CONFIG_SOCKET_MAX + 8];
    snprintf(name, sizeof name, "%s.lock", config.control_socket);
    return name;
}

static void
end(void)
{
    unlink(config.control_socket);
    unlink(lock_name());
    rmdir(folder);
}

static enum status
open_it(int *fd)
{
    return control_socket_open(&config, getuid(), fd, &error);
}

static mode_t
mode_of(void)
{
    struct stat status;
    cr_assert_eq(lstat(config.control_socket, &status), 0);
    return status.st_mode;
}

Test(control_socket, is_ours_alone_unless_others_may_use_it, .init = begin, .fini = end)
{
    int fd, client;
    cr_assert_eq(open_it(&fd), STATUS_OK, "%s", error.text);
    cr_assert_eq(mode_of(), S_IFSOCK | 0600);
    cr_assert_eq(peer_connect(config.control_socket, 1000, &client), STATUS_OK);
    close(client);
    close(fd);
    config.control_readers_count = 1;
    cr_assert_eq(open_it(&fd), STATUS_OK, "what a dead service left is replaced: %s", error.text);
    cr_assert_eq(mode_of(), S_IFSOCK | 0666);
}

Test(control_socket, never_takes_the_place_of_one_that_answers, .init = begin, .fini = end)
{
    int fd, second, client;
    cr_assert_eq(open_it(&fd), STATUS_OK);
    cr_assert_eq(open_it(&second), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "another service answers there"));
    cr_assert_eq(second, -1);
    cr_assert_eq(peer_connect(config.control_socket, 1000, &client), STATUS_OK);
}

Test(control_socket, never_takes_the_place_of_a_file_or_a_link, .init = begin, .fini = end)
{
    int fd, file = open(config.control_socket, O_CREAT | O_RDWR, 0600);
    cr_assert_geq(file, 0);
    cr_assert_eq(open_it(&fd), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "no socket"));
    unlink(config.control_socket);
    cr_assert_eq(symlink("/nowhere", config.control_socket), 0);
    cr_assert_eq(open_it(&fd), STATUS_INVALID);
}

Test(control_socket, wants_a_folder_that_others_cannot_write_to, .init = begin, .fini = end)
{
    int fd;
    cr_assert_eq(chmod(folder, 0777), 0);
    cr_assert_eq(open_it(&fd), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "written to by others"));
    cr_assert_eq(chmod(folder, 01777), 0);
    cr_assert_eq(open_it(&fd), STATUS_OK, "%s", error.text);
}

Test(control_socket, makes_a_folder_only_where_everybody_may, .init = begin, .fini = end)
{
    int fd;
    struct stat status;
    char own[96];
    snprintf(own, sizeof own, "%s/own", folder);
    snprintf(config.control_socket, sizeof config.control_socket, "%s/control", own);
    cr_assert_eq(open_it(&fd), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "No such file"));
    cr_assert_neq(lstat(own, &status), 0, "a mistake in a path makes no folder");
    cr_assert_eq(chmod(folder, 0777), 0);
    mode_t mask = umask(077);
    cr_assert_eq(open_it(&fd), STATUS_OK, "%s", error.text);
    umask(mask);
    cr_assert_eq(lstat(own, &status), 0);
    cr_assert_eq(status.st_mode, S_IFDIR | 0755);
    close(fd);
    unlink(config.control_socket);
    unlink(lock_name());
    cr_assert_eq(rmdir(own), 0);
    cr_assert_eq(symlink("/nowhere", own), 0);
    cr_assert_eq(open_it(&fd), STATUS_INVALID,
                 "a link that leads nowhere is not made to lead somewhere");
    unlink(own);
}

Test(control_socket, two_that_start_at_once_do_not_meet, .init = begin, .fini = end)
{
    int fd, other = open(lock_name(), O_RDWR | O_CREAT, 0600);
    cr_assert_eq(flock(other, LOCK_EX), 0);
    cr_assert_eq(open_it(&fd), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "another service starts"));
    close(other);
    cr_assert_eq(open_it(&fd), STATUS_OK, "%s", error.text);
}

Test(control_socket, who_can_read_the_folder_cannot_stop_it, .init = begin, .fini = end)
{
    int fd, stranger = open(folder, O_RDONLY | O_DIRECTORY);
    struct stat status;
    cr_assert_eq(flock(stranger, LOCK_EX), 0);
    cr_assert_eq(open_it(&fd), STATUS_OK, "%s", error.text);
    cr_assert_eq(stat(lock_name(), &status), 0);
    cr_assert_eq(status.st_mode, S_IFREG | 0600, "nobody else can lock it");
}

Test(control_socket, follows_no_link_to_its_lock, .init = begin, .fini = end)
{
    int fd;
    cr_assert_eq(symlink("/dev/null", lock_name()), 0);
    cr_assert_eq(open_it(&fd), STATUS_INVALID);
}

Test(control_socket, wants_a_folder_and_a_lock_of_its_own, .init = begin, .fini = end)
{
    int fd, file;
    if (getuid() != 0)
        cr_skip_test("only root can give files to others");
    cr_assert_eq(chown(folder, 7, (gid_t)-1), 0);
    cr_assert_eq(open_it(&fd), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "folder belongs to another account"), "%s", error.text);
    cr_assert_eq(control_socket_open(&config, 7, &fd, &error), STATUS_OK, "%s", error.text);
    close(fd);
    struct stat status;
    cr_assert_eq(stat(lock_name(), &status), 0);
    cr_assert_eq(status.st_uid, 7, "as the folder");
    cr_assert_eq(chown(folder, 0, (gid_t)-1), 0);
    cr_assert_eq(chmod(folder, 01777), 0);
    cr_assert_eq(open_it(&fd), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, ".lock behind its name belongs to another account"), "%s",
                       error.text);
    cr_assert_eq(unlink(lock_name()), 0);
    file = open(lock_name(), O_RDWR | O_CREAT, 0600);
    cr_assert_geq(file, 0);
    cr_assert_eq(open_it(&fd), STATUS_OK, "%s", error.text);
}

Test(control_socket, the_default_one_is_no_condition)
{
    int fd = 7;
    strcpy(config.control_socket, "");
    cr_assert_eq(open_it(&fd), STATUS_OK);
    cr_assert_eq(fd, -1);
    strcpy(config.control_socket, "/run/no-such-folder/control");
    cr_assert_eq(open_it(&fd), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "No such file"));
    struct stat status;
    strcpy(config.control_socket, CONFIG_CONTROL_SOCKET);
    if (lstat("/run/penstock", &status) != 0) {
        cr_assert_eq(open_it(&fd), STATUS_OK);
        cr_assert_eq(fd, -1);
    }
}

static const char *
warning(void)
{
    static char text[600];
    memset(text, 0, sizeof text);
    FILE *to = fmemopen(text, sizeof text - 1, "w");
    unsigned lines = control_socket_warnings(&config, getuid(), to);
    fclose(to);
    cr_expect_eq(lines, text[0] != '\0');
    return text;
}

Test(control_socket, what_would_keep_it_from_being_is_warned_of, .init = begin, .fini = end)
{
    cr_expect_str_empty(warning());
    cr_assert_eq(chmod(folder, 0777), 0);
    cr_expect_not_null(strstr(warning(), "can be written to by others"));
    cr_assert_eq(chmod(folder, 0755), 0);
    int fd = open(config.control_socket, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    close(fd);
    cr_expect_not_null(strstr(warning(), "this is a file, and no socket"));
    cr_assert_eq(unlink(config.control_socket), 0);
    cr_assert_eq(open_it(&fd), STATUS_OK, "%s", error.text);
    cr_expect_str_empty(warning(), "a service is there already, or was");
    close(fd);
    strcpy(config.control_socket, "/nowhere/at/all/control");
    cr_expect_not_null(
        strstr(warning(), "control.socket: /nowhere/at/all/control: No such file or directory"));
    strcpy(config.control_socket, "/tmp/penstock-socket-nowhere/control");
    cr_expect_str_empty(warning(), "it will be made");
    config.control_socket[0] = '\0';
    cr_expect_str_empty(warning());
    snprintf(config.control_socket, sizeof config.control_socket, "%s/control", folder);
}

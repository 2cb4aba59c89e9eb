/* landlock_probe.c - does Landlock hold what os/landlock.h promises?
 * SPDX-License-Identifier: ISC
 *
 * Each case is a process of its own that restricts itself and then tries. Exit 77: this kernel has
 * no Landlock, which the test runner shows as skipped.
 */
#include "os/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED 77
#define REFUSED 3 /* by Landlock: EACCES */
#define FAILED  4 /* for another reason */

static const uint16_t ports[] = {853, 8853};

static void
restrict_self(bool with_programs)
{
    /* the loader of a dynamic program is a program, too */
    static const char *const paths[] = {"/bin/true", "/lib64/ld-linux-x86-64.so.2",
                                        "/lib/ld-linux-aarch64.so.1"};
    int programs[3];
    size_t count = 0;
    for (size_t i = 0; with_programs && i < 3; i++)
        if ((programs[count] = open(paths[i], O_PATH | O_CLOEXEC)) >= 0)
            count++;
    struct landlock_permit permit = {.forbids = with_programs ? LANDLOCK_NO_PROGRAMS : 0,
                                     .ports = ports,
                                     .ports_count = 2,
                                     .programs = programs,
                                     .programs_count = count};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || landlock_restrict(&permit) != STATUS_OK)
        _exit(FAILED);
}

static int
try_exec(const char *path)
{
    char *argv[] = {(char *)(uintptr_t)path, NULL}, *none[] = {NULL};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    restrict_self(true);
    (void)syscall(SYS_execveat, fd, "", argv, none, AT_EMPTY_PATH);
    return errno == EACCES ? REFUSED : FAILED;
}

static int
try_connect(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    restrict_self(false);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == ECONNREFUSED)
        return 0; /* it reached the port: whether somebody listens there is not ours */
    return errno == EACCES ? REFUSED : FAILED;
}

static char folder[] = "/tmp/landlock_probe.XXXXXX";

/* Of a process that may write below `folder`. */
static int
try_file(int folder_fd, const char *path, int flags)
{
    struct landlock_permit permit = {.forbids = LANDLOCK_NO_CHANGES | LANDLOCK_NO_PROGRAMS,
                                     .has_folder = true,
                                     .folder = folder_fd};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || landlock_restrict(&permit) != STATUS_OK)
        return FAILED;
    if (openat(folder_fd, path, flags | O_CLOEXEC, 0600) >= 0)
        return 0;
    return errno == EACCES ? REFUSED : FAILED;
}

static int
open_folder(void)
{
    return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int
file_of_its_folder(void)
{
    return try_file(open_folder(), "log", O_WRONLY | O_CREAT | O_APPEND);
}
static int
file_that_was_there(void)
{
    return try_file(open_folder(), "log", O_WRONLY | O_APPEND);
}
static int
file_by_its_whole_name(void)
{
    return try_file(open_folder(), "/dev/null", O_WRONLY);
}
static int
file_above(void)
{
    return try_file(open_folder(), "../landlock_probe_above", O_WRONLY | O_CREAT);
}

static int
file_to_be_cut(void)
{
    return try_file(open_folder(), "log", O_WRONLY | O_TRUNC);
}

/* Of a process that may read below `folder`, and nothing else, if it has that; what it has open goes on. */
static int
try_read(bool has_folder, const char *path, int flags)
{
    int folder_fd = open_folder(), open_before = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    char octet;
    struct landlock_permit permit = {
        .forbids = LANDLOCK_NO_FILES, .readable = &folder_fd, .readable_count = has_folder ? 1 : 0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || landlock_restrict(&permit) != STATUS_OK ||
        read(open_before, &octet, 1) != 1)
        return FAILED;
    if (openat(folder_fd, path, flags | O_CLOEXEC, 0600) >= 0)
        return 0;
    return errno == EACCES ? REFUSED : FAILED;
}

static int
read_of_its_folder(void)
{
    return try_read(true, "log", O_RDONLY);
}
static int
read_of_another(void)
{
    return try_read(true, "/etc/passwd", O_RDONLY);
}
static int
read_through_a_link(void)
{
    return try_read(true, "link", O_RDONLY);
}
static int
list_of_its_folder(void)
{
    return try_read(true, ".", O_RDONLY | O_DIRECTORY);
}
static int
write_of_its_folder(void)
{
    return try_read(true, "log", O_WRONLY);
}
static int
read_of_nothing(void)
{
    return try_read(false, "log", O_RDONLY);
}

static int
permitted_program(void)
{
    return try_exec("/bin/true");
}
static int
other_program(void)
{
    return try_exec("/bin/cat");
}
static int
permitted_port(void)
{
    return try_connect(ports[1]);
}
static int
other_port(void)
{
    return try_connect(8854);
}

/* Of a process that may have a source, or not. */
static int
try_bind(bool has_source, uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct landlock_permit permit = {.has_source = has_source};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || landlock_restrict(&permit) != STATUS_OK)
        return FAILED;
    if (bind(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return 0;
    return errno == EACCES ? REFUSED : FAILED;
}

static int
source_that_is_permitted(void)
{
    return try_bind(true, 0);
}
static int
source_with_a_port(void)
{
    return try_bind(true, 8855);
}
static int
source_without_leave(void)
{
    return try_bind(false, 0);
}

static int
run(const char *what, int (*attempt)(void), int expected)
{
    int ended = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(attempt());
    if (pid < 0 || waitpid(pid, &ended, 0) != pid)
        return 1;
    bool right = WIFEXITED(ended) && WEXITSTATUS(ended) == expected;
    printf("%s: wait status %#x%s\n", what, (unsigned)ended, right ? "" : ", which is wrong");
    return right ? 0 : 1;
}

int
main(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1) {
        printf("no Landlock in this kernel\n");
        return SKIPPED;
    }
    int wrong = run("a program that is named", permitted_program, 0);
    wrong += run("another program", other_program, REFUSED);
    if (mkdtemp(folder) == NULL)
        return 1;
    wrong += run("a file of its folder", file_of_its_folder, 0);
    wrong += run("the same, which is there", file_that_was_there, 0);
    wrong += run("another file", file_by_its_whole_name, REFUSED);
    wrong += run("a file above", file_above, REFUSED);
    wrong += abi >= 3 ? run("the same, to be cut", file_to_be_cut, REFUSED) : 0;
    wrong += symlinkat("/etc/passwd", open_folder(), "link") != 0;
    wrong += run("reading below its folder", read_of_its_folder, 0);
    wrong += run("reading elsewhere", read_of_another, REFUSED);
    wrong += run("reading elsewhere through a link of its folder", read_through_a_link, REFUSED);
    wrong += run("the names of its folder", list_of_its_folder, REFUSED);
    wrong += run("writing where it may read", write_of_its_folder, REFUSED);
    wrong += run("reading where nothing is permitted", read_of_nothing, REFUSED);
    wrong += unlinkat(open_folder(), "link", 0) != 0;
    wrong += unlinkat(open_folder(), "log", 0) != 0 || rmdir(folder) != 0;
    if (abi >= 4) {
        wrong += run("a port that is named", permitted_port, 0);
        wrong += run("another port", other_port, REFUSED);
        wrong += run("an address to connect from", source_that_is_permitted, 0);
        wrong += run("the same, and a port", source_with_a_port, REFUSED);
        wrong += run("the same where there is none", source_without_leave, REFUSED);
    } else {
        printf("ports: not before Linux 6.7\n");
    }
    return wrong == 0 ? 0 : 1;
}

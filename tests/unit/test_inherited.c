/* test_inherited.c - what the service manager hands in
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/inherited.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/un.h>
#include <sys/wait.h>

static struct inherited inherited;
static struct config_error error;

/* A socket at a port that the kernel chooses, or at that of `like`. The address is this process's
 * own: a port that is free for UDP is free for TCP there, too. */
static int
bound(int type, int like)
{
    int one = 1, fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    uint32_t own = INADDR_LOOPBACK | ((uint32_t)getpid() & 0xffffU) << 8;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(own)}};
    socklen_t size = sizeof at;
    if (like >= 0)
        cr_assert_eq(getsockname(like, (struct sockaddr *)&at, &size), 0);
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static enum status
adopt(const int *fds, unsigned count)
{
    scene_open(1);
    inherited.count = count;
    for (unsigned i = 0; i < count; i++)
        inherited.fds[i] = fds[i];
    return inherited_adopt(&inherited, &sup, &error);
}

Test(inherited, without_sockets_nothing_happens)
{
    cr_assert_eq(adopt(NULL, 0), STATUS_OK);
    cr_assert_eq(sup.config.listen_count, 0);
    cr_assert_eq(sup.config.lanes, 1);
}

Test(inherited, a_socket_adds_its_address_and_several_are_one_for_each_lane)
{
    int udp = bound(SOCK_DGRAM, -1), more = bound(SOCK_DGRAM, udp), tcp = bound(SOCK_STREAM, udp);
    int tcp_more = bound(SOCK_STREAM, udp);
    cr_assert_eq(listen(tcp, 1), 0);
    cr_assert_eq(listen(tcp_more, 1), 0);
    cr_assert_eq(adopt((int[]){udp, tcp, more, tcp_more}, 4), STATUS_OK, "%s", error.text);
    cr_assert_eq(sup.config.listen_count, 1);
    cr_assert_eq(sup.config.lanes, 2);
    cr_assert_eq(sup.lanes[0].listeners[0][0], udp);
    cr_assert_eq(sup.lanes[1].listeners[0][0], more);
    cr_assert_eq(sup.lanes[0].listeners[0][1], tcp);
}

static void
refused(const int *fds, unsigned count, const char *words)
{
    cr_expect_eq(adopt(fds, count), STATUS_INVALID, "%s", words);
    cr_expect_not_null(strstr(error.text, words), "%s", error.text);
}

Test(inherited, what_does_not_fit_is_named)
{
    int pair[2], udp = bound(SOCK_DGRAM, -1), other = bound(SOCK_DGRAM, -1);
    int more = bound(SOCK_DGRAM, udp);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    refused((int[]){pair[0]}, 1, "no IP address is neither UDP nor TCP");
    refused((int[]){bound(SOCK_STREAM, -1)}, 1, "is a connection");
    refused((int[]){udp, more, other}, 3, "every address needs the same number of sockets");
    int many[CONFIG_LISTEN_MAX + 1];
    for (unsigned i = 0; i < CONFIG_LISTEN_MAX + 1; i++)
        many[i] = bound(SOCK_DGRAM, -1);
    refused(many, CONFIG_LISTEN_MAX + 1, "is one address too many");
}

Test(inherited, an_address_has_no_more_sockets_than_there_can_be_lanes)
{
    int many[CONFIG_LANES_MAX + 1];
    for (unsigned i = 0; i < CONFIG_LANES_MAX + 1; i++)
        many[i] = bound(SOCK_DGRAM, i == 0 ? -1 : many[0]);
    refused(many, CONFIG_LANES_MAX + 1, "is one socket too many for its address");
}

static bool
is_stored(const char *name)
{
    snprintf(inherited.names[0], INHERITED_NAME_MAX, "%s", name);
    return inherited_is_stored(&inherited, 0);
}

Test(inherited, only_our_names_are_those_of_the_store)
{
    cr_expect(is_stored("penstock.cookies"));
    cr_expect(is_stored("penstock.0badcafe.0.udp.127.0.0.1_53"));
    cr_expect(is_stored("penstock.0badcafe.15.tcp.[__1]_53"));
    static const char *const others[] = {
        "",
        "penstock",
        "penstock.socket", /* what systemd calls the sockets of that unit */
        "penstock.",
        "penstock.service",
        "penstock.cookies.socket",
        "penstock.0badcafe.socket",
        "penstock.0badcafe.0.socket",
        "penstock.0badcafe.0.udp.socket",
        "penstock.0badcafe.0.udp.127.0.0.1.socket",
        "penstock.0badcafe.0.udp.",
        "penstock.0badcafe.0.sctp.127.0.0.1_53",
        "penstock.0badcafe..udp.127.0.0.1_53",
        "penstock.badcafe.0.udp.127.0.0.1_53",
        "penstock.00badcafe.0.udp.127.0.0.1_53",
        "other.0badcafe.0.udp.127.0.0.1_53",
    };
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect_not(is_stored(others[i]), "%s", others[i]);
}

Test(inherited, sockets_of_the_unit_with_our_name_are_adopted)
{
    int udp = bound(SOCK_DGRAM, -1);
    strcpy(inherited.names[0], "penstock.socket");
    cr_assert_eq(adopt((int[]){udp}, 1), STATUS_OK, "%s", error.text);
    cr_expect_eq(sup.config.listen_count, 1);
    cr_expect_eq(sup.lanes[0].listeners[0][0], udp);
}

#define CHECK(condition)                                                                           \
    do                                                                                             \
        if (!(condition))                                                                          \
            _exit(__LINE__ % 200 + 1);                                                             \
    while (0)

/* The descriptors of a process of its own: the test's report needs the test's. */
static void
take_two(void)
{
    char pid[16];
    int pair[2];
    CHECK(pipe(pair) == 0);
    int one = fcntl(pair[0], F_DUPFD, 50), two = fcntl(pair[1], F_DUPFD, 50);
    CHECK(dup2(one, INHERITED_FIRST_FD) >= 0 && dup2(two, INHERITED_FIRST_FD + 1) >= 0);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_FDNAMES", "dns:penstock.cookies", 1);
    close(STDIN_FILENO);
    CHECK(inherited_open(&inherited) == STATUS_OK);
    CHECK(inherited.count == 2);
    CHECK(!inherited_is_stored(&inherited, 0) && inherited_is_stored(&inherited, 1));
    CHECK(strcmp(inherited.names[1], "penstock.cookies") == 0);
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    CHECK(fcntl(INHERITED_NULL_FD, F_GETFD) == FD_CLOEXEC);
    CHECK(write(INHERITED_NULL_FD, "x", 1) == 1);
    CHECK(fcntl(one, F_GETFD) < 0 || one == inherited.fds[0] || one == inherited.fds[1]);
    CHECK(write(inherited.fds[1], "y", 1) == 1);
    char got;
    CHECK(read(inherited.fds[0], &got, 1) == 1 && got == 'y');
    CHECK(fcntl(inherited.fds[0], F_GETFD) == FD_CLOEXEC);
}

static void
take_none(void)
{
    setenv("LISTEN_PID", "1", 1); /* meant for another process */
    setenv("LISTEN_FDS", "2", 1);
    CHECK(inherited_open(&inherited) == STATUS_OK);
    CHECK(inherited.count == 0);
    CHECK(fcntl(INHERITED_NULL_FD + 1, F_GETFD) < 0);
}

static void
take_too_many(void)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "60000", 1);
    CHECK(inherited_open(&inherited) == STATUS_FULL);
}

Test(inherited, descriptors_are_put_in_order)
{
    static void (*const cases[])(void) = {take_two, take_none, take_too_many};
    for (unsigned i = 0; i < 3; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            cases[i]();
            _exit(0);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0, "case %u: %x", i, status);
    }
}

Test(inherited, the_service_manager_is_told_by_path_or_abstract_name)
{
    char name[64], text[32];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(name, sizeof name, "@penstock-test-%d", (int)getpid());
    memcpy(at.sun_path + 1, name + 1, strlen(name) - 1);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, size), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    int notify_fd = inherited_connect_notify();
    cr_assert_geq(notify_fd, 0);
    inherited_notify(notify_fd, "READY=1\n");
    ssize_t got = recv(fd, text, sizeof text, MSG_DONTWAIT);
    cr_assert_eq(got, 8);
    setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
    cr_assert_eq(inherited_connect_notify(), -1);
    setenv("NOTIFY_SOCKET", "relative", 1);
    cr_assert_eq(inherited_connect_notify(), -1);
    unsetenv("NOTIFY_SOCKET");
    cr_assert_eq(inherited_connect_notify(), -1);
    inherited_notify(-1, "READY=1\n");
}

/* test_fdstore.c - the test is the service manager that keeps descriptors
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/fdstore.h"

#include "os/peer.h"
#include "os/sock.h"
#include "supervisor/steer.h"
#include "supervisor_scene.h"

#include <sys/wait.h>
#include <time.h>

#define LANES   2
#define ADDRS   2
#define SOCKETS (LANES * ADDRS * SUPERVISOR_KINDS)
#define ALL     (SOCKETS + 1) /* the secret */

static struct inherited inherited;
static struct config_error error;
static int manager;

/* All of one lane, at a port that nobody has. @return false: somebody has it */
static bool
bind_lane(unsigned lane, uint16_t port)
{
    bool is_absent;
    for (uint8_t i = 0; i < ADDRS; i++) {
        struct addr *addr = &sup.config.listen[i];
        *addr = (struct addr){.family = ADDR_IPV4, .port = port, .bytes = {127, 0, 0, i + 1}};
        for (unsigned kind = 0; kind < SUPERVISOR_KINDS; kind++) {
            int *fd = &sup.lanes[lane].listeners[i][kind], type;
            if (sock_listen(addr, kind == 0 ? SOCK_DGRAM : SOCK_STREAM, SOCK_SHARED, fd,
                            &is_absent) != STATUS_OK)
                return false;
            cr_assert_eq(sock_bound(*fd, addr, &type), STATUS_OK);
            port = addr->port;
        }
    }
    return true;
}

static void
setup(void)
{
    int pair[2];
    scene_run(LANES);
    sup.config.listen_count = ADDRS;
    while (!bind_lane(0, 0))
        ;
    cr_assert(bind_lane(1, sup.config.listen[0].port));
    memset(sup.config.cookies_secret.bytes, 9, sizeof sup.config.cookies_secret.bytes);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
    sup.notify_fd = pair[0];
    sup.status_us = UINT64_MAX;
    manager = pair[1];
}

/* What the manager is told next. @return false: nothing */
static bool
told(char text[256], int *passed)
{
    size_t size;
    memset(text, 0, 256);
    return peer_await(manager, (uint8_t *)text, 255, &size, passed, 0) == STATUS_OK;
}

/* All that it is to keep after some turns, as it gives that back. */
static void
keep(void)
{
    char text[256];
    int passed;
    inherited.count = 0;
    for (unsigned turn = 0; turn < 3; turn++) {
        unsigned before = inherited.count;
        scene_turn(1);
        while (told(text, &passed)) {
            const char *name = strstr(text, "\nFDNAME=");
            if (strcmp(text, "FDSTOREREMOVE=1\nFDNAME=penstock.cookies\n") == 0)
                continue; /* of one before */
            cr_assert_eq(strncmp(text, "FDSTORE=1\nFDPOLL=0\n", 19), 0, "%s", text);
            cr_assert_not_null(name);
            cr_assert_geq(passed, 0);
            inherited.fds[inherited.count] = passed;
            snprintf(inherited.names[inherited.count++], INHERITED_NAME_MAX, "%.*s",
                     (int)strcspn(name + 8, "\n"), name + 8);
        }
        cr_assert_leq(inherited.count - before, FDSTORE_BATCH);
    }
}

/* The next start, of the same configuration; the processes of before are gone. */
static void
forget(void)
{
    sup.config.lanes = LANES;
    memset(&sup.config.cookies_secret, 0, sizeof sup.config.cookies_secret);
    for (unsigned i = 0; i < SOCKETS; i++) {
        int *fd = &sup.lanes[i / 4].listeners[i / 2 % 2][i % 2];
        close(*fd);
        *fd = -1;
    }
}

static void
keep_all(void)
{
    setup();
    keep();
    cr_assert_eq(inherited.count, ALL);
    forget();
}

static void
swap(unsigned a, unsigned b)
{
    struct inherited was = inherited;
    inherited.fds[a] = was.fds[b];
    inherited.fds[b] = was.fds[a];
    memcpy(inherited.names[a], was.names[b], INHERITED_NAME_MAX);
    memcpy(inherited.names[b], was.names[a], INHERITED_NAME_MAX);
}

static void
expect_name(const char *name, unsigned lane, unsigned number)
{
    char wanted[INHERITED_NAME_MAX];
    snprintf(wanted, sizeof wanted, "penstock.%08x.%u.%s.127.0.0.%u_%u",
             steer_programs(&sup.config, LANES), lane, number % 2 == 0 ? "udp" : "tcp",
             number / 2 + 1, sup.config.listen[0].port);
    cr_expect_str_eq(name, wanted);
}

Test(fdstore, every_socket_is_kept_once_by_a_name_of_its_own, .init = setup)
{
    keep();
    cr_assert_eq(inherited.count, ALL);
    for (unsigned i = 0; i < SOCKETS; i++)
        expect_name(inherited.names[i], i / 4, i % 4);
    cr_expect_str_eq(inherited.names[SOCKETS], "penstock.cookies");
    keep();
    cr_expect_eq(inherited.count, 0, "all are there");
}

Test(fdstore, nothing_is_kept_while_another_penstock_may_serve_on, .init = setup)
{
    sup.fronts_are_held = true;
    keep();
    cr_expect_eq(inherited.count, 0);
    sup.fronts_are_held = false;
    sup.takeover.state = TAKEOVER_RELEASES;
    sup.takeover.due_us = UINT64_MAX;
    sup.takeover.source.fd = -1;
    keep();
    cr_expect_eq(inherited.count, 0, "the manager does not listen to us yet");
}

Test(fdstore, what_the_one_before_served_and_we_do_not_is_removed_first, .init = setup)
{
    char text[256];
    int passed;
    sup.takeover.unserved[0] = sup.config.listen[1];
    sup.takeover.unserved_count = 1;
    sup.config.listen_count = 1;
    scene_turn(1);
    for (unsigned i = 0; i < 4; i++) {
        static const char opening[] = "FDSTOREREMOVE=1\nFDNAME=";
        cr_assert(told(text, &passed));
        cr_assert_eq(strncmp(text, opening, sizeof opening - 1), 0, "%s", text);
        text[strlen(text) - 1] = '\0';
        expect_name(text + sizeof opening - 1, i / 2, i % 2 + 2);
    }
    keep();
    cr_expect_eq(inherited.count, 5);
}

Test(fdstore, a_secret_that_is_configured_and_what_a_socket_unit_has_are_not_kept, .init = setup)
{
    sup.loaded.cookies_secret.is_set = 1;
    keep();
    cr_expect_eq(inherited.count, SOCKETS);
    sup.stored_count = 0;
    sup.is_socket_unit = true;
    keep();
    cr_expect_eq(inherited.count, 0);
}

Test(fdstore, what_was_kept_comes_back_to_its_lane_in_any_order, .init = keep_all)
{
    int first = inherited.fds[0], last = inherited.fds[SOCKETS - 1];
    for (unsigned i = 0; i < ALL / 2; i++)
        swap(i, ALL - 1 - i);
    sup.config.lanes = 0;
    cr_assert_eq(fdstore_take(&inherited, &sup, &error), STATUS_OK, "%s", error.text);
    cr_expect_eq(sup.config.lanes, LANES);
    cr_expect_eq(sup.lanes[0].listeners[0][0], first);
    cr_expect_eq(sup.lanes[1].listeners[1][1], last);
    cr_expect(sup.config.cookies_secret.is_set);
    cr_expect_eq(sup.config.cookies_secret.bytes[0], 9);
    sup.stored_count = 0;
    keep();
    cr_expect_eq(inherited.count, SOCKETS, "the secret is there");
}

/* A manager that reads until the barrier and closes what is removed, a moment later;
 * @return how many those were */
static int
play_manager(bool is_alive)
{
    int count = 0, passed, status;
    char text[256];
    pid_t pid = fork();
    if (pid != 0) {
        cr_expect_eq(fdstore_take(&inherited, &sup, &error), is_alive ? STATUS_OK : STATUS_SYSTEM,
                     "%s", error.text);
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        return WEXITSTATUS(status);
    }
    close(sup.notify_fd);
    if (!is_alive)
        _exit(0);
    for (size_t size; peer_await(manager, (uint8_t *)text, 255, &size, &passed, 5000) == STATUS_OK;
         count++)
        if (strncmp(text, "BARRIER=1\n", 10) == 0 && passed >= 0) {
            close(passed);
            usleep(3 * FDSTORE_LOOK_MS * 1000);
            _exit(count); /* with its copies */
        }
    _exit(99);
}

/* Can it be bound? */
static bool
is_free(const struct addr *addr)
{
    bool is_absent;
    int fd;
    return sock_listen(addr, SOCK_DGRAM, SOCK_ALONE, &fd, &is_absent) == STATUS_OK;
}

Test(fdstore, an_address_that_is_not_wanted_any_more_is_given_up_alone, .init = keep_all)
{
    sup.config.listen_count = 1;
    cr_expect_eq(play_manager(true), 4);
    cr_expect(is_free(&sup.config.listen[1]), "as soon as that returns");
    cr_expect_not(is_free(&sup.config.listen[0]));
    cr_expect_geq(sup.lanes[1].listeners[0][1], 0);
}

Test(fdstore, a_kept_secret_goes_when_one_is_configured, .init = keep_all)
{
    sup.config.cookies_secret.is_set = 1;
    cr_expect_eq(play_manager(true), 1);
    cr_expect_eq(sup.config.cookies_secret.bytes[0], 0);
}

static void
expect_given_up(int count)
{
    cr_expect_eq(play_manager(true), count);
    cr_expect_eq(sup.lanes[0].listeners[0][0], -1);
    cr_expect_not(sup.config.cookies_secret.is_set);
    cr_expect(is_free(&sup.config.listen[0]));
    SCENE_LOGGED("bound anew");
}

Test(fdstore, what_the_configuration_does_not_want_is_given_up_as_a_whole, .init = keep_all)
{
    sup.config.lanes = 3;
    expect_given_up(ALL);
}

Test(fdstore, sockets_with_other_programs_likewise, .init = keep_all)
{
    sup.config.filter_kernel = !sup.config.filter_kernel;
    expect_given_up(ALL);
}

Test(fdstore, sockets_of_less_than_every_lane_likewise, .init = keep_all)
{
    swap(4, SOCKETS);
    close(inherited.fds[SOCKETS]);
    inherited.count = SOCKETS;
    expect_given_up(SOCKETS);
}

Test(fdstore, strange_names_likewise, .init = keep_all)
{
    strcpy(inherited.names[2], "penstock.00000001.99.udp.127.0.0.1_53");
    expect_given_up(ALL);
}

Test(fdstore, a_name_of_another_socket_likewise, .init = keep_all)
{
    inherited.names[2][strlen(inherited.names[2]) - 1] ^= 1;
    expect_given_up(ALL);
}

Test(fdstore, a_connection_in_the_place_of_a_listening_socket_likewise, .init = keep_all)
{
    cr_assert_eq(shutdown(inherited.fds[1], SHUT_RDWR), 0); /* it listens no more */
    expect_given_up(ALL);
}

/* The unit has both addresses: nothing of them becomes free, and nothing is bound. */
Test(fdstore, beside_a_socket_unit_it_is_given_up_and_not_waited_for, .init = keep_all)
{
    struct inherited stored = inherited;
    for (unsigned i = 0; i < SOCKETS; i++)
        snprintf(inherited.names[i], INHERITED_NAME_MAX, "penstock.socket");
    for (unsigned i = 0; i < SOCKETS; i++) {
        inherited.fds[i] = dup(stored.fds[i]);
        sup.lanes[i / 4].listeners[i / 2 % 2][i % 2] = inherited.fds[i];
    }
    for (unsigned i = 0; i < ALL; i++) {
        inherited.fds[SOCKETS + i] = stored.fds[i];
        memcpy(inherited.names[SOCKETS + i], stored.names[i], INHERITED_NAME_MAX);
    }
    inherited.count = SOCKETS + ALL;
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    cr_expect_eq(play_manager(true), ALL);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    cr_expect_lt((ended.tv_sec - began.tv_sec) * 1000 + (ended.tv_nsec - began.tv_nsec) / 1000000,
                 FDSTORE_BARRIER_MS);
    cr_expect(sup.is_socket_unit);
    cr_expect_geq(sup.lanes[0].listeners[0][0], 0);
    SCENE_LOGGED("socket unit");
    SCENE_NOT_LOGGED("bound anew");
}

Test(fdstore, an_address_that_the_unit_lacks_is_waited_for, .init = keep_all)
{
    strcpy(inherited.names[SOCKETS], "dns");
    cr_expect_eq(play_manager(true), SOCKETS);
    cr_expect(sup.is_socket_unit);
    cr_expect(is_free(&sup.config.listen[0]));
}

Test(fdstore, a_manager_that_keeps_what_is_given_up_is_an_error, .init = keep_all)
{
    close(manager);
    manager = -1;
    sup.config.lanes = 3;
    cr_expect_eq(play_manager(false), 0);
    cr_expect_not_null(strstr(error.text, "stop the service"), "%s", error.text);
}

/* test_steer.c - which lane's socket a client's packets go to
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/steer.h"

#include <netinet/in.h>

/* A socket of each lane at one address of the loopback, as fronts bind them. */
static void
bind_lanes(unsigned lanes)
{
    int one = 1;
    for (unsigned kind = 0; kind < SUPERVISOR_KINDS; kind++) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t size = sizeof at;
        for (unsigned lane = 0; lane < lanes; lane++) {
            int fd = socket(AF_INET, (kind == 0 ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
            cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
            cr_assert_eq(bind(fd, (struct sockaddr *)&at, size), 0);
            cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &size), 0);
            cr_assert(kind == 0 || listen(fd, 1) == 0);
            sup.lanes[lane].listeners[0][kind] = fd;
        }
    }
    sup.config.listen_count = 1;
}

static bool
is_locked(int fd)
{
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &value, &size) == 0 && value != 0;
}

Test(steer, one_lane_has_nothing_to_choose)
{
    scene_open(1);
    bind_lanes(1);
    cr_assert_eq(steer_lanes(&sup), STATUS_OK);
    cr_assert_not(is_locked(sup.lanes[0].listeners[0][0]), "its front locks");
}

Test(steer, the_sockets_of_several_lanes_get_a_program_and_are_locked)
{
    scene_open(2);
    bind_lanes(2);
    cr_assert(steer_is_bound(&sup, 0));
    cr_assert(steer_is_bound(&sup, 1));
    cr_assert_eq(steer_lanes(&sup), STATUS_OK);
    for (unsigned lane = 0; lane < 2; lane++)
        for (unsigned kind = 0; kind < SUPERVISOR_KINDS; kind++)
            cr_assert(is_locked(sup.lanes[lane].listeners[0][kind]));
    cr_assert_eq(steer_lanes(&sup), STATUS_OK, "a socket that is locked has a program");
}

Test(steer, what_is_no_socket_cannot_be_steered)
{
    scene_open(2);
    bind_lanes(1);
    cr_assert_not(steer_is_bound(&sup, 1));
    sup.lanes[0].listeners[0][0] = eventfd(0, EFD_CLOEXEC);
    cr_assert_eq(steer_lanes(&sup), STATUS_SYSTEM);
    cr_assert_eq(errno, ENOTSOCK);
}

Test(steer, the_shortest_prefix_of_all_rates_chooses)
{
    static struct config a, b;
    cr_assert(steer_is_same(&a, &b));
    b.rates_ipv4_count = 1;
    b.rates_ipv4[0].length = 24;
    cr_assert(steer_is_same(&a, &b), "no shorter than what a network has besides");
    b.rates_ipv4[0].length = 20;
    cr_assert_not(steer_is_same(&a, &b));
    a.rates_proven_ipv4_count = 1;
    a.rates_proven_ipv4[0].length = 20;
    cr_assert(steer_is_same(&a, &b));
    b.rates_proven_ipv6_count = 1;
    b.rates_proven_ipv6[0].length = 48;
    cr_assert_not(steer_is_same(&a, &b));
}

Test(steer, the_number_of_the_programs_follows_what_runs)
{
    scene_open(2);
    struct config *config = &sup.config;
    config->filter_kernel = true;
    config->filter_ports_count = 0;
    uint32_t number = steer_programs(config, 2);
    cr_expect_eq(steer_programs(config, 2), number, "no random key is in it");
    cr_expect_neq(steer_programs(config, 3), number);
    config->filter_ports[config->filter_ports_count++] = 19;
    cr_expect_neq(steer_programs(config, 2), number);
    config->proxy_count = 1;
    uint32_t behind = steer_programs(config, 2);
    config->filter_ports_count = 0;
    cr_expect_eq(steer_programs(config, 2), behind, "a balancer's port says nothing");
    cr_expect_neq(behind, number);
    config->filter_ports_count = 1;
    config->filter_kernel = false;
    uint32_t headers = steer_programs(config, 2);
    config->proxy_count = 0;
    cr_expect_neq(steer_programs(config, 2), headers, "the lane is chosen by the header");
    uint32_t unfiltered = steer_programs(config, 2);
    cr_expect_neq(unfiltered, number);
    config->rates_ipv4[0].length = 16;
    config->rates_ipv4_count = 1;
    cr_expect_neq(steer_programs(config, 2), unfiltered);
    uint32_t alone = steer_programs(config, 1);
    config->rates_ipv4_count = 0;
    cr_expect_eq(steer_programs(config, 1), alone, "with one lane nothing is chosen");
}

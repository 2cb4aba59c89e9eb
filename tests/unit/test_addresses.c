/* test_addresses.c - the listening addresses as this machine can have them
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/addresses.h"

#include "os/log.h"
#include "os/sock.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct supervisor sup;
static bool has_ipv6;

/* The kernel's answers, as far as this room asks for them. */
bool
sock_has_ipv6(void)
{
    return has_ipv6;
}

bool
sock_is_wildcard(const struct addr *addr)
{
    return addr->bytes[15] == 0;
}

static struct config_error error;

/* 0.0.0.0, ::, 192.0.2.1 with shares of the last two */
static void
begin(bool ipv6)
{
    memset(&sup, 0, sizeof sup);
    for (unsigned lane = 0; lane < CONFIG_LANES_MAX; lane++)
        memset(sup.lanes[lane].listeners, 0xff, sizeof sup.lanes[lane].listeners);
    has_ipv6 = ipv6;
    sup.config.listen_count = 3;
    sup.config.listen[0] = (struct addr){.family = ADDR_IPV4, .port = 53};
    sup.config.listen[1] = (struct addr){.family = ADDR_IPV6, .port = 53};
    sup.config.listen[2] = (struct addr){.family = ADDR_IPV4, .port = 53, .bytes = {192, 0, 2, 1}};
    sup.config.rates_listeners_count = 2;
    sup.config.rates_listeners[0].listen = sup.config.listen[1];
    sup.config.rates_listeners[1].listen = sup.config.listen[2];
}

Test(addresses, where_there_is_ipv6_all_stay)
{
    begin(true);
    cr_assert_eq(addresses_settle(&sup, &error), STATUS_OK);
    cr_assert_eq(sup.config.listen_count, 3);
    cr_assert_eq(sup.config.rates_listeners_count, 2);
}

Test(addresses, a_wildcard_of_ipv6_is_left_out_with_its_share_where_there_is_none)
{
    char text[256] = "";
    int log_fd = memfd_create("log", MFD_CLOEXEC);
    begin(false);
    cr_assert_geq(dup2(log_fd, STDERR_FILENO), 0);
    log_open_stderr("supervisor", LOG_DEBUG);
    sup.lanes[0].listeners[2][0] = 77;
    cr_assert_eq(addresses_settle(&sup, &error), STATUS_OK, "%s", error.text);
    cr_assert_eq(sup.config.listen_count, 2);
    cr_assert_eq(sup.config.listen[1].bytes[0], 192);
    cr_assert_eq(sup.lanes[0].listeners[1][0], 77, "sockets stand beside their address");
    cr_assert_eq(sup.lanes[0].listeners[2][0], -1);
    cr_assert_eq(sup.config.rates_listeners_count, 1);
    cr_assert_eq(sup.config.rates_listeners[0].listen.bytes[0], 192);
    cr_assert_gt(pread(log_fd, text, sizeof text - 1, 0), 0);
    cr_assert_not_null(strstr(text, "listen: [::]:53 is left out: the kernel has no IPv6"));
}

Test(addresses, one_that_was_written_down_is_an_error_there)
{
    begin(false);
    sup.config.listen[1].bytes[15] = 1;
    cr_assert_eq(addresses_settle(&sup, &error), STATUS_INVALID);
    cr_assert_str_eq(error.text,
                     "listen: [::1]:53: the kernel has no IPv6; allowed: IPv4 addresses");
}

Test(addresses, the_only_one_is_not_left_out)
{
    begin(false);
    sup.config.listen_count = 1;
    sup.config.listen[0] = sup.config.listen[1];
    cr_assert_eq(addresses_settle(&sup, &error), STATUS_INVALID);
}

Test(addresses, one_with_a_socket_is_not_looked_at)
{
    begin(false);
    sup.lanes[0].listeners[1][1] = 77;
    cr_assert_eq(addresses_settle(&sup, &error), STATUS_OK);
    cr_assert_eq(sup.config.listen_count, 3);
    sup.lanes[0].listeners[1][1] = -1;
}

Test(addresses, a_reload_keeps_what_was_settled)
{
    static struct config next;
    begin(false);
    next = sup.config;
    cr_assert_eq(addresses_settle(&sup, &error), STATUS_OK);
    addresses_keep(&sup.config, &next);
    cr_assert_eq(next.listen_count, 2);
    cr_assert_eq(next.rates_listeners_count, 1);
}

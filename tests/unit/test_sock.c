/* test_sock.c - tests of sock
 * SPDX-License-Identifier: ISC
 */
#include "os/sock.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

static const struct addr v4 = {.family = ADDR_IPV4, .port = 853, .bytes = {192, 0, 2, 1}};
static const struct addr v6 = {
    .family = ADDR_IPV6, .port = 53, .scope = 3, .bytes = {0xfe, 0x80, [15] = 9}};

Test(sock, addresses_come_back_as_they_were)
{
    const struct addr *both[] = {&v4, &v6};
    for (unsigned i = 0; i < 2; i++) {
        struct sockaddr_storage storage;
        struct addr back;
        socklen_t size = sock_from_addr(both[i], &storage);
        cr_assert_eq(sock_to_addr((struct sockaddr *)&storage, size, &back), STATUS_OK);
        cr_assert_arr_eq(&back, both[i], sizeof back);
    }
}

Test(sock, an_ipv4_mapped_address_is_ipv4)
{
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(853)};
    struct addr back;
    cr_assert_eq(inet_pton(AF_INET6, "::ffff:192.0.2.1", &mapped.sin6_addr), 1);
    cr_assert_eq(sock_to_addr((struct sockaddr *)&mapped, sizeof mapped, &back), STATUS_OK);
    cr_assert_arr_eq(&back, &v4, sizeof back);
}

Test(sock, other_families_and_short_ones_are_refused)
{
    struct sockaddr_storage storage;
    struct addr back;
    socklen_t size = sock_from_addr(&v6, &storage);
    cr_assert_eq(sock_to_addr((struct sockaddr *)&storage, size - 1, &back), STATUS_INVALID);
    storage.ss_family = AF_UNIX;
    cr_assert_eq(sock_to_addr((struct sockaddr *)&storage, size, &back), STATUS_INVALID);
    cr_assert_eq(back.family, ADDR_NONE);
}

/* test_dns_svcb.c - service records: what is sound, and what is in them
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_svcb.h"

#include <criterion/criterion.h>

#define READ(...)                                                                                  \
    dns_svcb_read((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), &svcb)

static struct dns_svcb svcb;

Test(dns_svcb, alias_and_service_mode)
{
    struct dns_svcb_param param;
    cr_assert(READ(0, 0, 1, 'a', 0));
    cr_assert_eq(svcb.priority, 0);
    cr_assert_eq(svcb.target.size, 3);
    cr_assert_not(dns_svcb_next(&svcb, &param));
    static const uint8_t data[] = {0, 1, 0, 0, 1, 0, 3, 2, 'h', '2', 0, 4, 0, 4, 192, 0, 2, 1};
    cr_assert(dns_svcb_read(data, sizeof data, &svcb));
    cr_assert_eq(svcb.priority, 1);
    cr_assert_eq(svcb.target.size, 1, "the owner itself");
    cr_assert(dns_svcb_next(&svcb, &param));
    cr_assert(param.key == 1 && param.size == 3);
    cr_assert(dns_svcb_next(&svcb, &param));
    cr_assert(param.key == DNS_SVCB_IPV4HINT && param.size == 4 && param.value == data + 14);
    cr_assert_not(dns_svcb_next(&svcb, &param));
}

Test(dns_svcb, every_breach_of_its_form)
{
    cr_expect_not(READ(0));
    cr_expect_not(READ(0, 1), "no target");
    cr_expect_not(READ(0, 1, 1, 'a'), "a target without end");
    cr_expect_not(READ(0, 1, 0xc0, 12), "a compressed target");
    cr_expect_not(READ(0, 1, 0, 0, 1), "half a key");
    cr_expect_not(READ(0, 1, 0, 0, 1, 0, 4, 1), "a value that is cut short");
    cr_expect_not(READ(0, 1, 0, 0, 4, 0, 0), "a hint of no address");
    cr_expect_not(READ(0, 1, 0, 0, 4, 0, 5, 1, 2, 3, 4, 5), "a hint of a part of one");
    cr_expect_not(READ(0, 1, 0, 0, 6, 0, 4, 1, 2, 3, 4), "the same of IPv6");
    cr_expect_not(READ(0, 1, 0, 0, 3, 0, 2, 1, 1, 0, 3, 0, 2, 1, 1), "a key twice");
    cr_expect_not(READ(0, 1, 0, 0, 3, 0, 2, 1, 1, 0, 1, 0, 3, 2, 'h', '2'), "out of order");
}

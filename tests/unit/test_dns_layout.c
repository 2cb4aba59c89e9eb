/* test_dns_layout.c - which RDATA has names, and where
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_layout.h"

#include <criterion/criterion.h>

Test(dns_layout, names_stand_where_the_rfcs_put_them)
{
    static const struct {
        uint16_t type;
        struct dns_layout layout;
    } types[] = {
        {2, {0, 0, 1, 0}},     /* NS */
        {5, {0, 0, 1, 0}},     /* CNAME */
        {6, {0, 0, 2, 20}},    /* SOA */
        {12, {0, 0, 1, 0}},    /* PTR */
        {14, {0, 0, 2, 0}},    /* MINFO */
        {15, {2, 0, 1, 0}},    /* MX */
        {17, {0, 0, 2, 0}},    /* RP */
        {18, {2, 0, 1, 0}},    /* AFSDB */
        {24, {18, 0, 1, 255}}, /* SIG */
        {26, {2, 0, 2, 0}},    /* PX */
        {30, {0, 0, 1, 255}},  /* NXT */
        {33, {6, 0, 1, 0}},    /* SRV */
        {35, {4, 3, 1, 0}},    /* NAPTR */
        {36, {2, 0, 1, 0}},    /* KX */
        {39, {0, 0, 1, 0}},    /* DNAME */
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct dns_layout layout = dns_layout_of(types[i].type);
        cr_expect_eq(layout.before, types[i].layout.before, "%u", types[i].type);
        cr_expect_eq(layout.strings, types[i].layout.strings, "%u", types[i].type);
        cr_expect_eq(layout.names, types[i].layout.names, "%u", types[i].type);
        cr_expect_eq(layout.after, types[i].layout.after, "%u", types[i].type);
    }
}

/* RFC 3597 section 4: types defined since hold no compressed name. */
Test(dns_layout, all_other_types_are_octets)
{
    unsigned with_names = 0;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        struct dns_layout layout = dns_layout_of((uint16_t)type);
        with_names += layout.names > 0;
        if (layout.names == 0)
            cr_assert(layout.before == 0 && layout.strings == 0 && layout.after == DNS_LAYOUT_ANY);
        cr_assert(layout.names == 0 || type < 40);
    }
    cr_expect_eq(with_names, 21);
}

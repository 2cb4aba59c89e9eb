/* dns_layout.c - see dns_layout.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_layout.h"

#include "dns/dns_query.h"

/* Types whose RDATA holds names that may be compressed (RFC 3597 section 4). */
enum {
    TYPE_MD = 3,
    TYPE_MF = 4,
    TYPE_MB = 7,
    TYPE_MG = 8,
    TYPE_MR = 9,
    TYPE_MINFO = 14,
    TYPE_MX = 15,
    TYPE_RP = 17,
    TYPE_AFSDB = 18,
    TYPE_RT = 21,
    TYPE_SIG = 24,
    TYPE_PX = 26,
    TYPE_NXT = 30,
    TYPE_SRV = 33,
    TYPE_NAPTR = 35,
    TYPE_KX = 36,
    TYPE_DNAME = 39,
};

struct dns_layout
dns_layout_of(uint16_t type)
{
    switch (type) {
    case DNS_TYPE_NS:
    case DNS_TYPE_CNAME:
    case DNS_TYPE_PTR:
    case TYPE_MD:
    case TYPE_MF:
    case TYPE_MB:
    case TYPE_MG:
    case TYPE_MR:
    case TYPE_DNAME:
        return (struct dns_layout){.names = 1};
    case DNS_TYPE_SOA:
        return (struct dns_layout){.names = 2, .after = 20};
    case TYPE_MINFO:
    case TYPE_RP:
        return (struct dns_layout){.names = 2};
    case TYPE_MX:
    case TYPE_AFSDB:
    case TYPE_RT:
    case TYPE_KX:
        return (struct dns_layout){.before = 2, .names = 1};
    case TYPE_PX:
        return (struct dns_layout){.before = 2, .names = 2};
    case TYPE_SRV:
        return (struct dns_layout){.before = 6, .names = 1};
    case TYPE_NAPTR:
        return (struct dns_layout){.before = 4, .strings = 3, .names = 1};
    case TYPE_SIG:
        return (struct dns_layout){.before = 18, .names = 1, .after = DNS_LAYOUT_ANY};
    case TYPE_NXT:
        return (struct dns_layout){.names = 1, .after = DNS_LAYOUT_ANY};
    default:
        return (struct dns_layout){.after = DNS_LAYOUT_ANY};
    }
}

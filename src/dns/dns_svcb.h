/* dns_svcb.h - SVCB and HTTPS records: the name they lead to and the addresses they hint at
 * SPDX-License-Identifier: ISC
 *
 * What: reads the RDATA of one record strictly. A record that breaks a rule of its form is no
 *       record: nothing of it can be relied upon.
 * Who:  front. Pure.
 * Ref:  RFC 9460 sections 2.2 (form), 2.4.2 (alias mode), 7.3 (address hints).
 */
#pragma once

#include "dns/dns_query.h"

struct dns_svcb {
    uint16_t priority;          /* 0: alias mode */
    struct dns_name target;     /* the root: the owner itself; in alias mode: no service */
    struct bytes_reader params; /* the parameters, for dns_svcb_next(); borrowed from the RDATA */
};

struct dns_svcb_param {
    uint16_t key;
    uint16_t size;        /* octets of the value */
    const uint8_t *value; /* borrowed from the RDATA */
};

enum dns_svcb_key { DNS_SVCB_IPV4HINT = 4, DNS_SVCB_IPV6HINT = 6 };

/**
 * Read the RDATA of an SVCB or HTTPS record.
 *
 * @param data  borrowed as long as `svcb` is used; `size` octets
 * @return false: malformed: cut short, a compressed target, keys not in strictly ascending order,
 *         or a hint that does not hold one or more whole addresses
 */
MUST_CHECK bool dns_svcb_read(const uint8_t *data, size_t size, struct dns_svcb *svcb);

/** The next parameter of a record that dns_svcb_read() found sound. @return false: no more */
MUST_CHECK bool dns_svcb_next(struct dns_svcb *svcb, struct dns_svcb_param *param);

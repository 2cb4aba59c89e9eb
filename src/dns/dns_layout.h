/* dns_layout.h - where the names stand in the RDATA of a type
 * SPDX-License-Identifier: ISC
 *
 * What: types whose RDATA may hold compressed names, which are therefore looked at; all others are
 *       octets (RFC 3597 section 4).
 * Who:  dns_answer. Pure.
 */
#pragma once

#include <stdint.h>

#define DNS_LAYOUT_ANY 255

struct dns_layout {  /* of an RDATA: octets, strings, names, octets */
    uint8_t before;  /* octets ahead of the first name */
    uint8_t strings; /* character strings behind those */
    uint8_t names;
    uint8_t after; /* octets behind the last name; DNS_LAYOUT_ANY: as many as there are */
};

/** The layout of a type's RDATA; without names for those that are octets. */
struct dns_layout dns_layout_of(uint16_t type);

/* shape.h - what is odd about a message, told apart from who reads it
 * SPDX-License-Identifier: ISC
 *
 * What: walks a message by the letter of RFC 1035, takes all that can be walked, and notes what a
 *       reader may object to. It shares no function with the parsers under test but the cursor.
 * Who:  comparison.c, for the rows of differences.def.
 */
#pragma once

#include "base/bytes.h"

struct shape {
    unsigned opts;           /* OPT records */
    bool has_opt_elsewhere;  /* outside the additional section */
    bool has_opt_of_another; /* whose owner is not one octet, the root's */
    bool has_tsig;
    bool has_early_tsig; /* a TSIG that is not the last additional record */
    size_t trailing;     /* octets behind the last record */
    bool is_cut;         /* by their RDLENGTHs, records do not end with or before the message */
    /* of owners, and of names in the RDATA of types that may compress them */
    bool has_forward_pointer; /* to itself or to what follows */
    bool has_header_pointer;  /* into the header */
    bool has_overlap;      /* to labels that run on past where the labels with the pointer begin */
    bool has_root_pointer; /* to a label of no octets */
    bool has_ttl_pointer;  /* to octets of a TTL */
    bool has_empty_data;   /* RDATA of no octets where a name or an address belongs */
    bool has_odd_data;     /* longer or shorter than the names and numbers in it */
    bool has_compressed_dname;
    bool has_compressed_question;
    uint8_t opt_version;  /* of the last OPT */
    bool has_odd_options; /* their lengths do not add up */
    bool has_bare_opt;    /* without options, and of a size that is class IN's number */
};

/** @return what was met up to the end, or up to where it cannot be walked */
struct shape shape_of(const uint8_t *message, size_t size);

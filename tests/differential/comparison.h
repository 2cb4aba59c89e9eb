/* comparison.h - one message, read by us and by another library
 * SPDX-License-Identifier: ISC
 *
 * What: compares two readings, aspect by aspect, and looks each difference up in differences.def.
 * Who:  differential.c.
 */
#pragma once

#include "reading.h"
#include "shape.h"

enum comparison_message { QUERY, ANSWER };
enum comparison_library { LDNS, KNOT, EITHER };
/* FIELD, in a row: any field */
enum comparison_aspect {
    WE_REFUSE,
    WE_TAKE,
    HEADER,
    QUESTION,
    EDNS,
    OPTIONS,
    RECORDS,
    ASPECTS,
    FIELD
};

struct comparison {
    const uint8_t *message; /* borrowed; `size` octets */
    size_t size;
    struct shape shape;
    enum comparison_message as;
    enum comparison_library library;
    const struct reading *theirs; /* what that library read */
    const struct reading *others; /* what the other one did */
    /* what we did: of a query */
    enum dns_query_verdict query_verdict;
    struct dns_query query;
    /* of an answer to the question that stands in it */
    enum dns_answer_verdict answer_verdict;
    struct dns_question asked;
    struct dns_answer answer;
    const struct reading *ours; /* of an answer that we take */
};

/** Compare. @return a bit for each aspect in which we differ */
unsigned comparison_differences(const struct comparison *c);

/** Is there a row for it? It is counted as used. */
bool comparison_is_explained(const struct comparison *c, enum comparison_aspect aspect);

/** Print each row with how often it was used. @return how many were not */
unsigned comparison_print_rows(void);

const char *comparison_aspect_text(enum comparison_aspect aspect);

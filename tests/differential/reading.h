/* reading.h - what a library reads in a message, as a value that can be compared
 * SPDX-License-Identifier: ISC
 *
 * What: the header, question, OPT and records of one message; names expanded and spelled as they
 *       stand there, RDATA with its names expanded. Each library has a file that fills one.
 * Who:  differential.c.
 */
#pragma once

#include "dns/dns_answer.h"
#include "dns/dns_query.h"

#define READING_RECORDS_MAX 512
#define READING_OPTIONS_MAX 64
#define READING_DATA_MAX    (1 << 17) /* octets of RDATA, expanded, all records together */

struct reading_option {
    uint16_t code;
    uint16_t size;
    const uint8_t *data; /* within the message or the library's copy of it */
};

struct reading_record {
    unsigned section; /* 0 answer, 1 authority, 2 additional */
    uint16_t type;
    uint16_t class;
    uint32_t ttl;
    struct dns_name owner;
    size_t data_at; /* octets within `data` of the reading */
    size_t data_size;
};

struct reading {
    bool is_read;     /* it takes the message */
    char refusal[64]; /* or its word for why not */
    uint16_t id;
    uint16_t flags;     /* the header's second 16 bits */
    uint16_t counts[4]; /* the header's */
    struct dns_question question;
    bool has_question;
    bool has_opt;
    bool has_tsig;
    bool dnssec_ok;
    uint8_t version;
    uint8_t extended_rcode;
    uint16_t udp_size;
    bool options_are_odd; /* the options' lengths do not add up */
    bool is_long;         /* more records, options or octets than fit here */
    unsigned options_count;
    struct reading_option options[READING_OPTIONS_MAX];
    unsigned records_count; /* without OPT and TSIG */
    struct reading_record records[READING_RECORDS_MAX];
    size_t data_size;
    uint8_t data[READING_DATA_MAX];
};

/** A record to fill; NULL if there is no room, which is noted. */
struct reading_record *reading_add(struct reading *reading, unsigned section);

/** Append RDATA to the record added last. */
void reading_add_data(struct reading *reading, const void *octets, size_t size);

/** Read options from the RDATA of an OPT, which is borrowed. */
void reading_options(struct reading *reading, const uint8_t *data, size_t size);

/** The first option with that code, or NULL. */
const struct reading_option *reading_option(const struct reading *reading, uint16_t code);

/** @param name  uncompressed, at most 255 octets */
void reading_name(struct dns_name *to, const uint8_t *name, size_t size);

/* What ldns and libknot read. The message is borrowed; so are options, until the next call. */
void reading_by_ldns(const uint8_t *message, size_t size, struct reading *reading);
void reading_by_knot(const uint8_t *message, size_t size, struct reading *reading);

/** Fill the records and options of a message that dns_answer_parse() took. */
void reading_by_us(const uint8_t *message, size_t size, struct reading *reading);

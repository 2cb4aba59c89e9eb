/* dns_chain.c - see dns_chain.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_chain.h"

#include <limits.h>

#define TYPE_DNAME 39
#define TYPE_RRSIG 46

struct chain {
    struct dns_name names[DNS_CHAIN_MAX];
    unsigned count;
    unsigned steps; /* names that may still be compared */
};

struct place { /* one record, behind its owner */
    uint16_t type, class, size;
    size_t data; /* offset of the RDATA */
};

static void
get_place(struct bytes_reader *r, struct place *place)
{
    place->type = bytes_get_u16(r);
    place->class = bytes_get_u16(r);
    bytes_skip(r, sizeof(uint32_t)); /* TTL */
    place->size = bytes_get_u16(r);
    place->data = r->pos;
    bytes_skip(r, place->size);
}

/* Most records belong to the name that was led to last. */
static bool
chain_has(struct chain *chain, const struct dns_name *owner)
{
    for (unsigned i = chain->count; i-- > 0 && chain->steps > 0; chain->steps--)
        if (dns_name_is_equal(&chain->names[i], owner))
            return true;
    return false;
}

static bool
chain_is_below(struct chain *chain, const struct dns_name *owner)
{
    for (unsigned i = chain->count; i-- > 0 && chain->steps > 0; chain->steps--)
        if (dns_name_is_below(&chain->names[i], owner))
            return true;
    return false;
}

/* An alias adds the name that it leads to, if that is a new one. @return false: too many */
static bool
follow(struct chain *chain, const uint8_t *message, const struct dns_answer *answer,
       const struct place *place)
{
    struct dns_name target;
    struct bytes_reader r = bytes_reader(message, answer->end);
    bytes_seek(&r, place->data);
    if (!dns_name_skip(&r, &target))
        return false;
    if (chain_has(chain, &target))
        return true;
    if (chain->count == DNS_CHAIN_MAX)
        return false;
    chain->names[chain->count++] = target;
    return true;
}

/* A record of the answer section. Signatures and a zone's alias (DNAME) stand above the names. */
static bool
answer_fits(struct chain *chain, const uint8_t *message, const struct dns_answer *answer,
            const struct dns_name *owner, const struct place *place)
{
    if (chain_has(chain, owner))
        return place->type != DNS_TYPE_CNAME || follow(chain, message, answer, place);
    bool may_be_above = place->type == TYPE_DNAME || place->type == TYPE_RRSIG; /* of a DNAME */
    return may_be_above && chain_is_below(chain, owner);
}

static bool
authority_fits(struct chain *chain, const struct dns_name *owner, const struct place *place)
{
    bool names_zone = place->type == DNS_TYPE_SOA || place->type == DNS_TYPE_NS;
    return !names_zone || chain_is_below(chain, owner);
}

/*
 * Walk the answer section once; the reader ends behind it. @return records that nothing has led to
 * so far; UINT_MAX: a record does not parse
 */
static unsigned
count_strangers(struct chain *chain, struct bytes_reader *r, const uint8_t *message,
                const struct dns_answer *answer)
{
    unsigned strangers = 0;
    bytes_seek(r, answer->question_end);
    for (unsigned i = 0; i < answer->counts[0]; i++) {
        struct dns_name owner;
        struct place place;
        if (!dns_name_skip(r, &owner))
            return UINT_MAX;
        get_place(r, &place);
        if (!answer_fits(chain, message, answer, &owner, &place))
            strangers++;
    }
    return strangers;
}

/* Nothing says that an alias stands before what it leads to: as long as new names are found, those
 * who were strangers are looked at again. */
static bool
answer_section_fits(struct chain *chain, struct bytes_reader *r, const uint8_t *message,
                    const struct dns_answer *answer)
{
    unsigned known, strangers;
    do {
        known = chain->count;
        strangers = count_strangers(chain, r, message, answer);
    } while (strangers != 0 && strangers != UINT_MAX && chain->count > known && chain->steps > 0);
    return strangers == 0;
}

bool
dns_chain_is_whole(const uint8_t *message, const struct dns_answer *answer,
                   const struct dns_question *question)
{
    struct chain chain WRITTEN_FIRST;
    struct bytes_reader r = bytes_reader(message, answer->end);
    chain.names[0] = question->name;
    chain.count = 1;
    chain.steps = DNS_CHAIN_STEPS;
    if (!answer_section_fits(&chain, &r, message, answer))
        return false;
    for (unsigned i = 0; i < answer->counts[1]; i++) {
        struct dns_name owner;
        struct place place;
        if (!dns_name_skip(&r, &owner))
            return false;
        get_place(&r, &place);
        if (r.failed || !authority_fits(&chain, &owner, &place))
            return false;
    }
    return !r.failed;
}

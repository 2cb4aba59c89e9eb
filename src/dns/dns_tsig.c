/* dns_tsig.c - see dns_tsig.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_tsig.h"

#define BADKEY       17 /* RFC 8945 section 3 */
#define TIME_OCTETS  6
#define FIXED_OCTETS 16 /* of the RDATA, behind the algorithm, without MAC and other data */
#define COUNT_AT     10 /* ARCOUNT in the header */

struct tsig {
    struct dns_name key, algorithm;
    uint8_t signed_at[TIME_OCTETS];
    uint16_t fudge, original_id;
};

/* One record of any type but TSIG, of which there is one, at the end. */
static bool
pass_other(struct bytes_reader *r)
{
    dns_name_pass(r);
    uint16_t type = bytes_get_u16(r);
    bytes_skip(r, sizeof(uint16_t) + sizeof(uint32_t)); /* class, TTL */
    bytes_skip(r, bytes_get_u16(r));
    return !r->failed && type != DNS_TYPE_TSIG;
}

/* The record at the reader, if it is a TSIG. @return false: it is none, or not a sound one */
static bool
get_tsig(struct bytes_reader *r, struct tsig *tsig)
{
    if (!dns_name_skip(r, &tsig->key))
        return false;
    uint16_t type = bytes_get_u16(r), class = bytes_get_u16(r);
    uint32_t ttl = bytes_get_u32(r);
    size_t size = bytes_get_u16(r), end = r->pos + size;
    if (type != DNS_TYPE_TSIG || class != DNS_CLASS_ANY || ttl != 0 ||
        !dns_name_skip(r, &tsig->algorithm))
        return false;
    bytes_get_copy(r, tsig->signed_at, TIME_OCTETS);
    tsig->fudge = bytes_get_u16(r);
    bytes_skip(r, bytes_get_u16(r)); /* the signature */
    tsig->original_id = bytes_get_u16(r);
    bytes_skip(r, sizeof(uint16_t)); /* error */
    bytes_skip(r, bytes_get_u16(r)); /* other data */
    return !r->failed && r->pos == end;
}

static bool
get_last(struct bytes_reader *r, uint32_t records, struct tsig *tsig)
{
    for (; records > 1; records--)
        if (!pass_other(r))
            return false;
    return records == 1 && get_tsig(r, tsig) && bytes_left(r) == 0;
}

bool
dns_tsig_is_last(struct bytes_reader *r, uint32_t records)
{
    struct tsig tsig;
    return get_last(r, records, &tsig);
}

static void
put_tsig(struct bytes_writer *w, const struct tsig *tsig)
{
    bytes_put_copy(w, tsig->key.wire, tsig->key.size);
    bytes_put_u16(w, DNS_TYPE_TSIG);
    bytes_put_u16(w, DNS_CLASS_ANY);
    bytes_put_u32(w, 0); /* TTL */
    bytes_put_u16(w, (uint16_t)(tsig->algorithm.size + FIXED_OCTETS));
    bytes_put_copy(w, tsig->algorithm.wire, tsig->algorithm.size);
    bytes_put_copy(w, tsig->signed_at, TIME_OCTETS);
    bytes_put_u16(w, tsig->fudge);
    bytes_put_u16(w, 0); /* octets of signature */
    bytes_put_u16(w, tsig->original_id);
    bytes_put_u16(w, BADKEY);
    bytes_put_u16(w, 0); /* octets of other data */
}

size_t
dns_tsig_refuse(const uint8_t *message, size_t message_size, uint8_t *reply, size_t written,
                size_t size)
{
    struct bytes_reader r = bytes_reader(message, message_size);
    struct tsig tsig;
    bytes_skip(&r, 3 * sizeof(uint16_t)); /* id, flags, one question */
    uint32_t records = bytes_get_u16(&r);
    records += bytes_get_u16(&r);
    records += bytes_get_u16(&r);
    dns_name_pass(&r);
    bytes_skip(&r, 2 * sizeof(uint16_t)); /* type, class */
    if (written == 0 || !get_last(&r, records, &tsig))
        return written;
    struct bytes_writer w = bytes_writer(reply, size);
    const uint8_t *head = bytes_put_view(&w, written);
    if (head == NULL)
        return written;
    r = bytes_reader(head, written);
    bytes_skip(&r, COUNT_AT);
    unsigned count = bytes_get_u16(&r);
    put_tsig(&w, &tsig);
    if (w.failed)
        return written;
    bytes_set_u16(&w, COUNT_AT, (uint16_t)(count + 1));
    return w.pos;
}

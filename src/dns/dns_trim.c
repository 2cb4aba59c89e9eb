/* dns_trim.c - see dns_trim.h
 * SPDX-License-Identifier: ISC
 *
 * Records are never moved, since names point back at earlier ones: what goes is a tail.
 */
#include "dns/dns_trim.h"

#include "dns/dns_name.h"

#define TYPE_RRSIG 46
#define AUTHORITY  1
#define ADDITIONAL 2

struct part { /* one record of the tail */
    size_t owner_at, end;
    uint16_t type; /* of the RRset that it belongs to: a signature's is the type it signs */
    uint8_t section;
};

struct tail {
    struct part parts[DNS_TRIM_MAX];
    unsigned count;   /* of parts */
    bool has_more;    /* behind those */
    size_t owed_end;  /* octet behind the last record that is owed */
    uint16_t owed[3]; /* records up to there, by section */
};

static void
get_part(struct bytes_reader *r, unsigned section, struct part *part)
{
    part->section = (uint8_t)section;
    part->owner_at = r->pos;
    dns_name_pass(r);
    part->type = bytes_get_u16(r);
    bytes_skip(r, sizeof(uint16_t) + sizeof(uint32_t)); /* class, TTL */
    uint16_t size = bytes_get_u16(r);
    struct bytes_reader data = *r;
    if (part->type == TYPE_RRSIG && size >= sizeof part->type)
        part->type = bytes_get_u16(&data);
    bytes_skip(r, size);
    part->end = r->pos;
}

static void
add_owed(struct tail *tail, const struct part *part)
{
    tail->owed_end = part->end;
    tail->owed[part->section]++;
    for (unsigned i = 0; i < tail->count; i++) /* what stood before it stays */
        tail->owed[tail->parts[i].section]++;
    tail->count = 0;
}

static void
add_part(struct tail *tail, const struct part *part)
{
    tail->has_more = tail->count == DNS_TRIM_MAX;
    if (!tail->has_more)
        tail->parts[tail->count++] = *part;
}

/* Name servers beside an answer or a denial may go, but only as long as nothing behind them in
 * their section is owed: an RRset that begins before what is owed stays whole. */
static bool
find_tail(struct bytes_reader *r, const struct dns_answer *answer, struct tail *tail)
{
    bool servers_stay = false;
    *tail = (struct tail){.owed_end = answer->question_end};
    bytes_seek(r, answer->question_end);
    for (unsigned section = 0; section < 3; section++) {
        for (unsigned i = 0; i < answer->counts[section]; i++) {
            struct part part;
            get_part(r, section, &part);
            bool may_go = section == ADDITIONAL ||
                          (section == AUTHORITY && part.type == DNS_TYPE_NS && !servers_stay);
            if (may_go) {
                add_part(tail, &part);
                continue;
            }
            servers_stay |= section == AUTHORITY && tail->count > 0;
            if (tail->has_more)
                return false;
            add_owed(tail, &part);
        }
    }
    return !r->failed;
}

static bool
is_same_set(const uint8_t *message, const struct dns_answer *answer, const struct part *a,
            const struct part *b)
{
    struct bytes_reader r = bytes_reader(message, answer->end);
    struct dns_name a_name, b_name;
    if (a->type != b->type || a->section != b->section)
        return false;
    bytes_seek(&r, a->owner_at);
    if (!dns_name_skip(&r, &a_name))
        return false;
    bytes_seek(&r, b->owner_at);
    return dns_name_skip(&r, &b_name) && dns_name_is_equal(&a_name, &b_name);
}

/* Where `cut` must be so that the RRset of the record `gone` does not begin before it. */
static unsigned
cut_before(const uint8_t *message, const struct dns_answer *answer, const struct tail *tail,
           unsigned gone, unsigned cut)
{
    for (unsigned kept = 0; kept < cut; kept++)
        if (is_same_set(message, answer, &tail->parts[kept], &tail->parts[gone]))
            return kept;
    return cut;
}

/* How many records of the tail may stay. Each that goes is looked at once, so the cost is bounded
 * by the square of DNS_TRIM_MAX. */
static unsigned
find_cut(const uint8_t *message, const struct dns_answer *answer, const struct tail *tail,
         size_t limit)
{
    unsigned cut = 0, end = tail->count;
    while (tail->has_more && end > 0 && tail->parts[end - 1].section == ADDITIONAL)
        end--;
    if (tail->has_more && end == DNS_TRIM_MAX) /* name servers without end */
        return 0;
    while (cut < end && tail->parts[cut].end <= limit)
        cut++;
    for (unsigned gone = end; gone > cut;)
        cut = cut_before(message, answer, tail, --gone, cut);
    return cut;
}

static bool
is_referral(const struct dns_answer *answer)
{
    return answer->rcode == DNS_NOERROR && answer->counts[0] == 0 && answer->counts[1] > 0 &&
           !answer->has_soa;
}

bool
dns_trim(const uint8_t *message, struct dns_answer *answer, size_t limit)
{
    struct bytes_reader r = bytes_reader(message, answer->end);
    struct tail tail;
    if (answer->end <= limit)
        return true;
    if (is_referral(answer) || !find_tail(&r, answer, &tail) || tail.owed_end > limit)
        return false;
    unsigned cut = find_cut(message, answer, &tail, limit);
    answer->end = (uint16_t)(cut > 0 ? tail.parts[cut - 1].end : tail.owed_end);
    for (unsigned section = 0; section < 3; section++)
        answer->counts[section] = tail.owed[section];
    for (unsigned i = 0; i < cut; i++)
        answer->counts[tail.parts[i].section]++;
    return true;
}

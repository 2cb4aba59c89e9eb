/* dns_answer.c - see dns_answer.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_answer.h"

#include "dns/dns_layout.h"

#include <assert.h>

#define QUESTION_TAIL      4    /* type and class, octets */
#define STEPS_BASE         1024 /* labels and hops that any answer may cost; docs/LIMITS.md */
#define RCODE_HEADER_MAX   15   /* the four bits of the header */
#define SECTION_ANSWER     0
#define SECTION_AUTHORITY  1
#define SECTION_ADDITIONAL 2

struct record { /* behind its owner */
    uint16_t type;
    uint16_t class;
    uint32_t ttl;
    size_t data; /* offset of the RDATA */
    size_t end;  /* offset behind it */
};

#define WORD_BITS 64

/* Octets of the TTLs met so far. A name that a pointer finds in one would become another name as
 * the answer ages, and none in the end. */
struct ttls {
    uint64_t bits[DNS_MESSAGE_MAX / WORD_BITS + 2]; /* as struct dns_name_budget says */
};

/* What a message may cost together, and each record adds to; `ttls` is borrowed for as long as it is
 * used. What stands behind a record does not count: so an answer that is delivered without its OPT
 * is sound still. */
static struct dns_name_budget
budget_for(const struct bytes_reader *r, const struct dns_question *question, struct ttls *ttls)
{
    memset(ttls->bits, 0, (r->size / WORD_BITS + 2) * sizeof ttls->bits[0]);
    return (struct dns_name_budget){.steps = STEPS_BASE + (uint32_t)r->pos,
                                    .question_size = question->name.size,
                                    .changing = ttls->bits};
}

static void
note_ttl(struct ttls *ttls, size_t at)
{
    for (size_t i = at; i < at + sizeof(uint32_t); i++)
        ttls->bits[i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
}

/* Names, strings and sizes within the RDATA are sound; the reader ends behind it. */
static bool
check_data(struct bytes_reader *r, struct dns_name_budget *budget, const struct record *record)
{
    if (record->class == DNS_CLASS_IN && record->type == DNS_TYPE_A)
        return record->end - record->data == 4;
    if (record->class == DNS_CLASS_IN && record->type == DNS_TYPE_AAAA)
        return record->end - record->data == 16;
    struct dns_layout layout = dns_layout_of(record->type);
    if (layout.names == 0)
        return true;
    bytes_seek(r, record->data + layout.before);
    for (; layout.strings > 0; layout.strings--)
        bytes_skip(r, bytes_get_u8(r));
    for (; layout.names > 0; layout.names--)
        if (!dns_name_check(r, budget))
            return false;
    size_t after = layout.after == DNS_LAYOUT_ANY ? 0 : layout.after;
    return !r->failed &&
           (layout.after == DNS_LAYOUT_ANY ? r->pos <= record->end : r->pos + after == record->end);
}

static void
get_record(struct bytes_reader *r, struct record *record)
{
    record->type = bytes_get_u16(r);
    record->class = bytes_get_u16(r);
    record->ttl = bytes_get_u32(r);
    uint16_t size = bytes_get_u16(r);
    record->data = r->pos;
    bytes_skip(r, size);
    record->end = r->pos;
}

/* RFC 8767 section 4: 32 bits without a sign, capped. */
static uint32_t
ttl_value(uint32_t ttl)
{
    return ttl < DNS_TTL_MAX ? ttl : DNS_TTL_MAX;
}

static void
note_record(struct bytes_reader *r, const struct record *record, unsigned section,
            struct dns_answer *answer)
{
    uint32_t ttl = ttl_value(record->ttl);
    if (!answer->has_ttl || ttl < answer->ttl_min)
        answer->ttl_min = ttl;
    answer->has_ttl = true;
    answer->has_long_ttl |= record->ttl > DNS_TTL_MAX;
    answer->counts[section]++;
    answer->end = (uint16_t)record->end;
    if (section != SECTION_AUTHORITY || record->type != DNS_TYPE_SOA || answer->has_soa)
        return;
    answer->has_soa = true;
    bytes_seek(r, record->end - sizeof(uint32_t));
    uint32_t minimum = ttl_value(bytes_get_u32(r));
    answer->soa_minimum = minimum < ttl ? minimum : ttl;
}

/* The OPT; the reader stands before its TYPE. */
static bool
note_opt(struct bytes_reader *r, size_t owner, unsigned section, struct dns_answer *answer)
{
    struct dns_edns edns;
    size_t type_at = r->pos;
    if (section != SECTION_ADDITIONAL || answer->has_opt || type_at != owner + 1)
        return false;
    bytes_skip(r, sizeof(uint16_t));
    if (dns_edns_get(r, &edns) != DNS_EDNS_OK)
        return false;
    answer->has_opt = true;
    answer->dnssec_ok = edns.dnssec_ok;
    answer->ede = edns.ede;
    answer->ede_text_at = edns.ede_text_at;
    answer->ede_text_size = edns.ede_text_size;
    answer->keepalive_timed = edns.keepalive_timed;
    answer->keepalive_100ms = edns.keepalive_100ms;
    answer->rcode = (uint16_t)(answer->rcode | (unsigned)edns.extended_rcode << 4);
    return true;
}

static uint16_t
peek_u16(const struct bytes_reader *r)
{
    struct bytes_reader copy = *r;
    return bytes_get_u16(&copy);
}

static enum dns_answer_verdict
walk_section(struct bytes_reader *r, struct dns_name_budget *budget, struct ttls *ttls,
             unsigned section, unsigned count, struct dns_answer *answer)
{
    for (; count > 0; count--) {
        struct record record;
        size_t owner = r->pos;
        budget->steps++; /* an owner's first: the OPT's root, the server's and ours, is free */
        if (!dns_name_check(r, budget))
            return DNS_ANSWER_MALFORMED;
        if (peek_u16(r) == DNS_TYPE_OPT) {
            if (!note_opt(r, owner, section, answer))
                return DNS_ANSWER_OPT;
            continue;
        }
        size_t ttl_at = r->pos + 2 * sizeof(uint16_t);
        get_record(r, &record);
        /* a legitimate record costs a few steps and has at least eleven octets */
        budget->steps += (uint32_t)(r->pos - owner);
        if (!r->failed)
            note_ttl(ttls, ttl_at);
        if (r->failed || !check_data(r, budget, &record))
            return DNS_ANSWER_MALFORMED;
        bool is_signature = record.type == DNS_TYPE_TSIG;
        if (is_signature && (section != SECTION_ADDITIONAL || count > 1))
            return DNS_ANSWER_MALFORMED;
        if (!answer->has_opt && !is_signature)
            note_record(r, &record, section, answer);
        bytes_seek(r, record.end);
    }
    return DNS_ANSWER_OK;
}

static bool
question_belongs(struct bytes_reader *r, const struct dns_question *question)
{
    const uint8_t *wire = bytes_get_view(r, question->name.size);
    uint16_t type = bytes_get_u16(r), class = bytes_get_u16(r);
    return !r->failed && type == question->type && class == question->class &&
           dns_name_is_wire(&question->name, wire, question->name.size);
}

/* One that ends within its question is broken; one with a whole question of its own is false. */
static enum dns_answer_verdict
judge_question(struct bytes_reader *r, const struct dns_question *question)
{
    struct bytes_reader other = *r;
    if (question_belongs(r, question))
        return DNS_ANSWER_OK;
    dns_name_pass(&other);
    bytes_skip(&other, QUESTION_TAIL);
    return other.failed ? DNS_ANSWER_MALFORMED : DNS_ANSWER_QUESTION;
}

static enum dns_answer_verdict
walk_message(struct bytes_reader *r, const struct dns_question *question, struct dns_answer *answer)
{
    uint16_t counts[3];
    bytes_skip(r, sizeof(uint16_t));
    answer->flags = bytes_get_u16(r);
    uint16_t questions = bytes_get_u16(r);
    for (unsigned section = 0; section < 3; section++)
        counts[section] = bytes_get_u16(r);
    if (r->failed)
        return DNS_ANSWER_SHORT;
    if ((answer->flags & (DNS_QR | DNS_OPCODE)) != DNS_QR)
        return DNS_ANSWER_NOT;
    answer->rcode = answer->flags & DNS_RCODE;
    if (questions == 0 && answer->rcode != DNS_NOERROR)
        return DNS_ANSWER_ERROR;
    if (questions != 1)
        return DNS_ANSWER_MALFORMED;
    enum dns_answer_verdict belongs = judge_question(r, question);
    if (belongs != DNS_ANSWER_OK)
        return belongs;
    answer->question_end = (uint16_t)r->pos;
    answer->end = answer->question_end;
    struct ttls ttls WRITTEN_FIRST; /* 8 KiB, of which a message of 512 octets needs 80 */
    struct dns_name_budget budget = budget_for(r, question, &ttls);
    for (unsigned section = 0; section < 3; section++) {
        enum dns_answer_verdict verdict =
            walk_section(r, &budget, &ttls, section, counts[section], answer);
        if (verdict != DNS_ANSWER_OK)
            return verdict;
    }
    return bytes_left(r) == 0 ? DNS_ANSWER_OK : DNS_ANSWER_MALFORMED;
}

enum dns_answer_verdict
dns_answer_parse(const uint8_t *message, size_t size, const struct dns_question *question,
                 struct dns_answer *answer)
{
    struct bytes_reader r = bytes_reader(message, size);
    *answer = (struct dns_answer){.ede = DNS_EDE_NONE};
    enum dns_answer_verdict verdict = walk_message(&r, question, answer);
    struct dns_answer error = {.ede = DNS_EDE_NONE, .flags = answer->flags, .rcode = answer->rcode};
    if (verdict != DNS_ANSWER_OK)
        *answer = verdict == DNS_ANSWER_ERROR ? error : (struct dns_answer){0};
    return verdict;
}

const uint8_t *
dns_answer_text(const uint8_t *message, const struct dns_answer *answer)
{
    struct bytes_reader r =
        bytes_reader(message, (size_t)answer->ede_text_at + answer->ede_text_size);
    bytes_seek(&r, answer->ede_text_at);
    return bytes_get_view(&r, answer->ede_text_size);
}

void
dns_answer_pack(uint8_t *to, size_t room, const uint8_t *message, struct dns_answer *answer)
{
    const uint8_t *text = dns_answer_text(message, answer);
    struct bytes_writer w = bytes_writer(to, room);
    if (answer->ede_text_size > DNS_EDE_TEXT_MAX)
        answer->ede_text_size = DNS_EDE_TEXT_MAX;
    bytes_put_copy(&w, message, answer->end);
    if (bytes_room(&w) < answer->ede_text_size)
        answer->ede_text_size = 0;
    bytes_put_copy(&w, text, answer->ede_text_size);
    answer->ede_text_at = answer->end;
}

uint16_t
dns_answer_id(const uint8_t *message)
{
    struct bytes_reader r = bytes_reader(message, sizeof(uint16_t));
    return bytes_get_u16(&r);
}

void
dns_answer_age(uint8_t *message, const struct dns_answer *answer, uint32_t age_s, bool replace,
               uint32_t ttl_s)
{
    struct bytes_reader r = bytes_reader(message, answer->end);
    struct bytes_writer w = bytes_writer(message, answer->end);
    (void)bytes_put_view(&w, answer->end); /* what stands there may be overwritten */
    bytes_seek(&r, answer->question_end);
    while (bytes_left(&r) > 0) {
        dns_name_pass(&r);
        bytes_skip(&r, 2 * sizeof(uint16_t));
        size_t ttl_at = r.pos;
        uint32_t ttl = ttl_value(bytes_get_u32(&r));
        bytes_skip(&r, bytes_get_u16(&r));
        uint32_t aged = replace ? ttl_s : ttl > age_s ? ttl - age_s : 0;
        if (r.failed)
            return;
        bytes_set_u16(&w, ttl_at, (uint16_t)(aged >> 16));
        bytes_set_u16(&w, ttl_at + sizeof(uint16_t), (uint16_t)aged);
    }
}

static void
put_header(struct bytes_writer *w, const struct dns_answer *answer, const struct dns_query *query,
           uint16_t rcode, bool truncated)
{
    /* RFC 6840 5.8: AD tells a client something only if it showed that it knows of it */
    bool wants_ad = (query->flags & DNS_AD) != 0 || query->edns.dnssec_ok;
    unsigned flags = DNS_QR | DNS_RA | (query->flags & (DNS_RD | DNS_CD));
    flags |= answer->flags & (wants_ad ? DNS_TC | DNS_AD : DNS_TC);
    flags |= (truncated ? DNS_TC : 0U) | (rcode & DNS_RCODE);
    bytes_put_u16(w, query->id);
    bytes_put_u16(w, (uint16_t)flags);
    bytes_put_u16(w, 1);
}

/*
 * Put header, question and OPT around the records, which stand in their place already, or leave
 * those out. Returns 0 if the whole is over `limit`.
 */
static size_t
put_around(struct bytes_writer *w, const struct dns_answer *answer, const struct dns_query *query,
           const struct dns_edns_put *opt, size_t limit, bool with_records)
{
    bool has_opt = query->edns.present;
    bool sayable = has_opt || answer->rcode <= RCODE_HEADER_MAX;
    uint16_t rcode = sayable ? answer->rcode : DNS_SERVFAIL;
    put_header(w, answer, query, rcode, sayable && !with_records);
    bytes_put_u16(w, with_records ? answer->counts[SECTION_ANSWER] : 0);
    bytes_put_u16(w, with_records ? answer->counts[SECTION_AUTHORITY] : 0);
    unsigned additional = with_records ? answer->counts[SECTION_ADDITIONAL] : 0;
    bytes_put_u16(w, (uint16_t)(additional + has_opt));
    dns_query_put_question(w, query);
    if (with_records)
        (void)bytes_put_view(w, (size_t)(answer->end - answer->question_end));
    if (has_opt) {
        struct dns_edns_put put = *opt;
        put.extended_rcode = (uint8_t)(rcode >> 4);
        if (put.message_max == 0 || put.message_max > limit)
            put.message_max = (uint16_t)limit;
        dns_edns_put(w, &put);
    }
    return w->failed || w->pos > limit ? 0 : w->pos;
}

size_t
dns_answer_deliver(uint8_t *message, size_t size, const struct dns_answer *answer,
                   const struct dns_query *query, const struct dns_edns_put *opt, size_t limit)
{
    assert(answer->question_end == DNS_HEADER_SIZE + query->question.name.size + QUESTION_TAIL);
    /* records beside an RCODE that the client cannot be told would mislead it */
    bool with_records = query->edns.present || answer->rcode <= RCODE_HEADER_MAX;
    if (answer->has_long_ttl)
        dns_answer_age(message, answer, 0, false, 0);
    struct bytes_writer w = bytes_writer(message, size);
    size_t whole = put_around(&w, answer, query, opt, limit, with_records);
    if (whole > 0)
        return whole;
    w = bytes_writer(message, size);
    return put_around(&w, answer, query, opt, limit, false);
}

/* handoff.c - see handoff.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/handoff.h"

#define FLAGS_ALLOWED (DNS_RD | DNS_AD | DNS_CD)

#define MARK_DNSSEC_OK 1U
#define RANK_SHIFT     1

size_t
handoff_query_write(const struct handoff_query *query, uint8_t to[HANDOFF_QUERY_MAX])
{
    struct bytes_writer w = bytes_writer(to, HANDOFF_QUERY_MAX);
    bytes_put_u32(&w, query->slot);
    bytes_put_u32(&w, query->generation);
    bytes_put_u64(&w, query->deadline_ms);
    bytes_put_u16(&w, query->flags);
    unsigned marks = (unsigned)query->rank << RANK_SHIFT;
    bytes_put_u8(&w, (uint8_t)(marks | (query->dnssec_ok ? MARK_DNSSEC_OK : 0)));
    bytes_put_u16(&w, query->question.type);
    bytes_put_u16(&w, query->question.class);
    bytes_put_copy(&w, query->question.name.wire, query->question.name.size);
    return w.pos;
}

static bool
name_is_lower(const struct dns_name *name)
{
    for (size_t i = 0; i < name->size; i++)
        if (name->wire[i] >= 'A' && name->wire[i] <= 'Z')
            return false;
    return true;
}

enum status
handoff_query_read(const uint8_t *record, size_t size, struct handoff_query *query)
{
    struct bytes_reader r = bytes_reader(record, size);
    query->slot = bytes_get_u32(&r);
    query->generation = bytes_get_u32(&r);
    query->deadline_ms = bytes_get_u64(&r);
    query->flags = bytes_get_u16(&r);
    uint8_t marks = bytes_get_u8(&r);
    query->dnssec_ok = (marks & MARK_DNSSEC_OK) != 0;
    query->rank = marks >> RANK_SHIFT;
    query->question.type = bytes_get_u16(&r);
    query->question.class = bytes_get_u16(&r);
    bool ok = dns_name_get(&r, &query->question.name) && bytes_left(&r) == 0;
    if (ok && query->generation != 0 && (query->flags & ~FLAGS_ALLOWED) == 0 &&
        query->rank < HANDOFF_RANKS && name_is_lower(&query->question.name) &&
        dns_query_is_forwarded(query->question.type))
        return STATUS_OK;
    *query = (struct handoff_query){0};
    return STATUS_INVALID;
}

void
handoff_answer_write(const struct handoff_answer *answer, uint8_t to[HANDOFF_ANSWER_HEAD])
{
    struct bytes_writer w = bytes_writer(to, HANDOFF_ANSWER_HEAD);
    bytes_put_u32(&w, answer->slot);
    bytes_put_u32(&w, answer->generation);
    bytes_put_u8(&w, answer->outcome);
    bytes_put_u8(&w, answer->upstream);
    bytes_put_u16(&w, answer->ede);
    bytes_put_u32(&w, answer->rtt_us);
}

enum status
handoff_answer_read(const uint8_t *record, size_t size, struct handoff_answer *answer)
{
    struct bytes_reader r = bytes_reader(record, size);
    answer->slot = bytes_get_u32(&r);
    answer->generation = bytes_get_u32(&r);
    answer->outcome = bytes_get_u8(&r);
    answer->upstream = bytes_get_u8(&r);
    answer->ede = bytes_get_u16(&r);
    answer->rtt_us = bytes_get_u32(&r);
    bool ok = !r.failed && answer->generation != 0;
    answer->message_size = bytes_left(&r);
    answer->message = answer->message_size > 0 ? bytes_get_view(&r, answer->message_size) : NULL;
    if (ok && answer->outcome == HANDOFF_ANSWERED && answer->message_size >= DNS_HEADER_SIZE &&
        answer->message_size <= DNS_MESSAGE_MAX)
        return STATUS_OK;
    bool is_failure = answer->outcome == HANDOFF_FAILED || answer->outcome == HANDOFF_DOWN;
    if (ok && is_failure && answer->message_size == 0)
        return STATUS_OK;
    *answer = (struct handoff_answer){0};
    return STATUS_INVALID;
}

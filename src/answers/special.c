/* special.c - see special.h
 * SPDX-License-Identifier: ISC
 *
 * The table is text; a name is made text of the same form once, and its end compared with each row.
 */
#include "answers/special.h"

#include "answers/own_answer.h"

#define POINTER 0xc000u /* RFC 1035 4.1.4 */

enum kind { NAME_ABSENT, NAME_LOCAL, NAME_EMPTY, NAME_NODATA };

static const struct row {
    const char *name;
    size_t size; /* characters */
    enum kind kind;
} rows[] = {
#define SPECIAL(name, kind, why) {name, sizeof(name) - 1, kind},
#include "base/special.def"
#undef SPECIAL
};

/* A name as the rows write theirs: character i stands at octet i + 1 of the wire form. */
struct text {
    char at[DNS_NAME_MAX];
    size_t size;
};

static void
write_text(const struct dns_name *name, struct text *text)
{
    struct bytes_reader r = bytes_reader(name->wire, name->size);
    text->size = 0;
    while (bytes_left(&r) > 1) {
        size_t size = bytes_get_u8(&r);
        if (text->size > 0)
            text->at[text->size++] = '.';
        for (; size > 0; size--) {
            uint8_t octet = bytes_get_u8(&r);
            text->at[text->size++] =
                octet == '.' ? '\0' : (char)octet; /* no dot of a label's own */
        }
    }
}

/* Only names under these top labels can be special: spares the table for nearly every question. */
static bool
may_be_special(const struct dns_name *name)
{
    static const char tops[][10] = {"arpa",  "localhost", "invalid", "test",
                                    "onion", "local",     "alt"};
    struct bytes_reader r = bytes_reader(name->wire, name->size);
    const uint8_t *label = NULL;
    size_t size = 0;
    while (bytes_left(&r) > 1) {
        size = bytes_get_u8(&r);
        label = bytes_get_view(&r, size);
    }
    for (size_t i = 0; label != NULL && i < sizeof tops / sizeof tops[0]; i++)
        if (label[0] == (uint8_t)tops[i][0] && strnlen(tops[i], sizeof tops[i]) == size &&
            memcmp(tops[i], label, size) == 0)
            return true;
    return false;
}

/* The row of the zone that a name is at or below. `*zone_at` says where the zone begins in it. */
static const struct row *
find_row(const struct dns_name *name, size_t *zone_at)
{
    struct text text WRITTEN_FIRST;
    if (!may_be_special(name))
        return NULL;
    write_text(name, &text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t size = rows[i].size, at = text.size - size;
        if (text.size < size || memcmp(text.at + at, rows[i].name, size) != 0 ||
            (at > 0 && text.at[at - 1] != '.'))
            continue;
        *zone_at = at;
        return &rows[i];
    }
    return NULL;
}

enum special_action
special_find(const struct dns_question *question)
{
    size_t zone_at = 0;
    if (question->class != DNS_CLASS_IN)
        return SPECIAL_NONE;
    const struct row *row = find_row(&question->name, &zone_at);
    if (row == NULL)
        return SPECIAL_NONE;
    /* the DS of a zone in the public tree belongs to its parent, which proves that the zone is not
     * signed; without that, all of it would be bogus to a client that validates */
    bool is_apex = zone_at == 0;
    bool is_in_tree = row->kind == NAME_EMPTY || row->kind == NAME_NODATA;
    if (is_in_tree && is_apex && question->type == DNS_TYPE_DS)
        return SPECIAL_NONE;
    if (is_in_tree && is_apex && question->type == DNS_TYPE_NS)
        return SPECIAL_NS;
    bool is_any = question->type == DNS_TYPE_ANY; /* RFC 8482 4.1: one record */
    if (is_in_tree && is_apex && (question->type == DNS_TYPE_SOA || is_any))
        return SPECIAL_SOA;
    switch (row->kind) {
    case NAME_ABSENT:
        return SPECIAL_NXDOMAIN;
    case NAME_EMPTY:
        return is_apex ? SPECIAL_NODATA : SPECIAL_NXDOMAIN;
    case NAME_NODATA:
        return SPECIAL_NODATA;
    case NAME_LOCAL:
        if (question->type == DNS_TYPE_A || is_any)
            return SPECIAL_LOOPBACK4;
        return question->type == DNS_TYPE_AAAA ? SPECIAL_LOOPBACK6 : SPECIAL_NODATA;
    }
    return SPECIAL_NONE;
}

static size_t
write_address(const struct dns_query *query, enum special_action action,
              const struct dns_edns_put *opt, uint8_t *to, size_t size)
{
    static const uint8_t ipv4[4] = {127, 0, 0, 1}, ipv6[16] = {[15] = 1};
    bool is_v4 = action == SPECIAL_LOOPBACK4;
    uint16_t octets = is_v4 ? sizeof ipv4 : sizeof ipv6;
    struct bytes_writer w = bytes_writer(to, size);
    own_answer_put_head(&w, query, DNS_NOERROR, 1, 0);
    own_answer_put_record(&w, DNS_HEADER_SIZE, is_v4 ? DNS_TYPE_A : DNS_TYPE_AAAA, DNS_CLASS_IN,
                          SPECIAL_TTL_S);
    bytes_put_u16(&w, octets);
    bytes_put_copy(&w, is_v4 ? ipv4 : ipv6, octets);
    return own_answer_end(&w, query, opt);
}

/* What a zone of ours has at its own name: it is its own server (RFC 6303 section 3). */
static size_t
write_apex(const struct dns_query *query, enum special_action action,
           const struct dns_edns_put *opt, uint8_t *to, size_t size)
{
    struct bytes_writer w = bytes_writer(to, size);
    own_answer_put_head(&w, query, DNS_NOERROR, 1, 0);
    if (action == SPECIAL_SOA) {
        own_answer_put_soa(&w, DNS_HEADER_SIZE, SPECIAL_TTL_S);
    } else {
        own_answer_put_record(&w, DNS_HEADER_SIZE, DNS_TYPE_NS, DNS_CLASS_IN, SPECIAL_TTL_S);
        bytes_put_u16(&w, sizeof(uint16_t));
        bytes_put_u16(&w, POINTER | DNS_HEADER_SIZE);
    }
    return own_answer_end(&w, query, opt);
}

size_t
special_write(const struct dns_query *query, enum special_action action,
              const struct dns_edns_put *opt, uint8_t *to, size_t size)
{
    size_t zone_at = 0;
    if (find_row(&query->question.name, &zone_at) == NULL)
        return 0;
    if (action == SPECIAL_LOOPBACK4 || action == SPECIAL_LOOPBACK6)
        return write_address(query, action, opt, to, size);
    if (action == SPECIAL_SOA || action == SPECIAL_NS)
        return write_apex(query, action, opt, to, size);
    uint16_t rcode = action == SPECIAL_NXDOMAIN ? DNS_NXDOMAIN : DNS_NOERROR;
    return own_answer_negative(query, rcode, zone_at, SPECIAL_TTL_S, opt, to, size);
}

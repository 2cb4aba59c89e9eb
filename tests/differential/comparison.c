/* comparison.c - see comparison.h
 * SPDX-License-Identifier: ISC
 */
#include "comparison.h"

#include "dns/dns_layout.h"

#include <stdio.h>

#define FLAGS_KEPT     (DNS_RD | DNS_AD | DNS_CD)
#define TYPE_OF_NOBODY 0xff00 /* for private use; RFC 6895 3.1 */

/* What is made of the options by whoever reads them one after the other. */
struct options {
    const struct reading_option *cookie, *keepalive, *error;
};

static struct options
options_of(const struct reading *reading)
{
    struct options found = {.cookie = reading_option(reading, DNS_OPTION_COOKIE)};
    for (unsigned i = 0; i < reading->options_count; i++) {
        const struct reading_option *option = &reading->options[i];
        if (option->code == DNS_OPTION_KEEPALIVE)
            found.keepalive = option; /* the last counts */
        if (option->code == DNS_OPTION_EDE && option->size >= 2 && found.error == NULL)
            found.error = option;
    }
    return found;
}

static bool
is_cookie_size(size_t size)
{
    return size == 8 || (size >= 16 && size <= 40);
}

static uint16_t
code_of(const struct reading_option *error)
{
    struct bytes_reader r = bytes_reader(error != NULL ? error->data : NULL, error ? 2 : 0);
    return error != NULL ? bytes_get_u16(&r) : DNS_EDE_NONE;
}

static bool
is_text_equal(const uint8_t *message, size_t text_at, size_t text_size,
              const struct reading_option *error)
{
    if (error == NULL)
        return text_size == 0;
    struct bytes_reader ours = bytes_reader(message, text_at + text_size);
    struct bytes_reader theirs = bytes_reader(error->data, error->size);
    bytes_seek(&ours, text_at);
    bytes_skip(&theirs, 2);
    return bytes_left(&theirs) == text_size &&
           memcmp(bytes_get_view(&ours, text_size), bytes_get_view(&theirs, text_size),
                  text_size) == 0;
}

static bool
options_differ(const struct comparison *c)
{
    const struct dns_edns *edns = &c->query.edns;
    struct options theirs = options_of(c->theirs);
    bool is_odd = theirs.cookie != NULL && !is_cookie_size(theirs.cookie->size);
    size_t cookie_size = theirs.cookie != NULL && !is_odd ? theirs.cookie->size : 0;
    size_t alive_size = theirs.keepalive != NULL ? theirs.keepalive->size : 0;
    if (edns->cookie_size != cookie_size || edns->cookie_is_odd != is_odd)
        return true;
    if (cookie_size > 0 && memcmp(edns->cookie, theirs.cookie->data, cookie_size) != 0)
        return true;
    return edns->nsid != (reading_option(c->theirs, DNS_OPTION_NSID) != NULL) ||
           edns->padding != (reading_option(c->theirs, DNS_OPTION_PADDING) != NULL) ||
           edns->keepalive != (theirs.keepalive != NULL) ||
           edns->keepalive_timed != (alive_size == 2) ||
           edns->keepalive_is_odd != (alive_size != 0 && alive_size != 2) ||
           edns->ede != code_of(theirs.error) ||
           !is_text_equal(c->message, edns->ede_text_at, edns->ede_text_size, theirs.error) ||
           c->theirs->options_are_odd;
}

static bool
edns_differs(const struct dns_edns *edns, const struct reading *theirs)
{
    return edns->present != theirs->has_opt ||
           (edns->present &&
            (edns->udp_size != theirs->udp_size || edns->version != theirs->version ||
             edns->extended_rcode != theirs->extended_rcode ||
             edns->dnssec_ok != theirs->dnssec_ok));
}

static bool
question_differs(const struct dns_query *query, const struct reading *theirs)
{
    uint8_t spelled[DNS_NAME_MAX];
    struct bytes_writer w = bytes_writer(spelled, sizeof spelled);
    dns_name_put(&w, &query->question.name, &query->spelling);
    return !theirs->has_question || w.pos != theirs->question.name.size ||
           memcmp(spelled, theirs->question.name.wire, w.pos) != 0 ||
           query->question.type != theirs->question.type ||
           query->question.class != theirs->question.class;
}

static unsigned
compare_query(const struct comparison *c)
{
    const struct reading *theirs = c->theirs;
    const struct dns_query *query = &c->query;
    bool header_differs = query->id != theirs->id || query->flags != (theirs->flags & FLAGS_KEPT) ||
                          (theirs->flags & (DNS_QR | DNS_OPCODE)) != 0 || theirs->counts[0] != 1 ||
                          theirs->counts[1] != 0 || theirs->counts[2] != 0 ||
                          theirs->counts[3] != query->edns.present || theirs->records_count != 0;
    return (unsigned)header_differs << HEADER |
           (unsigned)question_differs(query, theirs) << QUESTION |
           (unsigned)edns_differs(&query->edns, theirs) << EDNS |
           (unsigned)options_differ(c) << OPTIONS;
}

static uint32_t
least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* What dns_answer_parse() adds up over the records, once more from the other's. */
static bool
sums_differ(const struct dns_answer *answer, const struct reading *theirs)
{
    unsigned kept = (unsigned)answer->counts[0] + answer->counts[1] + answer->counts[2];
    uint32_t ttl = DNS_TTL_MAX, minimum = 0;
    bool has_soa = false, has_long = false;
    if (kept > theirs->records_count)
        return true;
    for (unsigned i = 0; i < kept; i++) { /* those behind an OPT are left out */
        const struct reading_record *record = &theirs->records[i];
        struct bytes_reader r = bytes_reader(theirs->data, record->data_at + record->data_size);
        ttl = least(ttl, record->ttl);
        has_long |= record->ttl > DNS_TTL_MAX;
        if (record->section != 1 || record->type != DNS_TYPE_SOA || has_soa)
            continue;
        has_soa = true;
        bytes_seek(&r, r.size - sizeof(uint32_t));
        minimum = least(least(bytes_get_u32(&r), DNS_TTL_MAX), record->ttl);
    }
    return answer->has_ttl != (kept > 0) || answer->ttl_min != (kept > 0 ? ttl : 0) ||
           answer->has_soa != has_soa || answer->soa_minimum != minimum ||
           answer->has_long_ttl != has_long;
}

static bool
record_differs(const struct reading *ours, const struct reading *theirs, unsigned i)
{
    const struct reading_record *a = &ours->records[i], *b = &theirs->records[i];
    return a->section != b->section || a->type != b->type || a->class != b->class ||
           a->ttl != b->ttl || a->owner.size != b->owner.size ||
           memcmp(a->owner.wire, b->owner.wire, a->owner.size) != 0 ||
           a->data_size != b->data_size ||
           memcmp(ours->data + a->data_at, theirs->data + b->data_at, a->data_size) != 0;
}

static bool
records_differ(const struct comparison *c)
{
    const struct reading *ours = c->ours, *theirs = c->theirs;
    if (!ours->is_read)
        return true;
    if (ours->is_long || theirs->is_long)
        return false;
    if (ours->records_count != theirs->records_count || sums_differ(&c->answer, theirs))
        return true;
    for (unsigned i = 0; i < ours->records_count; i++)
        if (record_differs(ours, theirs, i))
            return true;
    return false;
}

static bool
answer_options_differ(const struct comparison *c)
{
    struct options theirs = options_of(c->theirs);
    bool is_timed = theirs.keepalive != NULL && theirs.keepalive->size == 2;
    if (c->theirs->version > 0)
        return c->answer.ede != DNS_EDE_NONE || c->answer.keepalive_timed;
    return c->answer.ede != code_of(theirs.error) || c->answer.keepalive_timed != is_timed ||
           !is_text_equal(c->message, c->answer.ede_text_at, c->answer.ede_text_size, theirs.error);
}

static unsigned
compare_answer(const struct comparison *c)
{
    const struct reading *theirs = c->theirs;
    const struct dns_answer *answer = &c->answer;
    unsigned rcode = (theirs->flags & DNS_RCODE) | (unsigned)theirs->extended_rcode << 4;
    bool header_differs = ((answer->flags ^ theirs->flags) & (unsigned)~DNS_Z) != 0 ||
                          answer->rcode != rcode || theirs->counts[0] != 1;
    bool question_differs =
        !theirs->has_question || !dns_name_is_equal(&theirs->question.name, &c->asked.name) ||
        theirs->question.type != c->asked.type || theirs->question.class != c->asked.class;
    bool edns_differs =
        answer->has_opt != theirs->has_opt || answer->dnssec_ok != theirs->dnssec_ok;
    return (unsigned)header_differs << HEADER | (unsigned)question_differs << QUESTION |
           (unsigned)edns_differs << EDNS | (unsigned)answer_options_differ(c) << OPTIONS |
           (unsigned)records_differ(c) << RECORDS;
}

unsigned
comparison_differences(const struct comparison *c)
{
    bool is_taken =
        c->as == QUERY ? c->query_verdict == DNS_QUERY_OK : c->answer_verdict == DNS_ANSWER_OK;
    if (is_taken != c->theirs->is_read)
        return 1U << (is_taken ? WE_TAKE : WE_REFUSE);
    if (!is_taken)
        return 0;
    return c->as == QUERY ? compare_query(c) : compare_answer(c);
}

struct row {
    enum comparison_message as;
    enum comparison_library library;
    enum comparison_aspect aspect;
    bool (*holds)(const struct comparison *c);
    const char *rule;
    const char *reason;
    unsigned long used;
};

/* What rows ask of a comparison. */

static bool
has_other_counts(const struct reading *reading)
{
    return reading->counts[0] != 1 || reading->counts[1] != 0 || reading->counts[2] != 0 ||
           reading->counts[3] > 1;
}

static bool
has_odd_pointer(const struct comparison *c)
{
    const struct shape *shape = &c->shape;
    return shape->has_forward_pointer || shape->has_header_pointer || shape->has_overlap;
}

static bool
is_meta(uint16_t type)
{
    return type == DNS_TYPE_OPT || (type >= DNS_TYPE_TKEY && type <= DNS_TYPE_MAILA);
}

/* Types of RDATA that we do not look into. */
static bool
is_opaque(uint16_t type, uint16_t class)
{
    bool is_address = type == DNS_TYPE_A || type == DNS_TYPE_AAAA;
    return dns_layout_of(type).names == 0 && !(is_address && class == DNS_CLASS_IN) &&
           type != DNS_TYPE_OPT && type != DNS_TYPE_TSIG;
}

/*
 * Would the library agree on the records, if RDATA that we do not look into were of a type that
 * nobody knows? They are written anew, no name compressed and without OPT, from what we read.
 */
static bool
agrees_rebuilt(const struct comparison *c, bool is_retyped)
{
    static uint8_t wire[DNS_MESSAGE_MAX];
    static struct reading theirs;
    const struct reading *ours = c->ours;
    struct bytes_writer w = bytes_writer(wire, sizeof wire);
    uint16_t counts[3] = {0, 0, 0};
    bytes_put_copy(&w, c->message, 4);
    bytes_put_u16(&w, 1);
    bytes_put_zeros(&w, sizeof counts);
    bytes_put_copy(&w, c->asked.name.wire, c->asked.name.size);
    bytes_put_u16(&w, c->asked.type);
    bytes_put_u16(&w, c->asked.class);
    for (unsigned i = 0; i < ours->records_count; i++) {
        const struct reading_record *record = &ours->records[i];
        bool is_hidden = is_retyped && is_opaque(record->type, record->class);
        counts[record->section]++;
        bytes_put_copy(&w, record->owner.wire, record->owner.size);
        bytes_put_u16(&w, is_hidden ? TYPE_OF_NOBODY : record->type);
        bytes_put_u16(&w, record->class);
        bytes_put_u32(&w, record->ttl);
        bytes_put_u16(&w, (uint16_t)record->data_size);
        bytes_put_copy(&w, ours->data + record->data_at, record->data_size);
    }
    for (unsigned i = 0; i < 3; i++)
        bytes_set_u16(&w, 6 + 2 * (size_t)i, counts[i]);
    if (w.failed || ours->is_long)
        return is_retyped; /* nothing can be said of it */
    (c->library == LDNS ? reading_by_ldns : reading_by_knot)(wire, w.pos, &theirs);
    if (!theirs.is_read || theirs.records_count != ours->records_count)
        return false;
    for (unsigned i = 0; i < ours->records_count; i++) {
        struct reading_record *record = &theirs.records[i];
        record->type = record->type == TYPE_OF_NOBODY ? ours->records[i].type : record->type;
        if (record_differs(ours, &theirs, i))
            return false;
    }
    return true;
}

/* Do we differ only in what RDATA says that we do not look into? */
static bool
differs_in_opaque(const struct comparison *c)
{
    return !agrees_rebuilt(c, false) && agrees_rebuilt(c, true);
}

#define DIFFERENCE(as, library, aspect, rule, reason) ROW(__LINE__, rule)
#define ROW(line, rule)                               ROW_NAMED(line, rule)
#define ROW_NAMED(line, rule)                                                                      \
    static bool holds_##line(const struct comparison *c)                                           \
    {                                                                                              \
        return rule;                                                                               \
    }
#include "differences.def"
#undef DIFFERENCE
#undef ROW
#undef ROW_NAMED

#define ROW_NAMED(line) holds_##line
#define ROW(line)       ROW_NAMED(line)
#define DIFFERENCE(as, library, aspect, rule, reason)                                              \
    {as, library, aspect, ROW(__LINE__), #rule, reason, 0},
static struct row rows[] = {
#include "differences.def"
};
#undef DIFFERENCE

#define ROWS (sizeof rows / sizeof rows[0])

bool
comparison_is_explained(const struct comparison *c, enum comparison_aspect aspect)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct row *row = &rows[i];
        bool is_of_it = row->aspect == aspect || (row->aspect == FIELD && aspect >= HEADER);
        if (row->as != c->as || !is_of_it || (row->library != c->library && row->library != EITHER))
            continue;
        if (row->holds(c)) {
            row->used++;
            return true;
        }
    }
    return false;
}

static const char *const libraries[] = {[LDNS] = "ldns", [KNOT] = "libknot", [EITHER] = "either"};

const char *
comparison_aspect_text(enum comparison_aspect aspect)
{
    static const char *const texts[ASPECTS] = {
        [WE_REFUSE] = "we refuse what it reads",
        [WE_TAKE] = "we take what it refuses",
        [HEADER] = "header",
        [QUESTION] = "question",
        [EDNS] = "EDNS",
        [OPTIONS] = "options",
        [RECORDS] = "records",
    };
    return aspect < ASPECTS ? texts[aspect] : "a field";
}

unsigned
comparison_print_rows(void)
{
    unsigned unused = 0;
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        printf("%8lu %-6s %-7s %s: %s\n", row->used, row->as == QUERY ? "query" : "answer",
               libraries[row->library], comparison_aspect_text(row->aspect), row->reason);
        unused += row->used == 0;
    }
    return unused;
}

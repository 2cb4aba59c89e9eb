/* special.c - see special.h
 *
 * The table is text; names are compared label by label from the right, so no table is built.
 */
#include "core/special.h"

#define LABELS_MAX 128

enum kind { NAME_ABSENT, NAME_LOCAL, NAME_EMPTY };

static const struct row {
    const char *name;
    size_t size; /* characters */
    enum kind kind;
} rows[] = {
#define SPECIAL(name, kind, why) {name, sizeof(name) - 1, kind},
#include "core/special.def"
#undef SPECIAL
};

struct labels { /* where each label of a name begins, in order */
    uint8_t at[LABELS_MAX];
    size_t count;
};

static void
split(const struct dns_name *name, struct labels *labels)
{
    struct bytes_reader r = bytes_reader(name->wire, name->size);
    labels->count = 0;
    while (bytes_left(&r) > 1 && labels->count < LABELS_MAX) {
        labels->at[labels->count++] = (uint8_t)r.pos;
        bytes_skip(&r, bytes_get_u8(&r));
    }
}

/* Does the name end in the row's? `*above` says how many labels stand before it, `*zone_at` where
 * it begins. */
static bool
row_matches(const struct row *row, const struct dns_name *name, const struct labels *labels,
            size_t *above, size_t *zone_at)
{
    size_t left = labels->count, end = row->size; /* a row has at least one label */
    do {
        size_t begin = end;
        while (begin > 0 && row->name[begin - 1] != '.')
            begin--;
        if (left == 0)
            return false;
        struct bytes_reader r = bytes_reader(name->wire, name->size);
        bytes_seek(&r, labels->at[--left]);
        size_t size = bytes_get_u8(&r);
        const uint8_t *label = bytes_get_view(&r, size);
        if (label == NULL || size != end - begin || memcmp(label, row->name + begin, size) != 0)
            return false;
        end = begin > 0 ? begin - 1 : 0;
    } while (end > 0);
    *above = left;
    *zone_at = labels->at[left];
    return true;
}

/* Only names under these top labels can be special: spares the table for nearly every question. */
static bool
may_be_special(const struct dns_name *name, const struct labels *labels)
{
    if (labels->count == 0)
        return false;
    struct bytes_reader r = bytes_reader(name->wire, name->size);
    bytes_seek(&r, labels->at[labels->count - 1]);
    size_t size = bytes_get_u8(&r);
    const uint8_t *label = bytes_get_view(&r, size);
    static const char *const tops[] = {"arpa",  "localhost", "invalid", "test",
                                       "onion", "local",     "alt"};
    for (size_t i = 0; i < sizeof tops / sizeof tops[0]; i++)
        if (strlen(tops[i]) == size && memcmp(tops[i], label, size) == 0)
            return true;
    return false;
}

static const struct row *
find_row(const struct dns_name *name, size_t *above, size_t *zone_at)
{
    struct labels labels;
    split(name, &labels);
    if (!may_be_special(name, &labels))
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (row_matches(&rows[i], name, &labels, above, zone_at))
            return &rows[i];
    return NULL;
}

enum special_action
special_find(const struct dns_question *question)
{
    size_t above = 0, zone_at = 0;
    if (question->class != DNS_CLASS_IN)
        return SPECIAL_NONE;
    const struct row *row = find_row(&question->name, &above, &zone_at);
    if (row == NULL)
        return SPECIAL_NONE;
    switch (row->kind) {
    case NAME_ABSENT:
        return SPECIAL_NXDOMAIN;
    case NAME_EMPTY:
        return above == 0 ? SPECIAL_NODATA : SPECIAL_NXDOMAIN;
    case NAME_LOCAL:
        if (question->type == DNS_TYPE_A)
            return SPECIAL_LOOPBACK4;
        return question->type == DNS_TYPE_AAAA ? SPECIAL_LOOPBACK6 : SPECIAL_NODATA;
    }
    return SPECIAL_NONE;
}

static void
put_record_head(struct bytes_writer *w, size_t owner_at, uint16_t type)
{
    bytes_put_u16(w,
                  (uint16_t)(0xc000u | owner_at)); /* compressed: the question's name or its zone */
    bytes_put_u16(w, type);
    bytes_put_u16(w, DNS_CLASS_IN);
    bytes_put_u32(w, SPECIAL_TTL_S);
}

static void
put_address(struct bytes_writer *w, enum special_action action)
{
    static const uint8_t ipv4[4] = {127, 0, 0, 1}, ipv6[16] = {[15] = 1};
    bool is_v4 = action == SPECIAL_LOOPBACK4;
    put_record_head(w, DNS_HEADER_SIZE, is_v4 ? DNS_TYPE_A : DNS_TYPE_AAAA);
    bytes_put_u16(w, is_v4 ? sizeof ipv4 : sizeof ipv6);
    bytes_put_copy(w, is_v4 ? ipv4 : ipv6, is_v4 ? sizeof ipv4 : sizeof ipv6);
}

/* The SOA of RFC 6303 section 3, its names the zone itself and "nobody.invalid". */
static void
put_soa(struct bytes_writer *w, size_t zone_at)
{
    static const uint8_t mailbox[] = "\6nobody\7invalid";
    put_record_head(w, zone_at, DNS_TYPE_SOA);
    bytes_put_u16(w, 2 + sizeof mailbox + 5 * 4);
    bytes_put_u16(w, (uint16_t)(0xc000u | zone_at));
    bytes_put_copy(w, mailbox, sizeof mailbox);
    bytes_put_u32(w, 1);       /* serial */
    bytes_put_u32(w, 604800);  /* refresh */
    bytes_put_u32(w, 86400);   /* retry */
    bytes_put_u32(w, 2419200); /* expire */
    bytes_put_u32(w, SPECIAL_TTL_S);
}

size_t
special_write(const struct dns_query *query, enum special_action action,
              const struct dns_edns_put *opt, uint8_t *to, size_t size)
{
    struct dns_name lower = query->question.name;
    dns_name_lower(&lower);
    size_t above = 0, zone_at = 0;
    if (find_row(&lower, &above, &zone_at) == NULL)
        return 0;
    bool has_address = action == SPECIAL_LOOPBACK4 || action == SPECIAL_LOOPBACK6;
    unsigned rcode = action == SPECIAL_NXDOMAIN ? DNS_NXDOMAIN : DNS_NOERROR;
    struct bytes_writer w = bytes_writer(to, size);
    bytes_put_u16(&w, query->id);
    bytes_put_u16(&w, (uint16_t)(DNS_QR | DNS_RA | (query->flags & (DNS_RD | DNS_CD)) | rcode));
    bytes_put_u16(&w, 1);
    bytes_put_u16(&w, has_address ? 1 : 0);
    bytes_put_u16(&w, has_address ? 0 : 1);
    bytes_put_u16(&w, query->edns.present ? 1 : 0);
    bytes_put_copy(&w, query->question.name.wire, query->question.name.size);
    bytes_put_u16(&w, query->question.type);
    bytes_put_u16(&w, query->question.class);
    if (has_address)
        put_address(&w, action);
    else
        put_soa(&w, DNS_HEADER_SIZE + zone_at);
    if (query->edns.present)
        dns_edns_put(&w, opt);
    return w.failed ? 0 : w.pos;
}

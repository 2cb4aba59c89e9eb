/* dns_name.c - see dns_name.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_name.h"

#define HEADER_SIZE    12   /* octets; no name stands inside the header */
#define POINTER_BITS   0xc0 /* RFC 1035 4.1.4: the two high bits of a length octet */
#define POINTER_OCTETS 2
#define WORD_BITS      64
#define NAME_STEPS_MAX 256 /* labels and hops of one name; docs/LIMITS.md */

static const struct dns_name root = {.size = 1};

bool
dns_name_get(struct bytes_reader *r, struct dns_name *name)
{
    size_t size = 0;
    while (!r->failed) {
        uint8_t label = bytes_get_u8(r);
        const uint8_t *octets = bytes_get_view(r, label);
        if (octets == NULL || label > DNS_LABEL_MAX || size + 1 + label > DNS_NAME_MAX)
            break;
        name->wire[size] = label;
        memcpy(name->wire + size + 1, octets, label);
        size += 1U + label;
        if (label == 0) {
            name->size = (uint8_t)size;
            return true;
        }
    }
    r->failed = true;
    *name = root;
    return false;
}

struct walk { /* one name, label by label, through its pointers */
    struct bytes_reader *r;
    struct dns_name_budget *budget;
    size_t run;          /* where the labels at hand begin */
    size_t limit;        /* and what they must not pass: where the run before began */
    size_t behind;       /* octet behind the first pointer; 0: none was met */
    size_t target;       /* of the first pointer */
    size_t size;         /* octets of the name so far */
    size_t target_octet; /* size at the first pointer */
};

/*
 * Octets of the name that was just hopped to, if they are known without walking, else 0. Only for a
 * first pointer: names are met in their order, so what was whole before the last one is whole
 * before this one too.
 */
static size_t
known_size(const struct walk *walk)
{
    const struct dns_name_budget *budget = walk->budget;
    bool is_question = walk->run == HEADER_SIZE && budget->question_size != 0;
    if (is_question && (size_t)HEADER_SIZE + budget->question_size <= walk->limit)
        return budget->question_size; /* pointed at from within itself, it would not be whole */
    return walk->run == walk->target && walk->run == budget->known_at ? budget->known_size : 0;
}

/*
 * Follow a pointer. It must lead to an earlier place, and the labels there must end before the run
 * that pointed to them began: a name said before is whole before. So no chain of pointers closes to
 * a circle, and no name reads on into what stands behind it.
 */
static bool
hop(struct walk *walk, uint8_t high)
{
    size_t target = (size_t)(high & ~POINTER_BITS) << 8 | bytes_get_u8(walk->r);
    if (walk->r->failed || walk->r->pos > walk->limit)
        return false;
    if (target >= walk->run || target < HEADER_SIZE)
        return false;
    if (walk->behind == 0) {
        walk->behind = walk->r->pos;
        walk->target = target;
        walk->target_octet = walk->size;
    }
    walk->limit = walk->run;
    walk->run = target;
    bytes_seek(walk->r, target);
    return true;
}

/* Would one of the octets that a pointer led to change? @param count  1..64 */
static bool
is_changing(const struct walk *walk, size_t at, unsigned count)
{
    const uint64_t *bits = walk->budget->changing;
    unsigned shift = at % WORD_BITS;
    if (bits == NULL || walk->behind == 0)
        return false;
    uint64_t here = bits[at / WORD_BITS] >> shift;
    if (shift > 0)
        here |= bits[at / WORD_BITS + 1] << (WORD_BITS - shift);
    return (here & UINT64_MAX >> (WORD_BITS - count)) != 0;
}

/* Stand behind the name where it began, and remember what its first pointer led to. */
static size_t
finish(struct walk *walk)
{
    if (walk->size > DNS_NAME_MAX)
        return 0;
    if (walk->behind != 0) {
        bytes_seek(walk->r, walk->behind);
        walk->budget->known_at = (uint16_t)walk->target;
        walk->budget->known_size = (uint8_t)(walk->size - walk->target_octet);
    }
    return walk->size;
}

/* Octets of the expanded name, which is written if `name` is not NULL; 0 if there is none. */
static size_t
expand(struct bytes_reader *r, struct dns_name_budget *budget, struct dns_name *name)
{
    struct walk walk = {.r = r, .budget = budget, .run = r->pos, .limit = r->size};
    while (budget->steps > 0) {
        budget->steps--;
        size_t at = r->pos;
        uint8_t label = bytes_get_u8(r);
        if ((label & POINTER_BITS) == POINTER_BITS) {
            if (is_changing(&walk, at, POINTER_OCTETS) || !hop(&walk, label))
                return 0;
            size_t known = name == NULL ? known_size(&walk) : 0;
            walk.size += known;
            if (known != 0)
                return finish(&walk);
            continue;
        }
        const uint8_t *octets = bytes_get_view(r, label);
        if (octets == NULL || label > DNS_LABEL_MAX || r->pos > walk.limit ||
            is_changing(&walk, at, 1U + label))
            return 0;
        if (walk.size + 1 + label > DNS_NAME_MAX)
            return 0;
        if (name != NULL) {
            name->wire[walk.size] = label;
            memcpy(name->wire + walk.size + 1, octets, label);
        }
        walk.size += 1U + label;
        if (label == 0)
            return finish(&walk);
    }
    return 0;
}

bool
dns_name_skip(struct bytes_reader *message, struct dns_name *name)
{
    struct dns_name_budget budget = {.steps = NAME_STEPS_MAX};
    size_t size = message->failed ? 0 : expand(message, &budget, name);
    if (size == 0)
        message->failed = true;
    if (name != NULL && size == 0)
        *name = root;
    else if (name != NULL)
        name->size = (uint8_t)size;
    return size != 0;
}

bool
dns_name_check(struct bytes_reader *message, struct dns_name_budget *budget)
{
    if (!message->failed && expand(message, budget, NULL) != 0)
        return true;
    message->failed = true;
    return false;
}

/* A length octet is at most 63 and so never a letter: names fold as a whole. */
static uint8_t
lower(uint8_t octet)
{
    return (uint8_t)(octet | (octet >= 'A' && octet <= 'Z' ? 0x20 : 0));
}

void
dns_name_pass(struct bytes_reader *r)
{
    uint8_t label = bytes_get_u8(r);
    while (label != 0 && label <= DNS_LABEL_MAX && !r->failed) {
        bytes_skip(r, label);
        label = bytes_get_u8(r);
    }
    if (label > DNS_LABEL_MAX)
        bytes_skip(r, 1);
}

/* The octets of a word that are upper case letters: their highest bits. Sizes of labels are less. */
static uint64_t
capitals_of(uint64_t word)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = word & 0x7f * each;
    uint64_t from_a = low + (0x80 - 'A') * each, behind_z = low + (0x7f - 'Z') * each;
    return from_a & ~behind_z & ~word & 0x80 * each;
}

/* Eight octets of a name; what would stand behind its end is zero. */
static uint64_t
word_at(const struct dns_name *name, size_t at)
{
    uint64_t word = 0;
    if (at + sizeof word <= name->size)
        return bytes_le64(&name->wire[at]);
    for (size_t i = at; i < name->size; i++)
        word |= (uint64_t)name->wire[i] << 8 * (i - at);
    return word;
}

struct dns_spelling
dns_name_fold(struct dns_name *name)
{
    struct dns_spelling spelling = {{0}};
    for (size_t at = 0; at < name->size; at += sizeof(uint64_t)) {
        if (capitals_of(word_at(name, at)) == 0) /* nearly always */
            continue;
        for (size_t i = at; i < name->size && i < at + sizeof(uint64_t); i++) {
            uint8_t folded = lower(name->wire[i]);
            spelling.capitals[i / WORD_BITS] |= (uint64_t)(folded != name->wire[i])
                                                << i % WORD_BITS;
            name->wire[i] = folded;
        }
    }
    return spelling;
}

void
dns_name_lower(struct dns_name *name)
{
    (void)dns_name_fold(name);
}

void
dns_name_put(struct bytes_writer *w, const struct dns_name *name,
             const struct dns_spelling *spelling)
{
    const uint64_t *capitals = spelling->capitals;
    uint8_t *to = bytes_put_view(w, name->size);
    if (to == NULL)
        return;
    memcpy(to, name->wire, name->size);
    if ((capitals[0] | capitals[1] | capitals[2] | capitals[3]) == 0)
        return;
    for (size_t i = 0; i < name->size; i++)
        to[i] = (uint8_t)(to[i] - (capitals[i / WORD_BITS] >> i % WORD_BITS & 1) * ('a' - 'A'));
}

bool
dns_name_is_equal(const struct dns_name *a, const struct dns_name *b)
{
    return dns_name_is_wire(a, b->wire, b->size);
}

bool
dns_name_is_wire(const struct dns_name *a, const uint8_t *wire, size_t size)
{
    if (a->size != size)
        return false;
    if (memcmp(a->wire, wire, size) == 0)
        return true;
    unsigned differing = 0;
    for (size_t i = 0; i < size; i++)
        differing |= (unsigned)(lower(a->wire[i]) ^ lower(wire[i]));
    return differing == 0;
}

bool
dns_name_is_below(const struct dns_name *name, const struct dns_name *upper)
{
    struct bytes_reader r = bytes_reader(name->wire, name->size);
    while (bytes_left(&r) > upper->size)
        bytes_skip(&r, bytes_get_u8(&r));
    size_t left = bytes_left(&r);
    const uint8_t *tail = bytes_get_view(&r, left);
    return left == upper->size && dns_name_is_wire(upper, tail, left);
}

static bool
is_printable(char c)
{
    return c > ' ' && c <= '~';
}

/* Read one octet of a label: itself, \X or \DDD. Moves *text on if it is one. */
static bool
parse_octet(const char **text, uint8_t *octet)
{
    const char *c = *text;
    if (*c != '\\') {
        *octet = (uint8_t)*c;
        *text = c + 1;
        return is_printable(*c);
    }
    if (c[1] < '0' || c[1] > '9') {
        *octet = (uint8_t)c[1];
        *text = c + 2;
        return is_printable(c[1]);
    }
    unsigned value = 0;
    for (unsigned i = 1; i <= 3; i++) {
        if (c[i] < '0' || c[i] > '9')
            return false;
        value = value * 10 + (unsigned)(c[i] - '0');
    }
    *octet = (uint8_t)value;
    *text = c + 4;
    return value <= UINT8_MAX;
}

/* Read a label and the dot behind it, if any. */
static bool
parse_label(const char **text, struct bytes_writer *w)
{
    uint8_t label[DNS_LABEL_MAX];
    uint8_t size = 0;
    while (**text != '.' && **text != '\0') {
        uint8_t octet;
        if (size == DNS_LABEL_MAX || !parse_octet(text, &octet))
            return false;
        label[size++] = octet;
    }
    if (**text == '.')
        ++*text;
    bytes_put_u8(w, size);
    bytes_put_copy(w, label, size);
    return size > 0 && !w->failed;
}

enum status
dns_name_parse(const char *text, struct dns_name *name)
{
    struct bytes_writer w = bytes_writer(name->wire, sizeof name->wire);
    const char *c = text[0] == '.' && text[1] == '\0' ? text + 1 : text;
    bool ok = text[0] != '\0';
    while (ok && *c != '\0')
        ok = parse_label(&c, &w);
    bytes_put_u8(&w, 0);
    if (!ok || w.failed) {
        *name = root;
        return STATUS_INVALID;
    }
    name->size = (uint8_t)w.pos;
    return STATUS_OK;
}

/* shape.c - see shape.h
 * SPDX-License-Identifier: ISC
 */
#include "shape.h"

#define HEADER     12
#define TYPE_DNAME 39
#define TYPE_OPT   41
#define TYPE_TSIG  250
#define CLASS_IN   1
#define STEPS_MAX  300
#define TTLS_MAX   1024
#define ADDITIONAL 2

struct walk {
    struct shape shape;
    struct bytes_reader r;
    unsigned ttls_count;
    size_t ttls[TTLS_MAX]; /* where the TTLs met so far stand */
};

static void
note_ttl_octets(struct walk *walk, size_t from, size_t end)
{
    for (unsigned i = 0; i < walk->ttls_count; i++)
        if (from < walk->ttls[i] + 4 && end > walk->ttls[i])
            walk->shape.has_ttl_pointer = true;
}

/* A name and whatever its pointers lead to; the reader is left behind its own octets.
 * @return whether there was a pointer */
static bool
walk_name(struct walk *walk)
{
    struct bytes_reader r = walk->r;
    size_t run = r.pos, limit = r.size, behind = 0;
    bool is_forward = false;
    for (unsigned steps = 0; steps < STEPS_MAX && !r.failed; steps++) {
        size_t at = r.pos;
        uint8_t octet = bytes_get_u8(&r);
        size_t target = 0;
        if (octet < 0x40)
            bytes_skip(&r, octet);
        else if (octet >= 0xc0)
            target = (octet & 0x3fU) << 8 | bytes_get_u8(&r);
        if (behind != 0)
            note_ttl_octets(walk, at, r.pos);
        walk->shape.has_overlap |= r.pos > limit && !is_forward;
        if (octet == 0) {
            walk->shape.has_root_pointer |= behind != 0 && at == run;
            break;
        }
        if (octet < 0x40)
            continue;
        if (octet < 0xc0) { /* a kind of label that there is not */
            walk->r.failed = true;
            return false;
        }
        is_forward |= target >= run;
        walk->shape.has_forward_pointer |= is_forward;
        walk->shape.has_header_pointer |= target < HEADER;
        if (behind == 0)
            behind = r.pos;
        limit = run;
        run = target;
        bytes_seek(&r, target);
    }
    if (behind == 0)
        walk->r = r;
    else
        bytes_seek(&walk->r, behind);
    return behind != 0;
}

struct layout {
    uint16_t type;
    uint8_t before, strings, names;
    int after; /* octets; -1: any */
};

/* RDATA with names that may be compressed; RFC 3597 section 4, and DNAME. */
static const struct layout layouts[] = {
    {1, 4, 0, 0, 0},  {2, 0, 0, 1, 0},   {3, 0, 0, 1, 0},    {4, 0, 0, 1, 0},  {5, 0, 0, 1, 0},
    {6, 0, 0, 2, 20}, {7, 0, 0, 1, 0},   {8, 0, 0, 1, 0},    {9, 0, 0, 1, 0},  {12, 0, 0, 1, 0},
    {14, 0, 0, 2, 0}, {15, 2, 0, 1, 0},  {17, 0, 0, 2, 0},   {18, 2, 0, 1, 0}, {21, 2, 0, 1, 0},
    {26, 2, 0, 2, 0}, {28, 16, 0, 0, 0}, {30, 0, 0, 1, -1},  {33, 6, 0, 1, 0}, {35, 4, 3, 1, 0},
    {36, 2, 0, 1, 0}, {39, 0, 0, 1, 0},  {24, 18, 0, 1, -1},
};

static const struct layout *
layout_of(uint16_t type, uint16_t class)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (layouts[i].type == type && (layouts[i].names > 0 || class == 1))
            return &layouts[i];
    return NULL;
}

/* The reader stands at the RDATA, which ends at `end`. */
static void
walk_data(struct walk *walk, const struct layout *layout, size_t end)
{
    struct shape *shape = &walk->shape;
    struct bytes_reader *r = &walk->r;
    if (r->pos == end) {
        shape->has_empty_data = true;
        return;
    }
    bytes_skip(r, layout->before);
    for (unsigned i = 0; i < layout->strings; i++)
        bytes_skip(r, bytes_get_u8(r));
    for (unsigned i = 0; i < layout->names; i++) {
        bool is_pointed = walk_name(walk);
        shape->has_compressed_dname |= is_pointed && layout->type == TYPE_DNAME;
    }
    size_t after = layout->after > 0 ? (size_t)layout->after : 0;
    shape->has_odd_data |= r->failed || (layout->after < 0 ? r->pos > end : r->pos + after != end);
}

static void
walk_opt(struct walk *walk, unsigned section, bool is_root, size_t end)
{
    struct shape *shape = &walk->shape;
    struct bytes_reader r = bytes_reader(walk->r.data, end);
    bytes_seek(&r, walk->r.pos);
    shape->opts++;
    shape->has_opt_elsewhere |= section != ADDITIONAL;
    shape->has_opt_of_another |= !is_root;
    while (bytes_left(&r) > 0) {
        bytes_skip(&r, 2);
        bytes_skip(&r, bytes_get_u16(&r));
    }
    shape->has_odd_options |= r.failed;
}

static void
walk_record(struct walk *walk, unsigned section, bool is_last)
{
    struct shape *shape = &walk->shape;
    struct bytes_reader *r = &walk->r;
    size_t owner = r->pos;
    (void)walk_name(walk);
    bool is_root = r->pos == owner + 1;
    uint16_t type = bytes_get_u16(r), class = bytes_get_u16(r);
    if (type != TYPE_OPT && walk->ttls_count < TTLS_MAX)
        walk->ttls[walk->ttls_count++] = r->pos;
    uint32_t ttl = bytes_get_u32(r);
    uint16_t size = bytes_get_u16(r);
    struct bytes_reader behind = *r;
    bytes_skip(&behind, size);
    const struct layout *layout = layout_of(type, class);
    if (type == TYPE_OPT && !behind.failed) {
        shape->opt_version = (uint8_t)(ttl >> 16);
        shape->has_bare_opt |= class == CLASS_IN && size == 0;
        walk_opt(walk, section, is_root, behind.pos);
    }
    if (layout != NULL && !behind.failed)
        walk_data(walk, layout, behind.pos);
    walk->r = behind;
    shape->has_tsig |= type == TYPE_TSIG;
    shape->has_early_tsig |= type == TYPE_TSIG && (section != ADDITIONAL || !is_last);
}

struct shape
shape_of(const uint8_t *message, size_t size)
{
    static struct walk walk;
    uint16_t counts[4];
    walk.shape = (struct shape){.opts = 0};
    walk.ttls_count = 0;
    walk.r = bytes_reader(message, size);
    bytes_skip(&walk.r, 4);
    for (unsigned i = 0; i < 4; i++)
        counts[i] = bytes_get_u16(&walk.r);
    for (unsigned i = 0; i < counts[0] && !walk.r.failed; i++) {
        walk.shape.has_compressed_question |= walk_name(&walk);
        bytes_skip(&walk.r, 4);
    }
    for (unsigned section = 0; section < 3; section++)
        for (unsigned i = counts[section + 1]; i > 0 && !walk.r.failed; i--)
            walk_record(&walk, section, i == 1);
    walk.shape.trailing = bytes_left(&walk.r);
    walk.shape.is_cut = walk.r.failed;
    return walk.shape;
}

/* nameset.c - see nameset.h
 * SPDX-License-Identifier: ISC
 */
#include "answers/nameset.h"

#define NAMESET_MAGIC 0x6e616d6573657432U
#define LOAD_PERCENT  80  /* of the slots are used when full; probing stays short */
#define LABELS_MAX    127 /* of a name: 254 octets of labels with one octet each */

struct nameset {
    uint64_t magic;
    uint64_t slots_count;
    uint64_t names_max, names;
    uint64_t lengths[2]; /* bit n: there is a name of n labels */
    struct hash_key key;
    uint64_t slots[]; /* hash of a name; 0 is empty */
};

static uint64_t
slots_for(size_t names)
{
    return (uint64_t)names * 100 / LOAD_PERCENT + 8;
}

size_t
nameset_bytes(size_t names)
{
    return sizeof(struct nameset) + (size_t)slots_for(names) * sizeof(uint64_t);
}

struct nameset *
nameset_init(void *memory, size_t names, const struct hash_key *key)
{
    struct nameset *set = memory;
    set->magic = NAMESET_MAGIC;
    set->slots_count = slots_for(names);
    set->names_max = names;
    set->names = 0;
    set->lengths[0] = set->lengths[1] = 0;
    set->key = *key;
    return set;
}

bool
nameset_is_sound(const void *memory, size_t size)
{
    const struct nameset *set = memory;
    return size >= sizeof *set && set->magic == NAMESET_MAGIC && set->slots_count >= 8 &&
           set->slots_count <= (size - sizeof *set) / sizeof(uint64_t) &&
           set->names < set->slots_count;
}

/* Where a hash is, or the empty slot where it would be. There is always an empty one. */
static uint64_t
slot_of(const struct nameset *set, uint64_t hash)
{
    /* scale the upper half to the number of slots: no power of two is needed */
    uint64_t slot = ((hash >> 32) * set->slots_count) >> 32;
    while (set->slots[slot] != 0 && set->slots[slot] != hash)
        slot = slot + 1 == set->slots_count ? 0 : slot + 1;
    return slot;
}

/* Where the tails of a name begin that are whole labels, the root left out. @return their number */
static size_t
split(const struct dns_name *name, uint8_t begins[LABELS_MAX])
{
    struct bytes_reader r = bytes_reader(name->wire, name->size);
    size_t count = 0;
    while (bytes_left(&r) > 1 && count < LABELS_MAX) {
        begins[count++] = (uint8_t)r.pos;
        bytes_skip(&r, bytes_get_u8(&r));
    }
    return count;
}

static uint64_t
not_empty(uint64_t hash)
{
    return hash != 0 ? hash : 1;
}

enum status
nameset_add(struct nameset *set, const struct dns_name *name)
{
    uint8_t begins[LABELS_MAX];
    uint64_t hash;
    size_t labels = split(name, begins);
    if (labels == 0)
        return STATUS_INVALID;
    hash_siphash13_tails(&set->key, name->wire, name->size, begins, 1, &hash);
    hash = not_empty(hash);
    uint64_t slot = slot_of(set, hash);
    if (set->slots[slot] == hash)
        return STATUS_OK;
    if (set->names == set->names_max)
        return STATUS_FULL;
    set->slots[slot] = hash;
    set->lengths[labels / 64] |= 1ULL << labels % 64;
    set->names++;
    return STATUS_OK;
}

bool
nameset_find(const struct nameset *set, const struct dns_name *name, size_t *zone_at)
{
    uint8_t begins[LABELS_MAX], wanted[LABELS_MAX] = {0};
    uint64_t hashes[LABELS_MAX];
    size_t labels = split(name, begins), count = 0;
    for (size_t i = 0; i < labels; i++) /* only what is as long as a name of the set */
        if ((set->lengths[(labels - i) / 64] >> (labels - i) % 64 & 1) != 0)
            wanted[count++] = begins[i];
    hash_siphash13_tails(&set->key, name->wire, name->size, wanted, count, hashes);
    while (count-- > 0) {
        uint64_t hash = not_empty(hashes[count]);
        if (set->slots[slot_of(set, hash)] != hash)
            continue;
        *zone_at = wanted[count];
        return true;
    }
    return false;
}

size_t
nameset_count(const struct nameset *set)
{
    return (size_t)set->names;
}

/* tally.c - see tally.h */
#include "core/tally.h"

#include <string.h>

_Static_assert(sizeof(struct tally_slot) == TALLY_SLOT_BYTES, "as documented");

static uint32_t
chains_for(uint32_t slots)
{
    uint32_t chains = 1;
    while (chains < slots)
        chains *= 2;
    return chains;
}

size_t
tally_memory_bytes(uint32_t slots)
{
    return (size_t)slots * TALLY_SLOT_BYTES + (size_t)chains_for(slots) * sizeof(uint32_t);
}

void
tally_init(struct tally *t, void *memory, uint32_t slots, uint8_t ipv4_length, uint8_t ipv6_length,
           struct hash_key key)
{
    *t = (struct tally){
        .slots = memory,
        .slots_count = slots,
        .chains_mask = chains_for(slots) - 1,
        .ipv4_length = ipv4_length,
        .ipv6_length = ipv6_length,
        .key = key,
    };
    t->chains = (uint32_t *)(t->slots + slots);
    memset(t->chains, 0xff, (t->chains_mask + (size_t)1) * sizeof(uint32_t)); /* TALLY_NONE */
    for (uint32_t i = 0; i < slots; i++)
        t->slots[i] = (struct tally_slot){.next = i + 1 < slots ? i + 1 : TALLY_NONE};
}

static uint64_t
tag_of(const struct tally *t, const struct addr *client)
{
    unsigned length = client->family == ADDR_IPV4 ? t->ipv4_length : t->ipv6_length;
    return prefix_tag(&t->key, client, length, 0);
}

static uint32_t *
chain_of(const struct tally *t, uint64_t tag)
{
    return &t->chains[prefix_tag_place(tag) & t->chains_mask];
}

static uint32_t
find(const struct tally *t, uint64_t tag)
{
    uint32_t slot = *chain_of(t, tag);
    while (slot != TALLY_NONE && t->slots[slot].tag != tag)
        slot = t->slots[slot].next;
    return slot;
}

uint32_t
tally_find(const struct tally *t, const struct addr *client)
{
    return find(t, tag_of(t, client));
}

uint32_t
tally_take(struct tally *t, const struct addr *client, uint32_t most)
{
    uint64_t tag = tag_of(t, client);
    uint32_t slot = find(t, tag);
    if (slot == TALLY_NONE) {
        slot = t->free_first;
        if (slot == TALLY_NONE || most == 0)
            return TALLY_NONE;
        uint32_t *chain = chain_of(t, tag);
        t->free_first = t->slots[slot].next;
        t->slots[slot] = (struct tally_slot){.tag = tag, .next = *chain};
        *chain = slot;
    }
    if (t->slots[slot].count >= most)
        return TALLY_NONE;
    t->slots[slot].count++;
    return slot;
}

void
tally_give(struct tally *t, uint32_t slot)
{
    struct tally_slot *s = &t->slots[slot];
    if (--s->count > 0)
        return;
    uint32_t *link = chain_of(t, s->tag);
    while (*link != slot)
        link = &t->slots[*link].next;
    *link = s->next;
    *s = (struct tally_slot){.next = t->free_first};
    t->free_first = slot;
}

/* nameset.c - see nameset.h */
#include "core/nameset.h"

#define NAMESET_MAGIC 0x6e616d6573657431U
#define LOAD_PERCENT  80 /* of the slots are used when full; probing stays short */
#define LINE_MAX      1100

struct nameset {
    uint64_t magic;
    uint64_t slots_count;
    uint64_t names_max, names;
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

static uint64_t
hash_of(const struct nameset *set, const uint8_t *wire, size_t size)
{
    uint64_t hash = hash_siphash13(&set->key, wire, size);
    return hash != 0 ? hash : 1;
}

enum status
nameset_add(struct nameset *set, const struct dns_name *name)
{
    uint64_t hash = hash_of(set, name->wire, name->size);
    uint64_t slot = slot_of(set, hash);
    if (set->slots[slot] == hash)
        return STATUS_OK;
    if (set->names == set->names_max)
        return STATUS_FULL;
    set->slots[slot] = hash;
    set->names++;
    return STATUS_OK;
}

bool
nameset_matches(const struct nameset *set, const struct dns_name *name)
{
    if (set->names == 0)
        return false;
    struct bytes_reader r = bytes_reader(name->wire, name->size);
    while (bytes_left(&r) > 1) {
        size_t left = bytes_left(&r), at = r.pos;
        const uint8_t *suffix = bytes_get_view(&r, left);
        uint64_t hash = hash_of(set, suffix, left);
        if (set->slots[slot_of(set, hash)] == hash)
            return true;
        bytes_seek(&r, at);
        bytes_skip(&r, bytes_get_u8(&r));
    }
    return false;
}

size_t
nameset_count(const struct nameset *set)
{
    return (size_t)set->names;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Step over one word; returns its length and leaves *line behind it and the blanks that follow. */
static size_t
take_word(const char **line, const char *end)
{
    const char *begin = *line, *p = begin;
    while (p < end && !is_blank(*p))
        p++;
    size_t size = (size_t)(p - begin);
    while (p < end && is_blank(*p))
        p++;
    *line = p;
    return size;
}

/* The first word of a hosts line is an address: digits and dots, or with a colon. */
static bool
is_address(const char *word, size_t size)
{
    bool digits = true;
    for (size_t i = 0; i < size; i++) {
        if (word[i] == ':')
            return true;
        digits = digits && ((word[i] >= '0' && word[i] <= '9') || word[i] == '.');
    }
    return digits;
}

enum status
nameset_parse_line(const char *line, size_t size, struct dns_name *name)
{
    const char *end = line + size;
    for (const char *p = line; p < end; p++)
        if (*p == '#' || (*p == '!' && p == line))
            end = p;
    while (line < end && is_blank(*line))
        line++;
    if (line == end)
        return STATUS_NONE;
    const char *word = line;
    size_t word_size = take_word(&line, end);
    if (line < end && is_address(word, word_size)) {
        word = line;
        word_size = take_word(&line, end);
    }
    if (line < end || word_size >= LINE_MAX)
        return STATUS_INVALID;
    char text[LINE_MAX];
    memcpy(text, word, word_size);
    text[word_size] = '\0';
    char *from = text;
    if (word_size > 2 && from[0] == '|' && from[1] == '|') {
        from += 2;
        if (text[word_size - 1] == '^')
            text[word_size - 1] = '\0';
    } else if (word_size > 2 && from[0] == '*' && from[1] == '.') {
        from += 2;
    }
    if (dns_name_parse(from, name) != STATUS_OK || name->size <= 1)
        return STATUS_INVALID;
    dns_name_lower(name);
    return STATUS_OK;
}

/* test_prefix.c - names of prefixes: what they depend on, and that they are made once
 * SPDX-License-Identifier: ISC
 */
#include "base/prefix.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct hash_key key = {1, 2};

static struct addr
client(struct prng *prng, enum addr_family family)
{
    struct addr addr = {.family = (uint8_t)family, .port = (uint16_t)prng_next(prng)};
    prng_fill(prng, addr.bytes, family == ADDR_IPV4 ? 4 : 16);
    return addr;
}

Test(prefix, only_the_bits_of_the_prefix_count)
{
    struct prng prng = prng_begin("prefix");
    for (unsigned round = 0; round < 2000; round++) {
        bool is_v4 = round % 2 == 0;
        unsigned bits = is_v4 ? 32 : 128, length = prng_below(&prng, bits + 1);
        struct addr one = client(&prng, is_v4 ? ADDR_IPV4 : ADDR_IPV6), other = one;
        unsigned flip = prng_below(&prng, bits);
        other.port++;
        cr_assert_eq(prefix_tag(&key, &one, length, 3), prefix_tag(&key, &other, length, 3));
        other.bytes[flip / 8] ^= (uint8_t)(0x80 >> flip % 8);
        cr_assert_eq(prefix_tag(&key, &one, length, 3) == prefix_tag(&key, &other, length, 3),
                     flip >= length, "seed %llu: bit %u of /%u", (unsigned long long)prng.seed,
                     flip, length);
    }
}

Test(prefix, family_length_key_and_class_count)
{
    struct addr four = {.family = ADDR_IPV4}, six = {.family = ADDR_IPV6};
    struct hash_key other = {1, 3};
    uint64_t tag = prefix_tag(&key, &four, 24, 0);
    cr_assert_neq(tag, prefix_tag(&key, &six, 24, 0));
    cr_assert_neq(tag, prefix_tag(&key, &four, 23, 0));
    cr_assert_neq(tag, prefix_tag(&other, &four, 24, 0));
    for (unsigned class = 0; class < PREFIX_TAG_CLASSES; class ++) {
        uint64_t of_class = prefix_tag(&key, &four, 24, class);
        cr_assert_eq(PREFIX_TAG_CLASS(of_class), class);
        cr_assert_eq(PREFIX_TAG_PLACE(of_class), PREFIX_TAG_PLACE(tag));
        cr_assert_neq(of_class, 0);
    }
}

Test(prefix, sets_have_the_same_mark_when_they_are_equal)
{
    struct prefix_set one = {.key = key, .counts = {2, 1}, .lengths = {{20, 24}, {56}}};
    struct prefix_set same = one, longer = one, fewer = one;
    longer.lengths[0][1] = 25;
    fewer.counts[0] = 1;
    prefix_set_mark(&one);
    prefix_set_mark(&same);
    prefix_set_mark(&longer);
    prefix_set_mark(&fewer);
    cr_assert_eq(one.mark, same.mark);
    cr_assert_neq(one.mark, longer.mark);
    cr_assert_neq(one.mark, fewer.mark);
    cr_assert_neq(one.mark, 0);
}

Test(prefix, keys_are_made_once_and_for_one_set)
{
    struct prefix_set set = {.key = key, .counts = {2, 1}, .lengths = {{20, 24}, {56}}};
    struct prefix_set other = {.key = key, .counts = {1, 1}, .lengths = {{24}, {56}}};
    struct prefix_keys keys = {0};
    struct addr addr = {.family = ADDR_IPV4, .bytes = {192, 0, 2, 1}};
    prefix_set_mark(&set);
    prefix_set_mark(&other);
    cr_assert_eq(prefix_keys_at(&keys, &set, &addr, 1), prefix_tag(&key, &addr, 24, 0));
    cr_assert_eq(keys.tags[0], 0, "not needed yet");
    keys.tags[1] = 4711;
    cr_assert_eq(prefix_keys_at(&keys, &set, &addr, 1), 4711, "carried along");
    cr_assert_eq(prefix_keys_at(&keys, &other, &addr, 0), prefix_tag(&key, &addr, 24, 0));
    cr_assert_eq(keys.tags[1], 0, "those of another set are forgotten");
}

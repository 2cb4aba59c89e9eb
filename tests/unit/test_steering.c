/* test_steering.c - the lane program in an interpreter; tests/sandbox runs the same in the kernel
 * SPDX-License-Identifier: ISC
 */
#include "gate/steering.h"

#include "../fixtures/bpf_interpreter.h"
#include "../fixtures/steering_lane.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct hash_key key = {0x0123456789abcdef, 0xfedcba9876543210};

static struct addr
random_client(struct prng *prng, enum addr_family family)
{
    struct addr client = {.family = (uint8_t)family, .port = 4242};
    prng_fill(prng, client.bytes, family == ADDR_IPV4 ? 4 : 16);
    return client;
}

/* The packet as the kernel shows it: network header, transport header, payload at offset 0. */
static uint32_t
run(const struct steering *s, const struct addr *client)
{
    uint8_t octets[40 + 20 + 30] = {0};
    size_t head = client->family == ADDR_IPV4 ? 20 : 40;
    octets[0] = client->family == ADDR_IPV4 ? 0x45 : 0x60;
    memcpy(octets + (client->family == ADDR_IPV4 ? 12 : 8), client->bytes,
           client->family == ADDR_IPV4 ? 4 : 16);
    struct sock_filter program[STEERING_MAX];
    size_t size = steering_build(s, program);
    cr_assert_leq(size, STEERING_MAX);
    cr_assert(bpf_is_sound(program, size));
    struct bpf_packet packet = {.octets = octets, .size = sizeof octets, .data_at = head + 20};
    return bpf_run(program, size, &packet);
}

Test(steering, program_and_function_agree_for_every_length)
{
    struct prng prng = prng_begin("steering");
    for (unsigned length = 0; length <= 128; length++) {
        struct steering s;
        uint32_t lanes = 1 + prng_below(&prng, STEERING_LANES_MAX);
        struct hash_key random_key = {prng_next(&prng), prng_next(&prng)};
        cr_assert_eq(steering_init(&s, lanes, length % 33, length, random_key), STATUS_OK);
        for (unsigned i = 0; i < 100; i++) {
            struct addr client = random_client(&prng, i % 2 == 0 ? ADDR_IPV4 : ADDR_IPV6);
            uint32_t lane = steering_lane(&s, &client);
            cr_assert_lt(lane, lanes);
            cr_assert_eq(run(&s, &client), lane);
        }
    }
}

Test(steering, one_prefix_has_one_lane)
{
    struct prng prng = prng_begin("steering");
    struct steering s;
    cr_assert_eq(steering_init(&s, 7, 20, 48, key), STATUS_OK);
    for (unsigned i = 0; i < 10000; i++) {
        enum addr_family family = i % 2 == 0 ? ADDR_IPV4 : ADDR_IPV6;
        struct addr one = random_client(&prng, family), other = random_client(&prng, family);
        if (family == ADDR_IPV4) {
            memcpy(other.bytes, one.bytes, 2);
            other.bytes[2] = (uint8_t)((one.bytes[2] & 0xf0) | (other.bytes[2] & 0x0f));
        } else {
            memcpy(other.bytes, one.bytes, 6);
        }
        cr_assert_eq(steering_lane(&s, &one), steering_lane(&s, &other));
    }
}

/* Neighbouring prefixes, as networks have them, must not fall on one lane. */
Test(steering, spreads_neighbouring_prefixes_evenly)
{
    for (unsigned family = ADDR_IPV4; family <= ADDR_IPV6; family += ADDR_IPV6 - ADDR_IPV4) {
        unsigned counts[4] = {0};
        struct steering s;
        cr_assert_eq(steering_init(&s, 4, 20, 48, key), STATUS_OK);
        for (unsigned i = 0; i < 4096; i++) {
            struct addr client = {.family = (uint8_t)family};
            if (family == ADDR_IPV4)
                memcpy(client.bytes, (uint8_t[]){10, (uint8_t)(i >> 4), (uint8_t)(i << 4), 1}, 4);
            else
                memcpy(client.bytes, (uint8_t[]){0x20, 1, 0xd, 0xb8, (uint8_t)(i >> 8), (uint8_t)i},
                       6);
            counts[steering_lane(&s, &client)]++;
        }
        for (unsigned lane = 0; lane < 4; lane++)
            cr_expect(counts[lane] > 700 && counts[lane] < 1350, "family %u lane %u has %u of 4096",
                      family, lane, counts[lane]);
    }
}

Test(steering, leaves_other_packets_to_the_kernel)
{
    struct steering s;
    cr_assert_eq(steering_init(&s, 3, 20, 48, key), STATUS_OK);
    struct sock_filter program[STEERING_MAX];
    size_t size = steering_build(&s, program);
    uint8_t octets[60] = {0x50};
    struct bpf_packet packet = {.octets = octets, .size = sizeof octets, .data_at = 40};
    cr_assert_eq(bpf_run(program, size, &packet), UINT32_MAX);
}

Test(steering, another_key_moves_clients)
{
    struct prng prng = prng_begin("steering");
    struct steering one, other;
    cr_assert_eq(steering_init(&one, 2, 20, 48, key), STATUS_OK);
    cr_assert_eq(steering_init(&other, 2, 20, 48, (struct hash_key){5, 6}), STATUS_OK);
    unsigned moved = 0;
    for (unsigned i = 0; i < 1000; i++) {
        struct addr client = random_client(&prng, ADDR_IPV4);
        moved += steering_lane(&one, &client) != steering_lane(&other, &client);
    }
    cr_assert(moved > 300 && moved < 700, "%u of 1000 moved", moved);
}

Test(steering, refuses_numbers_out_of_range)
{
    struct steering s;
    cr_expect_eq(steering_init(&s, 0, 20, 48, key), STATUS_INVALID);
    cr_expect_eq(steering_init(&s, STEERING_LANES_MAX + 1, 20, 48, key), STATUS_INVALID);
    cr_expect_eq(steering_init(&s, 1, 33, 48, key), STATUS_INVALID);
    cr_expect_eq(steering_init(&s, 1, 20, 129, key), STATUS_INVALID);
}

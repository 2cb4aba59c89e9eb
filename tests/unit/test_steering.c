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
    size_t size = steering_build(s, false, program);
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
    size_t size = steering_build(&s, false, program);
    uint8_t octets[60] = {0x50};
    struct bpf_packet packet = {.octets = octets, .size = sizeof octets, .data_at = 40};
    cr_assert_eq(bpf_run(program, size, &packet), UINT32_MAX);
}

/* --- behind a balancer ------------------------------------------------------------------------ */

#define BALANCER_AT 28 /* IPv4 and UDP header */

static uint8_t datagram[BALANCER_AT + 80];

/* A datagram of a balancer at 10.0.0.1 that speaks for this client. @return its payload's octets */
static size_t
wrap(const struct addr *client, uint8_t command)
{
    bool is_ipv4 = client->family == ADDR_IPV4;
    size_t length = is_ipv4 ? 12 : 36;
    memset(datagram, 0, sizeof datagram);
    datagram[0] = 0x45;
    memcpy(datagram + 12, "\12\0\0\1", 4);
    memcpy(datagram + BALANCER_AT, "\r\n\r\n\0\r\nQUIT\n", 12);
    datagram[BALANCER_AT + 12] = command;
    datagram[BALANCER_AT + 13] = is_ipv4 ? 0x12 : 0x21;
    datagram[BALANCER_AT + 15] = (uint8_t)length;
    memcpy(datagram + BALANCER_AT + 16, client->bytes, is_ipv4 ? 4 : 16);
    return 16 + length;
}

/* The kernel has moved the data to the payload, and counts only that. */
static uint32_t
run_behind(const struct steering *s, size_t payload)
{
    struct sock_filter program[STEERING_MAX];
    size_t size = steering_build(s, true, program);
    cr_assert_leq(size, STEERING_MAX);
    cr_assert(bpf_is_sound(program, size));
    struct bpf_packet packet = {
        .octets = datagram, .size = BALANCER_AT + payload, .data_at = BALANCER_AT};
    return bpf_run(program, size, &packet);
}

Test(steering, a_client_behind_a_balancer_has_the_lane_that_it_has_without)
{
    struct prng prng = prng_begin("steering");
    for (unsigned i = 0; i < 10000; i++) {
        struct steering s;
        unsigned length = prng_below(&prng, 129);
        struct hash_key random_key = {prng_next(&prng), prng_next(&prng)};
        cr_assert_eq(steering_init(&s, 64, length % 33, length, random_key), STATUS_OK);
        struct addr client = random_client(&prng, i % 2 == 0 ? ADDR_IPV4 : ADDR_IPV6);
        size_t payload = wrap(&client, 0x21);
        cr_assert_eq(run_behind(&s, payload), steering_lane(&s, &client));
    }
}

Test(steering, what_names_no_client_goes_by_the_balancer)
{
    struct addr client = {.family = ADDR_IPV4, .bytes = {192, 0, 2, 7}};
    struct addr balancer = {.family = ADDR_IPV4, .bytes = {10, 0, 0, 1}};
    struct steering s;
    cr_assert_eq(steering_init(&s, 64, 32, 128, key), STATUS_OK);
    uint32_t own = steering_lane(&s, &balancer);
    cr_assert_neq(own, steering_lane(&s, &client));
    size_t payload = wrap(&client, 0x20);
    cr_expect_eq(run_behind(&s, payload), own, "a health check");
    for (size_t i = 0; i < 12; i++) {
        payload = wrap(&client, 0x21);
        datagram[BALANCER_AT + i] ^= 1;
        cr_expect_eq(run_behind(&s, payload), own, "octet %zu of the signature", i);
    }
    payload = wrap(&client, 0x21);
    for (size_t size = 0; size < payload; size++)
        cr_expect_eq(run_behind(&s, size), own, "%zu octets", size);
    datagram[BALANCER_AT + 13] = 0x31;
    cr_expect_eq(run_behind(&s, payload), own, "another family");
    client.family = ADDR_IPV6;
    payload = wrap(&client, 0x21);
    for (size_t size = 0; size < payload; size++)
        cr_expect_eq(run_behind(&s, size), own, "%zu octets", size);
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

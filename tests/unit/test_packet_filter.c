/* test_packet_filter.c - the UDP filter in an interpreter; tests/sandbox runs the same in the
 * SPDX-License-Identifier: ISC
 * kernel */
#include "gate/packet_filter.h"

#include "../fixtures/bpf_interpreter.h"
#include "../fixtures/socket_filter_cases.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

#define ANY_PORT 40000

static uint32_t
run(const struct sock_filter *program, size_t size, uint16_t port, const uint8_t *message,
    size_t message_size)
{
    uint8_t datagram[8 + 64] = {(uint8_t)(port >> 8), (uint8_t)port};
    memcpy(datagram + 8, message, message_size);
    struct bpf_packet packet = {.octets = datagram, .size = 8 + message_size};
    return bpf_run(program, size, &packet);
}

Test(packet_filter, passes_and_drops_as_listed)
{
    struct sock_filter program[PACKET_FILTER_MAX];
    size_t size = packet_filter_build(packet_filter_ports, packet_filter_ports_count, program);
    cr_assert(bpf_is_sound(program, size));
    for (size_t i = 0; i < SOCKET_FILTER_CASES; i++) {
        const struct socket_filter_case *c = &socket_filter_cases[i];
        uint16_t port = c->source_port != 0 ? c->source_port : ANY_PORT;
        cr_expect_eq(run(program, size, port, c->octets, c->size), c->passes ? UINT32_MAX : 0, "%s",
                     c->what);
    }
}

Test(packet_filter, drops_source_port_zero)
{
    struct sock_filter program[PACKET_FILTER_MAX];
    size_t size = packet_filter_build(packet_filter_ports, packet_filter_ports_count, program);
    cr_assert_eq(run(program, size, 0, FILTER_ROOT, 17), 0);
}

Test(packet_filter, without_ports_looks_at_the_message_only)
{
    struct sock_filter program[PACKET_FILTER_MAX];
    size_t size = packet_filter_build(NULL, 0, program);
    cr_assert(bpf_is_sound(program, size));
    cr_assert_eq(run(program, size, 53, FILTER_ROOT, 17), UINT32_MAX);
    cr_assert_eq(run(program, size, 53, FILTER_ROOT, 16), 0);
}

Test(packet_filter, takes_as_many_ports_as_it_says_and_no_more)
{
    uint16_t ports[PACKET_FILTER_PORTS_MAX + 1];
    for (uint16_t i = 0; i <= PACKET_FILTER_PORTS_MAX; i++)
        ports[i] = (uint16_t)(1000 + i);
    struct sock_filter program[PACKET_FILTER_MAX];
    size_t size = packet_filter_build(ports, PACKET_FILTER_PORTS_MAX + 1, program);
    cr_assert_eq(size, PACKET_FILTER_MAX);
    cr_assert(bpf_is_sound(program, size));
    cr_assert_eq(run(program, size, 1000 + PACKET_FILTER_PORTS_MAX - 1, FILTER_ROOT, 17), 0);
    cr_assert_eq(run(program, size, 1000 + PACKET_FILTER_PORTS_MAX, FILTER_ROOT, 17), UINT32_MAX);
}

Test(packet_filter, agrees_with_its_words_on_random_messages)
{
    struct prng prng = prng_begin("packet_filter");
    struct sock_filter program[PACKET_FILTER_MAX];
    size_t size = packet_filter_build(packet_filter_ports, packet_filter_ports_count, program);
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t message[40];
        prng_fill(&prng, message, sizeof message);
        message[4] = (uint8_t)(message[4] % 4 == 0 ? 1 : 0); /* make every outcome common */
        message[5] = (uint8_t)(message[5] % 4);
        message[10] = 0;
        message[11] = (uint8_t)(message[11] % 3);
        size_t octets = prng_below(&prng, sizeof message + 1);
        bool has_question = message[4] != 0 || message[5] != 0;
        bool asks_for_cookie = message[11] == 1 && octets >= PACKET_FILTER_COOKIE_MIN;
        bool wanted = octets >= PACKET_FILTER_DNS_MIN && (message[2] & 0x80) == 0 &&
                      (has_question || asks_for_cookie);
        cr_assert_eq(run(program, size, ANY_PORT, message, octets), wanted ? UINT32_MAX : 0);
    }
}

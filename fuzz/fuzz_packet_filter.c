/* fuzz_packet_filter.c - the UDP filter in the kernel, in the tests' interpreter, and in words
 * SPDX-License-Identifier: ISC
 *
 * Input: one octet that chooses among lists of ports, two of source port, then the message.
 * Invariant: all three pass and drop the same. The kernel runs the program on one end of a pair of
 * local sockets, where the message lies behind a UDP header as it does in a UDP socket.
 */
#include "gate/packet_filter.h"

#include "../tests/fixtures/bpf_interpreter.h"
#include "base/bytes.h"

#include "dns_mutator.h"
#include "fuzz.h"

#include <errno.h>
#include <sys/socket.h>

#define LISTS        3
#define UDP_HEADER   8
#define DATAGRAM_MAX 2048

static struct filter {
    uint16_t ports[PACKET_FILTER_PORTS_MAX];
    size_t ports_count, size;
    struct sock_filter program[PACKET_FILTER_MAX];
    int ends[2];
} filters[LISTS];

static void
begin(void)
{
    for (unsigned i = 0; i < packet_filter_ports_count; i++)
        filters[1].ports[filters[1].ports_count++] = packet_filter_ports[i];
    for (unsigned i = 0; i < PACKET_FILTER_PORTS_MAX; i++)
        filters[2].ports[filters[2].ports_count++] = (uint16_t)(i * 2055);
    for (unsigned i = 0; i < LISTS; i++) {
        struct filter *f = &filters[i];
        f->size = packet_filter_build(f->ports, f->ports_count, f->program);
        struct sock_fprog program = {.len = (unsigned short)f->size, .filter = f->program};
        must(bpf_is_sound(f->program, f->size));
        must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, f->ends) == 0);
        must(setsockopt(f->ends[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
    }
}

/* packet_filter.h: what packet_filter_build() says. */
static bool
passes(const struct filter *f, uint16_t port, const uint8_t *message, size_t size)
{
    for (size_t i = 0; i < f->ports_count; i++)
        if (f->ports[i] == port)
            return false;
    if (size < PACKET_FILTER_DNS_MIN || (message[2] & 0x80) != 0)
        return false;
    bool has_question = (message[4] | message[5]) != 0;
    bool is_for_cookie = message[10] == 0 && message[11] == 1 && size >= PACKET_FILTER_COOKIE_MIN;
    return has_question || is_for_cookie;
}

static bool
kernel_passes(const struct filter *f, const uint8_t *datagram, size_t size)
{
    static uint8_t got[DATAGRAM_MAX + UDP_HEADER];
    must(send(f->ends[0], datagram, size, 0) == (ssize_t)size);
    ssize_t received = recv(f->ends[1], got, sizeof got, 0);
    must(received == (ssize_t)size || (received < 0 && errno == EAGAIN));
    return received > 0;
}

const size_t dns_mutator_at = 3;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t datagram[UDP_HEADER + DATAGRAM_MAX];
    if (filters[0].size == 0)
        begin();
    struct bytes_reader r = bytes_reader(data, size);
    const struct filter *f = &filters[bytes_get_u8(&r) % LISTS];
    uint16_t port = bytes_get_u16(&r);
    size_t message_size = bytes_left(&r);
    const uint8_t *message = bytes_get_view(&r, message_size);
    if (message == NULL || message_size > DATAGRAM_MAX)
        return 0;
    datagram[0] = (uint8_t)(port >> 8);
    datagram[1] = (uint8_t)port;
    memcpy(datagram + UDP_HEADER, message, message_size);
    struct bpf_packet packet = {.octets = datagram, .size = UDP_HEADER + message_size};
    uint32_t verdict = bpf_run(f->program, f->size, &packet);
    must(verdict == 0 || verdict == UINT32_MAX);
    must((verdict != 0) == passes(f, port, message, message_size));
    must((verdict != 0) == kernel_passes(f, datagram, packet.size));
    return 0;
}

/* packet_filter.c - see packet_filter.h
 * SPDX-License-Identifier: ISC
 */
#include "gate/packet_filter.h"

/* A UDP socket's filter sees the datagram from its UDP header on. */
#define UDP_SOURCE_PORT 0
#define UDP_HEADER      8
#define DNS_FLAGS       (UDP_HEADER + 2)
#define DNS_QDCOUNT     (UDP_HEADER + 4)
#define DNS_ARCOUNT     (UDP_HEADER + 10)
#define QR_BIT          0x80u

const uint16_t packet_filter_ports[] = {
    0,     /* no answer can reach it */
    7,     /* echo */
    13,    /* daytime */
    17,    /* quote of the day */
    19,    /* character generator */
    53,    /* DNS servers: two of them would answer each other's errors */
    111,   /* portmapper */
    123,   /* NTP */
    161,   /* SNMP */
    389,   /* CLDAP */
    1900,  /* SSDP */
    5353,  /* multicast DNS */
    11211, /* memcached */
};
const size_t packet_filter_ports_count = sizeof packet_filter_ports / sizeof packet_filter_ports[0];

size_t
packet_filter_build(const uint16_t ports[], size_t count,
                    struct sock_filter program[PACKET_FILTER_MAX])
{
    if (count > PACKET_FILTER_PORTS_MAX)
        count = PACKET_FILTER_PORTS_MAX;
    size_t size = PACKET_FILTER_MAX - PACKET_FILTER_PORTS_MAX + count;
    size_t refuse = size - 1, n = 0;
/* how far the last instruction is behind the one being written */
#define TO_REFUSE ((uint8_t)(refuse - n - 1))
    program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0);
    program[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
                                              UDP_HEADER + PACKET_FILTER_DNS_MIN, 0, TO_REFUSE);
    n++;
    program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, DNS_FLAGS);
    program[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, QR_BIT, TO_REFUSE, 0);
    n++;
    program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, DNS_QDCOUNT);
    program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 1, 4, 0);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, DNS_ARCOUNT);
    program[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, TO_REFUSE);
    n++;
    program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0);
    program[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
                                              UDP_HEADER + PACKET_FILTER_COOKIE_MIN, 0, TO_REFUSE);
    n++;
    program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, UDP_SOURCE_PORT);
    for (size_t i = 0; i < count; i++) {
        program[n] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ports[i], TO_REFUSE, 0);
        n++;
    }
#undef TO_REFUSE
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
    return n;
}

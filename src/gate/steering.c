/* steering.c - see steering.h
 * SPDX-License-Identifier: ISC
 *
 * The kernel runs the program with the packet's data at the transport payload, for a datagram as
 * for a SYN; the network header is reached by offsets from SKF_NET_OFF. A multiplicative hash is
 * enough: a lane is no secret worth more, and the tables behind it are keyed on their own.
 */
#include "gate/steering.h"

#define IPV4_SOURCE 12 /* offsets in the network header */
#define IPV6_SOURCE 8
#define UPPER_HALF  16 /* bits: the well mixed ones of a product */
#define NO_LANE     UINT32_MAX
#define KEEP        0 /* scratch word of the program */

/* A PROXY header (gate/proxy_header.h), from the payload's first octet. */
#define PROXY_WORD_0     0x0d0a0d0aU /* its signature */
#define PROXY_WORD_1     0x000d0a51U
#define PROXY_WORD_2     0x5549540aU
#define PROXY_COMMAND_AT 12
#define PROXY_COMMAND    0x21 /* version 2, for a client */
#define PROXY_FAMILY_AT  13
#define PROXY_SOURCE_AT  16
#define PROXY_IPV4_SIZE  28
#define PROXY_IPV6_SIZE  52
#define UNLESS_MAX       8 /* jumps behind it */

static uint32_t
mask_of(unsigned length)
{
    return length == 0 ? 0 : UINT32_MAX << (32 - (length < 32 ? length : 32));
}

enum status
steering_init(struct steering *s, uint32_t lanes, unsigned ipv4_length, unsigned ipv6_length,
              struct hash_key key)
{
    *s = (struct steering){0};
    if (lanes < 1 || lanes > STEERING_LANES_MAX || ipv4_length > 32 || ipv6_length > 128)
        return STATUS_INVALID;
    s->lanes = lanes;
    s->ipv4_mask = mask_of(ipv4_length);
    for (unsigned i = 0; i < STEERING_WORDS; i++) {
        s->ipv6_masks[i] = ipv6_length > 32 * i ? mask_of(ipv6_length - 32 * i) : 0;
        uint64_t word = i;
        s->factors[i] = (uint32_t)hash_siphash13_words(&key, &word, 1) | 1;
    }
    uint64_t last = STEERING_WORDS;
    s->last_factor = (uint32_t)hash_siphash13_words(&key, &last, 1) | 1;
    return STATUS_OK;
}

struct program {
    struct sock_filter *to;
    size_t size;
};

static void
put(struct program *p, unsigned code, uint32_t k)
{
    p->to[p->size++] = (struct sock_filter){.code = (uint16_t)code, .k = k};
}

/* A place for a conditional jump over what is written until jump_here(). */
static size_t
put_jump(struct program *p, unsigned condition, uint32_t value)
{
    put(p, BPF_JMP | condition | BPF_K, value);
    return p->size - 1;
}

static size_t
put_jump_unless(struct program *p, uint32_t value)
{
    return put_jump(p, BPF_JEQ, value);
}

static void
jump_here(struct program *p, size_t from)
{
    p->to[from].jf = (uint8_t)(p->size - from - 1);
}

static uint32_t
in_network_header(uint32_t offset)
{
    return (uint32_t)SKF_NET_OFF + offset;
}

static void
put_finish(struct program *p, const struct steering *s)
{
    put(p, BPF_MISC | BPF_TAX, 0);
    put(p, BPF_ALU | BPF_RSH | BPF_K, UPPER_HALF);
    put(p, BPF_ALU | BPF_XOR | BPF_X, 0);
    put(p, BPF_ALU | BPF_MUL | BPF_K, s->last_factor);
    put(p, BPF_ALU | BPF_RSH | BPF_K, UPPER_HALF);
    put(p, BPF_ALU | BPF_MOD | BPF_K, s->lanes);
    put(p, BPF_RET | BPF_A, 0);
}

static void
put_ipv4(struct program *p, const struct steering *s, uint32_t at)
{
    put(p, BPF_LD | BPF_W | BPF_ABS, at);
    put(p, BPF_ALU | BPF_AND | BPF_K, s->ipv4_mask);
    put(p, BPF_ALU | BPF_MUL | BPF_K, s->factors[0]);
    put_finish(p, s);
}

static void
put_ipv6(struct program *p, const struct steering *s, uint32_t at)
{
    put(p, BPF_LD | BPF_IMM, 0);
    for (unsigned i = 0; i < STEERING_WORDS; i++) {
        if (s->ipv6_masks[i] == 0)
            continue;
        put(p, BPF_ST, KEEP);
        put(p, BPF_LD | BPF_W | BPF_ABS, at + 4 * i);
        put(p, BPF_ALU | BPF_AND | BPF_K, s->ipv6_masks[i]);
        put(p, BPF_LDX | BPF_W | BPF_MEM, KEEP);
        put(p, BPF_ALU | BPF_XOR | BPF_X, 0);
        put(p, BPF_ALU | BPF_MUL | BPF_K, s->factors[i]);
    }
    put_finish(p, s);
}

/* A PROXY header for a client: that one's lane. What is no such header goes on behind this. */
static void
put_header(struct program *p, const struct steering *s)
{
    const struct {
        unsigned size;
        uint32_t at, value;
    } beginning[] = {
        {BPF_W, 0, PROXY_WORD_0},
        {BPF_W, 4, PROXY_WORD_1},
        {BPF_W, 8, PROXY_WORD_2},
        {BPF_B, PROXY_COMMAND_AT, PROXY_COMMAND},
    };
    size_t unless[UNLESS_MAX], count = 0;
    put(p, BPF_LD | BPF_W | BPF_LEN, 0);
    unless[count++] = put_jump(p, BPF_JGE, PROXY_IPV4_SIZE);
    for (size_t i = 0; i < sizeof beginning / sizeof beginning[0]; i++) {
        put(p, BPF_LD | beginning[i].size | BPF_ABS, beginning[i].at);
        unless[count++] = put_jump_unless(p, beginning[i].value);
    }
    put(p, BPF_LD | BPF_B | BPF_ABS, PROXY_FAMILY_AT);
    put(p, BPF_ALU | BPF_RSH | BPF_K, 4);
    size_t not_ipv4 = put_jump_unless(p, 1);
    put_ipv4(p, s, PROXY_SOURCE_AT);
    jump_here(p, not_ipv4);
    unless[count++] = put_jump_unless(p, 2);
    put(p, BPF_LD | BPF_W | BPF_LEN, 0);
    unless[count++] = put_jump(p, BPF_JGE, PROXY_IPV6_SIZE);
    put_ipv6(p, s, PROXY_SOURCE_AT);
    for (size_t i = 0; i < count; i++)
        jump_here(p, unless[i]);
}

size_t
steering_build(const struct steering *s, bool has_headers, struct sock_filter program[STEERING_MAX])
{
    struct program p = {.to = program};
    if (has_headers)
        put_header(&p, s);
    put(&p, BPF_LD | BPF_B | BPF_ABS, in_network_header(0));
    put(&p, BPF_ALU | BPF_RSH | BPF_K, 4); /* the version */
    size_t not_ipv4 = put_jump_unless(&p, 4);
    put_ipv4(&p, s, in_network_header(IPV4_SOURCE));
    jump_here(&p, not_ipv4);
    size_t not_ipv6 = put_jump_unless(&p, 6);
    put_ipv6(&p, s, in_network_header(IPV6_SOURCE));
    jump_here(&p, not_ipv6);
    put(&p, BPF_RET | BPF_K, NO_LANE);
    return p.size;
}

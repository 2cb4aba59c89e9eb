/* relay_upstreams.h - upstreams of a worker that do as an input says, and judge what they are asked
 * SPDX-License-Identifier: ISC
 *
 * For fuzz_relay.c, and its supervisor's part: it dials. The kernel is kernel.c's.
 */
#pragma once

#include "base/bytes.h"
#include "dns/dns_answer.h"
#include "dns/dns_query.h"
#include "worker/worker.h"
#include "worker/worker_control.h"

#include "kernel.h"
#include "tls_plain.h"

#include <errno.h>

#define QUESTIONS_MAX 256 /* of one input */
#define PEERS         16
#define ASKED_MAX     64

struct question { /* by slot */
    struct dns_question asked;
    uint64_t deadline_us;
    bool is_ended, is_lost; /* lost: its ring is gone */
};

struct peer { /* the other end of a connection */
    int fd;
    unsigned upstream;
    bool has_hello, is_deaf;
    uint8_t in[65536];
    size_t in_size;
    struct peer_query {
        uint16_t id;
        struct dns_question question;
    } asked[ASKED_MAX];
    unsigned asked_count;
};

static struct worker worker;
static struct stats_page stats;
static struct {
    struct question questions[QUESTIONS_MAX];
    unsigned count;
    struct peer peers[PEERS];
    uint32_t ring_number;
    bool is_front_hostile, is_front_deaf, was_front_deaf;
    bool is_ring_broken, is_stopping;
    uint8_t refusing; /* a bit for each upstream */
    uint8_t refusal;  /* with which error */
} world;

/* --- upstreams ------------------------------------------------------------------------------- */

static bool
was_asked(const struct dns_question *question)
{
    for (unsigned i = 0; i < world.count; i++) {
        const struct dns_question *asked = &world.questions[i].asked;
        if (asked->type == question->type && asked->class == question->class &&
            dns_name_is_equal(&asked->name, &question->name))
            return true;
    }
    return false;
}

static void
take_query(struct peer *peer, const uint8_t *message, size_t size)
{
    struct dns_query query;
    must(dns_query_parse(message, size, &query) == DNS_QUERY_OK);
    must(size % DNS_PADDING_QUERY == 0 && query.edns.padding && query.edns.cookie_size == 0);
    bool is_probe = query.question.name.size == 1; /* "." NS: does it still answer? */
    must(is_probe || world.is_front_hostile || was_asked(&query.question));
    for (unsigned i = 0; i < peer->asked_count; i++)
        must(peer->asked[i].id != query.id);
    if (peer->asked_count < ASKED_MAX)
        peer->asked[peer->asked_count++] =
            (struct peer_query){.id = query.id, .question = query.question};
}

void
kernel_heard(int fd, const uint8_t *octets, size_t size)
{
    struct peer *peer = &world.peers[kernel_at(fd)->tag];
    const uint8_t *message;
    size_t at = 0, message_size;
    must(peer->fd == fd && size <= sizeof peer->in - peer->in_size);
    memcpy(peer->in + peer->in_size, octets, size);
    peer->in_size += size;
    if (!peer->has_hello) {
        must(peer->in[0] == 'H');
        peer->has_hello = true;
        at = 1;
    }
    while (bytes_frame_peek(peer->in + at, peer->in_size - at, 0, 65535, &message, &message_size) ==
           BYTES_FRAME_OK) {
        take_query(peer, message, message_size);
        at += BYTES_FRAME_HEADER + message_size;
    }
    memmove(peer->in, peer->in + at, peer->in_size - at);
    peer->in_size -= at;
}

void
kernel_heard_datagram(const struct addr *to, const struct addr *from, const uint8_t *octets,
                      size_t size)
{
    (void)to, (void)from, (void)octets, (void)size;
    must(false); /* it has no such socket */
}

static bool
is_open(const struct peer *peer)
{
    unsigned number = (unsigned)(peer - world.peers);
    return peer->fd > 0 && kernel.fds[peer->fd].kind == KERNEL_STREAMS &&
           kernel.fds[peer->fd].tag == number;
}

/* What its room held is left there: in_size says that it is empty. */
static void
begin_peer(struct peer *peer, int fd, unsigned upstream)
{
    peer->fd = fd;
    peer->upstream = upstream;
    peer->has_hello = peer->is_deaf = false;
    peer->in_size = 0;
    peer->asked_count = 0;
}

/* The supervisor dials. */
static void
dial(uint32_t index, uint32_t tag)
{
    static const uint32_t refusals[] = {ECONNREFUSED, EDQUOT, ENETUNREACH, 1};
    unsigned slot = 0;
    while (slot < PEERS && is_open(&world.peers[slot]))
        slot++;
    bool refuses = (world.refusing >> index & 1) != 0 || slot == PEERS;
    int fd = refuses ? -1 : kernel_stream(slot);
    if (fd >= 0)
        begin_peer(&world.peers[slot], fd, index);
    struct ipc_message socket = {.type = IPC_UPSTREAM_SOCKET,
                                 .index = index,
                                 .tag = tag,
                                 .error = fd < 0 ? refusals[world.refusal % 4] : 0};
    must(kernel_say(&socket, &fd, fd >= 0));
}

/* What the worker says to the supervisor. */
void
kernel_heard_message(const struct ipc_message *message)
{
    must(message->type == IPC_RING_END || message->index < worker.self.config->upstreams_count);
    if (message->type == IPC_RING_END) {
        must(world.is_front_hostile && message->epoch == world.ring_number);
        world.is_ring_broken = true;
    } else if (message->type == IPC_UPSTREAM_KEY) {
        return; /* which key is known to whoever plays TLS */
    } else if (message->type == IPC_UPSTREAM_DEAR) {
        must(message->cost_us > TLS_DEAR_US);
    } else {
        must(message->type == IPC_UPSTREAM_WANT);
        dial(message->index, message->tag);
    }
}

static struct peer *
peer_of(uint8_t number)
{
    for (unsigned i = 0; i < PEERS; i++)
        if (is_open(&world.peers[(number + i) % PEERS]))
            return &world.peers[(number + i) % PEERS];
    return NULL;
}

static uint32_t
hash_of(const struct dns_question *question)
{
    uint32_t hash = question->type;
    for (size_t i = 0; i < question->name.size; i++)
        hash = hash * 33 + question->name.wire[i];
    return hash;
}

static void
put_response(struct bytes_writer *w, uint16_t id, const struct dns_question *question, uint8_t form)
{
    static const uint16_t rcodes[8] = {0, 0, 0, 3, 2, 5, 1, 4};
    uint16_t count = form & 3, end = (uint16_t)w->pos;
    bytes_put_u16(w, 0);
    bytes_put_u16(w, id);
    bytes_put_u16(w, (uint16_t)(DNS_QR | DNS_RD | DNS_RA | rcodes[form / 4 % 8] |
                                (form / 32 == 7 ? DNS_TC : 0)));
    bool has_question = form / 32 != 6;
    bytes_put_u16(w, has_question);
    bytes_put_u16(w, has_question ? count : 0);
    bytes_put_u32(w, 0);
    if (has_question) {
        bytes_put_copy(w, question->name.wire, question->name.size);
        bytes_put_u16(w, question->type);
        bytes_put_u16(w, question->class);
    }
    for (uint16_t i = 0; has_question && i < count; i++) {
        bytes_put_u16(w, 0xc00c);
        bytes_put_u16(w, DNS_TYPE_A);
        bytes_put_u16(w, DNS_CLASS_IN);
        bytes_put_u32(w, 60);
        bytes_put_u16(w, 4);
        bytes_put_u32(w, hash_of(question) + i);
    }
    bytes_set_u16(w, end, (uint16_t)(w->pos - end - 2));
}

static void
answer(struct bytes_reader *r)
{
    uint8_t octets[2048], number = bytes_get_u8(r), which = bytes_get_u8(r), how = bytes_get_u8(r);
    uint8_t form = bytes_get_u8(r);
    struct bytes_writer w = bytes_writer(octets, sizeof octets);
    struct peer *peer = peer_of(number);
    if (peer == NULL || peer->asked_count == 0)
        return;
    struct peer_query query = peer->asked[which % peer->asked_count];
    struct peer_query other = peer->asked[(which + 1U) % peer->asked_count];
    switch (how % 8) {
    case 0: /* another question, */
        put_response(&w, query.id, &other.question, form);
        break;
    case 1: /* or another id */
        put_response(&w, (uint16_t)(query.id + how / 8 + 1), &query.question, form);
        break;
    case 2:
        put_response(&w, query.id, &query.question, form);
        put_response(&w, query.id, &query.question, form);
        break;
    default:
        put_response(&w, query.id, &query.question, form);
        break;
    }
    must(!w.failed);
    size_t part = how / 8 == 31 ? w.pos / 2 : w.pos;
    kernel_feed(peer->fd, octets, part);
    unsigned last = --peer->asked_count;
    peer->asked[which % (last + 1)] = peer->asked[last];
}

/* Of a server that speaks, or of one that does not speak DNS. */
static void
say(struct bytes_reader *r)
{
    uint8_t number = bytes_get_u8(r), octets[256];
    size_t size = bytes_get_u8(r);
    struct peer *peer = peer_of(number);
    size = size < bytes_left(r) ? size : bytes_left(r);
    bytes_get_copy(r, octets, size);
    if (peer != NULL)
        kernel_feed(peer->fd, octets, size);
}

static void
shake_hands(uint8_t how)
{
    for (unsigned i = 0; i < PEERS; i++) {
        struct peer *peer = &world.peers[i];
        if (!is_open(peer) || !peer->has_hello || peer->is_deaf)
            continue;
        int letter = how < 200 ? 'K' : how < 240 ? 'a' + (how - 200) % 24 : 'F';
        uint8_t said = (uint8_t)letter;
        peer->is_deaf = true; /* answered once */
        kernel_feed(peer->fd, &said, 1);
    }
}

static void
end_connection(struct bytes_reader *r)
{
    struct peer *peer = peer_of(bytes_get_u8(r));
    uint8_t how = bytes_get_u8(r);
    if (peer == NULL)
        return;
    struct kernel_fd *stream = &kernel.fds[peer->fd];
    stream->has_ended |= how % 4 == 0;
    stream->is_reset |= how % 4 == 1;
    if (how % 4 >= 2)
        stream->window = how % 4 == 2 ? how * 4U : SIZE_MAX;
}

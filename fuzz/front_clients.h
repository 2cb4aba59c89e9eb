/* front_clients.h - clients of a front that do as an input says, and judge what they get
 * SPDX-License-Identifier: ISC
 *
 * For fuzz_front.c: over UDP a client asks each question from a port of its own, over TCP messages
 * may come in pieces. The kernel is kernel.c's.
 */
#pragma once

#include "os/sock.h"

#include "front_queries.h"
#include "kernel.h"

#define QUERIES_MAX 512 /* of one input */
#define CONNECTIONS 12
#define HELD_MAX    64
#define MESSAGE_MAX QUERY_MAX
#define HEADER_MAX  52 /* of a balancer */

struct asked {
    uint8_t octets[MESSAGE_MAX]; /* the message */
    size_t size;
    uint8_t datagram[HEADER_MAX + MESSAGE_MAX]; /* as it is sent over UDP */
    struct addr at;                             /* over UDP: which of our addresses */
    int connection;                             /* -1: over UDP */
    bool is_answered, is_made;
};

static struct {
    struct asked asked[QUERIES_MAX];
    unsigned count, counted;
    struct connection {
        int fd;
        struct addr client;
        uint8_t answers[70000]; /* what the client got and did not read as messages yet */
        size_t size;
        unsigned sent, answered; /* messages; the first may be in pieces */
        bool is_of_datagrams;    /* a balancer's, that speaks for who asked it over UDP */
    } connections[CONNECTIONS];
    struct handoff_query held[HELD_MAX];
    unsigned held_count;
    bool is_worker_hostile, is_stopping;
    uint32_t ring_number, old_ring; /* the newest; one that a reload replaced, or 0 */
    uint32_t reloads, reload;       /* that there were; the one that is not answered, or 0 */
    uint32_t flushes;               /* that there were */
    bool is_held;                   /* the front was told to leave the listening sockets alone */
    bool is_flushing;               /* the last one is not answered */
    bool is_reload_odd;             /* only a restart could take it up */
    bool blocks;                    /* from the beginning, without an end */
    int udp[2], tcp[2];             /* IPv4, IPv6; 0: not served */
} world;

/* --- what clients get ------------------------------------------------------------------------ */

static uint32_t
hash_of(const struct dns_question *question)
{
    uint32_t hash = question->type;
    for (size_t i = 0; i < question->name.size; i++)
        hash = hash * 33 + (question->name.wire[i] | 0x20U);
    return hash;
}

/* Where the name in a message ends, as far as it is one. */
static size_t
question_end(const uint8_t *octets, size_t size)
{
    size_t at = DNS_HEADER_SIZE;
    while (at < size && octets[at] != 0)
        at += 1U + octets[at];
    return at + 5;
}

/* What an answer repeats of its query: id, opcode and, if it has one, the question. Without a question, queries of one
 * connection that have the same id are told apart by their opcode alone (RFC 1035 section 4.1.1). */
static bool
is_to(const struct asked *asked, const uint8_t *answer, size_t size)
{
    bool has_question = answer[4] == 0 && answer[5] == 1;
    size_t end = question_end(asked->octets, asked->size);
    if (memcmp(answer, asked->octets, 2) != 0 || ((answer[2] ^ asked->octets[2]) & 0x78) != 0)
        return false;
    return !has_question || (end <= size && end <= asked->size &&
                             memcmp(answer + DNS_HEADER_SIZE, asked->octets + DNS_HEADER_SIZE,
                                    end - DNS_HEADER_SIZE) == 0);
}

/* A sound answer to a query that was well formed. */
static void
check_records(const struct asked *asked, const uint8_t *octets, size_t size)
{
    struct dns_question question = {0};
    struct dns_name localhost = name_of("localhost");
    struct dns_answer answer;
    struct bytes_reader r = bytes_reader(asked->octets, asked->size);
    bytes_skip(&r, DNS_HEADER_SIZE);
    must(dns_name_get(&r, &question.name));
    question.type = bytes_get_u16(&r);
    question.class = bytes_get_u16(&r);
    must(dns_answer_parse(octets, size, &question, &answer) == DNS_ANSWER_OK);
    must((answer.flags & DNS_AA) == 0);
    if (world.is_worker_hostile || answer.rcode != DNS_NOERROR || answer.counts[0] == 0 ||
        question.type != DNS_TYPE_A || dns_name_is_below(&question.name, &localhost))
        return; /* or we know it ourselves (RFC 6761) */
    r = bytes_reader(octets, size);
    bytes_seek(&r, answer.question_end);
    must(dns_name_skip(&r, NULL));
    if (bytes_get_u16(&r) != DNS_TYPE_A)
        return;
    bytes_skip(&r, 8);
    must(bytes_get_u32(&r) == hash_of(&question));
}

static void
take_answer(struct asked *asked, const uint8_t *octets, size_t size)
{
    must(!asked->is_answered && size >= DNS_HEADER_SIZE && is_to(asked, octets, size));
    asked->is_answered = true;
    must((octets[2] & 0x80) != 0);
    must(asked->connection >= 0 || size <= DNS_EDNS_UDP_MAX);
    bool is_cut = octets[2] & 2;
    must(asked->connection < 0 || !is_cut || world.connections[asked->connection].is_of_datagrams);
    if (asked->is_made && !is_cut)
        check_records(asked, octets, size);
}

/* A client asks each of its questions from a port of its own. */
void
kernel_heard_datagram(const struct addr *to, const struct addr *from, const uint8_t *octets,
                      size_t size)
{
    must(to->port >= 1024 && to->port < 1024U + world.count);
    struct asked *asked = &world.asked[to->port - 1024];
    must(asked->connection < 0);
    bool is_any = sock_is_wildcard(&kernel_at(world.udp[to->family == ADDR_IPV6])->local);
    must(is_any ? addr_is_equal(from, &asked->at) : from->family == ADDR_NONE);
    take_answer(asked, octets, size);
}

/*
 * @return a query of a connection that this answers; NULL: none does. One that is well formed has its question in the
 *         answer: what has none is to another with the same id
 */
static struct asked *
asked_on(int connection, const uint8_t *octets, size_t size)
{
    bool has_question = octets[4] == 0 && octets[5] == 1;
    for (unsigned i = 0; i < world.count; i++) {
        struct asked *asked = &world.asked[i];
        if (asked->connection == connection && !asked->is_answered &&
            (has_question || !asked->is_made) && is_to(asked, octets, size))
            return asked;
    }
    return NULL;
}

void
kernel_heard(int fd, const uint8_t *octets, size_t size)
{
    unsigned number = kernel_at(fd)->tag;
    struct connection *c = &world.connections[number];
    const uint8_t *message;
    size_t at = 0, message_size;
    must(c->fd == fd && size <= sizeof c->answers - c->size);
    memcpy(c->answers + c->size, octets, size);
    c->size += size;
    while (bytes_frame_peek(c->answers + at, c->size - at, 0, DNS_MESSAGE_MAX, &message,
                            &message_size) == BYTES_FRAME_OK) {
        must(message_size >= DNS_HEADER_SIZE);
        struct asked *asked = asked_on((int)number, message, message_size);
        must(asked != NULL);
        take_answer(asked, message, message_size);
        at += BYTES_FRAME_HEADER + message_size;
    }
    memmove(c->answers, c->answers + at, c->size - at);
    c->size -= at;
}

/* --- what clients do ------------------------------------------------------------------------- */

static struct addr
client_of(uint8_t who)
{
    static const uint8_t group[16] = {0xff, 2, [15] = 1}, net[4] = {0x20, 1, 0x0d, 0xb8};
    struct addr client = {.family = ADDR_IPV4, .bytes = {127, 0, (uint8_t)(who / 4 % 4), 1}};
    client.bytes[3] = (uint8_t)(1 + who % 4);
    if (who >= 240) /* denied, martian, elsewhere */
        client.bytes[0] = who % 3 == 0 ? 203 : who % 3 == 1 ? 0 : 192;
    if (who >= 252)
        client = (struct addr){.family = ADDR_IPV4, .bytes = {192, 0, 2, who}};
    if (who < 128 || who >= 240 || world.udp[1] == 0)
        return client;
    client = (struct addr){.family = ADDR_IPV6};
    memcpy(client.bytes, who == 239 ? group : net, who == 239 ? 16 : 4);
    client.bytes[5] = who == 238 ? 9 : client.bytes[5]; /* denied */
    client.bytes[7] = who / 4 % 4;
    client.bytes[15] = 1 + who % 4;
    return client;
}

/* Which of our addresses a client asks. */
static struct addr
address_of(const struct addr *client, uint8_t who)
{
    struct addr at = {.family = client->family, .bytes = {127, 0, 0, 1}};
    if (client->family == ADDR_IPV4) {
        at.bytes[3] = 1 + who % 2;
        return at;
    }
    memcpy(at.bytes, client->bytes, sizeof at.bytes);
    at.bytes[15] = 53;
    if (who % 8 == 7) { /* link-local */
        at.bytes[0] = 0xfe;
        at.bytes[1] = 0x80;
    }
    return at;
}

/* Made of numbers, or raw. @return NULL: it cannot be kept */
static struct asked *
next_query(struct bytes_reader *r, bool is_raw, const struct addr *client, int connection)
{
    if (world.count == QUERIES_MAX)
        return NULL;
    struct asked *asked = &world.asked[world.count];
    *asked = (struct asked){.connection = connection, .is_made = !is_raw};
    if (is_raw) {
        size_t size = bytes_get_u8(r);
        asked->size = size < bytes_left(r) ? size : bytes_left(r);
        bytes_get_copy(r, asked->octets, asked->size);
    } else {
        asked->is_made = make_query(r, client, (uint8_t)world.count, asked->octets, &asked->size);
    }
    world.count++;
    return asked;
}

#define DATAGRAM 2   /* of a header's transports */
#define BALANCER 255 /* the client that speaks for others, where the configuration lists it */

/* What a balancer writes before a message: nothing, a health check's header, or one that names a
 * client, which may be no sound one. @param must_be  not nothing. @return its octets */
static size_t
make_header(struct bytes_reader *r, bool must_be, uint8_t to[HEADER_MAX])
{
    uint8_t kind = bytes_get_u8(r), who = bytes_get_u8(r);
    kind |= must_be && kind % 8 == 0;
    struct addr client = client_of(who);
    bool is_ipv4 = client.family == ADDR_IPV4;
    size_t octets = is_ipv4 ? 4 : 16;
    struct bytes_writer w = bytes_writer(to, HEADER_MAX);
    if (kind % 8 == 0)
        return 0;
    bytes_put_copy(&w, "\r\n\r\n\0\r\nQUIT\n", 12);
    bytes_put_u8(&w, kind % 8 == 1 ? 0x20 : 0x21);
    bytes_put_u8(&w, (uint8_t)((is_ipv4 ? 0x10 : 0x20) | (kind / 8 % 4)));
    bytes_put_u16(&w, (uint16_t)(2 * octets + 4 + (kind % 8 == 2))); /* or malformed */
    bytes_put_copy(&w, client.bytes, octets);
    bytes_put_zeros(&w, octets);
    bytes_put_u32(&w, 4000U << 16 | 53);
    return w.pos;
}

static void
send_datagram(struct bytes_reader *r, bool is_raw)
{
    uint8_t who = bytes_get_u8(r);
    struct addr client = client_of(who);
    client.port = (uint16_t)(1024 + world.count);
    struct asked *asked = next_query(r, is_raw, &client, -1);
    if (asked == NULL)
        return;
    asked->at = address_of(&client, who);
    size_t headed = who == BALANCER ? make_header(r, is_raw, asked->datagram) : 0;
    memcpy(asked->datagram + headed, asked->octets, asked->size);
    if (kernel_put_datagram(world.udp[client.family == ADDR_IPV6], &client, &asked->at,
                            asked->datagram, headed + asked->size))
        world.counted++;
}

static void
connect_client(struct bytes_reader *r)
{
    uint8_t who = bytes_get_u8(r);
    struct addr client = client_of(who);
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        struct connection *c = &world.connections[i];
        if (c->fd > 0 && kernel.fds[c->fd].kind == KERNEL_STREAMS && kernel.fds[c->fd].tag == i)
            continue;
        for (unsigned k = 0; k < world.count; k++)
            if (world.asked[k].connection == (int)i)
                world.asked[k].is_answered = true; /* it cannot be any more */
        *c = (struct connection){.fd = kernel_stream(i), .client = client};
        client.port = (uint16_t)(50000 + i);
        if (c->fd > 0)
            kernel.fds[c->fd].local = address_of(&client, who);
        if (c->fd > 0 && !kernel_put_arrival(world.tcp[client.family == ADDR_IPV6], &client, c->fd))
            kernel.fds[c->fd].kind = KERNEL_FREE;
        uint8_t header[HEADER_MAX] = {0};
        if (who == BALANCER && c->fd > 0 && kernel.fds[c->fd].kind == KERNEL_STREAMS)
            kernel_feed(c->fd, header, make_header(r, false, header));
        c->is_of_datagrams = header[13] % 16 == DATAGRAM;
        return;
    }
}

/* @return an open connection, or NULL */
static struct connection *
connection_of(uint8_t number)
{
    struct connection *c = &world.connections[number % CONNECTIONS];
    bool is_open = c->fd > 0 && kernel.fds[c->fd].kind == KERNEL_STREAMS &&
                   kernel.fds[c->fd].tag == number % CONNECTIONS;
    return is_open ? c : NULL;
}

/* A message with its length, whole or in two pieces with a turn between; or octets as they are. */
static void
send_stream(struct bytes_reader *r, bool is_raw)
{
    uint8_t frame[2 + MESSAGE_MAX], number = bytes_get_u8(r), cut = bytes_get_u8(r);
    struct connection *c = connection_of(number);
    struct addr nobody = {.family = ADDR_IPV4};
    struct asked *asked =
        next_query(r, is_raw, c != NULL ? &c->client : &nobody, number % CONNECTIONS);
    if (c == NULL || asked == NULL)
        return;
    frame[0] = (uint8_t)(asked->size >> 8);
    frame[1] = (uint8_t)asked->size;
    memcpy(frame + 2, asked->octets, asked->size);
    size_t first = cut % (asked->size + 3);
    kernel_feed(c->fd, frame, first);
    if (first < asked->size + 2 && cut % 2 == 0) {
        kernel.now_us += 1000;
        (void)front_turn(&front, evloop_wait(&front.loop, 0));
        c = connection_of(number);
    }
    if (c != NULL)
        kernel_feed(c->fd, frame + first, asked->size + 2 - first);
}

static void
end_stream(struct bytes_reader *r)
{
    struct connection *c = connection_of(bytes_get_u8(r));
    uint8_t how = bytes_get_u8(r);
    if (c == NULL)
        return;
    struct kernel_fd *stream = &kernel.fds[c->fd];
    stream->has_ended |= how % 4 == 0;
    stream->is_reset |= how % 4 == 1;
    if (how % 4 >= 2) /* reads so much, and no more */
        stream->window = how % 4 == 2 ? how * 8U : SIZE_MAX;
}

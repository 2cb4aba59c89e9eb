/* world_clients.c - see world_clients.h
 * SPDX-License-Identifier: ISC
 */
#include "world_clients.h"

#include "dgram.h"
#include "draw.h"
#include "oracle.h"
#include "process.h"

#include <stdlib.h>
#include <string.h>

#define PORT_FIRST 20000
#define PORTS      40000
#define DELAY_US   200 /* to the front, at most */
#define LATE_US    (300 * KERNEL_MS)
#define AGAIN_US   (1500 * KERNEL_MS) /* until a client asks again; or the network, at once */
#define HEADER     12                 /* with less nobody can be answered */
#define FILTERED   17 /* a datagram with fewer octets reaches no front (docs/LIMITS.md "filter") */

#define JARS        1024
#define CLIENT_HALF 8 /* octets of a cookie */

struct jar {                /* where a client keeps its cookie */
    uint64_t who, since_us; /* whose, and since when it has it */
    size_t size;
    uint8_t cookie[MESSAGE_COOKIE_MAX];
};

static struct {
    struct jar jars[JARS];
    struct ask **all; /* pointers, for events hold them */
    size_t count, room;
    uint64_t answered, datagrams;
} clients;

static void front_took(const struct addr *from, const uint8_t *octets, size_t size);
static void front_sent(const struct addr *from, const struct addr *to, const uint8_t *octets,
                       size_t size);

void
world_clients_begin(void)
{
    clients.count = 0;
    clients.answered = clients.datagrams = 0;
    memset(clients.jars, 0, sizeof clients.jars);
    dgram_on_send = front_sent;
    dgram_on_take = front_took;
}

void
world_clients_end(void)
{
    for (size_t i = 0; i < clients.count; i++)
        free(clients.all[i]);
    clients.count = 0;
}

struct addr
world_clients_address(uint64_t who)
{
    struct addr addr = {.family = ADDR_IPV4, .bytes = {10}};
    unsigned at = 1;
    if (who >> 32 != 0) {
        addr = (struct addr){.family = ADDR_IPV6, .bytes = {0x20, 0x01, 0x0d, 0xb8}};
        at = 13;
    }
    addr.bytes[at] = (uint8_t)(who >> 16);
    addr.bytes[at + 1] = (uint8_t)(who >> 8);
    addr.bytes[at + 2] = (uint8_t)who;
    return addr;
}

struct addr
world_clients_server(const struct addr *client)
{
    if (client->family == ADDR_IPV6)
        return (struct addr){
            .family = ADDR_IPV6, .port = 53, .bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0x53, [15] = 1}};
    return (struct addr){.family = ADDR_IPV4, .port = 53, .bytes = {10, 53, 0, 1}};
}

struct ask *
world_clients_new(const struct act *act)
{
    struct ask *ask = calloc(1, sizeof *ask);
    if (clients.count == clients.room) {
        clients.room = clients.room > 0 ? 2 * clients.room : 1024;
        clients.all = realloc(clients.all, clients.room * sizeof(struct ask *));
    }
    if (ask == NULL || clients.all == NULL)
        abort();
    size_t number = clients.count++;
    clients.all[number] = ask;
    ask->act = act;
    ask->from = world_clients_address(act->who);
    ask->from.port = (uint16_t)(PORT_FIRST + number % PORTS);
    ask->to = world_clients_server(&ask->from);
    return ask;
}

void
world_clients_arrived(struct ask *ask)
{
    ask->arrivals++;
    ask->arrived_us = kernel_now();
    ask->idle_us = process_idle_us();
    ask->arrived_wall_us = kernel_wall();
    oracle_asked(ask);
}

static void
arrive(void *owner, uint64_t number)
{
    struct ask *ask = owner;
    uint8_t message[512];
    size_t size = message_ask(message, ask->id, ask->act->text, ask->type, 1232);
    if (ask->cookie_size > 0)
        size = message_add_cookie(message, size, ask->cookie, ask->cookie_size);
    if (number > 0) {
        ask->is_cut = true;
        size = 1 + number % (size - 1);
    }
    ask->size = size;
    bool is_heard = dgram_arrive(&ask->from, &ask->to, message, size);
    if (is_heard && size >= HEADER)
        world_clients_arrived(ask);
    if (size < FILTERED && is_heard && !world.is_unfiltered)
        oracle_violation("the filter lets through what is no query");
    if (size >= FILTERED && !is_heard)
        oracle_unheard(ask);
}

static struct jar *
jar_of(const struct ask *ask)
{
    return &clients.jars[ask->act->who % JARS];
}

/* A client sends what the server gave it, else its own half. */
static void
put_cookie(struct ask *ask)
{
    const struct jar *jar = jar_of(ask);
    uint8_t own[CLIENT_HALF] = {0xc1, [6] = (uint8_t)(ask->act->who >> 8), (uint8_t)ask->act->who};
    memcpy(ask->cookie, own, sizeof own);
    ask->cookie_size = sizeof own;
    if (jar->size > sizeof own && jar->who == ask->act->who) {
        memcpy(ask->cookie, jar->cookie, jar->size);
        ask->cookie_size = jar->size;
        ask->cookie_us = jar->since_us;
    }
}

static void
keep_cookie(const struct ask *ask)
{
    struct jar *jar = jar_of(ask);
    if (ask->cookie_size == 0 || ask->facts.cookie_size == 0)
        return;
    if (jar->who == ask->act->who && jar->size == ask->facts.cookie_size &&
        memcmp(jar->cookie, ask->facts.cookie, jar->size) == 0)
        return;
    jar->who = ask->act->who;
    jar->since_us = kernel_now();
    jar->size = ask->facts.cookie_size;
    memcpy(jar->cookie, ask->facts.cookie, jar->size);
}

static bool
happens(uint64_t who, uint64_t count, unsigned per_mille)
{
    return per_mille > 0 && draw(who, count, 1000) < per_mille;
}

/* It is on its way, and what can happen to it there does. */
static void
launch(struct ask *ask, uint64_t who)
{
    const struct world_chances *chances = &world.chances;
    uint64_t at_us = kernel_now() + 20 + draw(who, 1, DELAY_US);
    if (happens(who, 2, chances->late))
        at_us += draw(who, 3, LATE_US);
    if (happens(who, 4, chances->lost))
        return;
    if (happens(who, 5, chances->cut)) {
        kernel_at(at_us, arrive, ask, 1 + draw(who, 6, 65536));
        return;
    }
    kernel_at(at_us, arrive, ask, 0);
    if (happens(who, 7, chances->doubled))
        kernel_at(at_us + draw(who, 8, draw(who, 9, 2) == 0 ? AGAIN_US : DELAY_US), arrive, ask, 0);
}

static struct ask *
send_ask(const struct act *act, uint64_t number)
{
    struct ask *ask = world_clients_new(act);
    if (world.cookies_in > 0 && act->who % world.cookies_in == 0)
        put_cookie(ask);
    uint64_t who = draw_who(DRAW_DGRAM, number);
    /* another each time that a port is used again */
    ask->id =
        (uint16_t)(draw(draw_who(DRAW_DGRAM, ask->from.port), 0, 65536) + clients.count / PORTS);
    ask->type = (uint16_t)(act->number != 0 ? act->number : MESSAGE_A);
    ask->sent_us = kernel_now();
    launch(ask, who);
    return ask;
}

void
world_clients_ask(const struct act *act, uint64_t number)
{
    (void)send_ask(act, number);
}

void
world_clients_flood(const struct act *act, uint64_t number)
{
    send_ask(act, number)->is_flood = true;
}

/* Nobody can ask from there, or it answers whatever it is sent (docs/LIMITS.md "filter"). */
static const struct addr nowhere[] = {
    {.family = ADDR_IPV4, .port = 53, .bytes = {10, 53, 0, 1}}, /* the address that is asked */
    {.family = ADDR_IPV4, .port = 4711, .bytes = {127, 0, 0, 1}},
    {.family = ADDR_IPV4, .port = 4711, .bytes = {0, 1, 2, 3}},
    {.family = ADDR_IPV4, .port = 4711, .bytes = {224, 0, 0, 251}},
    {.family = ADDR_IPV4, .port = 4711, .bytes = {255, 255, 255, 255}},
    {.family = ADDR_IPV4, .port = 0, .bytes = {10, 1, 2, 3}},
    {.family = ADDR_IPV4, .port = 7, .bytes = {10, 1, 2, 3}},
    {.family = ADDR_IPV4, .port = 53, .bytes = {10, 1, 2, 3}},
    {.family = ADDR_IPV4, .port = 11211, .bytes = {10, 1, 2, 3}},
    {.family = ADDR_IPV6, .port = 4711, .bytes = {0}},
    {.family = ADDR_IPV6, .port = 4711, .bytes = {[15] = 1}},
    {.family = ADDR_IPV6, .port = 4711, .bytes = {0xff, 2, [15] = 1}},
    {.family = ADDR_IPV6, .port = 53, .bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0x53, [15] = 1}},
};

void
world_clients_forge(const struct act *act, uint64_t number)
{
    const struct addr *from = &nowhere[act->number % (sizeof nowhere / sizeof nowhere[0])];
    struct addr to = world_clients_server(from);
    uint8_t message[512];
    size_t size = message_ask(message, (uint16_t)number, act->text, MESSAGE_A, 1232);
    (void)dgram_arrive(from, &to, message, size);
}

static struct ask *
find(const struct addr *client, const uint8_t *octets, size_t size)
{
    unsigned id = size >= 2 ? (unsigned)octets[0] << 8 | octets[1] : 0;
    size_t first = client->port >= PORT_FIRST ? client->port - (size_t)PORT_FIRST : SIZE_MAX;
    for (size_t i = first; i < clients.count; i += PORTS)
        if (clients.all[i]->id == id && clients.all[i]->conn == NULL &&
            addr_is_equal(&clients.all[i]->from, client))
            return clients.all[i];
    return NULL;
}

static void
front_took(const struct addr *from, const uint8_t *octets, size_t size)
{
    struct ask *ask = find(from, octets, size);
    if (ask != NULL)
        oracle_taken(ask);
}

void
world_clients_response(struct ask *ask, const uint8_t *octets, size_t size)
{
    struct message_facts facts;
    if (!message_read(octets, size, &facts)) {
        oracle_violation("a response that is no message");
        return;
    }
    if (ask->responses++ >= ask->arrivals) {
        oracle_violation("a second response");
        return;
    }
    ask->ended_us = kernel_now();
    ask->response_size = size;
    ask->facts = facts;
    clients.answered += facts.rcode == 0 || facts.rcode == 3;
    oracle_answered(ask);
    keep_cookie(ask);
}

static void
front_sent(const struct addr *from, const struct addr *to, const uint8_t *octets, size_t size)
{
    struct ask *ask = find(to, octets, size);
    clients.datagrams++;
    if (ask == NULL || ask->arrived_us == 0) {
        oracle_violation("a response to whom did not ask");
        return;
    }
    if (!addr_is_equal(from, &ask->to))
        oracle_violation("a response from another address than was asked");
    world_clients_response(ask, octets, size);
}

struct ask *
world_clients_at(size_t i)
{
    return i < clients.count ? clients.all[i] : NULL;
}

uint64_t
world_clients_asked(void)
{
    return clients.count;
}

uint64_t
world_clients_answered(void)
{
    return clients.answered;
}

uint64_t
world_clients_datagrams(void)
{
    return clients.datagrams;
}

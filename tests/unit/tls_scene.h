/* tls_scene.h - a client session wired to a server in memory, for the tests of worker/tls_*
 * SPDX-License-Identifier: ISC
 *
 * Keys and certificates are those of tls_party.h; no file, no socket, no sleep.
 */
#pragma once

#include "tls_party.h"

#include "worker/tls_context.h"
#include "worker/tls_setup.h"
#include "worker/tls_show.h"
#include "worker/tls_ticket.h"

#include "os/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIRE_MAX (256U << 10)
#define QUESTION "a question that must not leak"

/* --- the server --------------------------------------------------------------------------- */

struct wire {
    uint8_t *data;
    size_t head, tail;
};

struct server {
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_ticket_context tickets;
    mbedtls_x509_crt chain;
    struct wire to_server, to_client;
    char heard[256];
    size_t heard_size;
    int last; /* what mbedTLS returned last */
};

static inline int
server_send(void *owner, const unsigned char *from, size_t size)
{
    struct wire *w = &((struct server *)owner)->to_client;
    cr_assert(w->tail + size <= WIRE_MAX);
    memcpy(w->data + w->tail, from, size);
    w->tail += size;
    return (int)size;
}

static inline int
server_receive(void *owner, unsigned char *to, size_t size)
{
    struct wire *w = &((struct server *)owner)->to_server;
    size_t have = w->tail - w->head;
    if (have == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    size = size < have ? size : have;
    memcpy(to, w->data + w->head, size);
    w->head += size;
    return (int)size;
}

/* `chain`: the server's own party first, NULL at the end */
static inline void
server_init(struct server *s, struct party **chain)
{
    *s = (struct server){0};
    s->to_server.data = malloc(WIRE_MAX);
    s->to_client.data = malloc(WIRE_MAX);
    mbedtls_ssl_config_init(&s->config);
    mbedtls_ssl_init(&s->ssl);
    mbedtls_x509_crt_init(&s->chain);
    mbedtls_ssl_ticket_init(&s->tickets);
    mbedtls_ssl_config_defaults(&s->config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&s->config, rng, NULL);
    for (struct party **p = chain; *p != NULL; p++)
        cr_assert_eq(mbedtls_x509_crt_parse_der(&s->chain, (*p)->der, (*p)->der_size), 0);
    cr_assert_eq(mbedtls_ssl_conf_own_cert(&s->config, &s->chain, &chain[0]->key), 0);
    cr_assert_eq(
        mbedtls_ssl_ticket_setup(&s->tickets, rng, NULL, MBEDTLS_CIPHER_AES_256_GCM, 86400), 0);
    mbedtls_ssl_conf_session_tickets_cb(&s->config, mbedtls_ssl_ticket_write,
                                        mbedtls_ssl_ticket_parse, &s->tickets);
    mbedtls_ssl_conf_new_session_tickets(&s->config, 2);
    mbedtls_ssl_conf_tls13_key_exchange_modes(&s->config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_ALL);
}

static inline void
server_begin(struct server *s)
{
    mbedtls_ssl_free(&s->ssl);
    mbedtls_ssl_init(&s->ssl);
    cr_assert_eq(mbedtls_ssl_setup(&s->ssl, &s->config), 0);
    mbedtls_ssl_set_bio(&s->ssl, s, server_send, server_receive, NULL);
    s->to_server.head = s->to_server.tail = s->to_client.head = s->to_client.tail = 0;
    s->heard_size = 0;
    s->last = MBEDTLS_ERR_SSL_WANT_READ;
}

static inline void
server_fini(struct server *s)
{
    mbedtls_ssl_free(&s->ssl);
    mbedtls_ssl_config_free(&s->config);
    mbedtls_x509_crt_free(&s->chain);
    mbedtls_ssl_ticket_free(&s->tickets);
    free(s->to_server.data);
    free(s->to_client.data);
}

/* Handshake, then listen. */
static inline void
server_step(struct server *s)
{
    s->last = mbedtls_ssl_handshake(&s->ssl);
    if (s->last != 0)
        return;
    int size = mbedtls_ssl_read(&s->ssl, (unsigned char *)s->heard + s->heard_size,
                                sizeof s->heard - s->heard_size);
    s->last = size;
    if (size > 0)
        s->heard_size += (size_t)size;
}

/* --- the client --------------------------------------------------------------------------- */

struct client {
    struct tls_context *context;
    struct tls_session *session;
    uint8_t *in, *out;
    enum tls_result result;
    uint64_t now_ms;
};

static inline void
client_init_under(struct client *c, const struct config_upstream *upstream, struct tls_rules rules,
                  struct tls_anchors *anchors)
{
    *c = (struct client){.now_ms = 1000};
    c->context = calloc(1, tls_context_bytes());
    c->session = calloc(1, tls_session_bytes());
    c->in = malloc(TLS_IN_BYTES);
    c->out = malloc(TLS_OUT_BYTES);
    cr_assert_eq(tls_context_init(c->context, upstream, "", rules, anchors), STATUS_OK);
}

static inline void
client_init(struct client *c, const struct config_upstream *upstream, uint32_t versions,
            struct tls_anchors *anchors)
{
    client_init_under(c, upstream, (struct tls_rules){.versions = versions}, anchors);
}

static inline void
client_fini(struct client *c)
{
    tls_session_close(c->session);
    tls_session_close(c->session);
    tls_context_fini(c->context);
    free(c->context);
    free(c->session);
    free(c->in);
    free(c->out);
}

static inline bool
carry(struct client *c, struct server *s, size_t most)
{
    size_t due, room;
    const uint8_t *from = tls_session_due(c->session, &due);
    due = due < most ? due : most;
    memcpy(s->to_server.data + s->to_server.tail, from, due);
    s->to_server.tail += due;
    tls_session_sent(c->session, due);
    uint8_t *to = tls_session_room(c->session, &room);
    size_t have = s->to_client.tail - s->to_client.head;
    have = have < most ? have : most;
    have = have < room ? have : room;
    memcpy(to, s->to_client.data + s->to_client.head, have);
    s->to_client.head += have;
    if (have > 0)
        tls_session_fed(c->session, have);
    return due > 0 || have > 0;
}

/* Run the handshake, at most `most` bytes in each direction at a time, until nothing moves. */
static inline enum tls_result
meet(struct client *c, struct server *s, size_t most)
{
    server_begin(s);
    tls_session_close(c->session);
    cr_assert_eq(tls_session_open(c->session, c->context, c->in, c->out, c->now_ms), STATUS_OK);
    for (bool moved = true; moved;) {
        c->result = tls_session_handshake(c->session);
        moved = carry(c, s, most);
        server_step(s);
        moved = carry(c, s, most) || moved;
        if (c->result == TLS_FAILED)
            break;
    }
    return c->result;
}

/* Take what the server says until nothing is left. */
static inline enum tls_result
hear(struct client *c, struct server *s, char *to, size_t room, size_t *got)
{
    *got = 0;
    for (;;) {
        carry(c, s, SIZE_MAX);
        size_t size;
        enum tls_result result =
            tls_session_read(c->session, (uint8_t *)to + *got, room - *got, &size);
        *got += size;
        if (result != TLS_OK && s->to_client.head == s->to_client.tail)
            return result;
        if (result != TLS_OK && result != TLS_AGAIN_READ)
            return result;
    }
}

static inline void
assert_talks(struct client *c, struct server *s)
{
    size_t taken, got;
    char answer[64];
    cr_assert_eq(tls_session_write(c->session, (const uint8_t *)QUESTION, sizeof QUESTION, &taken),
                 TLS_OK);
    cr_assert_eq(taken, sizeof QUESTION);
    carry(c, s, SIZE_MAX);
    server_step(s);
    cr_assert_str_eq(s->heard, QUESTION);
    cr_assert_eq(mbedtls_ssl_write(&s->ssl, (const unsigned char *)"answer", 7), 7);
    cr_assert_eq(hear(c, s, answer, sizeof answer, &got), TLS_AGAIN_READ);
    cr_assert_eq(got, 7);
    cr_assert_str_eq(answer, "answer");
}

/* What must hold whenever a peer is refused: nothing can be written, and nothing was. */
static inline void
assert_silent(struct client *c, struct server *s)
{
    size_t taken, due;
    uint8_t byte;
    tls_session_due(c->session, &due);
    cr_assert_eq(tls_session_write(c->session, (const uint8_t *)QUESTION, sizeof QUESTION, &taken),
                 TLS_FAILED);
    size_t after;
    tls_session_due(c->session, &after);
    cr_assert_eq(after, due);
    cr_assert_eq(tls_session_read(c->session, &byte, 1, &taken), TLS_FAILED);
    cr_assert_eq(tls_session_handshake(c->session), TLS_FAILED);
    cr_assert_eq(s->heard_size, 0);
    cr_assert_eq(tls_ticket_count(c->context, 0), 0);
}

static inline struct config_upstream
policy(enum config_verify verify, const char *name, const struct party *pin,
       const struct party *backup)
{
    struct config_upstream upstream = {.verify = verify};
    snprintf(upstream.tls_name, sizeof upstream.tls_name, "%s", name);
    if (pin != NULL)
        memcpy(upstream.pins[upstream.pins_count++], pin->pin, CONFIG_PIN_BYTES);
    if (backup != NULL)
        memcpy(upstream.pins[upstream.pins_count++], backup->pin, CONFIG_PIN_BYTES);
    return upstream;
}

static int64_t wall_ahead_s;

/* The wall clock as the library reads it: ours to set. */
time_t
time(time_t *to)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time_t shown = now.tv_sec + (time_t)wall_ahead_s;
    if (to != NULL)
        *to = shown;
    return shown;
}

struct scene { /* one handshake, start to end */
    struct client client;
    struct server server;
};

static inline void
play(struct scene *s, struct config_upstream upstream, struct party *ca, struct party **chain)
{
    server_init(&s->server, chain);
    client_init(&s->client, &upstream, CONFIG_TLS13, ca != NULL ? anchors_of(ca) : NULL);
}

static inline void
expect_trusted(struct config_upstream upstream, struct party *ca, struct party **chain, int pin,
               unsigned depth)
{
    struct scene s;
    play(&s, upstream, ca, chain);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK, "%s",
                 tls_session_error(s.client.session));
    const struct tls_facts *facts = tls_session_facts(s.client.session);
    cr_assert_eq(facts->pin_index, pin);
    cr_assert_eq(facts->pin_depth, depth);
    cr_assert_eq(facts->version, 0x0304);
    cr_assert_eq(facts->cipher, 0x1301);
    cr_assert_not(facts->resumed);
    cr_assert(memcmp(facts->leaf_pin, chain[0]->pin, CONFIG_PIN_BYTES) == 0);
    assert_talks(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

static inline void
expect_refused(struct config_upstream upstream, struct party *ca, struct party **chain,
               enum tls_cause cause, const char *words)
{
    struct scene s;
    play(&s, upstream, ca, chain);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_FAILED);
    const char *error = tls_session_error(s.client.session);
    printf("%s\n", error);
    cr_assert_eq(tls_session_cause(s.client.session), cause, "cause %d: %s",
                 tls_session_cause(s.client.session), error);
    cr_assert(strstr(error, words) != NULL, "\"%s\" not in: %s", words, error);
    assert_silent(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

#define CHAIN(...) ((struct party *[]){__VA_ARGS__, NULL})

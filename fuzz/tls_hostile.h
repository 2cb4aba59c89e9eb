/* tls_hostile.h - a TLS server that has the key, and changes to what it says
 * SPDX-License-Identifier: ISC
 *
 * Changes are of the server's handshake messages, before they are hashed, signed and encrypted (by
 * calls of mbedTLS that end here, -Wl,--wrap), or of records on their way to the client. What they
 * came to is noted in `run`.
 */
#pragma once

#include "../tests/unit/tls_scene.h"

#include "base/bytes.h"

#include "fuzz.h"

#define CHANGES_MAX 4
#define FLIGHT_MAX  (64U << 10)
#define SAID_MAX    8192

#define HANDSHAKE_HEADER 4
#define RECORD_HEADER    5
#define RECORD_HANDSHAKE 22
#define RECORD_DATA      23

enum kind { SET, FLIP, INSERT, DELETE, CUT, REPEAT, ADD_RECORD, DROP, KINDS };

struct change {
    bool is_of_record; /* else of a handshake message */
    uint8_t number;    /* of the message or record, counted over both connections */
    enum kind kind;
    uint16_t at;
    uint8_t size;
    const uint8_t *octets;
};

static struct change changes[CHANGES_MAX];
static unsigned changes_count;

/* What became of one input. */
static struct {
    uint64_t seed; /* of its own randomness: its keys are no other input's */
    unsigned messages, records;
    bool is_touched; /* anything that was sent, in any way */
    /* of this connection */
    bool is_proof_changed; /* of CertificateVerify, Finished or ServerKeyExchange */
    bool is_path_changed;  /* of records that cannot be changed unseen */
    bool is_leaf_genuine, is_key_genuine;
    bool is_hooked; /* the message that is about to be finished was changed before it was hashed */
    size_t hooked_size;
    uint8_t said[SAID_MAX];
    size_t said_size, heard_size;
} run;

static struct server servers[3]; /* TLS 1.3; TLS 1.2; a stranger */
static struct server *server;
static struct client client;
static uint8_t flight[FLIGHT_MAX]; /* records on their way to the client */
static size_t flight_size, flight_at;

/* --- changes --------------------------------------------------------------------------------- */

/* @return the new size of what had `size` octets, in room for `room` */
static size_t
apply(const struct change *change, uint8_t *octets, size_t size, size_t room)
{
    size_t at = size > 0 ? change->at % size : 0;
    size_t count = change->size < size - at ? change->size : size - at;
    switch (change->kind) {
    case FLIP:
        if (size > 0)
            octets[at] = (uint8_t)(octets[at] ^ 1U << change->size % 8);
        return size;
    case SET:
        memcpy(octets + at, change->octets, count);
        return size;
    case INSERT:
        if (change->size > room - size)
            return size;
        memmove(octets + at + change->size, octets + at, size - at);
        memcpy(octets + at, change->octets, change->size);
        return size + change->size;
    case DELETE:
        memmove(octets + at, octets + at + count, size - at - count);
        return size - count;
    case CUT:
        return at;
    case REPEAT:
        count = count < room - size ? count : room - size;
        memmove(octets + at + count, octets + at, size - at);
        return size + count;
    case ADD_RECORD:
    case DROP:
    case KINDS:
        break;
    }
    return size;
}

static bool
contains(const uint8_t *octets, size_t size, const uint8_t *part, size_t part_size)
{
    return memmem(octets, size, part, part_size) != NULL;
}

/* What the leaf's issuer signed: behind the header of the certificate. */
static void
look_at_certificate(const uint8_t *message, size_t size)
{
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    must(mbedtls_x509_crt_parse_der(&crt, leaf.der, leaf.der_size) == 0);
    run.is_leaf_genuine = contains(message, size, crt.tbs.p, crt.tbs.len);
    run.is_key_genuine = contains(message, size, crt.pk_raw.p, crt.pk_raw.len);
    mbedtls_x509_crt_free(&crt);
}

/* One handshake message of the server. @return its new size */
static size_t
change_message(unsigned type, uint8_t *body, size_t size, size_t room)
{
    static uint8_t before[MBEDTLS_SSL_OUT_CONTENT_LEN];
    size_t was = size;
    memcpy(before, body, size);
    for (unsigned i = 0; i < changes_count; i++)
        if (!changes[i].is_of_record && changes[i].number == run.messages)
            size = apply(&changes[i], body, size, room);
    run.messages++;
    bool is_changed = size != was || memcmp(before, body, size) != 0;
    run.is_touched |= is_changed;
    /* what stands behind a signature, mbedTLS does not look at; it is hashed with the rest */
    bool is_proof = type == MBEDTLS_SSL_HS_CERTIFICATE_VERIFY || type == MBEDTLS_SSL_HS_FINISHED ||
                    type == MBEDTLS_SSL_HS_SERVER_KEY_EXCHANGE;
    run.is_proof_changed |= is_proof && (size < was || memcmp(before, body, was) != 0);
    if (type == MBEDTLS_SSL_HS_CERTIFICATE)
        look_at_certificate(body, size);
    return size;
}

int __real_mbedtls_ssl_add_hs_msg_to_checksum(mbedtls_ssl_context *ssl, unsigned type,
                                              const unsigned char *body, size_t size);
int __wrap_mbedtls_ssl_add_hs_msg_to_checksum(mbedtls_ssl_context *ssl, unsigned type,
                                              const unsigned char *body, size_t size);
int __real_mbedtls_ssl_finish_handshake_msg(mbedtls_ssl_context *ssl, size_t room, size_t size);
int __wrap_mbedtls_ssl_finish_handshake_msg(mbedtls_ssl_context *ssl, size_t room, size_t size);
int __real_mbedtls_ssl_write_handshake_msg_ext(mbedtls_ssl_context *ssl, int hash, int flush);
int __wrap_mbedtls_ssl_write_handshake_msg_ext(mbedtls_ssl_context *ssl, int hash, int flush);

static uint8_t *
body_of(const mbedtls_ssl_context *ssl)
{
    return ssl->MBEDTLS_PRIVATE(out_msg) + HANDSHAKE_HEADER;
}

/* TLS 1.3 hashes a message, */
int
__wrap_mbedtls_ssl_add_hs_msg_to_checksum(mbedtls_ssl_context *ssl, unsigned type,
                                          const unsigned char *body, size_t size)
{
    if (ssl == &server->ssl && body == body_of(ssl)) {
        size = change_message(type, body_of(ssl), size,
                              MBEDTLS_SSL_OUT_CONTENT_LEN - HANDSHAKE_HEADER);
        run.is_hooked = true;
        run.hooked_size = size;
    }
    return __real_mbedtls_ssl_add_hs_msg_to_checksum(ssl, type, body, size);
}

/* and sends it, with the size that it has now. */
int
__wrap_mbedtls_ssl_finish_handshake_msg(mbedtls_ssl_context *ssl, size_t room, size_t size)
{
    if (ssl == &server->ssl) {
        size = run.is_hooked ? run.hooked_size
                             : change_message(MBEDTLS_SSL_HS_NEW_SESSION_TICKET, body_of(ssl), size,
                                              MBEDTLS_SSL_OUT_CONTENT_LEN - HANDSHAKE_HEADER);
        run.is_hooked = false;
    }
    return __real_mbedtls_ssl_finish_handshake_msg(ssl, room, size);
}

/* TLS 1.2 does both at once. */
int
__wrap_mbedtls_ssl_write_handshake_msg_ext(mbedtls_ssl_context *ssl, int hash, int flush)
{
    if (ssl == &server->ssl && ssl->MBEDTLS_PRIVATE(out_msglen) >= HANDSHAKE_HEADER) {
        size_t size = ssl->MBEDTLS_PRIVATE(out_msglen) - HANDSHAKE_HEADER;
        size = change_message(ssl->MBEDTLS_PRIVATE(out_msg)[0], body_of(ssl), size,
                              MBEDTLS_SSL_OUT_CONTENT_LEN - HANDSHAKE_HEADER);
        ssl->MBEDTLS_PRIVATE(out_msglen) = size + HANDSHAKE_HEADER;
    }
    return __real_mbedtls_ssl_write_handshake_msg_ext(ssl, hash, flush);
}

/* --- the input ----------------------------------------------------------------------------- */

static void
read_changes(struct bytes_reader *r)
{
    changes_count = bytes_get_u8(r) % (CHANGES_MAX + 1);
    for (unsigned i = 0; i < changes_count; i++) {
        uint8_t where = bytes_get_u8(r);
        changes[i] = (struct change){.is_of_record = where >= 128,
                                     .number = where % 32,
                                     .kind = bytes_get_u8(r) % KINDS,
                                     .at = bytes_get_u16(r)};
        size_t size = bytes_get_u8(r) % 64;
        changes[i].size = (uint8_t)(size < bytes_left(r) ? size : bytes_left(r));
        changes[i].octets = bytes_get_view(r, changes[i].size);
        if (changes[i].octets == NULL)
            changes[i] = (struct change){.kind = KINDS, .octets = (const uint8_t *)""};
    }
}

/* --- the path -------------------------------------------------------------------------------- */

static void
put_record(const uint8_t header[RECORD_HEADER], const uint8_t *body, size_t size)
{
    must(flight_size + RECORD_HEADER + size <= FLIGHT_MAX);
    memcpy(flight + flight_size, header, RECORD_HEADER);
    flight[flight_size + 3] = (uint8_t)(size >> 8);
    flight[flight_size + 4] = (uint8_t)size;
    memcpy(flight + flight_size + RECORD_HEADER, body, size);
    flight_size += RECORD_HEADER + size;
}

static void
add_record(const struct change *change)
{
    uint8_t header[RECORD_HEADER] = {(uint8_t)(20 + change->at % 5), 3, 3};
    put_record(header, change->octets, change->size);
    run.is_touched = true;
}

/* A record as the server sent it, which becomes what the changes make of it. */
static void
send_record(const uint8_t *record, size_t size)
{
    static uint8_t body[FLIGHT_MAX];
    size_t was = size - RECORD_HEADER, is = was;
    bool is_dropped = false;
    memcpy(body, record + RECORD_HEADER, was);
    for (unsigned i = 0; i < changes_count; i++) {
        if (!changes[i].is_of_record || changes[i].number != run.records)
            continue;
        if (changes[i].kind == ADD_RECORD)
            add_record(&changes[i]);
        is_dropped |= changes[i].kind == DROP;
        is = apply(&changes[i], body, is, 20000);
    }
    run.records++;
    bool is_changed = is_dropped || is != was || memcmp(body, record + RECORD_HEADER, was) != 0;
    bool is_bound = record[0] == RECORD_HANDSHAKE || record[0] == RECORD_DATA;
    run.is_touched |= is_changed;
    run.is_path_changed |= is_changed && is_bound;
    if (!is_dropped)
        put_record(record, body, is);
}

/* What the server says goes on its way record by record. */
static void
take_flight(void)
{
    struct wire *wire = &server->to_client;
    while (wire->tail - wire->head >= RECORD_HEADER) {
        const uint8_t *record = wire->data + wire->head;
        size_t size = RECORD_HEADER + ((size_t)record[3] << 8 | record[4]);
        must(size <= wire->tail - wire->head);
        send_record(record, size);
        wire->head += size;
    }
}

/* @return whether anything moved */
static bool
carry_both(size_t piece)
{
    size_t due, room;
    struct wire *to_server = &server->to_server;
    const uint8_t *from = tls_session_due(client.session, &due);
    must(due <= TLS_OUT_BYTES && to_server->tail + due <= WIRE_MAX);
    memcpy(to_server->data + to_server->tail, from, due);
    to_server->tail += due;
    tls_session_sent(client.session, due);
    take_flight();
    uint8_t *to = tls_session_room(client.session, &room);
    size_t have = flight_size - flight_at;
    have = have < piece ? have : piece;
    have = have < room ? have : room;
    memcpy(to, flight + flight_at, have);
    flight_at += have;
    if (have > 0)
        tls_session_fed(client.session, have);
    return due > 0 || have > 0;
}

/* tls_hello.h - what a server says first, read as it came beside the TLS library
 * SPDX-License-Identifier: ISC
 *
 * What: takes the hello out of the records that carry it, and reads what is judged of it. The library
 *       is through with a hello, and has wiped one that asks for another try, when it returns.
 * Who:  tls_session.c, tls_check.c. Pure.
 * Ref:  RFC 8446 sections 4.1.3, 4.1.4, 4.2.8 and 5.1; RFC 8422 section 5.4; RFC 7627 section 5.1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_HELLO_MOST 2048U /* octets of a hello with its header; a longer one is not read */

struct tls_hello_reader { /* all zero: no octet came */
    uint8_t header[5];    /* of a record */
    size_t header_size;   /* octets of it that came */
    size_t left;          /* octets of the record that did not come yet */
    size_t size;          /* octets of `message`; all up to a complete hello */
    uint8_t message[TLS_HELLO_MOST];
};

struct tls_hello {
    bool is_retry;            /* it asks for another try (HelloRetryRequest) */
    bool has_extended_secret; /* TLS 1.2: it agrees to the extended master secret */
    uint16_t old_version;     /* in the place where 0x0303 has to stand */
    uint16_t group; /* TLS 1.3: IANA's number of the group of its key_share; 0: it has none */
};

/** So many octets of the stream came while a hello was awaited, and in the clear. */
void tls_hello_feed(struct tls_hello_reader *reader, const uint8_t *from, size_t size);

/** Read the hello. @return false: it is not whole, too long, or no hello */
bool tls_hello_read(const struct tls_hello_reader *reader, struct tls_hello *hello);

/**
 * The group of a TLS 1.2 server's key exchange.
 *
 * @param message  ServerKeyExchange with its header, `size` octets
 * @return IANA's number; 0: it names none
 */
uint16_t tls_hello_exchange_group(const uint8_t *message, size_t size);

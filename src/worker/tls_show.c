/* tls_show.c - see tls_show.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_show.h"

#include "worker/tls_internal.h"
#include "worker/tls_pin.h"
#include "worker/tls_time.h"

#include <mbedtls/sha256.h>
#include <stdio.h>

enum status
tls_show_certificate(const struct tls_session *session, unsigned depth, struct tls_show_item *item)
{
    *item = (struct tls_show_item){0};
    /* a handshake that ended badly leaves them where they were negotiated */
    const mbedtls_ssl_session *at = session->ssl.MBEDTLS_PRIVATE(session_negotiate);
    const mbedtls_x509_crt *crt = mbedtls_ssl_get_peer_cert(&session->ssl);
    if (crt == NULL && at != NULL && session->is_shown)
        crt = at->MBEDTLS_PRIVATE(peer_cert);
    for (; crt != NULL && depth > 0; depth--)
        crt = crt->next;
    if (crt == NULL || crt->raw.p == NULL || !tls_pin_of(crt, item->pin) ||
        mbedtls_sha256(crt->raw.p, crt->raw.len, item->sum, 0) != 0)
        return STATUS_NONE;
    item->ends_s = tls_time_seconds(&crt->valid_to);
    char subject[160];
    if (mbedtls_x509_dn_gets(subject, sizeof subject, &crt->subject) < 0)
        subject[0] = '\0';
    const mbedtls_x509_time *from = &crt->valid_from, *to = &crt->valid_to;
    snprintf(item->text, sizeof item->text, "%s, valid %04d-%02d-%02d to %04d-%02d-%02d", subject,
             from->year, from->mon, from->day, to->year, to->mon, to->day);
    return STATUS_OK;
}

const char *
tls_show_version(uint16_t version)
{
    return version == 0x0304 ? "TLS 1.3" : version == 0x0303 ? "TLS 1.2" : "TLS ?";
}

/* IANA's names, for mbedTLS has names of its own */
const char *
tls_show_cipher(uint16_t cipher)
{
    switch (cipher) {
    case MBEDTLS_TLS1_3_AES_128_GCM_SHA256:
        return "TLS_AES_128_GCM_SHA256";
    case MBEDTLS_TLS1_3_AES_256_GCM_SHA384:
        return "TLS_AES_256_GCM_SHA384";
    case MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256:
        return "TLS_CHACHA20_POLY1305_SHA256";
    default:
        return mbedtls_ssl_get_ciphersuite_name(cipher);
    }
}

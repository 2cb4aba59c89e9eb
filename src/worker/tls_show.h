/* tls_show.h - what there is to be seen of a session: certificates, version, cipher suite
 * SPDX-License-Identifier: ISC
 *
 * What: texts for the log and for `penstock pin`.
 * Who:  worker: upstream.c, pin_look.c.
 */
#pragma once

#include "worker/tls_session.h"

struct tls_show_item { /* one certificate that the peer sent */
    uint8_t pin[CONFIG_PIN_BYTES];
    uint8_t sum[32]; /* SHA-256 of its DER */
    int64_t ends_s;  /* since 1970 */
    char text[256];  /* subject and validity, printable */
};

/** The `depth`-th certificate the peer sent (0 leaf). @return STATUS_OK; STATUS_NONE. */
MUST_CHECK enum status tls_show_certificate(const struct tls_session *session, unsigned depth,
                                            struct tls_show_item *item);

const char *tls_show_version(uint16_t version);
const char *tls_show_cipher(uint16_t cipher);

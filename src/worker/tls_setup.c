/* tls_setup.c - see tls_setup.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_setup.h"

#include "worker/tls_internal.h"

#include <mbedtls/version.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status
tls_setup_library(void)
{
    mbedtls_x509_time now;
    if (psa_crypto_init() != PSA_SUCCESS)
        return STATUS_SYSTEM;
    /* gmtime_r() reads the time zone's file once; under the filter it could not */
    if (mbedtls_x509_time_gmtime(mbedtls_time(NULL), &now) != 0)
        return STATUS_SYSTEM;
    return STATUS_OK;
}

void
tls_setup_version(char *text, size_t size)
{
    char version[18]; /* that is what mbedTLS asks for */
    mbedtls_version_get_string_full(version);
    snprintf(text, size, "%s", version);
}

enum status
tls_setup_anchors(const void *pem, size_t size, struct tls_anchors **anchors, unsigned *count,
                  unsigned *skipped)
{
    *anchors = NULL;
    *count = *skipped = 0;
    uint8_t *text = malloc(size + 1); /* the parser wants a NUL */
    struct tls_anchors *made = calloc(1, sizeof *made);
    if (text == NULL || made == NULL) {
        free(text);
        free(made);
        return STATUS_SYSTEM;
    }
    memcpy(text, pem, size);
    text[size] = '\0';
    mbedtls_x509_crt_init(&made->chain);
    int left_out = mbedtls_x509_crt_parse(&made->chain, text, size + 1);
    free(text);
    if (left_out < 0 || made->chain.raw.len == 0) {
        mbedtls_x509_crt_free(&made->chain);
        free(made);
        return STATUS_INVALID;
    }
    for (const mbedtls_x509_crt *crt = &made->chain; crt != NULL; crt = crt->next)
        ++*count;
    *skipped = (unsigned)left_out;
    *anchors = made;
    return STATUS_OK;
}

/* tls_name.c - see tls_name.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_name.h"

#include <mbedtls/oid.h>
#include <string.h>
#include <strings.h>

static bool
is_same(const unsigned char *a, const char *b, size_t size)
{
    return strncasecmp((const char *)a, b, size) == 0;
}

/* "*.example.net" is for each name one label longer than what follows the star, and no other. */
static bool
dns_matches(const mbedtls_x509_buf *given, const char *name)
{
    size_t size = strlen(name);
    if (given->len == 0 || memchr(given->p, '\0', given->len) != NULL)
        return false;
    if (given->len == size && is_same(given->p, name, size))
        return true;
    const char *rest = strchr(name, '.');
    if (given->len < 3 || given->p[0] != '*' || given->p[1] != '.' || rest == NULL || rest == name)
        return false;
    return given->len - 1 == strlen(rest) && is_same(given->p + 1, rest, given->len - 1);
}

bool
tls_name_matches(const struct tls_context *context, const mbedtls_x509_crt *leaf)
{
    if (!mbedtls_x509_crt_has_ext_type(leaf, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME))
        return false;
    for (const mbedtls_x509_sequence *san = &leaf->subject_alt_names; san != NULL;
         san = san->next) {
        int type = san->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
        if (context->ip_size > 0 && type == MBEDTLS_X509_SAN_IP_ADDRESS &&
            san->buf.len == context->ip_size &&
            memcmp(san->buf.p, context->ip, context->ip_size) == 0)
            return true;
        if (context->ip_size == 0 && type == MBEDTLS_X509_SAN_DNS_NAME &&
            dns_matches(&san->buf, context->name))
            return true;
    }
    return false;
}

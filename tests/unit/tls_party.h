/* tls_party.h - keys and certificates for the tests of worker/tls_*
 * SPDX-License-Identifier: ISC
 *
 * They are made here, at each start; setup() makes two roots with a server each.
 */
#pragma once

#include "base/base64.h"
#include "conf/config.h"
#include "os/random.h"
#include "worker/tls_setup.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>
#include <mbedtls/rsa.h>
#include <mbedtls/sha256.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>
#pragma GCC diagnostic pop

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME      "dns.example"
#define GOOD_FROM "20200101000000"
#define GOOD_TO   "20490101000000"

struct party { /* a key and the certificate over it */
    mbedtls_pk_context key;
    char subject[64];
    unsigned char der[4000];
    size_t der_size;
    uint8_t pin[CONFIG_PIN_BYTES];
};

struct extras { /* of certificates that are signed while it is set; all zero: none */
    const uint8_t *ip;
    size_t ip_size;
    unsigned key_usage;
    const char *ext_key_usage; /* DER of the object identifier */
    int path_length;           /* plus one */
    mbedtls_md_type_t digest;  /* 0: SHA-256 */
};

static struct extras extras;
static struct party root, inter, leaf, other_root, other_leaf;

static inline int
rng(void *unused, unsigned char *to, size_t size)
{
    (void)unused;
    random_fill(to, size);
    return 0;
}

static inline void
make_key(struct party *p)
{
    mbedtls_pk_init(&p->key);
    cr_assert_eq(mbedtls_pk_setup(&p->key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    cr_assert_eq(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(p->key), rng, NULL),
                 0);
}

static inline void
add_names(mbedtls_x509write_cert *cert, const char *san)
{
    mbedtls_x509_san_list dns = {.node = {.type = MBEDTLS_X509_SAN_DNS_NAME}};
    mbedtls_x509_san_list ip = {.node = {.type = MBEDTLS_X509_SAN_IP_ADDRESS}};
    dns.node.san.unstructured_name.p = (unsigned char *)(uintptr_t)san;
    dns.node.san.unstructured_name.len = san != NULL ? strlen(san) : 0;
    ip.node.san.unstructured_name.p = (unsigned char *)(uintptr_t)extras.ip;
    ip.node.san.unstructured_name.len = extras.ip_size;
    dns.next = extras.ip != NULL ? &ip : NULL;
    if (san != NULL || extras.ip != NULL)
        cr_assert_eq(
            mbedtls_x509write_crt_set_subject_alternative_name(cert, san != NULL ? &dns : &ip), 0);
}

static inline void
add_uses(mbedtls_x509write_cert *cert)
{
    const char *oid = extras.ext_key_usage;
    mbedtls_asn1_sequence use = {.buf = {.tag = MBEDTLS_ASN1_OID}};
    use.buf.p = (unsigned char *)(uintptr_t)oid;
    use.buf.len = oid != NULL ? strlen(oid) : 0;
    if (oid != NULL)
        cr_assert_eq(mbedtls_x509write_crt_set_ext_key_usage(cert, &use), 0);
    if (extras.key_usage != 0)
        cr_assert_eq(mbedtls_x509write_crt_set_key_usage(cert, extras.key_usage), 0);
}

/* A certificate over p's key that says it is from `issuer`, signed with `signer`'s key. */
static inline void
sign(struct party *p, const char *subject, const char *issuer, struct party *signer, bool is_ca,
     const char *san, const char *from, const char *to)
{
    static unsigned char serial = 1;
    mbedtls_x509write_cert cert;
    unsigned char buffer[4000];
    mbedtls_x509write_crt_init(&cert);
    snprintf(p->subject, sizeof p->subject, "%s", subject);
    mbedtls_x509write_crt_set_version(&cert, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&cert, extras.digest != 0 ? extras.digest : MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&cert, &p->key);
    mbedtls_x509write_crt_set_issuer_key(&cert, &signer->key);
    cr_assert_eq(mbedtls_x509write_crt_set_subject_name(&cert, subject), 0);
    cr_assert_eq(mbedtls_x509write_crt_set_issuer_name(&cert, issuer), 0);
    serial++;
    cr_assert_eq(mbedtls_x509write_crt_set_serial_raw(&cert, &serial, 1), 0);
    cr_assert_eq(mbedtls_x509write_crt_set_validity(&cert, from, to), 0);
    cr_assert_eq(mbedtls_x509write_crt_set_basic_constraints(&cert, is_ca, extras.path_length - 1),
                 0);
    add_names(&cert, san);
    add_uses(&cert);
    int size = mbedtls_x509write_crt_der(&cert, buffer, sizeof buffer, rng, NULL);
    cr_assert(size > 0);
    memcpy(p->der, buffer + sizeof buffer - size, (size_t)size);
    p->der_size = (size_t)size;
    mbedtls_x509write_crt_free(&cert);
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    cr_assert_eq(mbedtls_x509_crt_parse_der(&crt, p->der, p->der_size), 0);
    mbedtls_sha256(crt.pk_raw.p, crt.pk_raw.len, p->pin, 0);
    mbedtls_x509_crt_free(&crt);
}

static inline void
make_ca(struct party *p, const char *subject, struct party *issuer)
{
    make_key(p);
    sign(p, subject, issuer != NULL ? issuer->subject : subject, issuer != NULL ? issuer : p, true,
         NULL, GOOD_FROM, GOOD_TO);
}

static inline void
make_leaf(struct party *p, struct party *issuer, const char *san)
{
    make_key(p);
    sign(p, "CN=leaf", issuer->subject, issuer, false, san, GOOD_FROM, GOOD_TO);
}

static inline void
setup(void)
{
    cr_assert_eq(tls_setup_library(), STATUS_OK);
    make_ca(&root, "CN=Root", NULL);
    make_ca(&inter, "CN=Inter", &root);
    make_leaf(&leaf, &inter, NAME);
    make_ca(&other_root, "CN=Other Root", NULL);
    make_leaf(&other_leaf, &other_root, NAME);
}

static inline struct tls_anchors *
anchors_of(const struct party *ca)
{
    char pem[4096];
    size_t size = 0;
    cr_assert_eq(mbedtls_pem_write_buffer("-----BEGIN CERTIFICATE-----\n",
                                          "-----END CERTIFICATE-----\n", ca->der, ca->der_size,
                                          (unsigned char *)pem, sizeof pem, &size),
                 0);
    struct tls_anchors *anchors;
    unsigned count, skipped;
    cr_assert_eq(tls_setup_anchors(pem, size - 1, &anchors, &count, &skipped), STATUS_OK);
    cr_assert_eq(count, 1);
    cr_assert_eq(skipped, 0);
    return anchors;
}

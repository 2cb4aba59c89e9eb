/* fuzz_certificates.c - any chain of certificates, judged by each policy and shown
 * SPDX-License-Identifier: ISC
 *
 * Input: the policy (and by a bit of it tls.policy: modern or approved), then certificates: each is
 * one of those made here, with patches, or raw DER. Signatures are ideal (tls_ideal.c): no input
 * forges one. Invariants: trusted is only a leaf that carries a pinned key, where that is enough, or
 * one that was signed for the name we ask for, to be a server, and is valid now; what approved
 * trusts, modern trusts as well, and each certificate of it has a key and a signature that are
 * approved; whoever is refused is refused with a reason; what is shown of a certificate is
 * printable, and its pin is the hash of its key.
 */
#include "../tests/unit/tls_scene.h"

#include "base/bytes.h"
#include "worker/tls_internal.h"
#include "worker/tls_pin.h"
#include "worker/tls_policy.h"
#include "worker/tls_trust.h"

#include "fuzz.h"
#include "tls_ideal.h"

#define CHAIN_MAX 12
#define DER_MAX   4096
#define APPROVED  64 /* of the first octet: tls.policy: approved */

enum genuine {
    LEAF,
    INTER,
    ROOT,
    OTHER_LEAF,
    OTHER_ROOT,
    OLD,
    YOUNG,
    NAMELESS,
    FALSE_CA,
    BELOW_FALSE,
    GENUINE
};

static struct party made[GENUINE];
static struct tls_anchors *anchors;
static struct tls_session *session;
static struct tls_context *context;
static unsigned trusted[3]; /* over all inputs of a process, by enum config_verify */
static unsigned approved_trusted[3], approved_refused; /* the latter are trusted by modern */

/* All that a chain may be made of: which of them may be trusted is LEAF alone. */
static void
begin(void)
{
    static const char *const subjects[GENUINE] = {[OLD] = "CN=Old",
                                                  [YOUNG] = "CN=Young",
                                                  [NAMELESS] = "CN=dns.example",
                                                  [FALSE_CA] = "CN=False",
                                                  [BELOW_FALSE] = "CN=Below"};
    tls_ideal_begin(1);
    setup();
    anchors = anchors_of(&root);
    struct party *const copies[] = {&leaf, &inter, &root, &other_leaf, &other_root};
    for (unsigned i = 0; i <= OTHER_ROOT; i++)
        made[i] = *copies[i];
    for (unsigned i = OLD; i < GENUINE; i++) {
        struct party *signer = i == BELOW_FALSE ? &made[FALSE_CA] : &inter;
        make_key(&made[i]);
        sign(&made[i], subjects[i], signer->subject, signer, false,
             i == NAMELESS   ? NULL
             : i == FALSE_CA ? "other.example"
                             : NAME,
             i == YOUNG ? "20480101000000" : GOOD_FROM, i == OLD ? "20210101000000" : GOOD_TO);
    }
    session = calloc(1, tls_session_bytes());
    context = calloc(1, tls_context_bytes());
    must(session != NULL && context != NULL);
}

/* @return its size */
static size_t
read_certificate(struct bytes_reader *r, uint8_t der[DER_MAX])
{
    uint8_t which = bytes_get_u8(r);
    if (which >= 128) {
        size_t size = bytes_get_u16(r) % DER_MAX;
        size = size < bytes_left(r) ? size : bytes_left(r);
        bytes_get_copy(r, der, size);
        return size;
    }
    const struct party *party = &made[which % GENUINE];
    memcpy(der, party->der, party->der_size);
    for (unsigned patches = which / 16 % 4; patches > 0; patches--) {
        size_t at = bytes_get_u16(r) % party->der_size, size = bytes_get_u8(r) % 32;
        size = size < bytes_left(r) ? size : bytes_left(r);
        size = size < party->der_size - at ? size : party->der_size - at;
        bytes_get_copy(r, der + at, size);
    }
    return party->der_size;
}

static struct config_upstream
policy_of(uint8_t choice)
{
    const struct party *pin = choice & 8 ? &inter : &leaf;
    const struct party *backup = choice & 16 ? &other_root : NULL;
    const char *name = choice & 4 ? "" : NAME;
    switch (choice % 4) {
    case 1:
        return policy(CONFIG_VERIFY_PIN_CA, NAME, pin, backup);
    case 2:
        return policy(CONFIG_VERIFY_CA, NAME, NULL, NULL);
    default:
        return policy(CONFIG_VERIFY_PIN, name, pin, backup);
    }
}

static bool
is_signed_part(const mbedtls_x509_crt *crt, const struct party *party)
{
    return memmem(party->der, party->der_size, crt->tbs.p, crt->tbs.len) != NULL;
}

static void
check_verdict(unsigned char alert, const mbedtls_x509_crt *chain,
              const struct config_upstream *upstream)
{
    const struct tls_facts *facts = &session->facts;
    must((alert == 0) == session->is_trusted);
    must((alert == 0) == (session->cause == TLS_CAUSE_NONE));
    must((alert == 0) == (session->error[0] == '\0'));
    if (alert != 0)
        return;
    trusted[upstream->verify]++;
    uint8_t pin[CONFIG_PIN_BYTES];
    must(mbedtls_sha256(chain->pk_raw.p, chain->pk_raw.len, pin, 0) == 0);
    must(memcmp(pin, facts->leaf_pin, sizeof pin) == 0);
    must((facts->pin_index >= 0) == (upstream->verify != CONFIG_VERIFY_CA));
    must(facts->pin_index < (int)upstream->pins_count);
    bool is_pinned = facts->pin_index >= 0 && facts->pin_depth == 0;
    must(!is_pinned || memcmp(upstream->pins[facts->pin_index], pin, sizeof pin) == 0);
    if (!is_pinned || upstream->verify != CONFIG_VERIFY_PIN)
        must(is_signed_part(chain, &leaf) ||
             (upstream->pins_count == 2 && upstream->verify == CONFIG_VERIFY_PIN &&
              is_signed_part(chain, &other_leaf)));
}

/* By its own look at what NIST has approved (SP 800-131A r2): RSA from 2048 bits on or one of three
 * curves, and SHA-2 from 256 bits on where somebody else signed. */
static bool
is_approved(const mbedtls_x509_crt *crt)
{
    mbedtls_md_type_t digest = crt->MBEDTLS_PRIVATE(sig_md);
    bool is_own = crt->subject_raw.len == crt->issuer_raw.len &&
                  memcmp(crt->subject_raw.p, crt->issuer_raw.p, crt->issuer_raw.len) == 0;
    size_t bits = mbedtls_pk_get_bitlen(&crt->pk);
    bool has_key = mbedtls_pk_get_type(&crt->pk) == MBEDTLS_PK_RSA
                       ? bits >= 2048
                       : bits == 256 || bits == 384 || bits == 521;
    return has_key && (is_own || digest == MBEDTLS_MD_SHA256 || digest == MBEDTLS_MD_SHA384 ||
                       digest == MBEDTLS_MD_SHA512);
}

/* The same chain was judged by approved; now modern judges it. */
static void
check_approved(unsigned char alert, mbedtls_x509_crt *chain, enum config_verify verify)
{
    context->policy = tls_policy_of(CONFIG_TLS_MODERN);
    *session = (struct tls_session){.context = context, .is_open = true, .now_ms = 1000};
    bool is_trusted = tls_trust_judge(session, chain) == 0;
    must(alert != 0 || is_trusted);
    approved_refused += alert != 0 && is_trusted;
    approved_trusted[verify] += alert == 0;
    for (const mbedtls_x509_crt *crt = chain; alert == 0 && crt != NULL; crt = crt->next)
        must(is_approved(crt));
}

/* As `penstock pin` and the log print it. */
static void
check_shown(mbedtls_x509_crt *chain)
{
    mbedtls_ssl_session seen = {.MBEDTLS_PRIVATE(peer_cert) = chain};
    struct tls_show_item item;
    unsigned depth = 0;
    session->ssl.MBEDTLS_PRIVATE(session_negotiate) = &seen;
    for (const mbedtls_x509_crt *crt = chain; crt != NULL && crt->raw.p != NULL; crt = crt->next) {
        uint8_t pin[CONFIG_PIN_BYTES];
        must(tls_show_certificate(session, depth++, &item) == STATUS_OK);
        must(mbedtls_sha256(crt->pk_raw.p, crt->pk_raw.len, pin, 0) == 0);
        must(memcmp(pin, item.pin, sizeof pin) == 0);
        must(strnlen(item.text, sizeof item.text) < sizeof item.text);
        for (const char *c = item.text; *c != '\0'; c++)
            must(*c >= ' ' && *c <= '~');
    }
    must(tls_show_certificate(session, depth, &item) == STATUS_NONE);
    session->ssl.MBEDTLS_PRIVATE(session_negotiate) = NULL;
}

void
fuzz_reached(void)
{
    must(trusted[CONFIG_VERIFY_PIN] > 0 && trusted[CONFIG_VERIFY_PIN_CA] > 0);
    must(trusted[CONFIG_VERIFY_CA] > 0);
    must(approved_trusted[CONFIG_VERIFY_PIN] > 0 && approved_trusted[CONFIG_VERIFY_PIN_CA] > 0);
    must(approved_trusted[CONFIG_VERIFY_CA] > 0 && approved_refused >= 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t der[DER_MAX];
    struct bytes_reader r = bytes_reader(data, size);
    mbedtls_x509_crt chain;
    if (session == NULL)
        begin();
    uint8_t choice = bytes_get_u8(&r);
    struct config_upstream upstream = policy_of(choice);
    struct tls_rules rules = {.versions = CONFIG_TLS13,
                              .policy =
                                  choice & APPROVED ? CONFIG_TLS_APPROVED : CONFIG_TLS_MODERN};
    must(tls_context_init(context, &upstream, "", rules, anchors) == STATUS_OK);
    mbedtls_x509_crt_init(&chain);
    for (unsigned i = 0; i < CHAIN_MAX && bytes_left(&r) > 0; i++) {
        size_t der_size = read_certificate(&r, der);
        (void)mbedtls_x509_crt_parse_der(&chain, der, der_size);
    }
    *session = (struct tls_session){.context = context, .is_open = true, .now_ms = 1000};
    mbedtls_ssl_init(&session->ssl);
    unsigned char alert = tls_trust_judge(session, &chain);
    check_verdict(alert, &chain, &upstream);
    if (choice & APPROVED)
        check_approved(alert, &chain, (enum config_verify)upstream.verify);
    check_shown(&chain);
    mbedtls_x509_crt_free(&chain);
    tls_context_fini(context);
    return 0;
}

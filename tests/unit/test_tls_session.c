/* test_tls_session.c - a client session wired to a server in memory, and whom it trusts
 *
 * Keys and certificates are made here, at each start; no file, no socket, no sleep.
 */
#include "worker/tls_session.h"

#include "base/base64.h"
#include "os/random.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
#include <mbedtls/ecp.h>
#include <mbedtls/pem.h>
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
#define WIRE_MAX  (256U << 10)
#define GOOD_FROM "20200101000000"
#define GOOD_TO   "20490101000000"
#define QUESTION  "a question that must not leak"

struct party { /* a key and the certificate over it */
    mbedtls_pk_context key;
    char subject[64];
    unsigned char der[1500];
    size_t der_size;
    uint8_t pin[CONFIG_PIN_BYTES];
};

static struct party root, inter, leaf, other_root, other_leaf;

static int
rng(void *unused, unsigned char *to, size_t size)
{
    (void)unused;
    random_fill(to, size);
    return 0;
}

static void
make_key(struct party *p)
{
    mbedtls_pk_init(&p->key);
    cr_assert_eq(mbedtls_pk_setup(&p->key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    cr_assert_eq(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(p->key), rng, NULL),
                 0);
}

/* A certificate over p's key that says it is from `issuer`, signed with `signer`'s key. */
static void
sign(struct party *p, const char *subject, const char *issuer, struct party *signer, bool is_ca,
     const char *san, const char *from, const char *to)
{
    static unsigned char serial = 1;
    mbedtls_x509write_cert cert;
    unsigned char buffer[1500];
    mbedtls_x509write_crt_init(&cert);
    snprintf(p->subject, sizeof p->subject, "%s", subject);
    mbedtls_x509write_crt_set_version(&cert, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&cert, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&cert, &p->key);
    mbedtls_x509write_crt_set_issuer_key(&cert, &signer->key);
    cr_assert_eq(mbedtls_x509write_crt_set_subject_name(&cert, subject), 0);
    cr_assert_eq(mbedtls_x509write_crt_set_issuer_name(&cert, issuer), 0);
    serial++;
    cr_assert_eq(mbedtls_x509write_crt_set_serial_raw(&cert, &serial, 1), 0);
    cr_assert_eq(mbedtls_x509write_crt_set_validity(&cert, from, to), 0);
    cr_assert_eq(mbedtls_x509write_crt_set_basic_constraints(&cert, is_ca, -1), 0);
    if (san != NULL) {
        mbedtls_x509_san_list list = {
            .node = {.type = MBEDTLS_X509_SAN_DNS_NAME,
                     .san.unstructured_name = {.p = (unsigned char *)(uintptr_t)san,
                                               .len = strlen(san)}}};
        cr_assert_eq(mbedtls_x509write_crt_set_subject_alternative_name(&cert, &list), 0);
    }
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

static void
make_ca(struct party *p, const char *subject, struct party *issuer)
{
    make_key(p);
    sign(p, subject, issuer != NULL ? issuer->subject : subject, issuer != NULL ? issuer : p, true,
         NULL, GOOD_FROM, GOOD_TO);
}

static void
make_leaf(struct party *p, struct party *issuer, const char *san)
{
    make_key(p);
    sign(p, "CN=leaf", issuer->subject, issuer, false, san, GOOD_FROM, GOOD_TO);
}

static void
setup(void)
{
    cr_assert_eq(tls_start(), STATUS_OK);
    make_ca(&root, "CN=Root", NULL);
    make_ca(&inter, "CN=Inter", &root);
    make_leaf(&leaf, &inter, NAME);
    make_ca(&other_root, "CN=Other Root", NULL);
    make_leaf(&other_leaf, &other_root, NAME);
}

static struct tls_anchors *
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
    cr_assert_eq(tls_anchors_load(pem, size - 1, &anchors, &count, &skipped), STATUS_OK);
    cr_assert_eq(count, 1);
    cr_assert_eq(skipped, 0);
    return anchors;
}

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

static int
server_send(void *owner, const unsigned char *from, size_t size)
{
    struct wire *w = &((struct server *)owner)->to_client;
    cr_assert(w->tail + size <= WIRE_MAX);
    memcpy(w->data + w->tail, from, size);
    w->tail += size;
    return (int)size;
}

static int
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
static void
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

static void
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

static void
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
static void
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

static void
client_init(struct client *c, const struct config_upstream *upstream, uint32_t versions,
            struct tls_anchors *anchors)
{
    *c = (struct client){.now_ms = 1000};
    c->context = calloc(1, tls_context_bytes());
    c->session = calloc(1, tls_session_bytes());
    c->in = malloc(TLS_IN_BYTES);
    c->out = malloc(TLS_OUT_BYTES);
    cr_assert_eq(tls_context_init(c->context, upstream, "", versions, anchors), STATUS_OK);
}

static void
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

static bool
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
static enum tls_result
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
static enum tls_result
listen(struct client *c, struct server *s, char *to, size_t room, size_t *got)
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

static void
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
    cr_assert_eq(listen(c, s, answer, sizeof answer, &got), TLS_AGAIN_READ);
    cr_assert_eq(got, 7);
    cr_assert_str_eq(answer, "answer");
}

/* What must hold whenever a peer is refused: nothing can be written, and nothing was. */
static void
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
    cr_assert_eq(tls_context_tickets(c->context, 0), 0);
}

static struct config_upstream
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

static void
play(struct scene *s, struct config_upstream upstream, struct party *ca, struct party **chain)
{
    server_init(&s->server, chain);
    client_init(&s->client, &upstream, CONFIG_TLS13, ca != NULL ? anchors_of(ca) : NULL);
}

static void
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

static void
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

TestSuite(tls_session, .init = setup);

Test(tls_session, pin_and_ca_together_are_trusted)
{
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter), 0,
                   0);
}

Test(tls_session, ca_and_name_alone_are_trusted_when_configured)
{
    expect_trusted(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root, CHAIN(&leaf, &inter), -1, 0);
}

Test(tls_session, backup_pin_matches)
{
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, &leaf), &root,
                   CHAIN(&leaf, &inter), 1, 0);
    expect_trusted(policy(CONFIG_VERIFY_PIN, "", &other_leaf, &leaf), NULL, CHAIN(&leaf, &inter), 1,
                   0);
}

Test(tls_session, pin_of_an_issuer_in_the_validated_chain_matches)
{
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &inter, NULL), &root, CHAIN(&leaf, &inter), 0,
                   1);
    /* the root is ours, the server did not send it */
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &root, NULL), &root, CHAIN(&leaf, &inter), 0,
                   2);
}

Test(tls_session, wrong_pin_is_refused_and_the_seen_key_is_named)
{
    char base64[BASE64_TEXT_SIZE(CONFIG_PIN_BYTES)], words[80];
    snprintf(words, sizeof words, "sha256//%s", base64_encode(leaf.pin, CONFIG_PIN_BYTES, base64));
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, &other_root), &root,
                   CHAIN(&leaf, &inter), TLS_CAUSE_PIN, words);
    expect_refused(policy(CONFIG_VERIFY_PIN, "", &other_leaf, NULL), NULL, CHAIN(&leaf, &inter),
                   TLS_CAUSE_PIN, words);
}

Test(tls_session, right_pin_under_a_wrong_ca_is_refused)
{
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &other_root,
                   CHAIN(&leaf, &inter), TLS_CAUSE_CA, "not signed by a CA we trust");
    expect_refused(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &other_root, CHAIN(&leaf, &inter),
                   TLS_CAUSE_CA, "not signed by a CA we trust");
}

Test(tls_session, right_pin_with_a_wrong_name_is_refused)
{
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, "dns.example.net", &leaf, NULL), &root,
                   CHAIN(&leaf, &inter), TLS_CAUSE_NAME, "is not for dns.example.net");
}

Test(tls_session, pin_alone_does_not_ask_for_name_issuer_or_time)
{
    struct party lone;
    make_key(&lone);
    sign(&lone, "CN=whatever", "CN=whatever", &lone, false, NULL, "20100101000000",
         "20110101000000");
    expect_trusted(policy(CONFIG_VERIFY_PIN, NAME, &lone, NULL), NULL, CHAIN(&lone), 0, 0);
    expect_trusted(policy(CONFIG_VERIFY_PIN, "", &lone, NULL), NULL, CHAIN(&lone), 0, 0);
}

Test(tls_session, expired_and_not_yet_valid_name_the_clock)
{
    struct party old, early;
    make_key(&old);
    sign(&old, "CN=old", root.subject, &root, false, NAME, "20100101000000", "20110101000000");
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &old, NULL), &root, CHAIN(&old),
                   TLS_CAUSE_EXPIRED, "until 2011-01-01");
    make_key(&early);
    sign(&early, "CN=early", root.subject, &root, false, NAME, "20480101000000", GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &early, NULL), &root, CHAIN(&early),
                   TLS_CAUSE_NOT_YET, "the clock of this machine is likely wrong");
}

Test(tls_session, pinned_certificate_that_is_merely_sent_along_proves_nothing)
{
    /* everything an attacker can copy: the true leaf, the true issuers */
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &leaf, &inter), NULL,
                   CHAIN(&other_leaf, &inter, &leaf), TLS_CAUSE_PIN, "sent along");
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL,
                   CHAIN(&other_leaf, &inter, &other_root), TLS_CAUSE_PIN, "sent along");
    /* and with a certificate that a CA of ours issued to the attacker for its own purposes */
    struct party mallory;
    make_leaf(&mallory, &root, NAME);
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, &inter), &root,
                   CHAIN(&mallory, &inter, &leaf), TLS_CAUSE_PIN, "no pin of 2 matches");
}

Test(tls_session, what_follows_a_pinned_certificate_is_no_anchor)
{
    /* mbedTLS takes lists of anchors: the attacker's root stands right behind the pinned one */
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL,
                   CHAIN(&other_leaf, &inter, &other_root), TLS_CAUSE_PIN, "not signed through it");
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &root, NULL), NULL,
                   CHAIN(&other_leaf, &other_root, &root, &other_root), TLS_CAUSE_PIN,
                   "not signed through it");
}

Test(tls_session, certificate_that_names_a_pinned_issuer_without_its_signature_is_refused)
{
    struct party forged;
    make_key(&forged);
    sign(&forged, "CN=leaf", inter.subject, &forged, false, NAME, GOOD_FROM, GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL, CHAIN(&forged, &inter),
                   TLS_CAUSE_PIN, "not signed through it");
    /* one step further up: a false intermediate under the pinned root */
    struct party false_inter, below;
    make_key(&false_inter);
    sign(&false_inter, "CN=Inter", root.subject, &false_inter, true, NULL, GOOD_FROM, GOOD_TO);
    make_leaf(&below, &false_inter, NAME);
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &root, NULL), NULL,
                   CHAIN(&below, &false_inter, &root), TLS_CAUSE_PIN, "not signed through it");
    /* the pinned public key in a certificate of the attacker's making */
    struct party dressed;
    make_key(&dressed);
    mbedtls_pk_context own = dressed.key;
    dressed.key = inter.key;
    sign(&dressed, "CN=Inter", "CN=Inter", &other_root, true, NULL, GOOD_FROM, GOOD_TO);
    cr_assert(memcmp(dressed.pin, inter.pin, CONFIG_PIN_BYTES) == 0);
    dressed.key = own;
    sign(&forged, "CN=leaf", "CN=Inter", &dressed, false, NAME, GOOD_FROM, GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL, CHAIN(&forged, &dressed),
                   TLS_CAUSE_PIN, "not signed through it");
}

Test(tls_session, issuer_pin_alone_counts_with_the_right_name_and_time_only)
{
    expect_trusted(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL, CHAIN(&leaf, &inter), 0, 1);
    expect_trusted(policy(CONFIG_VERIFY_PIN, NAME, &root, NULL), NULL, CHAIN(&leaf, &inter, &root),
                   0, 2);
    expect_refused(policy(CONFIG_VERIFY_PIN, "dns.example.net", &inter, NULL), NULL,
                   CHAIN(&leaf, &inter), TLS_CAUSE_NAME, "is not for dns.example.net");
    expect_refused(policy(CONFIG_VERIFY_PIN, "", &inter, NULL), NULL, CHAIN(&leaf, &inter),
                   TLS_CAUSE_PIN, "only together with tls_name");
    struct party old;
    make_key(&old);
    sign(&old, "CN=old", inter.subject, &inter, false, NAME, "20100101000000", "20110101000000");
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL, CHAIN(&old, &inter),
                   TLS_CAUSE_EXPIRED, "until 2011-01-01");
}

Test(tls_session, a_leaf_is_no_issuer)
{
    /* somebody with an honest certificate of a pinned CA makes one for us with it */
    struct party customer, victim;
    make_leaf(&customer, &inter, "customer.example");
    sign(&customer, "CN=customer", inter.subject, &inter, false, "customer.example", GOOD_FROM,
         GOOD_TO);
    make_leaf(&victim, &customer, NAME);
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL,
                   CHAIN(&victim, &customer, &inter), TLS_CAUSE_PIN, "not signed through it");
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &inter, NULL), &root,
                   CHAIN(&victim, &customer, &inter), TLS_CAUSE_PIN, "no pin");
}

Test(tls_session, second_session_is_resumed_and_each_ticket_used_once)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, &leaf), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    cr_assert_eq(tls_context_tickets(s.client.context, s.client.now_ms), 0);
    assert_talks(&s.client, &s.server);
    cr_assert_eq(tls_context_tickets(s.client.context, s.client.now_ms), 2);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
        const struct tls_facts *facts = tls_session_facts(s.client.session);
        cr_assert(facts->resumed);
        cr_assert_eq(facts->pin_index, 1);
        cr_assert(memcmp(facts->leaf_pin, leaf.pin, CONFIG_PIN_BYTES) == 0);
        unsigned before = tls_context_tickets(s.client.context, s.client.now_ms);
        assert_talks(&s.client, &s.server);
        unsigned after = tls_context_tickets(s.client.context, s.client.now_ms);
        cr_assert(after > before || after == TLS_TICKETS);
    }
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, resumed_sessions_do_not_put_off_the_certificate_for_ever)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    assert_talks(&s.client, &s.server);
    uint64_t hour = 3600 * 1000;
    for (unsigned i = 1; i < 24; i++) {
        s.client.now_ms = 1000 + i * hour;
        wall_ahead_s = (int64_t)i * 3600;
        cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
        cr_assert(tls_session_facts(s.client.session)->resumed);
        assert_talks(&s.client, &s.server);
    }
    s.client.now_ms = 1000 + 24 * hour;
    wall_ahead_s = 24 * 3600;
    cr_assert_eq(tls_context_tickets(s.client.context, s.client.now_ms), 0);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    cr_assert_not(tls_session_facts(s.client.session)->resumed);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_ticket_that_nobody_saw_can_be_offered_again)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    assert_talks(&s.client, &s.server);
    tls_session_close(s.client.session);
    uint64_t now = s.client.now_ms;
    for (unsigned i = 0; i < 10; i++) { /* connections that are never made */
        cr_assert_eq(
            tls_session_open(s.client.session, s.client.context, s.client.in, s.client.out, now),
            STATUS_OK);
        cr_assert_eq(tls_session_handshake(s.client.session), TLS_AGAIN_READ);
        tls_session_close(s.client.session);
        cr_assert_eq(tls_context_tickets(s.client.context, now), 2);
    }
    for (unsigned i = 0; i < 2; i++) { /* the first octet leaves, and the peer with it */
        cr_assert_eq(
            tls_session_open(s.client.session, s.client.context, s.client.in, s.client.out, now),
            STATUS_OK);
        cr_assert_eq(tls_session_handshake(s.client.session), TLS_AGAIN_READ);
        tls_session_sent(s.client.session, 1);
        tls_session_close(s.client.session);
        cr_assert_eq(tls_context_tickets(s.client.context, now), 1 - i);
    }
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_ticket_does_not_outlive_the_clock_it_was_dated_by)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    static const int64_t steps[] = {3600, -3600, 59, 86400 * 365};
    static const bool is_resumed[] = {false, false, true, false};
    for (unsigned i = 0; i < 4; i++) {
        wall_ahead_s = 0;
        tls_context_forget(s.client.context);
        cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
        assert_talks(&s.client, &s.server);
        wall_ahead_s = steps[i];
        cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
        cr_assert_eq(tls_session_facts(s.client.session)->resumed, is_resumed[i], "step %d",
                     (int)steps[i]);
    }
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_new_policy_uses_no_old_ticket)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    assert_talks(&s.client, &s.server);
    tls_session_close(s.client.session);
    tls_context_fini(s.client.context);
    struct config_upstream stricter = policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, NULL);
    struct tls_anchors *anchors = anchors_of(&root);
    cr_assert_eq(tls_context_init(s.client.context, &stricter, "", CONFIG_TLS13, anchors),
                 STATUS_OK);
    cr_assert_eq(tls_context_tickets(s.client.context, s.client.now_ms), 0);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_PIN);
    assert_silent(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_ticket_opens_nothing_at_another_server)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    assert_talks(&s.client, &s.server);
    struct server mallory;
    server_init(&mallory, CHAIN(&other_leaf, &other_root));
    cr_assert_eq(meet(&s.client, &mallory, SIZE_MAX), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_PIN);
    assert_silent(&s.client, &mallory);
    client_fini(&s.client);
    server_fini(&s.server);
    server_fini(&mallory);
}

Test(tls_session, tls_12_is_refused_unless_configured)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    mbedtls_ssl_conf_max_tls_version(&s.server.config, MBEDTLS_SSL_VERSION_TLS1_2);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_FAILED);
    /* this server says "handshake failure", others "protocol version" */
    enum tls_cause cause = tls_session_cause(s.client.session);
    cr_assert(cause == TLS_CAUSE_VERSION || cause == TLS_CAUSE_ALERT, "%s",
              tls_session_error(s.client.session));
    assert_silent(&s.client, &s.server);
    client_fini(&s.client);

    struct config_upstream both = policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL);
    client_init(&s.client, &both, CONFIG_TLS12 | CONFIG_TLS13, anchors_of(&root));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK, "%s",
                 tls_session_error(s.client.session));
    cr_assert_eq(tls_session_facts(s.client.session)->version, 0x0303);
    assert_talks(&s.client, &s.server);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    cr_assert_not(tls_session_facts(s.client.session)->resumed);
    client_fini(&s.client);

    /* the pin is asked for there too */
    struct config_upstream wrong = policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, NULL);
    client_init(&s.client, &wrong, CONFIG_TLS12, anchors_of(&root));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_PIN);
    assert_silent(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, bytes_may_come_one_at_a_time)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, 1), TLS_OK);
    assert_talks(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_close_in_order_is_no_failure)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    char text[64];
    size_t got;
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    mbedtls_ssl_close_notify(&s.server.ssl);
    cr_assert_eq(listen(&s.client, &s.server, text, sizeof text, &got), TLS_CLOSED);
    cr_assert_str_eq(tls_session_error(s.client.session), "");

    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    tls_session_fed(s.client.session, 0);
    cr_assert_eq(listen(&s.client, &s.server, text, sizeof text, &got), TLS_CLOSED);

    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    tls_session_goodbye(s.client.session);
    carry(&s.client, &s.server, SIZE_MAX);
    server_step(&s.server);
    cr_assert_eq(s.server.last, MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_stream_that_ends_in_the_handshake_fails)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    server_begin(&s.server);
    cr_assert_eq(tls_session_open(s.client.session, s.client.context, s.client.in, s.client.out, 1),
                 STATUS_OK);
    cr_assert_eq(tls_session_handshake(s.client.session), TLS_AGAIN_READ);
    tls_session_fed(s.client.session, 0);
    cr_assert_eq(tls_session_handshake(s.client.session), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_CLOSED);
    assert_silent(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, noise_instead_of_tls_fails)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN, "", &leaf, NULL), NULL, CHAIN(&leaf, &inter));
    cr_assert_eq(tls_session_open(s.client.session, s.client.context, s.client.in, s.client.out, 1),
                 STATUS_OK);
    cr_assert_eq(tls_session_handshake(s.client.session), TLS_AGAIN_READ);
    size_t room;
    uint8_t *to = tls_session_room(s.client.session, &room);
    memset(to, 'x', 512);
    tls_session_fed(s.client.session, 512);
    cr_assert_eq(tls_session_handshake(s.client.session), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_PROTOCOL);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_full_out_buffer_asks_to_send_first)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    static uint8_t block[40000];
    size_t taken, records = 0, due;
    enum tls_result result;
    while ((result = tls_session_write(s.client.session, block, sizeof block, &taken)) == TLS_OK) {
        cr_assert(taken > TLS_WRITE_MAX - 64 && taken <= TLS_WRITE_MAX);
        records++;
    }
    cr_assert_eq(result, TLS_AGAIN_WRITE);
    cr_assert_eq(records, 2);
    tls_session_due(s.client.session, &due);
    tls_session_sent(s.client.session, due);
    cr_assert_eq(tls_session_write(s.client.session, block, 100, &taken), TLS_OK);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_look_shows_the_chain_and_can_ask_nothing)
{
    struct server server;
    server_init(&server, CHAIN(&leaf, &inter));
    struct client c;
    client_init(&c, NULL, CONFIG_TLS13, NULL);
    cr_assert_eq(meet(&c, &server, SIZE_MAX), TLS_OK);
    struct tls_chain_item item;
    cr_assert_eq(tls_session_chain(c.session, 0, &item), STATUS_OK);
    cr_assert(memcmp(item.pin, leaf.pin, CONFIG_PIN_BYTES) == 0);
    cr_assert_str_eq(item.text, "CN=leaf, valid 2020-01-01 to 2049-01-01");
    cr_assert_eq(tls_session_chain(c.session, 1, &item), STATUS_OK);
    cr_assert(memcmp(item.pin, inter.pin, CONFIG_PIN_BYTES) == 0);
    cr_assert_eq(tls_session_chain(c.session, 2, &item), STATUS_NONE);
    size_t taken;
    cr_assert_eq(tls_session_write(c.session, (const uint8_t *)"x", 1, &taken), TLS_FAILED);
    cr_assert_eq(server.heard_size, 0);
    client_fini(&c);
    server_fini(&server);
}

Test(tls_session, an_incomplete_policy_is_no_policy)
{
    struct tls_context *context = calloc(1, tls_context_bytes());
    struct tls_anchors *anchors = anchors_of(&root);
    struct config_upstream bad[] = {policy(CONFIG_VERIFY_PIN_CA, NAME, NULL, NULL),
                                    policy(CONFIG_VERIFY_PIN_CA, "", &leaf, NULL),
                                    policy(CONFIG_VERIFY_PIN, NAME, NULL, NULL),
                                    policy(CONFIG_VERIFY_CA, "", NULL, NULL),
                                    policy((enum config_verify)77, NAME, &leaf, NULL)};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(tls_context_init(context, &bad[i], "", CONFIG_TLS13, anchors), STATUS_INVALID);
    struct config_upstream ca = policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL);
    cr_assert_eq(tls_context_init(context, &ca, "", CONFIG_TLS13, NULL), STATUS_INVALID);
    free(context);
}

Test(tls_session, a_bundle_without_certificate_is_refused)
{
    struct tls_anchors *anchors;
    unsigned count, skipped;
    cr_assert_eq(tls_anchors_load("no certificate", 14, &anchors, &count, &skipped),
                 STATUS_INVALID);
    cr_assert_null(anchors);
    cr_assert_eq(tls_anchors_load("", 0, &anchors, &count, &skipped), STATUS_INVALID);
}

/* fuzz_tls_records.c - a server that has the key, and everything that it or the path may change
 * SPDX-License-Identifier: ISC
 *
 * The server is mbedTLS, in the same process and with a real key. Input: who it is and what is asked
 * of it, then changes: of its handshake messages before they are hashed, signed and encrypted, and
 * of records on their way; then what it says behind the handshake, in pieces.
 * Invariants: without trust nothing is written, read or kept; trusted is only who has the pinned
 * key, with a certificate that was signed as the policy wants it, and nothing on the path was
 * changed; what is read is what was said, from its beginning; and a server that nobody changed is
 * trusted, resumed and heard.
 */
#include "tls_hostile.h"
#include "tls_ideal.h"

static struct tls_anchors *anchors;

/* mbedTLS itself is not instrumented: its state and what it says are the guide instead. */
__attribute__((section("__libfuzzer_extra_counters"), used)) static uint8_t counters[8192];

static void
count(const struct tls_session *session, enum tls_result result)
{
    unsigned state = (unsigned)server->ssl.MBEDTLS_PRIVATE(state) * 31 +
                     (unsigned)tls_session_cause(session) * 7 + (unsigned)result;
    counters[(state * 61 + (unsigned)-server->last) % sizeof counters] = 1;
    for (const char *c = tls_session_error(session); *c != '\0'; c++)
        state = state * 33 + (unsigned char)*c;
    counters[state % sizeof counters] = 1;
}

/* --- invariants ------------------------------------------------------------------------------ */

/* Whatever the peer did: without trust nothing of ours leaves, nothing is heard, nothing is kept. */
static void
check_silent(enum tls_result result, unsigned tickets)
{
    size_t taken, before, after;
    uint8_t byte;
    tls_session_due(client.session, &before);
    must(tls_session_write(client.session, (const uint8_t *)QUESTION, 5, &taken) == TLS_FAILED);
    tls_session_due(client.session, &after);
    must(taken == 0 && after == before);
    must(tls_session_read(client.session, &byte, 1, &taken) == TLS_FAILED && taken == 0);
    must(tls_ticket_count(client.context, client.now_ms) <= tickets);
    must((result == TLS_FAILED) == (tls_session_cause(client.session) != TLS_CAUSE_NONE));
    must((result == TLS_FAILED) == (tls_session_error(client.session)[0] != '\0'));
}

static void
check_trusted(const struct config_upstream *upstream, unsigned tickets)
{
    const struct tls_facts *facts = tls_session_facts(client.session);
    must(server != &servers[2]);
    must(!run.is_path_changed && !run.is_proof_changed);
    must(facts->version == 0x0304 || facts->version == 0x0303);
    must(facts->has_leaf && memcmp(facts->leaf_pin, leaf.pin, CONFIG_PIN_BYTES) == 0);
    must(!facts->resumed || tickets > 0);
    if (facts->resumed)
        return;
    must(run.is_key_genuine);
    must(run.is_leaf_genuine ||
         (facts->pin_index == 0 && facts->pin_depth == 0 && upstream->verify == CONFIG_VERIFY_PIN));
    must((facts->pin_index >= 0) == (upstream->verify != CONFIG_VERIFY_CA));
}

/* --- one input ------------------------------------------------------------------------------- */

/*
 * Each connection of each input has keys of its own, by the client's random octets: a fuzzer watches memcmp(), and would
 * set a record to what it saw there while another input ran. What is drawn later is the same each time, so that points
 * are multiplied once.
 */
static enum tls_result
say_hello(void)
{
    tls_ideal_begin(run.seed++);
    must(tls_session_open(client.session, client.context, client.in, client.out, client.now_ms) ==
         STATUS_OK);
    enum tls_result result = tls_session_handshake(client.session);
    tls_ideal_begin(2);
    return result;
}

static enum tls_result
shake_hands(size_t piece, unsigned tickets)
{
    server_begin(server);
    run.is_proof_changed = run.is_path_changed = run.is_leaf_genuine = run.is_key_genuine = false;
    flight_size = flight_at = 0;
    tls_session_close(client.session);
    bool moved = true;
    for (unsigned turn = 0; moved; turn++) {
        enum tls_result result = turn == 0 ? say_hello() : tls_session_handshake(client.session);
        count(client.session, result);
        if (result == TLS_OK || result == TLS_FAILED)
            return result;
        check_silent(result, tickets);
        moved = carry_both(piece);
        if (server->last == MBEDTLS_ERR_SSL_WANT_READ)
            server_step(server);
        moved = carry_both(piece) || moved;
    }
    tls_session_fed(client.session, 0);
    return tls_session_handshake(client.session);
}

/* Read all there is. */
static enum tls_result
listen_to_server(size_t piece)
{
    static uint8_t heard[TLS_WRITE_MAX];
    enum tls_result result;
    size_t size;
    do {
        bool moved = carry_both(piece);
        result = tls_session_read(client.session, heard, 1 + piece % sizeof heard, &size);
        count(client.session, result);
        must((result == TLS_OK) == (size > 0) && size <= run.said_size - run.heard_size);
        must(memcmp(heard, run.said + run.heard_size, size) == 0);
        run.heard_size += size;
        if (result == TLS_AGAIN_READ && !moved)
            return result;
    } while (result == TLS_OK || result == TLS_AGAIN_READ);
    return result;
}

/* What the server says, in pieces of the input, then how it ends. */
static void
talk(struct bytes_reader *r, size_t piece)
{
    size_t taken;
    enum tls_result result =
        tls_session_write(client.session, (const uint8_t *)QUESTION, sizeof QUESTION, &taken);
    must(result == TLS_OK && taken == sizeof QUESTION);
    run.said_size = run.heard_size = 0;
    carry_both(SIZE_MAX);
    server_step(server);
    bool is_heard = server->heard_size == sizeof QUESTION;
    must(!is_heard || memcmp(server->heard, QUESTION, sizeof QUESTION) == 0);
    must(is_heard || run.is_touched);
    for (unsigned says = 1 + bytes_get_u8(r) % 4; is_heard && says > 0; says--) {
        size_t size = bytes_get_u8(r);
        size = size < bytes_left(r) ? size : bytes_left(r);
        const uint8_t *octets = bytes_get_view(r, size);
        if (size == 0 || mbedtls_ssl_write(&server->ssl, octets, size) != (int)size)
            break;
        memcpy(run.said + run.said_size, octets, size);
        run.said_size += size;
    }
    if (bytes_get_u8(r) % 2 == 0)
        mbedtls_ssl_close_notify(&server->ssl);
    result = listen_to_server(piece);
    must(run.is_touched || run.heard_size == run.said_size);
    must(run.is_touched || result == TLS_CLOSED || result == TLS_AGAIN_READ);
    tls_session_fed(client.session, 0);
    if (result == TLS_AGAIN_READ)
        result = listen_to_server(piece);
    must(result == TLS_CLOSED || result == TLS_FAILED);
    must((result == TLS_FAILED) == (tls_session_cause(client.session) != TLS_CAUSE_NONE));
    tls_session_goodbye(client.session);
}

static struct config_upstream
policy_of(uint8_t mode)
{
    switch (mode % 4) {
    case 0:
        return policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL);
    case 1:
        return policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL);
    case 2:
        return policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL);
    default:
        return policy(CONFIG_VERIFY_CA, NAME, NULL, NULL);
    }
}

static void
begin(void)
{
    tls_ideal_begin(1);
    setup();
    anchors = anchors_of(&root);
    server_init(&servers[0], CHAIN(&leaf, &inter));
    server_init(&servers[1], CHAIN(&leaf, &inter));
    server_init(&servers[2], CHAIN(&other_leaf, &leaf, &inter));
    mbedtls_ssl_conf_max_tls_version(&servers[1].config, MBEDTLS_SSL_VERSION_TLS1_2);
    client.session = calloc(1, tls_session_bytes());
    client.context = calloc(1, tls_context_bytes());
    client.in = malloc(TLS_IN_BYTES);
    client.out = malloc(TLS_OUT_BYTES);
    must(client.session && client.context && client.in && client.out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t server_of[4] = {0, 0, 1, 2};
    struct bytes_reader r = bytes_reader(data, size);
    if (client.session == NULL)
        begin();
    memset(&run, 0, sizeof run);
    run.seed = size;
    for (size_t i = 0; i < size; i++)
        run.seed = (run.seed ^ data[i]) * 1099511628211U;
    uint8_t mode = bytes_get_u8(&r);
    size_t piece = bytes_get_u8(&r);
    piece = piece == 0 ? SIZE_MAX : piece;
    server = &servers[server_of[mode / 4 % 4]];
    struct config_upstream upstream = policy_of(mode);
    uint32_t versions = mode & 16 ? CONFIG_TLS13 : CONFIG_TLS12 | CONFIG_TLS13;
    client.now_ms = 1000;
    must(tls_context_init(client.context, &upstream, "", (struct tls_rules){.versions = versions},
                          anchors) == STATUS_OK);
    read_changes(&r);
    for (unsigned connection = 0; connection < 2; connection++) {
        unsigned tickets = tls_ticket_count(client.context, client.now_ms);
        enum tls_result result = shake_hands(piece, tickets);
        bool is_honest = server != &servers[2] && (server != &servers[1] || !(mode & 16));
        must(result == TLS_OK || run.is_touched || !is_honest);
        if (result != TLS_OK) {
            check_silent(result, tickets);
            break;
        }
        check_trusted(&upstream, tickets);
        talk(&r, piece);
    }
    tls_session_close(client.session);
    tls_context_fini(client.context);
    return 0;
}

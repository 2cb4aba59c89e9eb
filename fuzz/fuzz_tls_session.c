/* fuzz_tls_session.c - a server that says anything at all
 * SPDX-License-Identifier: ISC
 *
 * Invariant: without the key of a pinned certificate nobody is trusted: the handshake never ends
 * well, not one octet of ours can be written, no ticket is kept; and what is due stays in its room.
 * Input: the first octet is the size of the pieces it is fed in, less one.
 */
#include "worker/tls_context.h"
#include "worker/tls_setup.h"
#include "worker/tls_show.h"
#include "worker/tls_ticket.h"

#include "fuzz.h"
#include "tls_ideal.h"

#include <string.h>

static struct tls_context *context;
static struct tls_session *session;
static uint8_t in[TLS_IN_BYTES], out[TLS_OUT_BYTES];

static void
begin(void)
{
    static struct config_upstream upstream = {
        .verify = CONFIG_VERIFY_PIN, .pins_count = 1, .tls_name = "dns.example"};
    if (context != NULL)
        return;
    context = calloc(1, tls_context_bytes());
    session = calloc(1, tls_session_bytes());
    must(context != NULL && session != NULL && tls_setup_library() == STATUS_OK &&
         tls_context_init(context, &upstream, "",
                          (struct tls_rules){.versions = CONFIG_TLS12 | CONFIG_TLS13},
                          NULL) == STATUS_OK);
}

static void
check(enum tls_result result)
{
    size_t count, before, after;
    uint8_t byte;
    tls_session_due(session, &before);
    must(result != TLS_OK && before <= TLS_OUT_BYTES);
    must(tls_session_write(session, (const uint8_t *)"query", 5, &count) == TLS_FAILED);
    tls_session_due(session, &after);
    must(count == 0 && after == before);
    must(tls_session_read(session, &byte, 1, &count) == TLS_FAILED && count == 0);
    must(tls_ticket_count(context, 0) == 0);
    must((result == TLS_FAILED) == (tls_session_cause(session) != TLS_CAUSE_NONE));
    must((result == TLS_FAILED) == (tls_session_error(session)[0] != '\0'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin();
    tls_ideal_begin(1);
    must(tls_session_open(session, context, in, out, 0) == STATUS_OK);
    enum tls_result result = tls_session_handshake(session);
    check(result);
    size_t piece = size > 0 ? data[0] + 1U : 1;
    for (size_t at = 1; at < size && result != TLS_FAILED;) {
        size_t room, count = size - at < piece ? size - at : piece;
        uint8_t *to = tls_session_room(session, &room);
        count = count < room ? count : room;
        must(count > 0);
        memcpy(to, data + at, count);
        tls_session_fed(session, count);
        at += count;
        result = tls_session_handshake(session);
        check(result);
    }
    if (result != TLS_FAILED) {
        tls_session_fed(session, 0);
        check(tls_session_handshake(session));
    }
    tls_session_close(session);
    return 0;
}

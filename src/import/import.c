/* import.c - see import.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import.h"

#include "conf/config_load.h"
#include "import/import_coredns.h"
#include "import/import_dnsdist.h"
#include "import/import_dnsdist_lua.h"
#include "import/import_settle.h"
#include "import/import_smartdns.h"
#include "import/import_stubby.h"
#include "import/import_unbound.h"

#include <stdio.h>
#include <string.h>

bool
import_peer(const char *name, const char *text, size_t size, enum import_keys_peer *peer)
{
    enum import_keys_peer guessed = import_keys_guess(text, size);
    *peer = guessed;
    if (name == NULL)
        return guessed != IMPORT_KEYS_PEERS;
    for (*peer = 0; *peer < IMPORT_KEYS_PEERS; ++*peer) {
        if (strcmp(import_keys_name(*peer), name) != 0)
            continue;
        if (guessed == IMPORT_KEYS_LUA && *peer == IMPORT_KEYS_DNSDIST)
            *peer = IMPORT_KEYS_LUA; /* two languages, one name */
        return true;
    }
    return false;
}

static void
read_text(enum import_keys_peer peer, const char *text, size_t size, struct import_draft *draft)
{
    switch (peer) {
    case IMPORT_KEYS_STUBBY:
        import_stubby_read(draft, text, size);
        break;
    case IMPORT_KEYS_UNBOUND:
        import_unbound_read(draft, text, size);
        break;
    case IMPORT_KEYS_DNSDIST:
        import_dnsdist_read(draft, text, size);
        break;
    case IMPORT_KEYS_LUA:
        import_dnsdist_lua_read(draft, text, size);
        break;
    case IMPORT_KEYS_COREDNS:
        import_coredns_read(draft, text, size);
        break;
    case IMPORT_KEYS_SMARTDNS:
        import_smartdns_read(draft, text, size);
        break;
    case IMPORT_KEYS_PEERS:
        break;
    }
}

/* What is handed out was loaded: a fault of ours is no policy. */
static bool
is_sound(const char *policy, size_t size, struct import_draft *draft)
{
    static const char *const none[] = {NULL};
    struct config_error error;
    struct config_source source = {
        .file = "policy", .text = policy, .text_size = size, .environ = none};
    if (config_load(&source, &draft->config, &error) == STATUS_OK)
        return true;
    import_draft_fail(draft, 0, "policy", error.text);
    return false;
}

enum status
import_make(enum import_keys_peer peer, const char *text, size_t size, struct import_draft *draft,
            char policy[IMPORT_POLICY_BYTES])
{
    char from[64];
    import_draft_begin(draft);
    read_text(peer, text, size, draft);
    import_settle(draft);
    policy[0] = '\0';
    if (draft->is_broken || draft->rest_count == 0)
        return STATUS_NONE;
    snprintf(from, sizeof from, "Written by penstockctl import, from a file of %s.",
             import_keys_name(peer));
    size_t written = import_policy_write(draft, from, policy);
    if (written > 0 && is_sound(policy, written, draft))
        return STATUS_OK;
    policy[0] = '\0';
    return STATUS_NONE;
}

/* import_keys.h - what becomes of each setting of another program
 * SPDX-License-Identifier: ISC
 *
 * What: import_keys.def as a table: a setting becomes a key of penstock, is always so here, has no
 *       counterpart for a reason, or is for its reader to judge. And whose file it is, by what of the
 *       table it names.
 * Who:  readers of penstockctl import. Pure.
 * Ref:  docs/MIGRATION.md has the same rows; a test compares.
 */
#pragma once

#include "import/import_draft.h"

enum import_keys_peer {
    IMPORT_KEYS_STUBBY,
    IMPORT_KEYS_UNBOUND,
    IMPORT_KEYS_DNSDIST, /* dnsdist.yml */
    IMPORT_KEYS_LUA,     /* dnsdist.conf */
    IMPORT_KEYS_COREDNS,
    IMPORT_KEYS_SMARTDNS,
    IMPORT_KEYS_PEERS
};

/** "stubby", ...; dnsdist has two kinds of files and one name. */
const char *import_keys_name(enum import_keys_peer peer);

/**
 * Do with a setting what its row says. A setting without a row has no counterpart.
 *
 * @param key    as the table has it; borrowed
 * @param value  as that program has it; borrowed
 * @return false: the row leaves it to the reader, and nothing was done
 */
bool import_keys_apply(struct import_draft *draft, enum import_keys_peer peer, uint32_t line,
                       const char *key, const char *value);

/** Whose settings has the text? @return IMPORT_KEYS_PEERS: nobody's, or of several as many */
enum import_keys_peer import_keys_guess(const char *text, size_t size);

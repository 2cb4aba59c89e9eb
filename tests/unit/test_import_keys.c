/* test_import_keys.c - rows of the table, and whose file it is
 * SPDX-License-Identifier: ISC
 */
#include "import/import_keys.h"

#include "import_scene.h"

static bool
apply(enum import_keys_peer peer, uint32_t line, const char *key, const char *value)
{
    return import_keys_apply(&draft, peer, line, key, value);
}

static enum import_keys_peer
guess(const char *text)
{
    return import_keys_guess(text, strlen(text));
}

Test(import_keys, a_row_says_what_becomes_of_a_setting)
{
    import_draft_begin(&draft);
    cr_expect(apply(IMPORT_KEYS_STUBBY, 1, "timeout", "1500"));
    cr_expect_eq(draft.config.query_ms, 1500);
    cr_expect(apply(IMPORT_KEYS_UNBOUND, 2, "cache-max-ttl", "60"));
    cr_expect_eq(draft.config.cache_ttl_max_ms, 60000);
    cr_expect(apply(IMPORT_KEYS_UNBOUND, 3, "prefetch", "no"));
    cr_expect_eq(draft.config.cache_prefetch, 0);
    cr_expect(apply(IMPORT_KEYS_UNBOUND, 4, "prefetch", "perhaps"));
    cr_expect(is_lost(4, "prefetch", "neither yes nor no"));
    cr_expect(apply(IMPORT_KEYS_UNBOUND, 5, "private-domain", "Corp.Example."));
    cr_expect_str_eq(draft.config.local_private_names[0], "corp.example");
    cr_expect(apply(IMPORT_KEYS_STUBBY, 6, "tls_query_padding_blocksize", "128"));
    cr_expect(is_carried(6, "tls_query_padding_blocksize", "always so"));
    cr_expect(apply(IMPORT_KEYS_STUBBY, 7, "tls_query_padding_blocksize", "256"));
    cr_expect(is_lost(7, "tls_query_padding_blocksize", "\"256\": "));
    cr_expect(apply(IMPORT_KEYS_UNBOUND, 8, "val-log-level", "1"));
    cr_expect(is_lost(8, "val-log-level", "does not validate"));
    cr_expect(apply(IMPORT_KEYS_UNBOUND, 9, "so-reuseport", "1"));
    cr_expect(is_lost(9, "so-reuseport", "no key of penstock does this"));
    cr_expect_not(apply(IMPORT_KEYS_UNBOUND, 10, "access-control", "x"));
    cr_expect_eq(draft.findings_count, 9);
}

Test(import_keys, stars_stand_for_any_characters)
{
    import_draft_begin(&draft);
    cr_expect(apply(IMPORT_KEYS_UNBOUND, 1, "dlv-trust-anchor-file", "x"));
    cr_expect(apply(IMPORT_KEYS_UNBOUND, 2, "hide-identity", "x"));
    cr_expect(apply(IMPORT_KEYS_UNBOUND, 3, "include", "x"));
    cr_expect(apply(IMPORT_KEYS_UNBOUND, 4, "hide-identity-not", "x"));
    cr_expect(is_lost(1, "dlv-trust-anchor-file", "validate") &&
              is_lost(2, "hide-identity", "server_id"));
    cr_expect(is_lost(3, "include", "include") &&
              is_lost(4, "hide-identity-not", "no key of penstock"));
}

Test(import_keys, whose_file_it_is_is_told_by_what_it_names)
{
    cr_expect_eq(guess("resolution_type: GETDNS_RESOLUTION_STUB\n"), IMPORT_KEYS_STUBBY);
    cr_expect_eq(guess("edns_client_subnet_private : 1\n"), IMPORT_KEYS_STUBBY);
    cr_expect_eq(guess("server:\n\tinterface: ::1\n"), IMPORT_KEYS_UNBOUND);
    cr_expect_eq(guess("include-toplevel: \"/etc/x\"\n"), IMPORT_KEYS_UNBOUND);
    cr_expect_eq(guess("backends:\n  - address: x\n    protocol: DoT\n"), IMPORT_KEYS_DNSDIST);
    cr_expect_eq(guess("newServer('192.0.2.1')\n"), IMPORT_KEYS_LUA);
    cr_expect_eq(guess("-- nothing but a comment\n"), IMPORT_KEYS_LUA);
    cr_expect_eq(guess(".:53 {\n forward . tls://9.9.9.9\n}\n"), IMPORT_KEYS_COREDNS);
    cr_expect_eq(guess("bind :53\nserver-tls 9.9.9.9\n"), IMPORT_KEYS_SMARTDNS);
    cr_expect_eq(guess("hello world\n"), IMPORT_KEYS_PEERS);
    cr_expect_eq(guess(""), IMPORT_KEYS_PEERS);
    cr_expect_eq(guess("port: 53\nnewServer(1)\n"), IMPORT_KEYS_PEERS); /* one each */
    cr_expect_str_eq(import_keys_name(IMPORT_KEYS_LUA), "dnsdist");
    cr_expect_null(import_keys_name(IMPORT_KEYS_PEERS));
}

/* test_import.c - text in, policy out
 * SPDX-License-Identifier: ISC
 */
#include "import/import.h"

#include "import_scene.h"

static char policy[IMPORT_POLICY_BYTES];

static enum status
make(enum import_keys_peer peer, const char *text)
{
    return import_make(peer, text, strlen(text), &draft, policy);
}

Test(import, each_program_has_its_reader)
{
    static const char *const texts[IMPORT_KEYS_PEERS] = {
        [IMPORT_KEYS_STUBBY] =
            "upstream_recursive_servers: [{address_data: 192.0.2.1, tls_auth_name: a.example}]\n",
        [IMPORT_KEYS_UNBOUND] = ("forward-zone:\n name: .\n forward-tls-upstream: yes\n "
                                 "forward-addr: 192.0.2.1#a.example\n"),
        [IMPORT_KEYS_DNSDIST] =
            "backends: [{address: 192.0.2.1, protocol: DoT, tls: {subject_name: a.example}}]\n",
        [IMPORT_KEYS_LUA] =
            "newServer({address='192.0.2.1', tls='openssl', subjectName='a.example'})\n",
        [IMPORT_KEYS_COREDNS] = ". {\n forward . tls://192.0.2.1%a.example\n}\n",
        [IMPORT_KEYS_SMARTDNS] = "server-tls 192.0.2.1 -host-name a.example\n",
    };
    for (unsigned peer = 0; peer < IMPORT_KEYS_PEERS; peer++) {
        cr_expect_eq(make((enum import_keys_peer)peer, texts[peer]), STATUS_OK, "%u", peer);
        cr_expect_not_null(strstr(policy, "    tls_name: \"a.example\"\n    verify: ca\n"));
        cr_expect_str_eq(draft.config.upstreams[0].tls_name, "a.example");
        cr_expect_not_null(strstr(policy, import_keys_name((enum import_keys_peer)peer)));
    }
}

Test(import, without_an_upstream_there_is_no_policy)
{
    cr_expect_eq(make(IMPORT_KEYS_SMARTDNS, "server 192.0.2.1\n"), STATUS_NONE);
    cr_expect_str_eq(policy, "");
    cr_expect_eq(make(IMPORT_KEYS_COREDNS, ". {\n forward . tls://192.0.2.1%a.example\n"),
                 STATUS_NONE);
    cr_expect(draft.is_broken);
    cr_expect_eq(make(IMPORT_KEYS_UNBOUND, ""), STATUS_NONE);
}

Test(import, names_of_programs)
{
    enum import_keys_peer peer;
    static const char lua[] = "newServer('x')\n", yaml[] = "backends: []\n";
    cr_expect(import_peer("unbound", lua, sizeof lua - 1, &peer) && peer == IMPORT_KEYS_UNBOUND);
    cr_expect(import_peer("dnsdist", lua, sizeof lua - 1, &peer) && peer == IMPORT_KEYS_LUA);
    cr_expect(import_peer("dnsdist", yaml, sizeof yaml - 1, &peer) && peer == IMPORT_KEYS_DNSDIST);
    cr_expect(import_peer(NULL, yaml, sizeof yaml - 1, &peer) && peer == IMPORT_KEYS_DNSDIST);
    cr_expect_not(import_peer(NULL, "x", 1, &peer));
    cr_expect_not(import_peer("bind", yaml, sizeof yaml - 1, &peer));
}

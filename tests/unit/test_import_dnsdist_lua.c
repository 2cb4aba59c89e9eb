/* test_import_dnsdist_lua.c - dnsdist.conf, as far as it can be read
 * SPDX-License-Identifier: ISC
 */
#include "import/import_dnsdist_lua.h"

#include "import_scene.h"

static void
read_text(const char *text)
{
    import_draft_begin(&draft);
    import_dnsdist_lua_read(&draft, text, strlen(text));
}

Test(import_dnsdist_lua, servers)
{
    read_text(
        "newServer({address='192.0.2.1:853', tls='openssl', subjectName='a.example', order=2})\n"
        "newServer('192.0.2.2')\nnewServer{address=x, tls='openssl'}\n"
        "newServer({address='192.0.2.3:443', tls='openssl', dohPath='/'})\n"
        "newServer({address='192.0.2.4:853', tls='openssl'}):setUp()\n");
    cr_expect(is_upstream(0, "192.0.2.1:853", "a.example", NULL));
    cr_expect(is_lost(1, "newServer.order", "order of the list"));
    cr_expect(is_upstream(1, "192.0.2.2", "", "plain DNS"));
    cr_expect(is_upstream(2, "", "", "computed"));
    cr_expect(is_upstream(3, "192.0.2.3:443", "", "HTTPS"));
    cr_expect(is_lost(5, "newServer", "Lua is not run") && draft.upstreams_count == 4);
}

Test(import_dnsdist_lua, clients_and_addresses)
{
    read_text(
        "addACL('192.0.2.0/24')\naddLocal('192.0.2.53', {reusePort=true})\naddLocal('[::1]:53')\n");
    cr_expect(draft.clients_count == 10 && draft.config.listen_count == 2);
    cr_expect(is_lost(2, "addLocal", "reusePort"));
    read_text("addACL('192.0.2.0/24')\nsetACL({'198.51.100.0/24', "
              "'2001:db8::/32'})\nsetLocal('192.0.2.1')\nsetLocal('192.0.2.2')\n");
    cr_expect(draft.clients_count == 2 && draft.config.listen_count == 1);
    cr_expect(is_lost(1, "addACL", "anew") && says(IMPORT_DRAFT_NOTE, 4, "setLocal", "gone"));
    read_text("setServerPolicy(firstAvailable)\n");
    cr_expect(draft.config.strategy == CONFIG_ORDERED && draft.clients_count == 9);
    cr_expect(draft.config.listen_count == 1 && draft.config.listen[0].bytes[0] == 127);
}

Test(import_dnsdist_lua, what_is_computed_is_not_read)
{
    read_text("for i=1,2 do\n addLocal('192.0.2.1')\n "
              "newServer('192.0.2.2')\nend\naddLocal(x)\naddAction(A(), B())\n");
    cr_expect(is_lost(1, "for", "not run") && is_lost(2, "addLocal", "a loop") &&
              is_lost(3, "newServer", "a loop"));
    cr_expect(is_lost(5, "addLocal", "computed") && is_lost(6, "addAction", "no rules"));
    cr_expect(!draft.is_broken && draft.upstreams_count == 0);
    static const char *const unknown[] = {"setACL(networks)\n",
                                          "setACLFromFile('/etc/acl')\n",
                                          "addACL('10.0.0.0/8')\nrmACL('10.0.0.0/8')\n",
                                          "local x = 1; setACL({'10.0.0.0/8'})\n",
                                          "local f = setACL\nf({'10.0.0.0/8'})\n",
                                          "_G['setACL']({'10.0.0.0/8'})\n",
                                          "if x then setACL({'10.0.0.0/8'}) end\n",
                                          "setACL({'10.0.0.0/8', '!10.1.0.x'})\n"};
    for (unsigned i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        read_text(unknown[i]); /* whom it no longer serves cannot be known */
        cr_expect(draft.is_broken, "%s", unknown[i]);
    }
    read_text("-- setACL(x)\nsetConsoleACL('10.0.0.0/8')\nif x then addACL('10.0.0.0/8') end\n"
              "setACL({'10.0.0.0/8', '!10.1.0.0/16'})\n");
    cr_expect(!draft.is_broken && draft.clients_count == 2 && !draft.clients[1].is_allowed);
}

/* test_import_smartdns.c - smartdns.conf, read
 * SPDX-License-Identifier: ISC
 */
#include "import/import_smartdns.h"

#include "import_scene.h"

#define PIN "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static void
read_text(const char *text)
{
    import_draft_begin(&draft);
    import_smartdns_read(&draft, text, strlen(text));
}

Test(import_smartdns, upstreams)
{
    read_text(
        "server-tls 192.0.2.1 -host-name a.example -tls-host-verify b.example\n"
        "server-tls 192.0.2.2:8853 -spki-pin " PIN " -no-check-certificate\n"
        "server tls://c.example --host-ip 2001:db8::1\n"
        "server-tls [2001:db8::2]:853 -host-name - -spki-pin " PIN "\n"
        "server-tls d.example\nserver-tls 192.0.2.3\nserver-tls 192.0.2.4 -no-check-certificate\n"
        "server-tls 192.0.2.5 -host-name e.example -exclude-default-group -group g\n"
        "server 192.0.2.6\nserver-https https://f.example\nserver-tls x:123456789\n");
    cr_expect(is_upstream(0, "192.0.2.1", "b.example", NULL));
    cr_expect(is_upstream(1, "192.0.2.2:8853", "", NULL) && draft.upstreams[1].is_by_pin);
    cr_expect(is_upstream(2, "2001:db8::1", "c.example", NULL));
    cr_expect(is_upstream(3, "[2001:db8::2]:853", "", NULL) && draft.upstreams[3].pins_count == 1);
    cr_expect(is_upstream(4, "d.example", "d.example", "not looked up"));
    cr_expect(is_upstream(5, "192.0.2.3", "", "neither a name nor a pin"));
    cr_expect(is_upstream(6, "192.0.2.4", "", "no check and no pin"));
    cr_expect(is_upstream(7, "192.0.2.5", "e.example", "group of its own") &&
              is_lost(8, "server -group", "upstream"));
    cr_expect(is_upstream(8, "", "", "over TLS alone") && is_lost(10, "server-https", "HTTPS"));
    cr_expect(is_upstream(9, "x", "x", "too long"));
}

Test(import_smartdns, a_server_of_a_group_is_not_asked_for_every_name)
{
    read_text("server-tls 192.0.2.1 -e -host-name a.example\nserver-tls 192.0.2.2 --exclude "
              "-host-name a.example\ngroup-begin g\nserver-tls 192.0.2.3 -host-name a.example\n"
              "group-end\nserver-tls 192.0.2.4 -host-name a.example\n");
    for (uint32_t i = 0; i < 3; i++)
        cr_expect(is_upstream(i, draft.upstreams[i].address, "a.example", "group of its own"));
    cr_expect(is_upstream(3, "192.0.2.4", "a.example", NULL));
    cr_expect(is_lost(3, "group-begin", "a route"));
}

Test(import_smartdns, addresses)
{
    read_text("bind [::]:53\nbind-tcp :5353 -no-cache\nbind 192.0.2.1@eth0\nbind-tls [::]:853\n");
    cr_expect_eq(draft.config.listen_count, 3);
    cr_expect(is_lost(2, "bind-tcp", "-no-cache") && is_lost(3, "bind", "an interface") &&
              is_lost(4, "bind-tls", "UDP and TCP"));
    read_text("bind 192.0.2.1@eth0\n"); /* one interface is not all of them */
    cr_expect(draft.config.listen_count == 1 && draft.config.listen[0].bytes[0] == 127);
    read_text("");
    cr_expect(draft.config.listen_count == 2 && draft.config.listen[0].bytes[0] == 0);
}

Test(import_smartdns, clients_and_cache)
{
    read_text("client-rules 192.0.2.0/24\nacl-enable yes\ncache-size 0\nserve-expired no\n");
    cr_expect(draft.clients_count == 1 && !draft.serves_everybody && draft.config.cache_bytes == 0);
    cr_expect(is_carried(2, "acl-enable", "acl.allow") && draft.is_stale_off);
    read_text("client-rules 192.0.2.0/24\nacl-enable no\ncache-size 16384\nserve-expired-ttl "
              "60\nnonsense x\nserver\n");
    cr_expect(draft.clients_count == 0 && draft.serves_everybody);
    cr_expect(is_lost(1, "client-rules", "no rules") && is_lost(3, "cache-size", "entries"));
    cr_expect(draft.config.cache_stale_ms == 60000 && is_lost(5, "nonsense", "no key") &&
              is_lost(6, "server", "no value"));
}

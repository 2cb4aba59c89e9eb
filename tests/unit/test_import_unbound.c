/* test_import_unbound.c - unbound.conf, read
 * SPDX-License-Identifier: ISC
 */
#include "import/import_unbound.h"

#include "import_scene.h"

#include <stdio.h>

static void
read_text(const char *text)
{
    import_draft_begin(&draft);
    import_unbound_read(&draft, text, strlen(text));
}

Test(import_unbound, a_forward_zone_over_tls)
{
    read_text("forward-zone:\n name: \".\"\n forward-addr: 192.0.2.1@853#a.example # us\n"
              " forward-addr: 2001:db8::1#b.example\n forward-addr: 192.0.2.2@853\n"
              " forward-ssl-upstream: yes\n forward-first: yes\n forward-host: c.example\n");
    cr_expect(is_upstream(0, "192.0.2.1:853", "a.example", NULL));
    cr_expect(is_upstream(1, "2001:db8::1", "b.example", NULL));
    cr_expect(is_upstream(2, "192.0.2.2:853", "", "no #NAME"));
    cr_expect(is_lost(7, "forward-first", "nobody but its upstreams"));
    cr_expect(is_lost(8, "forward-host", "not looked up"));
}

Test(import_unbound, what_is_plain_is_left_out)
{
    read_text("forward-zone:\n name: .\n forward-addr: 192.0.2.1#a.example\n"
              "forward-zone:\n name: .\n forward-tls-upstream: no\n forward-addr: 192.0.2.3\n"
              "forward-zone:\n name: corp\n forward-addr: 192.0.2.2#b.example\n");
    cr_expect(is_upstream(0, "192.0.2.1", "a.example", "plain DNS"));
    cr_expect(is_upstream(1, "192.0.2.3", "", "plain DNS"));
    cr_expect(is_upstream(2, "192.0.2.2", "b.example", "plain DNS"));
    read_text("forward-zone:\n name: .\n forward-addr: 192.0.2.1#a.example\n"
              " forward-addr: 192.0.2.2\nserver:\n tls-upstream: yes\n");
    cr_expect(is_upstream(0, "192.0.2.1", "a.example", NULL));
    cr_expect(is_upstream(1, "192.0.2.2", "", "no #NAME"));
}

Test(import_unbound, zones)
{
    read_text("forward-zone:\n forward-tls-upstream: yes\n forward-addr: 192.0.2.1#a.example\n "
              "name: \"Corp.example.\"\n"
              "forward-zone:\n name: other.example\n name: .\n forward-tls-upstream: yes\n"
              " forward-addr: 192.0.2.2#b.example\n"
              "forward-zone:\n name: lab.example\n forward-tls-upstream: yes\n"
              " forward-addr: 192.0.2.1#a.example\n forward-addr: 192.0.2.4#c.example\n");
    cr_expect(is_zone_of(0, 4, "corp.example", 1) && is_zone_of(1, 11, "lab.example", 2));
    static const uint32_t groups[] = {1, IMPORT_DRAFT_REST, 2, 2};
    for (uint32_t i = 0; i < 4; i++)
        cr_expect(draft.upstreams[i].group == groups[i] && draft.upstreams[i].lost == NULL);
    cr_expect(is_lost(6, "name", "another one follows") && is_carried(7, "name", "every name"));
}

Test(import_unbound, zones_without_a_name_of_their_own)
{
    static const char use[] = " forward-tls-upstream: yes\n forward-addr: 192.0.2.1#a.example\n";
    char text[1024];
    snprintf(text, sizeof text,
             "forward-zone:\n%sforward-zone:\n name: corp\n%sforward-zone:\n name: CORP\n%s"
             "forward-zone:\n name: \"a b\"\n%sserver:\n domain-insecure: corp\n",
             use, use, use, use);
    read_text(text);
    cr_expect(is_upstream(0, "192.0.2.1", "a.example", "no name"));
    cr_expect(is_upstream(1, "192.0.2.1", "a.example", NULL) && draft.zones_count == 1);
    cr_expect(is_upstream(2, "192.0.2.1", "a.example", "name is not carried") &&
              is_lost(9, "name", "line 5 has it already"));
    cr_expect(is_upstream(3, "192.0.2.1", "a.example", "name is not carried") &&
              is_lost(13, "name", "routes[].names"));
    cr_expect(is_lost(17, "domain-insecure", "does not validate"));
}

Test(import_unbound, addresses_that_are_served)
{
    read_text(
        "server:\n interface: 192.0.2.1\n interface: ::1@5301\n interface: eth0\n port: 5300\n");
    cr_expect(draft.config.listen_count == 2 && draft.config.listen[0].port == 5300 &&
              draft.config.listen[1].port == 5301);
    cr_expect(is_lost(4, "interface", "eth0:5300"));
    read_text("server: port:5300\n");
    cr_expect(draft.config.listen_count == 2 && draft.config.listen[0].port == 5300 &&
              draft.config.listen[0].bytes[0] == 127);
}

Test(import_unbound, clients)
{
    read_text("server:\n access-control: 192.0.2.0/24 allow\n access-control: 192.0.2.1 refuse\n"
              " access-control: 198.51.100.0/24 allow_cookie\n access-control: 10.0.0.0/8\n");
    cr_expect_eq(draft.clients_count, 6);
    cr_expect(draft.clients[2].is_allowed && !draft.clients[3].is_allowed &&
              !draft.clients[4].is_allowed && !draft.clients[5].is_allowed);
    cr_expect(says(IMPORT_DRAFT_NOTE, 4, "access-control", "taken for refuse"));
    cr_expect_not(draft.is_broken);
    read_text("server:\n access-control: 192.0.2.x refuse\n");
    cr_expect(draft.is_broken);
    read_text("server:\n access-control: \"192.0.2.1 refuse\n");
    cr_expect(draft.is_broken);
    read_text("server: access-control: \"192.0.2.1 refuse\n");
    cr_expect(draft.is_broken);
    /* its settings are words, not lines */
    read_text("server:\n access-control: 10.0.0.0/8 allow access-control: 10.1.0.0/16 refuse\n");
    cr_expect(draft.is_broken && is_lost(2, "access-control", "a line of its own"));
    read_text("server: verbosity: 1 access-control: 10.1.0.0/16 refuse\n");
    cr_expect(draft.is_broken);
    read_text("server:access-control: 10.1.0.0/16 refuse\n");
    cr_expect(draft.is_broken);
    read_text("server:\n access-control:\n 10.1.0.0/16 refuse\n");
    cr_expect(draft.is_broken);
    read_text("server: access-control: 10.0.0.0/8 allow port: 5353\n");
    cr_expect(!draft.is_broken && draft.clients[2].is_allowed);
    cr_expect(is_lost(1, "access-control", "one setting of a line"));
    read_text("server:\n access-control: 192.0.2.x allow\n"); /* fewer are served: no harm */
    cr_expect_not(draft.is_broken);
}

Test(import_unbound, rates)
{
    read_text("server:\n ip-ratelimit: 100\n ip-ratelimit-cookie: 200\n");
    cr_expect(draft.per_client == 100 && draft.per_client_line == 2 && draft.per_proven == 200);
    read_text("server:\n ip-ratelimit: 0\n ip-ratelimit: 1000001\n ip-ratelimit: 12345678\n "
              "ip-ratelimit: 1x\n");
    for (uint32_t line = 2; line <= 5; line++)
        cr_expect(is_lost(line, "ip-ratelimit", "the defaults stay"), "%u", line);
    cr_expect_eq(draft.per_client, 0);
}

Test(import_unbound, local_names)
{
    read_text("server:\n local-zone: \"168.192.IN-ADDR.arpa.\" nodefault\n local-zone: a.example "
              "transparent\n"
              " local-zone: home.arpa static\n local-zone: ads.example always_nxdomain\n"
              " local-zone: b.example redirect\n private-address: 10.0.0.0/8\n"
              " private-address: 192.0.2.0/24\n");
    cr_expect_str_eq(draft.config.local_through[0], "168.192.in-addr.arpa");
    cr_expect_eq(draft.config.local_through_count, 1);
    cr_expect(is_carried(3, "local-zone", "is asked") &&
              is_carried(4, "local-zone", "local.special"));
    cr_expect(is_lost(5, "local-zone", "put ads.example into one") &&
              is_lost(6, "local-zone", "redirect"));
    cr_expect(draft.config.local_refuse_private == 1 && is_lost(8, "private-address", "alone"));
}

Test(import_unbound, clauses_and_lines_that_have_no_place)
{
    read_text(
        "server:\n forward-addr: 192.0.2.1\n so-rcvbuf:\n cache-max-ttl: 60 70\nforward-zone:\n"
        " interface: ::1\nremote-control:\n control-enable: yes\n name: x\nserver:\n"
        " serve-expired: no\n nonsense\n log-identity: \"\xc3\xbc\"\n");
    cr_expect(is_lost(2, "forward-addr", "does not belong here") &&
              is_lost(6, "interface", "does not belong here"));
    cr_expect(is_lost(3, "so-rcvbuf", "one value") && is_lost(4, "cache-max-ttl", "one value"));
    cr_expect(is_lost(7, "remote-control", "control.socket") &&
              is_lost(8, "control-enable", "of remote-control"));
    cr_expect(is_lost(9, "name", "of remote-control") && draft.is_stale_off);
    cr_expect(is_lost(12, "nonsense", "no key") && is_lost(13, "log-identity:", "printable ASCII"));
    cr_expect_eq(draft.upstreams_count, 0);
}

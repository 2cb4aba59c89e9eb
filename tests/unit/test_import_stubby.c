/* test_import_stubby.c - stubby.yml, read
 * SPDX-License-Identifier: ISC
 */
#include "import/import_stubby.h"

#include "import_scene.h"

#define PIN "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static void
read_text(const char *text)
{
    import_draft_begin(&draft);
    import_stubby_read(&draft, text, strlen(text));
}

Test(import_stubby, servers_with_names_ports_and_pins)
{
    read_text("upstream_recursive_servers:\n"
              "  - address_data: 192.0.2.1\n"
              "    tls_port: 8853\n"
              "    tls_auth_name: \"a.example\"\n"
              "    tls_pubkey_pinset:\n"
              "      - digest: \"sha256\"\n"
              "        value: " PIN "\n"
              "  - tls_auth_name: b.example\n"
              "    address_data: 2001:db8::1\n"
              "    tls_pubkey_pinset: [{digest: sha1, value: x}]\n"
              "  - address_data: 2001:db8::2\n"
              "    tls_port: 853\n"
              "    tls_pubkey_pinset: [{value: " PIN "}]\n");
    cr_expect(is_upstream(0, "192.0.2.1:8853", "a.example", NULL));
    cr_expect(is_upstream(1, "2001:db8::1", "b.example", NULL));
    cr_expect(is_upstream(2, "[2001:db8::2]:853", "", NULL));
    cr_expect(draft.upstreams[0].pins_count == 1 && draft.upstreams[1].pins_count == 0 &&
              draft.upstreams[2].pins_count == 1);
    cr_expect(is_lost(10, "upstream_recursive_servers.tls_pubkey_pinset.value", "another digest"));
    cr_expect_eq(draft.upstreams_count, 3);
}

Test(import_stubby, settings)
{
    read_text("round_robin_upstreams: 0\ntls_min_version: GETDNS_TLS1_2\nlisten_addresses:\n"
              "  - 127.0.0.1@5300\n  - 0::1\ndns_transport_list: [GETDNS_TRANSPORT_TLS, "
              "GETDNS_TRANSPORT_UDP]\n");
    cr_expect_eq(draft.config.strategy, CONFIG_ORDERED);
    cr_expect_eq(draft.config.tls_versions, CONFIG_TLS12 | CONFIG_TLS13);
    cr_expect(draft.config.listen_count == 2 && draft.config.listen[0].port == 5300);
    cr_expect(is_carried(6, "dns_transport_list", "always so"));
    cr_expect(is_lost(6, "dns_transport_list", "GETDNS_TRANSPORT_UDP"));
    read_text("tls_min_version: GETDNS_TLS1\nround_robin_upstreams: 7\n");
    cr_expect(is_lost(1, "tls_min_version", "below 1.2"));
    cr_expect(is_lost(2, "round_robin_upstreams", "strategy"));
    cr_expect(draft.config.listen_count == 2 && draft.config.listen[0].bytes[0] == 127);
    read_text("tls_min_version: GETDNS_TLS1_3\nround_robin_upstreams: 1\n");
    cr_expect_eq(draft.config.tls_versions, CONFIG_TLS13);
    cr_expect_eq(draft.config.strategy, CONFIG_SPREAD);
}

Test(import_stubby, a_torn_file_is_of_no_use)
{
    read_text("upstream_recursive_servers: [{address_data: 192.0.2.1\n");
    cr_expect(draft.is_broken);
    read_text("a: &b 1\n");
    cr_expect(draft.is_broken && is_lost(1, "YAML", "anchor"));
}

/* test_import_coredns.c - a Corefile, read
 * SPDX-License-Identifier: ISC
 */
#include "import/import_coredns.h"

#include "import_scene.h"

static void
read_text(const char *text)
{
    import_draft_begin(&draft);
    import_coredns_read(&draft, text, strlen(text));
}

Test(import_coredns, what_is_forwarded_over_tls)
{
    read_text(
        ".:5300 {\n bind 192.0.2.53 ::1\n forward . tls://192.0.2.1 tls://192.0.2.2%b.example:8853 "
        "tls://[::1]:8853 192.0.2.3 {\n  tls_servername \"a.example\"\n  policy sequential\n"
        "  tls /ca.pem\n  expire 20s\n  force_tcp\n }\n forward corp.example 192.0.2.9\n}\n");
    cr_expect(is_upstream(0, "192.0.2.1", "a.example", NULL));
    cr_expect(is_upstream(1, "192.0.2.2:8853", "b.example", NULL));
    cr_expect(is_upstream(2, "[::1]:8853", "a.example", NULL));
    cr_expect(is_upstream(3, "", "a.example", "not tls://") && draft.upstreams_count == 5);
    cr_expect_str_eq(draft.config.tls_ca_file, "/ca.pem");
    cr_expect(draft.config.strategy == CONFIG_ORDERED && draft.config.upstream_idle_ms == 20000);
    cr_expect(draft.config.listen_count == 2 && draft.config.listen[1].port == 5300);
    cr_expect(is_carried(8, "forward.force_tcp", "always so"));
    cr_expect(is_upstream(4, "", "", "not tls://"));
}

Test(import_coredns, zones)
{
    read_text(
        "corp.example dns://lab.example:53, {\n bind 0.0.0.0\n bind ::\n forward . tls://192.0.2.1 "
        "{\n  tls_servername a.example\n  policy random\n  tls /ca.pem\n  force_tcp\n }\n cache "
        "60\n"
        " nsid x\n}\n"
        ". {\n forward b.example tls://192.0.2.2%b.example\n forward . "
        "tls://192.0.2.3%c.example\n}\n");
    cr_expect(is_zone_of(0, 1, "corp.example", draft.upstreams[0].group) &&
              is_zone_of(1, 1, "lab.example", draft.upstreams[0].group) &&
              is_zone_of(2, 14, "b.example", draft.upstreams[1].group));
    cr_expect(is_upstream(0, "192.0.2.1", "a.example", NULL) &&
              is_upstream(1, "192.0.2.2", "b.example", NULL));
    cr_expect(draft.upstreams[0].group != draft.upstreams[1].group &&
              draft.upstreams[2].group == IMPORT_DRAFT_REST);
    cr_expect(is_lost(2, "bind", "every address of listen") && draft.config.listen_count == 2);
    cr_expect(is_lost(6, "forward.policy", "for routes too") &&
              draft.config.strategy == CONFIG_FASTEST);
    cr_expect_str_eq(draft.config.tls_ca_file, "/ca.pem");
    cr_expect(is_lost(10, "cache", "for routes too") && is_lost(11, "nsid", "for routes too") &&
              !draft.given[CONFIG_ROW_local_server_id]);
}

Test(import_coredns, a_forward_of_a_name_beside_that_of_every_name)
{
    read_text(
        ". {\n forward corp.example tls://192.0.2.1%a.example {\n  expire 20s\n  tls /a.pem\n }\n"
        " forward . tls://192.0.2.2%b.example {\n  expire 30s\n  tls /b.pem\n }\n"
        " forward lab.example tls://192.0.2.3%c.example\n}\n");
    cr_expect(is_zone_of(0, 2, "corp.example", draft.upstreams[0].group) && draft.zones_count == 1);
    cr_expect(is_lost(3, "forward.expire", "for routes too") &&
              draft.config.upstream_idle_ms == 30000);
    cr_expect(is_lost(8, "forward.tls", "one file"));
    cr_expect_str_eq(draft.config.tls_ca_file, "/a.pem");
    cr_expect(is_upstream(2, "192.0.2.3", "c.example", "a forward above it"));
}

Test(import_coredns, a_block_of_every_name_and_a_zone)
{
    read_text("corp.example . {\n forward . tls://192.0.2.1%a.example 192.0.2.2\n nsid x\n "
              "zone y\n}\n");
    cr_expect(draft.upstreams_count == 4 && draft.given[CONFIG_ROW_local_server_id]);
    cr_expect(draft.upstreams[0].group == IMPORT_DRAFT_REST && !draft.upstreams[0].is_again);
    cr_expect(draft.upstreams[2].group == draft.zones[0].group && draft.upstreams[2].is_again);
    cr_expect(is_upstream(2, "192.0.2.1", "a.example", NULL));
    cr_expect(is_lost(4, "zone", "no plugin"));
}

Test(import_coredns, without_a_name_nobody_is_authenticated)
{
    read_text(". {\n forward . tls://192.0.2.1\n log\n}\n");
    cr_expect(is_upstream(0, "192.0.2.1", "", "no tls_servername"));
    read_text(". {\n forward . tls://192.0.2.1 {\n  max_fails 3\n }\n}\n");
    cr_expect(is_upstream(0, "192.0.2.1", "", "no tls_servername"));
    cr_expect(draft.config.listen_count == 2 && draft.serves_everybody);
    read_text(". {\n forward . tls://192.0.2.1 {\n  tls c k /ca.pem\n  tls_servername a.example\n "
              "}\n}\n");
    cr_expect(is_lost(3, "forward.tls", "certificate of our own"));
}

Test(import_coredns, caches)
{
    read_text(
        ". {\n cache 60 {\n  serve_stale\n  prefetch 10\n  denial 5\n }\n nsid ns1\n any\n}\n");
    cr_expect(draft.config.cache_ttl_max_ms == 60000 && draft.config.cache_stale_ms == 3600000);
    cr_expect(draft.config.cache_prefetch == 1 && is_lost(5, "cache.denial", "cache.size"));
    cr_expect_str_eq(draft.config.local_server_id, "ns1");
    cr_expect(is_carried(8, "any", "minimal"));
    read_text(". {\n cache\n}\n");
    cr_expect(is_carried(2, "cache", "there is a cache"));
}

Test(import_coredns, other_zones_snippets_and_variables)
{
    read_text(
        "(s) {\n log\n}\ncorp.example .:5353, {\n forward . tls://192.0.2.1%a.example\n}\n"
        "example.org {\n forward . tls://192.0.2.2%b.example\n}\n.:53 {\n import s\n nsid {$ID}\n"
        " kubernetes a {\n  pods b {\n   c\n  }\n }\n}\n");
    cr_expect(is_lost(1, "(s)", "no snippets") && is_lost(2, "log", "not carried"));
    cr_expect(is_upstream(0, "192.0.2.1", "a.example", NULL) &&
              is_upstream(1, "192.0.2.1", "a.example", NULL));
    cr_expect(is_upstream(2, "192.0.2.2", "b.example", NULL) && draft.upstreams_count == 3);
    for (unsigned i = 0; i < 2; i++) /* it is asked at 53, and not at 5353 */
        cr_expect(strstr(draft.zones[i].lost, "every address") != NULL);
    cr_expect(is_lost(11, "import", "include") && is_lost(12, "nsid", "environment"));
    cr_expect(is_lost(14, "kubernetes.pods", "records") && is_lost(15, "c", "no key of penstock"));
    cr_expect_eq(draft.config.listen_count, 4); /* two ports, two families */
}

Test(import_coredns, a_torn_file_is_of_no_use)
{
    read_text(". {\n log\n");
    cr_expect(draft.is_broken && is_lost(1, "{", "does not end"));
    read_text("}\n}\n");
    cr_expect_not(draft.is_broken);
}

/* test_import_dnsdist.c - dnsdist.yml, read
 * SPDX-License-Identifier: ISC
 */
#include "import/import_dnsdist.h"

#include "import_scene.h"

static void
read_text(const char *text)
{
    import_draft_begin(&draft);
    import_dnsdist_read(&draft, text, strlen(text));
}

Test(import_dnsdist, backends_binds_and_clients)
{
    read_text(
        "acl: [\"192.0.2.0/24\"]\nbinds:\n  - listen_address: 192.0.2.53\n  - protocol: DoT\n"
        "    listen_address: 192.0.2.53:853\n  - {listen_address: \"[::1]:53\", protocol: Do53}\n"
        "backends:\n  - address: 192.0.2.1:853\n    protocol: DoT\n    tls: {subject_name: "
        "a.example}\n"
        "  - {address: \"192.0.2.2\", protocol: Do53}\nload_balancing_policies: {default_policy: "
        "wrandom}\n"
        "query_rules: [{name: x}]\n");
    cr_expect_eq(draft.config.listen_count, 2);
    cr_expect(is_lost(4, "binds.listen_address", "UDP and TCP alone"));
    cr_expect(is_upstream(0, "192.0.2.1:853", "a.example", NULL));
    cr_expect(is_upstream(1, "192.0.2.2", "", "plain DNS"));
    cr_expect(draft.config.strategy == CONFIG_SPREAD && draft.clients_count == 1);
    cr_expect(is_lost(13, "query_rules.name", "no rules"));
}

Test(import_dnsdist, defaults_and_torn_files)
{
    read_text("backends: [{address: 192.0.2.1}]\n");
    cr_expect(draft.clients_count == 9 &&
              says(IMPORT_DRAFT_NOTE, 0, "acl.allow", "private networks"));
    cr_expect(draft.config.listen_count == 1 && draft.config.listen[0].bytes[0] == 127);
    read_text("binds: [{listen_address: \"192.0.2.53:853\", protocol: DoT}]\n");
    cr_expect(draft.config.listen_count == 1 && draft.config.listen[0].bytes[0] == 127);
    read_text("acl: [10.0.0.0/8, \"!10.1.0.0/16\"]\n");
    cr_expect(draft.clients_count == 2 && !draft.clients[1].is_allowed && !draft.is_broken);
    read_text("acl: [10.0.0.0/8, \"!10.1.0.x\"]\n");
    cr_expect(draft.is_broken);
    read_text("acl: [a\n");
    cr_expect(draft.is_broken);
}

/* test_import_backend.c - a server of dnsdist, in the words of both languages
 * SPDX-License-Identifier: ISC
 */
#include "import/import_backend.h"

#include "import_scene.h"

static struct import_backend backend;

static void
take(const char *field, const char *value)
{
    import_backend_take(&backend, &draft, 2, "key", field, value);
}

Test(import_backend, both_languages_name_the_same)
{
    static const char *const words[][6] = {
        {"protocol", "DoT", "subject_name", "validate_certificate", "queries_per_second",
         "ca_store"},
        {"tls", "openssl", "subjectName", "validateCertificates", "qps", "caStore"}};
    for (unsigned i = 0; i < 2; i++) {
        import_draft_begin(&draft);
        import_backend_begin(&backend, &draft, 1, "backends", true);
        take("address", "192.0.2.1:853");
        take(words[i][0], words[i][1]);
        take(words[i][2], "a.example");
        take(words[i][3], "true");
        take(words[i][4], "100");
        take(words[i][5], "/ca.pem");
        take("weight", "7");
        take("name", "first");
        import_backend_end(&backend);
        cr_expect(is_upstream(0, "192.0.2.1:853", "a.example", NULL));
        cr_expect(draft.upstreams[0].qps == 100 && draft.upstreams[0].weight == 7);
        cr_expect_str_eq(draft.upstreams[0].name, "first");
        cr_expect_str_eq(draft.config.tls_ca_file, "/ca.pem");
        cr_expect_null(backend.upstream);
    }
}

Test(import_backend, what_cannot_be_carried_says_why)
{
    static const char *const wrong[][3] = {{"protocol", "Do53", "plain DNS"},
                                           {"dohPath", "/x", "HTTPS"},
                                           {"validateCertificates", "false", "not validated"},
                                           {"pool", "abuse", "pool of its own"}};
    for (unsigned i = 0; i < 4; i++) {
        import_draft_begin(&draft);
        import_backend_begin(&backend, &draft, 1, "backends", true);
        take("protocol", "DoT");
        take("pool", "");
        take(wrong[i][0], wrong[i][1]);
        import_backend_end(&backend);
        cr_expect(is_upstream(0, "", "", wrong[i][2]), "%s", wrong[i][0]);
    }
    import_draft_begin(&draft);
    import_backend_begin(&backend, &draft, 1, "backends", true);
    take("weight", "1000");
    take("name", "two words");
    cr_expect(is_lost(2, "key", "out of range") && is_lost(2, "key", "as a name"));
    import_backend_end(&backend);
    import_backend_end(&backend); /* none is begun */
}

Test(import_backend, policies_and_clients)
{
    import_draft_begin(&draft);
    import_backend_policy(&draft, 1, "policy", "firstAvailable");
    cr_expect_eq(draft.config.strategy, CONFIG_ORDERED);
    import_backend_policy(&draft, 2, "policy", "chashed");
    cr_expect(is_lost(2, "policy", "fastest, ordered or spread"));
    import_backend_clients(&draft);
    cr_expect_eq(draft.clients_count, 9);
}

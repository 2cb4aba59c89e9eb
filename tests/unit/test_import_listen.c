/* test_import_listen.c - addresses as other programs write them
 * SPDX-License-Identifier: ISC
 */
#include "import/import_listen.h"

#include "import_scene.h"

#include <stdio.h>

static const char *
listens(void)
{
    static char list[256];
    char text[ADDR_TEXT_MAX];
    size_t used = 0;
    list[0] = '\0';
    for (uint32_t i = 0; i < draft.config.listen_count; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s ",
                                 addr_format(&draft.config.listen[i], text));
    return list;
}

Test(import_listen, forms)
{
    import_draft_begin(&draft);
    import_listen_add(&draft, 1, "k", "192.0.2.1", NULL);
    import_listen_add(&draft, 2, "k", "192.0.2.1@5300", "54");
    import_listen_add(&draft, 3, "k", "0::1", "54");
    import_listen_add(&draft, 4, "k", "[::1]:55", "54");
    import_listen_add(&draft, 5, "k", "192.0.2.2:56", "54");
    import_listen_add(&draft, 6, "k", "[::2]", "57");
    import_listen_add(&draft, 7, "k", "eth0", NULL);
    cr_expect_str_eq(listens(),
                     "192.0.2.1:53 192.0.2.1:5300 [::1]:54 [::1]:55 192.0.2.2:56 [::2]:57 ");
    cr_expect(is_lost(7, "k", "not an address"));
    import_listen_add(&draft, 8, "k", "192.0.2.1@123456789", NULL);
    cr_expect(is_lost(8, "k", "too long"));
}

Test(import_listen, the_default_holds_where_none_was_named)
{
    import_draft_begin(&draft);
    import_listen_default(&draft, "0.0.0.0", "::", "5300");
    cr_expect_str_eq(listens(), "0.0.0.0:5300 [::]:5300 ");
    cr_expect_eq(draft.findings_count, 0);
    import_draft_begin(&draft);
    import_listen_add(&draft, 1, "k", "192.0.2.1", NULL);
    import_listen_default(&draft, "0.0.0.0", "::", NULL);
    cr_expect_str_eq(listens(), "192.0.2.1:53 ");
    import_draft_begin(&draft);
    import_listen_add(&draft, 1, "k", "eth0", NULL); /* named, and not carried: not all of them */
    import_listen_default(&draft, "0.0.0.0", "::", NULL);
    cr_expect_str_eq(listens(), "127.0.0.1:53 ");
}

Test(import_listen, joined_and_parted)
{
    char to[VALUE_TEXT_MAX], port[IMPORT_DRAFT_PORT_TEXT_MAX], much[VALUE_TEXT_MAX];
    import_listen_join(to, "::1", "53");
    cr_expect_str_eq(to, "[::1]:53");
    import_listen_join(to, "[::1]", "53");
    cr_expect_str_eq(to, "[::1]:53");
    memset(much, 'x', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    import_listen_join(to, much, "53");
    cr_expect_str_eq(to, "");
    cr_expect(import_listen_part("a.example:53", ':', to, port));
    cr_expect_str_eq(to, "a.example");
    cr_expect_str_eq(port, "53");
    cr_expect_not(import_listen_part("a@12345678", '@', to, port));
}

/* test_tls_setup.c - the CAs that are parsed at the start
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

#include <criterion/criterion.h>

TestSuite(tls_setup, .init = setup);

Test(tls_setup, a_bundle_without_certificate_is_refused)
{
    struct tls_anchors *anchors;
    unsigned count, skipped;
    cr_assert_eq(tls_setup_anchors("no certificate", 14, &anchors, &count, &skipped),
                 STATUS_INVALID);
    cr_assert_null(anchors);
    cr_assert_eq(tls_setup_anchors("", 0, &anchors, &count, &skipped), STATUS_INVALID);
}

/* json_scene.h - a document that was written, read again
 * SPDX-License-Identifier: ISC
 *
 * What: a helper that the tests of ctl/ctl_json*.c share.
 * Who:  tests.
 */
#pragma once

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>

/* @param text  given away */
static json_t *
parse(char *text)
{
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "%s", error.text);
    free(text);
    return root;
}

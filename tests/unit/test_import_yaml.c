/* test_import_yaml.c - values of YAML with the keys that lead to them
 * SPDX-License-Identifier: ISC
 */
#include "import/import_yaml.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct import_yaml y;
static struct import_yaml_item item;

/* Everything, as path[item]@line=value; what is wrong stands last. */
static const char *
walk(const char *text)
{
    static char all[4096];
    all[0] = '\0';
    size_t used = 0;
    if (import_yaml_open(&y, text, strlen(text))) {
        while (import_yaml_next(&y, &item))
            used += (size_t)snprintf(all + used, sizeof all - used, "%s[%u]@%u=%s ", item.path,
                                     item.item, item.line, item.value);
        import_yaml_close(&y);
    }
    if (y.wrong != NULL)
        snprintf(all + used, sizeof all - used, "! %u: %s", y.line, y.wrong);
    return all;
}

Test(import_yaml, paths_items_and_lines)
{
    cr_expect_str_eq(walk("a: 1\nb: {c: x, d: {e: y}}\nf: z\n"),
                     "a[0]@1=1 b.c[0]@2=x b.d.e[0]@2=y f[0]@3=z ");
    cr_expect_str_eq(walk("l:\n  - p: 1\n    q: [2, 3]\n  - p: 4\nm: [5, 6]\n"),
                     "l.p[1]@2=1 l.q[1]@3=2 l.q[1]@3=3 l.p[2]@4=4 m[1]@5=5 m[2]@5=6 ");
    cr_expect_str_eq(walk("- [a, {b: c}]\n- d\n"), "[1]@1=a b[1]@1=c [2]@2=d ");
    cr_expect_str_eq(walk(""), "");
    cr_expect_str_eq(walk("# nothing\n"), "");
    cr_expect_str_eq(walk("x"), "[0]@1=x ");
}

Test(import_yaml, what_means_something_else_than_it_says_is_refused)
{
    cr_expect_str_eq(walk("a: &x 1\n"), "! 1: an anchor, which is not followed");
    cr_expect_str_eq(walk("a: 1\nb: !!int 2\n"), "a[0]@1=1 ! 2: a tag, which is not followed");
    cr_expect_not_null(strstr(walk("b: *x\n"), "! 1: "));
    cr_expect_str_eq(walk("a: 1\n---\nb: 2\n"), "a[0]@1=1 ! 2: a second document");
    cr_expect_not_null(strstr(walk("? [a]\n: b\n"), "where a key must be"));
    cr_expect_str_eq(walk("a: \"\\0\"\n"), "! 1: a NUL byte in a value");
    cr_expect_not_null(strstr(walk("a: [1\n"), "! "));
    cr_expect_not(import_yaml_open(&y, "a\0b", 3));
    cr_expect_not_null(strstr(y.wrong, "NUL"));
}

Test(import_yaml, depth_size_and_paths_are_bounded)
{
    static char text[IMPORT_YAML_BYTES + 2];
    memset(text, '#', sizeof text - 1);
    cr_expect_str_eq(walk(text), "! 1: the file is larger than 64 KiB");
    cr_expect_not_null(strstr(walk("[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]"), "=x"));
    cr_expect_not_null(strstr(walk("[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]"), "more than 16"));
    memset(text, 'k', IMPORT_YAML_PATH_MAX);
    memcpy(text + IMPORT_YAML_PATH_MAX, ": 1\n", 5);
    cr_expect_not_null(strstr(walk(text), "keys of more than 191"));
}

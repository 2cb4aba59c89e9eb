/* attest_drift.c - in what two attestations differ
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_drift.h"

#include "attest/attest_descriptors.h"
#include "attest/attest_role.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES  512
#define VALUE_MAX_BYTES 200
#define DEPTH_MOST      12 /* a baseline is a file: whoever nests more gets no further */

static const char *const patterns[] = {
#define CHANGES(path_, reason_) path_,
#include "attest/attest_drift.def"
};

/* One name of a pattern, up to its dot, against one of a path. */
static bool
matches(const char *pattern, const char *path)
{
    for (;;) {
        size_t wanted = strcspn(pattern, "."), has = strcspn(path, ".");
        if (strcmp(pattern, "**") == 0)
            return true;
        bool is_any = wanted == 1 && *pattern == '*';
        if (!is_any && (wanted != has || strncmp(pattern, path, has) != 0))
            return false;
        pattern += wanted;
        path += has;
        if (*pattern == '\0' || *path == '\0')
            return *pattern == *path;
        pattern++;
        path++;
    }
}

/* processes.front-0.descriptors.tcp connected */
static bool
is_varying_descriptor(const char *path)
{
    static const char head[] = "processes.", middle[] = ".descriptors.";
    char role[32];
    const char *kind = strstr(path, middle);
    if (strncmp(path, head, sizeof head - 1) != 0 || kind == NULL)
        return false;
    snprintf(role, sizeof role, "%s", path + sizeof head - 1);
    role[strcspn(role, "-.")] = '\0';
    return attest_descriptors_vary(attest_role_named(role), kind + sizeof middle - 1);
}

bool
attest_drift_is_expected(const char *path)
{
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (matches(patterns[i], path))
            return true;
    return is_varying_descriptor(path);
}

static void
show(const json_t *value, char text[VALUE_MAX_BYTES])
{
    char *whole =
        value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    snprintf(text, VALUE_MAX_BYTES, "%s", value == NULL ? "absent" : whole == NULL ? "?" : whole);
    free(whole);
}

static void
tell(json_t *lines, const char *path, const json_t *was, const json_t *is)
{
    char line[PATH_MAX_BYTES + 2 * VALUE_MAX_BYTES + 16], before[VALUE_MAX_BYTES],
        now[VALUE_MAX_BYTES];
    show(was, before);
    show(is, now);
    snprintf(line, sizeof line, "%s: was %s, is %s", path, before, now);
    json_t *text = json_string(line);
    json_array_append_new(lines, text != NULL ? text : json_string(path));
}

static void compare(json_t *lines, const char *path, const json_t *was, const json_t *is,
                    unsigned depth);

static void
compare_member(json_t *lines, const char *path, const char *name, const json_t *was,
               const json_t *is, unsigned depth)
{
    char below[PATH_MAX_BYTES];
    snprintf(below, sizeof below, "%s%s%s", path, path[0] == '\0' ? "" : ".", name);
    compare(lines, below, was, is, depth + 1);
}

static void
compare_objects(json_t *lines, const char *path, const json_t *was, const json_t *is,
                unsigned depth)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)was, name, value)
        compare_member(lines, path, name, value, json_object_get(is, name), depth);
    json_object_foreach((json_t *)(uintptr_t)is, name,
                        value) if (json_object_get(was, name) == NULL)
        compare_member(lines, path, name, NULL, value, depth);
}

/* A list of which rows were added or went is told as a whole where it is short, else row by row. */
static void
compare_lists(json_t *lines, const char *path, const json_t *was, const json_t *is, unsigned depth)
{
    size_t rows =
        json_array_size(was) > json_array_size(is) ? json_array_size(was) : json_array_size(is);
    for (size_t i = 0; i < rows; i++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", i);
        compare_member(lines, path, name, json_array_get(was, i), json_array_get(is, i), depth);
    }
}

static void
compare(json_t *lines, const char *path, const json_t *was, const json_t *is, unsigned depth)
{
    if (attest_drift_is_expected(path) || depth > DEPTH_MOST)
        return;
    if (json_is_object(was) && json_is_object(is))
        compare_objects(lines, path, was, is, depth);
    else if (json_is_array(was) && json_is_array(is))
        compare_lists(lines, path, was, is, depth);
    else if (was == NULL || is == NULL || json_equal(was, is) == 0)
        tell(lines, path, was, is);
}

static int
by_text(const void *a, const void *b)
{
    json_t *const *x = a, *const *y = b;
    return strcmp(json_string_value(*x), json_string_value(*y));
}

json_t *
attest_drift_lines(const json_t *was, const json_t *is)
{
    json_t *lines = json_array(), *sorted = json_array();
    compare(lines, "", was, is, 0);
    size_t count = json_array_size(lines);
    json_t **rows = malloc((count + 1) * sizeof(json_t *));
    for (size_t i = 0; rows != NULL && i < count; i++)
        rows[i] = json_array_get(lines, i);
    if (rows != NULL)
        qsort(rows, count, sizeof rows[0], by_text);
    for (size_t i = 0; rows != NULL && i < count; i++)
        json_array_append(sorted, rows[i]);
    free(rows);
    json_decref(lines);
    return sorted;
}

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
#define LINE_MAX_BYTES  (PATH_MAX_BYTES + 2 * VALUE_MAX_BYTES + 16)

static const char *const patterns[] = {
#define CHANGES(path_, reason_) path_,
#include "attest/attest_drift.def"
};

/* A place in a document while it is walked through. Names are compared one by one: a name may have
 * dots itself, and is chosen by whoever writes the configuration. */
struct walk {
    json_t *lines;
    const char *names[ATTEST_DRIFT_DEPTH_MOST];
    size_t depth;
};

static bool
matches(const char *pattern, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t wanted = strcspn(pattern, ".");
        if (strcmp(pattern, "**") == 0)
            return true;
        bool is_any = wanted == 1 && *pattern == '*';
        if (!is_any && (strlen(names[i]) != wanted || strncmp(pattern, names[i], wanted) != 0))
            return false;
        pattern += wanted;
        if (*pattern == '\0')
            return i + 1 == count;
        pattern++;
    }
    return false;
}

/* processes, front-0, descriptors, tcp connected */
static bool
is_varying_descriptor(const char *const names[], size_t count)
{
    char role[32];
    if (count != 4 || strcmp(names[0], "processes") != 0 || strcmp(names[2], "descriptors") != 0)
        return false;
    snprintf(role, sizeof role, "%s", names[1]);
    role[strcspn(role, "-")] = '\0';
    return attest_descriptors_vary(attest_role_named(role), names[3]);
}

bool
attest_drift_is_expected(const char *const names[], size_t count)
{
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (matches(patterns[i], names, count))
            return true;
    return is_varying_descriptor(names, count);
}

static void
show(const json_t *value, char text[VALUE_MAX_BYTES])
{
    char *whole = value == NULL ? NULL
                                : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
                                                        JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    snprintf(text, VALUE_MAX_BYTES, "%s", value == NULL ? "absent" : whole == NULL ? "?" : whole);
    free(whole);
}

/* With dots between the names; one that has dots itself stands in quotes. Names of a baseline are a
 * stranger's text. */
static void
show_path(const struct walk *walk, char text[PATH_MAX_BYTES])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < walk->depth && used < PATH_MAX_BYTES; i++) {
        const char *quote = strchr(walk->names[i], '.') != NULL ? "\"" : "";
        used += (size_t)snprintf(text + used, PATH_MAX_BYTES - used, "%s%s%s%s", i == 0 ? "" : ".",
                                 quote, walk->names[i], quote);
    }
    for (; *text != '\0'; text++)
        *text = *text >= ' ' && *text <= '~' ? *text : '?';
}

static void
tell(const struct walk *walk, const json_t *was, const json_t *is)
{
    char line[LINE_MAX_BYTES], path[PATH_MAX_BYTES], before[VALUE_MAX_BYTES], now[VALUE_MAX_BYTES];
    show(was, before);
    show(is, now);
    show_path(walk, path);
    snprintf(line, sizeof line, "%s: was %s, is %s", path, before, now);
    json_array_append_new(walk->lines, json_string(line)); /* of printable ASCII */
}

static void compare(struct walk *walk, const json_t *was, const json_t *is);

static void
compare_member(struct walk *walk, const char *name, const json_t *was, const json_t *is)
{
    walk->names[walk->depth++] = name;
    compare(walk, was, is);
    walk->depth--;
}

/* An upstream that was not asked since its workers began has shown nothing yet. */
static bool
is_untold(const struct walk *walk, const json_t *is, const char *name)
{
    const char *state = json_string_value(json_object_get(is, "state"));
    return walk->depth == 3 && strcmp(walk->names[0], "service") == 0 &&
           strcmp(walk->names[1], "upstreams") == 0 && state != NULL &&
           strcmp(state, "unasked") == 0 && json_is_null(json_object_get(is, name));
}

static void
compare_objects(struct walk *walk, const json_t *was, const json_t *is)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)was, name, value) if (!is_untold(walk, is, name))
        compare_member(walk, name, value, json_object_get(is, name));
    json_object_foreach((json_t *)(uintptr_t)is, name,
                        value) if (json_object_get(was, name) == NULL)
        compare_member(walk, name, NULL, value);
}

/* A list of which rows were added or went is told as a whole where it is short, else row by row. */
static void
compare_lists(struct walk *walk, const json_t *was, const json_t *is)
{
    size_t rows =
        json_array_size(was) > json_array_size(is) ? json_array_size(was) : json_array_size(is);
    for (size_t i = 0; i < rows; i++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", i);
        compare_member(walk, name, json_array_get(was, i), json_array_get(is, i));
    }
}

/* A heap grows and shrinks, at a reload say; whether memory is locked is held, and not how much. */
static bool
is_locked_still(const struct walk *walk, const json_t *was, const json_t *is)
{
    return walk->depth == 3 && strcmp(walk->names[0], "processes") == 0 &&
           strcmp(walk->names[2], "memory_locked_kib") == 0 && json_integer_value(was) > 0 &&
           json_integer_value(is) > 0;
}

/* Whoever nests more than any document does is compared there as a whole. */
static void
compare(struct walk *walk, const json_t *was, const json_t *is)
{
    bool may_enter = walk->depth < ATTEST_DRIFT_DEPTH_MOST;
    if (attest_drift_is_expected(walk->names, walk->depth) || is_locked_still(walk, was, is))
        return;
    if (may_enter && json_is_object(was) && json_is_object(is))
        compare_objects(walk, was, is);
    else if (may_enter && json_is_array(was) && json_is_array(is))
        compare_lists(walk, was, is);
    else if (was == NULL || is == NULL || json_equal(was, is) == 0)
        tell(walk, was, is);
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
    json_t *lines = json_array();
    struct walk walk = {.lines = lines};
    compare(&walk, was, is);
    size_t count = json_array_size(lines);
    json_t **rows = malloc((count + 1) * sizeof(json_t *));
    if (rows == NULL)
        return lines;
    for (size_t i = 0; i < count; i++)
        rows[i] = json_array_get(lines, i);
    qsort(rows, count, sizeof(json_t *), by_text);
    json_t *sorted = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append(sorted, rows[i]);
    free(rows);
    json_decref(lines);
    return sorted;
}

json_t *
attest_drift_notes(const json_t *is)
{
    char line[LINE_MAX_BYTES];
    const char *name;
    json_t *notes = json_array(), *upstream;
    json_object_foreach(json_object_get(json_object_get(is, "service"), "upstreams"), name,
                        upstream)
    {
        const char *state = json_string_value(json_object_get(upstream, "state"));
        snprintf(line, sizeof line,
                 "upstream %.100s was not asked since its workers began: what it shows is not "
                 "compared",
                 name);
        if (state != NULL && strcmp(state, "unasked") == 0)
            json_array_append_new(notes, json_string(line));
    }
    return notes;
}

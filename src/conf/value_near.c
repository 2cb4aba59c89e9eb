/* value_near.c - see value_near.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/value_near.h"

#include "conf/near.h"

#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"

/* What other programs call yes and no. */
static const struct {
    const char *text, *word;
} others[] = {{"true", "yes"},     {"on", "yes"},   {"false", "no"}, {"off", "no"},
              {"disabled", "off"}, {"none", "off"}, {"no", "off"},   {"infinite", "unlimited"}};

static const char *
other_word(const char *text, size_t size, const char *word, size_t word_size)
{
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strlen(others[i].word) == word_size && memcmp(others[i].word, word, word_size) == 0 &&
            strlen(others[i].text) == size &&
            near_slips(text, size, others[i].text, strlen(others[i].text)) == 0)
            return word;
    return NULL;
}

/* The nearest of the rule's words; the first of those that are as near. */
static size_t
nearest_word(const char *words, const char *text, const char **nearest)
{
    unsigned least = NEAR_FAR;
    size_t size = strlen(text), word_size = 0;
    for (const char *word = words; *word != '\0';) {
        size_t len = strcspn(word, " ");
        unsigned slips =
            other_word(text, size, word, len) != NULL ? 0 : near_slips(text, size, word, len);
        if (slips < least) {
            least = slips;
            *nearest = word;
            word_size = len;
        }
        word += len + (word[len] == ' ');
    }
    return word_size;
}

/* As in "secs" and "Minutes": the last of the two lists are the units themselves. */
static const char *
duration_unit(const char *unit)
{
    static const char *const spelt[] = {"msec",   "millisecond", "min",  "minute", "sec",
                                        "second", "hr",          "hour", "day",    "ms",
                                        "s",      "m",           "h",    "d"};
    static const char *const units[] = {"ms", "ms", "m",  "m", "s", "s", "h",
                                        "h",  "d",  "ms", "s", "m", "h", "d"};
    size_t size = strlen(unit);
    size -= size > 2 && (unit[size - 1] == 's' || unit[size - 1] == 'S') ? 1 : 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (size == strlen(spelt[i]) && near_slips(unit, size, spelt[i], size) == 0)
            return units[i];
    return NULL;
}

/* As in "MB" and "kib": the first letter tells. */
static const char *
size_unit(const char *unit)
{
    static const char *const endings[] = {"", "b", "ib", "byte", "bytes", "o", "io"};
    static const char *const units[] = {"KiB", "MiB", "GiB"};
    for (size_t i = 0; *unit != '\0' && i < sizeof endings / sizeof endings[0]; i++)
        for (size_t u = 0; u < sizeof units / sizeof units[0]; u++)
            if (near_slips(unit, 1, units[u], 1) == 0 && strlen(unit + 1) == strlen(endings[i]) &&
                near_slips(unit + 1, strlen(unit + 1), endings[i], strlen(endings[i])) == 0)
                return units[u];
    return NULL;
}

const char *
value_near(const struct value_rule *rule, const char *text, char near[VALUE_NEAR_MAX])
{
    const char *found = NULL;
    size_t size = nearest_word(rule->kind == VALUE_RATE ? "" : rule->words, text, &found);
    if (found == NULL && (rule->kind == VALUE_DURATION || rule->kind == VALUE_BYTES)) {
        char again[VALUE_TEXT_MAX];
        const char *wrong, *unit = text + strspn(text, DIGITS);
        int digits = (int)(unit - text);
        unit += strspn(unit, " ");
        const char *known = rule->kind == VALUE_DURATION ? duration_unit(unit) : size_unit(unit);
        int n = known == NULL || digits == 0
                    ? 0
                    : snprintf(near, VALUE_NEAR_MAX, "%.*s%s", digits, text, known);
        return n > 0 && n < VALUE_NEAR_MAX && value_parse(rule, near, again, &wrong) == STATUS_OK
                   ? near
                   : NULL;
    }
    if (found == NULL || size >= VALUE_NEAR_MAX)
        return NULL;
    if (strlen(text) == size && memcmp(text, found, size) == 0)
        return NULL; /* it is that word, and something else is wrong */
    snprintf(near, VALUE_NEAR_MAX, "%.*s", (int)size, found);
    return near;
}

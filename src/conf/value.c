/* value.c - see value.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/value.h"

#include "conf/pin.h"
#include "conf/value_address.h"
#include "conf/value_limits.h"
#include "conf/value_text.h"

#include <stdio.h>
#include <string.h>

#define UNIT_TEXT_MAX 16
#define SOCKET_OFF    "off"
#define SECOND_MS     1000u
#define MINUTE_MS     (60 * SECOND_MS)
#define HOUR_MS       (60 * MINUTE_MS)
#define DAY_MS        (24 * HOUR_MS)

static const struct {
    const char *text;
    uint32_t ms;
} units[] = {{"d", DAY_MS}, {"h", HOUR_MS}, {"m", MINUTE_MS}, {"s", SECOND_MS}, {"ms", 1}};

#define UNITS (sizeof units / sizeof units[0])

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Word number `index`: its start and length, or NULL past the last. */
static const char *
word_at(const char *words, unsigned index, size_t *len)
{
    for (; *words != '\0'; index--) {
        *len = strcspn(words, " ");
        if (index == 0)
            return words;
        words += *len + (words[*len] == ' ');
    }
    return NULL;
}

static bool
find_word(const char *words, const char *text, uint32_t *index)
{
    const char *word;
    size_t len, text_len = strlen(text);
    for (*index = 0; (word = word_at(words, *index, &len)) != NULL; ++*index)
        if (len == text_len && memcmp(word, text, len) == 0)
            return true;
    return false;
}

/* Digits without leading zero, up to the first other character; more than 32 bits: UINT32_MAX. */
static const char *
parse_digits(const char *text, uint32_t *number)
{
    uint64_t value = 0;
    const char *c = text;
    if (c[0] == '0' && is_digit(c[1]))
        return NULL;
    for (; is_digit(*c); c++) {
        value = value * 10 + (uint64_t)(*c - '0');
        if (value > UINT32_MAX)
            value = UINT32_MAX;
    }
    *number = (uint32_t)value;
    return c == text ? NULL : c;
}

static const char *
parse_duration(const struct value_rule *rule, const char *text, uint32_t *ms)
{
    uint32_t number;
    if (find_word(rule->words, text, ms))
        return NULL;
    const char *unit = parse_digits(text, &number);
    if (unit == NULL)
        return "not a duration";
    if (*unit == '\0')
        return "a number without its unit";
    for (size_t i = 0; i < UNITS; i++) {
        if (strcmp(unit, units[i].text) != 0)
            continue;
        uint64_t total = (uint64_t)number * units[i].ms;
        if (total < rule->low || total > rule->high)
            return "out of range";
        *ms = (uint32_t)total;
        return NULL;
    }
    return value_limits_unit(unit) ? "in a unit that is not known" : "not a duration";
}

static const char *
parse_count(const struct value_rule *rule, const char *text, uint32_t *count)
{
    uint32_t number;
    if (find_word(rule->words, text, count))
        return NULL;
    const char *end = parse_digits(text, &number);
    if (end == NULL || *end != '\0')
        return "not a whole number";
    if (number < rule->low || number > rule->high)
        return "out of range";
    *count = number;
    return NULL;
}

static const char *
parse_word(const struct value_rule *rule, const char *text, uint32_t *value)
{
    uint32_t index;
    if (!find_word(rule->words, text, &index))
        return "not one of the allowed words";
    *value = rule->kind == VALUE_FLAGS ? 1U << index : index;
    return NULL;
}

static const char *
parse_text(const struct value_rule *rule, const char *text, char *field)
{
    if (rule->kind == VALUE_SOCKET && strcmp(text, SOCKET_OFF) == 0)
        return NULL;
    const char *wrong = value_text_check(rule->kind, text);
    size_t len = strlen(text);
    if (wrong == NULL && len >= rule->size)
        wrong = "too long";
    if (wrong == NULL)
        memcpy(field, text, len);
    return wrong;
}

/* NULL, or what is wrong; the field is zero before. */
static const char *
parse(const struct value_rule *rule, const char *text, void *field)
{
    switch (rule->kind) {
    case VALUE_DURATION:
        return parse_duration(rule, text, field);
    case VALUE_COUNT:
        return parse_count(rule, text, field);
    case VALUE_WORD:
    case VALUE_FLAGS:
        return parse_word(rule, text, field);
    case VALUE_NAME:
    case VALUE_USER:
    case VALUE_HOST:
    case VALUE_PATH:
    case VALUE_SOCKET:
    case VALUE_WHO:
        return parse_text(rule, text, field);
    case VALUE_DOMAIN:
        return value_text_parse_domain(text, field, rule->size);
    case VALUE_LISTEN:
    case VALUE_UPSTREAM:
    case VALUE_SOURCE:
        return value_address_parse(rule->kind, text, field);
    case VALUE_PREFIX:
        return addr_prefix_parse(text, field) == STATUS_OK ? NULL
                                                           : "not a prefix, or bits set past it";
    case VALUE_PORT:
        return value_limits_parse_port(text, field);
    case VALUE_BYTES:
        return value_limits_parse_bytes(rule, text, field);
    case VALUE_RATE:
        return value_limits_parse_rate(rule, text, field);
    case VALUE_SHARE:
        return value_limits_parse_share(text, field);
    case VALUE_SECRET:
        return value_limits_parse_secret(text, strlen(text), field);
    case VALUE_PIN:
        return pin_parse(text, field) == STATUS_OK ? NULL : "not a pin";
    }
    return "of no kind";
}

enum status
value_parse(const struct value_rule *rule, const char *text, void *field, const char **wrong)
{
    memset(field, 0, rule->size);
    *wrong = parse(rule, text, field);
    if (*wrong == NULL)
        return STATUS_OK;
    memset(field, 0, rule->size);
    return STATUS_INVALID;
}

static const char *
format_duration(uint32_t ms, char text[VALUE_TEXT_MAX])
{
    size_t i = 0;
    while (ms % units[i].ms != 0)
        i++;
    snprintf(text, VALUE_TEXT_MAX, "%u%s", ms / units[i].ms, ms == 0 ? "s" : units[i].text);
    return text;
}

static const char *
format_word(const char *words, uint32_t index, char text[VALUE_TEXT_MAX])
{
    size_t len;
    const char *word = word_at(words, index, &len);
    if (word == NULL)
        return NULL;
    snprintf(text, VALUE_TEXT_MAX, "%.*s", (int)len, word);
    return text;
}

static const char *
format_text(const struct value_rule *rule, const char *field, char text[VALUE_TEXT_MAX])
{
    if (rule->kind == VALUE_SOCKET && *field == '\0')
        field = SOCKET_OFF;
    size_t len = strnlen(field, rule->size);
    if (len == rule->size || len >= VALUE_TEXT_MAX)
        return NULL;
    memcpy(text, field, len);
    text[len] = '\0';
    return text;
}

static bool
is_address(const struct addr *addr)
{
    return addr->family == ADDR_IPV4 || addr->family == ADDR_IPV6;
}

const char *
value_format(const struct value_rule *rule, const void *field, char text[VALUE_TEXT_MAX])
{
    switch (rule->kind) {
    case VALUE_DURATION:
        if (*(const uint32_t *)field == 0 && *rule->words != '\0')
            return format_word(rule->words, 0, text);
        return format_duration(*(const uint32_t *)field, text);
    case VALUE_COUNT:
        if (*(const uint32_t *)field == 0 && *rule->words != '\0')
            return format_word(rule->words, 0, text);
        snprintf(text, VALUE_TEXT_MAX, "%u", *(const uint32_t *)field);
        return text;
    case VALUE_WORD:
        return format_word(rule->words, *(const uint32_t *)field, text);
    case VALUE_FLAGS: {
        uint32_t bits = *(const uint32_t *)field;
        return bits == 0 ? NULL : format_word(rule->words, (uint32_t)__builtin_ctz(bits), text);
    }
    case VALUE_NAME:
    case VALUE_USER:
    case VALUE_HOST:
    case VALUE_PATH:
    case VALUE_SOCKET:
    case VALUE_WHO:
    case VALUE_DOMAIN:
        return format_text(rule, field, text);
    case VALUE_LISTEN:
    case VALUE_UPSTREAM:
    case VALUE_SOURCE:
        return is_address(field) ? addr_format(field, text) : NULL;
    case VALUE_PREFIX:
        return is_address(&((const struct addr_prefix *)field)->addr)
                   ? addr_prefix_format(field, text)
                   : NULL;
    case VALUE_PORT:
        snprintf(text, VALUE_TEXT_MAX, "%u", *(const uint32_t *)field);
        return text;
    case VALUE_BYTES:
        return value_limits_format_bytes(rule, *(const uint64_t *)field, text);
    case VALUE_RATE:
        return value_limits_format_rate(field, text);
    case VALUE_SHARE:
        return value_limits_format_share(field, text);
    case VALUE_SECRET:
        return value_limits_format_secret(field, text);
    case VALUE_PIN:
        return pin_format(field, text);
    }
    return NULL;
}

bool
value_is_sound(const struct value_rule *rule, const void *field)
{
    _Alignas(8) uint8_t again[VALUE_TEXT_MAX];
    char text[VALUE_TEXT_MAX];
    const char *wrong;
    if (rule->kind == VALUE_FLAGS) {
        uint32_t bits = *(const uint32_t *)field;
        return bits != 0 && format_word(rule->words, 31 - (uint32_t)__builtin_clz(bits), text);
    }
    return value_format(rule, field, text) != NULL &&
           value_parse(rule, text, again, &wrong) == STATUS_OK &&
           memcmp(again, field, rule->size) == 0;
}

/* "a", "a or b", "a, b or c" */
static void
list_words(const char *words, char text[VALUE_ALLOWED_MAX])
{
    size_t len, at = 0;
    const char *word;
    for (unsigned i = 0; (word = word_at(words, i, &len)) != NULL; i++) {
        bool is_last = word[len] == '\0';
        const char *before = i == 0 ? "" : is_last ? " or " : ", ";
        int n = snprintf(text + at, VALUE_ALLOWED_MAX - at, "%s%.*s", before, (int)len, word);
        at += (size_t)n;
        if (at >= VALUE_ALLOWED_MAX)
            return;
    }
}

static void
allowed_range(const struct value_rule *rule, char text[VALUE_ALLOWED_MAX])
{
    char low[VALUE_TEXT_MAX], high[VALUE_TEXT_MAX];
    const char * or = *rule->words == '\0' ? "" : ", or ";
    if (rule->kind == VALUE_COUNT)
        snprintf(text, VALUE_ALLOWED_MAX, "%s%s%u to %u", rule->words, or, rule->low, rule->high);
    else
        snprintf(text, VALUE_ALLOWED_MAX, "%s%s%.*s to %.*s, with a unit (ms, s, m, h or d)",
                 rule->words, or, UNIT_TEXT_MAX, format_duration(rule->low, low), UNIT_TEXT_MAX,
                 format_duration(rule->high, high));
}

const char *
value_allowed(const struct value_rule *rule, char text[VALUE_ALLOWED_MAX])
{
    static const struct {
        const char *before, *after; /* around the longest length; no `after`: no length */
    } sentences[] = {
        [VALUE_NAME] = {"up to ", " letters, digits, . _ -; the first a letter or digit"},
        [VALUE_USER] = {"an account name of up to ", " letters, digits, . _ -"},
        [VALUE_HOST] = {"a DNS name such as dns.example.net, or an address such as 192.0.2.1",
                        NULL},
        [VALUE_PATH] = {"an absolute path of up to ", " printable ASCII characters"},
        [VALUE_SOCKET] = {"off, or an absolute path of up to ", " printable ASCII characters"},
        [VALUE_WHO] = {"an account, or group: and a group, up to ", " letters, digits, . _ -"},
        [VALUE_DOMAIN] = {"a domain name such as home.arpa, of letters, digits, - and _", NULL},
        [VALUE_LISTEN] = {"ADDRESS or ADDRESS:PORT, IPv6 as [ADDRESS]:PORT; no port means 53",
                          NULL},
        [VALUE_UPSTREAM] = {"ADDRESS or ADDRESS:PORT, IPv6 as [ADDRESS]:PORT; no port means 853; "
                            "never port 53",
                            NULL},
        [VALUE_SOURCE] = {"an address of this machine, without a port", NULL},
        [VALUE_PREFIX] = {"ADDRESS/LENGTH with no bit set past the length, or one ADDRESS", NULL},
        [VALUE_PORT] = {"0 to 65535", NULL},
        [VALUE_BYTES] = {"off, or 64KiB to 4GiB, with a unit (KiB, MiB or GiB)", NULL},
        [VALUE_RATE] = {"/LENGTH RATE/s BURST, such as /24 3000/s 6000; up to 1000000 each", NULL},
        [VALUE_SHARE] = {"ADDRESS:PORT and 1% to 10000%, or off", NULL},
        [VALUE_SECRET] = {"32 hexadecimal digits in lower case", NULL},
        [VALUE_PIN] = {PIN_START " and the base64 of a SHA-256 (44 characters)", NULL},
    };
    if (rule->kind == VALUE_DURATION || rule->kind == VALUE_COUNT)
        allowed_range(rule, text);
    else if (rule->kind == VALUE_WORD || rule->kind == VALUE_FLAGS)
        list_words(rule->words, text);
    else if (sentences[rule->kind].after == NULL)
        snprintf(text, VALUE_ALLOWED_MAX, "%s", sentences[rule->kind].before);
    else
        snprintf(text, VALUE_ALLOWED_MAX, "%s%u%s", sentences[rule->kind].before, rule->size - 1,
                 sentences[rule->kind].after);
    return text;
}

bool
value_is_quoted(const struct value_rule *rule)
{
    return rule->kind != VALUE_DURATION && rule->kind != VALUE_COUNT && rule->kind != VALUE_WORD &&
           rule->kind != VALUE_PORT && rule->kind != VALUE_BYTES;
}

/* value.h - one configured value between its text and its field
 * SPDX-License-Identifier: ISC
 *
 * What: each kind of value has one reader, one writer and one sentence that says what is allowed.
 *       The three agree: what is written reads back to the same bytes.
 * Who:  conf only (rows of config.def name a kind). Pure apart from snprintf.
 */
#pragma once

#include "base/status.h"
#include "conf/config.h"

#include <stdbool.h>
#include <stdint.h>

enum value_kind {
    VALUE_DURATION, /* uint32_t milliseconds; "500ms", "4s", "1m", "1h", "1d"; low..high; 0: the word */
    VALUE_COUNT,    /* uint32_t; low..high, or the one word, which means 0 */
    VALUE_WORD,     /* uint32_t: index into words */
    VALUE_FLAGS,    /* uint32_t: a list of words, each the bit of its index; never 0 */
    VALUE_NAME,     /* char[]: fit for a log line */
    VALUE_USER,     /* char[]: an account */
    VALUE_HOST,     /* char[]: a DNS name or an address without port */
    VALUE_PATH,     /* char[]: an absolute path */
    VALUE_SOCKET,   /* char[]: the same; or "off", which leaves the field empty */
    VALUE_WHO,      /* char[]: an account, or "group:" and a group */
    VALUE_DOMAIN,   /* char[]: any domain name but the root, in lower case, no dot at its end */
    VALUE_LISTEN,   /* struct addr, port 53 where none is given */
    VALUE_UPSTREAM, /* struct addr, port 853 where none is given, never 53 */
    VALUE_SOURCE,   /* struct addr without port: one of this machine */
    VALUE_PREFIX,   /* struct addr_prefix */
    VALUE_PORT,     /* uint32_t 0..65535 */
    VALUE_BYTES,    /* uint64_t; "64KiB" to "4GiB", or the one word, which means 0 */
    VALUE_RATE,     /* struct config_rate; words: the longest prefix length, in digits */
    VALUE_SHARE,    /* struct config_share */
    VALUE_SECRET,   /* struct config_secret */
    VALUE_PIN,      /* uint8_t[CONFIG_PIN_BYTES] */
};

struct value_rule {
    enum value_kind kind;
    uint32_t size;      /* bytes of the field */
    uint32_t low, high; /* VALUE_DURATION (milliseconds) and VALUE_COUNT; else 0 */
    const char *words;  /* separated by one space; "" where the kind has none */
};

#define VALUE_TEXT_MAX    CONFIG_PATH_MAX /* any value as text, with its NUL */
#define VALUE_ALLOWED_MAX 160

/**
 * Read one value. VALUE_FLAGS reads one word and gives its bit.
 *
 * @param rule   borrowed
 * @param text   borrowed, NUL-terminated
 * @param field  written, rule->size bytes; zeroed on failure
 * @param wrong  written on failure: static text, what is wrong with it
 * @return STATUS_OK; STATUS_INVALID.
 */
MUST_CHECK enum status value_parse(const struct value_rule *rule, const char *text, void *field,
                                   const char **wrong);

/**
 * Write one value; the field may hold anything. VALUE_FLAGS writes its lowest bit's word.
 *
 * @return `text`, or NULL: no text reads to such a field.
 */
const char *value_format(const struct value_rule *rule, const void *field,
                         char text[VALUE_TEXT_MAX]);

/** Could value_parse() have made this field, to the last byte? The field may hold anything. */
bool value_is_sound(const struct value_rule *rule, const void *field);

/** Write what is allowed, to follow "allowed: ". Returns `text`. */
const char *value_allowed(const struct value_rule *rule, char text[VALUE_ALLOWED_MAX]);

/** Must the text be quoted in YAML? */
bool value_is_quoted(const struct value_rule *rule);

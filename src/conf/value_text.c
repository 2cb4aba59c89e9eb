/* value_text.c - see value_text.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/value_text.h"

#include <string.h>

#define LABEL_MAX     63  /* RFC 1035 section 2.3.4 */
#define HOST_TEXT_MAX 253 /* 255 octets on the wire */

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *
check_name(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (!is_alnum(*c) && (c == text || strchr("._-", *c) == NULL))
            return "not a plain name";
    return *text == '\0' ? "empty" : NULL;
}

static const char *
check_user(const char *text)
{
    return *text == '_' ? check_name(text + 1) : check_name(text);
}

static const char *
check_who(const char *text)
{
    size_t start = sizeof CONFIG_GROUP_START - 1;
    return check_user(strncmp(text, CONFIG_GROUP_START, start) == 0 ? text + start : text);
}

/* As a certificate may hold it in an iPAddress (RFC 5280 section 4.2.1.6): no port, no zone. */
static bool
is_plain_address(const char *text)
{
    struct addr addr;
    return strchr(text, '[') == NULL && addr_parse(text, 0, &addr) == STATUS_OK && addr.port == 0 &&
           addr.scope == 0 && (addr.family == ADDR_IPV6) == (strchr(text, ':') != NULL);
}

static const char *
check_host(const char *text)
{
    if (is_plain_address(text))
        return NULL;
    bool is_number = true; /* the label at hand: digits only */
    size_t label_len = 0;
    if (*text == '\0')
        return "empty";
    if (strlen(text) > HOST_TEXT_MAX)
        return "too long";
    for (const char *c = text;; c++) {
        if (*c == '.' || *c == '\0') {
            if (label_len == 0 || label_len > LABEL_MAX || c[-1] == '-')
                return "not a DNS name";
            if (*c == '\0')
                return is_number ? "neither a DNS name nor an address" : NULL;
            label_len = 0;
            is_number = true;
            continue;
        }
        if (!is_alnum(*c) && (*c != '-' || label_len == 0))
            return strchr(text, ':') != NULL ? "neither a DNS name nor an address alone"
                                             : "not a DNS name";
        is_number = is_number && is_digit(*c);
        label_len++;
    }
}

static const char *
check_path(const char *text)
{
    if (*text != '/')
        return "not an absolute path";
    for (const char *c = text; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            return "a character that is not printable ASCII";
    return NULL;
}

const char *
value_text_parse_domain(const char *text, char *field, size_t size)
{
    size_t label_len = 0, len = strlen(text);
    len -= len > 0 && text[len - 1] == '.';
    if (len == 0)
        return "empty, or the root";
    if (len > HOST_TEXT_MAX || len >= size)
        return "too long";
    for (size_t i = 0; i < len; i++) {
        bool is_dot = text[i] == '.';
        if (!is_dot && !is_alnum(text[i]) && text[i] != '-' && text[i] != '_')
            return "not a domain name";
        if ((is_dot && label_len == 0) || (!is_dot && label_len == LABEL_MAX))
            return "not a domain name";
        label_len = is_dot ? 0 : label_len + 1;
        bool is_upper = text[i] >= 'A' && text[i] <= 'Z';
        field[i] = (char)(is_upper ? text[i] - 'A' + 'a' : text[i]);
    }
    return label_len == 0 ? "not a domain name" : NULL;
}

const char *
value_text_check(enum value_kind kind, const char *text)
{
    return kind == VALUE_NAME   ? check_name(text)
           : kind == VALUE_USER ? check_user(text)
           : kind == VALUE_WHO  ? check_who(text)
           : kind == VALUE_HOST ? check_host(text)
                                : check_path(text);
}

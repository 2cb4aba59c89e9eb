/* value_limits.c - see value_limits.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/value_limits.h"

#include "base/hex.h"

#include <stdio.h>
#include <string.h>

#define PORT_MAX      65535u
#define PORT_DNS      53
#define BYTES_MIN     (64u << 10)
#define BYTES_MAX     ((uint64_t)4 << 30)
#define PERCENT_MAX   10000u
#define SECRET_DIGITS ((size_t)2 * CONFIG_SECRET_BYTES)

static const struct {
    const char *text;
    uint64_t bytes;
} sizes[] = {{"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}};

#define SIZES (sizeof sizes / sizeof sizes[0])

/* Digits without leading zero, at most `most`. Returns what follows; NULL: none, or too many. */
static const char *
parse_digits(const char *text, uint32_t most, uint32_t *number)
{
    uint64_t value = 0;
    const char *c = text;
    if (c[0] == '0' && c[1] >= '0' && c[1] <= '9')
        return NULL;
    for (; *c >= '0' && *c <= '9'; c++) {
        value = value * 10 + (uint64_t)(*c - '0');
        if (value > most)
            return NULL;
    }
    *number = (uint32_t)value;
    return c == text ? NULL : c;
}

bool
value_limits_unit(const char *unit)
{
    const char *c = unit + (*unit == ' ');
    do
        if ((*c < 'a' || *c > 'z') && (*c < 'A' || *c > 'Z'))
            return false;
    while (*++c != '\0');
    return true;
}

const char *
value_limits_parse_port(const char *text, uint32_t *port)
{
    const char *end = parse_digits(text, PORT_MAX, port);
    return end != NULL && *end == '\0' ? NULL : "not a port";
}

const char *
value_limits_parse_bytes(const struct value_rule *rule, const char *text, uint64_t *bytes)
{
    uint32_t number;
    if (*rule->words != '\0' && strcmp(text, rule->words) == 0)
        return NULL;
    const char *unit = parse_digits(text, UINT32_MAX, &number);
    if (unit == NULL)
        return "not a size";
    for (size_t i = 0; i < SIZES; i++) {
        if (strcmp(unit, sizes[i].text) != 0)
            continue;
        uint64_t total = number * sizes[i].bytes;
        if (total < BYTES_MIN || total > BYTES_MAX)
            return "out of range";
        *bytes = total;
        return NULL;
    }
    return *unit == '\0'             ? "a number without its unit"
           : value_limits_unit(unit) ? "in a unit that is not known"
                                     : "not a size";
}

const char *
value_limits_format_bytes(const struct value_rule *rule, uint64_t bytes, char text[VALUE_TEXT_MAX])
{
    if (bytes == 0 && *rule->words != '\0') {
        snprintf(text, VALUE_TEXT_MAX, "%s", rule->words);
        return text;
    }
    for (size_t i = 0; i < SIZES; i++)
        if (bytes != 0 && bytes % sizes[i].bytes == 0) {
            snprintf(text, VALUE_TEXT_MAX, "%llu%s", (unsigned long long)(bytes / sizes[i].bytes),
                     sizes[i].text);
            return text;
        }
    return NULL;
}

const char *
value_limits_parse_rate(const struct value_rule *rule, const char *text, struct config_rate *rate)
{
    static const char wrong[] = "not a prefix length, a rate and a burst";
    uint32_t longest = 0;
    (void)parse_digits(rule->words, UINT32_MAX, &longest);
    if (*text != '/')
        return wrong;
    text = parse_digits(text + 1, UINT32_MAX, &rate->length);
    if (text == NULL || *text != ' ')
        return wrong;
    text = parse_digits(text + 1, UINT32_MAX, &rate->rate_per_s);
    if (text == NULL || strncmp(text, "/s ", 3) != 0)
        return wrong;
    text = parse_digits(text + 3, UINT32_MAX, &rate->burst);
    if (text == NULL || *text != '\0')
        return wrong;
    if (rate->length > longest)
        return "a prefix longer than an address";
    if (rate->rate_per_s == 0 || rate->rate_per_s > CONFIG_RATE_MAX || rate->burst == 0 ||
        rate->burst > CONFIG_RATE_MAX)
        return "a rate or burst out of range";
    if (rate->burst / rate->rate_per_s >= CONFIG_DRAIN_S)
        return "a burst of more than an hour of its rate";
    return NULL;
}

const char *
value_limits_format_rate(const struct config_rate *rate, char text[VALUE_TEXT_MAX])
{
    snprintf(text, VALUE_TEXT_MAX, "/%u %u/s %u", rate->length, rate->rate_per_s, rate->burst);
    return text;
}

const char *
value_limits_parse_share(const char *text, struct config_share *share)
{
    char address[ADDR_TEXT_MAX];
    const char *space = strchr(text, ' ');
    size_t size = space != NULL ? (size_t)(space - text) : sizeof address;
    if (size >= sizeof address)
        return "not an address and a share";
    memcpy(address, text, size);
    address[size] = '\0';
    if (addr_parse(address, PORT_DNS, &share->listen) != STATUS_OK)
        return "not an address and a share";
    if (strcmp(space + 1, "off") == 0)
        return NULL;
    const char *end = parse_digits(space + 1, UINT32_MAX, &share->percent);
    if (end == NULL || strcmp(end, "%") != 0)
        return "not an address and a share";
    return share->percent == 0 || share->percent > PERCENT_MAX ? "a share out of range" : NULL;
}

const char *
value_limits_format_share(const struct config_share *share, char text[VALUE_TEXT_MAX])
{
    char address[ADDR_TEXT_MAX];
    if (share->listen.family != ADDR_IPV4 && share->listen.family != ADDR_IPV6)
        return NULL;
    addr_format(&share->listen, address);
    if (share->percent == 0)
        snprintf(text, VALUE_TEXT_MAX, "%s off", address);
    else
        snprintf(text, VALUE_TEXT_MAX, "%s %u%%", address, share->percent);
    return text;
}

const char *
value_limits_parse_secret(const char *text, size_t size, struct config_secret *secret)
{
    if (size != SECRET_DIGITS || !hex_read(text, secret->bytes, CONFIG_SECRET_BYTES))
        return "not a secret";
    secret->is_set = 1;
    return NULL;
}

const char *
value_limits_format_secret(const struct config_secret *secret, char text[VALUE_TEXT_MAX])
{
    if (secret->is_set != 1)
        return NULL;
    return hex_write(secret->bytes, CONFIG_SECRET_BYTES, text);
}

/* config_zone.c - see config_zone.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_zone.h"

#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"

bool
config_zone_is_possible(enum value_kind kind)
{
    return kind == VALUE_LISTEN || kind == VALUE_UPSTREAM || kind == VALUE_SOURCE ||
           kind == VALUE_SHARE;
}

/* Printable, and not to be taken for a number or for the end of the name. */
static bool
is_readable(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || strchr("]%\"\\", *c) != NULL)
            return false;
    return name[0] != '\0' && name[strspn(name, DIGITS)] != '\0';
}

const char *
config_zone_name(config_zone_namer *zone_name, const char *text, char named[VALUE_TEXT_MAX])
{
    char name[CONFIG_ZONE_NAME_MAX];
    const char *percent = strchr(text, '%');
    size_t digits = percent != NULL ? strspn(percent + 1, DIGITS) : 0;
    if (digits == 0 || zone_name == NULL)
        return text;
    uint32_t number = 0;
    for (size_t i = 1; i <= digits; i++)
        number = number * 10 + (uint32_t)(percent[i] - '0');
    if (!zone_name(number, name) || !is_readable(name))
        return text;
    int before = (int)(percent + 1 - text);
    int length =
        snprintf(named, VALUE_TEXT_MAX, "%.*s%s%s", before, text, name, percent + 1 + digits);
    return length > 0 && length < VALUE_TEXT_MAX ? named : text;
}

const char *
config_zone_number(config_zone_numberer *zone_index, const char *text, char number[VALUE_TEXT_MAX])
{
    char name[CONFIG_ZONE_NAME_MAX];
    const char *percent = strchr(text, '%');
    size_t size = percent != NULL ? strcspn(percent + 1, "] ") : 0;
    if (size == 0 || strspn(percent + 1, DIGITS) == size)
        return text; /* no '%', the one of a share, or a number */
    if (size >= sizeof name || zone_index == NULL)
        return NULL;
    memcpy(name, percent + 1, size);
    name[size] = '\0';
    uint32_t index = zone_index(name);
    int before = (int)(percent + 1 - text);
    int length =
        snprintf(number, VALUE_TEXT_MAX, "%.*s%u%s", before, text, index, percent + 1 + size);
    return index != 0 && length > 0 && length < VALUE_TEXT_MAX ? number : NULL;
}

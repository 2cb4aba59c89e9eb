/* config_zone.c - see config_zone.h */
#include "conf/config_zone.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 16 /* IFNAMSIZ, with its NUL */

const char *
config_zone_number(const struct config_source *source, const char *text,
                   char number[VALUE_TEXT_MAX])
{
    char name[NAME_MAX_BYTES];
    const char *percent = strchr(text, '%');
    size_t size = percent != NULL ? strcspn(percent + 1, "] ") : 0;
    if (size == 0 || strspn(percent + 1, "0123456789") == size)
        return text; /* no '%', the one of a share, or a number */
    if (size >= sizeof name || source->zone_index == NULL)
        return NULL;
    memcpy(name, percent + 1, size);
    name[size] = '\0';
    uint32_t index = source->zone_index(name);
    int before = (int)(percent + 1 - text);
    int length =
        snprintf(number, VALUE_TEXT_MAX, "%.*s%u%s", before, text, index, percent + 1 + size);
    return index != 0 && length > 0 && length < VALUE_TEXT_MAX ? number : NULL;
}

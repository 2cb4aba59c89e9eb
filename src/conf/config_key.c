/* config_key.c - see config_key.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_key.h"

#include <string.h>

/* For each row at each key: most differ in their first octet. */
static bool
is_same(const char *a, const char *b)
{
    return *a == *b && strcmp(a, b) == 0;
}

enum config_row_id
config_key_find(const char *group, const char *key)
{
    enum config_row_id id = 0;
    while (id < CONFIG_ROWS &&
           (!is_same(config_rows[id].key, key) || !is_same(config_rows[id].group, group)))
        id++;
    for (enum config_row_id g = 0; id == CONFIG_ROWS && *group == '\0' && g < CONFIG_ROWS; g++)
        if (*key != '\0' && is_same(config_rows[g].group, key))
            return g;
    return id;
}

static void
append(char known[CONFIG_KEY_KNOWN_MAX], const char *key)
{
    size_t len = strlen(known), key_len = strlen(key), comma = len == 0 ? 0 : 2;
    if (len + comma + key_len + 1 > CONFIG_KEY_KNOWN_MAX)
        return;
    memcpy(known + len, ", ", comma);
    memcpy(known + len + comma, key, key_len + 1);
}

const char *
config_key_list(const char *group, char known[CONFIG_KEY_KNOWN_MAX])
{
    const char *last = "";
    known[0] = '\0';
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        const char *here = strcmp(row->group, group) == 0 ? row->key
                           : *group == '\0'               ? row->group
                                                          : NULL;
        if (here != NULL && strcmp(here, last) != 0)
            append(known, last = here);
    }
    return known;
}

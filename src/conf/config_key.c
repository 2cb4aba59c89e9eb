/* config_key.c - see config_key.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_key.h"

#include "conf/near.h"

#include <stdio.h>
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

/* What stands for the row in a group: its key, or in the group "" its own group; NULL: nothing. */
static const char *
key_in(const char *group, const struct config_row *row)
{
    return strcmp(row->group, group) == 0 ? row->key : *group == '\0' ? row->group : NULL;
}

const char *
config_key_list(const char *group, char known[CONFIG_KEY_KNOWN_MAX])
{
    const char *last = "";
    known[0] = '\0';
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const char *here = key_in(group, &config_rows[id]);
        if (here != NULL && strcmp(here, last) != 0)
            append(known, last = here);
    }
    return known;
}

/* The one row of all groups with this key; CONFIG_ROWS: there is none, or there are several. */
static enum config_row_id
find_elsewhere(const char *key)
{
    enum config_row_id found = CONFIG_ROWS;
    size_t size = strlen(key);
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const char *word = config_rows[id].key;
        if (strlen(word) != size || near_slips(key, size, word, size) != 0)
            continue;
        if (found != CONFIG_ROWS)
            return CONFIG_ROWS;
        found = id;
    }
    return found;
}

const char *
config_key_near(const char *group, const char *key, char text[CONFIG_PATH_TEXT_MAX])
{
    unsigned least = NEAR_FAR;
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const char *word = key_in(group, &config_rows[id]);
        unsigned slips = word == NULL ? NEAR_FAR : near_slips(key, strlen(key), word, strlen(word));
        if (slips >= least)
            continue;
        least = slips;
        snprintf(text, CONFIG_PATH_TEXT_MAX, "%s", word);
    }
    if (least < NEAR_FAR)
        return text;
    enum config_row_id id = find_elsewhere(key);
    if (id == CONFIG_ROWS)
        return NULL;
    (void)config_row_path(&config_rows[id], 0, text);
    char *number = strstr(text, "[0]"); /* of any entry of a list */
    if (number != NULL)
        memmove(number + 1, number + 2, strlen(number + 2) + 1);
    return text;
}

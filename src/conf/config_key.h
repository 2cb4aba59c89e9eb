/* config_key.h - which row a key of the file means
 * SPDX-License-Identifier: ISC
 *
 * What: finds keys in config.def, and says which there are where one is not known.
 * Who:  config_yaml. Pure.
 */
#pragma once

#include "conf/config_row.h"

#define CONFIG_KEY_KNOWN_MAX 320 /* the known keys in a message */

/** The row of this key in this group; in the group "" also the first row of the group that the key
 *  names. @return CONFIG_ROWS: there is none */
enum config_row_id config_key_find(const char *group, const char *key);

/** The keys of a group with commas between them, as many as there is room for. Returns `known`. */
const char *config_key_list(const char *group, char known[CONFIG_KEY_KNOWN_MAX]);

/** The key of this group that is like one that is not known, or the one of another group that has
 *  its name, as "timeouts.query". @return `text`; NULL: there is none */
const char *config_key_near(const char *group, const char *key, char text[CONFIG_PATH_TEXT_MAX]);

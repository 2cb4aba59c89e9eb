/* config_yaml_tell.h - what is wrong at the event that was read
 * SPDX-License-Identifier: ISC
 *
 * What: puts the words together, with the line of the event.
 * Who:  config_yaml. Pure apart from snprintf.
 */
#pragma once

#include "conf/config_yaml.h"

/** The line of the event at hand, 1.. */
uint32_t config_yaml_tell_line(const struct config_yaml *y);

/** The line that holds the octet at `offset` of the text, 1.. */
uint32_t config_yaml_tell_line_at(const struct config_yaml *y, size_t offset);

/** The same as a place. */
struct config_origin config_yaml_tell_place(const struct config_yaml *y);

/** @param key  borrowed, or NULL */
void config_yaml_tell(struct config_yaml *y, const char *key, const char *text);

/** libyaml has failed. @return STATUS_INVALID, always */
enum status config_yaml_tell_broken(struct config_yaml *y);

/** The event at hand is a key that is not known in y->group. */
void config_yaml_tell_unknown(struct config_yaml *y);

/** The event at hand is of another form than the value of y->row, which is marked as wrong. */
void config_yaml_tell_form(struct config_yaml *y, const char *wrong);

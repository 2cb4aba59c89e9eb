/* config_errors.c - see config_errors.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_errors.h"

#include <stdio.h>
#include <string.h>

static uint64_t
place_of(struct config_origin origin)
{
    bool is_placed =
        origin.layer > CONFIG_FROM_FILE || (origin.layer == CONFIG_FROM_FILE && origin.line > 0);
    return is_placed ? (uint64_t)origin.layer << 32 | origin.line : UINT64_MAX;
}

void
config_errors_begin(struct config_errors *errors)
{
    memset(errors, 0, sizeof *errors);
}

uint32_t
config_errors_kept(const struct config_errors *errors)
{
    return errors->count < CONFIG_ERRORS_MAX ? errors->count : CONFIG_ERRORS_MAX;
}

bool
config_errors_is_full(const struct config_errors *errors)
{
    return errors->count >= CONFIG_ERRORS_MAX;
}

bool
config_errors_is_past(const struct config_errors *errors, struct config_origin origin)
{
    return config_errors_is_full(errors) &&
           errors->places[CONFIG_ERRORS_MAX - 1] <= place_of(origin);
}

void
config_errors_add(struct config_errors *errors, const struct config_error *error,
                  struct config_origin origin)
{
    uint64_t place = place_of(origin);
    uint32_t at = config_errors_kept(errors);
    errors->count += errors->count < UINT32_MAX;
    while (at > 0 && errors->places[at - 1] > place) {
        at--;
        if (at + 1 == CONFIG_ERRORS_MAX)
            continue; /* the last one makes room */
        errors->places[at + 1] = errors->places[at];
        errors->of[at + 1] = errors->of[at];
    }
    if (at == CONFIG_ERRORS_MAX)
        return;
    errors->places[at] = place;
    errors->of[at] = *error;
}

void
config_errors_mark(struct config_errors *errors, enum config_row_id row, uint32_t upstream)
{
    errors->is_wrong[config_row_place(row, upstream)][row] = true;
}

bool
config_errors_has(const struct config_errors *errors, enum config_row_id row, uint32_t upstream)
{
    return errors->is_wrong[config_row_place(row, upstream)][row];
}

const char *
config_errors_rest(const struct config_errors *errors, char text[CONFIG_ERRORS_REST_MAX])
{
    uint32_t rest = errors->count - config_errors_kept(errors);
    if (rest == 0)
        return NULL;
    snprintf(text, CONFIG_ERRORS_REST_MAX, "and %u more error%s", rest, rest == 1 ? "" : "s");
    return text;
}

void
config_errors_line(const struct config_errors *errors, struct config_error *line)
{
    char more[CONFIG_ERRORS_REST_MAX] = "";
    *line = errors->of[0];
    if (errors->count > 1)
        snprintf(more, sizeof more, " (and %u more)", errors->count - 1);
    size_t room = sizeof line->text - 1 - strlen(more), used = strnlen(line->text, room);
    memcpy(line->text + used, more, strlen(more) + 1);
}

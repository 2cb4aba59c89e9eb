/* config_errors.h - everything that is wrong with a configuration, in the order of the file
 * SPDX-License-Identifier: ISC
 *
 * What: keeps the first CONFIG_ERRORS_MAX lines by their place, counts the others, and knows which
 *       keys they are about, so that what only follows from an error is not told as another one.
 * Who:  conf, and the supervisor, which tells them. Pure apart from snprintf.
 */
#pragma once

#include "conf/config.h"
#include "conf/config_row.h"

#define CONFIG_ERRORS_MAX      19 /* a line more counts the others: as many as a log takes at once */
#define CONFIG_ERRORS_REST_MAX 48 /* "and 4294967295 more errors" */

enum config_layer { CONFIG_DEFAULTS, CONFIG_FROM_FILE, CONFIG_FROM_ENV, CONFIG_FROM_FLAGS };

struct config_origin { /* where a value comes from */
    enum config_layer layer;
    uint32_t line; /* CONFIG_FROM_FILE: 1.., 0: no line of its own */
};

struct config_errors {                         /* caller's memory */
    uint32_t count;                            /* all of them */
    struct config_error of[CONFIG_ERRORS_MAX]; /* config_errors_kept() of them, in order */
    uint64_t places[CONFIG_ERRORS_MAX];        /* private: what the order is by */
    /* private; the last entry stands for rows of none, the last row for the whole list of upstreams */
    bool is_wrong[CONFIG_ENTRIES_MAX + 1][CONFIG_ROWS + 1];
};

/** There is none. */
void config_errors_begin(struct config_errors *errors);

/**
 * One more. The file's come in the order of their lines, then those of the environment and of the
 * command line, last what has no place: what is missing.
 *
 * @param error  borrowed for the call
 */
void config_errors_add(struct config_errors *errors, const struct config_error *error,
                       struct config_origin origin);

/** The row's value is one of what is wrong. @param row  CONFIG_ROWS: the list of upstreams */
void config_errors_mark(struct config_errors *errors, enum config_row_id row, uint32_t upstream);

/** Is it? */
bool config_errors_has(const struct config_errors *errors, enum config_row_id row,
                       uint32_t upstream);

/** How many are kept. */
uint32_t config_errors_kept(const struct config_errors *errors);

/** Would one of this place only be counted? Its words are not worth their time then. */
bool config_errors_is_past(const struct config_errors *errors, struct config_origin origin);

/** Are as many kept as can be? A guess at what was meant is not worth its time then. */
bool config_errors_is_full(const struct config_errors *errors);

/** "and 7 more errors" for those that are not kept. Returns `text`, or NULL: all are. */
const char *config_errors_rest(const struct config_errors *errors,
                               char text[CONFIG_ERRORS_REST_MAX]);

/** The first in one line, and how many more there are. @param line  written; not one of `errors` */
void config_errors_line(const struct config_errors *errors, struct config_error *line);

/* config_marks.h - where in a YAML file each key and value stands
 * SPDX-License-Identifier: ISC
 *
 * What: judges the file's shape and remembers lines. libcyaml, which loads the values, tells a
 *       program nothing about lines, takes anchors and tags, and reads only the first of several
 *       documents; so libyaml's events are walked first, along config.def. A file that passes here
 *       holds known keys with values of the right form, each once, and nothing else.
 * Who:  config_load(). Allocates only inside libyaml; frees it.
 */
#pragma once

#include "conf/config.h"
#include "conf/config_rows.h"

#define CONFIG_MARKS_MAX 2048 /* every list full is about 900 */

enum config_mark_kind {
    CONFIG_MARK_GROUP,    /* a mapping of keys, the list of upstreams too; row: its first */
    CONFIG_MARK_UPSTREAM, /* one upstream begins */
    CONFIG_MARK_KEY,      /* a key of a row */
    CONFIG_MARK_ITEM,     /* a value: the row's only one, or one of its list */
};

struct config_mark {
    enum config_mark_kind kind;
    enum config_row_id row;
    uint32_t upstream, item; /* numbers from 0 */
    uint32_t line;           /* 1.. */
};

struct config_marks {
    uint32_t count;
    uint32_t upstreams_line;                 /* 0: the file does not name upstreams */
    struct config_mark of[CONFIG_MARKS_MAX]; /* in the order of the file */
};

/**
 * @param file   borrowed, for messages
 * @param text   borrowed, `size` bytes, 0..CONFIG_FILE_MAX; more is an error
 * @param marks  written; count 0: a file without a document
 * @param error  written on failure
 * @return STATUS_OK; STATUS_INVALID.
 */
MUST_CHECK enum status config_marks_read(const char *file, const char *text, size_t size,
                                         struct config_marks *marks, struct config_error *error);

/* config_yaml.h - the keys and values of a YAML file, one after the other
 * SPDX-License-Identifier: ISC
 *
 * What: walks libyaml's events along config.def and hands out what config_load() needs, with the
 *       line of each. What is handed out is a known key, once, with values of the right form;
 *       anchors, aliases, tags, other forms and a second document are errors. What is wrong is
 *       told and left out, and reading goes on behind it; only where the text is no YAML it ends
 *       there. Events know their line and keep nothing; a loader over them, such as libcyaml, gives values without lines,
 *       takes anchors and tags, and reads only the first of several documents.
 * Who:  config_load(). Allocates only inside libyaml, which frees it.
 * Ref:  penstock.yaml(5); YAML 1.1.
 */
#pragma once

#include "conf/config.h"
#include "conf/config_errors.h"
#include "conf/config_row.h"

#include <yaml.h>

enum config_yaml_kind {
    CONFIG_YAML_GROUP, /* a mapping of keys, or a list of upstreams or routes; row: its first */
    CONFIG_YAML_ENTRY, /* one upstream or route begins; row: the first of its group */
    CONFIG_YAML_KEY,   /* the key of a row */
    CONFIG_YAML_VALUE, /* the row's only value, or one of its list */
    CONFIG_YAML_END,   /* of the file; nothing follows */
};

struct config_yaml_item {
    enum config_yaml_kind kind;
    enum config_row_id row;
    uint32_t upstream; /* its number, from 0, where the row is an upstream's or a route's */
    uint32_t line;     /* 1.. */
    const char *text;  /* CONFIG_YAML_VALUE: borrowed until the next call; else NULL */
};

/* what the next event belongs to */
enum config_yaml_place {
    CONFIG_YAML_AT_START,
    CONFIG_YAML_IN_MAPPING, /* the document, a group, an upstream or route */
    CONFIG_YAML_IN_ENTRIES, /* the list of upstreams or routes */
    CONFIG_YAML_AT_VALUE,   /* the value of the row whose key came */
    CONFIG_YAML_IN_LIST,    /* the list of values of that row */
    CONFIG_YAML_AT_END,
};

/* caller's memory, members private */
struct config_yaml {
    const char *file, *text; /* borrowed until config_yaml_close() */
    size_t size;
    struct config_errors *errors; /* borrowed likewise; gets what is wrong */
    yaml_parser_t parser;
    yaml_event_t event; /* the last one read */
    enum config_yaml_place place;
    enum config_row_id row;            /* the row or the group at hand */
    const char *group;                 /* of the mapping at hand; "": the document */
    enum config_row_id first;          /* of a group that is a list: its first row */
    uint32_t upstream;                 /* the number of the one at hand */
    uint32_t entries;                  /* how many there were of its group */
    bool is_full;                      /* there was one too many */
    uint32_t why_line;                 /* the last that was told in words of config_yaml_why.h */
    uint32_t group_lines[CONFIG_ROWS]; /* by a group's first row; 0: not given yet */
    uint32_t key_lines[CONFIG_ENTRIES_MAX][CONFIG_ROWS];
};

/**
 * @param file    borrowed, for messages
 * @param text    borrowed, `size` bytes, 0..CONFIG_FILE_MAX; more is an error
 * @param errors  borrowed; this and config_yaml_next() add what is wrong
 * @return STATUS_OK: config_yaml_close() is due; STATUS_INVALID.
 */
MUST_CHECK enum status config_yaml_open(struct config_yaml *yaml, const char *file,
                                        const char *text, size_t size,
                                        struct config_errors *errors);

/** @return STATUS_OK: `item` is written; STATUS_INVALID: what follows cannot be read, and only
 *  config_yaml_close() may follow. */
MUST_CHECK enum status config_yaml_next(struct config_yaml *yaml, struct config_yaml_item *item);

void config_yaml_close(struct config_yaml *yaml);

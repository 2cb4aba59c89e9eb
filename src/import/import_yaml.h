/* import_yaml.h - the values of any YAML, each with the keys that lead to it
 * SPDX-License-Identifier: ISC
 *
 * What: walks libyaml's events and hands out scalars: "backends.tls.subject_name", its value, its
 *       line, and which item of the outermost list it belongs to. Strict and bounded: a text above
 *       IMPORT_YAML_BYTES, too deep, with anchors, aliases, tags or a second document is refused.
 * Who:  readers of stubby.yml and dnsdist.yml. Allocates only inside libyaml, which frees it.
 * Ref:  YAML 1.1.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

/* octets; libyaml then asks for no block that the C library would have to remap */
#define IMPORT_YAML_BYTES     65536
#define IMPORT_YAML_DEPTH_MAX 16
#define IMPORT_YAML_PATH_MAX  192 /* octets of the keys, with dots and the NUL */

struct import_yaml_item {
    uint32_t line;                   /* 1.. */
    uint32_t item;                   /* of the outermost list, from 1; 0: in no list */
    char path[IMPORT_YAML_PATH_MAX]; /* keys with dots; lists leave no trace */
    const char *value;               /* borrowed until the next call */
};

struct import_yaml_level {
    bool is_list;
    bool is_at_value; /* of a mapping: its key was read */
    size_t path;      /* length of the path above */
};

struct import_yaml { /* caller's memory, members private */
    yaml_parser_t parser;
    yaml_event_t event;
    struct import_yaml_level levels[IMPORT_YAML_DEPTH_MAX];
    unsigned depth, lists, documents;
    bool is_over;
    uint32_t item;
    char path[IMPORT_YAML_PATH_MAX];
    uint32_t line;     /* where it failed */
    const char *wrong; /* static, or libyaml's: what is wrong there; NULL: nothing */
};

/** Begin. @param text  borrowed until import_yaml_close() @return false: `y->wrong`; nothing to close */
MUST_CHECK bool import_yaml_open(struct import_yaml *y, const char *text, size_t size);

/** The next scalar. @return false: no more, or `y->wrong` says what stopped it */
MUST_CHECK bool import_yaml_next(struct import_yaml *y, struct import_yaml_item *item);

void import_yaml_close(struct import_yaml *y);

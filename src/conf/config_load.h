/* config_load.h - defaults, file, environment and flags, one layer over the other
 * SPDX-License-Identifier: ISC
 *
 * What: fills struct config from texts, or says what is wrong, where, and what is allowed, a
 *       line for each fault. Pure apart from what libyaml allocates.
 * Who:  supervisor.
 * Ref:  penstock.yaml(5).
 */
#pragma once

#include "conf/config.h"
#include "conf/config_errors.h"
#include "conf/config_zone.h"

struct config_source {
    const char *file; /* path for messages, or NULL: no file */
    const char *text; /* its contents, `text_size` bytes, not NUL-terminated; NULL: no file */
    size_t text_size;
    const char *const *environ; /* NULL-terminated "NAME=value"; only PENSTOCK_… is looked at */
    const char *const *listen;  /* -a flags; they replace the configured list */
    size_t listen_count;
    uint32_t verbose; /* -v flags */
    /* the number of an interface by its name, 0: there is none; NULL: none is known by name */
    config_zone_numberer *zone_index;
};

/**
 * Build the configuration: defaults, then file, then environment, then flags; then judge the whole.
 *
 * @param source  borrowed for the call
 * @param config  written; all zero on failure
 * @param errors  written: everything that is wrong, none on success
 * @return STATUS_OK; STATUS_INVALID (bad input). An unknown key, an unknown PENSTOCK_ variable and a
 *         duplicate key are errors.
 */
MUST_CHECK enum status config_load_all(const struct config_source *source, struct config *config,
                                       struct config_errors *errors);

/** The same for who has room for one error: the first. */
MUST_CHECK enum status config_load(const struct config_source *source, struct config *config,
                                   struct config_error *error);

/** Give every key that no upstream has its default; there is no upstream, so that the result is not
 *  sound before one is added. */
void config_load_defaults(struct config *config);

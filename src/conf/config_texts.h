/* config_texts.h - the values of a YAML file as texts, loaded by libcyaml
 * SPDX-License-Identifier: ISC
 *
 * What: a schema made from config.def, in which every value is a string; libcyaml fills it.
 *       What a text means is for values.h, so that the file and the environment share one reader.
 * Who:  config_load(), after config_marks_read() accepted the same bytes.
 */
#pragma once

#include "conf/config.h"
#include "conf/config_rows.h"

struct config_texts; /* owned by the caller until config_texts_close() */

/**
 * @param text   borrowed, `size` bytes; config_marks_read() found a document in it
 * @param texts  written: to be closed by the caller; NULL on failure
 * @param why    written on failure: libcyaml's reason, static text
 * @return STATUS_OK; STATUS_INVALID.
 */
MUST_CHECK enum status config_texts_open(const char *text, size_t size, struct config_texts **texts,
                                         const char **why);

/** The text of one value, borrowed from `texts`; NULL: the file does not have it. */
const char *config_texts_get(const struct config_texts *texts, enum config_row_id row,
                             uint32_t upstream, uint32_t item);

/** NULL is allowed. */
void config_texts_close(struct config_texts *texts);

/* ctl_value.h - what the documents in JSON are made of
 * SPDX-License-Identifier: ISC
 *
 * What: numbers of figures as JSON has them, what several documents have in common, and how one is
 *       written. What was not read (NUMBER_NONE) is null.
 * Who:  ctl_json*.c of penstockctl.
 * Ref:  view/number.h; docs/penstockctl-*.schema.json.
 */
#pragma once

#include "view/reading.h"

#include <jansson.h>

json_t *ctl_value_whole(uint64_t value);

/** A value that is counted in parts of its unit, so many of one. */
json_t *ctl_value_part(uint64_t value, double parts);

/** Per second. @param milli  thousandths */
json_t *ctl_value_rate(uint64_t milli);
json_t *ctl_value_percent(uint64_t hundredths);
json_t *ctl_value_ms(uint64_t us);

/** Times within which 50, 90, 99 of 100 came. */
json_t *ctl_value_times(uint64_t half_us, uint64_t nine_us, uint64_t most_us);

/** Whose figures these are. @param reading  borrowed for the call */
json_t *ctl_value_audit(const struct reading *reading);
json_t *ctl_value_service(const struct reading *reading);

/**
 * Write a document.
 *
 * @param root  given away
 * @param form  JSON_COMPACT or the like
 * @return a text that free() takes; NULL: no memory
 */
char *ctl_value_dump(json_t *root, size_t form);

/** The same for people, too. */
char *ctl_value_print(json_t *root);

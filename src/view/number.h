/* number.h - figures as text
 * SPDX-License-Identifier: ISC
 *
 * What: numbers with as many places as say something. What was not read is "-", and never 0; what
 *       was counted and is too small to be shown is "<0.01", and never 0 either.
 * Who:  whoever shows figures. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include <stdint.h>

#define NUMBER_NONE     UINT64_MAX /* there is no reading */
#define NUMBER_TEXT_MAX 32

/** "16,384". @return `text`, as all below */
const char *number_count(uint64_t count, char text[NUMBER_TEXT_MAX]);

/** Thousandths: "412.5", "9.4", "0.08"; from 1000 on "20,113". */
const char *number_rate(uint64_t milli, char text[NUMBER_TEXT_MAX]);

/** The same, two places below 1: "0.15". For what is rare and matters. */
const char *number_rare(uint64_t milli, char text[NUMBER_TEXT_MAX]);

/** Microseconds as milliseconds: "<0.01", "0.10", "41.0", "250", "1,250". */
const char *number_ms(uint64_t us, char text[NUMBER_TEXT_MAX]);

/** Hundredths of a percent: "99.98", cut and never rounded up. */
const char *number_share(uint64_t hundredths, char text[NUMBER_TEXT_MAX]);

/** The same to a tenth, "73.0", rounded. */
const char *number_tenths(uint64_t hundredths, char text[NUMBER_TEXT_MAX]);

/** The same whole, "62", rounded; but not 0 or 100 unless it is that. */
const char *number_percent(uint64_t hundredths, char text[NUMBER_TEXT_MAX]);

/** "one" to "twelve", then figures. */
const char *number_word(uint64_t count, char text[NUMBER_TEXT_MAX]);

/** The same as a sentence begins: "One", "13". */
const char *number_word_first(uint64_t count, char text[NUMBER_TEXT_MAX]);

/** Octets in MiB: "29.8", whole from 100 on. */
const char *number_mib(uint64_t octets, char text[NUMBER_TEXT_MAX]);

/** part / whole in hundredths of a percent, rounded down, at most all; NUMBER_NONE if `whole` is 0 */
uint64_t number_share_of(uint64_t part, uint64_t whole);

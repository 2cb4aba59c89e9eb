/* markup.h - HTML in memory, in which a text can never become markup
 * SPDX-License-Identifier: ISC
 *
 * What: octets of a page in a buffer of fixed size. What stands in a format is markup; what is put
 *       into it is text, and is escaped. What has no room is left out, and known to be.
 * Who:  whoever draws a page. Pure.
 * Ref:  HTML Living Standard, section 13.1.2.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct markup {
    char *text; /* the caller's; NUL-terminated at all times */
    size_t size, used;
    bool is_cut; /* something had no room: the text is of no use */
};

/** @param text  borrowed while the markup is in use; @param size  1 or more */
void markup_begin(struct markup *markup, char *text, size_t size);

/**
 * Markup, with %s for a text and %u for an unsigned int; %% is a percent sign. There are no others.
 * Of a text, the characters of markup are escaped, and what is no printable ASCII is "?".
 */
void markup_put(struct markup *markup, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** A figure as view/number.h makes it; one that is not there is a dash. */
void markup_figure(struct markup *markup, const char *figure);

/** A text in which `this` is code. */
void markup_sentence(struct markup *markup, const char *text);

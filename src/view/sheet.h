/* sheet.h - text that is written column by column
 * SPDX-License-Identifier: ISC
 *
 * What: lines of text in memory that it is given. It knows in which column it writes, so that figures
 *       stand below each other, and breaks sentences where a line ends. What has no room is left out.
 * Who:  whoever draws. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* How what follows looks; a byte of this value stands in the text. Who shows it takes the byte out:
 * plain text looks the same without. */
enum sheet_style {
    SHEET_PLAIN = 1,
    SHEET_WELL = 2,
    SHEET_LOOK = 3,
    SHEET_ACT = 4,
    SHEET_DIM = 5,
    SHEET_STYLES = 6,
};

struct sheet {
    char *text; /* the caller's; NUL-terminated at all times */
    size_t size, used;
    unsigned column; /* of the line, from 0; a character is one column wide */
    unsigned most;   /* columns of a line, what is beyond is left out; 0: as many as there are */
    bool is_cutting; /* the character that is being written is beyond */
    bool is_plain;   /* ASCII only */
    bool has_styles; /* else sheet_style() writes nothing */
};

/** @param text  borrowed while the sheet is in use; @param size  1 or more */
void sheet_begin(struct sheet *sheet, char *text, size_t size, bool is_plain, bool has_styles);

/** As printf; what it makes of one call is at most SHEET_ADD_MAX octets. UTF-8. */
#define SHEET_ADD_MAX 512
void sheet_add(struct sheet *sheet, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Blanks up to this column; none if it is reached already. */
void sheet_to(struct sheet *sheet, unsigned column);

/** The text so that it ends in front of this column; a blank before it if there is no room. */
void sheet_right(struct sheet *sheet, unsigned column, const char *text);

/** No more of the text than so many columns; where it is cut, the last one is "~". */
void sheet_cut(struct sheet *sheet, unsigned width, const char *text);

/** The first with UTF-8, the second in plain text. */
void sheet_sign(struct sheet *sheet, const char *sign, const char *plain);

void sheet_style(struct sheet *sheet, enum sheet_style style);

/** A new line, without blanks before it; or with blanks up to `width`, if that is not 0. */
void sheet_end_line(struct sheet *sheet, unsigned width);

/**
 * Words from here on, each line up to column `width`, those after the first with `indent` blanks. A
 * line end in the text is one here; what begins with a blank after it stands as it is.
 */
void sheet_flow(struct sheet *sheet, unsigned indent, unsigned width, const char *text);

/** Take away what stands behind so many lines. */
void sheet_keep_lines(struct sheet *sheet, unsigned lines);

/** How many columns a text takes. */
unsigned sheet_width(const char *text);

/* import_line.h - lines of words, as unbound.conf, smartdns.conf and a Corefile have them
 * SPDX-License-Identifier: ISC
 *
 * What: parts a text into lines, and a line into words. A word in quotes is one word, a backslash in
 *       it takes the next character as it is; # at the beginning of a word begins a comment. A line
 *       that is no text, or too long, is handed out as such, with what is wrong with it.
 * Who:  readers of penstockctl import. Pure.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

#define IMPORT_LINE_BYTES     4096 /* of the words of a line, each with its NUL */
#define IMPORT_LINE_WORDS_MAX 256

struct import_line_reader { /* caller's memory, members private */
    struct bytes_reader from;
    uint32_t number;
};

struct import_line {
    uint32_t number;   /* 1.. */
    unsigned count;    /* words, 1.. */
    const char *wrong; /* static text; the words up to there are handed out. NULL: nothing */
    const char *words[IMPORT_LINE_WORDS_MAX];
    bool is_quoted[IMPORT_LINE_WORDS_MAX];
    char bytes[IMPORT_LINE_BYTES];
    size_t used;
};

/** Begin. @param text  borrowed for as long as lines are read */
struct import_line_reader import_line_open(const char *text, size_t size);

/** The next line that has a word. @return false: no more */
MUST_CHECK bool import_line_next(struct import_line_reader *reader, struct import_line *line);

/* config_cookies.c - see config_cookies.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_cookies.h"

#include "conf/value_limits.h"

#include <string.h>

struct line {
    const char *at;
    size_t size; /* without its newline */
};

/* Take a word and the space behind it off the beginning. */
static bool
take_word(struct line *line, const char *word)
{
    size_t size = strlen(word);
    if (line->size < size || memcmp(line->at, word, size) != 0)
        return false;
    line->at += size;
    line->size -= size;
    return true;
}

static const char *
read_secret(const struct line *line, struct config_secret *secret)
{
    return value_limits_parse_secret(line->at, line->size, secret) == NULL
               ? NULL
               : "not a secret, and not shown; allowed: 32 hexadecimal digits in lower case";
}

static const char *
read_other(struct line line, struct config_secret *previous, struct config_secret *staged)
{
    struct config_secret *to = take_word(&line, "previous ") ? previous
                               : take_word(&line, "staged ") ? staged
                                                             : NULL;
    if (to == NULL)
        return "not a line of a second secret, and not shown; allowed: \"previous\" or \"staged\", "
               "a space, and 32 hexadecimal digits in lower case";
    if (to->is_set != 0)
        return "given twice; allowed: each once";
    return read_secret(&line, to);
}

const char *
config_cookies_read(const char *text, size_t size, struct config *config, unsigned *line_number)
{
    struct config_secret secret = {0}, previous = {0}, staged = {0};
    const char *wrong = NULL;
    *line_number = 0;
    do {
        const char *newline = memchr(text, '\n', size);
        struct line line = {text, newline != NULL ? (size_t)(newline - text) : size};
        size_t taken = newline != NULL ? line.size + 1 : line.size;
        wrong = ++*line_number == 1 ? read_secret(&line, &secret)
                                    : read_other(line, &previous, &staged);
        text += taken;
        size -= taken;
    } while (wrong == NULL && size > 0);
    if (wrong == NULL) {
        config->cookies_secret = secret;
        config->cookies_previous_secret = previous;
        config->cookies_staged_secret = staged;
    }
    explicit_bzero(&secret, sizeof secret);
    explicit_bzero(&previous, sizeof previous);
    explicit_bzero(&staged, sizeof staged);
    return wrong;
}

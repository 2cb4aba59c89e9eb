/* config_cookies.c - see config_cookies.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_cookies.h"

#include "base/hex.h"

#include <string.h>

#define SECRET_DIGITS ((size_t)2 * CONFIG_SECRET_BYTES)

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

static bool
is_secret(const struct line *line, struct config_secret *secret)
{
    secret->is_set =
        line->size == SECRET_DIGITS && hex_read(line->at, secret->bytes, sizeof secret->bytes);
    return secret->is_set != 0;
}

static const char *
read_first(const struct line *line, struct config_secret *secret)
{
    return is_secret(line, secret)
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
               "a "
               "space, and 32 hexadecimal digits in lower case";
    if (to->is_set != 0)
        return "given twice; allowed: each once";
    return read_first(&line, to);
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
        wrong =
            ++*line_number == 1 ? read_first(&line, &secret) : read_other(line, &previous, &staged);
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

/* near.c - see near.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/near.h"

#include <stdbool.h>
#include <stdint.h>

static char
fold(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c == '-' ? '_' : c);
}

/* A number is another number, not a slip. */
static unsigned
price(char c)
{
    return c >= '0' && c <= '9' ? NEAR_FAR : 1;
}

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned
allowed(size_t size)
{
    return size <= 2 ? 0 : size <= 5 ? 1 : 2;
}

/* Which characters there are, in 32 sets of them. */
static uint32_t
characters(const char *word, size_t size)
{
    uint32_t set = 0;
    for (size_t i = 0; i < size; i++)
        set |= UINT32_C(1) << ((unsigned char)fold(word[i]) & 31);
    return set;
}

/* Each character that the other word has not is a slip of its own: nearly all words are told apart by that. */
static unsigned
slips_at_least(const char *text, size_t size, const char *word, size_t word_size)
{
    uint32_t a = characters(text, size), b = characters(word, word_size);
    int only_a = __builtin_popcount(a & ~b), only_b = __builtin_popcount(b & ~a);
    return (unsigned)(only_a > only_b ? only_a : only_b);
}

unsigned
near_slips(const char *text, size_t size, const char *word, size_t word_size)
{
    /* rows of the table for the prefixes of `text`: the one at hand and two before it */
    unsigned rows[3][NEAR_SIZE_MAX + 1];
    unsigned most = allowed(word_size), least_before = 0;
    if (size > NEAR_SIZE_MAX || word_size > NEAR_SIZE_MAX || size > word_size + most ||
        word_size > size + most || slips_at_least(text, size, word, word_size) > most)
        return NEAR_FAR;
    rows[0][0] = 0;
    for (size_t j = 1; j <= word_size; j++)
        rows[0][j] = rows[0][j - 1] + price(word[j - 1]);
    for (size_t i = 1; i <= size; i++) {
        unsigned *row = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        char c = fold(text[i - 1]);
        row[0] = before[0] + price(c);
        unsigned least_here = row[0];
        for (size_t j = 1; j <= word_size; j++) {
            char w = fold(word[j - 1]);
            unsigned other = c == w ? 0 : price(c) > price(w) ? price(c) : price(w);
            row[j] =
                least(before[j - 1] + other, least(before[j] + price(c), row[j - 1] + price(w)));
            bool is_swap = i > 1 && j > 1 && c == fold(word[j - 2]) && fold(text[i - 2]) == w;
            if (is_swap)
                row[j] = least(row[j], earlier[j - 2] + other);
            least_here = least(least_here, row[j]);
        }
        if (least_here > most && least_before > most)
            return NEAR_FAR; /* no row that follows has less than the two before it */
        least_before = least_here;
    }
    unsigned slips = rows[size % 3][word_size];
    return slips <= most ? slips : NEAR_FAR;
}

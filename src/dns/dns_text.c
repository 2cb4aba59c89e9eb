/* dns_text.c - see dns_text.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_text.h"

#define CONTINUED      0x80 /* the two high bits of every octet but a character's first */
#define CONTINUED_MASK 0xc0
#define SPACE          0x20
#define DEL            0x7f
#define C1_END         0xa0 /* U+0080 to U+009F are control characters too */
#define SURROGATES     0xd800
#define SURROGATES_END 0xe000
#define CODE_MAX       0x10ffff

/* The character at the reader, which is moved behind it. @return its code; 0: there is none */
static uint32_t
get_character(struct bytes_reader *r)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000}; /* by octets that follow */
    uint32_t code = bytes_get_u8(r);
    unsigned more = code < 0x80 ? 0 : code < 0xc2 ? 4 : code < 0xe0 ? 1 : code < 0xf0 ? 2 : 3;
    if (code > 0xf4 || more == 4)
        return 0;
    if (more > 0)
        code &= 0x3fU >> more;
    for (unsigned i = 0; i < more; i++) {
        uint8_t octet = bytes_get_u8(r);
        if ((octet & CONTINUED_MASK) != CONTINUED)
            return 0;
        code = code << 6 | (octet & (uint8_t)~CONTINUED_MASK);
    }
    bool is_one = !r->failed && code >= least[more] && code <= CODE_MAX &&
                  (code < SURROGATES || code >= SURROGATES_END);
    return is_one ? code : 0;
}

static bool
is_control(uint32_t code)
{
    return code < SPACE || (code >= DEL && code < C1_END);
}

size_t
dns_text_put(struct bytes_writer *w, const uint8_t *text, size_t size, size_t room)
{
    struct bytes_reader r = bytes_reader(text, size);
    size_t begin = w->pos;
    while (bytes_left(&r) > 0) {
        struct bytes_reader ahead = r;
        uint32_t code = get_character(&ahead);
        size_t octets = code != 0 ? ahead.pos - r.pos : 1;
        const uint8_t *character = bytes_get_view(&r, octets);
        if (*character == 0 || w->pos - begin + octets > room)
            break;
        if (is_control(code))
            bytes_put_u8(w, '?');
        else
            bytes_put_copy(w, character, octets);
    }
    return w->pos - begin;
}

/* number.c - figures as text
 * SPDX-License-Identifier: ISC
 */
#include "view/number.h"

#include <stdio.h>

static const char *
none(char text[NUMBER_TEXT_MAX])
{
    snprintf(text, NUMBER_TEXT_MAX, "-");
    return text;
}

const char *
number_count(uint64_t count, char text[NUMBER_TEXT_MAX])
{
    char digits[NUMBER_TEXT_MAX];
    if (count == NUMBER_NONE)
        return none(text);
    int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count), at = 0;
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

/* Thousandths with so many places, rounded. @param places  0 to 3 */
static const char *
fixed(uint64_t milli, unsigned places, char text[NUMBER_TEXT_MAX])
{
    static const unsigned steps[] = {1000, 100, 10, 1};
    uint64_t scaled = milli / steps[places] + (milli % steps[places] * 2 >= steps[places] ? 1 : 0);
    uint64_t one = 1000 / steps[places];
    if (places == 0)
        return number_count(scaled, text);
    snprintf(text, NUMBER_TEXT_MAX, "%llu.%0*llu", (unsigned long long)(scaled / one), (int)places,
             (unsigned long long)(scaled % one));
    return text;
}

/* What is there and too little for two places; 0.00 would say that nothing is. */
static const char *
least(char text[NUMBER_TEXT_MAX])
{
    snprintf(text, NUMBER_TEXT_MAX, "<0.01");
    return text;
}

/* Two places below `two_below`, one below 1000 and none from there on. */
static const char *
places(uint64_t milli, uint64_t two_below, char text[NUMBER_TEXT_MAX])
{
    if (milli == NUMBER_NONE)
        return none(text);
    if (milli > 0 && milli < 10 && two_below > 0)
        return least(text);
    if (milli > 0 && milli < two_below)
        return fixed(milli, 2, text);
    return fixed(milli, milli < 999950 ? 1 : 0, text);
}

const char *
number_rate(uint64_t milli, char text[NUMBER_TEXT_MAX])
{
    return places(milli, 100, text);
}

const char *
number_rare(uint64_t milli, char text[NUMBER_TEXT_MAX])
{
    return places(milli, 1000, text);
}

const char *
number_ms(uint64_t us, char text[NUMBER_TEXT_MAX])
{
    if (us == NUMBER_NONE)
        return none(text);
    if (us < 10)
        return least(text);
    return fixed(us, us < 995 ? 2 : us < 99950 ? 1 : 0, text);
}

const char *
number_share(uint64_t hundredths, char text[NUMBER_TEXT_MAX])
{
    return hundredths == NUMBER_NONE ? none(text) : fixed(hundredths * 10, 2, text);
}

const char *
number_tenths(uint64_t hundredths, char text[NUMBER_TEXT_MAX])
{
    return hundredths == NUMBER_NONE ? none(text) : fixed(hundredths * 10, 1, text);
}

const char *
number_percent(uint64_t hundredths, char text[NUMBER_TEXT_MAX])
{
    if (hundredths > 0 && hundredths < 100)
        snprintf(text, NUMBER_TEXT_MAX, "<1");
    else if (hundredths > 9900 && hundredths < 10000)
        snprintf(text, NUMBER_TEXT_MAX, ">99");
    else
        return hundredths == NUMBER_NONE ? none(text) : fixed(hundredths * 10, 0, text);
    return text;
}

const char *
number_word(uint64_t count, char text[NUMBER_TEXT_MAX])
{
    static const char *const words[] = {"no",    "one",   "two",  "three", "four",   "five",  "six",
                                        "seven", "eight", "nine", "ten",   "eleven", "twelve"};
    if (count >= sizeof words / sizeof words[0])
        return number_count(count, text);
    snprintf(text, NUMBER_TEXT_MAX, "%s", words[count]);
    return text;
}

const char *
number_word_first(uint64_t count, char text[NUMBER_TEXT_MAX])
{
    number_word(count, text);
    if (text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
    return text;
}

const char *
number_mib(uint64_t octets, char text[NUMBER_TEXT_MAX])
{
    if (octets == NUMBER_NONE)
        return none(text);
    uint64_t milli = (octets >> 20) * 1000 + (octets & 0xfffff) * 1000 / 0x100000;
    return fixed(milli, milli < 99950 && milli % 1000 != 0 ? 1 : 0, text);
}

uint64_t
number_share_of(uint64_t part, uint64_t whole)
{
    if (whole == 0)
        return NUMBER_NONE;
    if (part > whole) /* counts that wrapped; shifted away below, `whole` would be 0 */
        part = whole;
    while (part > UINT64_MAX / 10000) {
        part >>= 1;
        whole >>= 1;
    }
    return part * 10000 / whole;
}

/* idna.c - see idna.h; the only file that includes libidn2
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/idna.h"

#include <idn2.h>
#include <string.h>

static bool
is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

bool
idna_to_ascii(const char *text, size_t size, char ascii[IDNA_NAME_MAX])
{
    char *made = NULL;
    if (size >= IDNA_NAME_MAX)
        return false;
    memcpy(ascii, text, size);
    ascii[size] = '\0';
    if (is_ascii(ascii))
        return true;
    if (idn2_to_ascii_8z(ascii, &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
        return false;
    size_t made_size = strlen(made);
    bool fits = made_size < IDNA_NAME_MAX;
    if (fits)
        memcpy(ascii, made, made_size + 1);
    idn2_free(made);
    return fits;
}

/* shown.c - keys that upstreams showed and that no pin matches
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/shown.h"

#include "base/base64.h"

#include <stdio.h>
#include <string.h>

/* Where it stands, or the place of the one that was told of longest ago. */
static unsigned
find(const struct supervisor *sup, const struct addr *address)
{
    unsigned i = 0;
    while (i + 1 < CONFIG_UPSTREAMS_MAX && !addr_is_equal(&sup->shown[i].address, address))
        i++;
    return i;
}

void
shown_note(struct supervisor *sup, const struct addr *address, const uint8_t pin[CONFIG_PIN_BYTES])
{
    memmove(&sup->shown[1], &sup->shown[0], find(sup, address) * sizeof sup->shown[0]);
    sup->shown[0].address = *address;
    memcpy(sup->shown[0].pin, pin, CONFIG_PIN_BYTES);
}

bool
shown_text(const struct supervisor *sup, const struct addr *address, char text[SHOWN_TEXT_MAX])
{
    const struct shown *shown = &sup->shown[find(sup, address)];
    char base64[BASE64_TEXT_SIZE(CONFIG_PIN_BYTES)];
    text[0] = '\0';
    if (!addr_is_equal(&shown->address, address))
        return false;
    snprintf(text, SHOWN_TEXT_MAX, "sha256//%s",
             base64_encode(shown->pin, CONFIG_PIN_BYTES, base64));
    return true;
}

/* shown.h - keys that upstreams showed and that no pin matches
 * SPDX-License-Identifier: ISC
 *
 * What: the last such key of each upstream, as workers tell, so that an operator can compare it
 *       with what the upstream's operator publishes. It goes to operators alone: readers learn from
 *       the pages that a key was refused, and not which. Remembered by address, as a worker may
 *       have another configuration than we.
 * Who:  supervisor.
 * Ref:  RFC 7469 section 2.4; src/ipc/messages.def UPSTREAM_KEY.
 */
#pragma once

#include "supervisor/supervisor.h"

#define SHOWN_TEXT_MAX 64 /* "sha256//" and 44 characters, with the NUL */

/** It showed this key. @param pin  SHA-256 of its SubjectPublicKeyInfo */
void shown_note(struct supervisor *sup, const struct addr *address,
                const uint8_t pin[CONFIG_PIN_BYTES]);

/** @param text  written: the key as a pin is written; "" if there is none. @return is there one? */
bool shown_text(const struct supervisor *sup, const struct addr *address,
                char text[SHOWN_TEXT_MAX]);

/* pin.h - `penstock pin`: one look at an upstream's certificates
 *
 * What: dials, lets a jailed worker shake hands with the server, and prints the keys of the chain
 *       as configuration to paste. It needs no configuration, and it proves nothing: who sits
 *       between us and the server shows his own keys. The output says so.
 * Who:  supervisor, instead of serving.
 * Ref:  RFC 7858 section 4.2.
 */
#pragma once

#include "supervisor/options.h"
#include "supervisor/supervisor.h"

#define PIN_DIAL_MS      5000
#define PIN_LOOK_MS      10000 /* handshake and messages, until the worker is killed */
#define PIN_CERTIFICATES 16    /* of one chain at most */

/** @return the exit code; what went wrong is on stderr, in one line */
int pin_run(const struct options *options);

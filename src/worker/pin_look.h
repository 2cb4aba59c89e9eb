/* pin_look.h - look at a server's certificates once, for `penstock pin`
 *
 * Who:  worker process that was told PIN_LOOK; it serves nobody and exits.
 */
#pragma once

#define PIN_LOOK_MS 5000 /* connect and handshake */

/** Take up what is needed, before the sandbox. Fatal where that fails. */
void pin_look_prepare(const char *name);

/** Report each certificate by PIN_SEEN over CHAN_FD, then depth 255; its text is "" or what went
 *  wrong. @param fd  connecting socket, given away. @return the exit code. */
int pin_look(int fd);

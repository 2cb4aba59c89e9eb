/* import_listen.h - addresses as other programs write them
 * SPDX-License-Identifier: ISC
 *
 * What: ADDRESS@PORT, :PORT, an IPv6 address with a port but without brackets become the form that a
 *       policy has, and keys of `listen`.
 * Who:  readers of penstockctl import. Pure.
 */
#pragma once

#include "import/import_draft.h"

/** Write ADDRESS:PORT, with brackets around IPv6. @param to  may be `address`; "" if it does not fit */
void import_listen_join(char to[VALUE_TEXT_MAX], const char *address, const char *port);

/** Part ADDRESS@PORT at the sign. @param port  "" where there is none @return false: too long */
bool import_listen_part(const char *text, char sign, char address[VALUE_TEXT_MAX],
                        char port[IMPORT_DRAFT_PORT_TEXT_MAX]);

/**
 * Serve an address.
 *
 * @param text  ADDRESS, ADDRESS:PORT, [ADDRESS]:PORT or ADDRESS@PORT; borrowed
 * @param port  where the text names none; NULL: 53
 */
void import_listen_add(struct import_draft *draft, uint32_t line, const char *key, const char *text,
                       const char *port);

/** Serve what that program serves when its file names no address; nothing, where one was named.
 *  @param ipv6  NULL: none @param port  NULL: 53 */
void import_listen_default(struct import_draft *draft, const char *ipv4, const char *ipv6,
                           const char *port);

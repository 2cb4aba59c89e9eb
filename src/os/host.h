/* host.h - the name of this machine
 * SPDX-License-Identifier: ISC
 *
 * What: its first label, as far as it is one: views show it, and nothing else may come out of them.
 * Who:  penstockctl and the exporter, before they give up what they have.
 * Ref:  gethostname(2).
 */
#pragma once

#include <stddef.h>

/** @param name  written, NUL-terminated; "" where there is none. @param size  of it, 1 or more */
void host_name(char *name, size_t size);

/* bell.h - an eventfd that wakes the other side of a ring
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include "base/status.h"

MUST_CHECK enum status bell_open(int *fd); /* close-on-exec, non-blocking */
void bell_ring(int fd);                    /* wake the reader; a full counter is a rung bell too */
void bell_clear(int fd);                   /* before looking at the ring */

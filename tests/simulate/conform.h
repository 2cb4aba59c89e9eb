/* conform.h - the same short scripts of calls on the virtual kernel and on the real one
 * SPDX-License-Identifier: ISC
 *
 * What: conform.c makes calls of os/sys.h and prints what they say; conform_real.c and
 *       conform_virtual.c give it a kernel and the other end of a TCP connection. The two programs
 *       must print the same, or the simulation is kinder or harder than the kernel.
 * Who:  tests/simulate/conform.py compares.
 */
#pragma once

#include <sys/socket.h>

/** All scripts. @return the exit status */
int conform_run(void);

/* --- the other end, which is no code under test ---------------------------------------------- */

/** Where it listens, or where nobody does. */
struct sockaddr_storage peer_address(int is_refusing);
/** It takes the connection that is under way. */
void peer_accept(void);
void peer_write(size_t size);
void peer_end(void);   /* shutdown(2) of its sending */
void peer_close(void); /* with nothing unread, then */
void peer_reset(void); /* whatever is under way is lost */
/** It reads all there is. @return octets; -1: reset; -2: the end and no octet */
long peer_read(void);

/** Let the network do its work. */
void peer_settle(void);

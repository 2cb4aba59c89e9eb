/* tls_library.h - which TLS library this is built with, and which one it runs with
 * SPDX-License-Identifier: ISC
 *
 * What: the supervisor does not link it. What it was built with comes from the build; what a worker
 *       runs with, the worker says when it is ready. They differ where it is a shared library that
 *       was updated since.
 * Who:  supervisor.
 * Ref:  SECURITY.md "The TLS library".
 */
#pragma once

#include "supervisor/supervisor.h"

#include <stdio.h>

/** "Mbed TLS 3.6.6" */
const char *tls_library_built(void);

/** A worker said what it runs with; what is unwise about it is logged once. */
void tls_library_reported(struct supervisor *sup, const char *library);

/** What is unwise about `library` with this configuration, one line each. @return how many */
unsigned tls_library_warnings(const struct config *config, const char *library, FILE *to);

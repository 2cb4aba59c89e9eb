/* pin_check.h - `penstock pin --check`: would a worker trust the live servers, and by which pin?
 * SPDX-License-Identifier: ISC
 *
 * What: looks at each configured upstream with its own policy and says which pin vouches for it.
 * Who:  supervisor, instead of serving.
 * Ref:  penstock(8).
 */
#pragma once

#include "supervisor/look.h"
#include "supervisor/options.h"

/** `penstock pin --check [NAME]`. @return 0: a worker would trust every upstream */
int pin_check_run(const struct options *options);

struct pin_check_match {
    int pin;        /* index of the configured pin; -1: none matches */
    unsigned depth; /* whose key it is; 0: the server's own */
};

/** By which pin a worker trusts the server, and whose certificate has it. Pure. */
struct pin_check_match pin_check_compare(const struct config_upstream *upstream,
                                         const struct look_chain *chain);

/* config_env.h - which row a PENSTOCK_ variable means
 * SPDX-License-Identifier: ISC
 *
 * What: finds the row that a variable's name means; a name without a row is an error.
 * Who:  config_load(). Pure.
 */
#pragma once

#include "conf/config.h"
#include "conf/config_errors.h"
#include "conf/config_row.h"

struct config_env { /* one variable */
    enum config_row_id row;
    uint32_t upstream; /* its number, where the row is an upstream's */
    const char *text;  /* borrowed from the environment: what stands after the = */
};

/** Is it ours to judge: does its name begin with PENSTOCK_? */
bool config_env_is_ours(const char *variable);

/** The row that a variable means. @return false: there is none, or it has no value; all zero */
bool config_env_find(const char *variable, struct config_env *env);

/**
 * The same, and say so if there is none.
 *
 * @param variable  borrowed, "NAME=value", config_env_is_ours()
 * @param env       written
 * @param errors    gets one more on failure
 * @return STATUS_OK; STATUS_INVALID: no key has this name.
 */
MUST_CHECK enum status config_env_read(const char *variable, struct config_env *env,
                                       struct config_errors *errors);

/* value_near.h - what a value that cannot be read was meant to be
 * SPDX-License-Identifier: ISC
 *
 * What: guesses the word or the unit. A guess is told, never taken.
 * Who:  config_load. Pure apart from snprintf.
 */
#pragma once

#include "conf/value.h"

#define VALUE_NEAR_MAX 32

/** @param text  which value_parse() has refused
 *  @return `near`, which it would read; NULL: there is no guess */
const char *value_near(const struct value_rule *rule, const char *text, char near[VALUE_NEAR_MAX]);

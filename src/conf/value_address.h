/* value_address.h - addresses to listen at, to connect to and to connect from
 * SPDX-License-Identifier: ISC
 *
 * What: which of the addresses that addr_parse() reads are of use for each kind of value.
 * Who:  value.c only. Pure.
 */
#pragma once

#include "conf/value.h"

/**
 * @param kind  VALUE_LISTEN, VALUE_UPSTREAM or VALUE_SOURCE
 * @param addr  written; zero before
 * @return NULL, or static text: what is wrong
 */
const char *value_address_parse(enum value_kind kind, const char *text, struct addr *addr);

/* config_reference.h - the keys' section of penstock.yaml(5), from config.def
 * SPDX-License-Identifier: ISC
 *
 * Who:  the test that compares it with docs/penstock.yaml.5.
 */
#pragma once

#include <stdio.h>

/** Write the section in mdoc(7). */
void config_reference(FILE *to);

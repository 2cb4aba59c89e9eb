/* build_id.h - which build of it a program is
 * SPDX-License-Identifier: ISC
 *
 * What: reads the note that the linker put into this executable, as it is mapped.
 * Who:  supervisor, for its audit log.
 * Ref:  ld(1) --build-id; elf(5).
 */
#pragma once

#define BUILD_ID_MAX 65 /* hexadecimal digits, with the NUL */

/** @param text  written; "": the executable has none. @return `text` */
const char *build_id(char text[BUILD_ID_MAX]);

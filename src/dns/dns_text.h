/* dns_text.h - free text of others, passed on
 * SPDX-License-Identifier: ISC
 *
 * What: the text that explains an extended error is an upstream's own. What reaches a client is
 *       UTF-8 without control characters, and never long.
 * Who:  front. Pure.
 * Ref:  RFC 8914 section 2 (EXTRA-TEXT), 3629 (UTF-8).
 */
#pragma once

#include "base/bytes.h"

/**
 * Write `text` as far as it is whole characters within `room` octets. An octet that is part of no
 * character of RFC 3629, and a control character (C0, C1, DEL), become '?'; NUL ends the text
 * (RFC 8914 section 2: it may be terminated by one).
 *
 * @param text  borrowed for the call; `size` octets
 * @return octets written, at most `room` and never more than `size`
 */
size_t dns_text_put(struct bytes_writer *w, const uint8_t *text, size_t size, size_t room);

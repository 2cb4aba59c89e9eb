/* dns_frame.h - messages on a stream: two octets of length, then the message
 * SPDX-License-Identifier: ISC
 *
 * What: tells whether the octets at hand begin with a whole message of an allowed size.
 * Who:  front (TCP), worker (TLS). Pure.
 * Ref:  RFC 1035 4.2.2, 7766 section 8.
 */
#pragma once

#include "base/bytes.h"

enum dns_frame_result {
    DNS_FRAME_OK,   /* one whole message */
    DNS_FRAME_MORE, /* not yet */
    DNS_FRAME_BAD,  /* a length outside min..max: the stream is lost */
};

#define DNS_FRAME_HEADER 2

/**
 * Look at the bytes at hand, from a message's first.
 *
 * @param data     borrowed; `size` bytes
 * @param min,max  allowed message sizes, octets, 0..65535
 * @param message  written on DNS_FRAME_OK: points into data, `message_size` octets; the frame took
 *                 DNS_FRAME_HEADER + message_size bytes. On DNS_FRAME_MORE message_size is the
 *                 announced size, or 0 if it is not known yet.
 */
enum dns_frame_result dns_frame_peek(const uint8_t *data, size_t size, size_t min, size_t max,
                                     const uint8_t **message, size_t *message_size);

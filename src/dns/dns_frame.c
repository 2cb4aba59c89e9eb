/* dns_frame.c - see dns_frame.h
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_frame.h"

enum dns_frame_result
dns_frame_peek(const uint8_t *data, size_t size, size_t min, size_t max, const uint8_t **message,
               size_t *message_size)
{
    struct bytes_reader r = bytes_reader(data, size);
    *message = NULL;
    *message_size = 0;
    if (size < DNS_FRAME_HEADER)
        return DNS_FRAME_MORE;
    size_t announced = bytes_get_u16(&r);
    if (announced < min || announced > max)
        return DNS_FRAME_BAD;
    *message_size = announced;
    if (bytes_left(&r) < announced)
        return DNS_FRAME_MORE;
    *message = bytes_get_view(&r, announced);
    return DNS_FRAME_OK;
}

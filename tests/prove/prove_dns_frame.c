/* prove_dns_frame.c - messages on a stream, of any size and bounds
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_frame.h"
#include "prove.h"

#define SIZE_MOST  140000 /* octets; more than two of the largest messages */
#define BOUND_MOST 65535

void
prove_dns_frame_peek(void)
{
    size_t size = any_up_to(SIZE_MOST), min = any_up_to(BOUND_MOST), max = any_up_to(BOUND_MOST);
    const uint8_t *data = any_octets(size), *message;
    size_t message_size;
    enum dns_frame_result result = dns_frame_peek(data, size, min, max, &message, &message_size);
    CLAIM((message != NULL) == (result == DNS_FRAME_OK), "a message exactly where it says so");
    switch (result) {
    case DNS_FRAME_OK:
        CLAIM(message_size >= min && message_size <= max, "the message has an allowed size");
        CLAIM(DNS_FRAME_HEADER + message_size <= size, "it is whole");
        CLAIM(message == data + DNS_FRAME_HEADER, "it stands behind its length");
        break;
    case DNS_FRAME_MORE:
        CLAIM(size < DNS_FRAME_HEADER + message_size, "there is less than the message");
        CLAIM(size >= DNS_FRAME_HEADER || message_size == 0, "no size is told before it is known");
        break;
    case DNS_FRAME_BAD:
        CLAIM(size >= DNS_FRAME_HEADER, "nothing is refused unseen");
        ASSUME(size >= DNS_FRAME_HEADER);
        size_t announced = (size_t)data[0] << 8 | data[1];
        CLAIM(announced < min || announced > max, "only a size out of bounds is refused");
        CLAIM(message_size == 0, "nothing is told of it");
        break;
    default:
        CLAIM(false, "no other result");
    }
}

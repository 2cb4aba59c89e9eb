/* fuzz_ipc.c - what a hostile peer can put on the control channel
 * SPDX-License-Identifier: ISC
 *
 * First octet: its lowest bit is the sender, the rest the number of descriptors.
 * Invariant: what was taken encodes to the same bytes, except that each octet of text which a
 * terminal could obey became '?'; what was refused left zeros.
 */
#include "ipc/ipc.h"

#include "fuzz.h"

#include <string.h>

static bool
is_kept(uint8_t from, uint8_t to)
{
    return from == to || (to == '?' && (from < ' ' || from > '~') && from != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ipc_message zero;
    struct ipc_message message;
    uint8_t again[IPC_MESSAGE_MAX];
    if (size == 0)
        return 0;
    enum ipc_side sender = data[0] & 1 ? IPC_FROM_CHILD : IPC_FROM_SUPERVISOR;
    if (ipc_decode(data + 1, size - 1, data[0] >> 1, sender, &message) != STATUS_OK) {
        must(memcmp(&message, &zero, sizeof zero) == 0);
        return 0;
    }
    must(ipc_encode(&message, again) == size - 1);
    must(strcmp(ipc_type_text(message.type), "unknown") != 0);
    for (size_t i = 0; i < size - 1; i++)
        must(is_kept(data[1 + i], again[i]));
    return 0;
}

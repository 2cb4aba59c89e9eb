/* status.c - names of the results
 * SPDX-License-Identifier: ISC
 */
#include "base/status.h"

const char *
status_text(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return "ok";
    case STATUS_AGAIN:
        return "try again later";
    case STATUS_CLOSED:
        return "closed";
    case STATUS_FULL:
        return "full";
    case STATUS_NONE:
        return "not found";
    case STATUS_INVALID:
        return "invalid";
    case STATUS_SYSTEM:
        return "system error";
    }
    return "unknown";
}

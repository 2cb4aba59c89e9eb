/* status.h - how our own calls end
 * SPDX-License-Identifier: ISC
 *
 * What: one enum for every call that can fail. A stranger's mistake is never a status: it is a
 *       verdict (dns/dns_query.h) with a counted reason (lane/why.def).
 * Who:  everybody. Pure.
 */
#pragma once

#define MUST_CHECK __attribute__((warn_unused_result))

/* A large local variable that is written before it is read: it is not zeroed at first, as the
 * others are (-ftrivial-auto-var-init). */
#define WRITTEN_FIRST __attribute__((uninitialized))

enum status {
    STATUS_OK = 0,
    STATUS_AGAIN,   /* nothing there yet, or no room yet; come back when told */
    STATUS_CLOSED,  /* the other side ended it in order */
    STATUS_FULL,    /* a fixed table or buffer has no room; nothing was stored */
    STATUS_NONE,    /* what was asked for does not exist */
    STATUS_INVALID, /* the bytes or the argument break their rules */
    STATUS_SYSTEM,  /* the kernel refused; errno tells why */
};

/** Name of a status for log lines: static text, never NULL. */
const char *status_text(enum status status);

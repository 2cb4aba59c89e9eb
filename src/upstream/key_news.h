/* key_news.h - what is new about the key an upstream shows
 * SPDX-License-Identifier: ISC
 *
 * What: remembers which pin matched last, and finds what is new: the key in use changed, a backup
 *       pin matched for the first time, no spare pin is left, the certificate ends soon.
 * Who:  worker. Pure.
 * Ref:  RFC 7469 section 4.3 (backup pins); docs/LIMITS.md "tls".
 */
#pragma once

#include <stdint.h>

#define UPSTREAM_ENDS_SOON_DAYS 14
#define UPSTREAM_TOLD_US        (24ULL * 3600 * 1000000) /* the same is logged once a day */

struct key_news {          /* all zero: nothing seen yet */
    unsigned pin;          /* that matched last, from 1; 0: none yet */
    uint32_t backups_seen; /* bit i: pin i has matched once */
    uint64_t told_us;      /* of the certificate's end last; 0: never */
};

/* Bits. */
enum key_news_kind {
    KEY_NEWS_CHANGED = 1,   /* another pin matches than the one before */
    KEY_NEWS_IS_BACKUP = 2, /* it is not the first, and new to us */
    KEY_NEWS_IS_LAST = 4,   /* there is no pin behind it: the next change fails */
    KEY_NEWS_ENDS_SOON = 8, /* certificate: fewer days than above, or past */
};

/**
 * A handshake showed a certificate that is trusted.
 *
 * @param seen        changed
 * @param pin_index   which pin matched, 0..31; -1: none was asked for
 * @param pins_count  how many are configured
 * @param valid_s     seconds until the certificate ends
 * @param now_us      monotonic, not 0
 * @return enum key_news_kind
 */
uint32_t key_news_seen(struct key_news *seen, int pin_index, unsigned pins_count, int64_t valid_s,
                       uint64_t now_us);

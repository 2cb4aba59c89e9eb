/* list_line.h - what one line of a list of names says
 * SPDX-License-Identifier: ISC
 *
 * What: reads the forms that published lists have: plain names, hosts files, dnsmasq's address=,
 *       server= and local=, and the rules of ad blockers as far as they concern a whole domain.
 *       A rule about parts of pages, or about pages of some sites only, is no rule for DNS: taking
 *       it for one would block a site for what it shows. Such a line is told apart, not guessed at.
 * Who:  supervisor. Pure.
 * Ref:  docs/LIMITS.md "lists"; penstock.yaml(5), local.block.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

enum list_kind {
    LIST_NAMES,      /* names to list */
    LIST_EXCEPTIONS, /* names that other lines shall not catch */
    LIST_NOTHING,    /* blank, a comment, a heading, or a hosts line about this machine itself */
    /* what is not used, by kind */
    LIST_COSMETIC, /* about parts of pages */
    LIST_OPTION,   /* holds for some pages, clients or types only */
    LIST_PATTERN,  /* about parts of addresses: paths, wildcards, the beginning only */
    LIST_REGEX,
    LIST_ADDRESS, /* gives a name an address, or another server */
    LIST_UNKNOWN, /* no name, and none of the above */
};
#define LIST_KINDS (LIST_UNKNOWN + 1)

struct list_line {
    enum list_kind kind;
    struct bytes_reader rest; /* where the names stand that list_line_next() gives */
    char between;             /* what parts them */
};

/** Read a line without its end; `line` is borrowed as long as `read` is used. */
void list_line_read(const char *line, size_t size, struct list_line *read);

/**
 * The next name of a line of LIST_NAMES or LIST_EXCEPTIONS, which has at least one: letters,
 * digits,
 * - _ . and octets of UTF-8; no dot at its end. Whether its labels are sound is not looked at.
 *
 * @return false: no more
 */
MUST_CHECK bool list_line_next(struct list_line *read, const char **name, size_t *size);

/** What a kind is called where lines are counted: "rules about parts of pages". */
const char *list_line_kind_text(enum list_kind kind);

/* message.h - DNS messages of clients and servers
 * SPDX-License-Identifier: ISC
 *
 * What: builds and reads them without any code of the proxy, so that a mistake there is not made
 *       here too. The first label of a name says what servers do with it (message_script()).
 * Who:  world_clients.c, world_upstreams.c, oracles.
 * Ref:  RFC 1035, 6891.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX         65535
#define MESSAGE_NAME_MAX    64 /* characters of a name here, with its NUL */
#define MESSAGE_A           1
#define MESSAGE_DS          43  /* RFC 4034: the zone above has it */
#define MESSAGE_TTL_S       300 /* of what servers answer, unless the name says it */
#define MESSAGE_ERROR_RCODE 5   /* REFUSED: of names whose script is an error */
#define MESSAGE_COOKIE_MAX  40

struct message_facts { /* what a message says */
    uint16_t id, flags;
    unsigned rcode;
    bool is_truncated, has_opt;
    char name[256]; /* of its question, in text, spelled as sent; "": none */
    uint16_t type;
    unsigned answers;
    bool has_address; /* the first record of the answer is an address */
    uint8_t address[4];
    uint32_t ttl_s;
    uint16_t ede; /* RFC 8914; 0xffff: none */
    size_t question_end;
    uint8_t cookie[MESSAGE_COOKIE_MAX]; /* RFC 7873: the client's half, the server's */
    size_t cookie_size;
};

/** A question with RD for name, IN. @param opt_octets  UDP size in an OPT; 0: no OPT @return octets */
size_t message_ask(uint8_t *to, uint16_t id, const char *name, uint16_t type, uint16_t opt_octets);

/** Put a cookie into the OPT, the last of a message of message_ask(). @return octets of the message */
size_t message_add_cookie(uint8_t *message, size_t size, const uint8_t *cookie, size_t cookie_size);

/** The response to `query`: an address that lives `ttl_s`, `count` times, the last octet of others than the
 * first counted on. @return octets; 0: `query` is no question */
size_t message_answer(uint8_t *to, const uint8_t *query, size_t size, const uint8_t address[4],
                      unsigned count, uint32_t ttl_s);

/** How many addresses servers have for this name, and how long they live. */
unsigned message_count(const char *name);
uint32_t message_ttl(const char *name);

/** An error without a question section. */
size_t message_error(uint8_t *to, const uint8_t *query, unsigned rcode);

/** @return false: it is none, or ends too early */
bool message_read(const uint8_t *message, size_t size, struct message_facts *facts);

enum script { SCRIPT_ANSWER, SCRIPT_SILENT, SCRIPT_ERROR, SCRIPT_NEVER };

/** What servers do with this name: "d250-…" answer after 250 ms; "n-…" never; "e-…" with an error
 *  that has no question; "x-…" must never be asked of one; "b60-…" with 60 addresses;
 *  "l3600-…" with one that lives an hour; all others answer
 *  at once, with one. @param delay_us  written */
enum script message_script(const char *name, uint64_t *delay_us);

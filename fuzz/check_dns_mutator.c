/* check_dns_mutator.c - what dns_mutator.c makes is mostly a message still, and never too large
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_answer.h"

#include "dns_mutator.h"
#include "fuzz.h"

#define ROUNDS 20000
#define ROOM   1024

const size_t dns_mutator_at = 0;

/* "www.example" A, answered by an alias and an address, with an OPT that has a cookie. */
static const uint8_t seed[] = {
    0,   7,    0x81, 0x80, 0,  1, 0, 2, 0,    0,  0,  1, 3,  'w', 'w', 'w', 7, 'e', 'x', 'a', 'm',
    'p', 'l',  'e',  0,    0,  1, 0, 1, 0xc0, 12, 0,  5, 0,  1,   0,   0,   0, 60,  0,   4,   1,
    'a', 0xc0, 16,   0xc0, 41, 0, 1, 0, 1,    0,  0,  0, 60, 0,   4,   192, 0, 2,   1,   0,   0,
    41,  4,    0xd0, 0,    0,  0, 0, 0, 12,   0,  10, 0, 8,  1,   2,   3,   4, 5,   6,   7,   8};

/* The fuzzer's own changes; there is no fuzzer here. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room)
{
    (void)data, (void)room;
    return size;
}

static bool
is_sound(const uint8_t *message, size_t size)
{
    struct dns_question question;
    struct dns_answer answer;
    struct bytes_reader r = bytes_reader(message, size);
    bytes_skip(&r, DNS_HEADER_SIZE);
    if (!dns_name_get(&r, &question.name))
        return false;
    question.type = bytes_get_u16(&r);
    question.class = bytes_get_u16(&r);
    return dns_answer_parse(message, size, &question, &answer) == DNS_ANSWER_OK;
}

int
main(void)
{
    static uint8_t message[ROOM];
    unsigned changed = 0, sound = 0, other_size = 0;
    size_t size = sizeof seed;
    must(is_sound(seed, sizeof seed));
    for (uint64_t round = 0; round < ROUNDS; round++) {
        if (round % 8 == 0) { /* changes add up, then begin anew */
            memcpy(message, seed, sizeof seed);
            size = sizeof seed;
        }
        size_t room = round % 3 == 0 ? size : ROOM;
        size_t now = dns_mutator_change(message, size, room, round);
        must(now <= room);
        size = now > 0 ? now : size;
        changed += now > 0;
        other_size += now > 0 && now != sizeof seed;
        sound += now > 0 && is_sound(message, now);
    }
    fprintf(stderr, "%u of %u were changed, %u of them sound, %u of another size\n", changed,
            ROUNDS, sound, other_size);
    must(changed > ROUNDS / 2 && sound > changed / 8 && sound < changed &&
         other_size > changed / 2);
    return 0;
}

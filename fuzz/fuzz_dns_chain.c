/* fuzz_dns_chain.c - whose records an answer holds, judged a second time by plainer means
 * SPDX-License-Identifier: ISC
 *
 * Input: a message; it is asked for with the question that stands in it. Invariants: an answer is
 * whole only if a naive walk over the same records, without bounds, says so too, and the other way
 * round unless a bound was met.
 */
#include "dns/dns_traits.h"

#include "dns_mutator.h"
#include "fuzz.h"

#define NAMES_MAX  4096
#define TYPE_DNAME 39
#define TYPE_RRSIG 46

static struct dns_name led[NAMES_MAX]; /* names that aliases led to, in lower case */
static size_t led_count;
static size_t compared;

static bool
is_led(const struct dns_name *name, bool or_above)
{
    for (size_t i = 0; i < led_count; i++) {
        const struct dns_name *to = &led[i];
        compared++;
        for (size_t at = 0; at < to->size; at += 1U + to->wire[at]) {
            if (to->size - at == name->size && memcmp(to->wire + at, name->wire, name->size) == 0)
                return true;
            if (!or_above)
                break;
        }
    }
    return false;
}

/* One walk over all records, which adds what aliases lead to. @return false: one was not led to */
static bool
walk(const uint8_t *message, const struct dns_answer *answer)
{
    bool all = true;
    struct bytes_reader r = bytes_reader(message, answer->end);
    bytes_seek(&r, answer->question_end);
    for (unsigned i = 0; i < answer->counts[0] + (unsigned)answer->counts[1]; i++) {
        struct dns_name owner;
        must(dns_name_skip(&r, &owner));
        dns_name_lower(&owner);
        uint16_t type = bytes_get_u16(&r);
        bytes_skip(&r, 6);
        size_t rest = bytes_get_u16(&r), data = r.pos;
        bool in_answer = i < answer->counts[0];
        bool above = in_answer ? type == TYPE_DNAME || type == TYPE_RRSIG : true;
        if (in_answer || type == DNS_TYPE_SOA || type == DNS_TYPE_NS)
            all = is_led(&owner, above) && all;
        if (in_answer && type == DNS_TYPE_CNAME && is_led(&owner, false)) {
            struct dns_name target;
            must(dns_name_skip(&r, &target));
            dns_name_lower(&target);
            if (!is_led(&target, false) && led_count < NAMES_MAX)
                led[led_count++] = target;
        }
        bytes_seek(&r, data);
        bytes_skip(&r, rest);
        must(!r.failed);
    }
    return all;
}

/* Aliases stand in any order, so it is walked until no walk finds a new name. */
static bool
is_whole(const uint8_t *message, const struct dns_answer *answer)
{
    size_t before;
    bool all;
    do {
        before = led_count;
        all = walk(message, answer);
    } while (led_count > before);
    return all;
}

const size_t dns_mutator_at = 0;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_question question;
    struct dns_answer answer;
    struct bytes_reader r = bytes_reader(data, size);
    if (size > DNS_MESSAGE_MAX)
        return 0;
    bytes_skip(&r, DNS_HEADER_SIZE);
    if (!dns_name_get(&r, &question.name))
        return 0;
    question.type = bytes_get_u16(&r);
    question.class = bytes_get_u16(&r);
    if (dns_answer_parse(data, size, &question, &answer) != DNS_ANSWER_OK)
        return 0;
    led[0] = question.name;
    dns_name_lower(&led[0]);
    led_count = 1;
    compared = 0;
    bool expected = is_whole(data, &answer);
    bool met_bound = led_count > DNS_CHAIN_MAX || compared > DNS_CHAIN_STEPS / DNS_CHAIN_MAX;
    bool whole = dns_traits_is_whole(data, &answer, &question);
    must(whole ? expected : !expected || met_bound);
    return 0;
}

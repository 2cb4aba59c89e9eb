/* fuzz_dns_traits.c - where an answer leads, judged a second time by plainer means
 * SPDX-License-Identifier: ISC
 *
 * Input: a message; it is asked for with the question that stands in it. Invariants: an answer has
 * aliases exactly if a naive walk finds one in its answer section; it is private exactly if an
 * address of the walk is, or a service record is malformed; every name led to is one that the
 * message spells, in lower case, and there are no more than the bound allows.
 */
#include "dns/dns_svcb.h"
#include "dns/dns_traits.h"

#include "dns_mutator.h"
#include "fuzz.h"

/* A service record by the letter of RFC 9460. @return false: malformed, or with a private hint */
static bool
service_is_fine(const uint8_t *data, size_t size)
{
    size_t at = 2;
    int before = -1;
    while (at < size && data[at] != 0)
        at += 1U + data[at];
    if (at++ >= size || at - 2 > DNS_NAME_MAX)
        return false;
    for (size_t label = 2; data[label] != 0; label += 1U + data[label])
        if (data[label] > 63)
            return false;
    while (at < size) {
        if (size - at < 4)
            return false;
        int key = data[at] << 8 | data[at + 1];
        size_t length = (size_t)(data[at + 2] << 8 | data[at + 3]);
        size_t one = key == 4 ? 4 : key == 6 ? 16 : 0;
        at += 4;
        if (key <= before || length > size - at || (one != 0 && (length == 0 || length % one != 0)))
            return false;
        for (size_t i = 0; one != 0 && i < length; i += one)
            if (one == 4 ? dns_traits_is_private_ipv4(data + at + i)
                         : dns_traits_is_private_ipv6(data + at + i))
                return false;
        before = key;
        at += length;
    }
    return true;
}

static uint8_t
plain_traits(const uint8_t *message, const struct dns_answer *answer)
{
    unsigned traits = 0, count = 0;
    struct bytes_reader r = bytes_reader(message, answer->end);
    bytes_seek(&r, answer->question_end);
    while (bytes_left(&r) > 0) {
        must(dns_name_skip(&r, NULL));
        uint16_t type = bytes_get_u16(&r), class = bytes_get_u16(&r);
        bytes_skip(&r, 4);
        size_t size = bytes_get_u16(&r);
        const uint8_t *data = bytes_get_view(&r, size);
        must(!r.failed);
        bool is_in = class == DNS_CLASS_IN, is_service = is_in && (type == 64 || type == 65);
        if (count++ < answer->counts[0] && (type == DNS_TYPE_CNAME || type == 39 || is_service))
            traits |= DNS_TRAIT_ALIAS;
        if ((is_in && type == DNS_TYPE_A && dns_traits_is_private_ipv4(data)) ||
            (is_in && type == DNS_TYPE_AAAA && dns_traits_is_private_ipv6(data)) ||
            (is_service && !service_is_fine(data, size)))
            traits |= DNS_TRAIT_PRIVATE;
    }
    return (uint8_t)traits;
}

const size_t dns_mutator_at = 0;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_question question;
    struct dns_answer answer;
    struct dns_name target;
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
    uint8_t traits = dns_traits_of(data, &answer);
    must(traits == plain_traits(data, &answer));
    struct dns_aliases walk = dns_traits_aliases(data, &answer);
    unsigned count = 0;
    while (dns_traits_next_alias(&walk, &target)) {
        struct dns_name lower = target;
        dns_name_lower(&lower);
        must(++count <= DNS_ALIASES_MAX && target.size > 1);
        must(memcmp(lower.wire, target.wire, target.size) == 0);
    }
    must(count == 0 || (traits & DNS_TRAIT_ALIAS) != 0);
    return 0;
}

/* fuzz_dns_chain.c - whose records an answer holds, judged a second time by plainer means
 *
 * Input: a message; it is asked for with the question that stands in it. Invariants: an answer is
 * whole only if a naive walk over the same records, without bounds, says so too, and the other way
 * round unless a bound was met; an address is private only if a table of prefixes says so.
 */
#include "dns/dns_chain.h"

#include <stdlib.h>

#define NAMES_MAX  4096
#define TYPE_DNAME 39
#define TYPE_RRSIG 46

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

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

static bool
is_whole(const uint8_t *message, const struct dns_answer *answer)
{
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
            if (!is_led(&owner, above))
                return false;
        if (in_answer && type == DNS_TYPE_CNAME && is_led(&owner, false) && led_count < NAMES_MAX) {
            must(dns_name_skip(&r, &led[led_count]));
            dns_name_lower(&led[led_count++]);
        }
        bytes_seek(&r, data);
        bytes_skip(&r, rest);
        must(!r.failed);
    }
    return true;
}

static const struct prefix {
    uint8_t bytes[16];
    uint8_t bits;
} prefixes4[] = {{{0}, 8},         {{10}, 8},       {{100, 64}, 10}, {{127}, 8},
                 {{169, 254}, 16}, {{172, 16}, 12}, {{192, 168}, 16}},
  prefixes6[] = {{{0}, 128}, {{[15] = 1}, 128}, {{0xfc}, 7}, {{0xfe, 0x80}, 9}};

static bool
is_in(const struct prefix *prefixes, size_t count, const uint8_t *address)
{
    for (size_t i = 0; i < count; i++) {
        unsigned same = 0;
        while (same < prefixes[i].bits && (address[same / 8] >> (7 - same % 8) & 1) ==
                                              (prefixes[i].bytes[same / 8] >> (7 - same % 8) & 1))
            same++;
        if (same == prefixes[i].bits)
            return true;
    }
    return false;
}

static bool
is_private(const uint8_t *address, size_t size)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (size == 4)
        return is_in(prefixes4, sizeof prefixes4 / sizeof prefixes4[0], address);
    if (memcmp(address, mapped, sizeof mapped) == 0)
        return is_private(address + sizeof mapped, 4);
    return is_in(prefixes6, sizeof prefixes6 / sizeof prefixes6[0], address);
}

static bool
has_private(const uint8_t *message, const struct dns_answer *answer)
{
    struct bytes_reader r = bytes_reader(message, answer->end);
    bytes_seek(&r, answer->question_end);
    for (unsigned i = 0; i < answer->counts[0]; i++) {
        must(dns_name_skip(&r, NULL));
        uint16_t type = bytes_get_u16(&r), class = bytes_get_u16(&r);
        bytes_skip(&r, 4);
        size_t size = bytes_get_u16(&r);
        const uint8_t *data = bytes_get_view(&r, size);
        must(data != NULL || size == 0);
        if (class == DNS_CLASS_IN && (type == DNS_TYPE_A || type == DNS_TYPE_AAAA) &&
            is_private(data, size))
            return true;
    }
    return false;
}

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
    bool whole = dns_chain_is_whole(data, &answer, &question);
    must(whole ? expected : !expected || met_bound);
    must(dns_chain_has_private(data, &answer) == has_private(data, &answer));
    return 0;
}

/* prove_dns_name.c - names, whatever the octets
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_name.h"
#include "prove.h"

/* Octets of the messages; tools/prove says how many. */
#ifndef SIZE_MOST
#define SIZE_MOST 24
#endif

static struct bytes_reader
any_message(void)
{
    static uint8_t octets[SIZE_MOST];
    size_t size = any_up_to(SIZE_MOST);
    __CPROVER_havoc_object(octets);
    struct bytes_reader r = bytes_reader(ANY_TAIL(octets, size), size);
    r.pos = any_up_to(size);
    r.failed = nondet_bool();
    return r;
}

static void
claim_read(const struct bytes_reader *before, const struct bytes_reader *r, bool is_good)
{
    CLAIM(r->pos <= r->size, "the position stays inside");
    CLAIM(is_good == !r->failed, "a name or a failure");
    CLAIM(!before->failed || r->failed, "a failure is not forgotten");
    CLAIM(!is_good || r->pos > before->pos, "a name takes octets");
}

/* Whole labels up to the root, which is the last octet. */
static bool
is_whole(const struct dns_name *name)
{
    size_t at = 0;
    while (at < name->size && name->wire[at] != 0 && name->wire[at] <= DNS_LABEL_MAX)
        at += 1U + name->wire[at];
    return at < name->size && name->wire[at] == 0 && at + 1 == name->size;
}

void
prove_dns_name_get(void)
{
    struct bytes_reader r = any_message(), before = r;
    struct dns_name name;
    bool is_good = dns_name_get(&r, &name);
    claim_read(&before, &r, is_good);
    CLAIM(is_whole(&name), "a name is whole labels and the root");
    if (!is_good) {
        CLAIM(name.size == 1, "without a name it is the root");
        return;
    }
    size_t at = any_up_to(SIZE_MOST);
    ASSUME(at < name.size);
    CLAIM(name.wire[at] == before.data[before.pos + at], "the octets are those of the message");
    REACHED();
}

/* What was read, folded and written again is what was read. */
void
prove_dns_name_again(void)
{
    struct dns_name name, folded;
    ASSUME(name.size >= 1 && name.size <= DNS_NAME_MAX);
    size_t room = any_up_to(DNS_NAME_MAX + 1), at = any_up_to(DNS_NAME_MAX - 1);
    uint8_t *to = any_octets(room);
    struct bytes_writer w = bytes_writer(to, room);
    folded = name;
    struct dns_spelling spelling = dns_name_fold(&folded);
    ASSUME(at < name.size);
    CLAIM(folded.size == name.size, "folding keeps the size");
    CLAIM(folded.wire[at] < 'A' || folded.wire[at] > 'Z', "no capital is left");
    CLAIM(folded.wire[at] == name.wire[at] || folded.wire[at] == name.wire[at] + 32,
          "only letters change");
    dns_name_put(&w, &folded, &spelling);
    CLAIM(w.failed == (room < name.size), "it fails where there is no room");
    CLAIM(w.failed || (w.pos == name.size && to[at] == name.wire[at]),
          "it is written as it was spelled");
    REACHED();
}

void
prove_dns_name_skip(void)
{
    struct bytes_reader r = any_message(), before = r;
    struct dns_name name;
    bool is_good = dns_name_skip(&r, &name);
    claim_read(&before, &r, is_good);
    CLAIM(is_whole(&name), "a name is whole labels and the root");
    CLAIM(is_good || name.size == 1, "without a name it is the root");
    ASSUME(is_good);
    struct bytes_reader pass = before;
    dns_name_pass(&pass);
    CLAIM(!pass.failed && pass.pos == r.pos, "who passes a sound name stands behind it");
    REACHED();
}

/* Names of a message in their order: what is remembered of those before changes no verdict. */
void
prove_dns_name_check(void)
{
    struct bytes_reader r = any_message(), before;
    struct dns_name name;
    struct dns_name_budget budget = {.steps = 1000};
    ASSUME(!r.failed && r.pos >= 12);
    ASSUME(dns_name_check(&r, &budget));
    before = r;
    bool is_good = dns_name_check(&r, &budget);
    claim_read(&before, &r, is_good);
    struct bytes_reader other = before;
    CLAIM(dns_name_skip(&other, &name) == is_good, "both agree on what is a name");
    CLAIM(!is_good || other.pos == r.pos, "and on where it ends");
    REACHED();
}

void
prove_dns_name_pass(void)
{
    struct bytes_reader r = any_message(), before = r;
    dns_name_pass(&r);
    CLAIM(r.pos <= r.size, "the position stays inside");
    CLAIM(!before.failed || r.failed, "a failure is not forgotten");
    REACHED();
}

static void
assume_name(struct dns_name *name)
{
    ASSUME(name->size >= 1 && name->size <= SIZE_MOST);
    ASSUME(is_whole(name));
}

void
prove_dns_name_below(void)
{
    struct dns_name name, upper;
    assume_name(&name);
    assume_name(&upper);
    bool is_below = dns_name_is_below(&name, &upper);
    CLAIM(!is_below || upper.size <= name.size, "what is below is not shorter");
    CLAIM(upper.size != 1 || is_below, "all is below the root");
    CLAIM(dns_name_is_equal(&name, &upper) == (is_below && name.size == upper.size),
          "of one size, below is equal");
    REACHED();
}

void
prove_dns_name_parse(void)
{
    size_t size = any_up_to(SIZE_MOST);
    char *text = any_octets(size + 1);
    struct dns_name name;
    ASSUME(text[size] == '\0');
    enum status status = dns_name_parse(text, &name);
    CLAIM(status == STATUS_OK || status == STATUS_INVALID, "no other status");
    CLAIM(is_whole(&name), "a name is whole labels and the root");
    CLAIM(status == STATUS_OK || name.size == 1, "without a name it is the root");
    CLAIM(status == STATUS_INVALID || text[0] != '\0', "no text is no name");
    REACHED();
}

/* --- messages of any size: one round of a loop from any state that keeps its invariant ------------ */

#define MESSAGE_MOST 65535

static struct bytes_reader
any_long_message(void)
{
    size_t size = any_up_to(MESSAGE_MOST);
    struct bytes_reader r = bytes_reader(any_octets(size), size);
    r.pos = any_up_to(MESSAGE_MOST);
    r.failed = nondet_bool();
    ASSUME(r.pos <= size);
    return r;
}

void
prove_dns_name_get_long(void)
{
    struct bytes_reader r = any_long_message(), before = r;
    struct dns_name name;
    bool is_good = dns_name_get(&r, &name);
    claim_read(&before, &r, is_good);
    CLAIM(!is_good || name.size == r.pos - before.pos, "its size is that of the octets it takes");
    CLAIM(name.size >= 1 && (is_good || name.size == 1), "without a name it is the root");
    ASSUME(is_good && name.size == DNS_NAME_MAX);
    REACHED();
}

void
prove_dns_name_skip_long(void)
{
    struct bytes_reader r = any_long_message(), before = r;
    struct dns_name any, *name = nondet_bool() ? &any : NULL;
    bool is_good = dns_name_skip(&r, name);
    claim_read(&before, &r, is_good);
    CLAIM(name == NULL || (name->size >= 1 && (is_good || name->size == 1)),
          "a name has 1 to 255 octets, without one it is the root");
    ASSUME(is_good && name != NULL && name->size == DNS_NAME_MAX);
    REACHED();
}

/* What is remembered is whatever it may be; beside the map of what will change nothing is read. */
void
prove_dns_name_check_long(void)
{
    struct bytes_reader r = any_long_message(), before = r;
    struct dns_name_budget budget = {.steps = nondet_u32(), .known_at = nondet_u16()};
    budget.known_size = nondet_u8();
    budget.question_size = nondet_u8();
    budget.changing = nondet_bool() ? any_octets((r.size / 64 + 2) * 8) : NULL;
    uint32_t steps = budget.steps;
    bool is_good = dns_name_check(&r, &budget);
    claim_read(&before, &r, is_good);
    CLAIM(budget.steps <= steps, "steps are only spent");
    CLAIM(!is_good || budget.steps < steps, "a name costs a step");
    ASSUME(is_good && budget.changing != NULL && budget.known_at > 12);
    REACHED();
}

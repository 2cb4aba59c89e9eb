/* differential.c - our parsers beside ldns and libknot, over the same octets
 * SPDX-License-Identifier: ISC
 *
 * usage: differential [--seed N] [--messages N] PATH…
 *
 * Reads each file below the paths, and N messages that are made or spoiled at random, as a query
 * and as an answer. What the three readers do not agree upon must be a row of differences.def;
 * where messages are made, each row must explain something. What we write (the query for an
 * upstream, a reply, an answer delivered to a client) must be read alike by both libraries.
 * Exit status: 0; 1 after a difference that nothing explains, which is printed whole.
 */
#include "comparison.h"
#include "dns/dns_query.h"
#include "messages.h"

#include <ftw.h>
#include <string.h>

#define FILES_MAX 4096
#ifndef FAULTS_SHOWN
#define FAULTS_SHOWN 10
#endif

struct input {
    uint8_t *data;
    size_t size;
};

static struct input files[FILES_MAX];
static unsigned files_count;
static unsigned long readings, faults;
static unsigned long read_by[2][3]; /* as query or answer: by ldns, by libknot, by us */

static void
print_octets(const uint8_t *octets, size_t size)
{
    for (size_t i = 0; i < size; i++)
        printf("%02x", octets[i]);
    printf("\n");
}

static void
fault(const char *what, const char *library, const uint8_t *message, size_t size)
{
    if (faults++ >= FAULTS_SHOWN)
        return;
    printf("%s (%s):\n", what, library);
    print_octets(message, size);
}

static void
print_reading(const struct comparison *c)
{
    const struct reading *theirs = c->theirs;
    printf(
        "    we: verdict %d%s; it: %s, flags %04x, counts %u %u %u %u, %u records, OPT %d version "
        "%u size %u DO %d, %u options; the other: %s\n",
        c->as == QUERY ? (int)c->query_verdict : (int)c->answer_verdict,
        c->as == QUERY ? " of a query" : " of an answer",
        theirs->is_read ? "reads" : theirs->refusal, theirs->flags, theirs->counts[0],
        theirs->counts[1], theirs->counts[2], theirs->counts[3], theirs->records_count,
        theirs->has_opt, theirs->version, theirs->udp_size, theirs->dnssec_ok,
        theirs->options_count, c->others->is_read ? "reads" : c->others->refusal);
}

static const char *const names[] = {[LDNS] = "ldns", [KNOT] = "libknot"};

/* @return whether there is no difference */
static bool
judge(const struct comparison *c)
{
    unsigned differences = comparison_differences(c);
    for (unsigned aspect = 0; aspect < ASPECTS; aspect++) {
        if ((differences >> aspect & 1) == 0 || comparison_is_explained(c, aspect))
            continue;
        fault(comparison_aspect_text(aspect), names[c->library], c->message, c->size);
        if (faults <= FAULTS_SHOWN)
            print_reading(c);
    }
    return differences == 0;
}

static void
read_back(const uint8_t *message, size_t size, struct reading theirs[2])
{
    reading_by_ldns(message, size, &theirs[LDNS]);
    reading_by_knot(message, size, &theirs[KNOT]);
}

static struct reading written[2];

/* The query for an upstream says what was asked, and nothing else. */
static void
check_rewrite(const struct dns_query *query, uint16_t padding)
{
    uint8_t wire[512];
    size_t size = dns_query_write(&query->question, 0x1234, query->flags, query->edns.dnssec_ok,
                                  padding, wire, sizeof wire);
    read_back(wire, size, written);
    for (unsigned library = 0; library < 2; library++) {
        const struct reading *back = &written[library];
        const struct reading_option *options = back->options;
        bool as_asked = back->is_read && back->id == 0x1234 && back->flags == query->flags &&
                        back->counts[0] == 1 && back->counts[1] == 0 && back->counts[2] == 0 &&
                        back->counts[3] == 1 && back->records_count == 0 &&
                        back->question.type == query->question.type &&
                        back->question.class == query->question.class &&
                        back->question.name.size == query->question.name.size &&
                        memcmp(back->question.name.wire, query->question.name.wire,
                               query->question.name.size) == 0;
        bool as_meant = back->has_opt && back->udp_size == DNS_EDNS_UDP_MAX && back->version == 0 &&
                        back->extended_rcode == 0 && back->dnssec_ok == query->edns.dnssec_ok;
        bool padded = padding == 0
                          ? back->options_count == 0
                          : back->options_count == 2 && size % padding == 0 &&
                                options[0].code == DNS_OPTION_KEEPALIVE && options[0].size == 0 &&
                                options[1].code == DNS_OPTION_PADDING;
        if (!as_asked || !as_meant || !padded)
            fault("the query for an upstream is read otherwise", names[library], wire, size);
    }
}

static void
check_reply(const struct dns_query *query)
{
    uint8_t wire[512];
    struct dns_edns_put opt = {.udp_size = DNS_EDNS_UDP_MAX, .ede = DNS_EDE_NOT_READY};
    size_t size = dns_query_reply(query, DNS_SERVFAIL, false, &opt, wire, sizeof wire);
    read_back(wire, size, written);
    for (unsigned library = 0; library < 2; library++) {
        const struct reading *back = &written[library];
        const struct reading_option *error = reading_option(back, DNS_OPTION_EDE);
        unsigned flags = DNS_QR | DNS_RA | DNS_SERVFAIL | (query->flags & (DNS_RD | DNS_CD));
        bool good = back->is_read && back->id == query->id && back->flags == flags &&
                    dns_name_is_equal(&back->question.name, &query->question.name) &&
                    back->has_opt == query->edns.present && (error != NULL) == back->has_opt;
        if (!good)
            fault("a reply is read otherwise", names[library], wire, size);
    }
}

/* What a client is handed, whoever read what came as we did can read. */
static void
check_delivery(const struct comparison *c, const bool agreed[2])
{
    static uint8_t wire[DNS_MESSAGE_MAX + DNS_EDNS_WHOLE_MAX];
    struct dns_query query = {.id = 0xbeef, .flags = DNS_RD, .question = c->asked};
    struct dns_edns_put opt = {.udp_size = DNS_EDNS_UDP_MAX, .ede = DNS_EDE_NONE};
    query.edns.present = c->size % 2 == 0;
    dns_name_lower(&query.question.name);
    memcpy(wire, c->message, c->size);
    size_t size = dns_answer_deliver(wire, sizeof wire, &c->answer, &query, &opt, 1232);
    read_back(wire, size, written);
    for (unsigned library = 0; library < 2; library++) {
        const struct reading *back = &written[library];
        bool good = back->is_read && back->id == query.id && (back->flags & DNS_QR) != 0 &&
                    (back->flags & DNS_AA) == 0 && back->has_opt == query.edns.present &&
                    dns_name_is_equal(&back->question.name, &query.question.name);
        if (!good && agreed[library])
            fault("a delivered answer is read otherwise", names[library], wire, size);
    }
}

/* The question that stands in a message, so that an answer belongs. */
static bool
question_in(const uint8_t *message, size_t size, struct dns_question *question)
{
    struct bytes_reader r = bytes_reader(message, size);
    bytes_skip(&r, DNS_HEADER_SIZE);
    bool ok = dns_name_get(&r, &question->name);
    question->type = bytes_get_u16(&r);
    question->class = bytes_get_u16(&r);
    return ok && !r.failed;
}

static void
compare(const uint8_t *message, size_t size)
{
    static struct reading theirs[2], ours;
    if (size > DNS_MESSAGE_MAX)
        return;
    readings++;
    read_back(message, size, theirs);
    struct comparison c = {.message = message,
                           .size = size,
                           .as = QUERY,
                           .ours = &ours,
                           .shape = shape_of(message, size)};
    c.query_verdict = dns_query_parse(message, size, &c.query);
    if (!question_in(message, size, &c.asked))
        c.asked = (struct dns_question){.name.size = 1, .type = DNS_TYPE_NS, .class = DNS_CLASS_IN};
    c.answer_verdict = dns_answer_parse(message, size, &c.asked, &c.answer);
    if (c.answer_verdict == DNS_ANSWER_OK)
        reading_by_us(message, size, &ours);
    bool agreed[2]; /* about the answer */
    bool is_taken[2] = {c.query_verdict == DNS_QUERY_OK, c.answer_verdict == DNS_ANSWER_OK};
    for (unsigned as = 0; as < 2; as++) {
        c.as = as;
        for (unsigned library = 0; library < 2; library++) {
            c.library = library;
            c.theirs = &theirs[library];
            c.others = &theirs[1 - library];
            bool is_kind = (c.theirs->flags & DNS_QR) != 0 ? as == ANSWER : as == QUERY;
            read_by[as][library] += c.theirs->is_read && is_kind;
            agreed[library] = judge(&c);
        }
        read_by[as][2] += is_taken[as];
    }
    if (is_taken[QUERY]) {
        check_rewrite(&c.query, DNS_PADDING_QUERY);
        check_rewrite(&c.query, 0);
        check_reply(&c.query);
    }
    if (is_taken[ANSWER])
        check_delivery(&c, agreed);
}

/* An OPT's body, as the corpus of dns_edns has it, in a query. */
static void
compare_as_opt(const uint8_t *body, size_t size)
{
    static uint8_t wire[DNS_MESSAGE_MAX];
    struct bytes_writer w = bytes_writer(wire, sizeof wire);
    bytes_put_u32(&w, 0x12340100);
    bytes_put_u32(&w, 0x00010000);
    bytes_put_u32(&w, 0x00000001);
    bytes_put_u8(&w, 0);
    bytes_put_u32(&w, 0x00010001);
    bytes_put_u8(&w, 0);
    bytes_put_u16(&w, DNS_TYPE_OPT);
    bytes_put_copy(&w, body, size);
    if (!w.failed)
        compare(wire, w.pos);
}

static void
compare_file(const struct input *file)
{
    const size_t choices = 3; /* octets ahead of the message in the corpus of dns_answer */
    compare(file->data, file->size);
    if (file->size > choices)
        compare(file->data + choices, file->size - choices);
    compare_as_opt(file->data, file->size);
}

static int
take_file(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)at;
    if (kind != FTW_F || files_count == FILES_MAX || st->st_size > DNS_MESSAGE_MAX)
        return 0;
    FILE *file = fopen(path, "rb");
    struct input *input = &files[files_count];
    input->data = malloc((size_t)st->st_size + 1);
    if (file == NULL || input->data == NULL)
        return 1;
    input->size = fread(input->data, 1, (size_t)st->st_size, file);
    fclose(file);
    files_count++;
    return 0;
}

static void
compare_made(struct prng *prng)
{
    static uint8_t message[DNS_MESSAGE_MAX];
    bool is_file = files_count > 0 && prng_below(prng, 5) == 0;
    const struct input *file = is_file ? &files[prng_below(prng, files_count)] : NULL;
    size_t size = file != NULL ? file->size : messages_make(prng, message);
    if (file != NULL)
        memcpy(message, file->data, size);
    if (file != NULL || prng_below(prng, 4) == 0)
        size = messages_spoil(prng, message, size);
    /* of its own size, so that a read past its end is seen */
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, message, size);
    compare(exact, size);
    free(exact);
}

int
main(int argc, char **argv)
{
    struct prng prng = {.state = 1};
    unsigned long count = 0;
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--seed") == 0 && has_value)
            prng.state = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--messages") == 0 && has_value)
            count = strtoul(argv[++i], NULL, 10);
        else if (nftw(argv[i], take_file, 16, FTW_PHYS) != 0)
            return 1;
    }
    for (unsigned i = 0; i < files_count; i++)
        compare_file(&files[i]);
    for (unsigned long i = 0; i < count; i++)
        compare_made(&prng);
    unsigned unused = comparison_print_rows();
    for (unsigned as = 0; as < 2; as++)
        printf("%s: %lu read by ldns, %lu by libknot, %lu by us\n",
               as == QUERY ? "queries" : "answers", read_by[as][LDNS], read_by[as][KNOT],
               read_by[as][2]);
    printf("%lu messages from %u files and by chance; %lu differences that nothing explains\n",
           readings, files_count, faults);
    if (count > 0 && unused > 0)
        printf("%u rows of differences.def explain nothing\n", unused);
    return readings > 0 && faults == 0 && (count == 0 || unused == 0) ? 0 : 1;
}

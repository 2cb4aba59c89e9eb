/* fuzz_relay.c - whole turns of a worker, between a front and upstreams that do as the input says
 * SPDX-License-Identifier: ISC
 *
 * Input: the configuration, then events of a letter and its numbers: questions of the front, in
 * records or raw; what upstreams do: accept, refuse, be trusted or not, answer well, wrongly, twice
 * or raw, end, reset, break TLS, stop reading; a new front, a stop, a channel that is full; time. The
 * kernel is kernel.c's; sessions are tls_plain.c's.
 * Invariants: an upstream is asked only what the front asked, each time with an id that is free on
 * that connection, in whole blocks of padding, without a cookie; a question gets exactly one record
 * for its slot and generation, by its deadline, and what that record brings answers that very
 * question; and when time has passed nothing is left and the worker sleeps, or is over if it was told
 * to stop.
 */
#include "relay_upstreams.h"

#include "conf/config_load.h"
#include "lane/heartbeat.h"
#include "os/chan.h"

#define RING_BYTES    16384
#define ANSWERS_BYTES 4096     /* of the ring of answers: less than all answers at once */
#define LATE_US       1000000U /* a turn every so often; an answer may be that late */

static struct ring_producer to_worker;
static struct ring_consumer from_worker;
static uint8_t *ring_memory;
static uint64_t answered_ever; /* over all inputs of a process */

/* --- the front ------------------------------------------------------------------------------- */

static void
give_ring(void)
{
    struct ipc_message ring = {.type = IPC_RING,
                               .epoch = ++world.ring_number,
                               .ring_query_bytes = RING_BYTES,
                               .ring_answer_bytes = ANSWERS_BYTES};
    int fds[IPC_FDS_MAX];
    ring_memory =
        kernel_make_ring(RING_MEMORY_BYTES(RING_BYTES) + RING_MEMORY_BYTES(ANSWERS_BYTES), fds);
    ring_producer_init(&to_worker, ring_memory, RING_BYTES);
    ring_consumer_init(&from_worker, ring_memory + RING_MEMORY_BYTES(RING_BYTES), ANSWERS_BYTES);
    must(kernel_say(&ring, fds, 3));
    for (unsigned i = 0; i < world.count; i++)
        world.questions[i].is_lost = true;
}

/* A front has no more at its worker than the worker has places for. */
static unsigned
unanswered(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < world.count; i++)
        count += !world.questions[i].is_ended && !world.questions[i].is_lost;
    return count;
}

static void
ask(struct bytes_reader *r)
{
    uint8_t record[HANDOFF_QUERY_MAX], name = bytes_get_u8(r), form = bytes_get_u8(r);
    if (world.count == QUESTIONS_MAX || unanswered() == worker.self.config->queries)
        return;
    struct question *question = &world.questions[world.count];
    struct handoff_query query = {.slot = world.count,
                                  .generation = 1 + name,
                                  .deadline_ms = kernel.now_us / 1000 + 20 + form * 16ULL,
                                  .flags = form & 1 ? DNS_RD : 0,
                                  .dnssec_ok = form & 2,
                                  .rank = form / 4 % HANDOFF_RANKS};
    const uint8_t wire[] = {1, (uint8_t)('a' + name % 26), 4, 't', 'e', 's', 't', 0};
    memcpy(query.question.name.wire, wire, sizeof wire);
    query.question.name.size = sizeof wire;
    query.question.type = name / 26 % 2 ? DNS_TYPE_AAAA : DNS_TYPE_A;
    query.question.class = DNS_CLASS_IN;
    size_t size = handoff_query_write(&query, record);
    if (ring_put(&to_worker, record, size, NULL, 0) != STATUS_OK)
        return;
    *question = (struct question){.asked = query.question, .deadline_us = query.deadline_ms * 1000};
    world.count++;
    (void)ring_publish(&to_worker);
}

static void
break_ring(struct bytes_reader *r)
{
    uint8_t how = bytes_get_u8(r), value = bytes_get_u8(r), record[64];
    struct ring_shared *queries = (struct ring_shared *)ring_memory;
    world.is_front_hostile = true;
    if (how % 3 == 0) {
        size_t size = 1U + value % sizeof record;
        bytes_get_copy(r, record, size);
        if (ring_put(&to_worker, record, size, NULL, 0) == STATUS_OK)
            (void)ring_publish(&to_worker);
    } else if (how % 3 == 1) {
        atomic_store(&queries->tail, (uint64_t)value * 4097);
    } else {
        queries->data[(how * 256U + value) % RING_BYTES] = (uint8_t)(how ^ value);
    }
}

static void
check_record(const struct handoff_answer *answer)
{
    struct dns_answer parsed;
    must(world.is_front_hostile || answer->slot < world.count);
    if (answer->slot >= world.count || world.is_front_hostile)
        return;
    struct question *question = &world.questions[answer->slot];
    must(!question->is_ended && !question->is_lost);
    question->is_ended = true;
    must(kernel.now_us <= question->deadline_us + LATE_US || world.was_front_deaf);
    must((answer->outcome == HANDOFF_ANSWERED) == (answer->message != NULL));
    if (answer->message == NULL)
        return;
    enum dns_answer_verdict result =
        dns_answer_parse(answer->message, answer->message_size, &question->asked, &parsed);
    bool is_bare = answer->message[4] == 0 && answer->message[5] == 0; /* an error, no question */
    must(result == DNS_ANSWER_OK || is_bare);
    must(!is_bare || (answer->message[3] & DNS_RCODE) != 0);
    answered_ever += result == DNS_ANSWER_OK;
}

static void
listen_to_worker(void)
{
    static uint8_t record[RING_RECORD_MAX];
    struct handoff_answer answer;
    size_t size;
    while (!world.is_front_deaf &&
           ring_take(&from_worker, record, sizeof record, &size) == STATUS_OK) {
        must(handoff_answer_read(record, size, &answer) == STATUS_OK);
        check_record(&answer);
    }
    (void)ring_release(&from_worker);
}

/* --- turns ----------------------------------------------------------------------------------- */

static unsigned
sockets_on_their_way(void)
{
    unsigned count = 0;
    for (unsigned i = kernel.messages_at; i < kernel.messages_count; i++)
        count += kernel.messages[i].fds_count == 1; /* a ring has three */
    return count;
}

/* @return when the next is due */
static uint64_t
turn(void)
{
    const struct config *config = worker.self.config;
    uint64_t due_us = worker_turn(&worker, evloop_wait(&worker.loop, 0));
    if (worker_has_report(&worker) && !worker_control_report(&worker))
        due_us = 0;
    must(worker.relay.table.alive <= config->queries);
    must(kernel_count(KERNEL_STREAMS) - sockets_on_their_way() <=
         config->upstreams_count * config->upstream_connections);
    listen_to_worker();
    if (world.is_ring_broken) {
        give_ring();
        (void)ring_publish(&to_worker);
        world.is_ring_broken = false;
    }
    return due_us;
}

static void
pass(uint64_t us)
{
    for (; us > 0; us -= us < LATE_US / 2 ? us : LATE_US / 2) {
        kernel.now_us += us < LATE_US / 2 ? us : LATE_US / 2;
        (void)turn();
    }
}

/* And the kernel, and TLS. */
static void
supervise(struct bytes_reader *r)
{
    static const int troubles[] = {EINTR, EAGAIN, EPIPE, ECONNRESET, ENOBUFS, ETIMEDOUT};
    uint8_t what = bytes_get_u8(r), number = bytes_get_u8(r);
    switch (what % 8) {
    case 0:
        tls_plain_failure = (enum tls_cause)(number % (TLS_CAUSE_PROTOCOL + 1));
        break;
    case 1:
        kernel.is_channel_full = number & 1;
        break;
    case 2:
        if (number != 0xff || world.is_stopping)
            break;
        world.is_stopping = true;
        must(kernel_say(&(struct ipc_message){.type = IPC_STOP}, NULL, 0));
        break;
    case 3:
        kernel.trouble = troubles[number % 6];
        break;
    case 4: /* the front died: the one that follows has a new ring */
        give_ring();
        break;
    case 5:
        world.refusal = number;
        break;
    default:
        break;
    }
    (void)turn();
}

static void
step(struct bytes_reader *r)
{
    switch (bytes_get_u8(r) % 16) {
    case 0:
    case 1:
    case 2:
        ask(r);
        break;
    case 3:
    case 4:
    case 5:
        answer(r);
        break;
    case 6:
        say(r);
        break;
    case 7:
        end_connection(r);
        break;
    case 8:
        pass(bytes_get_u8(r) * 10000ULL);
        break;
    case 9:
        break_ring(r);
        break;
    case 10:
        world.is_front_deaf = bytes_get_u8(r) % 2;
        world.was_front_deaf |= world.is_front_deaf;
        break;
    case 11:
        world.refusing = bytes_get_u8(r);
        break;
    case 12:
        shake_hands(bytes_get_u8(r));
        break;
    case 13:
        supervise(r);
        break;
    default:
        kernel.now_us += 500;
        (void)turn();
    }
}

/* Nobody says anything any more. */
static void
settle(void)
{
    uint64_t due_us = 0;
    world.is_front_deaf = kernel.is_channel_full = false;
    pass(world.is_front_hostile ? 32000000 : 8000000); /* it may say any deadline up to 30 s */
    for (unsigned turns = 0; turns < 4; turns++)
        due_us = turn();
    for (unsigned i = 0; i < world.count && !world.is_front_hostile; i++)
        must(world.questions[i].is_ended || world.questions[i].is_lost);
    must(worker.relay.table.alive == 0 && worker_is_over(&worker) == world.is_stopping);
    must(world.is_stopping || due_us > kernel.now_us);
    worker_end(&worker);
}

static const struct config *
config_of(uint8_t form)
{
    static const char *const strategies[] = {"fastest", "ordered", "spread", "fastest"};
    static struct config made[64];
    static struct config_error error;
    static char text[2048];
    const char *pins = "pins: [sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=, "
                       "sha256//57DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=, "
                       "sha256//67DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]";
    form %= 64;
    if (made[form].magic != 0)
        return &made[form];
    snprintf(text, sizeof text,
             "upstreams:\n- {name: u0, address: 192.0.2.1, verify: pin, %s, weight: 3%s}\n"
             "- {name: u1, address: 192.0.2.2, verify: pin, %s}\n"
             "- {name: u2, address: 192.0.2.3, %s}\n"
             "strategy: %s\n"
             "timeouts: {query: 4s, connect: 1s, upstream_idle: %s}\n"
             "limits: {queries: 64, upstream_connections: 2, upstream_in_flight: %s, "
             "handshakes_per_s: %s, retry_percent: 10, hedge_percent: 10}\n",
             pins, form & 4 ? ", qps: 2" : "", pins,
             form & 8 ? "verify: ca"
                      : "verify: pin, pins: "
                        "[sha256//77DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]",
             strategies[form % 4], form & 16 ? "1s" : "3s", form & 32 ? "2" : "8",
             form & 16 ? "1, handshakes_burst: 4" : "100, handshakes_burst: 100");
    struct config_source source = {.file = "form", .text = text, .text_size = strlen(text)};
    enum status status = config_load(&source, &made[form], &error);
    if (status != STATUS_OK)
        fprintf(stderr, "%s\n", error.text);
    must(status == STATUS_OK);
    return &made[form];
}

/* From the first message to the first turn, as worker_ladder.c does it. */
static void
start(const struct config *config)
{
    static char anchors[] = "read by tls_plain.c";
    must(kernel_make(KERNEL_CHANNEL) == CHAN_FD);
    int fds[3] = {kernel_make_memory((void *)(uintptr_t)config, sizeof *config),
                  kernel_make_memory(&stats, sizeof stats),
                  kernel_make_memory(anchors, sizeof anchors)};
    must(evloop_open(&worker.loop) == STATUS_OK);
    must(kernel_say(&(struct ipc_message){.type = IPC_CONFIG, .epoch = 1}, fds, 3));
    give_ring();
    must(kernel_say(&(struct ipc_message){.type = IPC_START}, NULL, 0));
    must(worker_control_begin(&worker));
    must(child_inbox_listen(&worker.inbox, &worker.loop) == STATUS_OK);
    worker_begin(&worker);
}

static void
begin(uint8_t form)
{
    memset(&worker, 0, sizeof worker);
    memset(&stats, 0, sizeof stats);
    for (unsigned i = 0; i < PEERS; i++)
        world.peers[i].fd = -1;
    world.count = world.ring_number = world.refusing = world.refusal = 0;
    world.is_front_hostile = world.is_front_deaf = world.was_front_deaf = false;
    world.is_ring_broken = world.is_stopping = false;
    tls_plain_failure = TLS_CAUSE_NONE;
    kernel_begin(1000000);
    worker.ca_fd = worker.look_fd = -1;
    start(config_of(form));
}

/* Called where a whole corpus was run: an upstream was dialled, greeted and asked, and the front told. */
void
fuzz_reached(void)
{
    must(answered_ever > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    begin(bytes_get_u8(&r));
    while (bytes_left(&r) > 0)
        step(&r);
    settle();
    return 0;
}

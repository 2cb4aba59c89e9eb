/* fuzz_front.c - whole turns of a front, between clients, a worker and a supervisor that do as the input says
 * SPDX-License-Identifier: ISC
 *
 * Input: the configuration, then events of a letter and its numbers: datagrams and connections of
 * clients, well formed or raw, streams in pieces; answers of the worker, for the question or
 * another, twice, raw, or a broken ring; its death; reloads, lists, rings, a stop; what the kernel
 * refuses; time. The kernel is kernel.c's.
 * Invariants: each query is answered at most once, to who asked it, from the address that was asked,
 * with its id and its question as it was spelled, in no more octets than it may take; a sound answer
 * holds what the worker said to that very question; what a list blocks is not asked; a reload is
 * taken up as a whole or not at all; after each turn what was received is what has ended and what is
 * alive, and where events are on each end is one of them; and when time has passed and nothing comes any more nothing is left, and the front sleeps,
 * or is over if it was told to stop.
 */
#include "front_supervisor.h"

#include "lane/heartbeat.h"

static uint64_t ends_ever[WHY_COUNT]; /* over all inputs of a process; of a worker that is sound */
static uint64_t named_ever;           /* clients by balancers, likewise */
static uint64_t local_ever, missing_ever, malformed_ever;

/* --- the worker ------------------------------------------------------------------------------ */

static void
take_questions(void)
{
    static uint8_t record[RING_RECORD_MAX];
    static struct dns_name blocked;
    size_t size;
    if (blocked.size == 0)
        blocked = name_of("blocked.example");
    while (world.held_count < HELD_MAX &&
           ring_take(&from_front, record, sizeof record, &size) == STATUS_OK) {
        struct handoff_query *query = &world.held[world.held_count++];
        must(handoff_query_read(record, size, query) == STATUS_OK);
        must(!world.blocks || !dns_name_is_below(&query->question.name, &blocked));
    }
    (void)ring_release(&from_front);
}

static void
put_answer(const struct handoff_query *query, uint8_t outcome, const uint8_t *message, size_t size)
{
    uint8_t head[HANDOFF_ANSWER_HEAD];
    struct handoff_answer answer = {.slot = query->slot,
                                    .generation = query->generation,
                                    .outcome = outcome,
                                    .ede = DNS_EDE_NONE};
    handoff_answer_write(&answer, head);
    enum status status = ring_put(&to_front, head, sizeof head, message, size);
    must(status == STATUS_OK || status == STATUS_FULL || world.is_worker_hostile);
    (void)ring_publish(&to_front);
}

/* Records of the question's type, the first of which names the question. */
static size_t
make_answer(const struct dns_question *question, uint8_t form, uint8_t to[4096])
{
    struct bytes_writer w = bytes_writer(to, 4096);
    uint16_t count = form % 4 == 3 ? 60 : form % 4;
    build_header(&w, 0, (uint16_t)(DNS_QR | DNS_RD | DNS_RA | (form / 4 % 4 == 3 ? 3 : 0)), 1,
                 count, 0, 0);
    build_question(&w, question);
    for (uint16_t i = 0; i < count; i++) {
        build_pointer(&w, DNS_HEADER_SIZE);
        build_record(&w, DNS_TYPE_A, form / 16, 4);
        bytes_put_u32(&w, hash_of(question) + i);
    }
    must(!w.failed);
    return w.pos;
}

static void
answer_one(struct bytes_reader *r)
{
    static uint8_t message[4096];
    take_questions();
    uint8_t which = bytes_get_u8(r), how = bytes_get_u8(r), form = bytes_get_u8(r);
    if (world.held_count == 0)
        return;
    unsigned at = which % world.held_count;
    struct handoff_query query = world.held[at];
    size_t size = make_answer(&query.question, form, message);
    switch (how % 8) {
    case 0: /* the answer to another question */
        size = make_answer(&world.held[(at + 1) % world.held_count].question, form, message);
        break;
    case 1:
        query.generation += how / 8;
        query.slot += form % 3;
        break;
    case 2:
        put_answer(&query, HANDOFF_ANSWERED, message, size);
        break;
    case 3:
        put_answer(&query, HANDOFF_FAILED, NULL, 0);
        size = 0;
        break;
    case 4: /* anything */
        world.is_worker_hostile = true;
        size = bytes_get_u8(r);
        size = size < bytes_left(r) ? size : bytes_left(r);
        bytes_get_copy(r, message, size);
        break;
    default:
        break;
    }
    if (size > 0)
        put_answer(&query, HANDOFF_ANSWERED, message, size);
    world.held[at] = world.held[--world.held_count];
}

/* It is gone; the supervisor says so and gives a new ring, before the next turn. */
static void
replace_worker(void)
{
    end_ring(world.ring_number, true);
    give_ring();
}

static void
break_ring(struct bytes_reader *r)
{
    uint8_t how = bytes_get_u8(r), value = bytes_get_u8(r), record[64];
    struct ring_shared *answers =
        (struct ring_shared *)(ring_memory + RING_MEMORY_BYTES(RING_BYTES));
    world.is_worker_hostile = true;
    if (how % 3 == 0) {
        size_t size = 1U + value % sizeof record;
        bytes_get_copy(r, record, size);
        if (ring_put(&to_front, record, size, NULL, 0) != STATUS_OK)
            return;
        (void)ring_publish(&to_front);
    } else if (how % 3 == 1) {
        atomic_store(&answers->tail, (uint64_t)value * 4097);
    } else {
        answers->data[(how * 256U + value) % RING_BYTES] = (uint8_t)(how ^ value);
    }
}

/* --- turns ----------------------------------------------------------------------------------- */

static uint64_t
ends_counted(void)
{
    uint64_t sum = 0;
    for (int why = 0; why < WHY_COUNT; why++)
        sum += stats.why[why];
    return sum;
}

/* @return when the next is due */
static uint64_t
turn(void)
{
    const struct clock_time time = evloop_wait(&front.loop, 0);
    uint64_t due_us = front_turn(&front, time);
    uint64_t received = scene_stat(STAT_UDP_QUERIES) + scene_stat(STAT_TCP_QUERIES);
    must(received == ends_counted() + front.waiting.queries.alive + front.pacing.count);
    must(front.waiting.queries.alive <= front.self.config->queries);
    must(kernel_count(KERNEL_STREAMS) >=
         front.tcp.open + front.tcp.park.count + front.tcp.greetings.count);
    must(due_us == 0 || due_us <= time.now_us + HEARTBEAT_MS * 1000);
    look_at_events();
    if (front.uplink.newest->is_broken)
        replace_worker();
    return due_us;
}

static void
step(struct bytes_reader *r)
{
    switch (bytes_get_u8(r) % 16) {
    case 0:
    case 1:
        send_datagram(r, false);
        break;
    case 2:
        send_datagram(r, true);
        break;
    case 3:
        connect_client(r);
        break;
    case 4:
        send_stream(r, false);
        break;
    case 5:
        send_stream(r, true);
        break;
    case 6:
        end_stream(r);
        break;
    case 7:
    case 8:
        answer_one(r);
        break;
    case 9:
        kernel.now_us += bytes_get_u8(r) * 10000ULL;
        (void)turn();
        break;
    case 10:
        break_ring(r);
        break;
    case 11:
        replace_worker();
        (void)turn(); /* closes what was the old one's */
        break;
    case 12:
        supervise(r);
        break;
    default:
        kernel.now_us += 100;
        (void)turn();
    }
}

/* Nothing comes any more: all has an end, and the front sleeps until its heartbeat. */
static void
settle(void)
{
    uint64_t due_us = 0;
    if (world.is_held && !world.is_stopping)
        hold(false);
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        struct connection *c = connection_of((uint8_t)i);
        if (c != NULL)
            kernel.fds[c->fd].is_reset = true;
    }
    for (unsigned turns = 0; turns < 10; turns++) {
        kernel.now_us += 2000000;
        due_us = turn();
    }
    must(front.waiting.queries.alive == 0 && front.waiting.inflight.alive == 0);
    must(front.tcp.open == 0 && front.tcp.park.count == 0 && front.pacing.count == 0);
    must(front.tcp.greetings.count == 0);
    must(kernel_count(KERNEL_STREAMS) == kernel.arrivals_count - kernel.arrivals_at);
    must(front_is_over(&front) == world.is_stopping);
    must(world.is_stopping || due_us > kernel.now_us);
    must(world.is_stopping || world.counted == scene_stat(STAT_UDP_QUERIES));
    must(world.is_stopping || kernel.arrivals_count == kernel.arrivals_at);
}

static void
begin(uint8_t form)
{
    memset(&front, 0, sizeof front);
    memset(&stats, 0, sizeof stats);
    world.count = world.counted = world.held_count = world.ring_number = 0;
    world.old_ring = world.reloads = world.reload = 0;
    world.is_worker_hostile = world.is_stopping = world.is_held = false;
    for (unsigned i = 0; i < CONNECTIONS; i++)
        world.connections[i].fd = -1;
    for (unsigned i = 0; i < 2; i++)
        world.udp[i] = world.tcp[i] = 0;
    kernel_begin(1000000);
    start(form);
}

/* Called where a whole corpus was run: answers went from the worker to clients, and were kept; balancers
 * spoke for clients. */
void
fuzz_reached(void)
{
    must(ends_ever[WHY_ANSWERED] > 0);
    must(ends_ever[WHY_CACHE_HIT] > 0);
    must(named_ever > 0 && local_ever > 0 && missing_ever > 0 && malformed_ever > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    begin(bytes_get_u8(&r));
    while (bytes_left(&r) > 0)
        step(&r);
    settle();
    for (int why = 0; why < WHY_COUNT && !world.is_worker_hostile; why++)
        ends_ever[why] += stats.why[why];
    named_ever += scene_stat(STAT_PROXY_CLIENTS);
    local_ever += scene_stat(STAT_PROXY_LOCAL);
    missing_ever += scene_stat(STAT_PROXY_MISSING);
    malformed_ever += scene_stat(STAT_PROXY_MALFORMED);
    return 0;
}

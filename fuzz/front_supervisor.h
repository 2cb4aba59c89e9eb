/* front_supervisor.h - the supervisor of a front: what the front begins with, and is told by an input
 * SPDX-License-Identifier: ISC
 *
 * For fuzz_front.c. Messages go through the channel of kernel.h, so that the front takes them as it
 * does in life: from CONFIG to START, then reloads, lists, rings and STOP.
 */
#pragma once

#include "front_clients.h"
#include "front_events.h"

#include "answers/nameset.h"
#include "conf/config_change.h"
#include "conf/config_load.h"
#include "front/front_control.h"
#include "os/chan.h"

#define RING_BYTES 65536
#define FORMS      256 /* configurations */

enum status __wrap_privs_keep_bind_only(void);

static struct ring_consumer from_front;
static struct ring_producer to_front;
static uint8_t *ring_memory;

/* It has none to give up. */
enum status
__wrap_privs_keep_bind_only(void)
{
    return STATUS_OK;
}

/* --- configurations -------------------------------------------------------------------------- */

static const char always[] =
    "lanes: 1\n"
    "acl: {allow: [127.0.0.0/8, 192.0.2.0/24, \"2001:db8::/32\"], deny: [127.0.9.9, "
    "\"2001:db8:9::/48\"]}\n"
    "upstreams: [{name: a, address: 192.0.2.1, tls_name: a.example, verify: ca}]\n"
    "timeouts: {query: 2s, tcp_idle: 10s, tcp_message: 2s}\n"
    "cache: {size: 64KiB, stale_after: 1s, stale: 1d, failure: 5s, prefetch: yes}\n";

static const char *const limits[] = {
    "limits: {queries: 64, queue_per_prefix: 12, tcp_clients: 8, tcp_per_prefix: 3, tcp_new_per_s: "
    "1000, upstream_connections: 1, upstream_in_flight: 1}\n",
    "limits: {queries: 64, queue_per_prefix: 64, tcp_clients: 8, tcp_per_prefix: 8, tcp_new_per_s: "
    "2, upstream_connections: 1, upstream_in_flight: 64, tcp_queries: 4}\nproxy: [192.0.2.255]\n",
};

#define BUCKETS                                                                                    \
    "slip: 2, entries: 64, ipv4: [/32 1/s 2, /24 10/s 20], ipv6: [/64 1/s 2, /48 10/s 20], "       \
    "proven_ipv4: [/32 2/s 4], proven_ipv6: [/64 2/s 4]"

/* keys in the place of the first octets: what the cookies of front_clients.h are made with */
#define SHARED(address)                                                                            \
    "rates: {mode: enforce, " BUCKETS ", exempt: [192.0.2.0/24], listeners: [\"" address           \
    " 50%\"]}\ncookies: {secret: " OTHER_SECRET ", previous_secret: " SECRET                       \
    ", staged_secret: " THIRD_SECRET "}\n"

static const char *const rates[] = {
    "rates: {mode: off, " BUCKETS "}\ncookies: {secret: " SECRET "}\n",
    "rates: {mode: enforce, " BUCKETS "}\ncookies: {secret: " SECRET "}\n",
    "rates: {mode: dry-run, " BUCKETS "}\ncookies: {enabled: no, secret: " SECRET "}\n",
    SHARED("127.0.0.1"),
    SHARED("0.0.0.0"),
};

static const char *const names[] = {
    "local: {special: yes}\nfilter: {martians: yes}\n",
    "local: {server_id: one, any: forward, through: [home.arpa, z.localhost], refuse_private: yes, "
    "private_names: [example.net]}\nfilter: {martians: no}\n",
};

static const char *const pacing[] = {
    "pacing: {enabled: no}\n",
    "pacing: {rate: 1000, burst: 2000, wait: 100ms}\n",
};

static const char *const listening[] = {
    "listen: [127.0.0.1]\n",
    "listen: [0.0.0.0, \"[::]\"]\n",
};

static const char *const told[] = {
    "",
    "events: {enabled: yes, clients: full}\n",
    "events: {enabled: yes, clients: pseudonym, names: suffix, sample: 2}\n",
    "events: {enabled: yes, clients: truncated, names: none}\n",
};

static struct config made[FORMS];

bool __real_config_is_sound(const struct config *given);
bool __wrap_config_is_sound(const struct config *given);

/* Each of ours was judged when it was made; of others' fuzz_config_flat.c knows. */
bool
__wrap_config_is_sound(const struct config *given)
{
    return (given >= made && given < made + FORMS) || __real_config_is_sound(given);
}

static const struct config *
config_of(uint8_t form)
{
    static struct config_error error;
    static char text[4096];
    bool is_any = form / 16 % 2;
    if (made[form].magic != 0)
        return &made[form];
    snprintf(text, sizeof text, "%s%s%s%s%s%s%s", always,
             rates[form % 4 + (form % 4 == 3 && is_any)], names[form / 4 % 2], pacing[form / 8 % 2],
             listening[is_any], limits[form / 32 % 2], told[form / 64]);
    struct config_source source = {.file = "form", .text = text, .text_size = strlen(text)};
    enum status status = config_load(&source, &made[form], &error);
    if (status != STATUS_OK)
        fprintf(stderr, "%s\n", error.text);
    must(status == STATUS_OK && __real_config_is_sound(&made[form]));
    return &made[form];
}

/* --- messages -------------------------------------------------------------------------------- */

static void
say(struct ipc_message message, const int *fds, size_t count)
{
    must(kernel_say(&message, fds, count));
}

/* The worker of a ring is there, and what was the one before is forgotten here. */
static void
give_ring(void)
{
    int fds[IPC_FDS_MAX];
    ring_memory = kernel_make_ring(2 * RING_MEMORY_BYTES(RING_BYTES), fds);
    ring_consumer_init(&from_front, ring_memory, RING_BYTES);
    ring_producer_init(&to_front, ring_memory + RING_MEMORY_BYTES(RING_BYTES), RING_BYTES);
    world.held_count = 0;
    say((struct ipc_message){.type = IPC_RING,
                             .epoch = ++world.ring_number,
                             .ring_query_bytes = RING_BYTES,
                             .ring_answer_bytes = RING_BYTES},
        fds, 3);
}

static void
end_ring(uint32_t number, bool is_death)
{
    say((struct ipc_message){.type = IPC_RING_END, .epoch = number, .error = is_death}, NULL, 0);
}

static void
give_list(enum ipc_list list, bool is_full)
{
    static const uint8_t key[16];
    static _Alignas(64) uint8_t memory[1024];
    static bool is_made;
    if (!is_made) {
        struct hash_key hash = hash_key_from(key);
        struct dns_name name = name_of("blocked.example");
        must(nameset_bytes(1) <= sizeof memory);
        must(nameset_add(nameset_init(memory, 1, &hash), &name) == STATUS_OK);
        is_made = true;
    }
    int fd = is_full ? kernel_make_memory(memory, nameset_bytes(1)) : -1;
    say((struct ipc_message){.type = IPC_LIST, .index = list}, &fd, is_full);
}

static void
give_socket(uint32_t index, enum ipc_socket_kind kind, const struct addr *at)
{
    int fd = kernel_make(kind == IPC_SOCKET_UDP ? KERNEL_UDP : KERNEL_LISTENER);
    kernel_at(fd)->local = *at;
    (kind == IPC_SOCKET_UDP ? world.udp : world.tcp)[at->family == ADDR_IPV6] = fd;
    say((struct ipc_message){.type = IPC_LISTENER, .index = index, .kind = (uint8_t)kind}, &fd, 1);
}

/* @return memory for events; -1: there is none */
static int
events_of(const struct config *given)
{
    bool is_on = given->events != 0;
    begin_events(is_on ? given->events_sample : 0);
    return is_on ? kernel_make_memory(&events_memory, sizeof events_memory) : -1;
}

/* From the first message to the first turn, as front_ladder.c does it. */
static void
start(uint8_t form)
{
    const struct config *config_made = config_of(form);
    world.blocks = form / 4 % 2 == 1;
    must(kernel_make(KERNEL_CHANNEL) == CHAN_FD);
    int fds[2] = {kernel_make_memory((void *)(uintptr_t)config_made, sizeof *config_made),
                  kernel_make_memory(&stats, sizeof stats)};
    must(evloop_open(&front.loop) == STATUS_OK);
    say((struct ipc_message){.type = IPC_CONFIG, .lane = 0, .epoch = 1}, fds, 2);
    for (uint32_t i = 0; i < config_made->listen_count; i++) {
        give_socket(i, IPC_SOCKET_UDP, &config_made->listen[i]);
        give_socket(i, IPC_SOCKET_TCP, &config_made->listen[i]);
    }
    give_list(IPC_LIST_BLOCK, world.blocks);
    give_ring();
    int events_fd = events_of(config_made);
    if (events_fd >= 0)
        say((struct ipc_message){.type = IPC_EVENTS}, &events_fd, 1);
    say((struct ipc_message){.type = IPC_START}, NULL, 0);
    front_control_begin(&front);
    must(child_inbox_listen(&front.inbox, &front.loop) == STATUS_OK);
    front_begin(&front);
}

#define REPORT_TAG 77

/* What the front says. */
void
kernel_heard_message(const struct ipc_message *message)
{
    if (message->type == IPC_RING_END) {
        must(world.is_worker_hostile);
        return;
    }
    if (message->type == IPC_FLUSHED) {
        must(world.is_flushing && message->tag == world.flushes);
        world.is_flushing = false;
        return;
    }
    if (message->type == IPC_REPORT) {
        must(message->tag == REPORT_TAG);
        return;
    }
    must(message->type == IPC_RELOADED && message->epoch == world.reload);
    must(message->error == world.is_reload_odd);
    world.reload = 0;
}

/* Taken up as a whole, or not where it is about what only a restart changes. */
static void
reload(uint8_t form)
{
    const struct config *before = front.self.config, *next = config_of(form);
    int fds[2] = {kernel_make_memory((void *)(uintptr_t)next, sizeof *next), -1};
    world.reload = ++world.reloads;
    world.is_reload_odd = config_change_fixed(before, next) != CONFIG_ROWS;
    if (!world.is_reload_odd)
        fds[1] = events_of(next);
    say((struct ipc_message){.type = IPC_RELOAD, .epoch = world.reload}, fds, fds[1] >= 0 ? 2 : 1);
    (void)front_turn(&front, evloop_wait(&front.loop, 0));
    must(world.reload == 0 && front.self.config == (world.is_reload_odd ? before : next));
}

/* One at a time, of names that clients ask for. */
static void
flush(uint8_t number)
{
    static const char *const flushed[] = {"a.example", "example", ".", "z.localhost"};
    struct ipc_message message = {.type = IPC_FLUSH, .tag = ++world.flushes, .below = number & 1};
    snprintf(message.text, sizeof message.text, "%s", flushed[number / 2 % 4]);
    world.is_flushing = true;
    say(message, NULL, 0);
    for (unsigned turns = 0; world.is_flushing; turns++) {
        must(turns < 100000);
        (void)front_turn(&front, evloop_wait(&front.loop, 0));
    }
    must(front.recall.cache == NULL || message.text[0] != '.' || message.below == 0 ||
         cache_counts(front.recall.cache)->entries == 0);
}

/* @param is_held  the sockets are read by another one */
static void
hold(bool is_held)
{
    world.is_held = is_held;
    say((struct ipc_message){.type = IPC_READING, .reads = !is_held}, NULL, 0);
}

static void
ask_limits(const char *client)
{
    struct ipc_message message = {.type = IPC_LIMITS, .tag = REPORT_TAG};
    snprintf(message.text, sizeof message.text, "%s", client);
    say(message, NULL, 0);
}

static void
supervise(struct bytes_reader *r)
{
    static const int troubles[] = {EINTR, EMFILE, ENOBUFS, EAGAIN, ECONNABORTED, EPERM};
    uint8_t what = bytes_get_u8(r), number = bytes_get_u8(r);
    switch (what % 8) {
    case 0:
    case 1:
        reload(number);
        return;
    case 2:
        world.blocks = false;
        give_list(number & 1 ? IPC_LIST_ALLOW : IPC_LIST_BLOCK, number & 2);
        break;
    case 3: /* another worker; the one before may still answer */
        if (world.old_ring != 0)
            break;
        world.old_ring = world.ring_number;
        give_ring();
        break;
    case 4:
        if (world.old_ring != 0)
            end_ring(world.old_ring, number & 1);
        world.old_ring = 0;
        break;
    case 5:
        if (number != 0xff || world.is_stopping)
            break;
        world.is_stopping = true;
        say((struct ipc_message){.type = IPC_STOP}, NULL, 0);
        break;
    case 6:
        if (number >= 96 && number < 128) { /* another penstock reads the sockets, or does not */
            hold(number & 1);
            break;
        }
        if (!world.is_stopping && number < 96)
            flush(number);
        else if (number >= 192)
            say((struct ipc_message){.type = IPC_NETWORKS, .tag = REPORT_TAG}, NULL, 0);
        else if (number >= 128)
            ask_limits(number & 2 ? "2001:db8::1" : "192.0.2.1");
        if (number < 96)
            return;
        break;
    default:
        kernel.trouble = troubles[number % 6];
        return;
    }
    (void)front_turn(&front, evloop_wait(&front.loop, 0));
}

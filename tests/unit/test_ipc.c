/* test_ipc.c - tests of ipc
 * SPDX-License-Identifier: ISC
 */
#include "ipc/ipc.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

static const struct row {
    enum ipc_type type;
    size_t fds_min, fds_max;
    bool from_supervisor, from_child;
} rows[] = {
#define NEVER                        false
#define LOOK                         true
#define FROM(roles, states, handler) true
#define TAKES(when, handler)         true
#define MESSAGE(name, number, fds_min, fds_max, fields, supervisor, front, worker, text)           \
    {IPC_##name, fds_min, fds_max, front || worker, supervisor},
#include "ipc/messages.def"
#undef MESSAGE
};
#define ROWS (sizeof rows / sizeof rows[0])

static enum ipc_side
sender_of(const struct row *row)
{
    return row->from_supervisor ? IPC_FROM_SUPERVISOR : IPC_FROM_CHILD;
}

/* One sound message of a type, every field of it unlike zero. */
static struct ipc_message
example(enum ipc_type type)
{
    struct ipc_message m = {.type = type};
    switch (type) {
    case IPC_CONFIG:
        m.lane = 3;
        m.epoch = 0x01020304;
        break;
    case IPC_RING:
        m.epoch = 7;
        m.ring_query_bytes = 1 << 16;
        m.ring_answer_bytes = 1 << 20;
        break;
    case IPC_LIST:
        m.index = IPC_LIST_ALLOW;
        break;
    case IPC_LISTENER:
        m.index = 2;
        m.kind = IPC_SOCKET_TCP;
        break;
    case IPC_UPSTREAM_WANT:
        m.index = 5;
        m.tag = 0xfffffffe;
        break;
    case IPC_UPSTREAM_SOCKET:
        m.index = 5;
        m.tag = 9;
        break;
    case IPC_LOG:
        m.level = 2;
        m.event = 4;
        strcpy(m.text, "a line");
        break;
    case IPC_LEVEL:
        m.level = 5;
        break;
    case IPC_FLUSH:
        m.tag = 0x01020304;
        m.below = 1;
        strcpy(m.text, "www.example");
        break;
    case IPC_LIMITS:
        m.tag = 0x01020304;
        strcpy(m.text, "192.0.2.1");
        break;
    case IPC_REPORT:
        m.tag = 0x01020304;
        for (uint32_t i = 0; i < IPC_REPORT_MAX; i++)
            m.report[i] = UINT32_MAX - i;
        break;
    case IPC_FLUSHED:
        m.tag = 0x01020304;
        m.count = 70000;
        break;
    case IPC_READING:
        m.reads = 1;
        break;
    case IPC_RELOAD:
        m.epoch = 8;
        break;
    case IPC_RELOADED:
    case IPC_RING_END:
        m.epoch = 8;
        m.error = 1;
        break;
    case IPC_UPSTREAM_KEY:
        m.index = 5;
        memset(m.pin, 7, sizeof m.pin);
        break;
    case IPC_UPSTREAM_DEAR:
        m.index = 5;
        m.cost_us = 60000;
        break;
    case IPC_READY:
        strcpy(m.text, "Mbed TLS 3.6.6");
        break;
    case IPC_PIN_LOOK:
        m.index = IPC_NO_POLICY;
        m.tag = 3;
        strcpy(m.text, "dns.example");
        break;
    case IPC_PIN_SEEN:
        m.index = 1;
        m.kind = 255;
        memset(m.pin, 0xa5, sizeof m.pin);
        strcpy(m.text, "CN=dns.example");
        break;
    case IPC_NETWORKS:
        m.tag = 0x01020304;
        break;
    case IPC_START:
    case IPC_STOP:
    case IPC_EVENTS:
        break;
    }
    return m;
}

Test(ipc, every_type_comes_back_as_it_was)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct ipc_message sent = example(rows[i].type), got;
        uint8_t bytes[IPC_MESSAGE_MAX];
        size_t size = ipc_encode(&sent, bytes);
        cr_assert_eq(ipc_decode(bytes, size, rows[i].fds_max, sender_of(&rows[i]), &got), STATUS_OK,
                     "%s", ipc_type_text(sent.type));
        cr_assert_arr_eq(&sent, &got, sizeof sent, "%s", ipc_type_text(sent.type));
    }
}

Test(ipc, every_other_size_is_refused_and_leaves_zeros)
{
    static const struct ipc_message zero;
    for (size_t i = 0; i < ROWS; i++) {
        struct ipc_message sent = example(rows[i].type), got;
        uint8_t bytes[IPC_MESSAGE_MAX + 1] = {0};
        size_t size = ipc_encode(&sent, bytes);
        for (size_t other = 0; other <= size + 1; other++) {
            if (other == size)
                continue;
            memset(&got, 0xff, sizeof got);
            cr_assert_eq(ipc_decode(bytes, other, rows[i].fds_max, sender_of(&rows[i]), &got),
                         STATUS_INVALID, "%s of %zu", ipc_type_text(sent.type), other);
            cr_assert_arr_eq(&got, &zero, sizeof got);
        }
    }
}

Test(ipc, descriptors_outside_the_range_of_the_row_are_refused)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct ipc_message sent = example(rows[i].type), got;
        uint8_t bytes[IPC_MESSAGE_MAX];
        size_t size = ipc_encode(&sent, bytes);
        for (size_t fds = 0; fds <= IPC_FDS_MAX; fds++)
            if (fds < rows[i].fds_min || fds > rows[i].fds_max)
                cr_assert_eq(ipc_decode(bytes, size, fds, sender_of(&rows[i]), &got),
                             STATUS_INVALID, "%s with %zu", ipc_type_text(sent.type), fds);
    }
}

Test(ipc, a_type_from_the_wrong_side_is_refused)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct ipc_message sent = example(rows[i].type), got;
        uint8_t bytes[IPC_MESSAGE_MAX];
        size_t size = ipc_encode(&sent, bytes);
        enum status down = ipc_decode(bytes, size, rows[i].fds_max, IPC_FROM_SUPERVISOR, &got);
        enum status up = ipc_decode(bytes, size, rows[i].fds_max, IPC_FROM_CHILD, &got);
        cr_assert_eq(down == STATUS_OK, rows[i].from_supervisor);
        cr_assert_eq(up == STATUS_OK, rows[i].from_child);
    }
}

Test(ipc, unknown_numbers_are_refused)
{
    struct ipc_message got;
    for (unsigned number = 0; number <= UINT16_MAX; number++) {
        bool known = false;
        for (size_t i = 0; i < ROWS; i++)
            known |= rows[i].type == number;
        if (known)
            continue;
        uint8_t bytes[2] = {(uint8_t)(number >> 8), (uint8_t)number};
        cr_assert_eq(ipc_decode(bytes, 2, 0, IPC_FROM_CHILD, &got), STATUS_INVALID);
        cr_assert_eq(ipc_decode(bytes, 2, 0, IPC_FROM_SUPERVISOR, &got), STATUS_INVALID);
    }
}

Test(ipc, what_a_terminal_could_obey_arrives_as_question_marks)
{
    struct ipc_message sent = example(IPC_LOG), got;
    uint8_t bytes[IPC_MESSAGE_MAX];
    strcpy(sent.text, "a\x1b[2J\r\nb\x7f\xc3\xa4~ ");
    size_t size = ipc_encode(&sent, bytes);
    cr_assert_eq(ipc_decode(bytes, size, 0, IPC_FROM_CHILD, &got), STATUS_OK);
    cr_assert_str_eq(got.text, "a?[2J??b???~ ");
}

Test(ipc, text_has_one_nul_and_it_is_the_last_octet)
{
    struct ipc_message sent = example(IPC_LOG), got;
    uint8_t bytes[IPC_MESSAGE_MAX];
    size_t size = ipc_encode(&sent, bytes);
    bytes[size - 1] = 'x';
    cr_assert_eq(ipc_decode(bytes, size, 0, IPC_FROM_CHILD, &got), STATUS_INVALID);
    bytes[size - 1] = 0;
    bytes[size - 3] = 0;
    cr_assert_eq(ipc_decode(bytes, size, 0, IPC_FROM_CHILD, &got), STATUS_INVALID);
}

Test(ipc, the_longest_text_fits_and_a_longer_one_does_not)
{
    struct ipc_message sent = example(IPC_PIN_SEEN), got;
    uint8_t bytes[IPC_MESSAGE_MAX];
    memset(sent.text, 'x', sizeof sent.text); /* not even terminated */
    size_t size = ipc_encode(&sent, bytes);
    cr_assert_leq(size, sizeof bytes);
    cr_assert_eq(ipc_decode(bytes, size, 0, IPC_FROM_CHILD, &got), STATUS_OK);
    cr_assert_eq(strlen(got.text), IPC_TEXT_MAX - 1);
    bytes[size - 1] = 'x';
    bytes[size] = 0;
    cr_assert_eq(ipc_decode(bytes, size + 1, 0, IPC_FROM_CHILD, &got), STATUS_INVALID);
}

Test(ipc, a_dialled_socket_or_a_reason_but_not_both)
{
    struct ipc_message sent = example(IPC_UPSTREAM_SOCKET), got;
    uint8_t bytes[IPC_MESSAGE_MAX];
    for (uint32_t error = 0; error < 2; error++) {
        sent.error = error;
        size_t size = ipc_encode(&sent, bytes);
        for (size_t fds = 0; fds < 2; fds++)
            cr_assert_eq(ipc_decode(bytes, size, fds, IPC_FROM_SUPERVISOR, &got),
                         error + fds == 1 ? STATUS_OK : STATUS_INVALID);
    }
}

Test(ipc, ring_sizes_are_powers_of_two)
{
    static const uint32_t bad[] = {0, 3, 4097, UINT32_MAX};
    struct ipc_message sent = example(IPC_RING), got;
    uint8_t bytes[IPC_MESSAGE_MAX];
    for (size_t i = 0; i < 4; i++) {
        sent.ring_query_bytes = bad[i];
        size_t size = ipc_encode(&sent, bytes);
        cr_assert_eq(ipc_decode(bytes, size, 3, IPC_FROM_SUPERVISOR, &got), STATUS_INVALID);
    }
}

Test(ipc, a_value_out_of_its_bounds_is_refused)
{
    static const struct {
        enum ipc_type type;
        enum ipc_side sender;
        size_t fds;
        uint32_t index, error;
        uint8_t kind;
        bool is_sound;
    } cases[] = {
        {IPC_LISTENER, IPC_FROM_CHILD, 1, 0, 0, IPC_SOCKET_UDP, true},
        {IPC_LISTENER, IPC_FROM_CHILD, 1, 0, 0, IPC_SOCKET_TCP, true},
        {IPC_LISTENER, IPC_FROM_CHILD, 1, 0, 0, 0, false},
        {IPC_LISTENER, IPC_FROM_CHILD, 1, 0, 0, 3, false},
        {IPC_LIST, IPC_FROM_SUPERVISOR, 0, IPC_LISTS - 1, 0, 0, true},
        {IPC_LIST, IPC_FROM_SUPERVISOR, 0, IPC_LISTS, 0, 0, false},
        {IPC_RELOADED, IPC_FROM_CHILD, 0, 0, 0, 0, true},
        {IPC_RELOADED, IPC_FROM_CHILD, 0, 0, 2, 0, false},
        {IPC_RING_END, IPC_FROM_CHILD, 0, 0, 1, 0, true},
        {IPC_RING_END, IPC_FROM_SUPERVISOR, 0, 0, UINT32_MAX, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ipc_message got, sent = {.type = cases[i].type,
                                        .index = cases[i].index,
                                        .error = cases[i].error,
                                        .kind = cases[i].kind};
        uint8_t bytes[IPC_MESSAGE_MAX];
        size_t size = ipc_encode(&sent, bytes);
        cr_assert_eq(ipc_decode(bytes, size, cases[i].fds, cases[i].sender, &got),
                     cases[i].is_sound ? STATUS_OK : STATUS_INVALID, "case %zu", i);
    }
}

Test(ipc, every_type_has_a_receiver)
{
    for (size_t i = 0; i < ROWS; i++)
        cr_assert(rows[i].from_supervisor || rows[i].from_child, "%s", ipc_type_text(rows[i].type));
}

Test(ipc, random_bytes_decode_to_what_encodes_to_them)
{
    uint64_t seed = (uint64_t)time(NULL), state = seed;
    uint8_t bytes[IPC_MESSAGE_MAX], again[IPC_MESSAGE_MAX];
    unsigned taken = 0;
    cr_log_info("seed %llu", (unsigned long long)seed);
    for (unsigned round = 0; round < 200000; round++) {
        size_t size = 0;
        do {
            state = state * 6364136223846793005U + 1442695040888963407U;
            bytes[size++] = (uint8_t)(state >> 56) % 96 + 32;
        } while (size < 16 && (state >> 40 & 7) != 0);
        bytes[0] = 0;
        bytes[1] = (uint8_t)(state >> 32 & 15);
        struct ipc_message got;
        if (ipc_decode(bytes, size, 0, IPC_FROM_CHILD, &got) != STATUS_OK)
            continue;
        taken++;
        cr_assert_eq(ipc_encode(&got, again), size, "seed %llu", (unsigned long long)seed);
        cr_assert_arr_eq(bytes, again, size, "seed %llu", (unsigned long long)seed);
    }
    cr_assert_gt(taken, 100, "seed %llu: hardly any was sound", (unsigned long long)seed);
}

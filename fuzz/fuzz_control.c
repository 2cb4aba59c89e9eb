/* fuzz_control.c - what hostile clients can do at the control socket
 * SPDX-License-Identifier: ISC
 *
 * A run is a list of acts, each of one octet that says which and one that says who: somebody
 * connects, sends the octets that follow (a third octet: how many), reads, or leaves; time passes.
 * Invariants: nobody has more than its right; seats are bounded as docs say; what is asked of one
 * account is within its budget; a message that was taken encodes to the octets it came as; one that
 * was not leaves zeros; who does not read is gone in time.
 */
#include "control/control_desk.h"

#include "fuzz.h"

#include <string.h>

#define ACCOUNTS 8 /* 0: root; 1, 2: operators; 3 to 5: readers; 6, 7: strangers */

static const struct control_rights rights = {
    .own_uid = 1,
    .operators = {.users = {2}, .users_count = 1},
    .readers = {.users = {3, 4}, .users_count = 2, .groups = {5}, .groups_count = 1},
};

struct run {
    struct control_desk desk;
    uint64_t now_ms, begun_ms;
    unsigned asked[ACCOUNTS];
};

static enum control_right
right_of(uint32_t uid)
{
    struct control_who who = {.uid = uid, .gid = uid};
    return control_desk_right(&rights, &who);
}

static void
check_seats(const struct run *run)
{
    unsigned readers = 0, of_account[ACCOUNTS] = {0};
    for (unsigned i = 0; i < CONTROL_SEATS; i++) {
        const struct control_seat *seat = &run->desk.seats[i];
        if (!seat->is_taken)
            continue;
        must(seat->right == right_of(seat->uid) && seat->right != CONTROL_NOTHING);
        readers += seat->right == CONTROL_READER;
        of_account[seat->uid] += seat->right == CONTROL_READER;
        must(of_account[seat->uid] <= CONTROL_SEATS_ACCOUNT);
        must(seat->stuck_ms == 0 || run->now_ms < seat->stuck_ms + CONTROL_SEND_MS);
    }
    must(readers <= CONTROL_SEATS_READERS);
}

static void
check_budget(const struct run *run, uint32_t uid)
{
    uint64_t passed_ms = run->now_ms - run->begun_ms;
    must(run->asked[uid] <= CONTROL_BURST + CONTROL_RATE_PER_S * passed_ms / 1000 + 1);
}

static void
come(struct run *run, uint32_t uid)
{
    unsigned seat;
    struct control_who who = {.uid = uid, .gid = uid};
    enum control_verdict verdict = control_desk_sit(&run->desk, &rights, &who, run->now_ms, &seat);
    must((verdict == CONTROL_TAKEN) == (seat < CONTROL_SEATS));
    must(right_of(uid) != CONTROL_NOTHING || verdict == CONTROL_NO_RIGHT);
    if (verdict != CONTROL_TAKEN)
        return;
    must(run->desk.seats[seat].answer.type == CONTROL_HELLO);
    if (uid != 0 && uid != rights.own_uid)
        run->asked[uid] += CONTROL_CONNECT_PRICE;
    check_budget(run, uid);
}

/* As control_serve.c does it, for a reload that ends at once or at the next turn. */
static void
obey(struct run *run, unsigned seat, const struct control_message *request)
{
    struct control_seat *at = &run->desk.seats[seat];
    must(at->right >= control_message_needs(request->type));
    must(request->type != CONTROL_LEVEL ||
         (request->level >= CONTROL_LEVEL_MIN && request->level <= CONTROL_LEVEL_MAX));
    if (request->type == CONTROL_WATCH)
        at->task = CONTROL_SENDS_PAGES;
    else if (request->type == CONTROL_RELOAD)
        at->task = CONTROL_WAITS_RELOAD;
    else if (request->type == CONTROL_FLUSH || request->type == CONTROL_LIMITS ||
             request->type == CONTROL_NETWORKS)
        at->task = CONTROL_WAITS_FRONTS;
    else
        control_desk_answer(&run->desk, seat, CONTROL_DONE, 0, "done");
}

/* What was taken is what was sent, but for what a terminal could obey in its text. */
static void
check_taken(const struct control_message *request, const uint8_t *bytes, size_t size)
{
    uint8_t again[CONTROL_MESSAGE_MAX];
    must(control_message_encode(request, again) == size);
    for (size_t i = 0; i < size; i++)
        must(again[i] == bytes[i] || (again[i] == '?' && (bytes[i] < ' ' || bytes[i] > '~')));
}

static void
send_to(struct run *run, unsigned seat, const uint8_t *bytes, size_t size)
{
    static const struct control_message zero;
    struct control_message request;
    struct control_seat *at = &run->desk.seats[seat];
    bool was_busy = control_desk_is_busy(&run->desk, seat);
    enum control_verdict verdict =
        control_desk_take(&run->desk, seat, bytes, size, run->now_ms, &request);
    if (verdict == CONTROL_BROKEN)
        must(memcmp(&request, &zero, sizeof zero) == 0);
    else
        check_taken(&request, bytes, size);
    if (verdict == CONTROL_TAKEN || verdict == CONTROL_NO_RIGHT) {
        must(!was_busy);
        run->asked[at->uid]++;
        check_budget(run, at->uid);
    }
    if (verdict == CONTROL_TAKEN)
        obey(run, seat, &request);
    else if (verdict == CONTROL_NO_RIGHT)
        control_desk_answer(&run->desk, seat, CONTROL_FAILED, 0, "no");
    else
        control_desk_leave(&run->desk, seat);
}

/* It reads, or there is no room for what it should. */
static void
drain(struct run *run, unsigned seat, bool has_room)
{
    struct control_seat *at = &run->desk.seats[seat];
    if (at->task == CONTROL_WAITS_RELOAD || at->task == CONTROL_WAITS_FRONTS)
        control_desk_answer(&run->desk, seat, CONTROL_DONE, 0, "in force");
    if (!control_desk_has_output(&run->desk, seat))
        return;
    if (!control_desk_sent(&run->desk, seat, has_room, run->now_ms)) {
        control_desk_leave(&run->desk, seat);
    } else if (has_room) {
        at->task = CONTROL_IDLE;
        at->has_answer = false;
    }
}

static void
pass(struct run *run, uint32_t ms)
{
    uint64_t end_ms = run->now_ms + ms;
    while (run->now_ms < end_ms) { /* those who are due go at their time, as in a turn */
        uint64_t due_ms = control_desk_due_ms(&run->desk);
        run->now_ms = due_ms < end_ms && due_ms > run->now_ms ? due_ms : end_ms;
        for (unsigned i = 0; i < CONTROL_SEATS; i++)
            if (run->desk.seats[i].is_taken && run->desk.seats[i].stuck_ms != 0)
                drain(run, i, false);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run = {.now_ms = 1000, .begun_ms = 1000};
    size_t at = 0;
    while (at + 2 <= size) {
        uint8_t act = data[at], who = data[at + 1];
        unsigned seat = who % CONTROL_SEATS;
        bool is_taken = run.desk.seats[seat].is_taken;
        at += 2;
        if (act % 6 == 0)
            come(&run, who % ACCOUNTS);
        else if (act % 6 == 1 && at < size) {
            size_t length = data[at] < size - at - 1 ? data[at] : size - at - 1;
            if (is_taken)
                send_to(&run, seat, data + at + 1, length);
            at += 1 + length;
        } else if (act % 6 == 2 && is_taken)
            drain(&run, seat, true);
        else if (act % 6 == 3 && is_taken)
            drain(&run, seat, false);
        else if (act % 6 == 4)
            control_desk_leave(&run.desk, seat);
        else if (act % 6 == 5)
            pass(&run, who * 40U);
        check_seats(&run);
    }
    return 0;
}

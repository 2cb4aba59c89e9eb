/* control_desk.h - who is served at the control socket, how many at once, and how often
 * SPDX-License-Identifier: ISC
 *
 * What: the seats of all clients and the budget of each account. A client that asks more than its
 *       account may, breaks the form, or does not read its answers loses its seat; the service
 *       never waits for one.
 * Who:  supervisor. Pure: time is an argument.
 * Ref:  docs/LIMITS.md "control socket".
 */
#pragma once

#include "base/leak.h"
#include "control/control_message.h"

#include <stdbool.h>

#define CONTROL_SEATS         16   /* clients at once */
#define CONTROL_SEATS_READERS 12   /* of them who only look: an operator always finds a seat */
#define CONTROL_SEATS_ACCOUNT 4    /* readers of one account */
#define CONTROL_RATE_PER_S    10   /* of one account: requests, ... */
#define CONTROL_BURST         40   /* ... at once after a quiet time */
#define CONTROL_CONNECT_PRICE 4    /* requests, that a new connection costs others than root */
#define CONTROL_SEND_MS       5000 /* an answer must have found room by then */
#define CONTROL_RIGHTS_MAX    16   /* accounts and groups, in each of readers and operators */
#define CONTROL_ACCEPTS_PER_S 100  /* connections of everybody that are looked at */

struct control_names { /* of accounts and groups, as numbers */
    uint32_t users[CONTROL_RIGHTS_MAX], groups[CONTROL_RIGHTS_MAX];
    uint32_t users_count, groups_count;
};

struct control_rights {
    struct control_names readers, operators;
    struct control_names events_readers; /* of events: readers too, while operators need not be */
    uint32_t own_uid; /* of the service: an operator, who reads events too, as root is */
};

struct control_who { /* the other side, as the kernel says */
    uint32_t uid, gid;
    const uint32_t *groups; /* borrowed: supplementary ones */
    size_t groups_count;
};

/** What may somebody do, reading events apart? */
enum control_right control_desk_right(const struct control_rights *rights,
                                      const struct control_who *who);

/** May it ask for what needs this right? */
bool control_desk_may(const struct control_rights *rights, const struct control_who *who,
                      enum control_right needed);

enum control_task { /* what is under way at a seat, one thing at a time */
                    CONTROL_IDLE,
                    CONTROL_SENDS_PAGES,     /* `at` is the next one */
                    CONTROL_SENDS_UPSTREAMS, /* likewise */
                    CONTROL_SENDS_EVENTS,    /* likewise, of lanes */
                    CONTROL_SENDS_SOCKETS,   /* likewise */
                    CONTROL_WAITS_RELOAD,
                    CONTROL_WAITS_FRONTS,  /* for what `request` asks of them */
                    CONTROL_SENDS_REPORTS, /* what they said; `at` is the next one */
};

struct control_seat {
    bool is_taken;
    bool has_answer; /* `answer` follows what the task has to send */
    bool reads_events;
    bool is_free; /* its requests cost its account nothing: see supervisor/handover.h */
    enum control_right right;
    enum control_task task;
    uint32_t uid;
    uint32_t at, generation; /* of the pages, when the task began */
    uint64_t stuck_ms;       /* since when an answer found no room; 0: it finds room */
    struct control_message answer;
    struct control_message request; /* WAITS_FRONTS */
    uint64_t ticket;                /* of that, until it is answered: the lowest is served first */
};

struct control_account {
    bool is_known;
    uint32_t uid;
    struct leak requests;
};

struct control_desk { /* all zero: nobody came yet */
    struct control_seat seats[CONTROL_SEATS];
    struct control_account accounts[CONTROL_SEATS];
    struct leak accepts; /* before anybody came: none */
};

enum control_verdict {
    CONTROL_TAKEN,
    CONTROL_NO_RIGHT,     /* neither reader nor operator, or not what the request needs */
    CONTROL_FULL,         /* no seat is left for such a client */
    CONTROL_ACCOUNT_FULL, /* its account has all the seats that a reader's may have */
    CONTROL_TOO_FAST,     /* its account has asked too much */
    CONTROL_BROKEN,       /* it broke the form */
    CONTROL_BUSY,         /* it did not wait for the answer before */
};

/** May one more connection be looked at? Strangers wait in the kernel meanwhile. */
bool control_desk_may_accept(struct control_desk *desk, uint64_t now_ms);

/**
 * Somebody connected. Root and the service's own account pay nothing for it: a script of theirs
 * connects for each command, and must be able to drain.
 *
 * @param rights  in force
 * @param now_ms  monotonic
 * @param seat    written if taken: which one; HELLO is its answer
 * @return CONTROL_TAKEN; CONTROL_NO_RIGHT, CONTROL_FULL, CONTROL_ACCOUNT_FULL or CONTROL_TOO_FAST.
 */
enum control_verdict control_desk_sit(struct control_desk *desk,
                                      const struct control_rights *rights,
                                      const struct control_who *who, uint64_t now_ms,
                                      unsigned *seat);

/**
 * A client sent something.
 *
 * @param bytes    borrowed, `size` octets
 * @param request  written if taken
 * @return CONTROL_TAKEN; CONTROL_NO_RIGHT: the request is answered so, and the client stays;
 *         CONTROL_TOO_FAST, CONTROL_BROKEN, CONTROL_BUSY: it must go.
 */
enum control_verdict control_desk_take(struct control_desk *desk, unsigned seat,
                                       const uint8_t *bytes, size_t size, uint64_t now_ms,
                                       struct control_message *request);

/** The answer that ends what is under way. @param type  DONE or FAILED; `text` is cut to fit */
void control_desk_answer(struct control_desk *desk, unsigned seat, enum control_type type,
                         uint32_t count, const char *text);

/** Is something under way, so that no request is read? */
bool control_desk_is_busy(const struct control_desk *desk, unsigned seat);

/** Is there something that can be sent now? */
bool control_desk_has_output(const struct control_desk *desk, unsigned seat);

/** What was to be sent found room, or did not. @return false: for too long, the client must go */
bool control_desk_sent(struct control_desk *desk, unsigned seat, bool had_room, uint64_t now_ms);

/** When a client must go because it does not read, monotonic; UINT64_MAX: none. */
uint64_t control_desk_due_ms(const struct control_desk *desk);

/** The seat is free again. May be called twice. */
void control_desk_leave(struct control_desk *desk, unsigned seat);

/** What a client that was not taken is told, in words. */
const char *control_desk_verdict_text(enum control_verdict verdict);

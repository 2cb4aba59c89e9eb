/* fairqueue.h - whose question is asked next, and which network may have how many under way
 * SPDX-License-Identifier: ISC
 *
 * What: the caller's questions, named by index: those that wait in line, and those at the worker,
 *       for which there is a bounded number of places. Networks take turns at each prefix length:
 *       among all, then among the networks within the one whose turn it is, down to a client. A
 *       network that has its share of the places is served after the others, and some places are
 *       kept for networks that have few there or none, so that none can take all by asking what
 *       is answered late. A question costs a few steps for each prefix length; a network that lost
 *       its rank is put right when its turn comes. Several queues may stand beside each other, in a
 *       tree of networks each, and share the table of questions.
 * Who:  front. Pure: no clock, no allocation.
 * Ref:  RFC 8290 (the idea of flow queueing); docs/LIMITS.md "fairqueue".
 */
#pragma once

#include "base/list.h"
#include "gate/crowd.h"

#define FAIRQUEUE_NONE         UINT32_MAX
#define FAIRQUEUE_PROVEN_TURNS 4  /* of proven clients for one of the others, while both wait */
#define FAIRQUEUE_RESERVE_PART 4  /* a quarter of the places is not for just any ... */
#define FAIRQUEUE_RESERVE_MIN  16 /* ... and at least so many, or half of all */
/* Light: less than an eighth of what its siblings have on average. */
#define FAIRQUEUE_LIGHT_PART 8

/* Clients whose address is proven have a line of their own, which a flood with forged addresses
 * does not make longer. */
enum fairqueue_line { FAIRQUEUE_UNPROVEN, FAIRQUEUE_PROVEN, FAIRQUEUE_LINES };

/* How a network stands among those within the same one, while it is in line. */
enum fairqueue_rank {
    FAIRQUEUE_LIGHT,   /* it has nothing at the worker, or much less than the others there */
    FAIRQUEUE_HOPEFUL, /* it has not, but a network within it is light among its own */
    FAIRQUEUE_MODEST,  /* it has less than its share of the places */
    FAIRQUEUE_GREEDY,  /* it has its share */
    FAIRQUEUE_RANKS,
};

struct fairqueue_item {      /* a question */
    uint32_t leaf;           /* whose; NETWORKS_ROOT: not inside */
    struct list_links links; /* in line: in its leaf's list */
    uint8_t line;            /* enum fairqueue_line */
    bool is_at_worker;       /* else in line */
    uint8_t rank; /* at the worker: FAIRQUEUE_LIGHT, _HOPEFUL or _MODEST when it got there */
};

struct fairqueue_stand {         /* a network in one line */
    uint32_t waiting;            /* questions of all within it */
    struct list_links links;     /* among its siblings in `turns` or `greedy` */
    struct list_links few_links; /* of a light or hopeful one, in a list of `few`, too */
    uint32_t stamp; /* when it got into line or had its turn last: the lowest is next */
    uint32_t rank;  /* enum fairqueue_rank */
    union {
        struct {               /* the networks right within it */
            struct list turns; /* all but greedy ones, in order of their stamps */
            struct list greedy;
            struct list few[FAIRQUEUE_HOPEFUL + 1]; /* by rank, as they got it or had a turn */
        };
        struct list questions; /* of a leaf */
    };
};

struct fairqueue_node { /* a network */
    uint32_t at_worker; /* questions of all within it */
    uint32_t active;    /* networks right within it that have a question in line or at the worker */
    struct fairqueue_stand stands[FAIRQUEUE_LINES];
};

struct fairqueue {
    struct networks *networks; /* borrowed */
    struct fairqueue_item
        *items; /* borrowed memory; indexed as the caller's table, [0] is not used */
    struct fairqueue_node *nodes;      /* indexed as networks->nodes */
    uint32_t top;                      /* of the tree whose networks take turns; its node is all */
    uint32_t places;                   /* questions at the worker at most */
    uint32_t in_line[FAIRQUEUE_LINES]; /* networks of the shortest length */
    uint32_t turn;                     /* questions of proven clients since one of the others */
    uint32_t stamp;
    uint32_t newest; /* question that came into line last, 0 none yet */
};

/** Bytes of memory for questions 1..items of networks 1..networks->count. */
size_t fairqueue_memory_bytes(uint32_t items, const struct networks *networks);

/**
 * @param networks  borrowed as long as `q` lives; its leaves are held for questions inside
 * @param memory    borrowed too; zeroed, fairqueue_memory_bytes(…, networks), aligned to 4 bytes
 * @param places    questions at the worker at once, at least 1; may be changed later
 */
void fairqueue_init(struct fairqueue *q, struct networks *networks, void *memory, uint32_t places);

/**
 * Another queue of the same questions, with places of its own, as yet one. A question is inside one
 * of them at a time: all calls that name it go to that one, and leaves come from its tree.
 *
 * @param first  from fairqueue_init(); its memory is borrowed, too
 * @param top    from crowd_network_plant(first->networks), for this queue alone
 */
void fairqueue_beside(struct fairqueue *q, const struct fairqueue *first, uint32_t top);

/** Put a question at the end of the line. @param index  not inside, 1..items. @param leaf  held by
 * the caller for the call */
void fairqueue_push(struct fairqueue *q, uint32_t index, uint32_t leaf, enum fairqueue_line line);

/**
 * Take the question whose turn it is: it has a place at the worker now, until fairqueue_remove().
 *
 * @return its index; FAIRQUEUE_NONE: none is in line, or no place is free for those
 */
uint32_t fairqueue_pop(struct fairqueue *q);

/**
 * How did its client stand when the question got its place at the worker? @param index  1..items
 *
 * @return FAIRQUEUE_LIGHT: its network of the shortest length was light; FAIRQUEUE_HOPEFUL: the
 *         client, or a network around it, was light among its siblings; FAIRQUEUE_MODEST: neither
 */
enum fairqueue_rank fairqueue_rank_at_worker(const struct fairqueue *q, uint32_t index);

/** Its place at the worker is lost: it stands at the end of its line again. */
void fairqueue_return(struct fairqueue *q, uint32_t index);

/**
 * Another client asks the same: if this one's turn comes sooner, the question is its own from now
 * on.
 *
 * @param index  anything
 * @return true: it was in line, and stands in the other's line now
 */
bool fairqueue_promote(struct fairqueue *q, uint32_t index, uint32_t leaf,
                       enum fairqueue_line line);

/** Take a question out of its line, or give its place back. @return false: it was not inside. */
bool fairqueue_remove(struct fairqueue *q, uint32_t index);

/** Places that only light networks may have. */
uint32_t fairqueue_reserve(const struct fairqueue *q);

/** Questions of a network in both lines, and at the worker. */
uint32_t fairqueue_waiting(const struct fairqueue *q, uint32_t network);

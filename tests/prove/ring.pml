/* ring.pml - one ring between two processes, with its bells and the memory between them
 * SPDX-License-Identifier: ISC
 *
 * What: lane/ring.c and child/child_link.c as a machine for spin. Each store goes into a buffer of its
 *       process and reaches the memory later, in any order with those to other places (x86-64 orders
 *       more, arm64 does not), but for the orders that the code asks for: a release store comes after
 *       all stores before it, a fence waits for all of them, and the kernel's lock around an eventfd
 *       makes a bell come after what was stored before it was rung.
 * Ends: when every record was put and taken. Whoever waits for ever is an invalid end state: a lost
 *       wake-up or a deadlock. A record has two words; two different ones, or those of another record,
 *       break an assertion.
 * Faults: each -D below takes away one thing that matters; tools/prove --planted sees each refuted.
 */

#define RECORDS 5 /* put in all, in turns of any length */
#define SLOTS 2   /* records that fit: a full ring, and every place used twice */
#define OTHER 2   /* times that a sleeper is woken by something else */

/* The memory. Record n (from 0) is two words n + 1 at place n % SLOTS. */
byte tail, head;
bit sleeping, waiting;
byte first[SLOTS], second[SLOTS];
bit bell_of_consumer, bell_of_producer; /* an edge that epoll has not told yet */

/* Stores on their way: of the producer, then of the consumer. */
bit p_tail, p_clears_sleeping, p_sets_waiting, p_waiting_to;
byte p_tail_to;
bit p_first[SLOTS], p_second[SLOTS];
byte p_first_to[SLOTS], p_second_to[SLOTS];
bit c_head, c_sets_sleeping, c_sleeping_to, c_clears_waiting;
byte c_head_to;

#define NO_WORDS_ON_THEIR_WAY                                                                      \
    (!p_first[0] && !p_first[1] && !p_second[0] && !p_second[1])
#define PRODUCER_IS_THROUGH (!p_tail && !p_clears_sleeping && !p_sets_waiting && NO_WORDS_ON_THEIR_WAY)
#define CONSUMER_IS_THROUGH (!c_head && !c_sets_sleeping && !c_clears_waiting)

#ifdef PLAIN_TAIL /* not memory_order_release */
#define TAIL_MAY_PASS true
#else
#define TAIL_MAY_PASS NO_WORDS_ON_THEIR_WAY
#endif

active proctype memory()
{
end:
    do
    :: atomic { p_first[0] -> first[0] = p_first_to[0]; p_first[0] = 0 }
    :: atomic { p_first[1] -> first[1] = p_first_to[1]; p_first[1] = 0 }
    :: atomic { p_second[0] -> second[0] = p_second_to[0]; p_second[0] = 0 }
    :: atomic { p_second[1] -> second[1] = p_second_to[1]; p_second[1] = 0 }
    :: atomic { p_tail && TAIL_MAY_PASS -> tail = p_tail_to; p_tail = 0 }
    :: atomic { p_clears_sleeping -> sleeping = 0; p_clears_sleeping = 0 }
    :: atomic { p_sets_waiting -> waiting = p_waiting_to; p_sets_waiting = 0 }
    :: atomic { c_head -> head = c_head_to; c_head = 0 }
    :: atomic { c_sets_sleeping -> sleeping = c_sleeping_to; c_sets_sleeping = 0 }
    :: atomic { c_clears_waiting -> waiting = 0; c_clears_waiting = 0 }
    od
}

inline store_waiting(value)
{
    atomic { p_waiting_to = value; p_sets_waiting = 1 }
}

inline store_sleeping(value)
{
    atomic { c_sleeping_to = value; c_sets_sleeping = 1 }
}

/* --- the producer: ring_put(), ring_await_room(), ring_publish(), child_link_publish() ------------ */

byte put, published, head_seen;

#define HAS_ROOM (put - head_seen < SLOTS)

inline see_head()
{
    if
    :: HAS_ROOM
    :: else -> head_seen = head
    fi
}

inline await_room()
{
#ifdef WAIT_AFTER_LOOK /* the flag behind the last look for room */
    see_head();
    if
    :: HAS_ROOM
    :: else -> store_waiting(1)
    fi
#else
    store_waiting(1);
#ifndef NO_FENCE_AWAIT
    PRODUCER_IS_THROUGH;
#endif
    see_head();
    if
    :: HAS_ROOM -> store_waiting(0)
    :: else
    fi
#endif
}

inline put_record()
{
    atomic { p_first_to[put % SLOTS] = put + 1; p_first[put % SLOTS] = 1 }
    atomic { p_second_to[put % SLOTS] = put + 1; p_second[put % SLOTS] = 1 }
    put++
}

inline publish()
{
    if
    :: published == put
    :: else ->
        published = put;
        atomic { p_tail_to = put; p_tail = 1 }
#ifndef NO_FENCE_PUBLISH
        PRODUCER_IS_THROUGH;
#endif
        if
        :: p_clears_sleeping || !sleeping
        :: else ->
#ifdef BELL_BEFORE_FLAG
            bell_of_consumer = 1;
            p_clears_sleeping = 1
#else
            p_clears_sleeping = 1;
            !p_clears_sleeping; /* see above: the kernel's lock */
            bell_of_consumer = 1
#endif
        fi
    fi
}

active proctype producer()
{
    do
    :: put == RECORDS -> break
    :: put < RECORDS ->
        see_head();
        if
        :: HAS_ROOM
        :: else -> await_room()
        fi;
        if
        :: HAS_ROOM ->
            put_record();
            if /* the turn goes on, or ends: with it what was put is published */
            :: true
            :: true -> publish()
            fi
        :: else ->
            publish();
            bell_of_producer; /* epoll; other events may wake it too, and it finds no room again */
            bell_of_producer = 0
        fi
    od;
    publish()
}

/* --- the consumer: ring_take(), ring_release(), ring_sleep(), ring_wake() -------------------------- */

byte taken, released, tail_seen;

inline see_tail()
{
    if
    :: taken != tail_seen
    :: else -> tail_seen = tail
    fi
}

inline take_record()
{
    byte one, two;
#ifdef EARLY_TAKE /* words read before the index that vouches for them: not memory_order_acquire */
    one = first[taken % SLOTS];
    two = second[taken % SLOTS];
    see_tail();
#else
    see_tail();
    one = first[taken % SLOTS];
    two = second[taken % SLOTS];
#endif
    if
    :: taken == tail_seen -> is_empty = true
    :: else ->
        assert(one == taken + 1 && two == taken + 1);
        taken++;
        is_empty = false
    fi
}

inline release()
{
    if
    :: released == taken
    :: else ->
        released = taken;
        atomic { c_head_to = taken; c_head = 1 }
#ifndef NO_FENCE_RELEASE
        CONSUMER_IS_THROUGH;
#endif
        if
        :: c_clears_waiting || !waiting
        :: else ->
            c_clears_waiting = 1;
            !c_clears_waiting;
#ifndef NO_BELL_FOR_ROOM
            bell_of_producer = 1
#endif
        fi
    fi
}

inline fall_asleep()
{
#ifdef FLAG_AFTER_LOOK
    see_tail();
    is_empty = (taken == tail_seen);
    store_sleeping(1);
    CONSUMER_IS_THROUGH;
#else
    store_sleeping(1);
#ifndef NO_FENCE_SLEEP
    CONSUMER_IS_THROUGH;
#endif
    see_tail();
    is_empty = (taken == tail_seen);
#endif
}

active proctype consumer()
{
    bool is_empty;
    byte others;
    do
    :: taken == RECORDS -> break
    :: taken < RECORDS ->
        do /* a turn takes all that is there, or leaves some */
        :: take_record();
            if
            :: is_empty -> break
            :: else
            fi
        :: !is_empty -> break
        od;
        release();
        if
        :: !is_empty || taken == RECORDS /* child_link_sleep(): some were left */
        :: else ->
            fall_asleep();
            if
            :: !is_empty
            :: else ->
                if
                :: bell_of_consumer -> bell_of_consumer = 0
                :: others < OTHER -> others++
                fi
            fi;
            store_sleeping(0)
        fi
    od
}

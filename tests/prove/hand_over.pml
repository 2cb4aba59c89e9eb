/* hand_over.pml - how the rings of a lane pass from process to process, at reloads and deaths
 * SPDX-License-Identifier: ISC
 *
 * What: supervisor/rings.c, retire.c, lanes.c and deaths.c, front_control.c with uplink.c, and the
 *       worker's end, as a machine for spin: one lane, whose workers are replaced and whose processes
 *       die at any moment, while questions are asked and answered. Control channels keep their order;
 *       what was sent to a process that is gone is lost.
 * Ends: when every question has its answer, without any deadline: a question that waits for ever is
 *       an invalid end state. The front never holds more rings than it has room for, and no child
 *       gets a message that it may not get: assertions.
 * Faults: each -D below takes away one thing that matters; tools/prove --planted sees each refuted.
 */

#ifndef QUESTIONS
#define QUESTIONS 2 /* 1 or 2 */
#endif
#ifndef RELOADS
#define RELOADS 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#define WORKERS (1 + RELOADS + DEATHS) /* processes in all */
#define RINGS   (2 + RELOADS + DEATHS) /* made in all, and 0: none */
#ifndef LINKS
#define LINKS 3 /* UPLINK_LINKS */
#endif

#define ALL ((1 << QUESTIONS) - 1)

mtype = { RING, RING_END, START, STOP };
mtype = { GONE, STARTING, READY, DRAINING, KILLED };
mtype = { LIVES, BY_DEATH, IN_ORDER };

/* Rings: which questions stand in them, and which answers. */
byte queries[RINGS], answers[RINGS];

/* Processes as the kernel knows them. */
mtype worker_is[WORKERS] = LIVES, front_is = LIVES;
bit worker_killed[WORKERS], worker_says_ready[WORKERS], front_says_ready, front_begins;
chan to_front = [6] of { mtype, byte };
chan to_worker[WORKERS] = [4] of { mtype, byte };

byte reloads = RELOADS, deaths = DEATHS;
byte answered; /* questions, by bit */

/* --- the worker ------------------------------------------------------------------------------------ */

proctype worker(byte me)
{
    byte ring, mine, q;
    bit serves, stops;
end:
    do
    :: worker_killed[me] -> goto dead
    :: atomic { !worker_killed[me] && deaths > 0 -> deaths-- }; goto dead
    :: !worker_killed[me] && nempty(to_worker[me]) ->
        atomic {
            if
            :: to_worker[me]?RING(ring) -> mine = 0
            :: to_worker[me]?START(_) ->
                assert(ring != 0);
                serves = 1;
                worker_says_ready[me] = 1
            :: to_worker[me]?STOP(_) -> stops = 1
            fi
        }
    :: atomic { !worker_killed[me] && serves && queries[ring] != 0 ->
            mine = mine | queries[ring];
            queries[ring] = 0 }
    :: atomic { !worker_killed[me] && mine != 0 ->
            if /* in any order */
            :: mine & 1 -> q = 1
            :: mine & 2 -> q = 2
            fi;
            mine = mine & ~q;
            answers[ring] = answers[ring] | q;
            q = 0 }
    :: stops -> break /* done, or its time is over: what is left is asked again */
    od;
    worker_is[me] = IN_ORDER;
    goto over;
dead:
    worker_is[me] = BY_DEATH;
over:
    skip
}

/* --- the front -------------------------------------------------------------------------------------- */

byte links[3], newest;
byte queued, asked_of[2]; /* ring that a question is in */

inline take_answers(n)
{
    i = 0;
    do
    :: i == QUESTIONS -> break
    :: else ->
        if
        :: (answers[n] >> i & 1) && asked_of[i] == n ->
            answered = answered | 1 << i;
            asked_of[i] = 0
        :: else
        fi;
        i++
    od;
    answers[n] = 0
}

inline attach(n)
{
    i = 0;
    do
    :: i < LINKS && links[i] != 0 -> i++
    :: else -> break
    od;
    assert(i < LINKS);
    links[i] = n;
    newest = n
}

inline detach(n)
{
    i = 0;
    do
    :: i == LINKS -> break
    :: else ->
        if
        :: links[i] == n -> links[i] = 0
        :: else
        fi;
        i++
    od;
    if
    :: newest == n -> newest = 0
    :: else
    fi;
#ifndef NO_REFILL
    i = 0;
    do
    :: i == QUESTIONS -> break
    :: else ->
        if
        :: asked_of[i] == n && n != 0 -> asked_of[i] = 0; queued = queued | 1 << i
        :: else
        fi;
        i++
    od;
#endif
    i = 0
}

inline forget_front()
{
    links[0] = 0; links[1] = 0; links[2] = 0; newest = 0; queued = 0;
    asked_of[0] = 0; asked_of[1] = 0;
    n = 0; i = 0
}

active proctype front()
{
    byte n, i;
    do
    :: atomic { front_begins -> /* clients ask again what they have no answer to */
            front_begins = 0;
            queued = ALL & ~answered };
        do
        :: atomic { nempty(to_front) ->
                if
                :: to_front?RING(n) -> attach(n)
                :: to_front?RING_END(n) ->
                    if
                    :: links[0] == n || links[1] == n || links[2] == n -> take_answers(n)
                    :: else
                    fi;
                    detach(n)
                :: to_front?START(_) -> front_says_ready = 1
                fi;
                n = 0; i = 0 }
        :: atomic { newest != 0 && queued != 0 ->
                if
                :: queued & 1 -> i = 0
                :: queued & 2 -> i = 1
                fi;
                queued = queued & ~(1 << i);
                queries[newest] = queries[newest] | 1 << i;
                asked_of[i] = newest;
                i = 0 }
        :: atomic { links[0] != 0 && answers[links[0]] != 0 -> take_answers(links[0]); i = 0 }
        :: atomic { links[1] != 0 && answers[links[1]] != 0 -> take_answers(links[1]); i = 0 }
        :: atomic { links[2] != 0 && answers[links[2]] != 0 -> take_answers(links[2]); i = 0 }
        :: atomic { deaths > 0 -> deaths--; forget_front(); front_is = BY_DEATH; break }
        :: atomic { answered == ALL -> goto done }
        od
    od;
done:
    skip
}

/* --- the supervisor --------------------------------------------------------------------------------- */

#define NONE 255

/* A place of the lane: its process, state, and the ring that it was given last. 0 is the worker's, 1 and
 * 2 are for those that were replaced (SUPERVISOR_RETIRED). */
byte process[3] = NONE, ring_of[3];
mtype state[3] = GONE, front_state = GONE;
byte spawned, ring_number, ring_open; /* ring_open: the ring whose descriptors are kept; 0: none */
bit given_to_front, given_to_worker;

#define PLACE_IS_FREE (state[1] == GONE || state[2] == GONE)
#define OTHER_SERVES  (state[1] == READY || state[2] == READY)

inline make_ring()
{
    ring_number++;
    ring_open = ring_number;
    given_to_front = 0;
    given_to_worker = 0
}

inline close_if_given()
{
    if
    :: given_to_front && given_to_worker -> ring_open = 0
    :: else
    fi
}

inline ring_to_front()
{
    given_to_front = 1;
    to_front!RING(ring_open)
}

inline ring_to_worker()
{
    given_to_worker = 1;
    ring_of[0] = ring_open;
    to_worker[process[0]]!RING(ring_open)
}

inline spawn_worker()
{
    process[0] = spawned;
    spawned++;
    state[0] = STARTING;
    run worker(process[0]);
#ifdef START_FIRST
    to_worker[process[0]]!START(0);
#endif
    if
    :: ring_open == 0 ->
        make_ring();
        if
        :: front_state != GONE && !OTHER_SERVES -> ring_to_front()
        :: else
        fi
    :: else
    fi;
    ring_to_worker();
    close_if_given();
#ifndef START_FIRST
    to_worker[process[0]]!START(0)
#endif
}

inline spawn_front()
{
    do /* a channel of its own */
    :: nempty(to_front) -> to_front?_, _
    :: empty(to_front) -> break
    od;
    front_says_ready = 0;
    front_is = LIVES;
    front_state = STARTING;
    if
    :: ring_open == 0 ->
        make_ring();
        if
        :: state[0] != GONE -> ring_to_worker()
        :: else
        fi
    :: else
    fi;
    ring_to_front();
    close_if_given();
    to_front!START(0);
    front_begins = 1
}

inline worker_ready()
{
    state[0] = READY;
    worker_says_ready[process[0]] = 0;
#ifndef NO_HAND_OVER
    if
    :: ring_open != 0 && !given_to_front && front_state != GONE ->
        ring_to_front();
        close_if_given()
    :: else
    fi;
#endif
    if
    :: state[1] == READY -> state[1] = DRAINING; to_worker[process[1]]!STOP(0)
    :: else
    fi;
    if
    :: state[2] == READY -> state[2] = DRAINING; to_worker[process[2]]!STOP(0)
    :: else
    fi
}

inline retire()
{
    p = (state[1] == GONE -> 1 : 2);
    process[p] = process[0];
    ring_of[p] = ring_of[0];
    state[p] = READY;
    process[0] = NONE;
    ring_of[0] = 0;
    state[0] = GONE;
#ifndef KEEP_RING /* its successor gets one of its own, also where no front has come for it */
    ring_open = 0;
#endif
    p = 0
}

/* rings_forget() and what is left of the place */
inline worker_died(at)
{
    if
#ifdef CLOSE_WHATEVER_DIED
    :: true -> ring_open = 0
#else
    :: at == 0 -> ring_open = 0
#endif
    :: else
    fi;
    if
    :: ring_of[at] != 0 && front_state != GONE ->
#ifdef END_OF_ANOTHER
        to_front!RING_END(ring_number)
#else
#ifndef NO_END
        to_front!RING_END(ring_of[at])
#endif
#endif
    :: else
    fi;
    ring_of[at] = 0;
    process[at] = NONE;
    state[at] = GONE
}

inline kill(at)
{
    if
    :: state[at] != GONE -> state[at] = KILLED; worker_killed[process[at]] = 1
    :: else
    fi
}

#define HAS_DIED(at) (process[at] != NONE && worker_is[process[at]] != LIVES)

active proctype supervisor()
{
    byte p;
    atomic { spawn_front(); spawn_worker() };
end:
    do
    :: atomic { front_state == STARTING && front_says_ready -> front_state = READY }
    :: atomic { state[0] == STARTING && worker_says_ready[process[0]] -> worker_ready() }
    :: atomic { reloads > 0 && state[0] == READY && front_state != STARTING && PLACE_IS_FREE ->
            reloads--;
            retire() }
    :: atomic { state[0] == GONE -> spawn_worker() }
    :: atomic { front_state == GONE -> spawn_front() }
    :: atomic { HAS_DIED(0) -> worker_died(0) }
    :: atomic { HAS_DIED(1) -> worker_died(1) }
    :: atomic { HAS_DIED(2) -> worker_died(2) }
    :: atomic { state[1] == DRAINING && !HAS_DIED(1) -> kill(1) } /* its time is over */
    :: atomic { state[2] == DRAINING && !HAS_DIED(2) -> kill(2) }
    :: atomic { front_state != GONE && front_is == BY_DEATH ->
            front_state = GONE;
            ring_open = 0;
            kill(1);
            kill(2) }
    od
}

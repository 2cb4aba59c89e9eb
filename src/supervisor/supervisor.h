/* supervisor.h - what the supervisor knows: its configuration, its lanes, their processes
 * SPDX-License-Identifier: ISC
 *
 * What: one struct, placed once by main(), borrowed by every file of this folder. A lane is one
 *       front with its worker; a child is one of these two, dead or alive.
 * Who:  src/supervisor.
 * Ref:  docs/ARCHITECTURE.md "processes".
 */
#pragma once

#include "conf/config.h"
#include "conf/config_errors.h"
#include "control/control_desk.h"
#include "lane/heartbeat.h"
#include "lane/networks_report.h"
#include "lane/restart.h"
#include "lane/service_page.h"
#include "lane/stats.h"
#include "os/build_id.h"
#include "os/evloop.h"
#include "os/log.h"
#include "os/privs.h"
#include "os/spaces.h"
#include "supervisor/dial_rule.h"
#include "supervisor/life.h"
#include "supervisor/namelists.h"
#include "supervisor/stopping.h"

#include <sys/types.h>

#define SUPERVISOR_READY_MS   5000 /* a child that is not READY by then is killed */
#define SUPERVISOR_NAME_MAX   16   /* "worker.15" */
#define SUPERVISOR_RETIRED    2 /* workers of a lane that a reload replaced and that still answer */
#define SUPERVISOR_KINDS      2 /* of listening socket: UDP, TCP (enum ipc_socket_kind less one) */
#define TLS_LIBRARY_MAX       64
#define SUPERVISOR_STATUS_MAX 768 /* a sentence of notify.h */

enum child_role { CHILD_FRONT, CHILD_WORKER, CHILD_ROLES };

/* Of a lane: one of each role, and behind them the workers that were replaced. */
#define SUPERVISOR_CHILDREN (CHILD_ROLES + SUPERVISOR_RETIRED)

struct supervisor;
struct keeper;

struct child {
    struct supervisor *supervisor;
    enum child_role role;
    enum life_state state; /* children_step() writes it */
    unsigned lane;         /* index in supervisor.lanes */
    char name[SUPERVISOR_NAME_MAX];
    pid_t pid;             /* 0: none */
    int pid_fd;            /* stands for it; -1: none */
    struct ev_source chan; /* our end of its control channel */
    bool has_messages;     /* in it, as the event loop says */
    bool has_served;       /* the process was READY */
    /* see pages.h: memory for the next process, -1: none yet; of the last that was READY, sealed */
    int stats_fd, watch_fd;
    int events_fd, events_watch_fd; /* front: likewise, see event_memory.h */
    uint32_t events_number;         /* of what events_watch_fd is */
    struct stats_page *stats;       /* of this process, or of the last one */
    struct restart restart;
    struct heartbeat heartbeat;
    bool is_retired;      /* see retire.h; only of the last SUPERVISOR_RETIRED of a lane */
    bool is_unneeded;     /* retired: nothing waits for its answers any more, so we killed it */
    uint32_t ring_number; /* the ring that it was given last; 0: none */
    struct addr upstreams[CONFIG_UPSTREAMS_MAX]; /* worker: what its indices mean ... */
    struct addr sources[CONFIG_UPSTREAMS_MAX];   /* ... where each is connected from ... */
    struct routes_sets sets;  /* ... which of them are asked the same names ... */
    uint32_t upstreams_count; /* ... by the configuration it began with */
    uint32_t drain_ms;        /* what it may take to end once it is told to */
    uint64_t started_us;      /* monotonic: when the living process was spawned */
    uint64_t due_us;          /* LIFE_STARTING: READY by then; retired and LIFE_DRAINING: gone */
    uint64_t restart_at_us;   /* LIFE_GONE: when to spawn again; UINT64_MAX: never */
};

struct lane {
    struct child children[SUPERVISOR_CHILDREN];
    struct restart_lane restart;
    int listeners[CONFIG_LISTEN_MAX][SUPERVISOR_KINDS]; /* copies, by config.listen; -1: none */
    int ring_fds[3];              /* ring memfd, bells of front and worker, or -1 */
    bool ring_given[CHILD_ROLES]; /* who has the ring that ring_fds holds */
    uint32_t ring_number;
    struct leak dials[CONFIG_UPSTREAMS_MAX];
    uint64_t dials_done, dials_refused, deaths; /* since the start */
};

struct options;

struct reload_news { /* how the last reload ended */
    bool is_new;     /* and nobody has heard of it */
    bool is_in_force;
    char text[CONFIG_ERROR_MAX];
};

enum handover_state {
    HANDOVER_NONE,
    HANDOVER_ASKED, /* another penstock has the sockets too, and prepares */
    HANDOVER_HELD,  /* it would serve: our fronts are told to leave the sockets alone */
    HANDOVER_DONE,  /* it serves: we end */
};

struct handover { /* to another penstock, see handover.h */
    enum handover_state state;
    unsigned seat;   /* of whom */
    int pid;         /* likewise */
    uint64_t due_us; /* ASKED, HELD: it must have gone on by then */
};

enum takeover_state {
    TAKEOVER_NONE,
    TAKEOVER_BEGINS,   /* its sockets are ours too; our processes start */
    TAKEOVER_ASKS,     /* they are ready: the other one is to leave the sockets alone */
    TAKEOVER_RELEASES, /* we serve: it is to end */
};

struct takeover { /* from another penstock, see takeover.h and succession.h */
    enum takeover_state state;
    struct ev_source source; /* the connection to it; fd -1: it is gone */
    bool has_messages;
    bool is_announced;                       /* we serve, and it has not said that it ends */
    uint64_t due_us;                         /* it must have answered by then */
    struct addr unserved[CONFIG_LISTEN_MAX]; /* what it served, and we do not */
    uint32_t unserved_count;
};

struct control_connection { /* of who has a seat at the desk */
    struct ev_source source;
    uint32_t events; /* EPOLLIN and its like, that were not looked at */
    int pid;
    bool is_outdated; /* judged by rights of before: it goes when its answer is out */
    bool has_sockets; /* copies of ours: see handover.h */
};

struct control_round { /* see control_round.h */
    bool is_under_way;
    enum control_type kind;        /* FLUSH, LIMITS, NETWORKS */
    uint32_t number;               /* of this round or the last one */
    unsigned seat;                 /* who asked, */
    uint64_t ticket, tickets;      /* if it has still this ticket; tickets given so far */
    pid_t asked[CONFIG_LANES_MAX]; /* fronts that owe an answer; 0: this one does not */
    uint64_t count;                /* sum of their answers; else how many those are */
    bool is_sent;                  /* all have answered, and the seat sends what they said: */
    unsigned reports_count[CONFIG_LANES_MAX]; /* of each lane */
    uint32_t reports[CONFIG_LANES_MAX][NETWORKS_REPORTS][CONTROL_REPORT_MAX];
};

struct shown {           /* see shown.h */
    struct addr address; /* of an upstream; family ADDR_NONE: free */
    uint8_t pin[CONFIG_PIN_BYTES];
};

struct change {      /* see change.h; 0 each: nobody looks */
    uint64_t taken;  /* change_mark() of the files when they were read last */
    uint64_t seen;   /* and at the last look */
    uint64_t due_us; /* the next one */
};

struct asked {          /* who wanted a reload, or the end */
    const char *by;     /* static text; NULL: nobody yet */
    const char *signal; /* "SIGTERM"; NULL: it was none */
    bool has_uid;       /* of who is at the other end of the control socket: */
    uint32_t uid;
};

struct unread {                                          /* see unread.h; at the last look: */
    uint64_t no_room, read_us;                           /* of the network namespace; when */
    uint32_t drops[CONFIG_LANES_MAX][CONFIG_LISTEN_MAX]; /* of each socket */
    bool is_known;                                       /* it could be read */
};

struct supervisor {
    struct config config; /* in force */
    struct config loaded; /* what `config` was made of: files, flags and environment say that */
    const struct options *options; /* borrowed from main() */
    uint32_t config_number;        /* how many were in force */
    bool has_file;                 /* a file is among what `config` was made of */
    bool reload_asked;
    bool reload_waits;      /* until a worker that was replaced before is gone */
    bool has_clients;       /* somebody may wait at `control` to be looked at */
    bool has_new_rights;    /* `rights` are others than those who sit were judged by */
    bool is_secret_stored;  /* it keeps the secret of cookies for us */
    bool is_socket_unit;    /* the service manager has sockets of its own for us */
    bool has_round_news;    /* a round has ended, and its answer was not sent */
    bool reload_told;       /* the service manager knows that a reload is under way */
    bool fronts_are_held;   /* another penstock reads the listening sockets */
    bool has_signals;       /* `signals` can be read */
    bool start_failed;      /* a child ended before all were READY */
    uint32_t query_ms_most; /* of all configurations that were in force */
    struct evloop loop;
    struct ev_source signals; /* signalfd */
    enum phase phase;
    int exit_code;
    struct stopping stopping;    /* PHASE_STOPPING */
    int exec_fds[CHILD_ROLES];   /* the executables, O_PATH */
    int config_fds[CHILD_ROLES]; /* sealed memfds with `config`; the worker's has no secret in it */
    struct spaces spaces;        /* of the workers; made by jail_enter() */
    int lock_error;              /* of our memory (os/locked.h): errno; 0: it is locked */
    struct namelists namelists;  /* of names; each front gets the descriptors */
    uint64_t watch_us;           /* when watchdog_tick() looks next */
    uint64_t notify_us;   /* how often the service manager wants to hear of us; 0: it does not */
    uint64_t notified_us; /* when it was told last */
    uint64_t status_us;   /* when notify_tick() looks next */
    char status[SUPERVISOR_STATUS_MAX]; /* what it was told of the state last */
    int notify_fd;         /* the service manager's datagram socket, connected; -1: none */
    uint32_t stored_count; /* what it was told of, see fdstore.h; UINT32_MAX: of all */
    struct dial_avoided avoided;
    struct service_page *page; /* see report.h */
    struct keeper *keeper;     /* see keeper.h */
    struct audit_log *audit;   /* see audit_log.h; NULL: there is none */
    uint64_t audit_due_us;     /* where another penstock writes to it: when it is tried; 0: not */
    struct asked reload_asked_by, stop_asked_by;
    struct change change;
    const char *stop_reason;     /* of the end, the first one; NULL: none yet */
    char build_id[BUILD_ID_MAX]; /* of our executable, "": it has none */
    long landlock;               /* ABI of the kernel's; below 1: it has none */
    struct unread unread;
    struct shown shown[CONFIG_UPSTREAMS_MAX]; /* the newest first */
    int page_fd;
    enum log_level level;     /* that an operator set; 0: as the configuration has it */
    struct ev_source control; /* see control_serve.h */
    uint32_t events_number;   /* memories for events that readers got */
    unsigned lanes_count;     /* config.lanes after `auto` was resolved */
    struct control_rights rights;
    int ca_fd; /* sealed memfd with the CA file and a NUL behind it; -1: not needed */
    struct control_desk desk;
    struct control_connection clients[CONTROL_SEATS]; /* by seat */
    struct reload_news reload_news;
    struct config_errors wrong; /* with the configuration that was read last */
    struct control_round round;
    struct handover handover;
    struct takeover takeover;
    char tls_library[TLS_LIBRARY_MAX]; /* what workers run with, as the last one said, or "" */
    struct lane lanes[CONFIG_LANES_MAX];
};

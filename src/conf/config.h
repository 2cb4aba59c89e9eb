/* config.h - the whole configuration as one flat value
 * SPDX-License-Identifier: ISC
 *
 * What: YAML file, PENSTOCK_... environment and flags become one struct without pointers, complete
 *       with every default and already checked. Children get it as a sealed memfd and parse no text.
 * Who:  the supervisor fills it; all processes read it.
 * Ref:  src/conf/config.def (one row per key), penstock.yaml(5), docs/LIMITS.md.
 */
#pragma once

#include "base/addr.h"
#include "base/status.h"

#include <limits.h>

#define CONFIG_MAGIC         0x70656e73u /* "pens" */
#define CONFIG_LISTEN_MAX    16
#define CONFIG_ACL_MAX       256 /* prefixes in each of allow and deny */
#define CONFIG_PROXY_MAX     32  /* prefixes of balancers */
#define CONFIG_UPSTREAMS_MAX 16
#define CONFIG_PINS_MAX      8
#define CONFIG_PIN_BYTES     32 /* SHA-256 of the SubjectPublicKeyInfo */
#define CONFIG_LANES_MAX     16
#define CONFIG_NAME_MAX      64  /* an upstream's name with its NUL */
#define CONFIG_HOST_MAX      256 /* a TLS name with its NUL */
#define CONFIG_PATH_MAX      1024
#define CONFIG_USER_MAX      33
#define CONFIG_FILE_MAX      (1u << 20) /* bytes of a configuration file */
#define CONFIG_VERBOSE_MAX   2

enum config_verify {
    CONFIG_VERIFY_PIN_CA = 0, /* a pin matches, and CA and name too (default) */
    CONFIG_VERIFY_PIN = 1,    /* a pin matches; the certificate's names and issuer do not count */
    CONFIG_VERIFY_CA = 2,     /* CA and name only */
};

enum config_tls_versions { CONFIG_TLS12 = 1, CONFIG_TLS13 = 2 }; /* bits */
enum config_tls_policy { CONFIG_TLS_MODERN = 0, CONFIG_TLS_APPROVED = 1 };

#define CONFIG_RATES_MAX     4       /* prefix lengths per family, as gate/limiter.h has room for */
#define CONFIG_RATE_MAX      1000000 /* queries per second, and queries in a burst */
#define CONFIG_DRAIN_S       3600    /* burst / rate, of rates and of pacing: less than this */
#define CONFIG_EXEMPT_MAX    64
#define CONFIG_PORTS_MAX     32
#define CONFIG_LISTS_MAX     16 /* files of names */
#define CONFIG_LIST_PATH_MAX 256
#define CONFIG_DOMAINS_MAX   32  /* names of a list in the configuration itself */
#define CONFIG_DOMAIN_MAX    254 /* a domain name as text, with its NUL */
#define CONFIG_SECRET_BYTES  16
#define CONFIG_ROUTES_MAX    32
#define CONFIG_ROUTE_NAMES   16  /* names of one route */
#define CONFIG_CONTROL_MAX   16  /* accounts and groups in each of control.readers and operators */
#define CONFIG_WHO_MAX       40  /* "group:" and a name of 33 characters, with the NUL */
#define CONFIG_SOCKET_MAX    104 /* fits sun_path, with the NUL; of this size, nothing is padded */

#define CONFIG_AUDIT_PATH_MAX 256

#define CONFIG_CONTROL_SOCKET "/run/penstock/control" /* by default */
#define CONFIG_GROUP_START    "group:"

enum config_strategy { CONFIG_FASTEST = 0, CONFIG_ORDERED = 1, CONFIG_SPREAD = 2 };
enum config_rates_mode { CONFIG_RATES_ENFORCE = 0, CONFIG_RATES_DRY_RUN = 1, CONFIG_RATES_OFF = 2 };

/* What an event tells of the client, and of the name in the question. */
enum config_clients {
    CONFIG_CLIENTS_NONE = 0,
    CONFIG_CLIENTS_TRUNCATED = 1,
    CONFIG_CLIENTS_PSEUDONYM = 2,
    CONFIG_CLIENTS_FULL = 3,
};
enum config_log_format {
    CONFIG_LOG_AUTO = 0,
    CONFIG_LOG_TEXT = 1,
    CONFIG_LOG_JSON = 2,
    CONFIG_LOG_JOURNAL = 3
};
enum config_on_failure { CONFIG_CONTINUE = 0, CONFIG_STOP = 1 };
enum config_names { CONFIG_NAMES_NONE = 0, CONFIG_NAMES_SUFFIX = 1, CONFIG_NAMES_FULL = 2 };

struct config_rate {     /* of one prefix length */
    uint32_t length;     /* bits, 0..32 or 0..128 */
    uint32_t rate_per_s; /* queries per second, 1..CONFIG_RATE_MAX */
    uint32_t burst;      /* queries at once after a quiet time, 1..CONFIG_RATE_MAX */
};

struct config_share { /* of the limits, for clients of one listening address */
    struct addr listen;
    uint32_t percent; /* 1..10000; 0: no limits */
};

struct config_secret {
    uint8_t bytes[CONFIG_SECRET_BYTES];
    uint32_t is_set; /* 1; 0: the bytes are zero */
};

struct config_upstream {
    char name[CONFIG_NAME_MAX]; /* for logs and statistics; unique */
    struct addr address;
    struct addr source; /* that we connect from, port 0; ADDR_NONE: the kernel's choice */
    char tls_name[CONFIG_HOST_MAX]; /* SNI and the name checked, or the address;
                                       "": `address` is checked, or with verify: pin none */
    uint8_t pins[CONFIG_PINS_MAX][CONFIG_PIN_BYTES];
    uint32_t pins_count;
    uint32_t verify; /* enum config_verify */
    uint32_t weight; /* share of queries with strategy: spread, 1..100 */
    uint32_t qps;    /* queries per second at most, per lane, 1..1000000; 0: no bound */
};

struct config_route { /* names that are asked of these upstreams, and of no other */
    char names[CONFIG_ROUTE_NAMES][CONFIG_DOMAIN_MAX]; /* each with all names below */
    uint32_t names_count;
    char upstreams[CONFIG_UPSTREAMS_MAX][CONFIG_NAME_MAX]; /* by their names */
    uint32_t upstreams_count;
    uint32_t private_addresses; /* 0: as local.refuse_private says; 1: allowed */
};

struct config {
    uint32_t magic; /* CONFIG_MAGIC */
    uint32_t bytes; /* sizeof(struct config): both sides are of one build */

    uint64_t cache_bytes; /* per lane, 65536..2^32; 0: no cache. Here, so that nothing is padded */

    uint32_t listen_count; /* 1..CONFIG_LISTEN_MAX */
    struct addr listen[CONFIG_LISTEN_MAX];
    char user[CONFIG_USER_MAX];   /* account used when started as root */
    uint32_t lanes;               /* 1..CONFIG_LANES_MAX; 0: one per CPU that we may use */
    uint32_t reload_on_change_ms; /* between two looks at the files, 1000..3600000; 0: none */

    uint32_t allow_count, deny_count;
    struct addr_prefix allow[CONFIG_ACL_MAX];
    struct addr_prefix deny[CONFIG_ACL_MAX]; /* not served even if in allow */

    uint32_t proxy_count; /* 0: nobody speaks for others */
    struct addr_prefix proxy[CONFIG_PROXY_MAX];

    uint32_t strategy;        /* enum config_strategy */
    uint32_t upstreams_count; /* 1..CONFIG_UPSTREAMS_MAX */
    struct config_upstream upstreams[CONFIG_UPSTREAMS_MAX];
    uint32_t routes_count; /* 0..CONFIG_ROUTES_MAX */
    struct config_route routes[CONFIG_ROUTES_MAX];

    char tls_ca_file[CONFIG_PATH_MAX];
    uint32_t tls_versions;     /* bits of enum config_tls_versions, never 0 */
    uint32_t tls_policy;       /* enum config_tls_policy */
    uint32_t audit_on_failure; /* enum config_on_failure. Here, so that nothing is padded */

    uint32_t query_ms;         /* for a query, retries included, 100..30000 */
    uint32_t connect_ms;       /* TCP connect and TLS handshake together, 100..30000 */
    uint32_t upstream_idle_ms; /* an upstream connection without query, 1000..600000 */
    uint32_t tcp_idle_ms;      /* a client's TCP connection without query, 100..600000 */

    uint32_t tcp_message_ms; /* for the whole of a client's TCP message, 100..60000 */

    uint32_t queries;              /* in progress per lane, 64..65536 */
    uint32_t tcp_clients;          /* TCP connections of clients per lane, 8..16384 */
    uint32_t upstream_connections; /* per upstream and lane at most, 1..32 */
    uint32_t upstream_in_flight;   /* queries in flight on one connection, 1..1024 */

    uint32_t queue_per_prefix; /* queries in progress of one client network, 1..65536 */
    uint32_t tcp_per_prefix;   /* TCP connections of one client network, 1..16384 */
    uint32_t tcp_new_per_s;    /* new TCP connections of one client network per second, 1..100000 */
    uint32_t tcp_queries;      /* queries on one TCP connection, 1..1000000; 0: no bound */
    uint32_t handshakes_per_s; /* TLS handshakes with one upstream per second and lane, 1..1000 */
    uint32_t handshakes_burst; /* of them at once after a quiet time, 1..1000 */
    uint32_t retry_percent;    /* questions asked again, of all, 0..100 */
    uint32_t hedge_percent;    /* questions asked of a second upstream too, of all, 0..100 */

    uint32_t rates_mode;    /* enum config_rates_mode */
    uint32_t rates_slip;    /* every Nth unproven query over a limit gets TC=1, 0..100; 0: none */
    uint32_t rates_entries; /* buckets of each limiter, a power of two, 64..2^24 */
    uint32_t rates_ipv4_count, rates_ipv6_count, rates_proven_ipv4_count, rates_proven_ipv6_count;
    struct config_rate rates_ipv4[CONFIG_RATES_MAX]; /* longest prefix first */
    struct config_rate rates_ipv6[CONFIG_RATES_MAX];
    struct config_rate rates_proven_ipv4[CONFIG_RATES_MAX]; /* TCP and clients with a cookie */
    struct config_rate rates_proven_ipv6[CONFIG_RATES_MAX];
    uint32_t rates_exempt_count, rates_listeners_count;
    struct addr_prefix rates_exempt[CONFIG_EXEMPT_MAX];
    struct config_share rates_listeners[CONFIG_LISTEN_MAX];

    uint32_t cookies_enabled; /* 0 or 1 */
    struct config_secret cookies_secret, cookies_previous_secret, cookies_staged_secret;
    char cookies_secret_file[CONFIG_LIST_PATH_MAX]; /* whose these are then; "": of none */

    uint32_t pacing;         /* 0 or 1 */
    uint32_t pacing_rate;    /* octets per second to one client network, 1000..10^9 */
    uint32_t pacing_burst;   /* octets at once, 1000..16777216 */
    uint32_t pacing_wait_ms; /* longest delay of a response, 0..10000 */

    uint32_t filter_kernel;   /* 0 or 1: the kernel drops what cannot be a query */
    uint32_t filter_martians; /* 0 or 1: impossible sources are dropped */
    uint32_t filter_ports_count;
    uint32_t filter_ports[CONFIG_PORTS_MAX]; /* source ports that are dropped, 0..65535 */

    uint32_t cache_ttl_min_ms, cache_ttl_max_ms, cache_negative_max_ms, cache_failure_ms;
    uint32_t cache_stale_ms;       /* how long past its TTL a response may be used */
    uint32_t cache_stale_after_ms; /* how long a client waits before it gets a stale one */
    uint32_t cache_prefetch;       /* 0 or 1 */

    uint32_t local_special; /* 0 or 1: special-use names are answered locally */
    uint32_t local_through_count, local_private_names_count;
    /* asked upstream nevertheless; may have private addresses; each with all names below */
    char local_through[CONFIG_DOMAINS_MAX][CONFIG_DOMAIN_MAX];
    char local_private_names[CONFIG_DOMAINS_MAX][CONFIG_DOMAIN_MAX];
    uint32_t local_refuse_private; /* 0 or 1: responses with private addresses are rejected */
    uint32_t local_forward_any;    /* 0: ANY gets a minimal response; 1: it is forwarded */
    uint32_t local_block_count, local_allow_count;
    char local_block[CONFIG_LISTS_MAX][CONFIG_LIST_PATH_MAX];
    char local_allow[CONFIG_LISTS_MAX][CONFIG_LIST_PATH_MAX];
    char local_server_id[CONFIG_NAME_MAX]; /* the answer to CHAOS id.server; "": refused */

    char control_socket[CONFIG_SOCKET_MAX]; /* a path; "": none */
    uint32_t control_readers_count, control_operators_count;
    char control_readers[CONFIG_CONTROL_MAX][CONFIG_WHO_MAX]; /* "NAME" or "group:NAME" */
    char control_operators[CONFIG_CONTROL_MAX][CONFIG_WHO_MAX];

    uint32_t events; /* 0 or 1: queries that ended are recorded */
    uint32_t events_readers_count;
    char events_readers[CONFIG_CONTROL_MAX][CONFIG_WHO_MAX];
    uint32_t events_sample;      /* one in so many, 1..1000000 */
    uint32_t events_clients;     /* enum config_clients */
    uint32_t events_ipv4_length; /* bits that are told of a network, 0..32 */
    uint32_t events_ipv6_length; /* 0..128 */
    uint32_t events_names;       /* enum config_names */

    char audit_path[CONFIG_AUDIT_PATH_MAX];     /* "": there is no audit log */
    char audit_key_file[CONFIG_AUDIT_PATH_MAX]; /* "": its lines have no HMAC */

    uint32_t verbose;    /* 0..CONFIG_VERBOSE_MAX: 0 notice and above, 1 info, 2 debug */
    uint32_t log_format; /* enum config_log_format */
};

#define CONFIG_ERROR_MAX 512

struct config_error { /* one line, "file:line: key: what is wrong; what is allowed" */
    char text[CONFIG_ERROR_MAX];
};

/** Is a struct from a memfd one that config_load() could have made? Sizes, counts, NULs, ranges. */
bool config_is_sound(const struct config *config);

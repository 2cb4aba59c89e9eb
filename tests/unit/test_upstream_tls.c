/* test_upstream_tls.c - what the bad end of a handshake means for its upstream, and who is told
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_internal.h"
#include "worker/upstream_life.h"

#include "os/chan.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

static struct worker worker;
static struct stats_page page;
static struct config config;
static struct upstream_health health;
static struct upstream upstream;
static struct tls_session session;
static struct upstream_conn conn;

/* A connection that is over: the table has no row for it, so that nothing but words is left to do.
 */
static void
begin(enum tls_cause cause, uint64_t cost_us)
{
    worker = (struct worker){.config = &config, .stats = &page};
    worker.loop.now_us = 1000;
    upstream = (struct upstream){.index = 3, .config = &config.upstreams[3], .health = &health};
    session = (struct tls_session){.cause = cause, .cpu_us = cost_us};
    conn = (struct upstream_conn){
        .worker = &worker, .upstream = &upstream, .tls = &session, .fsm.state = CONN_IDLE};
}

/* In a process of its own, for the channel's descriptor is one that the test's runner needs.
 * @return what `counter` says; `told_us` is written: what the supervisor is told that it cost, or 0
 */
static uint64_t
refuse(enum tls_cause cause, uint64_t cost_us, enum stats_counter counter, uint32_t *told_us)
{
    int pair[2], fds[IPC_FDS_MAX], status = 0;
    struct ipc_message got;
    cr_assert_eq(chan_pair(pair), STATUS_OK);
    pid_t pid = fork();
    if (pid == 0) {
        begin(cause, cost_us);
        if (dup2(pair[1], CHAN_FD) == CHAN_FD)
            upstream_tls_refused(&conn);
        _exit((int)page.counts[counter]);
    }
    close(pair[1]);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status));
    *told_us = 0;
    while (chan_receive(pair[0], IPC_FROM_CHILD, &got, fds) == STATUS_OK)
        if (got.type == IPC_UPSTREAM_DEAR && got.index == 3)
            *told_us = got.cost_us;
    close(pair[0]);
    return (uint64_t)WEXITSTATUS(status);
}

Test(upstream_tls, a_refused_handshake_that_cost_too_much_is_told_to_the_supervisor)
{
    uint32_t told_us;
    cr_assert_eq(refuse(TLS_CAUSE_CA, TLS_DEAR_US + 1, STAT_HANDSHAKES_DEAR, &told_us), 1);
    cr_assert_eq(told_us, TLS_DEAR_US + 1);
    cr_assert_eq(refuse(TLS_CAUSE_CA, TLS_DEAR_US + 1, STAT_HANDSHAKES_FAILED, &told_us), 1);
}

Test(upstream_tls, one_that_did_not_is_counted_alone)
{
    uint32_t told_us;
    cr_assert_eq(refuse(TLS_CAUSE_CA, TLS_DEAR_US, STAT_HANDSHAKES_DEAR, &told_us), 0);
    cr_assert_eq(told_us, 0);
    cr_assert_eq(refuse(TLS_CAUSE_CA, TLS_DEAR_US, STAT_HANDSHAKES_FAILED, &told_us), 1);
}

Test(upstream_tls, what_was_refused_unchecked_has_a_counter)
{
    uint32_t told_us;
    cr_assert_eq(refuse(TLS_CAUSE_DEAR, 10, STAT_CHAINS_DEAR, &told_us), 1);
    cr_assert_eq(refuse(TLS_CAUSE_DEAR, 10, STAT_PIN_MISMATCH, &told_us), 0);
    cr_assert_eq(refuse(TLS_CAUSE_PIN, 10, STAT_CHAINS_DEAR, &told_us), 0);
}

Test(upstream_tls, a_second_try_is_no_failure)
{
    uint32_t told_us;
    cr_assert_eq(refuse(TLS_CAUSE_AGAIN, TLS_DEAR_US + 1, STAT_HANDSHAKES_FAILED, &told_us), 0);
    cr_assert_eq(told_us, 0);
}

Test(upstream_tls, keyupdate_before_any_answer_means_a_minute_without_connections)
{
    begin(TLS_CAUSE_REKEY, 10);
    upstream_tls_ended(&conn);
    cr_assert_eq(upstream.dial_us, 1000 + AVOID_FIRST_US);
    begin(TLS_CAUSE_REKEY, 10);
    conn.answers = 1;
    upstream_tls_ended(&conn);
    cr_assert_eq(upstream.dial_us, 0);
}

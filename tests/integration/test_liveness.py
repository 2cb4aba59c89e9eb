"""Silence is not death: a name may be slow, a server may be in order, a connection may be lost without a word."""
import concurrent.futures
import threading
import time

import conftest
import dns.rcode
import pytest
from baddot import encoded
from conftest import upstream
from penstock import is_servfail, records

NAMES = ("first", "second", "third")
QUERY = {"timeouts": {"query": "4s"}}


def entries(servers, pki):
    return [upstream(server.where, pki, name=name) for server, name in zip(servers, NAMES)]


def nothing_was_lost(service):
    """No connection, and nothing to tell an operator of."""
    log = service.log()
    assert "given up" not in log and "connection lost" not in log and "closed by the server" not in log
    assert not [line for line in log.splitlines() if "warning" in line.lower()]
    assert service.statistic("upstream", "failures") == 0


def answered(service, name, timeout=4.5):
    assert records(service.ask(name, timeout=timeout)) == [encoded(name)], name


@pytest.mark.parametrize("count", [1, 2, 3])
def test_slow_name_is_the_first_question(serve, bads, pki, late, count):
    servers = [bads() for _ in range(count)]
    service = serve(entries(servers, pki), settings=QUERY)
    answered(service, "late1500-1.penstock.example")
    answered(service, "late3700-1.penstock.example")
    nothing_was_lost(service)
    # a probe that is not answered within 50 ms has the question asked elsewhere: on a busy machine that is no fault
    missed = int(late() / 0.05)
    for server in servers:
        assert server.accepted <= 2 + missed, "one beside it at most"
        assert server.habits[""] <= 14 + 7 * missed, "probes grow rare while they are answered"


@pytest.mark.parametrize("per_second", [1, 20])
def test_slow_names_beside_quick_ones(serve, bads, pki, per_second):
    servers = [bads(), bads()]
    for count in (1, 2):
        service = serve(entries(servers[:count], pki), settings=QUERY)
        ended = threading.Event()

        def beside():
            number = 0
            while not ended.wait(1 / per_second):
                number += 1
                answered(service, f"quick{count}-{number}.penstock.example")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            quick = pool.submit(beside)
            names = [f"late{2000 + 150 * i}-{count}.penstock.example" for i in range(6)]
            try:
                list(pool.map(lambda name: answered(service, name), names))
            finally:
                ended.set()
            quick.result()
        nothing_was_lost(service)


def test_name_that_nobody_answers_hurts_no_other(serve, bads, pki):
    servers = [bads(), bads()]
    service = serve(entries(servers, pki), settings={"timeouts": {"query": "1s", "connect": "500ms"}})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        silent = [pool.submit(service.ask, f"silent-{i}.penstock.example") for i in range(8)]
        for i in range(20):
            answered(service, f"beside{i}.penstock.example")
        assert all(is_servfail(one.result()) for one in silent)
    nothing_was_lost(service)


def test_probe_finds_room_where_a_query_does_not(serve, bad, pki):
    """One query in flight is all that is allowed, and it is for a slow name."""
    limits = {"upstream_in_flight": 1, "upstream_connections": 1}
    service = serve(bad, settings={**QUERY, "limits": limits})
    answered(service, "late2500-1.penstock.example")
    nothing_was_lost(service)
    assert bad.habits[""] > 0


def test_name_that_one_upstream_never_answers_is_asked_elsewhere(serve, bads, pki, clock):
    """Not as a share of the traffic: it is the first question."""
    first, second = bads(), bads()
    first.mute = "unsaid"
    service = serve(entries((first, second), pki), settings={**QUERY, "strategy": "ordered"})
    for i in range(4):
        answered(service, f"unsaid{i}.penstock.example", timeout=1.5)
    nothing_was_lost(service)


def test_server_that_answers_in_order(serve, bad):
    """A probe stands behind the slow name. It is answered, and those who come meanwhile do not wait for it."""
    bad.in_order = True
    service = serve(bad, settings=QUERY)
    answered(service, "before.penstock.example")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        slow = pool.submit(answered, service, "late3000-1.penstock.example")
        time.sleep(0.5)
        for i in range(3):
            answered(service, f"meanwhile{i}.penstock.example", timeout=1)
        slow.result()
    assert service.statistic("upstream", "failures") == 0
    assert bad.habits["late"] <= 2


def test_message_that_never_becomes_whole(bad_service, clock):
    """The question is asked on a new connection, and the next one does not wait behind it."""
    answered(bad_service, "announceonce-1.penstock.example", timeout=1.5)
    answered(bad_service, "next1.penstock.example", timeout=1)
    assert is_servfail(bad_service.ask("announce-1.penstock.example", timeout=2.8))
    answered(bad_service, "next2.penstock.example", timeout=1)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        lost = pool.submit(bad_service.ask, "announce-2.penstock.example")
        time.sleep(0.05)
        answered(bad_service, "next3.penstock.example", timeout=1)
        assert is_servfail(lost.result())


BARE = {"barerefused": dns.rcode.REFUSED, "bareservfail": dns.rcode.SERVFAIL, "bareformerr": dns.rcode.FORMERR,
        "barenotimp": dns.rcode.NOTIMP}


@pytest.mark.parametrize("habit", BARE)
def test_error_without_question_is_one_questions_failure(bad_service, clock, late, habit):
    bad = bad_service.bad
    answered(bad_service, "before.penstock.example")
    accepted = bad.accepted
    for i in range(10):
        assert bad_service.ask(f"{habit}-{i}.penstock.example").rcode() == BARE[habit]
        answered(bad_service, f"neighbour{i}.penstock.example")
    assert clock() < 3 + 20 * late()
    missed = int(late() / 0.05)  # as above
    assert accepted <= bad.accepted <= accepted + missed and bad_service.statistic("upstream", "failures") == 0
    assert bad.habits[habit] == 10, "the same server is not asked again"
    assert bad_service.statistic("counters", "upstream_errors") == 10
    assert bad_service.statistic("counters", "upstream_bad") == 0


def test_unbound_that_refuses_what_is_not_its_own(serve, shared, pki):
    """It answers with twelve octets, and refuses our probes, too."""
    server = conftest.Unbound(shared / f"unbound-{next(conftest.COUNT)}", pki.good,
                              rows="access-control: 127.0.0.0/8 refuse_non_local")
    try:
        service = serve(server)
        for i in range(30):
            assert service.ask(f"n{i}.elsewhere.example").rcode() == dns.rcode.REFUSED
            assert records(service.ask(f"n{i}.penstock.example")) == ["192.0.2.1", "192.0.2.2"]
        assert service.statistic("counters", "upstream_errors") == 30
        assert service.statistic("upstream", "failures") == 0
        assert service.statistic("counters", "upstream_dials") <= 2
    finally:
        server.stop()


def test_error_without_question_is_asked_elsewhere(serve, bads, pki):
    """Whoever gives it whatever it is asked is then asked last; if all do, the client is told."""
    first, second = bads(), bads()
    first.habit = "barerefused"
    service = serve(entries((first, second), pki), settings={"strategy": "ordered"})
    for i in range(60):
        answered(service, f"q{i}.penstock.example")
    assert first.habits["barerefused"] < 40
    second.habit = "barerefused"
    assert service.ask("all.penstock.example").rcode() == dns.rcode.REFUSED
    first.habit = second.habit = None
    answered(service, "again.penstock.example")


def test_new_connection_is_refused_and_used(serve, bad):
    """The probe that asks whether a server came back may be refused like a client: it proves that it is there."""
    service = serve(bad)
    answered(service, "before.penstock.example")
    bad.refuse()
    assert is_servfail(service.ask("away.penstock.example"))
    bad.habit = "barerefused"
    bad.listen_again()
    deadline = time.monotonic() + 5
    while service.ask(f"n{time.monotonic_ns()}.penstock.example").rcode() != dns.rcode.REFUSED:
        assert time.monotonic() < deadline
    bad.habit = None
    answered(service, "after.penstock.example")


@pytest.mark.parametrize("habit", ["malformed", "oddopt", "twoopt", "trailing", "noq", "notanswer", "wrongid", "zero", "tiny",
                                   "twice", "stray"])
def test_bad_answer_spoils_neither_connection_nor_upstream(serve, bad, habit):
    service = serve(bad, settings={"timeouts": {"query": "500ms", "connect": "400ms"}})
    answered(service, "before.penstock.example")
    accepted = bad.accepted
    names = [f"late300-{i}.penstock.example" for i in range(5)]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        spoilt = [pool.submit(service.ask, f"{habit}-{i}.penstock.example") for i in range(5)]
        for name in names:
            answered(service, name)
        for one in spoilt:
            assert is_servfail(one.result()) == (habit not in ("twice", "stray"))
    assert bad.accepted <= accepted + 1, "one beside it at most"
    assert service.statistic("upstream", "failures") == 0
    assert "connection closed" not in service.log() and "connection lost" not in service.log()
    stray = service.statistic("counters", "upstream_stray")
    assert (stray > 0) == (habit in ("wrongid", "zero", "twice", "stray"))
    assert (service.statistic("counters", "upstream_bad") > 0) == (stray == 0)


def test_bad_answers_among_good_ones(serve, bads, pki):
    """Half of what one upstream says is of no use: there is no budget to ask all that again."""
    first, second = bads(), bads()
    first.habit, first.habit_share = "malformed", 0.5
    service = serve(entries((first, second), pki), settings={"strategy": "ordered"})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: answered(service, f"among{i}.penstock.example"), range(500)))
    assert service.statistic("counters", "retries_refused") == 0
    assert first.habits["malformed"] < 100


def test_slow_names_leave_retries_for_what_failed(serve, bads, pki):
    first, second = bads(), bads()
    settings = {**QUERY, "strategy": "ordered", "limits": {"upstream_connections": 8, "hedge_percent": 0}}
    service = serve(entries((first, second), pki), settings=settings)
    answered(service, "before.penstock.example")
    with concurrent.futures.ThreadPoolExecutor(160) as pool:
        slow = [pool.submit(answered, service, f"late2000-{i}.penstock.example") for i in range(160)]
        deadline = time.monotonic() + 10
        while not service.statistic("counters", "retries_refused"):  # they have used what they may
            assert time.monotonic() < deadline
        first.habit = "malformed"
        for i in range(20):
            answered(service, f"spoilt{i}.penstock.example")
        for one in slow:
            one.result()


@pytest.mark.parametrize("habit", ["servfail", "refused"])
def test_error_of_the_second_upstream_waits_for_the_first(serve, bads, pki, habit):
    """It was asked because the first is slow; that it cannot answer says nothing about the first."""
    first, second = bads(), bads()
    service = serve(entries((first, second), pki), settings={**QUERY, "strategy": "ordered"})
    for name in ("first", "second"):
        service.wait_log(f"upstream {name}: connected")
    second.habit = habit
    for i in range(4):
        answered(service, f"late1200-{i}.penstock.example")
    assert second.habits[habit] > 0, "it was asked"
    first.mute = "late"
    answer = service.ask("late1200-9.penstock.example", timeout=6)
    assert dns.rcode.to_text(answer.rcode()) == habit.upper(), "the only answer that there is"


def test_late_question_is_not_asked_twice_of_one_upstream(serve, bad):
    """The name is slow, not the connection: a second one would only double the work."""
    limits = {"hedge_percent": 100, "upstream_in_flight": 4, "upstream_connections": 4}
    service = serve(bad, settings={**QUERY, "limits": limits})
    names = [f"quick{i}.penstock.example" for i in range(60)] + [f"late600-{i}.penstock.example" for i in range(6)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: answered(service, name), names))
    assert bad.habits["late"] == 6
    assert service.statistic("counters", "hedges") == 0


def test_answer_to_another_question_ends_the_connection_only(bad_service):
    answered(bad_service, "before.penstock.example")
    for i in range(5):
        assert is_servfail(bad_service.ask(f"wrongq-{i}.penstock.example"))
        answered(bad_service, f"neighbour{i}.penstock.example")
    assert bad_service.statistic("upstream", "failures") == 0
    bad_service.wait_log("does not repeat the question of its query; connection closed")

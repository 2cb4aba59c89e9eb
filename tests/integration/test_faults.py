"""A misbehaving upstream: the client gets an answer or SERVFAIL in time, and never a wrong answer."""
import concurrent.futures
import random

import dns.rcode
import pytest
from baddot import encoded
from conftest import upstream
from penstock import ede, is_servfail, records

QUERY_S = 2.0  # timeouts.query of the fixture
SLACK_S = 0.8
PATIENCE_S = 30  # for an answer whose time is judged afterwards

HOPELESS = ["silent", "half", "leave", "rst", "wrongid", "wrongq", "wrongtype", "noq", "notanswer", "malformed", "zero",
            "tiny"]


@pytest.mark.parametrize("habit", HOPELESS)
def test_single_bad_upstream_gives_servfail_in_time(bad_service, clock, late, habit):
    answer = bad_service.ask(f"{habit}-1.penstock.example", timeout=PATIENCE_S)
    assert is_servfail(answer)
    assert ede(answer), "SERVFAIL says why (RFC 8914)"
    assert records(answer) == []
    assert clock() < QUERY_S + SLACK_S + late()
    assert bad_service.bad.habits[habit] >= 1
    after = bad_service.ask("after.penstock.example")
    assert records(after) == [encoded("after.penstock.example")], "the service goes on"


@pytest.mark.parametrize("habit", HOPELESS)
def test_second_upstream_answers_instead(serve, bads, pki, clock, late, habit):
    """The first server misbehaves whatever it is asked; a question meets it and is then asked elsewhere."""
    first, second = bads(), bads()
    first.habit = habit
    service = serve([upstream(first.where, pki), upstream(second.where, pki, name="second")])
    for i in range(6):
        name = f"q{i}.penstock.example"
        begin = clock()
        answer = service.ask(name, timeout=PATIENCE_S)
        assert clock() - begin < QUERY_S + SLACK_S + late()
        assert records(answer) == [encoded(name)], f"question {i}: {dns.rcode.to_text(answer.rcode())} {ede(answer)}"


def test_bad_answer_does_not_hurt_its_neighbours(bad_service):
    """A wrong question closes the connection; what was in flight on it is asked again, and the question itself too."""
    names = [f"late100-{i}.penstock.example" for i in range(20)] + ["once-1.penstock.example"]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        answers = dict(zip(names, pool.map(bad_service.ask, names)))
    for name, answer in answers.items():
        assert records(answer) == [encoded(name)], name
    assert bad_service.statistic("counters", "upstream_bad") == 1


def test_clean_close_is_no_failure(bad_service):
    """A server may close after each answer; the next query opens a new connection."""
    for i in range(10):
        name = f"bye-{i}.penstock.example"
        assert records(bad_service.ask(name)) == [encoded(name)]


def test_server_that_closes_after_every_third_answer(bad_service):
    bad_service.bad.close_after = 3
    for i in range(20):
        name = f"third{i}.penstock.example"
        assert records(bad_service.ask(name)) == [encoded(name)]


def test_answer_in_single_octets(bad_service):
    assert records(bad_service.ask("drip-1.penstock.example")) == [encoded("drip-1.penstock.example")]


def test_handshake_in_single_octets(serve, bad):
    bad.drip_handshake = True
    service = serve(bad, settings={"timeouts": {"query": "20s", "connect": "20s"}})
    assert records(service.ask("slow.penstock.example", timeout=25)) == [encoded("slow.penstock.example")]


def test_largest_answer_reaches_a_tcp_client(bad_service):
    answer = bad_service.ask("big-1.penstock.example", "TXT", tcp=True, use_edns=-1)
    assert len(answer.answer[0]) > 200
    assert sum(len(text) for text in records(answer)) > 60000
    cut = bad_service.ask("big-2.penstock.example", "TXT")
    assert cut.answer == []


def test_same_answer_twice(bad_service):
    """The second one has no question any more."""
    assert records(bad_service.ask("twice-1.penstock.example")) == [encoded("twice-1.penstock.example")]
    assert records(bad_service.ask("next.penstock.example")) == [encoded("next.penstock.example")]


@pytest.mark.parametrize("habit,rcode", [("nx", dns.rcode.NXDOMAIN), ("refused", dns.rcode.REFUSED)])
def test_upstreams_rcode_passes(serve, bad, habit, rcode):
    service = serve(bad, settings={"timeouts": {"query": "20s"}})
    assert service.ask(f"{habit}-1.penstock.example", timeout=25).rcode() == rcode


def test_stall_in_the_handshake(serve, bad, clock, late):
    bad.stall_handshake = True
    service = serve(bad)
    answer = service.ask("stalled.penstock.example", timeout=PATIENCE_S)
    assert is_servfail(answer)
    assert clock() < QUERY_S + SLACK_S + 5 + late()  # the start is in it
    bad.stall_handshake = False


def test_upstream_that_is_away_comes_back(serve, bad):
    service = serve(bad)
    assert records(service.ask("before.penstock.example")) == [encoded("before.penstock.example")]
    bad.refuse()
    assert is_servfail(service.ask("away.penstock.example"))
    bad.listen_again()
    for i in range(30):
        if records(service.ask(f"back{i}.penstock.example")) == [encoded(f"back{i}.penstock.example")]:
            return
    raise AssertionError("no answer after the upstream came back")


def test_answers_out_of_order(bad_service):
    """Every answer is late by another time, so nearly all overtake one another on their connection."""
    bad_service.bad.shuffle = 0.2
    names = [f"order{i}.penstock.example" for i in range(300)]
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        for name, answer in zip(names, pool.map(bad_service.ask, names)):
            assert records(answer) == [encoded(name)]


def test_late_answer_goes_to_nobody(bad_service):
    """An answer behind its question's deadline must not meet a later question."""
    assert is_servfail(bad_service.ask("late2600-1.penstock.example", timeout=PATIENCE_S))
    seed = random.randrange(1 << 30)
    for i in range(50):
        name = f"fresh{seed}-{i}.penstock.example"
        assert records(bad_service.ask(name)) == [encoded(name)], f"seed {seed}"

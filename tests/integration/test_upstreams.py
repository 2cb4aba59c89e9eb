"""Two upstreams, one of which fails in every way that networks and servers have: nothing is lost, and nobody waits.

Everything stands in a network namespace of its own, so that a port can be cut off.
"""
import calendar
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import threading
import time

import baddot
import dns.message
import conftest
import namespace
import penstock
import pytest
from baddot import encoded
from conftest import upstream
from penstock import ede, is_servfail, records, wait_for

pytestmark = [conftest.needs_root,
              pytest.mark.skipif(os.geteuid() == 0 and not namespace.can_make_one(),
                                 reason="no network namespace with a packet filter can be made here")]

RATE = 1000 if penstock.SANITIZED else 2000  # queries per second
GAP_US = 600_000 if penstock.SANITIZED else 300_000  # a sanitizer's own pauses are no gaps of ours
# a release build has no fixtures: then that of the tests is used
STEADY = next((path for build in (penstock.BUILD, penstock.TOP / "build/test")
               if (path := build / "tests/fixtures/steady").exists()), penstock.BUILD / "tests/fixtures/steady")


@pytest.fixture(scope="module")
def net():
    with namespace.Namespace() as made:
        yield made


@pytest.fixture
def world(net):
    yield net
    net.heal()


@pytest.fixture
def unbounds(world, shared, pki):
    """Two real servers in the namespace."""
    count = next(conftest.COUNT)
    servers = [conftest.Unbound(shared / f"unbound-{count}-{i}", pki.good, world.wrap) for i in range(2)]
    yield servers
    for server in servers:
        server.process.send_signal(signal.SIGCONT)
        server.process.kill()
        server.process.wait(10)


@pytest.fixture
def inside(world, pki):
    """A maker of misbehaving servers in the namespace."""
    servers = []

    def make(certificate=None):
        servers.append(baddot.Baddot(certificate or pki.good, namespace=world))
        return servers[-1]
    yield make
    for server in servers:
        server.stop()


def entries(servers, pki, **more):
    return [{**upstream(server.where, pki, name=name), **more} for server, name in zip(servers, ("first", "second"))]


def steady(world, service, rate=RATE, seconds=3.0, suffix="penstock.example", events=()):
    """An even stream of queries with events, (second, function), under way. {number: value}"""
    process = subprocess.Popen([*world.wrap, STEADY, "127.0.0.1", str(service.port), str(rate), str(seconds), suffix],
                               stdout=subprocess.PIPE, text=True, env=penstock.plain_environment())
    begun = time.monotonic()
    for at, event in events:
        time.sleep(max(0.0, begun + at - time.monotonic()))
        event()
    output = process.communicate(timeout=seconds + 20)[0]
    assert process.returncode == 0, output
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", output)}


def ask(world, service, name, timeout=4.0):
    """One question from inside the namespace."""
    answers = []

    def run():
        world.enter()
        try:
            answers.append(service.ask(name, timeout=timeout))
        except Exception as error:
            answers.append(error)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]


def counters(service):
    return {key: int(value) for group, values in service.statistics() if group == "counters"
            for key, value in values.items()}


def nothing_lost(result):
    assert result["sent"] > 0 and result["answered"] == result["sent"], result


@pytest.fixture
def pair(serve, world, unbounds, pki):
    """A service that prefers the first of two servers."""
    service = serve(entries(unbounds, pki), settings={"strategy": "ordered", "rates": {"mode": "off"}, "timeouts": {"query": "3s"}},
                    wrap=world.wrap)
    service.wait_log("upstream first: connected")
    service.wait_log("upstream second: connected")
    return service


FAILURES = {
    "kill": lambda net, server: server.process.kill(),
    "freeze": lambda net, server: server.process.send_signal(signal.SIGSTOP),
    "blackhole": lambda net, server: net.blackhole(server.port),
    "reset": lambda net, server: net.reset(server.port),
}


@pytest.mark.smoke
@pytest.mark.parametrize("failure", FAILURES)
def test_preferred_upstream_fails_under_load(pair, world, unbounds, failure, late):
    result = steady(world, pair, seconds=2.5, events=[(0.7, lambda: FAILURES[failure](world, unbounds[0]))])
    nothing_lost(result)
    assert result["gap_us"] < GAP_US + 1e6 * late(), result
    assert pair.statistic("upstream", "answers", name="second") > RATE / 2


def test_preferred_upstream_is_used_again_when_it_thaws(pair, world, unbounds, late):
    first = unbounds[0].process
    result = steady(world, pair, seconds=3.5, events=[(0.5, lambda: first.send_signal(signal.SIGSTOP)),
                                                      (2.0, lambda: first.send_signal(signal.SIGCONT))])
    nothing_lost(result)
    assert result["gap_us"] < GAP_US + 1e6 * late(), result
    before = pair.statistic("upstream", "answers", name="first")

    def is_back():
        steady(world, pair, rate=100, seconds=0.3)
        return pair.statistic("upstream", "answers", name="first") >= before + 25
    wait_for(is_back, 8, "the preferred upstream's return")


@pytest.mark.parametrize("which,trusted", [("rotated", True), ("wrong_ca", False)])
def test_certificate_changes_under_load(serve, world, inside, pki, which, trusted, late):
    """The first server restarts with the backup key, or with a stranger's."""
    first, second = inside(), inside()
    service = serve(entries((first, second), pki), settings={"strategy": "ordered", "rates": {"mode": "off"}}, wrap=world.wrap)
    service.wait_log("upstream first: connected")

    def change():
        first.present(getattr(pki, which))
        first.refuse()
        first.listen_again()
    result = steady(world, service, rate=200, seconds=2.0, events=[(0.5, change)])
    nothing_lost(result)
    assert result["gap_us"] < GAP_US + 1e6 * late(), result
    if trusted:
        wait_for(lambda: records(ask(world, service, f"n{time.monotonic_ns()}.penstock.example"))
                 and service.statistic("upstream", "pin", name="first") == 2, 5, "the backup key in use")
        service.wait_log(r"upstream first: backup pin matched: pin 2 of 2")
        service.wait_log(r"upstream first: last known pin in use")
        assert service.statistic("upstream", "pin_changes", name="first") == 1
    else:
        before = first.plaintext
        service.wait_log("upstream first: .*sha256//")
        steady(world, service, rate=100, seconds=0.3)
        assert first.plaintext == before, "octets of a query reached a server that is not trusted"


def test_certificate_that_ends_soon_is_warned_of(serve, world, inside, pki, shared):
    end = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 5 * 86400 + 3600))
    certificate = pki.authority.issue(f"soon{os.getpid()}", end=end)
    server = inside(certificate)
    folder = shared / "soon"
    folder.mkdir(0o755, exist_ok=True)
    place = folder / "control"
    service = serve([upstream(server.where, pki, pins=[certificate.pin])], wrap=world.wrap, settings={"control": {"socket": str(place)}})
    service.wait_log("upstream first: its certificate ends in 5 days")
    assert service.statistic("upstream", "valid_days", name="first") == 5
    done = subprocess.run([penstock.BUILD / "src/ctl/penstockctl", "--socket", place, "status", "--json"], capture_output=True, text=True, timeout=90)
    found = json.loads(done.stdout)
    assert done.returncode == 1 and found["upstreams"][0]["certificate_ends"] == calendar.timegm(time.strptime(end, "%Y%m%d%H%M%SZ"))
    assert [row["name"] for row in found["findings"]] == ["certificate"]
    day = time.strptime(end, "%Y%m%d%H%M%SZ")
    assert found["findings"][0]["when"] == f"BY {day.tm_mday} {time.strftime('%b', day).upper()}"


@pytest.mark.parametrize("delay_ms", [20, 200])
def test_slow_upstream_is_left_for_a_fast_one(serve, world, inside, pki, delay_ms):
    first, second = inside(), inside()
    first.delay = delay_ms / 1000
    service = serve(entries((first, second), pki), wrap=world.wrap)
    steady(world, service, rate=100, seconds=1.0)  # it learns
    before = len(second.queries)
    result = steady(world, service, rate=200, seconds=1.0)
    nothing_lost(result)
    assert len(second.queries) - before > 120
    assert result["p50_us"] < delay_ms * 500, result


@pytest.mark.parametrize("delay_ms", [20, 200])
def test_slow_upstreams_are_no_failure(serve, world, inside, pki, delay_ms):
    """Both are far away: nothing is suspected, and hardly anything is asked twice."""
    servers = inside(), inside()
    for server in servers:
        server.delay = delay_ms / 1000
    service = serve(entries(servers, pki), wrap=world.wrap)
    steady(world, service, rate=100, seconds=1.0)
    before, asked = counters(service), sum(len(server.queries) for server in servers)
    result = steady(world, service, rate=200, seconds=2.0)
    nothing_lost(result)
    after = counters(service)
    assert after["upstream_overdue"] == before["upstream_overdue"] == 0
    assert sum(len(server.queries) for server in servers) - asked <= result["sent"] * 1.05 + 1, (before, after)


def test_a_twentieth_of_all_packets_is_lost(serve, world, unbounds, pki, late):
    service = serve(entries(unbounds, pki), settings={"timeouts": {"query": "4s"}, "rates": {"mode": "off"}}, wrap=world.wrap)
    service.wait_log("upstream second: connected")
    world.lossy(5, *(server.port for server in unbounds))
    result = steady(world, service, rate=500, seconds=3.0)
    nothing_lost(result)
    assert result["gap_us"] < GAP_US + 1e6 * late(), result


@pytest.mark.smoke
@pytest.mark.parametrize("failure", ["kill", "freeze", "blackhole"])
def test_lone_upstream_is_used_within_a_second_of_its_return(serve, world, unbounds, pki, late, failure):
    server = unbounds[0]
    service = serve(entries([server], pki), settings={"timeouts": {"query": "1s", "connect": "500ms"}}, wrap=world.wrap)
    assert records(ask(world, service, "before.penstock.example"))
    FAILURES[failure](world, server)
    assert is_servfail(ask(world, service, "away.penstock.example"))
    time.sleep(1.5)  # no traffic, and a back-off that has grown
    if failure == "kill":
        server.process.wait(5)
        server.start()
    server.process.send_signal(signal.SIGCONT)
    world.heal()
    back = time.monotonic()
    answers = 0
    while time.monotonic() - back < 1.0 + late():
        answer = ask(world, service, f"n{time.monotonic_ns()}.penstock.example")
        if records(answer):
            break
        time.sleep(0.02)
    assert records(answer), f"not used {time.monotonic() - back:.2f} s after its return"


def test_all_down_is_told_at_once(serve, world, unbounds, pki, clock, late):
    service = serve(entries(unbounds, pki), wrap=world.wrap)
    assert records(ask(world, service, "before.penstock.example"))
    for server in unbounds:
        server.process.kill()
    for i in range(5):
        ask(world, service, f"while{i}.penstock.example")
        time.sleep(0.1)
    begun = clock()
    answer = ask(world, service, "down.penstock.example")
    assert is_servfail(answer) and set(ede(answer)) & {22, 23}
    assert clock() - begun < 1.0 + late()
    dials = service.statistic("counters", "upstream_dials")
    time.sleep(1.0)
    assert service.statistic("counters", "upstream_dials") - dials < 10, "no storm"


def test_quiet_time_costs_upstreams_little(serve, world, inside, pki):
    """Everybody is well: of all queries upstream at most one in twenty is not a client's."""
    servers = inside(), inside()
    service = serve(entries(servers, pki), wrap=world.wrap)
    for server in servers:
        server.shuffle = 0.03
    result = steady(world, service, rate=100, seconds=3.0)
    nothing_lost(result)
    asked = sum(len(server.queries) for server in servers)
    assert asked <= result["sent"] * 1.05 + 1, counters(service)


def test_spread_follows_weights(serve, world, inside, pki):
    servers = inside(), inside()
    both = entries(servers, pki)
    both[1]["weight"] = 3
    service = serve(both, settings={"strategy": "spread"}, wrap=world.wrap)
    service.wait_log("upstream second: connected")
    nothing_lost(steady(world, service, rate=400, seconds=2.0))
    share = len(servers[1].queries) / sum(len(server.queries) for server in servers)
    assert 0.68 < share < 0.82, share


def test_rate_of_an_upstream_is_kept(serve, world, inside, pki):
    """What the first may not be asked the second is."""
    servers = inside(), inside()
    both = entries(servers, pki)
    both[0]["qps"] = 50
    service = serve(both, settings={"strategy": "ordered"}, wrap=world.wrap)
    service.wait_log("upstream second: connected")
    nothing_lost(steady(world, service, rate=200, seconds=2.0))
    assert 60 <= len(servers[0].queries) <= 50 * 2.5 + 10, len(servers[0].queries)


def test_rate_of_the_only_upstream_makes_clients_wait_or_fail(serve, world, inside, pki):
    server = inside()
    only = entries([server], pki)
    only[0]["qps"] = 50
    service = serve(only, settings={"timeouts": {"query": "1s"}}, wrap=world.wrap)
    result = steady(world, service, rate=200, seconds=2.0)
    assert result["lost"] == 0 and result["errors"] > 50, result
    assert result["answered"] > 50, result  # more than one second's worth: some waited, and were asked
    assert len(server.queries) <= 50 * 4, result


def test_server_that_flaps_is_not_hammered(serve, world, inside, pki):
    """It closes after every answer; connections are opened at the configured rate."""
    server = inside()
    server.close_after = 1
    service = serve(entries([server], pki), settings={"limits": {"handshakes_per_s": 1, "handshakes_burst": 1},
                                                      "timeouts": {"query": "1s"}}, wrap=world.wrap)
    steady(world, service, rate=100, seconds=2.0)
    assert server.accepted <= 4 * (1 + 4), server.accepted  # a resumed handshake counts as a quarter


def test_idle_connection_is_closed_before_the_server_does(serve, world, inside, pki):
    """The first time the server closes; from then on we do."""
    server = inside()
    server.idle_close = 1.5
    service = serve(entries([server], pki), settings={"timeouts": {"upstream_idle": "3s"}}, wrap=world.wrap)
    assert records(ask(world, service, "first.penstock.example"))
    wait_for(lambda: server.accepted >= 2, 4, "a new connection when the server closed")
    wait_for(lambda: server.accepted >= 3, 4, "another one in its place")
    assert records(ask(world, service, "second.penstock.example"))
    begun = server.accepted
    for i in range(12):
        assert records(ask(world, service, f"kept{i}.penstock.example"))
        time.sleep(0.2)
    assert server.accepted <= begun + 1, "a connection that is used is kept"


def test_idle_time_that_the_server_names_is_kept(serve, world, inside, pki):
    """RFC 7828: asked for in every query, and obeyed."""
    server = inside()
    server.keepalive = 15
    service = serve(entries([server], pki), settings={"timeouts": {"upstream_idle": "30s"}}, wrap=world.wrap)
    assert records(ask(world, service, "first.penstock.example"))
    query = dns.message.from_wire(server.queries[-1])
    assert [option for option in query.options if option.otype == 11], "it is asked for"
    begun = time.monotonic()
    wait_for(lambda: server.accepted >= 2, 4, "a new connection before the time is over")
    assert time.monotonic() - begun > 0.8
    server.keepalive = 0  # close now
    assert records(ask(world, service, "second.penstock.example"))
    wait_for(lambda: server.accepted >= 3, 2, "another one at once")
    assert records(ask(world, service, "third.penstock.example"))


def test_handshakes_are_resumed_when_several_connections_close_at_once(serve, world, inside, pki):
    servers = inside(), inside()
    for server in servers:
        server.delay = 0.3  # so that several connections are in use
    service = serve(entries(servers, pki), wrap=world.wrap, settings={"limits": {"upstream_in_flight": 20}})
    for _ in range(3):
        nothing_lost(steady(world, service, rate=200, seconds=1.0))
        for server in servers:
            server.refuse()  # every connection; the ticket keys stay
            server.listen_again()
    nothing_lost(steady(world, service, rate=200, seconds=1.0))
    for server in servers:
        done = [shake for shake in server.handshakes if shake.done]
        assert len(done) >= 4
        assert sum(not shake.resumed for shake in done) <= 1, [shake.resumed for shake in done]


def test_hedges_that_a_budget_forbids_are_no_retries(serve, bad, bads, pki):
    def hedges(percent):
        """(done, refused), when there were some. The budget of retries is as large as the traffic, so it is never spent."""
        service = serve([upstream(bad.where, pki), upstream(bads().where, pki, "second")], settings={
            "limits": {"hedge_percent": percent, "retry_percent": 100, "upstream_in_flight": 8, "upstream_connections": 4},
            "timeouts": {"query": "8s"}})
        done = refused = asked = 0
        while done + refused == 0 and asked < 5 * (60 + 24):  # on a busy machine quick ones may be as late as a hedge
            for kind, count, at_once in (("quick", 60, 2), ("late2000-", 24, 24)):
                names = [f"{kind}{asked + i}.penstock.example" for i in range(count)]
                with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
                    assert all(records(answer) for answer in pool.map(lambda name: service.ask(name, timeout=10), names))
                asked += count
            done, refused = service.statistic("counters", "hedges"), service.statistic("counters", "hedges_refused")
        assert service.statistic("counters", "retries_refused") == 0
        return done, refused, asked
    done, refused, asked = hedges(100)
    assert 0 < done <= asked and refused >= 0
    done, refused, asked = hedges(1)
    assert done <= 1 + asked // 100 and refused > 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_all_connections_are_lost_without_a_word(serve, world, inside, pki, count):
    """A router forgot them; whoever opens a new one is let through. One question at a time, and each is answered."""
    servers = [inside() for _ in range(count)]
    names = ("first", "second", "third")
    service = serve([upstream(server.where, pki, name=name) for server, name in zip(servers, names)],
                    settings={"timeouts": {"query": "4s"}}, wrap=world.wrap)
    for name in names[:count]:
        service.wait_log(f"upstream {name}: connected")
    for i in range(4):
        name = f"before{i}.penstock.example"
        assert records(ask(world, service, name)) == [encoded(name)]
        world.forget(*(server.port for server in servers))
        name = f"after{i}.penstock.example"
        begun = time.monotonic()
        assert records(ask(world, service, name)) == [encoded(name)], f"round {i}"
        assert time.monotonic() - begun < 2


def test_connections_are_lost_again_and_again(serve, world, inside, pki):
    """All places are taken by connections that do not answer: who asks then gets a new one soon."""
    server = inside()
    service = serve([upstream(server.where, pki)], wrap=world.wrap,
                    settings={"timeouts": {"query": "8s"}, "limits": {"upstream_connections": 2}})
    assert records(ask(world, service, "before.penstock.example"))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        server.mute = "lost"  # it is asked on the second connection, which is lost as well
        accepted = server.accepted
        world.forget(server.port)
        lost = pool.submit(ask, world, service, "lost.penstock.example", timeout=12)
        wait_for(lambda: server.accepted > accepted, 5, "a second connection")
        wait_for(lambda: any(b"lost" in wire for wire in server.queries), 5, "the question there")
        world.forget(server.port)
        time.sleep(0.5)  # it is found silent
        begun = time.monotonic()
        assert records(ask(world, service, "after.penstock.example", timeout=12))
        assert time.monotonic() - begun < 4
        lost.result()


def test_all_connections_are_lost_under_load(serve, world, inside, pki):
    servers = inside(), inside()
    for server in servers:
        server.delay = 0.1  # so that several connections are in use
    service = serve(entries(servers, pki), wrap=world.wrap,
                    settings={"limits": {"upstream_in_flight": 20}, "rates": {"mode": "off"}})
    steady(world, service, rate=200, seconds=1.0)
    result = steady(world, service, rate=200, seconds=3.0,
                    events=[(0.5, lambda: world.forget(*(server.port for server in servers)))])
    nothing_lost(result)
    assert result["gap_us"] < 2_000_000, result


@pytest.mark.parametrize("failure", ["freeze", "blackhole"])
def test_frozen_upstream_is_found_by_a_lone_question(pair, world, unbounds, failure):
    """One suspicion and one probe: there is no traffic that could have shown it sooner."""
    assert records(ask(world, pair, "before.penstock.example"))
    FAILURES[failure](world, unbounds[0])
    begun = time.monotonic()
    assert records(ask(world, pair, "after.penstock.example"))
    assert time.monotonic() - begun < (1.0 if penstock.SANITIZED else 0.5)
    wait_for(lambda: pair.statistic("upstream", "failures", name="first") > 0, 5, "a failure of the first")
    for i in range(5):
        begun = time.monotonic()
        assert records(ask(world, pair, f"n{i}.penstock.example"))
        assert time.monotonic() - begun < 0.3, "it is not asked any more"

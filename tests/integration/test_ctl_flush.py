"""Names that an operator has forgotten: penstockctl flush between real processes."""
import concurrent.futures
import os
import signal

import control
import pytest
from conftest import needs_root
from penstock import records, wait_for
from test_ctl import ctl

pytestmark = [needs_root]


@pytest.fixture
def cached(serve, bad, place):
    """Two lanes with a cache; all clients of one network come to one of them."""
    service = serve(bad, settings={"control": {"socket": str(place), "readers": ["games"]}, "cache": {"size": "1MiB"}, "lanes": 2})
    service.bad = bad
    return service


def asked(server, name):
    """How often the upstream was asked for a name."""
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    return sum(query[12:].startswith(wire) for query in server.queries)


def ask_all(service, *names):
    for name in names:
        assert records(service.ask(name))


@pytest.mark.smoke
def test_a_name_is_forgotten_with_all_its_types_and_no_other_name(cached, place):
    ask_all(cached, "one.penstock.example", "below.one.penstock.example", "two.penstock.example")
    cached.ask(cached.query("one.penstock.example", "TXT"))
    done = ctl(place, "flush", "ONE.penstock.example.", status=0)
    assert done.stdout == "2 cached responses of ONE.penstock.example. were dropped\n" and done.stderr == ""
    assert "user id 0 asks to flush ONE.penstock.example." in cached.log()
    ask_all(cached, "one.penstock.example", "below.one.penstock.example", "two.penstock.example")
    assert asked(cached.bad, "one.penstock.example") == 3
    assert asked(cached.bad, "below.one.penstock.example") == asked(cached.bad, "two.penstock.example") == 1
    assert ctl(place, "flush", "nowhere.example", status=0).stdout.startswith("0 cached responses ")


def test_all_below_a_name_is_forgotten(cached, place):
    names = [f"n{i}.tree.penstock.example" for i in range(20)]
    ask_all(cached, *names, "mytree.penstock.example")
    done = ctl(place, "flush", "--below", "tree.penstock.example", status=0)
    assert done.stdout == "20 cached responses of tree.penstock.example and all below it were dropped\n"
    ask_all(cached, *names, "mytree.penstock.example")
    assert all(asked(cached.bad, name) == 2 for name in names) and asked(cached.bad, "mytree.penstock.example") == 1


def test_a_response_to_what_was_asked_before_is_not_kept(cached, place):
    """It reaches the client that waits for it, and nobody who asks later."""
    name = "slow.penstock.example"
    cached.bad.slow[name] = 1.0
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(cached.ask, name)
        wait_for(lambda: asked(cached.bad, name) == 1, 10, "the upstream is asked")
        assert ctl(place, "flush", name, status=0).stdout.startswith("0 cached responses ")
        second = pool.submit(cached.ask, name)
        wait_for(lambda: asked(cached.bad, name) == 2, 10, "who asks after the flush has a question of its own")
        assert records(first.result()) and records(second.result())
    ask_all(cached, name)
    assert asked(cached.bad, name) == 2  # the second response was kept


def test_a_front_that_dies_meanwhile_counts_as_flushed(cached, place):
    front = cached.pids()["front"][0]
    os.kill(front, signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        done = pool.submit(ctl, place, "flush", "one.penstock.example")
        wait_for(lambda: "asks to flush" in cached.log(), 10, "the request has come")
        os.kill(front, signal.SIGKILL)
        assert done.result(timeout=60).returncode == 0
    wait_for(lambda: len(cached.pids()["front"]) == 2, 15, "another front is there")


def test_what_may_not_or_cannot_be_flushed(cached, place):
    for name in ("a..example", "..", "", "a b"):
        done = ctl(place, "flush", name, status=64)
        assert "labels of 1 to 63 octets" in done.stderr and done.stdout == ""
    with control.Client(place) as operator:
        assert operator.answer("FLUSH", 0, "a..example")[1].startswith("this is not a domain name")
    assert ctl(place, "flush", "b\u00fccher.example", status=64).stderr.count("xn--") == 1
    with control.Client(place, uid=5, gid=60) as reader:
        assert reader.answer("FLUSH", 0, "one.penstock.example")[0] == "FAILED"
    assert "asks to flush" not in cached.log()


def test_many_that_flush_at_once_are_all_answered(cached, place):
    ask_all(cached, *(f"n{i}.penstock.example" for i in range(12)))
    clients = [control.Client(place, timeout=60) for _ in range(12)]
    for i, client in enumerate(clients):
        client.send("FLUSH", 0, f"n{i}.penstock.example")
    for client in clients:
        assert client.receive()[:2] == ("DONE", (1,))
        client.socket.close()

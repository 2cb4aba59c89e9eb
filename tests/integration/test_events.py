"""Events: one record for each query that ended, for who is named and nobody else, and nothing while they are off."""
import collections
import ipaddress
import json
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import sys
import time

import control
import dns.exception
import events
import pytest
from baddot import encoded
from conftest import needs_root
from penstock import records, wait_for
from test_control import ways_to_write

pytestmark = [needs_root]

READER, STRANGER = pwd.getpwnam("games"), pwd.getpwnam("news")


@pytest.fixture
def start(serve, bad, place):
    def begin(settings=None, **more):
        return serve(bad, settings={"control": {"socket": str(place)}, "events": {
            "enabled": "yes", "readers": ["games"], "clients": "full", **more}, **(settings or {})})
    return begin


def client_of(place, account=READER):
    return control.Client(place, account.pw_uid, account.pw_gid)


def reader_of(place):
    with client_of(place) as client:
        found, _ = events.ask(client)
        return events.Reader(found[0][0])


def read_until(reader, count, seconds=10):
    found = []

    def enough():
        found.extend(reader.read())
        return len(found) >= count
    wait_for(enough, seconds, f"{count} events")
    return found


def where_memory_is(pid):
    """Traces of memory for events in a process: descriptors and maps."""
    process = pathlib.Path(f"/proc/{pid}")
    found = []
    for fd in (process / "fd").iterdir():
        try:
            found.append(os.readlink(fd))
        except FileNotFoundError:
            continue
    found += (process / "maps").read_text().splitlines()
    return [line for line in found if "penstock-events" in line]


def test_off_there_is_no_memory_and_no_descriptor(start, place):
    service = start(enabled="no")
    assert records(service.ask("one.penstock.example")) == [encoded("one.penstock.example")]
    for role in ("supervisor", "front", "worker"):
        assert where_memory_is(service.pid_of(role)) == []
    with client_of(place) as client:
        assert "events are off" in events.ask(client)


def test_the_worker_has_nothing_of_them(start):
    service = start()
    assert records(service.ask("one.penstock.example")) == [encoded("one.penstock.example")]
    assert where_memory_is(service.pid_of("worker")) == []
    assert len(where_memory_is(service.pid_of("front"))) == 1, "a map, and no descriptor"
    assert len(where_memory_is(service.pid_of("supervisor"))) == 1, "a descriptor, and no map"


def test_who_is_not_named_is_refused_and_operators_are(start, place):
    start(settings={"control": {"socket": str(place), "readers": ["daemon"], "operators": ["news"]}})
    for account in (pwd.getpwnam("daemon"), STRANGER):
        with client_of(place, account) as client:
            assert client.hello[0] == "HELLO"
            assert "not permitted" in events.ask(client)
    with client_of(place, pwd.getpwnam("mail")) as client:
        assert client.hello[0] == "FAILED"
    with client_of(place) as client:
        assert client.hello[1] == (1,), "who may read events may read the statistics"
        assert client.pages()[0]
        assert client.answer("RELOAD")[0] == "FAILED"


def test_the_memory_cannot_be_written_by_any_way(start, place):
    service = start()
    with client_of(place) as client:
        fd = events.ask(client)[0][0][0]
        assert ways_to_write(fd) == []
        again = os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
        assert ways_to_write(again) == []
        os.close(again)
        os.close(fd)
    service.wait_log(f"user id {READER.pw_uid} asks to read events")


def ends(service):
    """How many queries ended for which reason, as the service counts them."""
    counted = collections.Counter()
    for group, values in service.statistics():
        if group == "ends":
            counted.update({name.upper(): int(value) for name, value in values.items() if value.isdigit()})
    return +collections.Counter({why: counted[why] for why in events.WHYS})


def test_each_query_that_ended_has_exactly_one_event(start, place):
    service = start(settings={"cache": {"size": "1MiB"}, "filter": {"kernel": "no"},
                              "acl": {"allow": ["127.0.0.0/8"], "deny": ["127.0.0.9/32"]}})
    reader = reader_of(place)
    for name in ("a", "b", "a", "A"):
        service.ask(f"{name}.penstock.example", tcp=name == "b")
    service.ask("localhost")
    service.ask("late800-c.penstock.example")
    service.ask("zone.penstock.example", "AXFR")
    service.raw(b"too short", timeout=0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.9", 0))
        other.sendto(service.query("d.penstock.example").to_wire(), ("127.0.0.1", service.port))
    found = read_until(reader, 9)
    assert collections.Counter(event.why for event in found) == ends(service)
    assert reader.lost == 0
    by_why = {event.why: event for event in found}
    assert [event.name for event in found if event.why == "CACHE_HIT"] == ["a.penstock.example."] * 2
    late = next(event for event in found if event.name == "late800-c.penstock.example.")
    assert late.why == "ANSWERED" and late.upstream == 1 and 800000 <= late.latency_us < 20000000
    assert late.rcode == 0 and late.type == 1 and late.qclass == 1 and late.query_flags == 0x100
    assert abs(late.ended_us - time.clock_gettime_ns(time.CLOCK_MONOTONIC) / 1000) < 30e6
    assert {event.transport for event in found if event.name == "b.penstock.example."} == {2}
    assert by_why["LOCAL"].name == "localhost." and by_why["LOCAL"].upstream == 0
    assert by_why["TYPE"].rcode == 5 and by_why["TYPE"].type == 252
    for why in ("SHORT", "ACL"):
        assert by_why[why].name is None and by_why[why].size == 0 and not by_why[why].bits & 1
    assert ipaddress.ip_address(by_why["ACL"].client[:4]) == ipaddress.ip_address("127.0.0.9")


def test_sampling_is_exact(start, place):
    service = start(sample=7)
    reader = reader_of(place)
    for _ in range(70):
        service.ask("localhost")
    assert len(read_until(reader, 10)) == 10
    assert reader.written == 10


@pytest.mark.parametrize("clients", ["none", "truncated", "pseudonym", "full"])
def test_no_more_is_told_of_a_client_than_is_configured(start, place, clients):
    service = start(clients=clients, ipv4_length=16, names="suffix")
    reader = reader_of(place)
    ports = []
    for address in ("127.1.2.3", "127.1.2.3", "127.1.2.4"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.bind((address, 0))
            asking.settimeout(10)
            ports.append(asking.getsockname()[1])
            asking.sendto(service.query("www.localhost").to_wire(), ("127.0.0.1", service.port))
            assert asking.recv(4096)
    found = read_until(reader, 3)
    addresses = [bytes((127, 1, 2, 3)), bytes((127, 1, 2, 3)), bytes((127, 1, 2, 4))]
    if clients == "none":
        assert {(e.client_kind, e.client_family, e.client) for e in found} == {(events.NONE, 0, bytes(16))}
    elif clients == "truncated":
        assert {(e.client_kind, e.client_length, e.client) for e in found} == {
            (events.NETWORK, 16, bytes((127, 1)) + bytes(14))}
    elif clients == "pseudonym":
        first, second, third = (e.client for e in found)
        assert first == second != third and {e.client_kind for e in found} == {events.PSEUDONYM}
    else:
        assert [e.client[:4] for e in found] == addresses and [e.client_port for e in found] == ports
    if clients != "full":
        memory = bytes(reader.memory[:64 + 320 * 8])
        assert not any(address in memory for address in addresses), "nowhere in the memory"
        assert {e.client_port for e in found} == {0}


@pytest.mark.parametrize("names, told", [("none", None), ("suffix", "penstock.example."),
                                         ("full", "a.b.penstock.example.")])
def test_no_more_is_told_of_a_name_than_is_configured(start, place, names, told):
    service = start(names=names)
    reader = reader_of(place)
    service.ask("A.b.Penstock.example")
    event, = read_until(reader, 1)
    assert event.name == told
    assert event.type == 1
    if names != "full":
        assert b"\x01b" not in reader.memory[:64 + 320 * 8]


def test_a_reader_that_sleeps_loses_events_and_knows_how_many(start, place):
    service = start(settings={"acl": {"allow": ["127.0.0.1/32"], "deny": []}})
    reader, watch = reader_of(place), reader_of(place)
    wire = service.query("one.penstock.example").to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.7", 0))

        def fill():
            for _ in range(100):
                stranger.sendto(wire, ("127.0.0.1", service.port))
            return watch.written > events.SLOTS + 500
        wait_for(fill, 60, "more events than there is room for", interval=0.002)
    wait_for(lambda: watch.written == service.statistic("ends", "acl"), 20, "the last of them", interval=0.2)
    found = reader.read()
    assert len(found) + reader.lost == reader.written
    assert reader.lost >= 500
    assert records(service.ask("still.penstock.example")) == [encoded("still.penstock.example")]


SLEEPER = """
import os, sys, time
sys.path[:0] = sys.argv[2:3]
import control, events
client = control.Client(sys.argv[1])
reader = events.Reader(events.ask(client)[0][0][0])
print("ready", flush=True)
while True:
    reader.read()
"""


def test_nobody_notices_that_a_reader_is_killed(start, place):
    service = start()
    fixtures = pathlib.Path(events.__file__).parent
    with subprocess.Popen([sys.executable, "-B", "-c", SLEEPER, place, fixtures], stdout=subprocess.PIPE) as sleeper:
        assert sleeper.stdout.readline() == b"ready\n"
        service.ask("localhost")
        before = service.pids()
        sleeper.kill()
    reader = reader_of(place)
    for i in range(20):
        assert records(service.ask(f"k{i}.penstock.example")) == [encoded(f"k{i}.penstock.example")]
    assert len(read_until(reader, 21)) == 21
    assert service.pids() == before


def reload(place, service, **changes):
    config = json.loads(service.file.read_text())
    config["events"].update(changes)
    service.file.write_text(json.dumps(config))
    with control.Client(place) as client:
        assert client.answer("RELOAD")[0] == "DONE"


def test_a_reload_turns_them_on_and_off(start, place):
    service = start(enabled="no")

    def memory():
        with client_of(place) as client:
            found = events.ask(client)
            return found if not isinstance(found, str) and found[0] else None
    reload(place, service, enabled="yes")
    found, generation = wait_for(memory, 10, "memory for events", interval=0.3)
    assert ways_to_write(found[0][0]) == []
    reader = events.Reader(found[0][0])
    service.ask("localhost")
    assert read_until(reader, 1)[0].client_kind == events.ADDRESS
    reload(place, service, enabled="no")
    wait_for(lambda: where_memory_is(service.pid_of("front")) == [], 10, "the memory to be given back")
    assert where_memory_is(service.pid_of("supervisor")) == []
    with client_of(place) as client:
        assert "events are off" in events.ask(client)
        assert client.pages()[1] > generation


def reader_after(place, number):
    """Of the memory that takes the place of the one with this number."""
    def other():
        with client_of(place) as client:
            found = events.ask(client)
            return found[0][0] if not isinstance(found, str) and 0 in found[0] and found[0][0][1] != number else None
    return events.Reader(wait_for(other, 10, "other memory", interval=0.3)[0])


def test_who_may_not_read_events_any_more_reads_none_that_come_later(start, place):
    service = start()
    reader = reader_of(place)
    service.ask("localhost")
    assert len(read_until(reader, 1)) == 1
    reload(place, service, readers=["news"])
    with client_of(place) as client:
        assert client.hello[0] == "FAILED"

    def now_read():
        with client_of(place, STRANGER) as client:
            found = events.ask(client)
            return found[0].get(0)
    other = events.Reader(wait_for(now_read, 10, "memory for the other account", interval=0.3)[0])
    service.ask("secret.localhost")
    assert read_until(other, 1)[-1].name == "secret.localhost."
    assert reader.read() == []


def test_after_a_reload_that_lets_less_be_told_only_less_can_be_read(start, place):
    service = start()
    with client_of(place) as client:
        fd, number = events.ask(client)[0][0]
    before = events.Reader(fd)
    for _ in range(3):
        service.ask("localhost")
    assert {event.client_kind for event in read_until(before, 3)} == {events.ADDRESS}
    reload(place, service, clients="none", names="none")
    after = reader_after(place, number)
    service.ask("localhost")
    found = read_until(after, 1)
    assert {(event.client_kind, event.name) for event in found} == {(events.NONE, None)}
    assert b"localhost" not in after.memory[:64 + 320 * 8]
    assert before.read() == [], "what comes later is not told there"


def test_the_next_front_has_memory_of_its_own_and_that_of_the_last_can_be_read(start, place):
    service = start()
    with client_of(place) as client:
        found, generation = events.ask(client)
        old = events.Reader(found[0][0])
        service.ask("before.penstock.example")
        wait_for(lambda: old.written == 1, 5, "its event")
        os.kill(service.pid_of("front"), signal.SIGKILL)

        def replaced():
            try:
                service.ask("after.penstock.example", timeout=1)
            except dns.exception.Timeout:
                return None
            again = events.ask(client)
            return again if again[1] != generation and again[0][0][1] != found[0][1] else None
        again, _ = wait_for(replaced, 20, "other memory", interval=0.3)
    assert "before.penstock.example." in [event.name for event in old.read()]
    assert "before.penstock.example." not in [event.name for event in events.Reader(again[0][0]).read()]

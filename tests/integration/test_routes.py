"""Names with upstreams of their own: no other is asked them, they are asked nothing else, and nothing falls back."""
import concurrent.futures
import itertools
import json
import signal
import socket
import threading
import time

import dns.edns
import dns.message
import dns.rdatatype
import pytest
from baddot import encoded
from conftest import upstream
from penstock import ede, is_servfail, records, wait_for


def names(server):
    """What a server was asked, in lower case, but for probes."""
    asked = {dns.message.from_wire(wire).question[0].name.to_text(omit_final_dot=True).lower() for wire in server.queries}
    return asked - {"."}


@pytest.fixture
def public(bad):
    bad.queries.clear()
    return bad


@pytest.fixture
def entries(public, bads, pki):
    corp = bads()
    return corp, [upstream(public.where, pki, "public"), upstream(corp.where, pki, "corp")]


ROUTE = {"names": ["corp.example", "10.in-addr.arpa"], "upstreams": ["corp"], "private": "allow"}


@pytest.mark.smoke
def test_each_name_is_asked_where_it_belongs(serve, public, entries):
    corp, upstreams = entries
    service = serve(upstreams, settings={"routes": [ROUTE], "local": {"refuse_private": "yes"}})
    for name in ("www.corp.example", "Corp.Example", "a.b.corp.example"):
        assert records(service.ask(name)) == [encoded(name)], "10/8 is private, and allowed"
    assert service.ask("1.0.0.10.in-addr.arpa", "PTR").rcode() == 0
    assert records(service.ask("public1.penstock.example")) == ["203.0.113.7"]
    service.ask("xcorp.example")
    service.ask("corp.example", "DS")  # the parent's
    assert names(corp) == {"www.corp.example", "corp.example", "a.b.corp.example", "1.0.0.10.in-addr.arpa"}
    assert names(public) == {"public1.penstock.example", "xcorp.example", "corp.example"}
    kinds = {dns.message.from_wire(wire).question[0].rdtype for wire in public.queries
             if b"\4corp\7example" in wire.lower()}
    assert kinds == {dns.rdatatype.DS}


@pytest.mark.smoke
def test_route_that_is_down_fails_and_leaks_nothing(serve, public, entries):
    corp, upstreams = entries
    service = serve(upstreams, settings={"routes": [ROUTE]})
    assert records(service.ask("www.corp.example")) == [encoded("www.corp.example")]
    corp.refuse()
    answer = service.ask("late.corp.example", timeout=8, use_edns=0)
    assert is_servfail(answer) and set(ede(answer)) & {22, 23}, answer.to_text()
    for _ in range(5):
        assert is_servfail(service.ask("again.corp.example", timeout=8))
        assert records(service.ask("quick.penstock.example")) == [encoded("quick.penstock.example")]
    assert not any(name.endswith("corp.example") for name in names(public))
    corp.listen_again()
    wait_for(lambda: records(service.ask("back.corp.example", timeout=8)) == [encoded("back.corp.example")], 30,
             "the route is back")
    assert not any(name.endswith("corp.example") for name in names(public))


def test_reload_that_brings_a_route_forgets_what_others_said(serve, public, entries, pki):
    corp, upstreams = entries
    service = serve(upstreams, settings={"cache": {"size": "4MiB"}, "strategy": "ordered"})
    assert records(service.ask("www.corp.example")) == [encoded("www.corp.example")]
    assert records(service.ask("www.penstock.example")) == [encoded("www.penstock.example")]
    config = json.loads(service.file.read_text())
    config["routes"] = [ROUTE]
    service.file.write_text(json.dumps(config))
    service.process.send_signal(signal.SIGHUP)
    service.wait_log("is in force; workers are replaced")
    public.queries.clear()
    wait_for(lambda: records(service.ask("www.corp.example")) and "www.corp.example" in names(corp), 10,
             "the route is asked")
    service.ask("www.penstock.example")
    assert "www.penstock.example" not in names(public), "what no route has is kept"
    config["routes"] = []
    service.file.write_text(json.dumps(config))
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: records(service.ask("www.corp.example")) and "www.corp.example" in names(public), 10,
             "the others are asked again")


def test_reload_that_changes_only_private_is_in_force(serve, public, entries):
    _, upstreams = entries
    service = serve(upstreams, settings={"routes": [{**ROUTE, "private": "refuse"}], "local": {"refuse_private": "yes"}})
    config = json.loads(service.file.read_text())
    for turn, word in enumerate(("refuse", "allow", "refuse")):
        config["routes"] = [{**ROUTE, "private": word}]
        service.file.write_text(json.dumps(config))
        service.process.send_signal(signal.SIGHUP)
        wait_for(lambda: is_servfail(service.ask(f"p{turn}.corp.example")) == (word == "refuse"), 10,
                 f"private: {word}")


def test_reload_that_gives_a_route_another_server_forgets_what_the_old_one_said(serve, public, entries, bads, pki):
    """It has the name and the place of the old one."""
    corp, upstreams = entries
    other = bads()
    service = serve([*upstreams, upstream(other.where, pki, "spare")],
                    settings={"routes": [ROUTE], "cache": {"size": "4MiB"}, "strategy": "ordered"})
    assert records(service.ask("www.corp.example")) == [encoded("www.corp.example")]
    service.ask("www.corp.example")
    assert len([wire for wire in corp.queries if b"\3www\4corp" in wire.lower()]) == 1, "it is kept"
    config = json.loads(service.file.read_text())
    config["upstreams"] = [upstreams[0], upstream(other.where, pki, "corp"), upstream(corp.where, pki, "spare")]
    service.file.write_text(json.dumps(config))
    service.process.send_signal(signal.SIGHUP)
    service.wait_log("is in force; workers are replaced")
    wait_for(lambda: records(service.ask("www.corp.example")) and "www.corp.example" in names(other), 10,
             "the other server is asked")


NETWORKS = [f"127.{16 * i}.0.1" for i in range(1, 6)]  # of different /16
CROWDED = {"queries": 4096, "upstream_connections": 2, "upstream_in_flight": 32}  # room for all, and places for few


def flood(service, label, done):
    """As fast as 300 a second, from all networks but the last, for names that nobody answers."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in NETWORKS[:-1]]
    for one, network in zip(sockets, NETWORKS):
        one.bind((network, 0))
    for number in itertools.count():
        if done.wait(1 / 300):
            break
        wire = service.query(f"silent-{number}.{label}").to_wire()
        sockets[number % len(sockets)].sendto(wire, (service.address, service.port))
    for one in sockets:
        one.close()
    return number


def answered(service, network, name, timeout=1.5):
    """The time that an answer took; None: there is none in time, or an error."""
    query = service.query(name)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((network, 0))
        one.settimeout(timeout)
        begun = time.monotonic()
        one.sendto(query.to_wire(), (service.address, service.port))
        try:
            response = dns.message.from_wire(one.recv(4096))
        except TimeoutError:
            return None
    return time.monotonic() - begun if response.rcode() == 0 and response.answer else None


@pytest.mark.parametrize(("flooded", "others"), [("corp.example", "penstock.example"), ("penstock.example", "corp.example")])
def test_names_that_nobody_answers_take_no_places_of_others(serve, public, entries, flooded, others):
    """Neither of other clients nor of those that ask for them."""
    _, upstreams = entries
    service = serve(upstreams, settings={"routes": [ROUTE], "limits": CROWDED, "rates": {"mode": "enforce"}})
    assert answered(service, NETWORKS[0], f"warm.{others}") and answered(service, NETWORKS[0], f"warm.{flooded}")
    done = threading.Event()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        flooding = pool.submit(flood, service, flooded, done)
        try:
            time.sleep(3)  # all places are taken
            took = [answered(service, network, f"a{number}.{others}") for number in range(20)
                    for network in (NETWORKS[0], NETWORKS[-1])]
        finally:
            done.set()
        assert flooding.result(timeout=30) > 300
    assert None not in took, took
    assert sorted(took)[len(took) // 2] < 0.5

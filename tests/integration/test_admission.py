"""Who may ask how much: rates, proofs of address, lines, TCP slots, reloads.

Clients have addresses of their own within 127.0.0.0/8. Most tests have the front alone between a
small supervisor and a fake worker; the last ones have the whole service.
"""
import concurrent.futures
import json
import os
import re
import select
import signal
import socket
import struct
import threading
import time

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import pytest

import penstock
from front import Front, ended, frame, query, read_message
from namespace import Namespace, can_make_one

COOKIE = 10


def rates(rows, proven=None, **more):
    """Rows of a configuration as front_harness takes them."""
    whole = {"rates": {"ipv4": rows, "proven_ipv4": proven or rows, **more.pop("rates", {})}, **more}
    return json.dumps(whole)[1:-1]


class Client:
    """A UDP client with an address of its own."""

    def __init__(self, front, address, port=0):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind((address, port))
        self.sock.connect(("127.0.0.1", front.port))
        self.address, self.sent, self.answers = address, 0, []

    def send(self, **more):
        self.sent += 1
        message = query(f"c{self.sent}-{self.address.replace('.', '-')}.example", **more)
        self.sock.send(message.to_wire())
        return message

    def read(self, seconds=0.3):
        """All that comes until nothing has come for so long."""
        self.sock.settimeout(seconds)
        fresh = []
        try:
            while True:
                fresh.append(dns.message.from_wire(self.sock.recv(65535), ignore_trailing=True))
        except socket.timeout:
            self.answers += fresh
            return fresh

    def burst(self, count, **more):
        for _ in range(count):
            self.send(**more)
        return self.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


def is_answer(message):
    return message.rcode() == dns.rcode.NOERROR and not message.flags & dns.flags.TC


def is_slip(message):
    return bool(message.flags & dns.flags.TC) and not message.answer


def ede_of(answer):
    return [int(option.code) for option in answer.options if option.otype == dns.edns.EDE]


def cookie_of(answer):
    found = [option.to_wire() for option in answer.options if option.otype == COOKIE]
    return found[0] if found else None


def with_cookie(data):
    return {"use_edns": 0, "payload": 1232, "options": [dns.edns.GenericOption(COOKIE, data)]}


# ---- rates ----------------------------------------------------------------------------------------


def test_ten_times_the_limit_gets_the_limit_and_a_neighbour_loses_nothing():
    limit, seconds = 100, 5
    with Front(yaml=rates([f"/32 {limit}/s 10"], rates={"slip": 0})) as front, \
            Client(front, "127.1.0.1") as greedy, Client(front, "127.2.0.1") as neighbour:
        begin = time.monotonic()
        while (now := time.monotonic() - begin) < seconds:
            while greedy.sent < now * 10 * limit:
                greedy.send()
            while neighbour.sent < now * limit / 2:
                neighbour.send()
            time.sleep(0.002)
        took = time.monotonic() - begin
        answered = sum(map(is_answer, greedy.read()))
        expected = 10 + took * limit
        assert 0.9 * expected < answered < 1.1 * expected, (answered, expected)
        assert sum(map(is_answer, neighbour.read())) == neighbour.sent
        stats = front.stats()
        assert stats["why_RATE_DROPPED"] == greedy.sent - answered
        assert stats["why_ANSWERED"] == answered + neighbour.sent
        penstock.wait_for(lambda: any("127.1.0.1/32 is over its rate (unproven)" in line for line in front.log), 10, "a line")
        assert len(front.log) < 3, "not a line for each query"


def test_recovery_after_quiet_time_is_whole():
    with Front(yaml=rates(["/32 50/s 20"], rates={"slip": 0})) as front, Client(front, "127.1.0.1") as client:
        begin = time.monotonic()
        first = sum(map(is_answer, client.burst(60)))
        assert 20 <= first < 22 + 50 * (time.monotonic() - begin)
        time.sleep(0.5)  # 25 of 20 leak away
        begin = time.monotonic()
        again = sum(map(is_answer, client.burst(60)))
        assert 20 <= again < 22 + 50 * (time.monotonic() - begin)


def test_a_network_is_limited_as_a_whole():
    with Front(yaml=rates(["/32 100/s 100", "/24 100/s 30"], rates={"slip": 0})) as front:
        clients = [Client(front, f"127.1.0.{i}") for i in range(1, 11)]
        begin = time.monotonic()
        for _ in range(10):  # in turn: a client that comes when its network is full begins as full itself
            for client in clients:
                client.send()
        answered = sum(is_answer(a) for client in clients for a in client.read(0.1))
        assert 30 <= answered < 32 + 100 * (time.monotonic() - begin), answered
        with Client(front, "127.1.1.1") as other:
            assert sum(map(is_answer, other.burst(20))) == 20
        penstock.wait_for(lambda: any("127.1.0.0/24 is over" in line for line in front.log), 10, "the line")


def test_slip_answers_one_in_two_with_tc_no_larger_than_asked():
    with Front(yaml=rates(["/32 1/s 1"], rates={"slip": 2})) as front, Client(front, "127.1.0.1") as client:
        answers = client.burst(41)
        slips = [a for a in answers if is_slip(a)]
        assert 18 <= len(slips) <= 20, len(slips)
        assert all(len(a.to_wire()) <= len(query("c41-127-1-0-1.example").to_wire()) for a in slips)
        stats = front.stats()
        assert stats["why_RATE_SLIPPED"] == len(slips)


def test_refused_and_malformed_queries_cost_too():
    with Front(yaml=rates(["/32 1/s 10"], rates={"slip": 0}, filter={"kernel": "no"})) as front, \
            Client(front, "127.1.0.1") as client:
        bad = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + b"\1a\4te"
        for _ in range(100):
            client.sock.send(bad)
        formerr = client.read()
        assert 15 <= len(formerr) <= 25, "half a query each: a quarter to read, a quarter to answer"


def test_dry_run_counts_and_lets_pass():
    with Front(yaml=rates(["/32 1/s 5"], rates={"mode": "dry-run"})) as front, Client(front, "127.1.0.1") as client:
        assert sum(map(is_answer, client.burst(50))) == 50
        stats = front.stats()
        assert stats["RATE_DRY_RUN"] >= 40
        assert stats["why_RATE_DROPPED"] == stats["why_RATE_SLIPPED"] == 0
        penstock.wait_for(lambda: any("dry run" in line for line in front.log), 10, "a line")


def test_exempt_clients_have_no_limits():
    with Front(yaml=rates(["/32 1/s 1"], rates={"exempt": ["127.1.0.0/24"]})) as front, \
            Client(front, "127.1.0.1") as client, Client(front, "127.1.1.1") as other:
        assert sum(map(is_answer, client.burst(100))) == 100
        assert sum(map(is_answer, other.burst(100))) < 5


def test_a_listener_has_its_share():
    port = penstock.free_port(("127.0.0.1", "127.0.0.2"))
    share = [f"127.0.0.2:{port} 50%"]
    with Front(listen=("127.0.0.1", "127.0.0.2"), port=port,
               yaml=f"listen: ['127.0.0.1:{port}', '127.0.0.2:{port}'], "
               + rates(["/32 1/s 40"], rates={"slip": 0, "listeners": share})) as front:
        counts = []
        for address, client in (("127.0.0.1", "127.1.0.1"), ("127.0.0.2", "127.1.0.2")):
            with Client(front, client) as c:
                c.sock.connect((address, port))
                counts.append(sum(map(is_answer, c.burst(100))))
        assert 40 <= counts[0] < 50 and 20 <= counts[1] < 28, counts


def test_large_answers_cost_by_size():
    with Front(yaml=rates(["/32 1/s 100"], rates={"slip": 0}, pacing={"enabled": "no"})) as front:
        counts = []
        for address, name in (("127.1.0.1", "small-{}.example"), ("127.1.0.2", "size-1000-{}.example")):
            with Client(front, address) as client:
                for i in range(200):
                    message = query(name.format(i), "TXT", use_edns=0, payload=1232)
                    client.sock.send(message.to_wire())
                    if i % 10 == 9:
                        client.read(0.01)
                client.read()
                counts.append(sum(map(is_answer, client.answers)))
        assert counts[1] < counts[0] / 2, counts


# ---- proof of address -----------------------------------------------------------------------------


def test_cookie_is_learnt_repeated_and_opens_other_buckets():
    with Front(yaml=rates(["/32 1/s 3"], ["/32 1/s 50"], rates={"slip": 0})) as front, \
            Client(front, "127.1.0.1") as client:
        first = client.burst(1, **with_cookie(b"clientck"))[0]
        cookie = cookie_of(first)
        assert len(cookie) == 24 and cookie[:8] == b"clientck" and cookie[8:12] == b"\1\0\0\0"
        again = client.burst(1, **with_cookie(cookie))[0]
        assert cookie_of(again) == cookie, "a fresh one is repeated"
        assert not list(filter(is_answer, client.burst(20)))[3:], "who has no cookie is over"
        answers = client.burst(30, **with_cookie(cookie))
        assert sum(map(is_answer, answers)) == 30
        over = client.burst(60, **with_cookie(cookie))
        refused = [a for a in over if a.rcode() == dns.rcode.REFUSED]
        assert refused and ede_of(refused[0]) == [18], "he is told, because it reaches nobody else"
        stats = front.stats()
        assert stats["COOKIES_VALID"] >= 91 and stats["COOKIES_FALSE"] == 0
        assert stats["why_RATE_REFUSED"] == len(refused)


def test_forged_cookies_prove_nothing_and_are_answered_with_a_good_one():
    with Front(yaml=rates(["/32 1/s 5"], ["/32 1/s 50"], rates={"slip": 0})) as front:
        with Client(front, "127.1.0.1") as client:
            good = cookie_of(client.burst(1, **with_cookie(b"clientck"))[0])
        with Client(front, "127.1.0.2") as thief:
            answer = thief.burst(1, **with_cookie(good))[0]
            assert is_answer(answer) and cookie_of(answer) != good, "of another address"
            assert sum(map(is_answer, thief.burst(40, **with_cookie(good)))) <= 5
            assert sum(map(is_answer, thief.burst(40, **with_cookie(b"clientck" + b"\1" + bytes(15))))) <= 1
        assert front.stats()["COOKIES_FALSE"] >= 40


def test_no_cookie_is_sent_to_who_sent_none_or_when_switched_off():
    with Front(yaml="cookies: {enabled: no}") as front, Client(front, "127.1.0.1") as client:
        assert cookie_of(client.burst(1, **with_cookie(b"clientck"))[0]) is None
    with Front() as front, Client(front, "127.1.0.1") as client:
        assert not client.burst(1, use_edns=0)[0].options


def test_udp_flood_does_not_silence_tcp_from_the_same_address():
    with Front(yaml=rates(["/32 10/s 10"], ["/32 100/s 100"])) as front, Client(front, "127.1.0.1") as flood:
        flood.burst(500)
        with socket.socket() as sock:
            sock.bind(("127.1.0.1", 0))
            sock.settimeout(5)
            sock.connect(("127.0.0.1", front.port))
            for i in range(50):
                flood.send()
                sock.sendall(frame(query(f"t{i}.example")))
                assert is_answer(read_message(sock))


def test_tcp_over_its_rate_is_refused_and_then_closed():
    with Front(yaml=rates(["/32 1000/s 1000"], ["/32 1/s 10"])) as front, front.tcp() as sock:
        sock.sendall(b"".join(frame(query(f"t{i}.example", use_edns=0)) for i in range(300)))
        answers = []
        with pytest.raises((EOFError, ConnectionResetError)):
            while True:
                answers.append(read_message(sock))
        refused = [a for a in answers if a.rcode() == dns.rcode.REFUSED]
        assert 10 <= sum(map(is_answer, answers)) < 20
        assert len(refused) == 128 and ede_of(refused[0]) == [18]


# ---- what never gets in ---------------------------------------------------------------------------


def test_the_kernel_drops_what_is_no_query():
    with Front(yaml="rates: {mode: off}") as front, front.udp() as sock:
        header = struct.Struct("!6H")
        body = b"\1a\7example\0\0\1\0\1"
        for message in (b"", b"x" * 16, header.pack(7, 0x8180, 1, 0, 0, 0) + body,
                        header.pack(7, 0x0100, 0, 0, 0, 0) + body, header.pack(7, 0x0100, 0, 0, 0, 0)):
            sock.send(message)
        sock.send(query("a.example").to_wire())
        assert is_answer(dns.message.from_wire(sock.recv(65535)))
        assert front.stats()["UDP_QUERIES"] == 1, "we were not woken for the others"


@pytest.mark.parametrize("kernel", ["yes", "no"])
def test_reflection_ports_are_dropped(kernel):
    port = penstock.free_port()
    with Front(yaml=f"rates: {{mode: off}}, filter: {{kernel: {kernel}, ports: [{port}]}}") as front:
        with Client(front, "127.1.0.1", port) as client, Client(front, "127.1.0.1") as other:
            assert not client.burst(3)
            assert len(other.burst(3)) == 3
        assert front.stats()["why_MARTIAN"] == (3 if kernel == "no" else 0)


def test_the_filter_stays_when_the_front_comes_back():
    with Front(yaml="rates: {mode: off}") as front:
        front.say("respawn")
        front.expect("KILLED")
        front.expect("READY")
        with front.udp() as sock:
            sock.send(struct.pack("!6H", 7, 0x8180, 1, 0, 0, 0) + b"\1a\7example\0\0\1\0\1")
            sock.send(query("a.example").to_wire())
            assert is_answer(dns.message.from_wire(sock.recv(65535)))
        assert front.stats()["why_RESPONSE"] == 0


# ---- lines ----------------------------------------------------------------------------------------


def test_a_flood_in_line_does_not_delay_a_neighbour():
    yaml = "rates: {mode: off}, limits: {queue_per_prefix: 2000, upstream_connections: 1, upstream_in_flight: 64}"
    with Front(yaml=yaml, queries=4096, query_ms=30000) as front, \
            Client(front, "127.1.0.1") as flood, Client(front, "127.2.0.1") as neighbour:
        front.freeze()
        for _ in range(1500):
            flood.send()
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 1500)
        for _ in range(20):
            neighbour.send()
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 1520)
        assert 1520 - 64 < front.stats()["QUESTIONS_QUEUED"] <= 1520 - 48, "less than upstreams take is handed over"
        front.say("thaw")
        neighbour.sock.settimeout(20)
        for _ in range(20):
            assert is_answer(dns.message.from_wire(neighbour.sock.recv(65535)))
        assert sum(map(is_answer, flood.read())) == 1500


def test_a_network_cannot_take_all_places():
    yaml = "rates: {mode: off}, limits: {queue_per_prefix: 32, upstream_connections: 1, upstream_in_flight: 64}"
    with Front(yaml=yaml, queries=128) as front:
        front.freeze()
        with Client(front, "127.1.0.1") as flood:
            refused = flood.burst(100, use_edns=0)
            assert len(refused) == 68 and all(ede_of(a) == [14] for a in refused)
        assert front.stats()["why_PREFIX_FULL"] == 68
        front.say("thaw")


def test_a_full_table_makes_room_at_the_cost_of_who_has_most_in_line():
    yaml = "rates: {mode: off}, limits: {queue_per_prefix: 1000, upstream_connections: 1, upstream_in_flight: 64}"
    with Front(yaml=yaml, queries=128) as front, \
            Client(front, "127.1.0.1") as flood, Client(front, "127.2.0.1") as neighbour:
        front.freeze()
        for _ in range(128):
            flood.send()
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 128)
        for _ in range(10):
            neighbour.send()
        shed = flood.read()
        assert len(shed) == 10 and all(map(is_slip, shed)), "who is unproven is told to come over TCP"
        with socket.socket() as sock:
            sock.bind(("127.1.0.1", 0))
            sock.settimeout(5)
            sock.connect(("127.0.0.1", front.port))
            sock.sendall(frame(query("proven.example")))
            front.wait_for(lambda s: s["why_QUEUE_FULL"] == 11)
            front.say("thaw")
            assert is_answer(read_message(sock))
        assert sum(map(is_answer, neighbour.read())) == 10


def test_a_client_leaves_its_neighbours_room():
    """One address has all that its network may have: it gives way to others there, and only to them."""
    yaml = "rates: {mode: off}, limits: {queue_per_prefix: 40}"
    with Front(yaml=yaml, query_ms=30000) as front, Client(front, "127.1.0.1") as greedy, \
            Client(front, "127.1.0.2") as near, \
            Client(front, "127.1.0.3") as other:
        front.freeze()
        assert len(greedy.burst(60)) == 20, "it has the bound alone"
        near.burst(10)
        other.burst(10)
        shed = greedy.read()
        assert len(shed) == 20 and all(map(is_slip, shed)), "one for each of theirs"
        assert len(greedy.burst(5)) == 5, "refused: it has most"
        front.say("thaw")
        for client in (near, other):
            client.sock.settimeout(5)
            for _ in range(10):
                assert is_answer(dns.message.from_wire(client.sock.recv(65535)))
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 0)


@pytest.mark.parametrize("connections, in_flight, per_prefix", [(1, 64, 1024), (32, 1024, 1024), (32, 1024, 65536)])
def test_networks_that_ask_what_is_answered_late_delay_nobody(connections, in_flight, per_prefix):
    """All places that there are, or more than there are queries: some are kept."""
    yaml = f"rates: {{mode: off}}, limits: {{queue_per_prefix: {per_prefix}, " \
           f"upstream_connections: {connections}, upstream_in_flight: {in_flight}}}"
    with Front(yaml=yaml, queries=1024, query_ms=20000) as front:
        floods = [Client(front, f"127.{i}.0.1") for i in range(1, 13)]
        for i in range(200):
            for n, flood in enumerate(floods):
                flood.sock.send(query(f"delay-15000-{n}-{i}.example").to_wire())
        front.wait_for(lambda s: s["QUERIES_ALIVE"] + ended(s) == 2400 and s["QUERIES_ALIVE"] == 1024)
        took = []
        for i in range(40):  # an address of its own, the same again, a neighbour of a flooding one, its site
            for address in (f"127.1{i:02}.0.1", "127.99.0.1", "127.1.0.2", "127.1.1.1"):
                with Client(front, address) as honest:
                    honest.sock.settimeout(10)
                    begin = time.monotonic()
                    honest.sock.send(query(f"quick{i}-{address}.example").to_wire())
                    answer = dns.message.from_wire(honest.sock.recv(65535))
                    took.append(time.monotonic() - begin)
                    assert is_answer(answer), (address, answer)
        assert max(took) < 5, "none waited for the flood's answers"
        for flood in floods:
            flood.sock.close()


def inside(space, what):
    """Run it in a thread that lives in the namespace, as do the processes it starts."""
    with concurrent.futures.ThreadPoolExecutor(1, initializer=space.enter) as pool:
        return pool.submit(what).result(120)


def bound(address, port):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.settimeout(10)
    sock.bind((address, 0))
    sock.connect(("2001:db8:9::53", port))
    return sock


SITES = [f"2001:db8:1:{i:x}00::1" for i in range(60)]
OTHERS = ["2001:db8:2::1", "2001:db8:3::1"]


def sites_of_one_provider():
    yaml = ("rates: {mode: off}, filter: {kernel: no}, "
            "limits: {queue_per_prefix: 100, upstream_connections: 1, upstream_in_flight: 64}")
    with Front(listen=("2001:db8:9::53",), port=5300, yaml=yaml, queries=256, query_ms=20000) as front:
        socks = [bound(address, front.port) for address in SITES]
        for i in range(10):
            for n, sock in enumerate(socks):
                sock.send(query(f"delay-15000-{n}-{i}.example").to_wire())
        front.wait_for(lambda s: s["QUERIES_ALIVE"] + ended(s) == 600)
        for i in range(40):
            for n, address in enumerate(OTHERS):
                with bound(address, front.port) as sock:
                    sock.send(query(f"quick{i}-{n}.example").to_wire())
                    assert is_answer(dns.message.from_wire(sock.recv(65535)))


@pytest.mark.skipif(not can_make_one(), reason="network namespaces take root")
def test_many_networks_of_one_provider_take_no_more_than_one():
    """Turns and places at each prefix length: 60 /56 of one /48, and two others."""
    with Namespace() as space:
        for address in [*SITES, *OTHERS, "2001:db8:9::53"]:
            space.run("ip", "addr", "add", f"{address}/128", "dev", "lo", "nodad")
        inside(space, sites_of_one_provider)


def test_floods_into_a_frozen_upstream_leave_nothing_behind(late):
    with Front(yaml="rates: {mode: off}", query_ms=2000) as front:
        clients = [Client(front, f"127.{i}.0.1") for i in range(1, 51)]
        resident = []
        for turn in range(2):
            front.freeze()
            for _ in range(500):
                for client in clients:
                    client.send()
            full = front.wait_for(lambda s: s["QUERIES_ALIVE"] + ended(s) == s["UDP_QUERIES"])
            assert full["QUERIES_ALIVE"] <= 8192 and full["why_QUEUE_FULL"] > 0
            front.say("thaw")
            begin = time.monotonic()
            with Client(front, f"127.200.{turn}.1") as fresh:
                fresh.send()
                fresh.sock.settimeout(5)
                assert is_answer(dns.message.from_wire(fresh.sock.recv(65535)))
            assert time.monotonic() - begin < 1 + late()
            front.wait_for(lambda s: s["QUERIES_ALIVE"] == 0)
            resident.append(int(penstock.status_of(front.pid)["RssAnon"].split()[0]))
        assert resident[1] - resident[0] <= 64, "KiB: all is reserved; the ring, which is shared, aside"
        for client in clients:
            client.sock.close()


# ---- pace -----------------------------------------------------------------------------------------


def test_large_answers_leave_at_a_pace():
    yaml = "rates: {mode: off}, pacing: {rate: 20000, burst: 3000, wait: 300ms}"
    with Front(yaml=yaml) as front, Client(front, "127.1.0.1") as client, Client(front, "127.1.0.2") as same, \
            Client(front, "127.2.0.1") as other:
        begin = time.monotonic()
        for i in range(20):
            client.sock.send(query(f"size-1000-{i}.example", "TXT", use_edns=0, payload=1232).to_wire())
        whole, times = [], []
        client.sock.settimeout(1)
        for _ in range(20):
            message = dns.message.from_wire(client.sock.recv(65535))
            if not is_slip(message):
                whole.append(len(message.to_wire()))
                times.append(time.monotonic() - begin)
        octets = sum(whole)
        assert 3000 < octets <= 3000 + 20000 * 0.32 + 1200, octets
        assert octets <= 3000 + 20000 * (times[-1] + 0.02) + 1100, "the rate holds at any moment"
        assert len(whole) < 15 and times[-1] > 0.1
        stats = front.wait_for(lambda s: s["ANSWERS_HELD"] == 0)
        assert stats["why_PACE_SLIPPED"] == 20 - len(whole) and stats["PACED"] > 0 and stats["ANSWERS_HELD"] == 0
        other.sock.send(query("size-1000-x.example", "TXT", use_edns=0, payload=1232).to_wire())
        other.sock.settimeout(10)
        assert is_answer(dns.message.from_wire(other.sock.recv(65535))), "another network has a pace of its own"
        same.sock.close()


# ---- TCP slots ------------------------------------------------------------------------------------


def connect_from(front, address):
    sock = socket.socket()
    sock.bind((address, 0))
    sock.settimeout(5)
    sock.connect(("127.0.0.1", front.port))
    return sock


def is_closed(sock):
    sock.settimeout(2)
    try:
        return sock.recv(1) == b""
    except ConnectionError:
        return True
    except socket.timeout:
        return False


def test_honest_clients_connect_while_hundreds_sit_idle():
    yaml = "rates: {mode: off}, limits: {tcp_per_prefix: 64, tcp_new_per_s: 10000}"
    with Front(yaml=yaml, tcp_clients=64, tcp_idle_ms=20000) as front:
        mine = connect_from(front, "127.9.0.1")
        mine.sendall(frame(query("first.example")))
        assert is_answer(read_message(mine))
        idle = [connect_from(front, f"127.1.{i % 4}.{1 + i // 4}") for i in range(300)]
        front.wait_for(lambda s: s["TCP_CLIENTS"] == 64)
        for i in range(20):
            mine.sendall(frame(query(f"mine{i}.example")))
            assert is_answer(read_message(mine)), "one of 64 that are kept, because its network holds one"
            with connect_from(front, f"127.9.{i}.1") as fresh:
                fresh.sendall(frame(query(f"fresh{i}.example")))
                assert is_answer(read_message(fresh))
        stats = front.stats()
        assert stats["TCP_EVICTED"] >= 1 and stats["TCP_CLIENTS"] <= 64
        for sock in idle:
            sock.close()
        mine.close()


def test_a_connection_has_so_many_queries():
    with Front(yaml="rates: {mode: off}, limits: {tcp_queries: 10}") as front, front.tcp() as sock:
        sock.sendall(b"".join(frame(query(f"q{i}.example")) for i in range(15)))
        for _ in range(10):
            assert is_answer(read_message(sock))
        assert is_closed(sock)
        assert front.stats()["TCP_QUERIES"] == 10


def test_idle_time_shrinks_as_the_table_fills_and_keepalive_says_so(late):
    yaml = "rates: {mode: off}, limits: {tcp_per_prefix: 64, tcp_new_per_s: 10000}"
    with Front(yaml=yaml, tcp_clients=16, tcp_idle_ms=8000) as front:
        def told(sock):
            sock.sendall(frame(query("k.example", use_edns=0, options=[dns.edns.GenericOption(11, b"")])))
            return struct.unpack("!H", [o.to_wire() for o in read_message(sock).options if o.otype == 11][0])[0] * 100

        first = connect_from(front, "127.1.0.1")
        assert told(first) == 8000
        others = [connect_from(front, f"127.1.1.{i + 1}") for i in range(14)]
        front.wait_for(lambda s: s["TCP_CLIENTS"] == 15)
        assert told(first) == 1000
        begin = time.monotonic()
        assert is_closed(others[0]) and time.monotonic() - begin < 2 + late()
        for sock in others:
            sock.close()
        first.close()


def test_octets_one_by_one_are_not_read_for_ever():
    with Front(yaml="rates: {mode: off}, timeouts: {tcp_message: 60s}") as front, front.tcp() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with pytest.raises(ConnectionError):
            for octet in frame(query("a" * 60 + "." + "b" * 60 + ".example")):
                sock.sendall(bytes([octet]))
                time.sleep(0.002)
        assert front.stats()["TCP_SLOW"] == 1


# ---- ANY, and who we are --------------------------------------------------------------------------


def test_any_is_answered_with_one_record():
    with Front(yaml="rates: {mode: off}") as front, front.udp() as sock:
        sock.send(query("a.example", "ANY").to_wire())
        answer = dns.message.from_wire(sock.recv(65535))
        assert str(answer.answer[0][0]) == '"RFC8482" ""'
        assert front.stats()["fake_questions"] == 0
    with Front(yaml="rates: {mode: off}, local: {any: forward}") as front, front.udp() as sock:
        sock.send(query("a.example", "ANY").to_wire())
        assert dns.message.from_wire(sock.recv(65535)).answer
        assert front.stats()["fake_questions"] == 1


def test_our_name_is_told_only_if_there_is_one():
    def ask(front, name):
        message = dns.message.make_query(name, "TXT", rdclass="CH")
        with front.udp() as sock:
            sock.send(message.to_wire())
            return dns.message.from_wire(sock.recv(65535))
    with Front(yaml="rates: {mode: off}, local: {server_id: edge-7}") as front:
        assert str(ask(front, "id.server").answer[0][0]) == '"edge-7"'
        assert str(ask(front, "hostname.bind").answer[0][0]) == '"edge-7"'
        assert ask(front, "version.bind").rcode() == dns.rcode.REFUSED
    with Front(yaml="rates: {mode: off}") as front:
        assert ask(front, "id.server").rcode() == dns.rcode.REFUSED


# ---- reload ---------------------------------------------------------------------------------------


def reload(front, yaml):
    front.say("reload yaml=" + yaml)
    return front.expect("RELOADED")


def test_reload_changes_limits_and_keeps_levels():
    with Front(yaml=rates(["/32 1/s 20"], rates={"slip": 0})) as front, \
            Client(front, "127.1.0.1") as client, Client(front, "127.2.0.1") as other:
        assert 20 <= sum(map(is_answer, client.burst(50))) < 25
        assert reload(front, rates(["/32 2/s 20"], rates={"slip": 0})) == "RELOADED 0"
        assert sum(map(is_answer, client.burst(50))) < 5, "no fresh burst"
        assert reload(front, rates(["/32 1000/s 1000"], rates={"slip": 0})) == "RELOADED 0"
        assert sum(map(is_answer, client.burst(50))) == 50
        assert sum(map(is_answer, other.burst(50))) == 50


def test_reload_loses_no_query_under_way():
    with Front(yaml="rates: {mode: off}", query_ms=3000) as front, Client(front, "127.1.0.1") as client:
        for i in range(50):
            client.sock.send(query(f"delay-500-{i}.example").to_wire())
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 50)
        assert reload(front, "rates: {mode: off}, pacing: {enabled: no}") == "RELOADED 0"
        assert sum(map(is_answer, client.read(1.0))) == 50


def test_cookies_roll_over_with_a_reload():
    first, second = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"

    def yaml(**secrets):
        return rates(["/32 1/s 3"], ["/32 1000/s 1000"], rates={"slip": 0}, cookies=secrets)

    def is_valid(client, cookie):
        return cookie_of(client.burst(1, **with_cookie(cookie))[0]) == cookie

    with Front(yaml=yaml(secret=first)) as front, Client(front, "127.1.0.1") as client:
        old = cookie_of(client.burst(1, **with_cookie(b"clientck"))[0])
        assert reload(front, yaml(secret=first, staged_secret=second)) == "RELOADED 0"
        assert is_valid(client, old)
        assert reload(front, yaml(secret=second, previous_secret=first)) == "RELOADED 0"
        new = cookie_of(client.burst(1, **with_cookie(old))[0])
        assert new != old, "still a proof, and replaced"
        assert sum(map(is_answer, client.burst(20, **with_cookie(old)))) == 20
        assert reload(front, yaml(secret=second)) == "RELOADED 0"
        assert is_valid(client, new)
        assert sum(map(is_answer, client.burst(20, **with_cookie(old)))) < 5, "forgotten"


# ---- the whole service ----------------------------------------------------------------------------


def change(service, **settings):
    config = json.loads(service.file.read_text())
    for key, value in settings.items():
        config[key] = {**config[key], **value} if isinstance(config.get(key), dict) else value
    service.file.write_text(json.dumps(config))


def hup(service, pattern):
    before = len(service.log())
    service.process.send_signal(signal.SIGHUP)
    return penstock.wait_for(lambda: re.search(pattern, service.log()[before:]), 5, pattern).group(0)


class Load(threading.Thread):
    """Asks new names one after the other until it is told to stop."""

    def __init__(self, service, name, **options):
        super().__init__()
        self.service, self.name_format, self.options = service, name, options
        self.asked, self.lost, self.is_over = 0, [], False

    def run(self):
        while not self.is_over:
            self.asked += 1
            try:
                answer = self.service.ask(self.name_format.format(self.asked), **self.options)
                if answer.rcode() != dns.rcode.NOERROR:
                    self.lost.append(answer.to_text())
            except (dns.exception.DNSException, OSError, EOFError) as error:
                self.lost.append(repr(error))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.join(10)


def test_reloads_under_load_lose_nothing(serve, bad):
    service = serve(bad, settings={"rates": {"mode": "off"},
                                                          "limits": {"tcp_new_per_s": 100000}})
    with Load(service, "udp{}.example.example") as udp, Load(service, "tcp{}.example.example", tcp=True) as tcp:
        time.sleep(0.3)
        for i in range(3):
            change(service, limits={"queue_per_prefix": 512 + i}, rates={"mode": ["dry-run", "off", "enforce"][i]})
            assert "workers" not in hup(service, r"the new configuration is in force.*")
            time.sleep(0.2)
        change(service, rates={"mode": "off"})
        hup(service, "is in force")
        workers = service.pids()["worker"]
        change(service, timeouts={"connect": "1500ms"})
        assert "workers are replaced" in hup(service, r"the new configuration is in force.*")
        penstock.wait_for(lambda: service.pids()["worker"] not in ([], workers), 5, "another worker")
        time.sleep(0.5)
    assert udp.asked > 50 and tcp.asked > 20
    assert not udp.lost and not tcp.lost, (udp.lost[:3], tcp.lost[:3])
    assert "is started again" not in service.log(), "no failure was logged"


def test_a_bad_file_leaves_all_as_it_was(serve, bad):
    service = serve(bad)
    good = service.file.read_text()
    service.file.write_text(good.replace('"lanes": 1', '"lames": 1'))
    line = hup(service, r"the configuration stays as it is: .*")
    assert "lames" in line
    service.file.write_text("{")
    hup(service, r"the configuration stays as it is: .*")
    service.file.unlink()
    hup(service, r"the configuration stays as it is: .*No such file")
    service.file.write_text(good)
    assert service.ask("a.example.example").rcode() == dns.rcode.NOERROR
    hup(service, "is in force")
    assert service.ask("b.example.example").rcode() == dns.rcode.NOERROR


@pytest.mark.parametrize("what, settings", [
    ("listen", {"listen": ["127.0.0.1:1"]}), ("lanes", {"lanes": 2}), ("limits.queries", {"limits": {"queries": 100}}),
    ("limits.tcp_clients", {"limits": {"tcp_clients": 10}}), ("rates.entries", {"rates": {"entries": 128}}),
    ("cache.size", {"cache": {"size": "1MiB"}}), ("filter", {"filter": {"kernel": "no"}})])
def test_what_needs_a_restart_is_named(serve, bad, what, settings):
    service = serve(bad)
    change(service, **settings, log={"level": "debug"})
    line = hup(service, r"the configuration stays as it is: .*")
    assert what in line and "restart" in line
    assert service.ask("a.example.example").rcode() == dns.rcode.NOERROR


def cookie_from(service, source, options=b"clientck"):
    message = dns.message.make_query("c.example.example", "A", **with_cookie(options))
    answer = dns.query.udp(message, service.address, port=service.port, source=source, timeout=3)
    return cookie_of(answer)


def test_cookies_outlive_a_front_and_a_reload(serve, bad):
    service = serve(bad, settings={"rates": {"ipv4": ["/32 1/s 1"], "slip": 0}})
    cookie = cookie_from(service, "127.1.0.1")
    os.kill(service.pid_of("front"), signal.SIGKILL)
    service.wait_log("front.0 is ready.*\n(.*\n)*.*front.0 is ready")
    assert cookie_from(service, "127.1.0.1", cookie) == cookie, "repeated, so it was valid"
    hup(service, "is in force")
    assert cookie_from(service, "127.1.0.1", cookie) == cookie


def test_a_worker_knows_no_secret_of_cookies(serve, bad):
    secret = "5ec2e7000102030405060708090a0b0c"
    service = serve(bad, settings={"cookies": {"secret": secret}})
    raw = bytes.fromhex(secret)
    found = {}
    for role in ("front", "worker"):
        pid = service.pid_of(role)
        try:
            maps = [line.split() for line in open(f"/proc/{pid}/maps") if "penstock-config" in line]
            memory = open(f"/proc/{pid}/mem", "rb")
        except PermissionError:
            pytest.skip("reading memory of another process takes root")
        with memory:
            found[role] = False
            for span, *_ in maps:
                start, end = (int(part, 16) for part in span.split("-"))
                memory.seek(start)
                found[role] |= raw in memory.read(end - start)
    assert found == {"front": True, "worker": False}


def test_a_client_has_one_bucket_however_many_lanes_there_are(serve, bad):
    service = serve(bad, settings={"lanes": 2, "rates": {"ipv4": ["/32 1/s 40", "/24 1000/s 1000", "/20 1000/s 1000"],
                                                         "proven_ipv4": ["/32 1/s 40"], "slip": 0}})
    answered = {}
    for network in range(8):  # /20 each: more than one lane, whatever the key
        socks, begun = [], time.monotonic()
        for i in range(80):  # each from another port: without steering a coin for each
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((f"127.{network + 1}.0.1", 0))
            sock.connect((service.address, service.port))
            sock.send(dns.message.make_query(f"l{i}-{network}.example.example", "A").to_wire())
            socks.append(sock)
        penstock.wait_for(lambda: len(select.select(socks, [], [], 0)[0]) >= 40, 20, "answers for a whole burst")
        time.sleep(0.3)  # for those that must not come
        answered[network] = len(select.select(socks, [], [], 0)[0]) - int(time.monotonic() - begun)
        for sock in socks:
            sock.close()
    assert all(count < 46 for count in answered.values()), answered
    received = [int(values["udp_queries"]) for group, values in service.statistics()
                if group == "counters" and "udp_queries" in values]
    assert sum(received) == 8 * 80


def test_statistics_say_what_the_kernel_dropped(serve, bad):
    service = serve(bad)
    for _ in range(7):
        service.raw(b"\0\7\x81\x80\0\1\0\0\0\0\0\0\1a\7example\0\0\1\0\1", timeout=0.01)
    assert service.statistic("queues", "kernel_drops") == 7
    assert service.statistic("counters", "udp_queries") == 0


def test_lanes_answer_over_tcp_too(serve, bad):
    service = serve(bad, settings={"lanes": 2})
    for i in range(20):
        message = dns.message.make_query(f"t{i}.example.example", "A")
        answer = dns.query.tcp(message, service.address, port=service.port, source=f"127.{i}.0.1", timeout=3)
        assert answer.rcode() == dns.rcode.NOERROR

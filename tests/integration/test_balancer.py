"""Real balancers in front of penstock: dnsdist and haproxy say by PROXY headers who asks.

Each test has a network namespace in which 10/8 is local: clients have addresses of their own, the balancer asks penstock
from 127.0.0.1.
"""
import concurrent.futures
import itertools
import json
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest

import baddot
import conftest
import penstock
import proxy
from baddot import encoded
from namespace import Namespace, can_make_one
from penstock import records, wait_for
from pki import NAME

pytestmark = [pytest.mark.skipif(os.geteuid() != 0 or not can_make_one(), reason="network namespaces take root")]
HERE, OUTSIDE = "127.0.0.1", "10.255.0.53"
NETWORKS, CLIENTS = 100, 10  # and as many clients in each
NAMES = (f"n{i}.penstock.example" for i in itertools.count())
PLACES = itertools.count()
UNBOUND = ["192.0.2.1", "192.0.2.2"]  # what it has for every name


class Scene:
    """penstock, its upstream and the clients' network."""

    def __init__(self, pki, shared, upstream=baddot.Baddot, **settings):
        self.space = Namespace()
        try:
            self.space.run("ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo")
            self.folder = shared / f"balancer{next(PLACES)}"
            self.server = (baddot.Baddot(pki.good, namespace=self.space) if upstream is baddot.Baddot
                           else upstream(shared / f"balancer-upstream{next(PLACES)}", pki.good, wrap=self.space.wrap))
            upstream = {"name": "bad", "address": self.server.where, "tls_name": NAME, "pins": [pki.good.pin]}
            settings = {"proxy": [HERE], "acl": {"allow": ["127.0.0.0/8", "10.0.0.0/8"]}, "rates": {"mode": "enforce"},
                        "timeouts": None, **settings}
            self.service = penstock.Penstock(self.folder, [upstream], pki.authority.pem, settings=settings, wrap=self.space.wrap)
            self.pool = concurrent.futures.ThreadPoolExecutor(4, initializer=self.space.enter)
        except BaseException:
            self.space.close()
            raise
        self.balancers = []

    @property
    def where(self):
        return f"{HERE}:{self.service.port}"

    def begin(self, kind, **options):
        """A balancer that its own clients can use."""
        balancer = kind(self.folder / kind.__name__, OUTSIDE, self.where, self.space, **options)
        self.balancers.append(balancer)
        self.inside(wait_for, lambda: self.accepts(balancer), 15, f"{kind.__name__} serves")
        return balancer

    def accepts(self, balancer):
        assert balancer.process.poll() is None, balancer.log()
        with socket.socket() as sock:
            sock.settimeout(1)
            return sock.connect_ex((OUTSIDE, balancer.port)) == 0

    def inside(self, function, *arguments, **options):
        return self.pool.submit(function, *arguments, **options).result(120)

    def ask(self, balancer, client, query=None, tcp=False, timeout=5):
        ask = dns.query.tcp if tcp else dns.query.udp
        query = query or self.service.query(next(NAMES))
        return self.inside(ask, query, balancer.address, port=balancer.port, source=client, timeout=timeout)

    def served(self, balancer, client, tcp=False):
        """Until the balancer has found out that penstock is there."""
        def is_served():
            name = next(NAMES)
            try:
                answer = self.ask(balancer, client, self.service.query(name), tcp, 1)
            except (OSError, EOFError, dns.exception.Timeout):
                return False
            return answer.rcode() == dns.rcode.NOERROR and records(answer) in ([encoded(name)], UNBOUND)
        return wait_for(is_served, 20, "an answer through the balancer", 0.1)

    def count(self, name):
        return self.service.statistic("counters", name)

    def close(self):
        for balancer in self.balancers:
            balancer.close()
        self.pool.shutdown()
        self.service.kill()
        self.server.stop()
        self.space.close()


@pytest.fixture
def scene(pki, shared):
    made = []

    def make(**settings):
        made.append(Scene(pki, shared, **settings))
        made[-1].service.wait_ready()
        return made[-1]
    yield make
    for one in made:
        report = penstock.REPORT.search(one.service.log())
        one.close()
        assert not report, one.service.log()


# ---- dnsdist

@pytest.mark.smoke
def test_dnsdist_names_the_client_over_udp_and_tcp(scene):
    """The access list is the client's; the health checks are the balancer's own."""
    here = scene(acl={"allow": ["127.0.0.0/8", "10.1.0.0/16"]})
    balancer = here.begin(proxy.Dnsdist)
    assert here.served(balancer, "10.1.0.1") and here.served(balancer, "10.1.0.1", tcp=True)
    for tcp in (False, True):
        before = here.service.statistic("ends", "acl") + here.count("tcp_refused")
        with pytest.raises((OSError, EOFError, dns.exception.Timeout)):
            here.ask(balancer, "10.2.0.1", tcp=tcp, timeout=0.5)
        wait_for(lambda: here.service.statistic("ends", "acl") + here.count("tcp_refused") > before, 5, "that it is refused")
    assert here.count("proxy_clients") >= 2 and here.count("proxy_local") >= 1
    assert all(here.count(f"proxy_{why}") == 0 for why in ("missing", "version", "malformed", "address", "stray"))


def test_a_cookie_proves_the_client_behind_dnsdist(scene):
    here = scene()
    balancer = here.begin(proxy.Dnsdist)
    here.served(balancer, "10.1.0.1")

    def ask(client, cookie):
        query = here.service.query(next(NAMES), options=[dns.edns.GenericOption(10, cookie)])
        answer = here.ask(balancer, client, query)
        return next(option.data if hasattr(option, "data") else option.to_wire() for option in answer.options if option.otype == 10)
    cookie = ask("10.1.0.1", b"8 octets")
    before = here.count("cookies_valid"), here.count("cookies_false")
    ask("10.1.0.1", cookie)
    assert (here.count("cookies_valid"), here.count("cookies_false")) == (before[0] + 1, before[1])
    ask("10.1.0.2", cookie)
    assert (here.count("cookies_valid"), here.count("cookies_false")) == (before[0] + 1, before[1] + 1)


def test_a_balancer_that_is_not_listed_is_not_believed(scene):
    here = scene(proxy=["127.0.0.9"])
    balancer = here.begin(proxy.Dnsdist)
    with pytest.raises((OSError, EOFError, dns.exception.Timeout)):
        here.ask(balancer, "10.1.0.1", timeout=1)
    wait_for(lambda: here.count("proxy_stray") > 0, 10, "a header of who is not listed")
    assert here.count("proxy_clients") == 0


# ---- one floods

class Asker:
    """Clients that each ask so many times, in all so many a second; which of them got no good answer."""

    def __init__(self, balancer, clients, times, per_s):
        self.balancer, self.times, self.per_s = balancer, times, per_s
        self.socks = {}
        for client in clients:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((client, 0))
            sock.connect((balancer.address, balancer.port))
            sock.setblocking(False)
            self.socks[client] = sock
        self.of = {sock.fileno(): client for client, sock in self.socks.items()}
        self.lost = {}

    def take(self, poll, wait_s):
        for fd, _ in poll.poll(wait_s * 1000):
            client = self.of[fd]
            try:
                answer = dns.message.from_wire(self.socks[client].recv(4096))
            except OSError:
                continue
            if answer.rcode() == dns.rcode.NOERROR and records(answer) == UNBOUND:
                self.lost.pop((client, answer.question[0].name.to_text(omit_final_dot=True)), None)

    def run(self, seconds_after=5):
        poll = select.poll()
        for sock in self.socks.values():
            poll.register(sock, select.POLLIN)
        todo = list(self.socks) * self.times
        random.Random(7).shuffle(todo)
        begin = time.monotonic()
        for i, client in enumerate(todo):
            name = next(NAMES)
            self.lost[client, name] = True
            self.socks[client].send(dns.message.make_query(name, "A", use_edns=0).to_wire())
            while (left := begin + (i + 1) / self.per_s - time.monotonic()) > 0:
                self.take(poll, left)
        end = time.monotonic() + seconds_after
        while self.lost and time.monotonic() < end:
            self.take(poll, 0.1)
        for sock in self.socks.values():
            sock.close()
        return len(todo)


FLOOD = """
import dns.message, socket, sys, time
client, address, port, per_s = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
query = dns.message.make_query("flood.penstock.example", "A").to_wire()
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((client, 0))
sock.connect((address, port))
begin, sent = time.monotonic(), 0
while True:
    due = int((time.monotonic() - begin) * per_s)
    for _ in range(min(due - sent, 64)):
        sock.send(query)
    sent = due
    time.sleep(0.001)
"""


def crowd_and_flood(here, balancer):
    """One client asks so many a second for one name, and reads no answer; the others ask three times each.
    @return (queries of the others, those of them without a good answer, queries of all clients that penstock was asked)"""
    clients = [f"10.{net}.0.{host}" for net in range(1, NETWORKS + 1) for host in range(1, CLIENTS + 1)]
    flood = subprocess.Popen([*here.space.wrap, sys.executable, "-c", FLOOD, clients[0], balancer.address, str(balancer.port), "4000"])
    try:
        wait_for(lambda: here.count("udp_queries") > 4000, 30, "the flood goes on")
        asker = here.inside(Asker, balancer, clients[1:], 3, 500)
        asked = here.inside(asker.run)
    finally:
        flood.kill()
        flood.wait()
    return asked, asker.lost, here.count("udp_queries")


@pytest.mark.smoke
def test_1000_clients_of_100_networks_and_one_floods(scene):
    """The others lose nothing, those of its own network included."""
    here = scene(upstream=conftest.Unbound)
    balancer = here.begin(proxy.Dnsdist)
    here.served(balancer, "10.100.0.10")
    asked, lost, came = crowd_and_flood(here, balancer)
    cut = here.service.statistic("ends", "rate_dropped") + here.service.statistic("ends", "rate_slipped")
    print(f"{asked} queries of {NETWORKS * CLIENTS - 1} clients, {len(lost)} lost; {came} came in all, of which {cut} were cut")
    assert not lost, f"{len(lost)} of {asked}: {list(lost)[:10]}"
    assert cut > (came - asked) / 4


def test_without_headers_the_flood_takes_the_others_with_it(scene):
    """The same, and the balancer is one client: so the test above can fail."""
    here = scene(upstream=conftest.Unbound, proxy=[])
    balancer = here.begin(proxy.Dnsdist, says_who=False)
    here.served(balancer, "10.100.0.10")
    asked, lost, _ = crowd_and_flood(here, balancer)
    print(f"{asked} queries, {len(lost)} lost")
    assert len(lost) > asked / 10


# ---- haproxy

@pytest.mark.smoke
@pytest.mark.parametrize("how", ["send-proxy-v2 check-send-proxy", "send-proxy-v2 proxy-v2-options crc32c,unique-id check-send-proxy"])
def test_haproxy_names_the_client(scene, how):
    here = scene(acl={"allow": ["127.0.0.0/8", "10.1.0.0/16"]})
    balancer = here.begin(proxy.Haproxy, how=how)
    assert here.served(balancer, "10.1.0.1", tcp=True)
    with pytest.raises((OSError, EOFError)):
        here.ask(balancer, "10.2.0.1", tcp=True)
    wait_for(lambda: here.count("proxy_local") > 0, 10, "a health check")
    assert here.count("proxy_clients") >= 2
    assert all(here.count(f"proxy_{why}") == 0 for why in ("missing", "version", "malformed", "address", "stray"))


def test_version_1_is_refused_in_words(scene):
    here = scene()
    balancer = here.begin(proxy.Haproxy, how="send-proxy")
    with pytest.raises((OSError, EOFError)):
        here.ask(balancer, "10.1.0.1", tcp=True)
    wait_for(lambda: here.count("proxy_version") > 0, 10, "its header is counted")
    assert "127.0.0.1" in here.service.log() and "sent a PROXY header of another version than 2: its connection" in here.service.log()


def test_a_balancer_without_headers_is_told(scene):
    here = scene()
    balancer = here.begin(proxy.Haproxy, how="")
    with pytest.raises((OSError, EOFError)):
        here.ask(balancer, "10.1.0.1", tcp=True)
    wait_for(lambda: here.count("proxy_missing") > 0, 10, "that it is missed")
    here.service.wait_log("listed in proxy, sent no PROXY header: its connection is dropped")


def test_bounds_of_connections_are_the_clients(scene):
    """One client behind haproxy takes as many places as one may, and the next finds its own."""
    here = scene(limits={"tcp_per_prefix": 4, "tcp_clients": 64}, timeouts={"tcp_idle": "10s"})
    balancer = here.begin(proxy.Haproxy)
    here.served(balancer, "10.1.0.1", tcp=True)

    def take_places():
        taken = [socket.create_connection((OUTSIDE, balancer.port), 5, ("10.1.0.1", 0)) for _ in range(20)]
        query = here.service.query("localhost").to_wire()
        for sock in taken:
            sock.sendall(struct.pack("!H", len(query)) + query)
        return taken
    taken = here.inside(take_places)
    wait_for(lambda: here.count("tcp_parked") > 0, 5, "some have to wait")
    assert here.count("tcp_clients") <= 5
    assert here.ask(balancer, "10.2.0.1", here.service.query("localhost"), tcp=True).rcode() == dns.rcode.NOERROR
    for sock in taken:
        sock.close()


# ---- what is told, and a change

def test_networks_are_told_by_client_and_a_reload_changes_the_list(scene, place):
    from test_ctl import ctl
    here = scene(control={"socket": str(place), "readers": ["games"]})
    balancer = here.begin(proxy.Dnsdist)
    here.served(balancer, "10.7.0.1")

    def is_told():
        for _ in range(64):
            here.ask(balancer, "10.7.0.1")
        rows = json.loads(ctl(place, "networks", "--json", status=0).stdout)["queries"]
        return any(row["network"] == "10.7.0.1/32" for row in rows)
    wait_for(is_told, 60, "the client's network is told")
    here.service.config["proxy"] = ["127.0.0.9"]
    here.service.file.write_text(json.dumps(here.service.config))
    ctl(place, "reload", status=0)
    before = here.count("proxy_stray")
    with pytest.raises((OSError, EOFError, dns.exception.Timeout)):
        here.ask(balancer, "10.7.0.1", timeout=0.5)
    assert here.count("proxy_stray") > before
    here.service.config["proxy"] = []
    here.service.file.write_text(json.dumps(here.service.config))
    assert "the first or last entry of proxy" in ctl(place, "reload", status=None).stdout + here.service.log()

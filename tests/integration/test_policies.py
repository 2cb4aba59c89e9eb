"""The shipped policies: each line explained, each started as it is shipped, attacked, and still there afterwards.

The file itself is not touched: what the documentation asks an operator to fill in (pins), and the places that a test
cannot have (port 53, public resolvers, the account penstock), come from the environment, as penstock.yaml(5) says.
"""
import concurrent.futures
import contextlib
import itertools
import os
import pathlib
import socket
import ssl
import struct
import subprocess

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

import baddot
import penstock
import proxy
from baddot import encoded
from namespace import Namespace, can_make_one
from penstock import ede, is_servfail, records, wait_for
from pki import NAME

POLICIES = ("closed", "edge", "strict", "local", "behind-balancer")
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "policy"
HERE = "127.0.0.1"
# an address that it does not serve
STRANGER = {"closed": "198.51.100.9", "edge": "240.0.0.9", "strict": "198.51.100.9", "local": "198.51.100.9", "behind-balancer": "198.51.100.9"}
BALANCER = "127.99.9.9"
COUNT = itertools.count()


# ---- each line explained

def unexplained(text):
    """Lines with a value that have no comment beside them and none right above."""
    lines = text.splitlines()
    return [f"{number}: {line}" for number, line in enumerate(lines, 1)
            if line.strip() and not line.lstrip().startswith("#") and not line.rstrip().endswith(":")
            and " #" not in line and not (number > 1 and lines[number - 2].lstrip().startswith("#"))]


@pytest.mark.parametrize("policy", POLICIES)
def test_each_line_is_explained(policy):
    assert unexplained((FOLDER / f"{policy}.yaml").read_text()) == []


def test_a_line_that_nobody_explains_is_found():
    assert unexplained("# why\na: 1\nb: 2 # why\ngroup:\n  c: 3\n") == ["5:   c: 3"]


# ---- started and attacked

class Shipped(penstock.Penstock):
    """A policy as it is shipped, in a network of its own with clients and upstreams beside it."""

    def __init__(self, folder, policy, servers, pki, space):
        self.folder, self.address, self.expect_jail, self.config = folder, HERE, True, {"lanes": 1}
        folder.mkdir()
        self.port = penstock.free_port()
        self.file = FOLDER / f"{policy}.yaml"
        self.log_file = folder / "penstock.log"
        pins = ",".join(certificate.pin for certificate in (pki.good, pki.wrong_name, pki.expired))
        more = {"PROXY": BALANCER} if policy == "behind-balancer" else {}  # every other address asks for itself
        settings = {**more, "LISTEN": f"{HERE}:{self.port}", "LANES": "1", "USER": "nobody", "TLS_CA_FILE": str(pki.authority.pem)}
        for i, server in enumerate(servers):
            settings.update({f"UPSTREAMS_{i}_ADDRESS": server.where, f"UPSTREAMS_{i}_TLS_NAME": NAME,
                             f"UPSTREAMS_{i}_PINS": pins})
        environment = penstock.plain_environment(**{f"PENSTOCK_{key}": value for key, value in settings.items()})
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([*space.wrap, penstock.EXECUTABLE, "-c", self.file, "-v"], env=environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)


class Scene:
    """One policy under attack. Its steps run in a thread that lives in the network namespace."""

    def __init__(self, policy, pki, shared, space):
        self.policy, self.pki = policy, pki
        space.run("ip", "addr", "add", f"{STRANGER[policy]}/32", "dev", "lo")
        self.servers = [baddot.Baddot(pki.good, namespace=space) for _ in range(2 if policy == "edge" else 1)]
        self.service = Shipped(shared / f"policy-{policy}-{next(COUNT)}", policy, self.servers, pki, space)
        self.names = (f"honest{i}.penstock.example" for i in itertools.count())

    def ask(self, name, kind="A", source=None, timeout=5, **options):
        query = self.service.query(name, kind, **options)
        return dns.query.udp(query, HERE, port=self.service.port, source=source, timeout=timeout)

    def is_served(self, source="127.77.7.7"):
        """An honest client from elsewhere gets what the upstream says of its question."""
        name = next(self.names)
        answer = self.ask(name, "TXT", source=source)
        return records(answer) == [encoded(name, "TXT")]

    def silence(self, source):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((source, 0))
            sock.settimeout(0.3)
            sock.sendto(self.service.query("secret.penstock.example").to_wire(), (HERE, self.service.port))
            with pytest.raises(socket.timeout):
                sock.recv(4096)

    def sum_of(self, *names):
        return sum(self.service.statistic("ends", name) for name in names)

    # ---- the attacks

    def a_stranger_gets_nothing(self):
        before = sum(len(server.queries) for server in self.servers)
        self.silence(STRANGER[self.policy])
        wait_for(lambda: self.sum_of("acl", "martian") >= 1, 5, "the count of a stranger")
        assert sum(len(server.queries) for server in self.servers) == before

    def a_flood_is_cut(self):
        """One address asks far above its rate: of what is beyond, every second query is told to use TCP, and the others
        get nothing. Each costs half a query: a host must be slow indeed to keep below the limit."""
        query = self.service.query("version.bind", "TXT", rdclass="CH").to_wire()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.1.1.1", 0))
            sock.connect((HERE, self.service.port))

            def cut():
                for _ in range(8000):
                    sock.send(query)
                return self.sum_of("rate_dropped") >= 100 and self.sum_of("rate_slipped") >= 100
            wait_for(cut, 30, "a flood to be cut")
        assert self.is_served()

    def odd_questions(self):
        before = sum(len(server.queries) for server in self.servers)
        assert records(self.ask("any.penstock.example", "ANY")) == ['"RFC8482" ""']
        assert self.ask("class.penstock.example", rdclass="CH").rcode() == dns.rcode.REFUSED
        assert records(self.ask("a.localhost")) == ["127.0.0.1"]
        assert self.ask("printer.local").rcode() == dns.rcode.NXDOMAIN
        assert self.ask("1.0.168.192.in-addr.arpa", "PTR").rcode() == dns.rcode.NXDOMAIN
        assert sum(len(server.queries) for server in self.servers) == before, "asked of an upstream"

    def rebinding(self):
        """This server encodes names as 10.x.y.z: strict alone refuses that."""
        answer = self.ask("inside.penstock.example")
        if self.policy == "strict":
            assert is_servfail(answer) and ede(answer) == [15]
        else:
            assert records(answer) == [encoded("inside.penstock.example")]

    def connections(self):
        """One network takes as many places as one may have; others find theirs."""
        query = self.service.query("localhost").to_wire()
        taken = []
        for i in range(100):
            sock = socket.socket()
            sock.settimeout(2)
            sock.bind((f"127.5.5.{1 + i % 200}", 0))
            taken.append(sock)
            try:
                sock.connect((HERE, self.service.port))
            except OSError:
                pass
        wait_for(lambda: self.service.statistic("counters", "tcp_clients") <= 64, 10, "its connections to be bounded")
        with socket.create_connection((HERE, self.service.port), 5, ("127.66.6.6", 0)) as mine:
            mine.sendall(struct.pack("!H", len(query)) + query)
            assert len(mine.recv(2)) > 0
        for sock in taken:
            sock.close()

    def false_upstreams(self):
        """Only the named thing is wrong: the keys of the first two are pinned. No octet of a query leaves."""
        only_12 = {"versions": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)}
        for what, certificate, more, words in (
                ("key", self.pki.rotated, {}, "no pin of 3 matches"), ("name", self.pki.wrong_name, {}, "is not for"),
                ("date", self.pki.expired, {}, "expired"), ("version", self.pki.good, only_12, "does not speak a TLS version")):
            before, log = [server.plaintext for server in self.servers], len(self.service.log())
            for server in self.servers:
                server.refuse()
                server.present(certificate, **more)
                server.listen_again()
            wait_for(lambda: self.is_refused(words, log), 30, f"a refusal because of its {what}")
            assert is_servfail(self.ask(f"secret-{what}.penstock.example", "TXT", timeout=10))
            assert [server.plaintext for server in self.servers] == before, f"octets left to a server of a wrong {what}"
        for server in self.servers:
            server.refuse()
            server.present(self.pki.good)
            server.listen_again()
        wait_for(self.is_served, 30, "an answer of the right server")

    def is_refused(self, words, log):
        """Every upstream was tried and refused in these words since; a question makes it dial."""
        self.ask("dial.penstock.example", "TXT", timeout=10)
        text = self.service.log()[log:]
        return text.count(words) >= len(self.servers)

    def behind_a_balancer(self):
        """A client that floods behind the balancer is cut, and the others behind it are not."""
        if self.policy != "behind-balancer":
            return
        query = self.service.query("version.bind", "TXT", rdclass="CH").to_wire()
        with contextlib.ExitStack() as stack:
            flood, sock = (stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2))
            for each in (flood, sock):
                each.bind((BALANCER, 0))
                each.connect((HERE, self.service.port))
            sock.settimeout(5)

            def is_served(client):
                name = next(self.names)
                sock.send(proxy.header(client) + self.service.query(name, "TXT").to_wire())
                return records(dns.message.from_wire(sock.recv(65535))) == [encoded(name, "TXT")]

            def cut():
                for _ in range(8000):
                    flood.send(proxy.header("10.1.1.1") + query)
                return self.sum_of("rate_dropped") >= 100
            assert is_served("10.1.1.1")
            wait_for(cut, 30, "a flood behind a balancer to be cut")
            assert is_served("10.1.1.2") and is_served("fd00::1")
            before = self.sum_of("proxy")
            sock.send(query)
            sock.send(proxy.header("198.51.100.9")[:20])
            wait_for(lambda: self.sum_of("proxy") == before + 2, 5, "what has no header to be counted")
            assert "listed in proxy, sent no PROXY header" in self.service.log()

    def run(self):
        self.service.wait_ready()
        assert self.is_served()
        for attack in (self.odd_questions, self.rebinding, self.a_stranger_gets_nothing, self.connections,
                       self.false_upstreams, self.behind_a_balancer, self.a_flood_is_cut):
            attack()
            assert self.is_served(), attack.__name__
        assert self.service.stop() == 0

    def end(self):
        if self.service.process.poll() is None:
            self.service.kill()
        for server in self.servers:
            server.stop()


@pytest.mark.skipif(os.geteuid() != 0 or not can_make_one(), reason="network namespaces take root")
@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_holds_under_attack(policy, pki, shared):
    with Namespace() as space:
        scene = Scene(policy, pki, shared, space)
        try:
            with concurrent.futures.ThreadPoolExecutor(1, initializer=space.enter) as pool:
                pool.submit(scene.run).result(150)
        except BaseException:
            print(scene.service.log()[-6000:])
            raise
        finally:
            scene.end()

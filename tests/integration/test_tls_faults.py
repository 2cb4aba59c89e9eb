"""What goes wrong in TLS is told in words, with whose doing it is; and what our TLS library cannot do is no loop."""
import re
import ssl
import subprocess
import threading
import time

import pki as pki_module
import pytest
from baddot import encoded
from conftest import upstream
from penstock import free_port, is_servfail, records, wait_for
from tls_peers import Process, answer_wire, frames, program

BOTH = {"tls": {"versions": ["1.2", "1.3"]}}


@pytest.fixture(scope="module")
def odd(shared):
    """Certificates that few servers have."""
    class Odd:
        folder = shared / "odd"
        authority = pki_module.Authority(folder, "odd")
        ed = pki_module.Authority(folder, "ed", kind="ed25519")
        ed_key = authority.issue("ed_key", kind="ed25519")
        ed_signed = ed.issue("ed_signed")
        critical = authority.issue("critical", extensions=["1.2.3.4=critical,ASN1:UTF8String:x"])
        for_clients = authority.issue("for_clients", extensions=["extendedKeyUsage=clientAuth"])
        for_mail = authority.issue("for_mail", extensions=["keyUsage=keyEncipherment"])
        no_names = authority.issue("no_names", names=())
        address = authority.issue("address", names=("IP:127.0.0.1",))
        elsewhere = authority.issue("elsewhere", names=("IP:127.0.0.2",))
    certificate = Odd.authority.issue("large")
    certificate.chain.write_text(certificate.chain.read_text() + 40 * Odd.authority.pem.read_text())
    Odd.large = certificate
    many = Odd.authority.issue("many")
    many.chain.write_text(many.chain.read_text() + 9 * Odd.authority.pem.read_text())
    Odd.many = many
    for path in Odd.folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return Odd


def entry(bad, certificate, **more):
    made = {"name": "first", "address": bad.where, "tls_name": pki_module.NAME, "verify": "pin+ca",
            "pins": [certificate.pin], **more}
    return {key: value for key, value in made.items() if value is not None}


WORDS = [
    ("large", r"octets; our TLS library takes up to 16384"),
    ("critical", r"cannot be read by our TLS library"),
    ("ed_key", r"Ed25519"),
    ("ed_signed", r"Ed25519"),
    ("many", r"more than 10 certificates"),
]


@pytest.mark.parametrize("versions", [["1.3"], ["1.2"]], ids=["13", "12"])
@pytest.mark.parametrize("which,words", WORDS, ids=[which for which, _ in WORDS])
def test_what_our_library_cannot_do_is_not_the_servers_fault(serve, bad, odd, which, words, versions):
    certificate = getattr(odd, which)
    bad.present(certificate)
    service = serve([entry(bad, certificate)], ca_file=odd.authority.pem, settings={"tls": {"versions": versions}})
    service.wait_log(r"warning worker.0 upstream_\w+: upstream first: .*" + words)
    assert is_servfail(service.ask("none.penstock.example"))
    assert "broke the TLS protocol" not in service.log()
    assert bad.plaintext == 0


@pytest.mark.parametrize("versions", [["1.3"], ["1.2"]], ids=["13", "12"])
def test_a_demand_for_our_certificate_is_a_warning(serve, bad, pki, versions):
    """In TLS 1.3 the server says so after our handshake is done."""
    bad.context.verify_mode = ssl.CERT_REQUIRED
    bad.context.load_verify_locations(pki.authority.pem)
    service = serve(bad, settings={"tls": {"versions": versions}})
    service.wait_log(r"warning worker.0 upstream_down: upstream first: the server demands a certificate of its clients")
    assert is_servfail(service.ask("none.penstock.example"))


@pytest.mark.parametrize("policy", [{"verify": "ca", "pins": None}, {"verify": "pin+ca"}, {"verify": "pin"}],
                         ids=["ca", "pin+ca", "issuer"])
@pytest.mark.parametrize("which", ["for_clients", "for_mail"])
def test_a_certificate_for_another_use_is_refused(serve, bad, odd, which, policy):
    certificate = getattr(odd, which)
    bad.present(certificate)
    pins = [odd.authority.pin] if policy["verify"] == "pin" else [certificate.pin]
    service = serve([entry(bad, certificate, **{"pins": pins, **policy})], ca_file=odd.authority.pem)
    service.wait_log(r"is not for TLS servers")
    assert is_servfail(service.ask("none.penstock.example"))
    assert bad.plaintext == 0


@pytest.mark.parametrize("policy", [{"verify": "ca", "pins": None}, {"verify": "pin+ca"}], ids=["ca", "pin+ca"])
def test_a_name_in_the_subject_does_not_count(serve, bad, odd, policy):
    bad.present(odd.no_names)
    service = serve([entry(bad, odd.no_names, **policy)], ca_file=odd.authority.pem)
    service.wait_log(r"is not for dot.example: it has no subjectAltName, .*RFC 9525")
    assert is_servfail(service.ask("none.penstock.example"))
    assert bad.plaintext == 0


@pytest.mark.parametrize("tls_name", [None, "127.0.0.1"], ids=["absent", "address"])
def test_a_certificate_for_the_address(serve, bad, odd, tls_name):
    bad.present(odd.address)
    service = serve([entry(bad, odd.address, tls_name=tls_name, verify="ca", pins=None)], ca_file=odd.authority.pem)
    assert records(service.ask("by-address.penstock.example")) == [encoded("by-address.penstock.example")]
    assert all(h.sni == "" for h in bad.handshakes)
    warned = "no tls_name, so that its certificate must be for the address 127.0.0.1" in service.log()
    assert warned == (tls_name is None)


@pytest.mark.parametrize("which", ["elsewhere", "no_names"])
def test_a_certificate_for_another_address_is_refused(serve, bad, odd, which):
    certificate = getattr(odd, which)
    bad.present(certificate)
    service = serve([entry(bad, certificate, tls_name=None)], ca_file=odd.authority.pem)
    service.wait_log(r"is not for 127.0.0.1")
    assert is_servfail(service.ask("none.penstock.example"))
    assert bad.plaintext == 0


class Rekeying:
    """s_server, which changes its keys on the command "k" at the beginning of a line."""

    def __init__(self, folder, certificate, at_once, *more):
        folder.mkdir()
        self.port, self.at_once = free_port(), at_once
        self.connections = self.rekeyed = 0
        self.process = Process(
            [program("openssl"), "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", certificate.chain,
             "-cert_chain", certificate.chain, "-key", certificate.key, *more], folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lock = threading.Lock()
        threading.Thread(target=self.serve, daemon=True).start()

    def send(self, data):
        with self.lock:
            self.process.process.stdin.write(data)
            self.process.process.stdin.flush()

    def rekey(self):
        self.rekeyed += 1
        self.send(b"k\n")

    def serve(self):
        """What it prints of a connection ends with a line about renegotiation; then comes what was decrypted."""
        mark = re.compile(rb"Secure Renegotiation IS supported\n|This TLS version forbids renegotiation\.\n")
        rest, is_open = b"", False
        try:
            while data := self.process.process.stdout.read1(65536):
                rest += data
                while found := mark.search(rest):
                    rest = rest[found.end():]
                    is_open = True
                    self.connections += 1
                    if self.at_once:
                        self.rekey()
                if is_open and not rest.startswith((b"ERROR", b"DONE", b"shutting", b"CONNECTION")):
                    whole, rest = frames(rest)
                    for wire in whole:
                        self.send(answer_wire(wire))
        except (OSError, ValueError):
            pass

    def stop(self):
        self.process.stop()


@pytest.fixture
def rekeying(shared, pki, request):
    made = []

    def make(at_once, *more):
        made.append(Rekeying(shared / f"rekey-{request.node.name}-{len(made)}", pki.good, at_once, *more))
        return made[-1]
    yield make
    for server in made:
        server.stop()


def test_a_server_that_begins_with_keyupdate_is_no_loop(serve, pki, rekeying):
    """In TLS 1.3 it cannot be heard; it is left alone for a minute, and the log says what would help."""
    server = rekeying(True)
    service = serve([upstream(f"127.0.0.1:{server.port}", pki)])
    for i in range(3):
        assert is_servfail(service.ask(f"lost{i}.penstock.example"))
    service.wait_log(r"warning .*upstream first: the server changed its keys \(KeyUpdate\), .* not asked for 60 s")
    before = server.connections
    time.sleep(3)  # what must not happen has no event to wait for
    assert server.connections == before <= 2
    assert "broke the TLS protocol" not in service.log()


def test_a_server_that_begins_with_keyupdate_is_asked_in_12(serve, pki, rekeying):
    server = rekeying(True)
    service = serve([upstream(f"127.0.0.1:{server.port}", pki)], settings=BOTH)
    service.wait_log(r"notice .*upstream first: .*KeyUpdate.* it is asked in TLS 1.2 from now on")
    service.wait_log(r"upstream first: connected, TLS 1.2")
    assert server.connections <= 3


def test_a_server_that_begins_with_keyupdate_and_refuses_12_is_no_loop(serve, pki, rekeying):
    server = rekeying(True, "-no_tls1_2")
    service = serve([upstream(f"127.0.0.1:{server.port}", pki)], settings=BOTH)
    service.wait_log(r"upstream first: the server (refused|does not speak a TLS version we allow)")
    service.wait_log(r"warning .*upstream first: the server changed its keys \(KeyUpdate\), .* not asked for 60 s")
    before = server.connections
    assert is_servfail(service.ask("lost.penstock.example"))
    time.sleep(3)  # what must not happen has no event to wait for
    assert server.connections == before <= 3


def test_keyupdate_after_answers_is_not_noticed(serve, pki, rekeying):
    server = rekeying(False)
    service = serve([upstream(f"127.0.0.1:{server.port}", pki)],
                    settings={"limits": {"upstream_connections": 1}, "timeouts": {"query": "5s"}})
    for i in range(12):
        name = f"kept{i}.penstock.example"
        assert records(service.ask(name, timeout=8)) == [encoded(name)]
        if i % 4 == 1:
            server.rekey()
            wait_for(lambda n=server.rekeyed: service.log().count("a new connection is made") >= n, 5, "the end")
    assert server.rekeyed == 3
    assert service.statistic("upstream", "failures") == 0

"""docs/dnssec.md as it is printed: a validating resolver behind us, one in front of us, and delv through us."""
import re
import shutil
import subprocess

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import penstock
import pytest
import unbound_process
from conftest import COUNT, upstream
from penstock import TOP, ede, is_servfail, records
from unbound_process import ENVIRONMENT

ZONE = "signed.example"
TRUE, FORGED = "192.0.2.7", "192.0.2.66"
SOURCE = f"""$TTL 300
@ IN SOA ns hostmaster 1 3600 600 86400 300
@ IN NS ns
ns IN A 192.0.2.53
www IN A {TRUE}
blocked IN A {TRUE}
bogus IN A {TRUE}
"""
DOCUMENT = (TOP / "docs/dnssec.md").read_text()
BEHIND, IN_FRONT = re.findall(r"^```unbound\n(.*?)^```$", DOCUMENT, re.M | re.S)


def put_in(text, **values):
    """A block of the document with values of this machine in place of its own; each must stand there."""
    for was, now in values.items():
        pattern = {"address": r"192\.0\.2\.53@853", "key": r"/etc/unbound/resolver\.key", "pem": r"/etc/unbound/resolver\.pem",
                   "penstock": r"127\.0\.0\.1@5300"}[was]
        text, count = re.subn(pattern, str(now), text)
        assert count == 1, was
    return text


class Zone:
    """A zone that is signed, but for one address that was changed afterwards; its key for unbound and for delv."""

    def __init__(self, folder):
        folder.mkdir()
        self.run(folder, "dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", ZONE)
        self.run(folder, "dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", ZONE)
        (folder / "zone").write_text(SOURCE)
        self.run(folder, "dnssec-signzone", "-q", "-S", "-o", ZONE, "-f", "zone.signed", "zone")
        text = (folder / "zone.signed").read_text()
        text, count = re.subn(rf"^(bogus\.{ZONE}\.\s.*\bA\s+){re.escape(TRUE)}$", rf"\g<1>{FORGED}", text, flags=re.M)
        assert count == 1, text
        self.file = folder / "zone.forged"
        self.file.write_text(text)
        [key] = [line for path in folder.glob("K*.key") for line in path.read_text().splitlines() if " DNSKEY 257 " in line]
        self.anchor, self.trusted = folder / "anchor", folder / "trusted.conf"
        self.anchor.write_text(key + "\n")
        self.trusted.write_text(f'trust-anchors {{ {ZONE}. static-key 257 3 13 "{key.split(" 257 3 13 ")[1].replace(" ", "")}"; }};\n')

    @staticmethod
    def run(folder, *words):
        subprocess.run(words, cwd=folder, env=ENVIRONMENT, check=True, capture_output=True, timeout=60)

    def delv(self, port, name):
        done = subprocess.run(["delv", "@127.0.0.1", "-p", str(port), "-a", self.trusted, f"+root={ZONE}", name, "A"],
                              capture_output=True, text=True, timeout=60, env=ENVIRONMENT)
        return done.stdout + done.stderr


class Resolver(unbound_process.Process):
    """An unbound with a block of the document; what a resolver of the internet would ask for, it has as a file."""

    def __init__(self, folder, port, block, *, modules, zone=None, anchor=None):
        self.port = port
        super().__init__(folder, f"""
    do-ip6: no
    tls-port: {port}
    val-log-level: 2
    module-config: "{modules}"
    {f'trust-anchor-file: "{anchor}"' if anchor else ""}""",
                         (f'auth-zone:\n    name: "{ZONE}"\n    zonefile: "{zone}"\n    for-downstream: no\n    for-upstream: yes\n'
                          if zone else "") + block)


@pytest.fixture(scope="module")
def zone(shared):
    missing = [name for name in ("dnssec-signzone", "delv") if not shutil.which(name, path=ENVIRONMENT["PATH"])]
    assert not missing, f"{missing} are in packages bind9-utils and bind9-dnsutils: tools/packages test"
    return Zone(shared / f"zone-{next(COUNT)}")


@pytest.fixture
def resolver(shared, pki, zone):
    made = []

    def make(block, **more):
        port = penstock.free_port()
        made.append(Resolver(shared / f"resolver-{next(COUNT)}", port, block(port), **more))
        return made[-1]
    yield make
    for one in reversed(made):
        one.stop()


def over_tls(pki):
    return lambda port: put_in(BEHIND, address=f"127.0.0.1@{port}", key=pki.good.key, pem=pki.good.chain)


def ask(port, name, **options):
    return dns.query.udp(dns.message.make_query(f"{name}.{ZONE}", "A", use_edns=0, payload=1232, **options), "127.0.0.1", port=port,
                         timeout=10)


@pytest.fixture(params=["off", "1MiB"])
def behind(request, serve, resolver, pki, zone):
    """penstock, and behind it a resolver that validates."""
    server = resolver(over_tls(pki), modules="validator iterator", zone=zone.file, anchor=zone.anchor)
    return serve([upstream(f"127.0.0.1:{server.port}", pki)], settings={"cache": {"size": request.param}})


@pytest.mark.smoke
def test_behind_what_is_proved_says_so_and_what_is_forged_fails(behind):
    for _ in range(2):  # from the resolver, then, where there is one, from the cache
        for options in ({"flags": dns.flags.RD | dns.flags.AD}, {"want_dnssec": True}):
            answer = ask(behind.port, "www", **options)
            assert answer.rcode() == dns.rcode.NOERROR and answer.flags & dns.flags.AD
            assert TRUE in records(answer)
        assert any(rows.rdtype == dns.rdatatype.RRSIG for rows in answer.answer)
        nothing = ask(behind.port, "nothing", want_dnssec=True)
        assert nothing.rcode() == dns.rcode.NXDOMAIN and nothing.flags & dns.flags.AD
        forged = ask(behind.port, "bogus")
        assert is_servfail(forged) and not forged.answer and 6 in ede(forged), forged
    without = ask(behind.port, "bogus", flags=dns.flags.RD | dns.flags.CD)
    assert without.rcode() == dns.rcode.NOERROR and FORGED in records(without) and not without.flags & dns.flags.AD
    assert is_servfail(ask(behind.port, "bogus")), "what one client took unproved is not given to who did not ask for that"


def test_delv_validates_through_us(serve, resolver, pki, zone):
    """Also with a resolver that does not: the proof is delv's own."""
    server = resolver(over_tls(pki), modules="iterator", zone=zone.file)
    service = serve([upstream(f"127.0.0.1:{server.port}", pki)], settings={"cache": {"size": "1MiB"}})
    for _ in range(2):
        good = zone.delv(service.port, f"www.{ZONE}")
        assert "; fully validated" in good and TRUE in good, good
        bad = zone.delv(service.port, f"bogus.{ZONE}")
        assert "; fully validated" not in bad and FORGED not in bad and "resolution failed" in bad, bad
    assert FORGED in records(ask(service.port, "bogus")), "we do not validate"


def test_in_front_it_need_not_believe_us(serve, resolver, pki, zone, shared):
    server = resolver(over_tls(pki), modules="iterator", zone=zone.file)
    blocked = shared / f"blocked-{next(COUNT)}"
    blocked.write_text(f"blocked.{ZONE}\n")
    service = serve([upstream(f"127.0.0.1:{server.port}", pki)], settings={"cache": {"size": "1MiB"}, "local": {"block": [str(blocked)]}})

    def block(port):
        own = f"    interface: 127.0.0.1@{port}\n    tls-port: 1\n"
        return put_in(IN_FRONT, penstock=f"127.0.0.1@{service.port}").replace("server:\n", "server:\n" + own, 1)
    front = resolver(block, modules="validator iterator", anchor=zone.anchor)
    answer = ask(front.port, "www", want_dnssec=True)
    assert answer.rcode() == dns.rcode.NOERROR and answer.flags & dns.flags.AD and TRUE in records(answer), front.log_file.read_text()
    nothing = ask(front.port, "nothing", want_dnssec=True)
    assert nothing.rcode() == dns.rcode.NXDOMAIN and nothing.flags & dns.flags.AD
    assert is_servfail(ask(front.port, "bogus"))
    assert FORGED in records(ask(front.port, "bogus", flags=dns.flags.RD | dns.flags.CD))
    assert ask(service.port, "blocked").rcode() == dns.rcode.NXDOMAIN and is_servfail(ask(front.port, "blocked"))

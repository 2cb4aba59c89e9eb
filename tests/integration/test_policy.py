"""Names that are answered here, names on lists, and answers that lead where they shall not."""
import json
import os
import pathlib
import signal

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

import baddot
import penstock
import unbound_process
from conftest import COUNT, Unbound
from penstock import ede, is_servfail, records

CACHE = {"cache": {"size": "1MiB"}}
ARPA = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "arpa.zone"


@pytest.fixture
def cached(serve, bad):
    """A service with a cache in front of our misbehaving server; `.bad` is the server."""
    service = serve(bad, settings=CACHE)
    service.bad = bad
    return service


def asked(server, name):
    """How often the upstream was asked for a name."""
    label = name.split(".")[0].encode()
    return sum(bytes([len(label)]) + label in query for query in server.queries)


def reload(service, **local):
    """Other settings of the group local, in force."""
    before = service.log().count("is in force")
    config = json.loads(service.file.read_text())
    service.file.write_text(json.dumps({**config, "local": {**config.get("local", {}), **local}}))
    service.process.send_signal(signal.SIGHUP)
    penstock.wait_for(lambda: service.log().count("is in force") > before, 10, "the reload")


# ---- special-use names

@pytest.mark.smoke
@pytest.mark.parametrize("name, kind, rcode, data", [
    ("localhost", "A", dns.rcode.NOERROR, ["127.0.0.1"]),
    ("a.localhost", "AAAA", dns.rcode.NOERROR, ["::1"]),
    ("localhost", "TXT", dns.rcode.NOERROR, []),
    ("printer.local", "A", dns.rcode.NXDOMAIN, []),
    ("x.onion", "A", dns.rcode.NXDOMAIN, []),
    ("1.0.168.192.in-addr.arpa", "PTR", dns.rcode.NXDOMAIN, []),
    ("_dns.resolver.arpa", "TYPE64", dns.rcode.NOERROR, []),
    ("home.arpa", "SOA", dns.rcode.NOERROR, ["home.arpa. nobody.invalid. 1 604800 86400 2419200 10800"]),
    ("home.arpa", "NS", dns.rcode.NOERROR, ["home.arpa."]),
    ("home.arpa", "ANY", dns.rcode.NOERROR, ["home.arpa. nobody.invalid. 1 604800 86400 2419200 10800"]),
    ("10.in-addr.arpa", "NS", dns.rcode.NOERROR, ["10.in-addr.arpa."]),
    ("resolver.arpa", "SOA", dns.rcode.NOERROR, ["resolver.arpa. nobody.invalid. 1 604800 86400 2419200 10800"]),
    ("x.home.arpa", "SOA", dns.rcode.NXDOMAIN, []),
    ("1.2.64.100.in-addr.arpa", "PTR", dns.rcode.NXDOMAIN, []),
    ("printer.local", "ANY", dns.rcode.NXDOMAIN, []),
    ("x.onion", "ANY", dns.rcode.NXDOMAIN, []),
    ("onion", "DS", dns.rcode.NXDOMAIN, []),
    ("local", "DS", dns.rcode.NXDOMAIN, []),
    ("localhost", "ANY", dns.rcode.NOERROR, ["127.0.0.1"]),
])
def test_special_names_are_answered_here(cached, name, kind, rcode, data):
    for tcp in (False, True):
        answer = cached.ask(name, kind, tcp=tcp)
        assert answer.rcode() == rcode
        assert records(answer) == data
    assert not cached.bad.queries


def test_special_names_go_upstream_if_told_so(serve, bad):
    service = serve(bad, settings={"local": {"special": "no"}})
    assert records(service.ask("a.test")) == [baddot.encoded("a.test")]


def test_the_ds_of_a_zone_is_asked_of_its_parent(cached):
    for name in ("home.arpa", "10.in-addr.arpa", "64.100.in-addr.arpa"):
        cached.ask(name, "DS", want_dnssec=True)
        assert asked(cached.bad, name) == 1
    assert cached.ask("nas.home.arpa", "DS").rcode() == dns.rcode.NXDOMAIN
    assert len(cached.bad.queries) == 3


def test_zones_are_let_through_if_told_so(cached):
    reload(cached, through=["Home.ARPA", "10.in-addr.arpa", "printer.local"])
    for name in ("nas.home.arpa", "home.arpa", "printer.local", "a.printer.local"):
        assert records(cached.ask(name)) == [baddot.encoded(name)]
    assert cached.ask("1.0.0.10.in-addr.arpa", "PTR").rcode() == dns.rcode.NOERROR
    for name in ("other.local", "a.test"):
        assert cached.ask(name).rcode() == dns.rcode.NXDOMAIN
    reload(cached, through=["arpa"])
    assert cached.ask("1.0.168.192.in-addr.arpa", "PTR").rcode() == dns.rcode.NOERROR
    assert cached.ask("printer.local").rcode() == dns.rcode.NXDOMAIN


def test_a_name_above_one_that_is_let_through_exists(serve, bad):
    """Whoever keeps that a name does not exist keeps it for all below it (RFC 8020)."""
    service = serve(bad, settings={"local": {"through": ["lan.office.home.arpa"]}})
    assert service.ask("office.home.arpa").rcode() == dns.rcode.NOERROR
    assert service.ask("OFFICE.home.arpa", "SOA").rcode() == dns.rcode.NOERROR
    assert service.ask("xoffice.home.arpa").rcode() == dns.rcode.NXDOMAIN
    assert not bad.queries
    assert records(service.ask("a.lan.office.home.arpa")) == [baddot.encoded("a.lan.office.home.arpa")]


def test_names_that_are_not_answered_here_cannot_be_let_through(launch, bad):
    service = launch(bad, settings={"local": {"through": ["home.arpa", "nas.example"]}})
    assert service.process.wait(10) != 0
    assert "local.through: a name that is not answered here anyway; allowed: " in service.log()


class Validator(unbound_process.Process):
    """A real resolver that validates and asks one server for everything; it trusts the key of arpa."""

    def __init__(self, folder, forward):
        anchor = folder.with_suffix(".anchor")
        key = next(line for line in ARPA.read_text().splitlines() if "DNSKEY\t257" in line)
        anchor.write_text(key.split(";")[0] + "\n")
        self.port = penstock.free_port()
        super().__init__(folder, f"""
    verbosity: 1
    val-log-level: 2
    interface: 127.0.0.1@{self.port}
    do-not-query-localhost: no
    module-config: "validator iterator"
    trust-anchor-file: "{anchor}"
    unblock-lan-zones: yes
    local-zone: "home.arpa." nodefault
    local-zone: "service.arpa." nodefault
    local-zone: "64.100.in-addr.arpa." nodefault
    do-ip6: no""", f"""
forward-zone:
    name: "."
    forward-addr: {forward}
""")


@pytest.fixture
def arpa(shared, pki):
    """A real DoT server of the signed zone arpa."""
    server = Unbound(shared / f"arpa-{next(COUNT)}", pki.good, extra=f"""
auth-zone:
    name: "arpa."
    zonefile: "{ARPA}"
    for-upstream: no
""", server_extra='local-zone: "arpa." transparent')
    yield server
    server.stop()


@pytest.mark.parametrize("name, kind", [("nas.home.arpa", "A"), ("home.arpa", "A"), ("home.arpa", "SOA"),
                                        ("1.0.0.10.in-addr.arpa", "PTR"), ("1.0.64.100.in-addr.arpa", "PTR"),
                                        ("a.service.arpa", "SRV")])
def test_a_client_that_validates_can_use_what_is_answered_here(serve, arpa, shared, name, kind):
    service = serve(arpa, settings=CACHE)
    client = Validator(shared / f"validator-{next(COUNT)}", f"127.0.0.1@{service.port}")
    try:
        signed = service.ask("signed.arpa", "TXT", want_dnssec=True)
        assert records(signed), "the upstream serves the zone"
        proven = dns.query.udp(service.query("signed.arpa", "TXT", want_dnssec=True), "127.0.0.1", port=client.port,
                               timeout=10)
        assert proven.flags & dns.flags.AD, client.log_file.read_text()
        answer = dns.query.udp(service.query(name, kind, want_dnssec=True), "127.0.0.1", port=client.port, timeout=10)
        expected = dns.rcode.NOERROR if name == "home.arpa" else dns.rcode.NXDOMAIN
        assert answer.rcode() == expected, client.log_file.read_text()
        assert not answer.flags & dns.flags.AD
    finally:
        client.stop()


# ---- lists

def write_list(shared, name, text):
    path = shared / name
    path.write_text(text)
    path.chmod(0o644)
    return str(path)


@pytest.fixture
def listed(serve, bad, shared):
    block = write_list(shared, "block", "# ads\nads.penstock.example\n0.0.0.0 tracker.example\nthis is no name\n")
    allow = write_list(shared, "allow", "good.ads.penstock.example\n")
    service = serve(bad, settings={**CACHE, "local": {"block": [block], "allow": [allow]}})
    service.bad = bad
    return service


def test_blocked_names_do_not_exist_and_allowed_ones_do(listed):
    for name in ("ads.penstock.example", "X.Ads.Penstock.Example", "a.b.tracker.example"):
        for tcp in (False, True):
            answer = listed.ask(name, tcp=tcp)
            assert answer.rcode() == dns.rcode.NXDOMAIN and ede(answer) == [15]
    assert not listed.bad.queries
    for name in ("good.ads.penstock.example", "more.good.ads.penstock.example", "bads.penstock.example"):
        assert records(listed.ask(name)) == [baddot.encoded(name)]
    penstock.wait_for(lambda: listed.statistic("ends", "blocked") == 6, 5, "its count")
    assert "1 of 3 lines were not used: 1 without a name; the first is line 4" in listed.log()


def test_clients_can_keep_that_a_name_is_blocked(listed):
    for name, zone in (("ads.penstock.example", "ads.penstock.example."), ("a.b.tracker.example", "tracker.example.")):
        for tcp in (False, True):
            answer = listed.ask(name, tcp=tcp)
            assert answer.rcode() == dns.rcode.NXDOMAIN and ede(answer) == [15]
            [soa] = answer.authority
            assert soa.rdtype == dns.rdatatype.SOA and soa.name.to_text() == zone
            assert soa.ttl == soa[0].minimum == 60 and soa[0].mname == soa.name


def test_policy_comes_before_a_minimal_answer(listed):
    assert listed.ask("ads.penstock.example", "ANY").rcode() == dns.rcode.NXDOMAIN
    assert records(listed.ask("good.ads.penstock.example", "ANY")) == ['"RFC8482" ""']


@pytest.mark.parametrize("kind", ["A", "HTTPS"])
def test_names_that_lead_to_blocked_ones_are_blocked(listed, kind):
    name = "alias-ads.penstock.example"
    for _ in range(2):  # from the upstream, then from the cache
        answer = listed.ask(name, kind)
        assert answer.rcode() == dns.rcode.NXDOMAIN and ede(answer) == [15] and not answer.answer
        assert answer.authority[0].name.to_text() == name + "."
    assert asked(listed.bad, name) == 1
    penstock.wait_for(lambda: listed.statistic("ends", "blocked") == 2, 5, "its count")
    assert records(listed.ask("alias-bads.penstock.example", kind))


@pytest.mark.parametrize("name", ["unsorted-a", "squeezed-a"])
def test_an_odd_service_leads_to_a_blocked_name_all_the_same(listed, name):
    """Who reads such a record all the same follows it."""
    for _ in range(2):
        reply = dns.message.from_wire(listed.raw(listed.query(f"{name}.penstock.example", "HTTPS").to_wire()))
        assert reply.rcode() == dns.rcode.NXDOMAIN and ede(reply) == [15]


def test_what_an_allowed_name_leads_to_is_allowed(listed):
    assert records(listed.ask("alias-ads.good.ads.penstock.example"))
    assert asked(listed.bad, "alias-ads") == 1


def test_a_change_of_lists_holds_for_kept_answers(listed, shared):
    name = "alias-later.penstock.example"
    assert records(listed.ask(name))
    write_list(shared, "block", "later.penstock.example\n")
    reload(listed)
    assert listed.ask(name).rcode() == dns.rcode.NXDOMAIN
    write_list(shared, "block", "other.penstock.example\n")
    reload(listed)
    assert records(listed.ask(name))
    assert asked(listed.bad, "alias-later") == 1


def test_forms_of_published_lists(listed, shared):
    write_list(shared, "block", "\ufeffbom.penstock.example\n||x.penstock.example^\n@@||fine.x.penstock.example^\n"
               "address=/dnsmasq.penstock.example/\nshop.penstock.example##.ad\n||shop.penstock.example^$third-party\n"
               "/shop/\nbücher.penstock.example\n")
    reload(listed)
    for name in ("bom.penstock.example", "x.penstock.example", "dnsmasq.penstock.example",
                 "xn--bcher-kva.penstock.example"):
        assert listed.ask(name).rcode() == dns.rcode.NXDOMAIN, name
    for name in ("fine.x.penstock.example", "shop.penstock.example"):
        assert records(listed.ask(name)) == [baddot.encoded(name)]
    assert ("3 of 8 lines were not used: 1 about parts of pages, 1 with options that DNS cannot follow, "
            "1 regular expressions; the first is line 5") in listed.log()


def test_lists_are_there_again_after_the_fronts_death(listed):
    front = listed.pid_of("front")
    os.kill(front, signal.SIGKILL)
    penstock.wait_for(lambda: listed.pids()["front"] not in ([], [front]), 5, "a new front")
    assert listed.ask("ads.penstock.example").rcode() == dns.rcode.NXDOMAIN


def test_a_list_that_cannot_be_read_stops_the_start(launch, bad, shared):
    service = launch(bad, settings={"local": {"block": [str(shared / "missing")]}})
    assert service.process.wait(10) == 78
    assert "local.block: " in service.log() and "No such file" in service.log()
    check = penstock.run("--check", "-c", service.file)
    assert check.returncode == 78 and "local.block: " in check.stderr


def test_reload_takes_up_changed_lists(listed, shared):
    assert records(listed.ask("new.penstock.example"))
    write_list(shared, "block", "new.penstock.example\n")
    listed.process.send_signal(signal.SIGHUP)
    listed.wait_log("is in force")
    assert listed.ask("new.penstock.example").rcode() == dns.rcode.NXDOMAIN, "policy comes before the cache"
    assert records(listed.ask("ads.penstock.example"))
    config = json.loads(listed.file.read_text())
    listed.file.write_text(json.dumps({**config, "local": {}}))
    listed.process.send_signal(signal.SIGHUP)
    penstock.wait_for(lambda: listed.log().count("is in force") == 2, 5, "the second reload")
    assert records(listed.ask("new.penstock.example")), "no list any more"


# ---- private addresses

def test_private_addresses_are_refused_if_told_so(serve, bad):
    service = serve(bad, settings={"local": {"refuse_private": "yes"}})
    answer = service.ask("inside.penstock.example")  # 10.x.y.z, as this server encodes names
    assert is_servfail(answer) and ede(answer) == [15]
    assert records(service.ask("public-a.penstock.example")) == ["203.0.113.7"]
    penstock.wait_for(lambda: service.statistic("ends", "private") == 1, 5, "its count")


@pytest.fixture
def guarded(serve, bad):
    service = serve(bad, settings={**CACHE, "local": {"refuse_private": "yes"}})
    service.bad = bad
    return service


@pytest.mark.parametrize("name, kind", [("hints-a", "HTTPS"), ("odd-a", "HTTPS"), ("nat-a", "AAAA"), ("glue-a", "MX"),
                                        ("rebind-a", "A")])
def test_private_addresses_are_refused_in_every_form_and_once(guarded, name, kind):
    name += ".penstock.example"
    for _ in range(3):
        answer = guarded.ask(name, kind)
        assert is_servfail(answer) and ede(answer) == [15]
    assert asked(guarded.bad, name) == 1, "a refusal is kept"
    penstock.wait_for(lambda: guarded.statistic("ends", "private") == 3, 5, "its count")


def test_own_names_may_have_private_addresses(guarded):
    reload(guarded, private_names=["corp.penstock.example"])
    for name in ("rebind-b.corp.penstock.example", "rebind-b.x.corp.penstock.example"):
        assert records(guarded.ask(name)) == ["192.168.1.1"]
    assert is_servfail(guarded.ask("rebind-b.penstock.example"))


def test_a_change_of_what_is_refused_holds_for_kept_answers(cached):
    name = "inside.penstock.example"
    for local, refused in (({}, False), ({"refuse_private": "yes"}, True),
                           ({"private_names": ["penstock.example"]}, False), ({"private_names": []}, True)):
        reload(cached, **local)
        assert is_servfail(cached.ask(name)) == refused
    assert asked(cached.bad, name) == 1


def test_what_was_kept_to_be_refused_is_never_given(cached):
    """An answer that only a refusal keeps (records of strangers, TTL 0) is asked for again once it may be given."""
    reload(cached, refuse_private="yes")
    for name in ("mixed-a.penstock.example", "rebind-a.penstock.example"):
        for _ in range(2):
            assert is_servfail(cached.ask(name))
        assert asked(cached.bad, name) == 1
    reload(cached, refuse_private="no")
    for name in ("mixed-a.penstock.example", "rebind-a.penstock.example"):
        for _ in range(2):
            assert cached.ask(name).rcode() == dns.rcode.NOERROR
        assert asked(cached.bad, name) == 3

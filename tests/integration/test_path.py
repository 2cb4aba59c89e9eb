"""The whole path on good days: every way to ask, and what passes through."""
import socket
import time

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
from baddot import encoded
from conftest import upstream
from penstock import has_ipv6, records

pytestmark = pytest.mark.smoke

FAMILIES = ["127.0.0.1", pytest.param("::1", marks=pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here"))]


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("address", FAMILIES)
def test_unbound_answers_over_every_transport(unbound_service, address, tcp):
    answer = unbound_service.ask("www.penstock.example", tcp=tcp, address=address)
    assert answer.rcode() == dns.rcode.NOERROR
    assert records(answer) == ["192.0.2.1", "192.0.2.2"]


@pytest.mark.parametrize("kind,expected", [("AAAA", ["2001:db8::1"]), ("TXT", ['"answered by unbound"']), ("MX", [])])
def test_unbound_answers_every_type(unbound_service, kind, expected):
    answer = unbound_service.ask("x.penstock.example", kind)
    assert answer.rcode() == dns.rcode.NOERROR
    assert records(answer) == expected


def test_name_that_does_not_exist(unbound_service):
    assert unbound_service.ask("nothing.elsewhere.example").rcode() == dns.rcode.NXDOMAIN


def test_client_without_edns_gets_none(unbound_service):
    answer = unbound_service.ask("plain.penstock.example", use_edns=-1)
    assert answer.edns == -1
    assert records(answer) == ["192.0.2.1", "192.0.2.2"]


def test_client_with_edns_gets_opt_without_padding(unbound_service):
    answer = unbound_service.ask("edns.penstock.example")
    assert answer.edns == 0
    assert not [o for o in answer.options if o.otype == dns.edns.OptionType.PADDING]


def test_answer_repeats_the_spelling_of_the_question(unbound_service):
    name = dns.name.from_text("wWw.ExAmPlE.tEsT.")
    answer = unbound_service.ask(name)
    assert answer.question[0].name.labels == name.labels


def test_long_answer_is_cut_over_udp_and_whole_over_tcp(unbound_service):
    cut = unbound_service.ask("a.long.example", "TXT")
    assert cut.flags & dns.flags.TC
    assert records(cut) == []
    whole = unbound_service.ask("a.long.example", "TXT", tcp=True)
    assert not whole.flags & dns.flags.TC
    assert len(records(whole)[0]) > 2000


@pytest.mark.parametrize("size,payload,is_cut", [
    (512, None, False), (513, None, True),
    (1000, 1000, True), (1000, 1232, False),
    (1200, 4096, False), (1300, 4096, True),
    (500, 100, False), (600, 100, True)])
def test_udp_answers_keep_to_the_clients_size(bad_service, size, payload, is_cut):
    """Without EDNS 512; with it the client's, never above 1232; values below 512 count as 512. An OPT takes 11."""
    options = {"use_edns": -1} if payload is None else {"payload": payload}
    answer = bad_service.ask(f"medium{size}.penstock.example", "TXT", **options)
    assert bool(answer.flags & dns.flags.TC) == is_cut
    assert bool(answer.answer) != is_cut
    assert len(answer.to_wire()) <= 1232


def upstream_queries(service):
    return [dns.message.from_wire(wire) for wire in service.bad.queries]


@pytest.mark.parametrize("rd", [True, False])
@pytest.mark.parametrize("ad", [True, False])
@pytest.mark.parametrize("cd", [True, False])
@pytest.mark.parametrize("do", [True, False])
def test_flags_pass(shared_bad_service, rd, ad, cd, do):
    name = f"flags-{rd:d}{ad:d}{cd:d}{do:d}.penstock.example"
    query = shared_bad_service.query(name, want_dnssec=do)
    query.flags = rd * dns.flags.RD | ad * dns.flags.AD | cd * dns.flags.CD
    answer = shared_bad_service.ask(query)
    assert answer.flags & dns.flags.RA
    assert bool(answer.flags & dns.flags.RD) == rd
    assert bool(answer.flags & dns.flags.CD) == cd
    got = [q for q in upstream_queries(shared_bad_service) if str(q.question[0].name) == name + "."]
    assert len(got) == 1
    assert bool(got[0].flags & dns.flags.RD) == rd
    assert got[0].flags & dns.flags.AD, "asked for always, told to whom asks (RFC 6840 5.7)"
    assert bool(got[0].flags & dns.flags.CD) == cd
    assert bool(got[0].ednsflags & dns.flags.DO) == do


@pytest.fixture(scope="module")
def shared_bad_service(launch, pki):
    import baddot
    server = baddot.Baddot(pki.good)
    service = launch(server).wait_ready()
    service.bad = server
    yield service
    assert service.stop() == 0
    server.stop()


def test_ad_reaches_only_a_client_that_asks(shared_bad_service):
    """RFC 6840 5.8: by AD or DO."""
    assert shared_bad_service.ask("secure-1.penstock.example", want_dnssec=True).flags & dns.flags.AD
    query = shared_bad_service.query("secure-2.penstock.example")
    query.flags |= dns.flags.AD
    assert shared_bad_service.ask(query).flags & dns.flags.AD
    query = shared_bad_service.query("secure-3.penstock.example")
    query.flags &= ~dns.flags.AD
    assert not shared_bad_service.ask(query).flags & dns.flags.AD


def test_queries_upstream_are_padded_to_blocks(shared_bad_service):
    """RFC 8467 4.1: 128 octets; names of every length, so that each has to be padded differently."""
    before = len(shared_bad_service.bad.queries)
    for length in (1, 20, 50, 63):
        shared_bad_service.ask("p" * length + ".penstock.example")
    sizes = {len(wire) for wire in shared_bad_service.bad.queries[before:]}
    assert sizes and all(size % 128 == 0 for size in sizes)


def test_clients_options_stay_here(shared_bad_service):
    """Neither ECS nor unknown options nor the client's id, spelling or cookie reach the upstream."""
    options = [dns.edns.ECSOption("198.51.100.0", 24), dns.edns.GenericOption(65001, b"mine"),
               dns.edns.GenericOption(10, b"cookie01")]
    query = shared_bad_service.query("OpTiOnS.penstock.example", options=options)
    answer = shared_bad_service.ask(query)
    assert records(answer) == [encoded("options.penstock.example")]
    got = upstream_queries(shared_bad_service)[-1]
    assert got.question[0].name.labels[0] == b"options"
    assert {int(o.otype) for o in got.options} <= {11, 12}, "keepalive and padding are our own"
    assert not [o for o in answer.options if o.otype in (dns.edns.ECS, 65001)]


def test_connection_upstream_is_what_was_promised(shared_bad_service):
    shared_bad_service.ask("handshake.penstock.example")
    done = [h for h in shared_bad_service.bad.handshakes if h.done]
    assert done and all((h.version, h.alpn, h.sni) == ("TLSv1.3", "dot", "dot.example") for h in done)


@pytest.mark.parametrize("wire,rcode", [
    (b"\x12\x34", None),                                                    # no header
    (b"\x12\x34\x81\x80\0\1\0\0\0\0\0\0\1x\0\0\1\0\1", None),                # a response
    (b"\x12\x34\x29\0\0\1\0\0\0\0\0\0\1x\0\0\6\0\1", dns.rcode.NOTIMP),      # UPDATE
    (b"\x12\x34\1\0\0\2\0\0\0\0\0\0\1x\0\0\1\0\1\1y\0\0\1\0\1", dns.rcode.FORMERR),   # two questions (RFC 9619)
    (b"\x12\x34\1\0\0\1\0\0\0\0\0\0\1x\0\0\1\0\1junk", dns.rcode.FORMERR),   # bytes behind
    (b"\x12\x34\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1", dns.rcode.FORMERR),    # a pointer as question
    (b"\x12\x34\1\0\0\1\0\0\0\0\0\0\1x\0\0\xfc\0\1", dns.rcode.REFUSED),     # AXFR
    (b"\x12\x34\1\0\0\1\0\0\0\0\0\1\1x\0\0\1\0\1\0\0\x29\4\xd0\0\7\0\0\0\0", dns.rcode.BADVERS),  # EDNS 7
], ids=["short", "response", "update", "questions", "trailing", "pointer", "axfr", "edns"])
def test_broken_queries_end_here(shared_bad_service, wire, rcode):
    before = len(shared_bad_service.bad.queries)
    reply = shared_bad_service.raw(wire, timeout=0.3 if rcode is None else 2)
    if rcode is None:
        assert reply is None
    else:
        assert reply[:2] == wire[:2]
        assert dns.message.from_wire(reply, ignore_trailing=True).rcode() == rcode
    assert len(shared_bad_service.bad.queries) == before


@pytest.mark.parametrize("versions,presented", [(["1.3", "1.2"], "TLSv1_2"), (["1.2"], "TLSv1_3")])
def test_tls12_when_configured(serve, bad, pki, versions, presented):
    import ssl
    bad.present(pki.good, versions=(ssl.TLSVersion.TLSv1_2, getattr(ssl.TLSVersion, presented)))
    service = serve(bad, settings={"tls": {"versions": versions}})
    assert records(service.ask("old.penstock.example")) == [encoded("old.penstock.example")]
    assert bad.handshakes[-1].version == "TLSv1.2"


def test_tls12_is_refused_unless_configured(serve, bad, pki):
    import ssl
    bad.present(pki.good, versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
    service = serve(bad)
    assert service.ask("old.penstock.example").rcode() == dns.rcode.SERVFAIL
    assert bad.plaintext == 0


def test_rsa_certificate(serve, bad, pki):
    bad.present(pki.rsa)
    service = serve([upstream(bad.where, pki, pins=[pki.rsa.pin])])
    assert records(service.ask("rsa.penstock.example")) == [encoded("rsa.penstock.example")]


def test_answers_that_are_always_one_behind_are_acknowledged(bad_service):
    """A server without TCP_NODELAY falls into step with our queries: each answer leaves when the next query
    acknowledges the one before. One acknowledgement gets it out of step; here it never gets out, and they go on."""
    bad = bad_service.bad
    with socket.create_connection(("127.0.0.1", bad_service.port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def send(label):
            dns.query.send_tcp(client, dns.message.make_query(f"{label}.penstock.example", "A"))
        send("behind-0")
        send("behind-1")
        counts = []
        for i in range(2, 200):
            dns.query.receive_tcp(client, time.time() + 10)
            counts.append(bad.bare_acknowledgements)
            send(f"behind-{i}")
        send("catch")
        for _ in range(3):
            dns.query.receive_tcp(client, time.time() + 10)
    assert all(later > earlier for earlier, later in zip(counts, counts[40:]))


def test_answers_leave_from_the_address_that_was_asked(serve, bad):
    """One socket for all addresses; a client that connected to 127.0.0.5 takes no other source."""
    service = serve(bad, addresses=("0.0.0.0",))
    for last in (1, 5, 77):
        answer = service.ask(f"from{last}.penstock.example", address=f"127.0.0.{last}")
        assert records(answer) == [encoded(f"from{last}.penstock.example")]

"""Messages as octets: each form that a client can send has one verdict and one counter, over UDP and TCP.

The front with a fake worker behind it; dnspython would not write most of these.
"""
import contextlib
import socket
import struct

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import pytest

from penstock import is_servfail
from front import Front, ended, frame, is_silent, read_exactly

HEADER = struct.Struct("!6H")
QUESTION = b"\1a\4wire\0\0\1\0\1"
NOT_FILTERED = "rates: {mode: off}, filter: {kernel: no}"
CLIENT_COOKIE = b"clientck"


def message(flags=0x0100, counts=(1, 0, 0, 0), body=QUESTION, ident=7):
    return HEADER.pack(ident, flags, *counts) + body


def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def opt(*options, version=0):
    data = b"".join(options)
    return b"\0" + struct.pack("!HHBBHH", 41, 1232, 0, version, 0, len(data)) + data


def question(kind, klass=1):
    return b"\1a\4wire\0" + struct.pack("!HH", kind, klass)


def record(kind, data, owner=b"\xc0\x0c"):
    return owner + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


SOA = record(6, b"\2ns\xc0\x0c\4mail\xc0\x0c" + struct.pack("!5I", 1, 2, 3, 4, 5))
TSIG = b"\3key\0" + struct.pack("!HHIH", 250, 255, 0, 26) + b"\x08hmac-md5\0" + bytes(16)


def ask(front, wire, tcp=False):
    """The octets that come back."""
    if tcp:
        with front.tcp() as sock:
            sock.sendall(frame(wire))
            return read_exactly(sock, struct.unpack("!H", read_exactly(sock, 2))[0])
    with front.udp() as sock:
        sock.send(wire)
        return sock.recv(65535)


def rcode_of(wire):
    return wire[3] & 15


def cookie_of(wire):
    return next((o.data if hasattr(o, "data") else o.client + o.server
                 for o in dns.message.from_wire(wire).options if o.otype == 10), None)


@contextlib.contextmanager
def counted(front, *names):
    """What happens inside adds one to each of these counters, and to no other reason."""
    before = front.stats()
    yield
    # an answer is counted when the kernel has taken it, which its client may see first
    after = front.wait_for(lambda stats: ended(stats) >= ended(before) + len(names))
    assert {key: after[key] - before[key] for key in after if key.startswith("why_") and after[key] != before[key]} \
        == {"why_" + name: 1 for name in names}


@pytest.fixture(scope="module")
def front():
    with Front(yaml=NOT_FILTERED) as running:
        yield running


@pytest.fixture(scope="module")
def filtered():
    """With the kernel's filter."""
    with Front(yaml="rates: {mode: off}") as running:
        yield running


@pytest.fixture(scope="module")
def without_cookies():
    with Front(yaml=NOT_FILTERED + ", cookies: {enabled: no}") as running:
        yield running


# ---- every form has its verdict -------------------------------------------------------------------

FORMS = {  # name: (message, RCODE, counter, does the reply repeat the question)
    "NOTIFY": (message(flags=0x2400, counts=(1, 1, 0, 0), body=question(6) + SOA), 4, "OPCODE", True),
    "UPDATE": (message(flags=0x2800, counts=(1, 0, 1, 0), body=question(6) + SOA), 4, "OPCODE", True),
    "UPDATE with EDNS": (message(flags=0x2800, counts=(1, 0, 1, 1), body=question(6) + SOA + opt()), 4, "OPCODE", True),
    "STATUS": (message(flags=0x1000), 4, "OPCODE", True),
    "opcode 15": (message(flags=0x7800), 4, "OPCODE", True),
    "opcode 15 and a question that does not parse": (message(flags=0x7800, body=b"\xff"), 4, "OPCODE", False),
    "two questions": (message(counts=(2, 0, 0, 0), body=QUESTION * 2), 1, "COUNTS", False),
    "many questions": (message(counts=(65535, 0, 0, 0)), 1, "COUNTS", False),
    "an answer": (message(counts=(1, 1, 0, 0), body=QUESTION + SOA), 1, "COUNTS", True),
    "an authority": (message(counts=(1, 0, 1, 0), body=QUESTION + SOA), 1, "COUNTS", True),
    "two additional records": (message(counts=(1, 0, 0, 2), body=QUESTION + opt() + SOA), 1, "COUNTS", True),
    "an additional record": (message(counts=(1, 0, 0, 1), body=QUESTION + SOA), 1, "RECORD", True),
    "a signature": (message(counts=(1, 0, 0, 1), body=QUESTION + TSIG), 9, "SIGNED", True),
    "a signature behind an OPT": (message(counts=(1, 0, 0, 2), body=QUESTION + opt() + TSIG), 9, "SIGNED", True),
    "a signature before an OPT": (message(counts=(1, 0, 0, 2), body=QUESTION + TSIG + opt()), 1, "COUNTS", True),
    "two signatures": (message(counts=(1, 0, 0, 2), body=QUESTION + TSIG + TSIG), 1, "COUNTS", True),
    "a signature cut short": (message(counts=(1, 0, 0, 1), body=QUESTION + TSIG[:-1]), 1, "RECORD", True),
    "octets behind a signature": (message(counts=(1, 0, 0, 1), body=QUESTION + TSIG + b"x"), 1, "RECORD", True),
    "SIG(0)": (message(counts=(1, 0, 0, 1), body=QUESTION + b"\0" + struct.pack("!HHIH", 24, 255, 0, 19) + bytes(19)),
               1, "RECORD", True),
    "octets behind": (message(body=QUESTION + b"x"), 1, "TRAILING", True),
    "half a name": (message(body=b"\1a\4te"), 1, "NAME", False),
    "half an option": (message(counts=(1, 0, 0, 1), body=QUESTION + opt(b"\0\x0c\0")), 1, "OPT", True),
    "EDNS version 1": (message(counts=(1, 0, 0, 1), body=QUESTION + opt(version=1)), 0, "VERSION", True),
    "AXFR": (message(body=question(252)), 5, "TYPE", True),
    "signed AXFR": (message(counts=(1, 0, 0, 2), body=question(252) + opt() + TSIG), 9, "SIGNED", True),
    "signed UPDATE": (message(flags=0x2800, counts=(1, 0, 1, 1), body=question(6) + SOA + TSIG), 4, "OPCODE", True),
    "IXFR without SOA": (message(body=question(251)), 5, "TYPE", True),
    "IXFR": (message(flags=0, counts=(1, 0, 1, 0), body=question(251) + SOA), 5, "TYPE", True),
    "IXFR with EDNS": (message(counts=(1, 0, 1, 1), body=question(251) + SOA + opt()), 5, "TYPE", True),
    "TKEY": (message(body=question(249)), 4, "TYPE", True),
    "MAILB": (message(body=question(253)), 4, "TYPE", True),
    "OPT as a type": (message(body=question(41)), 4, "TYPE", True),
    "class CH": (message(body=question(16, 3)), 5, "CLASS", True),
    "class ANY": (message(body=question(1, 255)), 5, "CLASS", True),
    "class NONE": (message(body=question(1, 254)), 5, "CLASS", True),
    "class 0": (message(body=question(1, 0)), 5, "CLASS", True),
    "no question": (message(counts=(0, 0, 0, 0), body=b""), 1, "COUNTS", False),
    "no question, but EDNS": (message(counts=(0, 0, 0, 1), body=opt(option(12, bytes(20)))), 1, "COUNTS", False),
}


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("name", FORMS)
def test_each_form_has_its_verdict_and_counter(front, name, tcp):
    wire, rcode, counter, has_question = FORMS[name]
    with counted(front, counter):
        answer = ask(front, wire, tcp)
    assert rcode_of(answer) == rcode
    assert answer[:2] == wire[:2] and answer[2] & 0xf8 == wire[2] & 0x78 | 0x80, "id and opcode come back"
    assert struct.unpack("!H", answer[4:6])[0] == has_question
    if has_question:
        size = len(b"\1a\4wire\0") + 4
        assert answer[12:12 + size] == wire[12:12 + size]
    has_opt = b"\0\0\x29\x04\xd0" in wire
    assert struct.unpack("!H", answer[10:12])[0] == has_opt + (counter == "SIGNED"), "RFC 6891 6.1.1, 8945 5.3.2"


@pytest.mark.parametrize("name", ["NOTIFY", "UPDATE", "two questions", "IXFR", "AXFR", "class CH"])
def test_the_kernels_filter_lets_pass_what_is_answered(filtered, name):
    wire, rcode, counter, _ = FORMS[name]
    with counted(filtered, counter):
        assert rcode_of(ask(filtered, wire)) == rcode


@pytest.mark.parametrize("flags", [0x0140, 0x0580, 0x0300, 0x010f], ids=["Z", "AA and RA", "TC", "RCODE"])
def test_bits_that_mean_nothing_in_a_query_are_ignored(front, flags):
    with counted(front, "ANSWERED"):
        answer = dns.message.from_wire(ask(front, message(flags=flags)))
    assert answer.rcode() == 0 and answer.answer
    assert not answer.flags & (dns.flags.AA | dns.flags.TC | 0x40)


@pytest.mark.parametrize("flags, counter", [(0x8180, "RESPONSE"), (0xa180, "RESPONSE")])
def test_a_response_gets_silence(front, flags, counter):
    with counted(front, counter), front.udp() as sock:
        sock.send(message(flags=flags))
        assert is_silent(sock)


# ---- larger than we take --------------------------------------------------------------------------


@pytest.mark.parametrize("size, rcode, counter", [(1232, 0, "ANSWERED"), (1233, 1, "CUT"), (1400, 1, "CUT"),
                                                  (9000, 1, "CUT")])
def test_a_datagram_over_1232_octets_is_malformed_whatever_it_begins_with(front, size, rcode, counter):
    """Its head alone would be a query: the padding ends where we would cut."""
    filling = min(size, 1232) - len(message(counts=(1, 0, 0, 1), body=QUESTION + opt())) - 4
    wire = message(counts=(1, 0, 0, 1), body=QUESTION + opt(option(12, bytes(filling)))) + bytes(max(0, size - 1232))
    assert len(wire) == size
    with counted(front, counter):
        answer = ask(front, wire)
    assert rcode_of(answer) == rcode
    assert answer[12:12 + len(QUESTION)] == QUESTION


# ---- options where they mean something ------------------------------------------------------------

IGNORED = {
    "many options": opt(*(option(65001, bytes(i % 3)) for i in range(100))),
    "an extended error": opt(option(15, b"\0\x03stale")),
    "half an extended error": opt(option(15, b"x")),
    "padding that is not zero": opt(option(12, b"xyz")),
    "every code up to 40 but the cookie": opt(*(option(code) for code in range(41) if code != 10)),
}


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("name", IGNORED)
def test_options_that_mean_nothing_in_a_query_are_ignored(front, name, tcp):
    answer = ask(front, message(counts=(1, 0, 0, 1), body=QUESTION + IGNORED[name]), tcp)
    assert dns.message.from_wire(answer).answer


@pytest.mark.parametrize("size", [1, 3, 20])
def test_keepalive_is_judged_over_tcp_only(front, size):
    wire = message(counts=(1, 0, 0, 1), body=QUESTION + opt(option(11, bytes(size))))
    assert dns.message.from_wire(ask(front, wire)).answer
    with counted(front, "OPT"):
        assert rcode_of(ask(front, wire, tcp=True)) == dns.rcode.FORMERR


@pytest.mark.parametrize("size", [0, 7, 9, 15, 41])
def test_cookies_are_judged_where_there_are_some(front, without_cookies, size):
    wire = message(counts=(1, 0, 0, 1), body=QUESTION + opt(option(10, bytes(size))))
    with counted(front, "OPT"):
        assert rcode_of(ask(front, wire)) == dns.rcode.FORMERR
    answer = dns.message.from_wire(ask(without_cookies, wire))
    assert answer.answer and not answer.options


# ---- a cookie, please -----------------------------------------------------------------------------


def cookie_query(cookie, ident=9):
    return message(counts=(0, 0, 0, 1), body=opt(option(10, cookie)), ident=ident)


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_a_query_without_a_question_asks_for_a_cookie(filtered, tcp):
    with counted(filtered, "COOKIE"):
        first = ask(filtered, cookie_query(CLIENT_COOKIE), tcp)
    assert first[:2] == b"\0\x09" and rcode_of(first) == 0
    assert struct.unpack("!4H", first[4:12]) == (0, 0, 0, 1)
    cookie = cookie_of(first)
    assert cookie[:8] == CLIENT_COOKIE and len(cookie) == 24
    again = ask(filtered, cookie_query(cookie), tcp)
    assert cookie_of(again) == cookie and dns.message.from_wire(again).rcode() == 0
    false = ask(filtered, cookie_query(CLIENT_COOKIE + bytes(16)), tcp)
    assert dns.message.from_wire(false).rcode() == dns.rcode.BADCOOKIE
    assert cookie_of(false)[:8] == CLIENT_COOKIE and cookie_of(false)[8:] != bytes(16)


def test_where_there_are_no_cookies_nobody_gets_one(without_cookies):
    with counted(without_cookies, "COUNTS"):
        assert rcode_of(ask(without_cookies, cookie_query(CLIENT_COOKIE))) == dns.rcode.FORMERR


def test_asking_for_cookies_has_limits_and_a_cookie_opens_others():
    yaml = "rates: {slip: 0, ipv4: [/32 1/s 5], proven_ipv4: [/32 1/s 50]}"
    with Front(yaml=yaml) as front, front.udp() as sock:
        for i in range(60):
            sock.send(cookie_query(CLIENT_COOKIE, i))
        answers = []
        with contextlib.suppress(socket.timeout):
            sock.settimeout(1)
            while True:
                answers.append(sock.recv(65535))
        assert 15 <= len(answers) <= 25, "a quarter of a query each"
        assert front.stats()["why_RATE_DROPPED"] == 60 - len(answers)
        cookie = cookie_of(answers[0])
        sock.send(cookie_query(cookie))
        assert cookie_of(sock.recv(65535)) == cookie


# ---- over the limit -------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [(), (option(10, CLIENT_COOKIE),), (option(10, CLIENT_COOKIE + bytes(8)),),
                                     (option(10, CLIENT_COOKIE + bytes(16)),), (option(3),)],
                         ids=["EDNS", "client cookie", "short cookie", "cookie", "NSID"])
def test_a_slip_is_no_larger_than_its_query(options):
    wire = message(counts=(1, 0, 0, 1), body=QUESTION + opt(*options))
    with Front(yaml="rates: {slip: 1, ipv4: [/32 1/s 1]}, local: {server_id: a-name-of-some-length}") as front:
        with front.udp() as sock:
            for _ in range(20):
                sock.send(wire)
            front.wait_for(lambda stats: stats["why_RATE_SLIPPED"] > 10)
            slips = 0
            while slips < 10:
                answer = sock.recv(65535)
                if answer[2] & 2:
                    slips += 1
                    assert len(answer) <= len(wire)
                    assert answer[12:12 + len(QUESTION)] == QUESTION


# ---- what an answer may leave out -----------------------------------------------------------------


@pytest.fixture
def kept(serve, bad):
    """A whole service with a cache."""
    return serve(bad, settings={"cache": {"size": "1MiB"}})


@pytest.mark.parametrize("name, payload", [("mail30-a", 1232), ("mail60-a", 1232), ("mail12-a", 512), ("mail12-b", None)])
def test_additional_records_that_do_not_fit_are_left_out_without_tc(kept, name, payload):
    options = {"use_edns": 0, "payload": payload} if payload else {"use_edns": False}
    for _ in range(2):  # from the upstream and from the cache
        answer = kept.ask(f"{name}.penstock.example", "MX", **options)
        assert not answer.flags & dns.flags.TC
        assert len(answer.to_wire()) <= (payload or 512)
        assert len(answer.answer) == 1 and len(answer.authority[0]) == 2
        assert all(len(rrset) == 2 for rrset in answer.additional), "no half of a set"
        if "60" not in name:  # and as many as fit
            size = len(answer.to_wire()) + 2 * 16 + len("mx11") + 1 + 4
            assert answer.additional and size > (payload or 512) - 40
    whole = kept.ask(f"{name}.penstock.example", "MX", tcp=True)
    assert len(whole.additional) == int(name[4:6])


# ---- what explains an error -----------------------------------------------------------------------


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_what_explains_an_error_reaches_the_client(kept, bad, tcp):
    for _ in range(2):  # from the upstream and from the cache
        answer = kept.ask("explained-a.penstock.example", tcp=tcp)
        assert is_servfail(answer)
        assert [option.code for option in answer.options if option.otype == dns.edns.EDE] == [9]
        assert answer.options[0].text.startswith("no DNSKEY f\u00fcr ??xxx")
        assert len(answer.options[0].text.encode()) == 128
    assert sum(b"explained-a" in query for query in bad.queries) == 1
    without = kept.ask("explained-a.penstock.example", use_edns=False)
    assert is_servfail(without) and without.edns == -1


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("algorithm", ["hmac-sha256", "hmac-sha512", "hmac-md5.sig-alg.reg.int"])
def test_who_signs_with_a_key_is_told_that_it_is_not_known(front, tcp, algorithm):
    """RFC 8945 section 5.2.1: NOTAUTH, and in an unsigned TSIG what is wrong."""
    query = dns.message.make_query("Signed.Example", "A", use_edns=0)
    query.use_tsig(dns.tsigkeyring.from_text({"Our.key": "c2VjcmV0"}), "Our.key", algorithm=dns.name.from_text(algorithm))
    wire = query.to_wire()
    with counted(front, "SIGNED"):
        reply = ask(front, wire, tcp)
    assert len(reply) < len(wire)
    with pytest.raises(dns.tsig.PeerBadKey):
        dns.message.from_wire(reply, keyring=query.keyring, request_mac=query.mac)
    assert rcode_of(reply) == 9 and b"\6Signed\7Example\0" in reply and b"\x03our\x03key\0" in reply.lower()


def test_nothing_says_who_signed_where_it_does_not_fit(front):
    """512 octets at most without EDNS: names of 255 octets in question, key and algorithm do not fit."""
    long = (b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"b" * 61 + b"\0"
    signature = long + struct.pack("!HHIH", 250, 255, 0, 255 + 16) + long + bytes(16)
    wire = message(counts=(1, 0, 0, 1), body=long + b"\0\1\0\1" + signature)
    assert struct.unpack("!4H", ask(front, wire)[4:12]) == (1, 0, 0, 0)
    assert struct.unpack("!4H", ask(front, wire, tcp=True)[4:12]) == (1, 0, 0, 1)


# ---- who we are -----------------------------------------------------------------------------------


def nsid_of(wire):
    return next((o.data if hasattr(o, "data") else o.nsid for o in dns.message.from_wire(wire).options if o.otype == 3),
                None)


NSID = message(counts=(1, 0, 0, 1), body=QUESTION + opt(option(3)))


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_our_name_is_told_to_who_asks_for_it(front, tcp):
    with Front(yaml=NOT_FILTERED + ", local: {server_id: here-1.example}") as named:
        assert nsid_of(ask(named, NSID, tcp)) == b"here-1.example"
        assert nsid_of(ask(named, message(counts=(1, 0, 0, 1), body=QUESTION + opt(option(3, b"x"))), tcp)) \
            == b"here-1.example"
        assert nsid_of(ask(named, FORMS["AXFR"][0][:-5] + b"\xfc\0\1", tcp)) is None, "no EDNS"
        refused = message(counts=(1, 0, 0, 1), body=question(16, 3) + opt(option(3)))
        assert nsid_of(ask(named, refused, tcp)) == b"here-1.example", "with whatever answer"
        assert nsid_of(ask(named, message(counts=(1, 0, 0, 1), body=QUESTION + opt()), tcp)) is None
    assert nsid_of(ask(front, NSID, tcp)) is None


def test_the_question_for_our_name_stays_here(serve, bad):
    service = serve(bad, settings={"local": {"server_id": "here"}})
    answer = service.raw(message(counts=(1, 0, 0, 1), body=b"\4nsid\x08penstock\7example\0\0\1\0\1" + opt(option(3))))
    assert nsid_of(answer) == b"here"
    asked = [dns.message.from_wire(wire) for wire in bad.queries if b"\x04nsid" in wire]
    assert asked and not any(o.otype == 3 for query in asked for o in query.options)


def test_our_name_comes_before_what_a_client_is_not_owed(serve, bad):
    """Additional records make room for it; what is owed does not."""
    service = serve(bad, settings={"cache": {"size": "1MiB"}, "local": {"server_id": "n" * 63}})
    for size in range(512, 1232, 31):
        for name, kind in (("mail30-n", "MX"), (f"medium{size - 12}-n", "TXT")):
            query = service.query(f"{name}.penstock.example", kind, payload=size)
            query.use_edns(0, payload=size, options=[dns.edns.GenericOption(3, b"")])
            reply = service.raw(query.to_wire())
            assert len(reply) <= size and not reply[2] & 2, (name, size)
            assert (nsid_of(reply) == b"n" * 63) == (kind == "MX"), (name, size)


@pytest.mark.parametrize("name", ["badvers-a", "badcookie-a"])
def test_what_an_upstream_says_of_our_own_options_is_not_the_clients(kept, name):
    for tcp in (False, True):
        answer = kept.ask(f"{name}.penstock.example", tcp=tcp)
        assert is_servfail(answer), "EDNS and cookies go from hop to hop (RFC 6891 section 6, 7873 section 5)"

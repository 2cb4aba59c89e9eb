"""The front alone: what clients see over UDP and TCP, whatever they do.

A fake worker answers; each of its answers encodes its question.
"""
import random
import socket
import struct
import time

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import pytest

import penstock
from front import Front, address_for, ask_tcp, ask_udp, frame, is_silent, query, read_exactly, read_message

HEADER = struct.Struct("!6H")


@pytest.fixture(scope="module")
def front():
    with Front(listen=("127.0.0.1", "::1"), query_ms=1500, tcp_idle_ms=2000) as running:
        yield running


def raw(ident=7, flags=0x0100, counts=(1, 0, 0, 0), body=b"\1a\4test\0\0\1\0\1"):
    return HEADER.pack(ident, flags, *counts) + body


def ede_of(answer):
    return [option.code for option in answer.options if option.otype == dns.edns.EDE]


# ---- what an answer is like -----------------------------------------------------------------------


@pytest.mark.parametrize("ask", [ask_udp, ask_tcp])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_answers_the_question_with_id_and_spelling(front, ask, address):
    name = "wWw.eXaMple.COM."
    message = query(name)
    answer = ask(front, message, address)
    assert answer.id == message.id
    assert answer.question[0].name.to_text() == name, "0x20 spelling is the client's"
    assert answer.flags & dns.flags.QR and answer.flags & dns.flags.RA and answer.flags & dns.flags.RD
    assert not answer.flags & dns.flags.AA
    assert answer.answer[0][0].address == address_for(name)
    assert answer.edns == -1, "who sent no OPT gets none"


def test_flags_and_do_reach_the_upstream(front):
    message = query("flags.example", "TXT", want_dnssec=True)
    message.flags |= dns.flags.CD | dns.flags.AD
    answer = ask_udp(front, message)
    assert str(answer.answer[0][0]) == '"flags.example 16 1 130 1"'
    assert answer.ednsflags & dns.flags.DO
    answer = ask_udp(front, query("flags2.example", "TXT", flags=0))
    assert str(answer.answer[0][0]) == '"flags2.example 16 1 20 0"'


def test_unknown_options_and_ecs_are_ignored(front):
    options = [dns.edns.ECSOption("192.0.2.0", 24), dns.edns.GenericOption(65001, b"x" * 40)]
    answer = ask_udp(front, query("options.example", use_edns=0, options=options))
    assert answer.rcode() == dns.rcode.NOERROR
    assert answer.payload == 1232
    assert not answer.options, "nothing comes back, padding least of all"


@pytest.mark.parametrize("payload, fits", [(None, False), (512, False), (1232, False), (4096, False)])
def test_large_answer_is_truncated_over_udp(front, payload, fits):
    more = {} if payload is None else {"use_edns": 0, "payload": payload}
    answer = ask_udp(front, query("size-3000.example", "TXT", **more))
    assert answer.flags & dns.flags.TC
    assert not answer.answer and answer.question
    assert len(answer.to_wire()) <= 512


def test_middling_answer_fits_who_has_room(front):
    short = ask_udp(front, query("size-900.example", "TXT"))
    assert short.flags & dns.flags.TC
    long = ask_udp(front, query("size-900.example", "TXT", use_edns=0, payload=1232))
    assert not long.flags & dns.flags.TC and len(long.to_wire()) >= 900


@pytest.mark.parametrize("size", [1100, 1180, 1210, 1220, 1232, 1240])
def test_no_udp_answer_exceeds_1232(front, size):
    with front.udp() as sock:
        sock.send(query(f"size-{size}.example", "TXT", use_edns=0, payload=4096).to_wire())
        assert len(sock.recv(65535)) <= 1232


@pytest.mark.parametrize("size", [3000, 20000, 64000])
def test_large_answer_comes_whole_over_tcp(front, size):
    answer = ask_tcp(front, query(f"size-{size}.example", "TXT"))
    assert not answer.flags & dns.flags.TC
    assert len(answer.to_wire()) > size * 0.9 and len(answer.answer[0]) > 1


def test_nxdomain_is_an_answer(front):
    assert ask_udp(front, query("nx-1.example")).rcode() == dns.rcode.NXDOMAIN


def test_keepalive_is_offered_over_tcp_only(front):
    message = query("keep.example", use_edns=0, options=[dns.edns.GenericOption(11, b"")])
    over_tcp = [o for o in ask_tcp(front, message).options if o.otype == 11]
    assert over_tcp and over_tcp[0].to_wire() == struct.pack("!H", 20)
    assert not [o for o in ask_udp(front, message).options if o.otype == 11]


# ---- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [ask_udp, ask_tcp])
@pytest.mark.parametrize("message, rcode", [
    (raw(flags=0x2100), dns.rcode.NOTIMP),                               # opcode NOTIFY
    (raw(counts=(0, 0, 0, 0), body=b""), dns.rcode.FORMERR),
    (raw(counts=(2, 0, 0, 0)), dns.rcode.FORMERR),
    (raw(counts=(1, 1, 0, 0)), dns.rcode.FORMERR),
    (raw(body=b"\1a\4test\0\0\1\0\1trailing"), dns.rcode.FORMERR),
    (raw(body=b"\1a\xc0\x0c\0\1\0\1"), dns.rcode.FORMERR),               # compressed question
    (raw(body=b"\1a\4te"), dns.rcode.FORMERR),
    (raw(body=b"\1a\4test\0\0\xfc\0\1"), dns.rcode.REFUSED),             # AXFR
    (raw(body=b"\1a\4test\0\0\xf9\0\1"), dns.rcode.NOTIMP),              # TKEY
    (raw(body=b"\7version\4bind\0\0\x10\0\3"), dns.rcode.REFUSED),       # CHAOS
])
def test_bad_message_gets_its_code(front, ask, message, rcode):
    answer = ask(front, message)
    assert answer.rcode() == rcode and answer.id == 7
    assert not answer.answer


def test_edns_version_1_is_badvers(front):
    opt = b"\0\0\x29\x04\xd0\0\1\0\0\0\0"
    answer = ask_udp(front, raw(counts=(1, 0, 0, 1), body=b"\1a\4test\0\0\1\0\1" + opt))
    assert answer.rcode() == dns.rcode.BADVERS
    assert answer.edns == 0


@pytest.mark.parametrize("message", [raw(flags=0x8180), b"", b"x", raw()[:11]])
def test_reflection_and_scraps_get_silence(front, message):
    with front.udp() as sock:
        sock.send(message)
        assert is_silent(sock)
    assert ask_udp(front, query("alive.example")).answer


def test_who_is_not_on_the_access_list_is_told_of_in_the_log_now_and_then():
    with Front(listen=("0.0.0.0",), deny="127.0.0.9/32") as front:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.9", 0))
            for i in range(50):
                sock.sendto(query(f"d{i}.example").to_wire(), ("127.0.0.1", front.port))
            front.wait_for(lambda s: s["why_ACL"] == 50)
        penstock.wait_for(lambda: any("access list" in line for line in front.log), 10, "a line")
        lines = [line for line in front.log if "access list" in line]
        assert len(lines) == 1 and "127.0.0.9/32" in lines[0] and "; 1 of all" in lines[0], front.log


def test_denied_address_gets_silence_and_no_connection():
    with Front(deny="127.0.0.2/32") as front:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.2", 0))
            sock.connect(("127.0.0.1", front.port))
            sock.send(query("a.example").to_wire())
            assert is_silent(sock)
        with socket.socket() as sock:
            sock.settimeout(5)
            sock.bind(("127.0.0.2", 0))
            sock.connect(("127.0.0.1", front.port))
            with pytest.raises((ConnectionError, EOFError)):
                read_exactly(sock, 1)
        stats = front.stats()
        assert stats["why_ACL"] == 1 and stats["TCP_REFUSED"] == 1
        assert ask_udp(front, query("a.example")).answer


# ---- failure --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [ask_udp, ask_tcp])
@pytest.mark.parametrize("name, ede", [("fail-1.example", 23), ("garbage-1.example", 23), ("wrong-1.example", 23)])
def test_bad_or_no_answer_is_servfail(front, ask, name, ede):
    answer = ask(front, query(name, use_edns=0))
    assert answer.rcode() == dns.rcode.SERVFAIL
    assert ede_of(answer) == [ede]


@pytest.mark.parametrize("ask", [ask_udp, ask_tcp])
def test_unanswered_query_is_servfail_inside_its_time(front, ask, late):
    start = time.monotonic()
    answer = ask(front, query("drop-1.example", use_edns=0))
    took = time.monotonic() - start
    assert answer.rcode() == dns.rcode.SERVFAIL and ede_of(answer) == [22]
    assert 1.3 < took < 1.5 + 0.3 + late(), took


def test_late_and_double_answers_are_counted_not_delivered(front):
    before = front.stats()["RING_STALE"]
    with front.udp() as sock:
        sock.send(query("twice-1.example").to_wire())
        assert dns.message.from_wire(sock.recv(65535)).answer
        assert is_silent(sock)
    assert front.stats()["RING_STALE"] == before + 1


def test_full_table_refuses_and_recovers():
    with Front(queries=64, query_ms=2500) as front:
        with front.udp() as sock:
            for i in range(80):
                sock.send(query(f"drop-{i}.example", use_edns=0).to_wire())
            answers = [dns.message.from_wire(sock.recv(65535)) for _ in range(16)]
            # whoever came last is refused, or whoever waited longest in line makes room and is told to use TCP
            assert all((a.rcode() == dns.rcode.SERVFAIL and ede_of(a) == [14]) or a.flags & dns.flags.TC for a in answers)
            assert front.stats()["QUERIES_ALIVE"] == 64
            answers = [dns.message.from_wire(sock.recv(65535)) for _ in range(64)]
            assert all(ede_of(a) == [22] for a in answers)
        assert ask_udp(front, query("a.example")).answer
        assert front.stats()["why_QUEUE_FULL"] == 16


def test_small_ring_queues_and_loses_nothing():
    with Front(queries=2048, ring=4096) as front:
        front.freeze()
        with front.udp() as sock:
            for i in range(200):
                sock.send(query(f"a{i}.example").to_wire())
                if i % 50 == 0:
                    time.sleep(0.01)
            front.wait_for(lambda s: s["QUESTIONS_QUEUED"] > 50 and s["RING_FULL"] > 0)
            front.say("thaw")
            got = {dns.message.from_wire(sock.recv(65535)).question[0].name.to_text() for _ in range(200)}
        assert len(got) == 200


def test_same_question_is_asked_once():
    with Front() as front:
        with front.udp() as sock:
            messages = [query("delay-300.example") for _ in range(50)]
            for message in messages:
                sock.send(message.to_wire())
            ids = sorted(dns.message.from_wire(sock.recv(65535)).id for _ in messages)
        assert ids == sorted(m.id for m in messages)
        stats = front.stats()
        assert stats["fake_questions"] == 1 and stats["COALESCED"] == 49


# ---- the worker and the supervisor ----------------------------------------------------------------


def test_new_ring_gets_every_unfinished_question():
    with Front() as front:
        front.freeze()
        with front.udp() as sock:
            messages = {m.id: m for m in (query(f"a{i}.example") for i in range(20))}
            for message in messages.values():
                sock.send(message.to_wire())
            front.wait_for(lambda s: s["QUERIES_ALIVE"] == len(messages))
            front.say("ring")
            front.say("thaw")
            for _ in list(messages):
                answer = dns.message.from_wire(sock.recv(65535))
                name = messages.pop(answer.id).question[0].name
                assert answer.answer[0][0].address == address_for(name.to_text())
        assert not messages


def test_broken_ring_is_reported_once_and_replaced():
    with Front(query_ms=1000) as front:
        assert ask_udp(front, query("a.example")).answer
        front.say("break")
        front.expect("BROKEN 1")
        with front.udp() as sock:
            sock.send(query("b.example").to_wire())
            front.wait_for(lambda s: s["QUERIES_ALIVE"] == 1)
            penstock.wait_for(lambda: any(line.startswith("LOG 1 ") for line in front.log), 10, "a line")
            broken = [line for line in front.log if line.startswith("LOG 1 ")]
            assert len(broken) == 1 and "worker broke the ring" in broken[0]
            front.say("ring")
            assert dns.message.from_wire(sock.recv(65535)).answer
        assert ask_udp(front, query("c.example")).answer


def test_killed_front_leaves_its_sockets_to_the_next():
    with Front(listen=("127.0.0.1", "::1")) as front:
        assert ask_udp(front, query("a.example")).answer
        with front.udp() as sock:
            front.wait_for(lambda s: s["why_ANSWERED"] == 1)  # the page outlives the process
            front.say("respawn")
            front.expect("KILLED")
            sock.send(query("b.example").to_wire())
            front.expect("READY")
            assert dns.message.from_wire(sock.recv(65535)).answer, "the kernel kept it"
        assert ask_tcp(front, query("c.example"), "::1").answer


def test_stop_answers_what_is_in_flight():
    with Front() as front:
        with front.udp() as udp, front.tcp() as tcp, front.tcp() as idle:
            udp.send(query("delay-400-a.example").to_wire())
            tcp.sendall(frame(query("delay-400-b.example")))
            front.wait_for(lambda s: s["QUERIES_ALIVE"] == 2)
            front.say("stop")
            assert idle.recv(1) == b"", "nothing waits there"
            assert dns.message.from_wire(udp.recv(65535)).answer
            assert read_message(tcp).answer
            assert tcp.recv(1) == b""
            front.expect("EXIT 0")
            front.process.wait(timeout=10)


def test_reload_is_taken_or_refused_as_a_whole():
    with Front(listen=("0.0.0.0",)) as front:
        front.say("reload deny=127.0.0.9/32")
        front.expect("RELOADED 0")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.9", 0))
            sock.connect(("127.0.0.1", front.port))
            sock.send(query("a.example").to_wire())
            assert is_silent(sock)
        front.say("reload queries=64")  # tables keep their size for life
        front.expect("RELOADED 1")
        assert ask_udp(front, query("a.example")).answer


def test_bind_failure_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(AssertionError) as failure:
            Front(port=taken.getsockname()[1])
    assert "EXIT 1" in str(failure.value)
    assert "cannot bind 127.0.0.1:" in str(failure.value) and "already in use" in str(failure.value)


# ---- UDP ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.77", "::1"])
def test_wildcard_listener_answers_from_the_address_asked(address):
    with Front(listen=("0.0.0.0", "::")) as front:
        assert ask_udp(front, query("a.example"), address).answer  # a connected socket takes no other
        assert ask_tcp(front, query("a.example"), address).answer


def test_vanished_udp_client_disturbs_nobody(front):
    with front.udp() as sock:
        sock.send(query("delay-100.example").to_wire())
    time.sleep(0.3)
    assert ask_udp(front, query("a.example")).answer


def test_no_answer_reaches_the_wrong_client(front):
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    socks = [front.udp() for _ in range(20)]
    wanted = [{} for _ in socks]
    for _ in range(1000):
        who = chance.randrange(len(socks))
        name = "".join(chance.choice("aBcDeF") for _ in range(chance.randint(1, 3))) + ".delay.EXAMPLE."
        if chance.random() < 0.5:
            name = f"delay-{chance.randint(0, 50)}-{name}"
        message = query(name)
        message.id = chance.randrange(65536)
        if message.id in wanted[who]:
            continue
        wanted[who][message.id] = name
        socks[who].send(message.to_wire())
        if chance.random() < 0.05:
            time.sleep(0.005)
    for sock, names in zip(socks, wanted):
        while names:
            answer = dns.message.from_wire(sock.recv(65535))
            name = names.pop(answer.id)
            assert answer.question[0].name.to_text() == name
            assert answer.answer[0][0].address == address_for(name)
        sock.close()


# ---- TCP ------------------------------------------------------------------------------------------


def test_pipelined_answers_come_as_they_are_ready(front):
    with front.tcp() as sock:
        slow, fast = query("delay-300-slow.example"), query("fast.example")
        sock.sendall(frame(slow) + frame(fast))
        assert read_message(sock).id == fast.id
        assert read_message(sock).id == slow.id


def test_many_pipelined_queries_are_all_answered():
    with Front(query_ms=30000, tcp_idle_ms=60000) as front, front.tcp() as sock:
        sock.settimeout(30)
        messages = {m.id: m for m in (query(f"p{i}.example") for i in range(500))}
        sock.sendall(b"".join(frame(m) for m in messages.values()))
        for _ in range(len(messages)):
            answer = read_message(sock)
            name = messages.pop(answer.id).question[0].name.to_text()
            assert answer.answer[0][0].address == address_for(name)


def test_a_connection_has_64_queries_waiting_at_most():
    with Front(query_ms=1000) as front:
        with front.tcp() as sock:
            sock.sendall(b"".join(frame(query(f"drop-{i}.example")) for i in range(100)))
            front.wait_for(lambda s: s["QUERIES_ALIVE"] == 64)
            time.sleep(0.1)
            assert front.stats()["QUERIES_ALIVE"] == 64
            assert all(read_message(sock).rcode() == dns.rcode.SERVFAIL for _ in range(100))


def test_half_closed_connection_gets_its_answers(front):
    with front.tcp() as sock:
        sock.sendall(frame(query("delay-200.example")) + frame(query("now.example")))
        sock.shutdown(socket.SHUT_WR)
        assert read_message(sock).answer and read_message(sock).answer
        assert sock.recv(1) == b""


def test_half_close_behind_more_than_may_wait_loses_nothing(front):
    with front.tcp() as sock:
        sock.sendall(b"".join(frame(query(f"delay-50-{i}.example")) for i in range(150)))
        sock.shutdown(socket.SHUT_WR)
        assert sum(bool(read_message(sock).answer) for _ in range(150)) == 150
        assert sock.recv(1) == b""


def test_byte_by_byte_arrival(front):
    with front.tcp() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in frame(query("slow.example")) + frame(query("slower.example")):
            sock.sendall(bytes([octet]))
            time.sleep(0.002)
        assert read_message(sock).answer and read_message(sock).answer


def test_idle_connection_is_closed(late):
    with Front(tcp_idle_ms=500) as front:
        with front.tcp() as sock:
            start = time.monotonic()
            assert sock.recv(1) == b""
            assert 0.45 < time.monotonic() - start < 1.0 + late()
        with front.tcp() as sock:  # a query starts the time anew, and one that waits stops it
            time.sleep(0.3)
            sock.sendall(frame(query("delay-800.example")))
            assert read_message(sock).answer
            start = time.monotonic()
            assert sock.recv(1) == b""
            assert 0.45 < time.monotonic() - start < 1.0 + late()
        assert front.stats()["TCP_IDLE"] == 2


def test_unfinished_message_has_a_deadline_of_its_own(late):
    with Front(tcp_idle_ms=60000) as front:
        with front.tcp() as sock:
            start = time.monotonic()
            try:
                for octet in frame(query("a" * 60 + ".example")):
                    sock.sendall(bytes([octet]))
                    time.sleep(0.1)
            except ConnectionError:
                pass
            took = time.monotonic() - start
            assert 1.9 < took < 3 + late(), took
        assert front.stats()["TCP_SLOW"] == 1


def test_wrong_length_ends_the_connection_after_its_answers(front):
    for length in (0, 11, 4097, 65535):
        with front.tcp() as sock:
            sock.sendall(frame(query("delay-100.example")) + struct.pack("!H", length) + b"x" * 64)
            assert read_message(sock).answer
            with pytest.raises((EOFError, ConnectionError)):
                read_exactly(sock, 1)


def test_a_response_on_tcp_ends_the_connection(front):
    with front.tcp() as sock:
        sock.sendall(frame(raw(flags=0x8180)))
        with pytest.raises((EOFError, ConnectionError)):
            read_exactly(sock, 1)


def test_client_gone_before_its_answer_is_counted(front):
    before = front.stats()["why_CLIENT_GONE"]
    with front.tcp() as sock:
        sock.sendall(frame(query("delay-300-gone.example")))
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
    front.wait_for(lambda s: s["why_CLIENT_GONE"] == before + 1)


def test_full_table_closes_who_is_idle_longest():
    with Front(tcp_clients=8, query_ms=2000, tcp_idle_ms=60000) as front:
        socks = [front.tcp() for _ in range(8)]
        front.wait_for(lambda s: s["TCP_CLIENTS"] == 8)
        socks[0].sendall(frame(query("drop-1.example")))  # not idle
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 1)
        new = front.tcp()
        new.sendall(frame(query("a.example")))
        assert read_message(new).answer
        assert socks[1].recv(1) == b"", "the oldest of the idle ones"
        assert read_message(socks[0]).rcode() == dns.rcode.SERVFAIL
        stats = front.stats()
        assert stats["TCP_EVICTED"] == 1 and stats["TCP_CLIENTS"] == 8
        for sock in (*socks, new):
            sock.close()


def test_full_table_of_busy_connections_lets_new_ones_wait():
    with Front(tcp_clients=8, query_ms=1500) as front:
        socks = [front.tcp() for _ in range(8)]
        for i, sock in enumerate(socks):
            sock.sendall(frame(query(f"drop-{i}.example")))
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 8)
        with front.tcp() as ninth:
            ninth.sendall(frame(query("ninth.example")))
            for sock in socks:
                assert read_message(sock).rcode() == dns.rcode.SERVFAIL
            assert read_message(ninth).answer, "in place of one that has nothing to do any more"
        stats = front.stats()
        assert (stats["TCP_PARKED"], stats["TCP_EVICTED"], stats["TCP_REFUSED"]) == (1, 1, 0)
        for sock in socks:
            sock.close()


def test_slow_reader_gets_all_or_is_cut_off_and_harms_nobody():
    with Front(query_ms=4000, tcp_idle_ms=60000) as front:
        before = memory_of(front.pid)
        slow = [front.tcp(receive_bytes=4096) for _ in range(80)]  # more than there are output buffers
        for i, sock in enumerate(slow):
            sock.sendall(b"".join(frame(query(f"size-60000-{i}-{k}.example", "TXT")) for k in range(8)))
        for i in range(20):
            assert ask_tcp(front, query(f"honest{i}.example")).answer
            assert ask_udp(front, query(f"honest{i}.example")).answer
        front.wait_for(lambda s: s["TCP_CLIENTS"] == 0, timeout=20)
        assert front.stats()["TCP_SLOW"] == len(slow)
        if not penstock.SANITIZED:
            assert memory_of(front.pid) - before < 12 << 20
        for sock in slow:
            sock.close()


def test_patient_reader_of_large_answers_gets_them(front):
    with front.tcp(receive_bytes=16384) as sock:
        messages = [query(f"size-60000-{i}.example", "TXT") for i in range(30)]
        for message in messages[:2]:
            sock.sendall(frame(message))
        got = 0
        for message in messages[2:]:
            assert len(read_message(sock).to_wire()) > 50000
            got += 1
            sock.sendall(frame(message))
        assert got == 28 and read_message(sock) and read_message(sock)


def memory_of(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) << 10

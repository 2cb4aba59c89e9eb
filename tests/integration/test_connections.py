"""TCP connections of many clients: who gives way, who waits, who is refused.

Clients have addresses of their own within 127.0.0.0/8; the front is alone between a small supervisor and a fake worker.
"""
import socket
import time

from front import Front, frame, query, read_message


def connect_from(front, address):
    sock = socket.socket()
    sock.bind((address, 0))
    sock.settimeout(20)
    sock.connect(("127.0.0.1", front.port))
    return sock


def ask(sock, name):
    sock.sendall(frame(query(name)))
    return read_message(sock)


def is_closed(sock, seconds=20):
    sock.settimeout(seconds)
    try:
        return sock.recv(1) == b""
    except ConnectionError:
        return True
    except (socket.timeout, BlockingIOError):
        return False


def limits(**keys):
    text = ", ".join(f"{key}: {value}" for key, value in keys.items())
    return f"rates: {{mode: off}}, filter: {{kernel: no}}, limits: {{{text}}}"


def test_a_client_that_has_its_networks_bound_gives_way_to_its_neighbours():
    with Front(yaml=limits(tcp_per_prefix=5, tcp_new_per_s=1000), tcp_idle_ms=60000) as front:
        idle = [connect_from(front, "127.1.0.1") for _ in range(5)]
        front.wait_for(lambda s: s["TCP_CLIENTS"] == 5)
        with connect_from(front, "127.1.0.2") as near, connect_from(front, "127.1.1.1") as other:
            assert ask(near, "near.example").answer and ask(other, "other.example").answer
            assert is_closed(idle[0]), "the one that was idle longest"
            assert ask(near, "again.example").answer
        assert [is_closed(sock, 0.01) for sock in idle[1:]] == [False] * 4
        assert front.stats()["TCP_EVICTED"] == 1
        for sock in idle:
            sock.close()


def test_an_idle_connection_of_the_network_makes_room():
    """Each of five clients has one: none has more than the sixth would have, but they do nothing."""
    with Front(yaml=limits(tcp_per_prefix=5, tcp_new_per_s=1000), tcp_idle_ms=60000) as front:
        idle = [connect_from(front, f"127.1.0.{i + 1}") for i in range(5)]
        front.wait_for(lambda s: s["TCP_CLIENTS"] == 5)
        with connect_from(front, "127.1.0.9") as sixth:
            assert ask(sixth, "sixth.example").answer, "it waits until they have been idle for a while"
        stats = front.stats()
        assert stats["TCP_EVICTED"] == 1 and stats["TCP_REFUSED"] == 0
        for sock in idle:
            sock.close()


def test_a_query_that_waits_does_not_hold_a_connection_for_ever():
    with Front(yaml=limits(tcp_per_prefix=5, tcp_new_per_s=1000), query_ms=20000) as front:
        busy = [connect_from(front, "127.1.0.1") for _ in range(5)]
        for i, sock in enumerate(busy):
            sock.sendall(frame(query(f"delay-15000-{i}.example")))
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 5)
        with connect_from(front, "127.1.0.2") as near:
            assert ask(near, "near.example").answer
        front.wait_for(lambda s: s["why_CONNECTION_TAKEN"] == 1 and s["QUERIES_ALIVE"] == 4)
        assert sum(is_closed(sock, 0.01) for sock in busy) == 1
        for sock in busy:
            sock.close()


def test_many_networks_around_one_another_leave_room_for_others():
    """A full table: 16 /24 of one /20, each with slow queries on all that it has."""
    with Front(yaml=limits(tcp_per_prefix=64, tcp_new_per_s=1000), tcp_clients=64, query_ms=20000) as front:
        socks = []
        for i in range(64):
            socks.append(connect_from(front, f"127.1.{i % 16}.{1 + i // 16}"))
            socks[-1].sendall(frame(query(f"delay-15000-{i}.example")))
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 64)
        others = [connect_from(front, f"127.{n}.0.1") for n in (98, 99) for _ in range(8)]
        for i, sock in enumerate(others):
            assert ask(sock, f"other{i}.example").answer
        for i, sock in enumerate(others):
            assert ask(sock, f"again{i}.example").answer, "and they stay"
        stats = front.stats()
        assert stats["TCP_EVICTED"] == 16 and stats["TCP_REFUSED"] == 0
        for sock in socks + others:
            sock.close()


def test_who_connects_too_often_waits_and_nobody_else_does():
    with Front(yaml=limits(tcp_per_prefix=1000, tcp_new_per_s=20)) as front:  # 80 at once
        socks = [connect_from(front, "127.1.0.1") for _ in range(110)]
        for i, sock in enumerate(socks):
            sock.sendall(frame(query(f"n{i}.example")))
        front.wait_for(lambda s: s["TCP_PARKED"] > 0)
        with connect_from(front, "127.2.0.1") as other:
            assert ask(other, "a.example").answer
            assert front.stats()["TCP_CLIENTS"] < 111, "it did not stand in the same line"
        assert all(read_message(sock).answer for sock in socks)
        stats = front.stats()
        assert stats["TCP_REFUSED"] == 0 and stats["TCP_ACCEPTED"] == 111
        for sock in socks:
            sock.close()


def test_a_client_with_two_hundred_at_once_has_all_answers():
    """More than its network may have: each waits for its turn, none is reset."""
    with Front(yaml=limits(tcp_per_prefix=64, tcp_new_per_s=50)) as front:
        socks = [connect_from(front, "127.1.0.1") for _ in range(200)]
        for i, sock in enumerate(socks):
            sock.sendall(frame(query(f"delay-20-{i}.example")))
        for sock in socks:
            assert read_message(sock).answer
            sock.close()
        stats = front.stats()
        assert stats["TCP_REFUSED"] == 0 and stats["TCP_EVICTED"] == 0 and stats["TCP_PARKED"] >= 136


def test_who_waited_in_vain_is_refused():
    with Front(yaml=limits(tcp_per_prefix=2, tcp_new_per_s=1000), query_ms=30000) as front:
        busy = [connect_from(front, "127.1.0.1") for _ in range(2)]
        for i, sock in enumerate(busy):
            sock.sendall(frame(query(f"delay-25000-{i}.example")))
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 2)
        begin = time.monotonic()
        with connect_from(front, "127.1.0.1") as third:
            assert is_closed(third) and time.monotonic() - begin > 3
        assert front.stats()["TCP_REFUSED"] == 1
        for sock in busy:
            sock.close()


def test_those_who_wait_share_the_places_there():
    """One network has all of them: others take theirs, and only what was its own is refused."""
    with Front(yaml=limits(tcp_per_prefix=2, tcp_new_per_s=10000), query_ms=30000) as front:
        flood = [connect_from(front, "127.1.0.1") for _ in range(2)]
        for i, sock in enumerate(flood):
            sock.sendall(frame(query(f"delay-25000-{i}.example")))
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 2)
        flood += [connect_from(front, "127.1.0.1") for _ in range(300)]
        front.wait_for(lambda s: s["TCP_REFUSED"] >= 44 and s["TCP_ACCEPTED"] == 2)
        busy = [connect_from(front, "127.2.0.1") for _ in range(2)]
        for i, sock in enumerate(busy):
            sock.sendall(frame(query(f"delay-1000-x{i}.example")))
        with connect_from(front, "127.2.0.1") as waits:
            assert ask(waits, "waits.example").answer
        for sock in flood + busy:
            sock.close()


def test_a_stop_refuses_who_waits():
    count = 3
    with Front(yaml=limits(tcp_per_prefix=1, tcp_new_per_s=1000), query_ms=2000) as front:
        busy = connect_from(front, "127.1.0.1")
        busy.sendall(frame(query("delay-1000.example")))
        front.wait_for(lambda s: s["QUERIES_ALIVE"] == 1)
        waiting = [connect_from(front, "127.1.0.1") for _ in range(count)]
        front.wait_for(lambda s: s["TCP_PARKED"] == count)
        front.say("stop")
        assert all(map(is_closed, waiting))
        assert read_message(busy).answer
        front.expect("EXIT 0")
        front.process.wait(timeout=10)

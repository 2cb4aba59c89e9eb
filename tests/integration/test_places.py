"""Places on connections to upstreams: names that are answered late, or never, take none from others."""
import concurrent.futures
import contextlib
import socket
import threading
import time

import dns.message
import dns.query
import pytest
from baddot import encoded
from conftest import upstream
from penstock import records, wait_for


@contextlib.contextmanager
def flood(service, sources, name, count):
    """`count` queries from each source, again every second: most of them find no room, and that is the point."""
    over = threading.Event()

    def send():
        with contextlib.ExitStack() as stack:
            socks = []
            for source in sources:
                socks.append(stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
                socks[-1].bind((source, 0))
                socks[-1].connect((service.address, service.port))
            for turn in range(60):
                for at in range(count):
                    for number, sock in enumerate(socks):
                        query = dns.message.make_query(f"{name}-{turn}-{at}-{number}.penstock.example", "A")
                        with contextlib.suppress(OSError):
                            sock.send(query.to_wire())
                if over.wait(1):
                    return
    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def ask_from(service, source, name, timeout=5):
    query = dns.message.make_query(name, "A")
    return dns.query.udp(query, service.address, port=service.port, source=source, timeout=timeout)


# The front counts on what is configured; a server that is away takes nothing, and 16 are fewer than it hands over.
@pytest.mark.parametrize("away", [0, 1, 3])
@pytest.mark.parametrize("sources", [["127.1.0.1", "127.2.0.1", "127.3.0.1"], ["127.200.0.7"]],
                         ids=["networks", "a-neighbour"])
def test_names_that_nobody_answers_leave_places_for_others(serve, bad, bads, pki, late, away, sources):
    servers = [bad, *(bads() for _ in range(away))]
    for server in servers[1:]:
        server.stall_handshake = True
    service = serve([upstream(server.where, pki, name=f"number{i}") for i, server in enumerate(servers)], settings={
        "limits": {"queries": 256, "upstream_connections": 1, "upstream_in_flight": 16}})
    assert records(service.ask("warm.penstock.example")) == [encoded("warm.penstock.example")]
    with flood(service, sources, "silent", 60):
        wait_for(lambda: bad.habits["silent"] >= 12, 30, "the connection full of silent names")
        for number in range(20):
            name = f"honest{number}.penstock.example"
            begin = time.monotonic()
            assert records(ask_from(service, "127.200.0.1", name)) == [encoded(name)]
            took = time.monotonic() - begin
            assert took < 1 + late(), f"number {number} after {took:.2f} s"


def test_a_connection_full_of_late_names_is_not_given_up(serve, bad):
    """Whether the server is there is asked even where nothing else has room."""
    service = serve(bad, settings={"limits": {"upstream_connections": 1, "upstream_in_flight": 4},
                                   "timeouts": {"query": "10s"}})
    assert records(service.ask("warm.penstock.example")) == [encoded("warm.penstock.example")]
    names = [f"late2500-{number}.penstock.example" for number in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: ask_from(service, f"127.{n[0] + 1}.0.1", n[1], 12), enumerate(names)))
    assert [records(answer) for answer in answers] == [[encoded(name)] for name in names]
    assert bad.habits["late"] == 4, "each was asked once"
    assert bad.accepted == 1
    assert "given up" not in service.log()

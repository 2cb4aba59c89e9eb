"""Connections upstream: kept, closed, resumed."""
import time

from baddot import encoded
from conftest import upstream
from penstock import records, wait_for


def test_one_connection_serves_many_queries(bad_service):
    for i in range(50):
        bad_service.ask(f"many{i}.penstock.example")
    assert len(bad_service.bad.handshakes) <= 4


def test_later_handshakes_are_resumed(bad_service):
    """The server closes after each answer; a ticket of the last connection shortens the next handshake."""
    bad_service.bad.close_after = 1
    for i in range(10):
        name = f"again{i}.penstock.example"
        assert records(bad_service.ask(name)) == [encoded(name)]
        time.sleep(0.02)
    done = [h for h in bad_service.bad.handshakes if h.done]
    assert len(done) >= 9
    assert sum(h.resumed for h in done) >= len(done) - 4, [h.resumed for h in done]
    assert bad_service.statistic("upstream", "handshakes_resumed") == sum(h.resumed for h in done)


def test_resumed_after_the_server_closed_an_idle_connection(bad_service):
    bad_service.bad.idle_close = 0.3
    bad_service.ask("first.penstock.example")
    time.sleep(0.8)
    assert records(bad_service.ask("second.penstock.example")) == [encoded("second.penstock.example")]
    assert bad_service.bad.handshakes[-1].resumed


def test_idle_connection_is_closed_by_us(serve, bad):
    service = serve(bad, settings={"timeouts": {"upstream_idle": "1s"}})
    service.ask("first.penstock.example")
    wait_for(lambda: not bad.tasks, 4, "the end of the idle connection")
    assert records(service.ask("second.penstock.example")) == [encoded("second.penstock.example")]


def test_ticket_is_not_used_at_another_upstream(serve, bads, pki):
    """Both servers present the same certificate; each first handshake is a full one."""
    first, second = bads(), bads()
    service = serve([upstream(first.where, pki), upstream(second.where, pki, name="second")])
    for i in range(10):
        service.ask(f"a{i}.penstock.example")
    first.refuse()
    for i in range(20):
        service.ask(f"b{i}.penstock.example")
    for server in (first, second):
        done = [h for h in server.handshakes if h.done]
        assert not done or not done[0].resumed
        assert not [h for h in server.handshakes if h.error and "binder" in h.error.lower()]

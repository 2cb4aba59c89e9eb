"""Where we listen: addresses that come later, link-local ones, and a kernel without IPv6.

What is asked is answered here (localhost), so that no upstream has to be reached.
"""
import os
import pathlib
import signal
import socket
import sys
import threading

import dns.message
import dns.query
import pytest

import namespace
import no_ipv6
import penstock

WITHOUT_IPV6 = (sys.executable, pathlib.Path(no_ipv6.__file__))
needs_namespaces = pytest.mark.skipif(os.geteuid() != 0 or not namespace.can_make_one(),
                                      reason="network namespaces cannot be made here")
needs_seccomp = pytest.mark.skipif(not no_ipv6.supported(), reason="number of socket(2) not known here")
ALLOW = {"acl": {"allow": ["127.0.0.0/8", "::1/128", "192.0.2.0/24", "2001:db8::/32", "fe80::/10"], "deny": []}}


def inside(place, work):
    """The result of work() in a thread within a network namespace."""
    result = []

    def run():
        place.enter()
        try:
            result.append(work())
        except Exception as error:  # pylint: disable=broad-except
            result.append(error)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return result[0] if result else TimeoutError()


def answers(place, where, port, scope=None):
    """Do UDP and TCP answer in the namespace, and from where we asked?"""
    def ask():
        address = (where, port) if ":" not in where else (where, port, 0, socket.if_nametoindex(scope) if scope else 0)
        family = socket.AF_INET6 if ":" in where else socket.AF_INET
        query = dns.message.make_query("localhost", "A")
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(family, kind) as sock:
                sock.settimeout(2)
                sock.connect(address)  # from elsewhere nothing is taken
                wire = query.to_wire()
                sock.sendall(wire if kind == socket.SOCK_DGRAM else len(wire).to_bytes(2, "big") + wire)
                data = sock.recv(4096)
                answer = dns.message.from_wire(data if kind == socket.SOCK_DGRAM else data[2:])
                if not answer.answer:
                    return False
        return True
    return inside(place, ask) is True


# ---- no IPv6 --------------------------------------------------------------------------------------


@needs_seccomp
@pytest.mark.parametrize("lanes", [1, 2])
def test_the_wildcard_of_ipv6_is_left_out_where_there_is_none(serve, bad, lanes):
    port = penstock.free_port(("127.0.0.1", "::1") if penstock.has_ipv6() else ("127.0.0.1",))
    service = serve(bad, addresses=("::", "0.0.0.0"), port=port, wrap=WITHOUT_IPV6, settings={
        "lanes": lanes, "rates": {"mode": "off", "listeners": [f"[::]:{port} 50%", f"0.0.0.0:{port} 200%"]}})
    assert f"[::]:{port} is left out: the kernel has no IPv6" in service.log()
    for tcp in (False, True):
        assert service.ask("one.penstock.example", tcp=tcp, address="127.0.0.1").answer
    service.process.send_signal(signal.SIGHUP)
    service.wait_log("the new configuration is in force")
    assert service.ask("two.penstock.example", address="127.0.0.1").answer


@needs_seccomp
@pytest.mark.parametrize("addresses", [("127.0.0.1", "::1"), ("::",)])
def test_an_address_of_ipv6_is_an_error_where_there_is_none(launch, bad, addresses):
    service = launch(bad, addresses=addresses, port=5300, wrap=WITHOUT_IPV6)
    assert service.process.wait(10) not in (0, None)
    assert f"listen: {penstock.join(addresses[-1], 5300)}: the kernel has no IPv6" in service.log()


# ---- addresses that another one serves ------------------------------------------------------------


@pytest.mark.parametrize("second", ["127.0.0.1", "0.0.0.0"])
def test_a_second_penstock_does_not_join_the_lanes_of_another(serve, launch, bad, second):
    """The kernel would share the address among sockets of one account."""
    first = serve(bad, settings={"lanes": 2})
    other = launch(bad, addresses=(second,), port=first.port, settings={"lanes": 2})
    assert other.process.wait(30) == 1
    assert f"cannot bind {second}:{first.port} (UDP)" in other.log() and "another server has it" in other.log(), other.log()
    assert "serves with" not in other.log()
    assert first.ask("one.penstock.example").answer
    assert first.stop() == 0


# ---- addresses that come --------------------------------------------------------------------------


@needs_namespaces
@pytest.mark.parametrize("address, prefix", [("192.0.2.7", "192.0.2.7/32"), ("2001:db8::7", "2001:db8::7/128")])
def test_an_address_that_comes_later_is_served_then(serve, bad, address, prefix):
    with namespace.Namespace() as place:
        service = serve(bad, addresses=(address,), port=5300, wrap=place.wrap, settings=ALLOW)
        for kind in ("UDP", "TCP"):
            service.wait_log(rf"no interface has .*{address}.*:5300 yet; it is served \({kind}\) when it comes")
        place.run("ip", "addr", "add", prefix, "dev", "lo", *(("nodad",) if ":" in address else ()))
        penstock.wait_for(lambda: answers(place, address, 5300), 10, "an answer")
        service.stop()


# ---- link-local -----------------------------------------------------------------------------------


@pytest.fixture
def pair():
    """Two namespaces with a cable between them; its ends are v0 and v1."""
    with namespace.Namespace() as here, namespace.Namespace() as there:
        here.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", there.name)
        for place, link, address in ((here, "v0", "fe80::1/64"), (there, "v1", "fe80::2/64")):
            place.run("ip", "addr", "add", address, "dev", link, "nodad")
            place.run("ip", "link", "set", link, "up")
        yield here, there


@needs_namespaces
@pytest.mark.parametrize("listen", ["[fe80::1%v0]:5300", "[::]:5300", "number"])
def test_a_link_local_address_answers_over_its_interface(serve, bad, pair, listen):
    here, there = pair
    if listen == "number":
        listen = f"[fe80::1%{inside(here, lambda: socket.if_nametoindex('v0'))}]:5300"
    service = serve(bad, port=5300, wrap=here.wrap, settings={**ALLOW, "listen": [listen]})
    penstock.wait_for(lambda: answers(there, "fe80::1", 5300, "v1"), 10, "an answer")
    service.process.send_signal(signal.SIGHUP)  # now it cannot ask the kernel for numbers
    service.wait_log("the new configuration is in force")
    assert answers(there, "fe80::1", 5300, "v1")
    service.stop()


@pytest.mark.parametrize("listen, wanted", [
    ("[fe80::1%none-such]:53", "names an interface that is not there"),
    ("[fe80::1%averyverylonginterfacename]:53", "names an interface that is not there"),
    ("[fe80::1]:53", "a link-local address without its interface"),
    ("fe80::1", "a link-local address without its interface")])
def test_a_link_local_address_needs_an_interface_that_is_there(tmp_path, listen, wanted):
    file = tmp_path / "penstock.yaml"
    file.write_text(f'listen: ["127.0.0.1:5300", "{listen}"]\nupstreams: []\n')
    done = penstock.run("--check", "-c", file)
    assert done.returncode != 0 and wanted in done.stderr and "listen" in done.stderr


def test_an_interface_is_printed_by_its_name(tmp_path):
    file = tmp_path / "penstock.yaml"
    file.write_text('listen: ["[fe80::1%lo]:5300"]\nrates: {listeners: ["[fe80::1%lo]:5300 50%"]}\n'
                    'upstreams: [{name: a, address: "192.0.2.1:853", tls_name: dns.example.net, verify: ca}]\n')
    for _ in range(2):  # and what is printed is read again
        done = penstock.run("--print-config", "-c", file)
        assert done.returncode == 0, done.stderr
        assert '"[fe80::1%lo]:5300"' in done.stdout and '"[fe80::1%lo]:5300 50%"' in done.stdout
        file.write_text(done.stdout)
    file.write_text(done.stdout.replace("%lo", "%4000000"))
    assert "[fe80::1%4000000]:5300" in penstock.run("--print-config", "-c", file).stdout, "a number without a name"

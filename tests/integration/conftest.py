"""Fixtures: certificates, a real unbound and our misbehaving server as upstreams, a running penstock.

PENSTOCK_BUILD names the build folder that is tested (build/test unless set).
"""
import itertools
import os
import pathlib
import sys
import tempfile
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fixtures"))

import baddot  # noqa: E402
import left_behind  # noqa: E402
import penstock  # noqa: E402
import pki as pki_module  # noqa: E402
import unbound_process  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "smoke: also run against the release build")


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture(scope="session", autouse=True)
def nothing_left():
    """The first fixture of a run, and so the last that ends: no process that the tests began is alive then."""
    left_behind.adopt_orphans()
    yield
    left = left_behind.take_away()
    assert not left, "a test did not end what it began:\n" + "\n".join(left)


@pytest.fixture(scope="session")
def shared():
    """A folder that other accounts can read, too; pytest's own they cannot."""
    with tempfile.TemporaryDirectory(prefix="penstock-test-") as folder:
        pathlib.Path(folder).chmod(0o755)
        yield pathlib.Path(folder)


PLACES = itertools.count()


@pytest.fixture
def place(shared):
    """A path for the control socket of this test, in a folder that every account can enter."""
    folder = shared / f"control{next(PLACES)}"
    folder.mkdir(0o755)
    return folder / "control"


@pytest.fixture(scope="session")
def pki(shared):
    return pki_module.Pki(shared / "pki")


class Unbound(unbound_process.Process):
    """A real resolver as DoT server; it knows penstock.example and asks nobody."""
    start_s = 10

    def __init__(self, folder, certificate, wrap=(), server_extra="", extra="",
                 rows='local-zone: "." static'):
        self.port = penstock.free_port()
        long_text = " ".join(f'"{letter * 250}"' for letter in "abcdefgh")
        super().__init__(folder, f"""
    interface: 127.0.0.1@{self.port}
    tls-port: {self.port}
    tls-service-key: "{certificate.key}"
    tls-service-pem: "{certificate.chain}"
    module-config: "iterator"
    {rows}
    local-zone: "penstock.example." redirect
    local-data: "penstock.example. 300 IN A 192.0.2.1"
    local-data: "penstock.example. 300 IN A 192.0.2.2"
    local-data: "penstock.example. 300 IN AAAA 2001:db8::1"
    local-data: 'penstock.example. 300 IN TXT "answered by unbound"'
    local-zone: "long.example." redirect
    local-data: 'long.example. 300 IN TXT {long_text}'
    {server_extra}""", extra, wrap)

    @property
    def where(self):
        return f"127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def unbound(nothing_left, shared, pki):  # named, so that it ends before that looks, also where the last test does without it
    server = Unbound(shared / "unbound", pki.good)
    yield server
    server.stop()


@pytest.fixture
def bad(pki):
    """Our misbehaving server, with the good certificate until told otherwise."""
    server = baddot.Baddot(pki.good)
    yield server
    server.stop()


@pytest.fixture
def bads(pki):
    """A maker of further misbehaving servers."""
    servers = []

    def make(certificate=None):
        servers.append(baddot.Baddot(certificate or pki.good))
        return servers[-1]
    yield make
    for server in servers:
        server.stop()


def upstream(where, pki, name="first", verify="pin+ca", pins=None, tls_name=pki_module.NAME):
    """An entry of the configuration's upstreams."""
    entry = {"name": name, "address": where, "tls_name": tls_name, "verify": verify}
    if verify != "ca":
        entry["pins"] = pins or [pki.good.pin, pki.rotated.pin]
    return entry


COUNT = itertools.count()


@pytest.fixture(scope="session")
def launch(shared, pki):
    """A maker of services: launch(server, …) or launch([entry, …], …). The caller's test ends them."""
    assert penstock.EXECUTABLE.exists(), f"{penstock.EXECUTABLE} is not built; ./dev test builds it"

    def make(upstreams, **options):
        if not isinstance(upstreams, list):
            upstreams = [upstream(upstreams.where, pki)]
        options.setdefault("ca_file", pki.authority.pem)
        return penstock.Penstock(shared / f"penstock-{next(COUNT)}", upstreams, **options)
    return make


def keep_log(service, request):
    """Put the log's end into the report of a failed test."""
    request.node.add_report_section("call", "penstock", service.log()[-4000:])


@pytest.fixture
def serve(launch, request):
    """launch, but ready, and ended with its checks at the end of the test."""
    services = []

    def make(upstreams, **options):
        service = launch(upstreams, **options)
        services.append(service)
        return service.wait_ready()
    yield make
    problems = []
    for service in services:
        keep_log(service, request)
        try:
            status = service.stop()
            if status != 0:
                problems.append(f"exit status {status}")
        except AssertionError as error:
            problems.append(str(error))
    assert not problems, "\n".join(problems)


@pytest.fixture
def bad_service(serve, bad):
    """A service in front of our misbehaving server; `.bad` is the server."""
    service = serve(bad)
    service.bad = bad
    return service


@pytest.fixture(scope="module")
def unbound_service(launch, unbound):
    """A service in front of unbound, shared by a file's tests, on IPv4 and where it exists IPv6."""
    addresses = ("127.0.0.1", "::1") if penstock.has_ipv6() else ("127.0.0.1",)
    service = launch(unbound, addresses=addresses).wait_ready()
    yield service
    assert service.stop() == 0


@pytest.fixture
def late():
    """late(): seconds to allow on top of a bound, because this machine was busy since the test began."""
    lateness = penstock.Lateness()
    yield lateness
    lateness.stop()


@pytest.fixture
def clock():
    """Seconds since the test began."""
    begin = time.monotonic()
    return lambda: time.monotonic() - begin

"""Servers that answer a number of queries on a connection and then close it, in order or not: nothing is lost."""
import concurrent.futures
import os
import shutil
import subprocess
import time

import conftest
import penstock
import pytest
from baddot import encoded
from penstock import records, wait_for

PATH = os.environ["PATH"] + ":/usr/sbin"


class Program:
    """A server of the distribution, in the foreground."""

    def __init__(self, *argv):
        self.port = penstock.free_port()
        self.argv = argv

    def start(self, *argv):
        assert shutil.which(argv[0], path=PATH), f"{argv[0]} is missing; ./dev test brings it"
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env={**os.environ, "PATH": PATH})
        wait_for(self.is_up, 15, argv[0])

    def is_up(self):
        assert self.process.poll() is None, "it ended"
        return f":{self.port:04X} 00000000:0000 0A" in open("/proc/net/tcp").read()

    @property
    def where(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def nsd(folder, certificate, quota):
    server = Program()
    folder.mkdir()
    (folder / "zone").write_text("@ 300 SOA ns hostmaster 1 3600 600 86400 60\n@ 300 NS ns\n* 300 A 192.0.2.7\n")
    (folder / "nsd.conf").write_text(f"""
server:
    ip-address: 127.0.0.1@{server.port}
    tls-port: {server.port}
    tls-service-key: "{certificate.key}"
    tls-service-pem: "{certificate.chain}"
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: "{folder}/pid"
    logfile: "{folder}/log"
    xfrdfile: "{folder}/xfrd"
    xfrdir: "{folder}"
    zonelistfile: "{folder}/zonelist"
    tcp-query-count: {quota}
remote-control:
    control-enable: no
zone:
    name: penstock.example
    zonefile: zone
""")
    server.start("nsd", "-d", "-c", str(folder / "nsd.conf"))
    return server


def dnsdist(folder, certificate, quota):
    server = Program()
    folder.mkdir()
    (folder / "dnsdist.conf").write_text(f"""
setACL("127.0.0.0/8")
addTLSLocal("{server.where}", "{certificate.chain}", "{certificate.key}", {{provider="openssl"}})
setMaxTCPQueriesPerConnection({quota})
addAction(AllRule(), SpoofAction("192.0.2.7"))
""")
    server.start("dnsdist", "--supervised", "--disable-syslog", "-C", str(folder / "dnsdist.conf"))
    return server


SETTINGS = {"timeouts": {"query": "4s"}, "limits": {"handshakes_per_s": 50, "handshakes_burst": 50}}


def steadily(service, count, rate, check):
    """So many questions, evenly; each must have its answer."""
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        asked = []
        for i in range(count):
            time.sleep(max(0.0, begun + i / rate - time.monotonic()))
            asked.append(pool.submit(check, f"q{i}.penstock.example"))
        for one in asked:
            one.result()
    assert service.statistic("upstream", "failures") == 0


@pytest.mark.parametrize("quota", [1, 2, 10])
@pytest.mark.parametrize("make", [nsd, dnsdist])
def test_server_with_a_number_of_queries_for_each_connection(serve, shared, pki, make, quota):
    server = make(shared / f"{make.__name__}-{next(conftest.COUNT)}", pki.good, quota)
    try:
        service = serve(server, settings=SETTINGS)

        def check(name):
            assert records(service.ask(name, timeout=4.5)) == ["192.0.2.7"], name
        steadily(service, 200, 20 if penstock.SANITIZED else 40, check)
    finally:
        server.stop()


@pytest.mark.parametrize("quota", [1, 10])
@pytest.mark.parametrize("way", ["close_after", "reset_after", "deaf_after"])
def test_however_it_closes(serve, bad, way, quota):
    setattr(bad, way, quota)
    service = serve(bad, settings=SETTINGS)

    def check(name):
        assert records(service.ask(name, timeout=4.5)) == [encoded(name)], name
    steadily(service, 120, 20, check)
    asked = len(bad.queries)
    assert asked < 120 * 1.4, f"{asked}: hardly anything is written that will not be answered"


def test_all_at_once(serve, bad):
    """More questions than a connection is good for, in one moment."""
    bad.reset_after = 10
    service = serve(bad, settings=SETTINGS)

    def check(name):
        assert records(service.ask(name, timeout=4.5)) == [encoded(name)], name
    steadily(service, 100, 10000, check)


def test_budget_is_the_configured_one(serve, bad):
    """The supervisor refuses no connection that limits.handshakes_* allow."""
    bad.close_after = 1
    service = serve(bad, settings={**SETTINGS, "limits": {"handshakes_per_s": 100, "handshakes_burst": 100}})

    def check(name):
        assert records(service.ask(name, timeout=4.5)) == [encoded(name)], name
    steadily(service, 150, 50, check)
    assert service.statistic("supervisor", "dials") > 120
    assert service.statistic("supervisor", "dials_refused") == 0
    assert "not dialled" not in service.log() and "temporarily unavailable" not in service.log()

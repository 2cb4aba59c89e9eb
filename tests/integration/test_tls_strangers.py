"""A stranger on the way to one upstream costs the others nothing."""
import os
import pathlib
import re
import time

import pki as pki_module
import pytest
from baddot import encoded
from conftest import upstream
from penstock import records, run


@pytest.fixture(scope="module")
def dear(shared, pki):
    """What a stranger can send without knowing a key of ours."""
    return {
        "own": pki_module.dear_chain(shared / "dear-own"),
        "copies": pki_module.dear_chain(shared / "dear-copies", along=3 * pki.good.chain.read_text()),
        "twelve": pki_module.dear_chain(shared / "dear-twelve", along=12 * pki.authority.pem.read_text()),
    }


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("verify", ["pin+ca", "pin", "ca"])
@pytest.mark.parametrize("which", ["own", "copies", "twelve"])
def test_a_strangers_chain_holds_up_nobody(serve, bads, pki, dear, which, verify):
    """Two lanes, a stranger in the place of one upstream; all queries are answered by the other, none late."""
    stranger, healthy = bads(), bads()
    stranger.present(dear[which])
    pins = [pki.authority.pin, pki.good.pin]
    service = serve([upstream(stranger.where, pki, name="stranger", verify=verify, pins=pins),
                     upstream(healthy.where, pki, name="healthy", pins=pins)],
                    settings={"lanes": 2, "timeouts": {"query": "4s"}})
    service.wait_log(r"upstream stranger: ")
    slowest = 0.0
    for i in range(60):
        name, begun = f"{which}{i}.penstock.example", time.monotonic()
        assert records(service.ask(name, timeout=6)) == [encoded(name)]
        slowest = max(slowest, time.monotonic() - begun)
        time.sleep(0.02)
    assert slowest < 2, f"{slowest:.2f} s"
    spent = sum(cpu_seconds(pid) for pid in service.pids()["worker"])
    assert spent < 1.5, f"the workers spent {spent:.2f} s of CPU"
    assert stranger.plaintext == 0 and stranger.accepted > 0
    counters = {name: int(value) for group, values in service.statistics() if group == "counters"
                for name, value in values.items()}
    assert counters["handshakes_dear"] == 0, service.log()
    if which == "own" and verify != "ca":  # refused by its hashes, or by its measures
        assert counters["pin_mismatch"] + counters["chains_dear"] > 0
    else:
        assert counters["chains_dear"] > 0


def test_the_start_names_the_tls_library_that_runs(serve, bad):
    """What the supervisor was built with and what its workers say agree where the library is part of them."""
    service = serve(bad)
    built = re.search(r"Mbed TLS \S+", run("--version").stdout).group()
    runs = re.search(r"penstock \S+ with (Mbed TLS \S+) serves with", service.log())
    assert runs, service.log()
    if runs.group(1) != built:  # a shared library that was updated since
        assert f"workers run with {runs.group(1)}; this was built with {built}" in service.log()
    else:
        assert "this was built with" not in service.log()

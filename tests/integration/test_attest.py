"""penstockctl attest beside real processes: what the kernel says of them, what of it is a finding, and what has changed."""
import json
import os
import shutil
import subprocess

import control
import pytest
from conftest import needs_root
from penstock import BUILD, EXECUTABLE, status_of
from test_ctl import ctl, has_schema

pytestmark = [needs_root]


@pytest.fixture
def copies(shared):
    """The executables in a folder of this test's own, to be changed."""
    folder = shared / f"attest-{os.urandom(4).hex()}"
    folder.mkdir(0o755)
    for path in (EXECUTABLE, BUILD / "src/front/penstock-front", BUILD / "src/worker/penstock-worker"):
        shutil.copy(path, folder / path.name)
    return folder


@pytest.fixture
def service(serve, bad, place, copies):
    found = serve(bad, settings={"control": {"socket": str(place)}}, executable=copies / "penstock")
    found.ask("warm.penstock.example")
    return found


def document(place):
    return json.loads(ctl(place, "attest", status=0).stdout)


def kept(place):
    """A baseline of how it is now."""
    path = place.parent / "baseline.json"
    path.write_text(ctl(place, "attest", status=0).stdout)
    return path


def lines(place, *words):
    """What a check or a comparison says; its exit status says whether there is any."""
    done = ctl(place, "attest", *words)
    assert done.returncode == (1 if done.stdout else 0), done.stderr
    return done.stdout.splitlines()


@pytest.mark.smoke
def test_what_the_kernel_says_is_what_stands_in_the_document(service, place, copies):
    found = document(place)
    has_schema(found, "attest")
    assert set(found["processes"]) == {"supervisor", "front-0", "worker-0"}
    for name, process in found["processes"].items():
        role = name.split("-")[0]
        pid = service.pid_of(role)
        status = status_of(pid)
        assert process["pid"] == pid and process["role"] == role and process["not_read"] == {}
        assert process["uids"] == [int(uid) for uid in status["Uid"].split()]
        assert process["capabilities"]["bounding"] == status["CapBnd"]
        assert process["seccomp_filters"] == int(status["Seccomp_filters"]) == len(process["filters_loaded"])
        assert process["filter_is_loaded"] is True and process["filters_loaded"][-1] == process["filter_of_this_build"]
        program = copies / ("penstock" if role == "supervisor" else f"penstock-{role}")
        assert process["executable"]["path"] == str(program) and process["executable"]["on_disk"] == "the same"
        told = subprocess.run(["sha256sum", program], capture_output=True, text=True, check=True).stdout.split()[0]
        assert process["executable"]["sha256"] == told
        notes = subprocess.run(["readelf", "-n", program], capture_output=True, text=True, check=True).stdout
        assert f"Build ID: {process['executable']['build_id']}" in notes
        ours = process["descriptors"].pop("control client", 0)
        assert ours == (role == "supervisor") and sum(process["descriptors"].values()) == len(os.listdir(f"/proc/{pid}/fd"))
        space = os.readlink(f"/proc/{pid}/ns/net")
        assert space == f"net:[{process['namespaces']['net']['inode']}]"
        assert process["dumpable"] is False
    assert {row["name"] for row in found["processes"]["worker-0"]["libraries"]} >= {"Mbed-TLS"}
    assert found["service"]["upstreams"]["first"]["pin_matched"] == 1


@pytest.mark.smoke
def test_a_service_as_it_is_shipped_has_no_finding(service, place):
    assert lines(place, "--check") == []
    with control.Client(place):  # of a client there is a descriptor
        assert lines(place, "--check") == []
    assert lines(place, "--verify", kept(place)) == []
    assert service.ask("served.penstock.example").answer, "it serves as before"

"""Namespaces of a worker, as the kernel shows them: no network, no files, and what is said where that cannot be."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest
import rows
from baddot import encoded
from conftest import needs_root
from penstock import BUILD, SANITIZED, TOP, records, status_of, wait_for
from test_ctl import ctl
from test_privileges import as_nobody, copies  # noqa: F401

pytestmark = [pytest.mark.smoke, needs_root]

FIXTURE = TOP / "tests/fixtures/without_spaces.py"
APART = ("user", "net", "ipc", "uts")
SHARED = ("pid", "cgroup", "time")  # left as they are


def is_static():
    rows = json.loads((BUILD / "meson-info/intro-buildoptions.json").read_text())
    return any(row["name"] == "static" and row["value"] for row in rows)


STATIC = is_static() if BUILD.exists() else False


def can_make_one():
    """May an account of this machine have a user namespace, as the kernel and what is around us decide?"""
    return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "--user", "--net", "true"],
                          capture_output=True).returncode == 0


needs_no_sanitizer = pytest.mark.skipif(SANITIZED, reason="a sanitizer has an allocator of its own")
needs_spaces = pytest.mark.skipif(not can_make_one(), reason="no user namespace can be made here")


def spaces(pid):
    return {kind: os.readlink(f"/proc/{pid}/ns/{kind}") for kind in (*APART, *SHARED, "mnt")}


def interfaces(pid):
    """{name: is it up} of the network namespace of a process, asked from inside."""
    inside = subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-o", "link"], capture_output=True, text=True,
                            check=True).stdout
    return {row.split()[1].rstrip(":"): "state DOWN" not in row for row in inside.splitlines()}


def check_worker(service, pid):
    ours, worker = spaces(service.process.pid), spaces(pid)
    apart = {kind for kind in worker if worker[kind] != ours[kind]}
    assert apart == {*APART, *(["mnt"] if STATIC else [])}
    # one id, of the account; and no way to take another group
    uid, gid = (status_of(pid)[field].split()[0] for field in ("Uid", "Gid"))
    for name, number in (("uid_map", uid), ("gid_map", gid)):
        assert pathlib.Path(f"/proc/{pid}/{name}").read_text().split() == [number, number, "1"]
    assert pathlib.Path(f"/proc/{pid}/setgroups").read_text() == "deny\n"
    # nothing of what the namespace gave is left
    assert all(int(status_of(pid)[sets], 16) == 0 for sets in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))
    assert interfaces(pid) == {"lo": False}
    assert len(pathlib.Path(f"/proc/{pid}/net/route").read_text().splitlines()) <= 1
    if STATIC:
        check_view(pid)


def check_view(pid):
    rows = pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
    assert len(rows) == 1
    before, behind = rows[0].split(" - ")
    assert before.split()[4] == "/" and behind.split()[:2] == ["tmpfs", "penstock"]
    assert {"ro", "nosuid", "nodev", "noexec"} <= set(before.split()[5].split(","))
    assert "ro" in behind.split()[2].split(",")
    assert os.listdir(f"/proc/{pid}/root/") == []
    assert os.readlink(f"/proc/{pid}/cwd") == "/"


def check_answer(service, name):
    assert records(service.ask(name)) == [encoded(name)]


def the_line(service):
    lines = re.findall(r"workers have (.*)$", service.log(), re.M)
    assert len(lines) == 1, service.log()
    return lines[0]


@needs_spaces
def test_a_worker_has_no_network_and_no_files(bad_service):
    check_answer(bad_service, "first.penstock.example")
    check_worker(bad_service, bad_service.pid_of("worker"))
    missing = "" if STATIC else r"; missing: mount \(empty\) \(takes a static build\)"
    view = r", mount \(empty\)" if STATIC else ""
    assert re.fullmatch(rf"namespaces of their own: user, network, IPC, UTS{view}{missing}", the_line(bad_service))


@needs_spaces
def test_the_next_worker_has_the_same(bad_service):
    """Long after the start: by descriptors, since nobody under the filter can make a namespace."""
    old = bad_service.pid_of("worker")
    before = spaces(old)
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: bad_service.pids()["worker"] not in ([], [old])
             and bad_service.is_jailed(bad_service.pid_of("worker")), 10, "the return")
    check_answer(bad_service, "again.penstock.example")
    check_worker(bad_service, bad_service.pid_of("worker"))
    assert spaces(bad_service.pid_of("worker")) == before


@needs_spaces
def test_nobody_is_left_in_them_but_workers(bad_service):
    """What made them has ended, and the supervisor and the front are outside."""
    there = os.readlink(f"/proc/{bad_service.pid_of('worker')}/ns/net")
    inside = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            inside += [int(process.name)] if os.readlink(process / "ns/net") == there else []
        except OSError:
            continue
    assert inside == [bad_service.pid_of("worker")]


@needs_spaces
def test_the_supervisor_keeps_one_descriptor_of_each(bad_service):
    ours, worker = spaces(bad_service.process.pid), spaces(bad_service.pid_of("worker"))
    kept = [os.readlink(link) for link in pathlib.Path(f"/proc/{bad_service.process.pid}/fd").iterdir()]
    assert sorted(name for name in kept if re.match(r"(user|net|ipc|uts|mnt|pid|time|cgroup):", name)) == sorted(
        worker[kind] for kind in worker if worker[kind] != ours[kind])


def test_a_way_into_namespaces_is_in_the_filter_only_where_there_are_some(serve, bad, place):
    """Where none could be made, nobody needs setns(2); attest knows which of the two filters is the right one."""
    sums = {role: sha for sha, role in rows.tables(BUILD)[1].items()}
    for wrap in ([], [sys.executable, FIXTURE, "filter"]):
        there = place if wrap else place.parent / "other"
        service = serve(bad, wrap=wrap, settings={"control": {"socket": str(there)}})
        found = json.loads(ctl(there, "attest", status=0).stdout)["processes"]["supervisor"]
        role = "supervisor" if "no namespaces" in the_line(service) else "supervisor_spaces"
        assert role == "supervisor" or not wrap
        assert found["filters_loaded"][-1] == found["filter_of_this_build"] == sums[role]
        assert found["filter_is_loaded"] is True


@needs_spaces
@pytest.mark.parametrize("why, reason", [("limit", "No space left on device"), ("filter", "Operation not permitted")])
def test_without_the_right_it_says_so_and_serves(serve, bad, why, reason):
    service = serve(bad, wrap=[sys.executable, FIXTURE, why])
    check_answer(service, "first.penstock.example")
    assert the_line(service) == f"no namespaces of their own; missing: user ({reason})"
    old = service.pid_of("worker")
    assert spaces(old) == spaces(service.process.pid)
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: service.pids()["worker"] not in ([], [old]), 10, "the return")
    check_answer(service, "again.penstock.example")


@needs_spaces
def test_as_root_it_takes_the_right_to_administer(serve, bad):
    """Root that a container has left CAP_SYS_ADMIN out of; the account, started without root, needs no capability."""
    service = serve(bad, wrap=["setpriv", "--inh-caps=-sys_admin", "--bounding-set=-sys_admin"])
    check_answer(service, "root.penstock.example")
    assert the_line(service) == "no namespaces of their own; missing: user (Permission denied)"
    assert spaces(service.pid_of("worker")) == spaces(service.process.pid)
    assert all(int(status_of(pid)[sets], 16) == 0 for pid in (service.process.pid, service.pid_of("worker"))
               for sets in ("CapInh", "CapPrm", "CapEff", "CapAmb"))


@needs_spaces
def test_as_its_account_it_takes_no_right(serve, bad, copies):
    service = serve(bad, executable=copies / "penstock", wrap=as_nobody("--inh-caps=-all", "--bounding-set=-all"))
    check_answer(service, "account.penstock.example")
    assert the_line(service).startswith("namespaces of their own: user, network, IPC, UTS")
    check_worker(service, service.pid_of("worker"))


# ---- memory that no swap device sees

def limited(limit):
    return ["prlimit", f"--memlock={limit}:{limit}", *as_nobody("--inh-caps=-all", "--bounding-set=-all")]


def not_locked(pid):
    """Maps of a process that are its own to write, and hold something, and are not locked."""
    text = pathlib.Path(f"/proc/{pid}/smaps").read_text()
    maps = re.findall(r"^[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \d+ *(.*)\n((?:\w+:.*\n)+)", text, re.M)
    return [name for rights, name, rows in maps if rights.startswith("rw") and rights.endswith("p")
            and re.search(r"^Anonymous: +[1-9]", rows, re.M) and not re.search(r"^VmFlags:.* lo\b", rows, re.M)]


@needs_no_sanitizer
def test_keys_go_to_no_swap_device(serve, bad, copies):
    """With the limit that systemd and most distributions give everybody."""
    service = serve(bad, wrap=limited(8 << 20), executable=copies / "penstock")
    check_answer(service, "first.penstock.example")
    assert re.search(r"started: memory with secrets goes to no swap device$", service.log(), re.M)
    for role in (None, "worker", "front"):
        if role:
            old = service.pid_of(role)
            os.kill(old, signal.SIGKILL)
            wait_for(lambda: service.pids()[role] not in ([], [old]) and service.is_jailed(service.pid_of(role)), 10, "the return")
            check_answer(service, f"{role}.penstock.example")
        # of a worker all that it writes, but for its stack and for questions; of the others variables and heap
        for name in ("supervisor", "front", "worker"):
            pid = service.pid_of(name)
            assert int(status_of(pid)["VmLck"].split()[0]) > 100
            assert "[heap]" not in not_locked(pid) and not [path for path in not_locked(pid) if "/penstock" in path], not_locked(pid)
    assert "can go to a swap device" not in service.log()


@needs_no_sanitizer
def test_too_low_a_limit_is_told(serve, bad, copies):
    service = serve(bad, wrap=limited(64 << 10), executable=copies / "penstock")
    check_answer(service, "first.penstock.example")
    for name, what in (("supervisor", "secrets"), ("worker.0", "keys"), ("front.0", "keys")):
        assert re.search(rf"{re.escape(name)} +started: memory with {what} can go to a swap device: the limit of locked memory is 64 KiB$",
                         service.log(), re.M), service.log()


def test_our_unit_lifts_the_limit():
    assert re.search(r"^LimitMEMLOCK=infinity$", (TOP / "packaging/systemd/penstock.service").read_text(), re.M)

"""Every row of the system call tables is needed: a whole life of the service and its clients, each call of which is told by strace."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import types

import dns.exception
import exporter as exporter_module
import penstock
import pytest
import rows
from conftest import needs_root
from penstock import SANITIZED, has_ipv6, plain_environment, status_of, wait_for
from test_reach import landlock


def can_trace():
    """A container may forbid ptrace."""
    return shutil.which("strace") is not None and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


pytestmark = [needs_root, pytest.mark.smoke,
              pytest.mark.skipif(SANITIZED, reason="a sanitizer has rows of its own; the release build is judged"),
              pytest.mark.skipif(not can_trace(), reason="there is no strace, or it may not trace")]


@pytest.fixture
def told(shared):
    """The programs under strace, and what their calls say of the rows; where they are already, tools/sandbox-rows judges."""
    if rows.is_wrapped(penstock.BUILD):
        yield types.SimpleNamespace(program=lambda name: penstock.BUILD / "src" / name, judge=lambda: (None, []))
        return
    stands, logs = rows.wrap(penstock.BUILD, shared / "rows")
    tables = rows.tables(penstock.BUILD)

    def judge():
        calls = rows.Calls(*tables)
        for log in logs.glob("*.log"):
            calls.read(log)
        return calls, rows.judge(calls, rows.rare())
    yield types.SimpleNamespace(program=lambda name: stands / "src" / name, judge=judge)


def ask_again(service, tcp):
    """Until it is answered: a process may just have been replaced."""
    def answered():
        try:
            return service.ask("again.penstock.example", tcp=tcp, timeout=2)
        except (OSError, EOFError, dns.exception.Timeout):
            return None
    wait_for(answered, 30, "an answer")


def lose(service, role):
    before = service.pid_of(role)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: service.pids()[role] not in ([], [before]), 30, f"another {role}")
    ask_again(service, False)
    ask_again(service, True)


def reload(service):
    config = json.loads(service.file.read_text())
    config["timeouts"]["upstream_idle"] = "3333ms"
    service.file.write_text(json.dumps(config))
    service.process.send_signal(signal.SIGHUP)
    service.wait_log("the new configuration is in force", 15)


def tell_events(told, place, where):
    """Events to a file, or to somebody who listens and says nothing."""
    teller = subprocess.Popen([told.program("exporter/penstock-exporter"), "--events", "json" if where[0] == "/" else "dnstap",
                               "--control", place, "--user", "games", "--output", where], stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env=plain_environment())
    return teller


def lose_server(process):
    """Of the two processes of an exporter, the one that was started connects for the other one, and says when it ends."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    process.wait(20)


def use_exporter(told, place, monkeypatch):
    monkeypatch.setattr(exporter_module, "EXPORTER", told.program("exporter/penstock-exporter"))
    for end in (lambda one: one.stop(), lambda one: lose_server(one.process)):
        one = exporter_module.Exporter(place.parent, place)
        try:
            one.wait_fresh()
            assert one.get("/metrics")[0] == 200
        finally:
            end(one)


def use_events(told, place, service):
    folder = place.parent / "events"
    folder.mkdir()
    shutil.chown(folder, "games")
    for where in (str(folder / "file"), f"unix:{folder}/socket", "tcp:127.0.0.1:{port}"):
        unix = where.startswith("unix:")
        with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as listener:
            if where[0] != "/":
                listener.bind(where[5:] if unix else ("127.0.0.1", 0))
                listener.listen()
                listener.settimeout(20)
            if unix:
                os.chmod(where[5:], 0o777)
            elif where[0] != "/":
                where = where.format(port=listener.getsockname()[1])
            teller = tell_events(told, place, where)
            try:
                if where[0] != "/":
                    listener.accept()[0].close()
                    continue

                def is_written():
                    service.ask("event.penstock.example")
                    return (folder / "file").exists() and (folder / "file").stat().st_size
                wait_for(is_written, 20, "an event", interval=0.1)
                (folder / "file").rename(folder / "old")
                teller.send_signal(signal.SIGHUP)
                wait_for(is_written, 20, "an event in the next file", interval=0.1)
            finally:
                lose_server(teller)


def run(told, program, *words):
    """What it finds is for other tests; here it must not be ended by its filter."""
    result = subprocess.run([told.program(program), *words], capture_output=True, text=True, timeout=60, env=plain_environment())
    assert result.returncode not in (-signal.SIGSYS, 128 + signal.SIGSYS), f"SIGSYS ended {program} {' '.join(map(str, words))}"
    return result


def use_commands(told, place, service, bad):
    """Each command that enters a filter; top on a terminal, the exporter that stays, and drain come later."""
    for words in (["status"], ["stats"], ["upstreams"], ["healthcheck"], ["limits", "127.0.0.1"], ["networks"], ["top", "--once"],
                  ["attest"], ["flush", "n1.penstock.example"], ["log-level", "info"], ["reload"]):
        run(told, "ctl/penstockctl", "--socket", place, *words)
    for words in (["status"], ["stats"], ["limits", "127.0.0.1"], ["networks"], ["top", "--once"], ["attest"]):
        run(told, "ctl/penstockctl", "--socket", place, "--json", *words)
    (place.parent / "audit.log").write_text("hello\n")
    for words, status in (([], 1), (["--json"], 1), (["--head-of", place.parent / "audit.log"], 2)):
        assert run(told, "ctl/penstockctl", "audit", "verify", *words, place.parent / "audit.log").returncode == status
    run(told, "exporter/penstock-exporter", "--control", place, "--once")
    run(told, "exporter/penstock-exporter", "--describe")
    assert run(told, "supervisor/penstock", "pin", bad.where).returncode == 0
    checked = run(told, "supervisor/penstock", "pin", "--check", "-c", service.file)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def use_top(told, place):
    terminal_module = pytest.importorskip("terminal", reason="there is no python3-pyte")
    top = terminal_module.Terminal(told.program("ctl/penstockctl"), "--socket", place, "top", "--interval", "1")
    try:
        top.shows("q quit")
        top.press("\032")
        wait_for(lambda: status_of(top.process.pid)["State"].startswith(("T", "t")), 30, "it is stopped")
        top.process.send_signal(signal.SIGCONT)
        top.press("q")
        top.ends()
    finally:
        top.close()


def test_each_row_is_needed_and_each_call_has_one(launch, bad, place, told, monkeypatch):
    addresses = ("127.0.0.1", "::1") if has_ipv6() else ("127.0.0.1",)
    folder = place.parent / "audit"
    folder.mkdir(0o700)
    shutil.chown(folder, "nobody")
    service = launch(bad, executable=told.program("supervisor/penstock"), addresses=addresses,
                     settings={"control": {"socket": str(place), "readers": ["games"]}, "events": {"enabled": "yes", "readers": ["games"]},
                               "cache": {"size": "1MiB"}, "audit": {"path": str(folder / "log")}}).wait_ready(60)
    try:
        for i in range(20):
            service.ask(f"n{i}.penstock.example", tcp=i % 2 == 1)
        lose(service, "worker")
        lose(service, "front")
        service.statistics()
        reload(service)
        use_commands(told, place, service, bad)
        use_exporter(told, place, monkeypatch)
        use_events(told, place, service)
        use_top(told, place)
        run(told, "ctl/penstockctl", "--socket", place, "drain")
        assert service.stop(30) == 0
    finally:
        if service.process.poll() is None:
            service.kill()
    try:  # strace writes what it has to say a little later
        wait_for(lambda: not told.judge()[1], 5, "each row", interval=0.5)
    except AssertionError:
        calls, said = told.judge()
        raise AssertionError("\n".join([str(dict(calls.roles)), *said])) from None
    calls, _ = told.judge()
    assert landlock() < 1 or calls is None or calls.bound == calls.roles, "who enters its filter has bounds by Landlock"


def test_what_is_judged_can_fail(tmp_path):
    """A filter is known by its program; a call counts for each filter in force, also for those that were inherited."""
    program = ("seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=2, filter=[BPF_STMT(BPF_LD|BPF_W|BPF_ABS, 0x4), "
               "BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_KILL_PROCESS)]}")
    table = {"front": [rows.Row("front", "close", "always", "x", True, []),
                       rows.Row("front", "sendto", "arg3 has no bits but X", "y", True, [(3, 0xffffbfbf, 0)]),
                       rows.Row("front", "lseek", "always", "z", True, [])]}
    (tmp_path / "log").write_text("\n".join([
        "7 lseek(0x1, 0, 0) = 0", f"7 {program} <unfinished ...>", "7 <... seccomp resumed>) = 0", "7 close(0x3) = 0",
        "7 clone(0x11, 0) = 0x8", "8 sendto(0x3, 0x7f00, 0x1, 0x4000, 0, 0) = 0x1", "8 sendto(0x3, 0x7f00, 0x1, 0x20000000, 0, 0 <unfinished ...>"]))
    calls = rows.Calls(table, {rows.sum_of(program): "front"})
    calls.read(tmp_path / "log")
    (tmp_path / "other").write_text(f"5 clone(0x11, 0) = 0x6\n5 {program} = 0\n6 dup(0x1) = 0x2\n")  # born before its parent's filter
    calls.read(tmp_path / "other")
    (tmp_path / "bound").write_text(f"3 landlock_restrict_self(0x4, 0) = 0\n3 {program} = 0\n")
    assert not calls.bound["front"]
    calls.read(tmp_path / "bound")
    assert calls.bound == {"front": 1} and calls.roles == {"front": 3}
    assert rows.judge(calls, {}) == ["no call needed the row front | lseek | always (z)",
                                     "front: 1 calls of clone(0x11, 0x0) have no row",
                                     "front: 1 calls of sendto(0x3, 0x7f00, 0x1, 0x20000000, 0x0, 0x0) have no row"]
    assert not [line for line in rows.judge(calls, {("*", "lseek", "*"): "rare"}) if "lseek" in line]


def test_each_explanation_is_of_a_row():
    tables, _ = rows.tables(penstock.BUILD)
    every = {(role, row.call, row.rule) for role, table in tables.items() for row in table}
    every |= {name for role, call, rule in every for name in (("*", call, rule), (role, call, "*"), ("*", call, "*"))}
    unknown = [" | ".join(name) for name in rows.rare() if name not in every]
    assert not unknown

"""The audit log as a service writes it: what it tells of a life, and that its chain holds whatever ends or moves it."""
import base64
import json
import os
import pathlib
import pwd
import re
import signal
import subprocess
import sys

import audit
import pytest
from baddot import encoded
from conftest import needs_root, upstream
from penstock import EXECUTABLE, records, wait_for
from test_ctl import CTL, ctl

pytestmark = [pytest.mark.smoke, needs_root]


def owner():
    row = pwd.getpwnam("nobody")
    return row.pw_uid, row.pw_gid


class Log:
    """The file of one audit log, in a folder of the service's account."""

    def __init__(self, folder):
        folder.mkdir(0o700)
        os.chown(folder, *owner())
        self.folder, self.path, self.head = folder, folder / "audit.jsonl", None

    def settings(self, place=None, **more):
        control = {"control": {"socket": str(place)}} if place else {}
        return {"audit": {"path": str(self.path), **more}, **control}

    def lines(self, *before, key=None):
        return audit.read(*before, self.path, key=key)

    def verify(self, *before, key=None, status=0):
        """By our own verifier, with the head that was published last if it is known."""
        words = ["--key", key] if key else []
        words += ["--head", self.head] if self.head else []
        said = subprocess.run([CTL, "audit", "verify", *words, *before, self.path], capture_output=True, text=True, timeout=60)
        assert said.returncode == status, said.stdout + said.stderr
        return said.stdout

    def publish(self, place):
        """What the service says of its log."""
        told = json.loads(ctl(place, "stats", "--json", status=None).stdout)["service"]["audit"]
        self.head = told["head"]
        return told

    def events(self, *names, **has):
        return [line for line in self.lines() if line["event"] in names and all(line[name] == has[name] for name in has)]

    def wait(self, event, count=1, **has):
        def there():
            if not self.path.exists():
                return None
            found = self.events(event, **has)
            return found if len(found) >= count else None
        try:
            return wait_for(there, 10, event)[-1]
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.path.read_text()}") from None


@pytest.fixture
def log(place):
    return Log(place.parent / "log")


def reload(service, **settings):
    """Another configuration, by a signal."""
    service.config.update(settings)
    service.file.write_text(json.dumps(service.config))
    before = service.log().count("new configuration is in force")
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: service.log().count("new configuration is in force") > before, 10, "the reload")


def test_a_life_from_start_to_stop(serve, bad, log, place):
    service = serve(bad, settings=log.settings(place))
    started = log.wait("started")
    status = json.loads(ctl(place, "stats", "--json", status=0).stdout)["service"]
    assert started["version"] in service.log() and started["mbedtls"] in service.log()
    assert started["config"] == status["config_hash"]
    assert started["uid"] == owner()[0] and started["pid"] == service.process.pid
    assert log.path.stat().st_mode & 0o777 == 0o600 and log.path.stat().st_uid == owner()[0]
    build = subprocess.run(["readelf", "-n", EXECUTABLE], capture_output=True, text=True, check=True).stdout
    assert f"Build ID: {started['build']}" in build
    bound = {line["process"]: line for line in log.events("sandbox")}
    assert set(bound) == {"supervisor", "front.0", "worker.0"}
    for line in bound.values():
        assert line["state"].startswith("seccomp filter") and line["state"].endswith("; no new privileges; no capabilities")
    assert bound["front.0"]["child_pid"] == service.pid_of("front")
    assert ("user" in bound["worker.0"]["namespaces"]) == ("namespaces of their own: user" in service.log())
    ctl(place, "reload", status=0)
    line = log.wait("reloaded")
    assert line["by"] == "control socket" and line["uid"] == os.geteuid() and line["old_config"] == line["new_config"]
    told = log.publish(place)
    assert told["state"] == "writes" and told["lost"] == told["left_out"] == 0 and told["lines"] == len(log.lines())
    assert told["head"] == "{}:{}".format(*audit.head(log.path))
    document = ctl(place, "attest", status=0).stdout
    assert json.loads(document)["service"]["audit"] == told
    kept = log.folder / "attestation.json"
    kept.write_text(document)
    assert subprocess.run([CTL, "audit", "verify", "--head-of", kept, log.path], capture_output=True).returncode == 0
    service.process.send_signal(signal.SIGTERM)
    service.process.wait(10)
    last = log.lines()[-1]
    assert (last["event"], last["by"], last["signal"], last["exit_status"]) == ("stopped", "signal", "SIGTERM", 0)
    assert "uid" not in last
    log.verify()
    # a head that was kept tells what the lines alone cannot
    octets = log.path.read_bytes()
    log.path.write_bytes(b"".join(octets.splitlines(True)[:3]))
    assert "truncated" in log.verify(status=1)


def test_lanes_that_are_steered_begin_with_the_log_too(serve, bad, log, place):
    """They take turns before the jail, and before the privileges are given up: the file is not root's, and each process is told."""
    service = serve(bad, settings={**log.settings(place), "lanes": 2})
    log.wait("sandbox", count=5)
    assert [line["process"] for line in log.events("sandbox")][0] == "supervisor" and log.lines()[0]["event"] == "started"
    assert {line["process"] for line in log.events("sandbox")} == {"supervisor", "front.0", "front.1", "worker.0", "worker.1"}
    assert log.path.stat().st_uid == owner()[0] and log.publish(place)["lost"] == 0
    log.verify()
    assert service.stop() == 0


def test_who_asked_for_the_end_is_told(serve, bad, log, place):
    service = serve(bad, settings=log.settings(place))
    ctl(place, "drain", status=0)
    service.process.wait(10)
    last = log.lines()[-1]
    assert (last["event"], last["by"], last["uid"]) == ("stopped", "control socket", os.geteuid())
    log.verify()


def test_what_a_reload_changes_about_trust_and_limits(serve, bad, pki, log):
    service = serve(bad, settings=log.settings())
    pins = [pki.rotated.pin, pki.good.pin]
    reload(service, upstreams=[upstream(bad.where, pki, pins=pins)])
    line = log.wait("reloaded")
    assert line["by"] == "signal" and line["old_config"] != line["new_config"]
    octets = [base64.b64decode(pin.removeprefix("sha256//")) for pin in pins]
    line = log.wait("pins_changed")
    assert line["new_pins"] == audit.sum_of(octets) and line["old_pins"] == audit.sum_of(octets[::-1])
    assert line["upstream"] == "first"
    # the key that it shows is its second one now
    assert records(service.ask("backup.penstock.example")) == [encoded("backup.penstock.example")]
    line = log.wait("backup_pin_used")
    assert line["key"] == octets[1].hex() and line["state"] == "pin 2 of 2"
    reload(service, rates={"mode": "dry-run"})
    assert log.wait("dry_run")["is_on"] is True
    reload(service, rates={"mode": "enforce"}, upstreams=[upstream(bad.where, pki, pins=pins, name="else")])
    log.wait("dry_run", is_on=False)
    log.wait("limits", state="rates.mode: enforce")
    assert log.wait("upstream_changed", state="added")["upstream"] == "else"
    assert log.wait("upstream_changed", state="taken away")["upstream"] == "first"
    service.config["upstreams"] = []
    service.file.write_text(json.dumps(service.config))
    service.process.send_signal(signal.SIGHUP)
    assert "upstreams" in log.wait("reload_refused")["reason"]


def test_an_upstream_that_is_refused_for_its_key(serve, bad, pki, log):
    service = serve([upstream(bad.where, pki, pins=[pki.rotated.pin, pki.stranger.pin])], settings=log.settings())
    for i in range(3):
        service.ask(f"secret{i}.penstock.example")
    line = log.wait("upstream_refused")
    assert line["reason"] == "no pin matches its key" and line["upstream"] == "first"
    assert line["key"] == base64.b64decode(pki.good.pin.removeprefix("sha256//")).hex()
    bad.present(pki.rotated)
    wait_for(lambda: records(service.ask("again.penstock.example")) == [encoded("again.penstock.example")], 10, "an answer")
    log.wait("upstream_accepted")
    assert len(log.events("upstream_refused", "upstream_accepted")) == 2


def test_a_worker_that_dies_and_the_next_one(serve, bad, log):
    service = serve(bad, settings=log.settings())
    old = service.pid_of("worker")
    os.kill(old, signal.SIGKILL)
    line = log.wait("process_died")
    assert (line["process"], line["child_pid"], line["signal"]) == ("worker.0", old, "SIGKILL")
    line = log.wait("process_started")
    assert (line["process"], line["child_pid"]) == ("worker.0", service.pid_of("worker"))


def test_a_supervisor_that_is_killed_leaves_a_chain_that_goes_on(serve, launch, bad, log):
    first = launch(bad, settings=log.settings()).wait_ready()
    first.kill()
    with open(log.path, "ab") as file:  # as a power cut leaves it
        file.write(b'{"boot":"0123')
    serve(bad, settings=log.settings())
    lines = log.lines()
    begun = [i for i, line in enumerate(lines) if line["event"] == "started"]
    assert len(begun) == 2 and lines[begun[1]]["torn_octets"] == 13
    assert all(line["event"] != "stopped" for line in lines)
    log.verify()


def test_a_key_makes_each_line_one_that_nobody_else_can_make(serve, launch, bad, log):
    key = os.urandom(32)
    file = log.folder / "key"
    file.write_text(base64.b64encode(key).decode() + "\n")
    file.chmod(0o400)  # root's: it is read before root is given up
    service = serve(bad, settings=log.settings(key_file=str(file)))
    service.process.send_signal(signal.SIGTERM)
    service.process.wait(10)
    assert all(line["hmac"] for line in log.lines(key=key))
    log.verify(key=file)
    other = launch(bad, settings=log.settings())
    assert other.process.wait(15) == 78 and "key" in other.log().splitlines()[-1]
    file.chmod(0o600)
    file.write_bytes(b"short")
    other = launch(bad, settings=log.settings(key_file=str(file)))
    assert other.process.wait(15) == 78
    assert "audit.key_file: " in other.log() and "allowed: 32 to 64 octets" in other.log()
    file.write_text(base64.b64encode(key).decode() + "\n")
    for mode in (0o604, 0o660, 0o602):
        file.chmod(mode)
        other = launch(bad, settings=log.settings(key_file=str(file)))
        assert other.process.wait(15) == 78
        assert f"audit.key_file: {file}: others can read or change it; allowed: a mode of 0640 or less" in other.log()
    file.chmod(0o640)
    serve(bad, settings=log.settings(key_file=str(file)))


def test_a_second_service_does_not_write_to_the_same_file(serve, launch, bad, log):
    serve(bad, settings=log.settings())
    other = launch(bad, settings=log.settings())
    assert other.process.wait(15) == 1
    assert f"audit.path: {log.path}: another process writes to it" in other.log()
    assert len({line["pid"] for line in log.lines()}) == 1


def test_who_takes_over_goes_on_with_the_chain(launch, bad, log, place):
    old = launch(bad, settings=log.settings(place)).wait_ready()
    new = launch(bad, port=old.port, settings=log.settings(place), arguments=["--take-over"])
    try:
        assert old.process.wait(30) == 0, old.log()
        second = log.wait("started", 2)
        lines = log.lines()
        before = lines[second["sequence"] - 2]
        assert (before["event"], before["reason"]) == ("stopped", "another penstock has taken over")
        assert (before["pid"], second["pid"]) == (old.process.pid, new.process.pid)
        log.wait("sandbox", 6)
        assert {line["process"] for line in log.events("sandbox", pid=new.process.pid)} == {"supervisor", "front.0", "worker.0"}, "who served before that, too"
        log.publish(place)
        log.verify()
    finally:
        assert new.stop() == 0
    assert log.lines()[-1]["event"] == "stopped"


@pytest.mark.parametrize("what, said", [
    ("foreign", "ends with what is no audit log"), ("link", "is a symbolic link"), ("open to all", "may be written to by other"),
    ("of root", "belongs to another account|Permission denied"), ("folder", "Is a directory"), ("second name", "has another name")])
def test_a_file_that_is_not_ours_alone_stops_the_start(launch, bad, log, what, said):
    if what == "link":
        log.path.symlink_to(log.folder / "elsewhere")
    elif what == "folder":
        log.path.mkdir()
    else:
        log.path.write_text("somebody was here\n" if what == "foreign" else "")
        log.path.chmod(0o622 if what == "open to all" else 0o600)
        os.chown(log.path, *((0, 0) if what == "of root" else owner()))
        if what == "second name":
            os.link(log.path, log.folder / "second")
    service = launch(bad, settings=log.settings())
    assert service.process.wait(15) == 78
    assert re.search(f"audit.path: {log.path}: ({said})", service.log()), service.log()


def test_a_file_that_is_moved_away_is_followed_by_another(serve, bad, log, place):
    service = serve(bad, settings=log.settings(place))
    old = log.folder / "audit.jsonl.1"
    log.path.rename(old)
    os.kill(service.pid_of("worker"), signal.SIGKILL)  # goes into the file of before
    wait_for(lambda: "process_started" in old.read_text(), 10, "a line in the old file")
    assert not log.path.exists()
    ctl(place, "reload", status=0)
    lines = log.lines(old)
    assert [line["event"] for line in audit.read_part(log.path)][:2] == ["continued", "reloaded"]
    assert lines[-1]["event"] in ("reloaded", "process_started", "sandbox")
    ctl(place, "reload", status=0)  # nothing was moved
    assert len([line for line in log.lines(old) if line["event"] == "continued"]) == 1
    log.publish(place)
    log.verify(old)
    assert "middle" in log.verify(status=1)


DISK = """
import os, subprocess, sys
folder, size, *command = sys.argv[1:]
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700,uid=%d,gid=%d", "tmpfs", folder], check=True)
os.execvp(command[0], command)
""" % owner()


class Disk:
    """A small file system that the service alone sees, and what fills it."""

    def __init__(self, log, pages=16):
        if subprocess.run(["unshare", "--mount", "--propagation", "private", "true"], capture_output=True).returncode != 0:
            pytest.skip("no mount namespace can be made here")
        self.log, self.size = log, pages * 4096
        self.wrap = ["unshare", "--mount", "--propagation", "private", sys.executable, "-c", DISK, str(log.folder), str(self.size)]

    def enter(self, service):
        self.root = pathlib.Path(f"/proc/{service.process.pid}/root{self.log.folder}")
        self.log.path = self.root / self.log.path.name
        return self

    def fill(self):
        """Until no octet more goes in; what the last page of the log has left, its lines can still have."""
        try:
            with open(self.root / "filler", "wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 4096)
        except OSError:
            pass

    def free(self):
        (self.root / "filler").unlink()


def test_a_full_disk_loses_lines_and_says_how_many(serve, bad, log, place):
    disk = Disk(log)
    service = serve(bad, settings=log.settings(place), wrap=disk.wrap)
    disk.enter(service).fill()
    # reloads cost no process: each is a line
    wait_for(lambda: ctl(place, "reload", status=0) and "it cannot be written: No space left" in service.log(), 30, "a full disk")
    for _ in range(3):
        ctl(place, "reload", status=0)
    assert "The audit log cannot be written" in ctl(place, "status", status=2).stdout
    assert records(service.ask("goes.on.penstock.example")) == [encoded("goes.on.penstock.example")]
    disk.free()
    ctl(place, "reload", status=0)
    wait_for(lambda: any("lost" in line for line in log.lines()), 10, "a line that tells")
    told = [line for line in log.lines() if "lost" in line]
    assert len(told) == 1 and 3 <= told[0]["lost"] <= 5, told
    assert "it is written again" in service.log()
    assert log.publish(place)["lost"] == told[0]["lost"]
    log.verify()


def test_a_disk_that_is_free_again_is_found_without_an_event(serve, bad, log, place):
    disk = Disk(log)
    service = serve(bad, settings=log.settings(place), wrap=disk.wrap)
    disk.enter(service).fill()
    wait_for(lambda: ctl(place, "reload", status=0) and "it cannot be written" in service.log(), 30, "a full disk")
    disk.free()
    line = log.wait("recovered")
    assert line["lost"] >= 1 and log.lines()[-1]["event"] == "recovered"
    log.verify()


def test_a_full_disk_ends_the_service_where_that_is_asked_for(launch, bad, log, place):
    disk = Disk(log)
    service = launch(bad, settings=log.settings(place, on_failure="stop"), wrap=disk.wrap).wait_ready()
    disk.enter(service).fill()

    def ended():
        if service.process.poll() is None:
            service.process.send_signal(signal.SIGHUP)
        return service.process.poll() is not None
    wait_for(ended, 30, "the end", interval=0.2)
    assert service.process.returncode == 74
    assert "penstock ends, as audit.on_failure says" in service.log()

"""The log in its forms: what each line has, whoever wrote it, at which level, and with which words of strangers in it."""
import array
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import subprocess
import termios
import threading

import pytest
from conftest import needs_root, upstream
from penstock import BUILD, TOP, plain_environment, wait_for

CTL = BUILD / "src/ctl/penstockctl"
JSON = {"log": {"format": "json"}}
KEYS = ["time", "level", "event", "process", "upstream", "left_out", "message"]
SCHEMA = json.loads((TOP / "docs/penstock-log.schema.json").read_text())


def lines_of(service):
    """Every line that is whole, each judged."""
    rows = [json.loads(line) for line in service.log().splitlines(keepends=True) if line.endswith("\n")]
    for row in rows:
        assert list(row) == [key for key in KEYS if key in row]
        for key, rule in SCHEMA["properties"].items():
            value = row.get(key)
            assert value is not None or key not in SCHEMA["required"], row
            assert value is None or "pattern" not in rule or re.search(rule["pattern"], value), row
            assert value is None or "enum" not in rule or value in rule["enum"], row
    return rows


def find(service, seconds=10, **wanted):
    """The first line with these members."""
    return wait_for(lambda: next((row for row in lines_of(service) if wanted.items() <= row.items()), None), seconds, f"a line {wanted}")


def steer(place, *words):
    subprocess.run([CTL, "--socket", place, *words], check=True, capture_output=True, timeout=60, env=plain_environment())


def replace_worker(service):
    """A worker dies, which is an error, and another one serves, which is told at level info."""
    old = service.pid_of("worker")
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: (new := service.pids()["worker"]) and new[0] != old and service.is_jailed(new[0]), 30, "a new worker")
    service.ask("again.penstock.example")


@pytest.mark.smoke
def test_each_line_is_an_object_of_the_schema(serve, bad):
    service = serve(bad, settings=JSON)
    service.ask("a.penstock.example")
    found = find(service, event="upstream_up")
    assert found["upstream"] == "first" and found["process"] == "worker.0" and found["level"] == "info"
    assert find(service, event="listening")["process"] == "supervisor"
    service.process.send_signal(signal.SIGUSR1)
    find(service, event="statistics")
    os.kill(service.pid_of("worker"), signal.SIGKILL)
    find(service, event="child_died", level="error")
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    for row in lines_of(service):
        jsonschema.validate(row, SCHEMA)


def test_the_upstream_of_an_event_is_a_field(serve, pki, bad):
    service = serve([upstream(bad.where, pki, name="nobody.Knows-me_1", pins=[pki.rotated.pin])], settings=JSON)
    service.raw(service.query("a.penstock.example").to_wire())
    assert find(service, event="upstream_untrusted")["upstream"] == "nobody.Knows-me_1"


@needs_root
@pytest.mark.parametrize("form", ["text", "json"])
def test_the_level_that_an_operator_sets_holds_in_each_form(serve, bad, place, form):
    service = serve(bad, settings={"log": {"format": form}, "control": {"socket": str(place)}})
    steer(place, "log-level", "notice")
    before = len(service.log())
    replace_worker(service)
    steer(place, "log-level", "notice")  # what came before this stands in the log
    said = service.log()[before:]
    assert "child_died" in said and "worker.0 is ready" not in said
    steer(place, "reload")  # the level is that of the start again: info
    before = len(service.log())
    replace_worker(service)
    wait_for(lambda: "worker.0 is ready" in service.log()[before:], 20, "a line at level info")


def test_a_start_that_fails_says_so_in_the_form(launch, bad):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        service = launch(bad, port=taken.getsockname()[1], settings=JSON)
        assert service.process.wait(30) == 1
    assert find(service, event="listening", level="error")
    service = launch(bad, settings={**JSON, "control": {"socket": "/nowhere/at/all"}})
    assert service.process.wait(30) == 78
    assert "/nowhere/at/all" in find(service, event="start_failed", level="error")["message"]


def test_an_unreadable_configuration_is_told_in_words(launch, bad):
    service = launch(bad, settings={**JSON, "lanes": 99})
    assert service.process.wait(30) == 78
    assert re.fullmatch(r"penstock: .*lanes.*\n", service.log())


def test_a_terminal_gets_words(launch, bad):
    """Also of a process that says that its standard error is the journal's, when it is not."""
    master, slave = pty.openpty()
    service = launch(bad, wrap=("sh", "-c", f'exec 2>/dev/fd/{slave}; exec "$@"', "sh"), pass_fds=(slave,), environment={"JOURNAL_STREAM": "1:1"})
    os.close(slave)
    seen = bytearray()

    def read():
        while True:
            try:
                octets = os.read(master, 4096)
            except OSError:  # the last process that had it has ended
                return
            seen.extend(octets)
    reader = threading.Thread(target=read)
    reader.start()
    try:
        wait_for(lambda: b"serves with" in seen, 30, "it serves")
    finally:
        assert service.stop() == 0
        reader.join(30)
        os.close(master)
    lines = seen.decode().split("\r\n")
    assert lines.pop() == "" and all(re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z (error|warning|notice|info) +\S+ [a-z_]+: ", line) for line in lines)


# ---- the journal

class Journal:
    """What systemd-journald is to a service: a socket at its place, in a mount namespace where the test's folder stands there."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(0o755)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(folder / "socket"))
        (folder / "socket").chmod(0o666)
        self.socket.setblocking(False)
        self.entries = []

    def wrap(self, stream=True):
        """What to start a service with. `stream`: its standard error is said to be the journal's."""
        env = "JOURNAL_STREAM=$(stat -L -c %d:%i /dev/fd/2) " if stream else ""
        script = f'mount -t tmpfs tmpfs /run && mkdir /run/systemd && ln -s {self.folder} /run/systemd/journal && {env}exec "$@"'
        return ("unshare", "--mount", "sh", "-c", script, "sh")

    def read(self):
        """Every entry until now: {field: value}."""
        while True:
            try:
                octets = self.socket.recv(65536)
            except BlockingIOError:
                return self.entries
            self.entries.append(self.parse(octets))

    @staticmethod
    def parse(octets):
        fields = {}
        while octets:
            line, _, octets = octets.partition(b"\n")
            name, found, value = line.partition(b"=")
            if not found:
                size = int.from_bytes(octets[:8], "little")
                value, octets = octets[8:8 + size], octets[8 + size + 1:]
            assert name.decode() not in fields, fields
            fields[name.decode()] = value.decode("ascii")
        return fields

    def wait(self, seconds=20, **wanted):
        """The first entry with these fields; of MESSAGE, a part."""
        def fits(entry):
            return all(value in entry.get(name, "") if name == "MESSAGE" else entry.get(name) == value for name, value in wanted.items())
        return wait_for(lambda: next(filter(fits, self.read()), None), seconds, f"an entry {wanted}")

    def close(self):
        self.socket.close()


@pytest.fixture
def can_mount():
    if subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/run"], capture_output=True).returncode != 0:
        pytest.skip("no mount namespace can be made here")


@pytest.fixture
def journal(can_mount, place):
    found = Journal(place.parent / "journal")
    yield found
    found.close()


@needs_root
@pytest.mark.smoke
def test_the_journal_gets_fields_and_standard_error_nothing(launch, bad, journal):
    service = launch(bad, wrap=journal.wrap())
    journal.wait(MESSAGE="serves with", PENSTOCK_EVENT="started", PENSTOCK_PROCESS="supervisor", PRIORITY="5")
    service.ask("a.penstock.example")
    found = journal.wait(PENSTOCK_EVENT="upstream_up", PENSTOCK_UPSTREAM="first", PRIORITY="6")
    assert found["MESSAGE"].startswith("worker.0 upstream_up: upstream first: ") and found["SYSLOG_IDENTIFIER"] == "penstock"
    os.kill(service.pid_of("worker"), signal.SIGKILL)
    journal.wait(PENSTOCK_EVENT="child_died", PRIORITY="3")
    journal.wait(PENSTOCK_PROCESS="supervisor", MESSAGE="worker.0 is ready")
    assert service.stop() == 0
    journal.wait(PENSTOCK_EVENT="stopping", MESSAGE="penstock has ended")
    assert service.log() == ""


@needs_root
def test_the_level_that_an_operator_sets_holds_in_the_journal(launch, bad, journal, place):
    service = launch(bad, wrap=journal.wrap(), settings={"control": {"socket": str(place)}})
    journal.wait(MESSAGE="serves with")
    steer(place, "log-level", "notice")
    journal.read().clear()
    replace_worker(service)
    steer(place, "log-level", "notice")
    journal.wait(PENSTOCK_EVENT="control")
    entries = journal.read()
    assert any(entry["PENSTOCK_EVENT"] == "child_died" for entry in entries)
    assert not any("worker.0 is ready" in entry["MESSAGE"] for entry in entries)
    assert service.stop() == 0


@needs_root
def test_a_journal_that_reads_nothing_stops_nobody(launch, bad, journal):
    """Its queue is full: what it does not take stands on standard error, and the number is told when it reads again."""
    service = launch(bad, wrap=journal.wrap())
    journal.wait(MESSAGE="serves with")
    for _ in range(200):  # the queue holds 512 datagrams, or as many as the system has it
        service.process.send_signal(signal.SIGUSR1)
        service.ask("a.penstock.example")
        if "the journal takes no lines" in service.log():
            break
    service.wait_log(r"<4>supervisor log: the journal takes no lines: .*\n<5>supervisor statistics: ", 20)
    service.ask("b.penstock.example")

    def reads_again():
        service.process.send_signal(signal.SIGHUP)
        return any("is in force" in entry["MESSAGE"] for entry in journal.read())
    wait_for(reads_again, 20, "a line that the journal takes", interval=0.2)
    assert service.stop() == 0
    told = [re.fullmatch(r"supervisor log: (\d+) lines went to standard error instead of the journal", entry["MESSAGE"])
            for entry in journal.read() if entry["PENSTOCK_EVENT"] == "log"]
    assert told and all(told)
    here = [line for line in service.log().splitlines() if " log: the journal takes no lines: " not in line]
    assert sum(int(found[1]) for found in told) == len(here) and all(re.match(r"<[3-7]>\S+ [a-z_]+: ", line) for line in here)


@needs_root
def test_a_journal_that_goes_away_leaves_standard_error(launch, bad, journal):
    service = launch(bad, wrap=journal.wrap())
    journal.wait(MESSAGE="serves with")
    journal.close()
    os.kill(service.pid_of("worker"), signal.SIGKILL)
    service.wait_log(r"<3>supervisor child_died: ", 20)
    assert service.stop() == 0
    assert service.log().count("the journal takes no lines") == 1


@needs_root
def test_the_journal_may_be_asked_for_where_there_is_none(launch, bad, journal):
    settings = {"log": {"format": "journal"}}
    service = launch(bad, wrap=journal.wrap(stream=False), settings=settings)
    journal.wait(MESSAGE="serves with")
    assert service.stop() == 0 and service.log() == ""
    (journal.folder / "socket").unlink()
    service = launch(bad, wrap=journal.wrap(stream=False), settings=settings).wait_ready()
    assert service.stop() == 0
    lines = service.log().splitlines()
    assert re.fullmatch(r"\S+Z warning supervisor log: /run/systemd/journal/socket: No such file .*; the log is written here", lines[0])
    assert len([line for line in lines if " log: " in line]) == 1


@needs_root
def test_journald_itself_reads_the_fields(launch, bad, can_mount):
    """systemd-journald, in a mount namespace of its own, and what journalctl finds by the name of an event."""
    journald, journalctl = shutil.which("systemd-journald", path="/lib/systemd:/usr/lib/systemd"), shutil.which("journalctl")
    machine = pathlib.Path("/etc/machine-id")
    if not (journald and journalctl and machine.exists() and machine.read_text().strip()):
        pytest.skip("no systemd-journald here, or no name of this machine for its files")
    script = f"mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal && exec {journald}"
    process = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    inside = ("nsenter", f"--mount=/proc/{process.pid}/ns/mnt")

    def is_up():
        assert process.poll() is None, "systemd-journald has ended"
        here = pathlib.Path(f"/proc/{process.pid}/comm").read_text().startswith("systemd-journal")
        return here and subprocess.run([*inside, "test", "-S", "/run/systemd/journal/socket"]).returncode == 0

    def found(*matches):
        done = subprocess.run([*inside, journalctl, "-D", "/run/log/journal", "-o", "json", "SYSLOG_IDENTIFIER=penstock", *matches],
                              capture_output=True, text=True, timeout=60)
        return [json.loads(line) for line in done.stdout.splitlines()]
    try:
        wait_for(is_up, 30, "systemd-journald")
        service = launch(bad, wrap=inside, settings={"log": {"format": "journal"}})
        wait_for(lambda: any("serves with" in entry["MESSAGE"] for entry in found("PENSTOCK_EVENT=started")), 30, "it serves", interval=0.2)
        service.ask("a.penstock.example")
        wait_for(lambda: found("PENSTOCK_EVENT=upstream_up", "PENSTOCK_UPSTREAM=first", "PRIORITY=6"), 30, "its connection", interval=0.2)
        assert service.stop() == 0
        entries = wait_for(lambda: (every := found()) and "has ended" in every[-1]["MESSAGE"] and every, 30, "its end", interval=0.2)
        assert all(entry["_TRANSPORT"] == "journal" and entry["_PID"] == str(service.process.pid) for entry in entries)
        assert all(re.match(rf"{entry['PENSTOCK_PROCESS']} {entry['PENSTOCK_EVENT']}: ", entry["MESSAGE"]) for entry in entries)
        assert service.log() == ""
    finally:
        process.terminate()
        process.wait(30)


@needs_root
def test_a_start_that_fails_is_an_error_in_the_journal(launch, bad, journal):
    service = launch(bad, wrap=journal.wrap(), settings={"control": {"socket": "/nowhere/at/all"}})
    assert service.process.wait(30) == 78
    assert "/nowhere/at/all" in journal.wait(PENSTOCK_EVENT="start_failed", PRIORITY="3")["MESSAGE"]


def test_standard_error_that_nobody_reads_stops_nobody(launch, bad):
    """A pipe whose reader has stopped, as that of a container may: clients are answered, and a worker that dies is back."""
    read, write = os.pipe()
    service = launch(bad, wrap=("sh", "-c", f'exec 2>/dev/fd/{write}; exec "$@"', "sh"), pass_fds=(write,))
    os.close(write)
    try:
        wait_for(lambda: b"serves with" in os.read(read, 65536), 30, "it serves")
        os.set_blocking(read, False)
        drained(read)
        fcntl.fcntl(read, fcntl.F_SETPIPE_SZ, 4096)  # one page: what waits in it leaves no room
        service.process.send_signal(signal.SIGUSR1)
        wait_for(lambda: held(read) > 0, 30, "a pipe that is full")
        service.process.send_signal(signal.SIGUSR1)
        service.ask("a.penstock.example")
        replace_worker(service)
        seen = bytearray()

        def number():
            service.process.send_signal(signal.SIGUSR1)
            seen.extend(drained(read))
            return re.search(rb" warning supervisor log: \d+ lines could not be written\n", seen)
        wait_for(number, 30, "the number")
        assert service.stop() == 0
    finally:
        os.close(read)


def held(descriptor):
    """Octets that wait in a pipe."""
    count = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, count)
    return count[0]


def drained(descriptor):
    try:
        return os.read(descriptor, 65536)
    except BlockingIOError:
        return b""

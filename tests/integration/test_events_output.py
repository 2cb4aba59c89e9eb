"""penstock-exporter --events --output: files that are moved away or full, and readers of dnstap that come and go."""
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess

import pytest
from conftest import needs_root
from penstock import free_port, is_gone, plain_environment, status_of, wait_for
from test_events import start  # noqa: F401
from test_events_told import ask_until_told, tell  # noqa: F401

pytestmark = [needs_root]

needs_fstrm = pytest.mark.skipif(shutil.which("fstrm_capture") is None or shutil.which("dnstap-ldns") is None,
                                 reason="needs fstrm_capture and dnstap-ldns")


@pytest.fixture
def folder(place):
    """A folder that the account of the exporter owns."""
    path = place.parent / "log"
    path.mkdir(0o750)
    shutil.chown(path, "games")
    return path


def names_of(lines):
    return [line.get("name") for line in lines]


def documents(stream):
    """What dnstap-ldns reads of a stream, each message a text."""
    result = subprocess.run(["dnstap-ldns", "-y", "-r", stream], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return [text for text in result.stdout.split("---\n") if text.strip()]


# ---- files


def test_a_file_is_moved_away_and_begun_anew(start, tell, folder):
    service, output = start(), folder / "queries.json"
    teller = tell(where=output)
    ask_until_told(service, teller)
    status = output.stat()
    assert status.st_mode & 0o7777 == 0o640 and status.st_uid == pwd.getpwnam("games").pw_uid
    old = folder / "queries.json.1"
    output.rename(old)
    service.ask("before.penstock.example")
    wait_for(lambda: b"before.penstock.example" in old.read_bytes(), 10, "a line in the file that was moved away")
    teller.process.send_signal(signal.SIGHUP)
    wait_for(output.exists, 10, "the next file")
    ask_until_told(service, teller, "after.penstock.example")
    assert old.read_bytes().endswith(b"\n") and b"after.penstock.example" not in old.read_bytes()
    assert set(names_of(teller.lines())) == {"after.penstock.example."}
    teller.process.send_signal(signal.SIGHUP)  # nobody moved it: it is added to
    wait_for(lambda: teller.log().count("opened") == 3, 10, "the third")
    ask_until_told(service, teller, "last.penstock.example")
    assert {"after.penstock.example.", "last.penstock.example."} == set(names_of(teller.lines()))


def test_whoever_opens_it_can_do_nothing_else(start, tell, folder):
    service = start()
    teller = tell(where=folder / "queries.json")
    ask_until_told(service, teller)
    for pid in (teller.process.pid, teller.child):
        status = status_of(pid)
        assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1" and status["CapEff"].strip("0") == ""
        assert status["Uid"].split()[0] == str(pwd.getpwnam("games").pw_uid)


def test_a_link_is_not_followed(start, tell, folder, place):
    start()
    (folder / "queries.json").symlink_to(folder / "elsewhere")
    teller = tell(where=folder / "queries.json")
    wait_for(lambda: "Too many levels of symbolic links" in teller.log(), 15, "the reason")
    assert not (folder / "elsewhere").exists()


def test_a_folder_that_is_none_is_said(tell, folder):
    teller = tell(where=folder / "nothing" / "queries.json")
    assert teller.process.wait(10) == 1
    assert "nothing/queries.json: No such file or directory" in teller.log()


def test_a_full_disk_is_told_once_and_holds_nobody_up(start, tell, folder):
    service, output = start(settings={"acl": {"allow": ["127.0.0.1/32"], "deny": []}}), folder / "queries.json"
    teller = tell(where=output, largest=65536)
    ask_until_told(service, teller)
    wire = service.query("one.penstock.example").to_wire()

    def is_lost():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.7", 0))
            for _ in range(200):
                stranger.sendto(wire, ("127.0.0.1", service.port))
        return service.statistic("ends", "acl") > 16384 + 3000
    wait_for(is_lost, 120, "more events than there is room for", interval=0.001)
    assert service.ask("still.penstock.example").answer
    wait_for(lambda: "File too large" in teller.log(), 15, "the reason")
    assert output.stat().st_size == 65536
    assert teller.log().count("File too large") == 1, "told once"
    full = folder / "full"
    output.rename(full)
    teller.process.send_signal(signal.SIGHUP)
    found = teller.wait_lines(lambda lines: any("lost" in line for line in lines), "how many were lost")
    assert sum(line.get("lost", 0) for line in found) > 1000


@needs_fstrm
def test_a_stream_in_a_file_has_its_end_and_the_next_its_beginning(start, tell, folder):
    service, output = start(), folder / "tap"
    output.write_bytes(b"of before")
    teller = tell("dnstap", where=output)
    teller.wait_connected()

    def told(name):
        service.ask(name)
        return name.split(".")[0].encode() in output.read_bytes()
    wait_for(lambda: told("first.penstock.example"), 15, "the first frame", interval=0.1)
    assert [path.read_bytes() for path in folder.glob("tap.*")] == [b"of before"]
    teller.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "move it away first" in teller.log(), 15, "that it was not moved away")
    wait_for(lambda: told("second.penstock.example"), 15, "a frame in the same file", interval=0.1)
    old = output.rename(folder / "old")
    teller.process.send_signal(signal.SIGHUP)
    wait_for(lambda: output.exists() and told("third.penstock.example"), 15, "a frame in the next file", interval=0.1)
    teller.stop()
    for stream, has, lacks in ((old, ("first.", "second."), "third."), (output, ("third.",), "second.")):
        dump = subprocess.run(["fstrm_dump", stream, "/dev/null"], capture_output=True, text=True, timeout=60)
        assert dump.returncode == 0 and "CONTROL_STOP" in dump.stderr, dump.stderr
        text = "".join(documents(stream))
        assert all(name in text for name in has) and lacks not in text


# ---- readers of dnstap


class Capture:
    """fstrm_capture at an address."""

    def __init__(self, folder, where, number):
        self.output = folder / f"captured.{number}"
        words = ["-u", where[5:]] if where.startswith("unix:") else ["-a", "127.0.0.1", "-p", where.rsplit(":", 1)[1]]
        with contextlib.suppress(FileNotFoundError):
            os.unlink(where[5:])  # who came before leaves it
        with open(folder / f"capture.{number}.log", "wb") as log:
            self.process = subprocess.Popen(["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", *words, "-w", self.output],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=plain_environment(), user="games")
        if where.startswith("unix:"):
            wait_for(lambda: os.path.exists(where[5:]), 10, "its socket")

    def stop(self):
        """What it was told, once it has written that."""
        self.process.terminate()
        self.process.wait(20)
        return "".join(documents(self.output))


@pytest.fixture
def capture(folder, where):
    begun = []

    def make():
        begun.append(Capture(folder, where, len(begun)))
        return begun[-1]
    yield make
    for one in begun:
        one.process.kill()
        one.process.wait()


@pytest.fixture(params=["unix", "tcp"])
def where(request, folder):
    return f"unix:{folder}/tap" if request.param == "unix" else f"tcp:127.0.0.1:{free_port()}"


@needs_fstrm
def test_a_reader_of_dnstap_has_all_of_it(start, tell, where, capture):
    service, reader = start(), capture()
    teller = tell("dnstap", where=where)
    wait_for(lambda: f"{where}: connected" in teller.log(), 15, "the greeting")
    teller.wait_connected()
    for i in range(20):
        service.ask(f"name{i}.penstock.example")
    teller.stop()
    text = reader.stop()
    assert text.count("CLIENT_QUERY") == text.count("CLIENT_RESPONSE") == 20
    assert "name19.penstock.example." in text


@needs_fstrm
def test_a_reader_of_dnstap_comes_and_goes(start, tell, where, capture):
    service, first = start(), capture()
    teller = tell("dnstap", where=where)
    wait_for(lambda: f"{where}: connected" in teller.log(), 15, "the greeting")
    teller.wait_connected()
    first.stop()
    wait_for(lambda: f"{where}: the other side" in teller.log(), 15, "that it is gone")
    wait_for(lambda: "it cannot be opened" in teller.log(), 15, "a try")
    for i in range(20):
        service.ask(f"name{i}.penstock.example")
    again = capture()
    wait_for(lambda: teller.log().count(f"{where}: connected") == 2, 15, "the second greeting")
    service.ask("last.penstock.example")
    teller.stop()
    text = again.stop()
    missing = [name for name in [*(f"name{i}" for i in range(20)), "last"] if f"{name}.penstock.example." not in text]
    assert not missing, "what ended between two readers is kept for the next"
    assert teller.log().count("it cannot be opened") == 1, "told once"


def test_who_speaks_something_else_is_left(start, tell, folder):
    service = start()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "tap"))
        os.chmod(folder / "tap", 0o777)
        listener.listen(8)
        teller = tell("dnstap", where=f"unix:{folder}/tap")
        listener.settimeout(15)
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(100)[8:12] == b"\0\0\0\4"
            connection.sendall(b"220 mail.example ESMTP\r\n")
            wait_for(lambda: "speaks no Frame Streams" in teller.log(), 15, "the reason")
        again, _ = listener.accept()
        again.close()
    assert service.ask("after.penstock.example").answer
    child = teller.child
    teller.stop()
    assert is_gone(child)

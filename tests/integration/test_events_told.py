"""penstock-exporter --events: a query log and dnstap, read by readers that are not ours."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time

import jsonschema
import pytest
from conftest import needs_root
from exporter import EXPORTER
from penstock import REPORT, is_gone, plain_environment, status_of, wait_for
from test_events import start  # noqa: F401

pytestmark = [needs_root]

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/penstock-events.schema.json").read_text())


class Teller:
    """One running penstock-exporter --events."""

    def __init__(self, place, form="json", output=None, where=None, largest=None):
        """`where`: of --output; `largest`: octets of a file that it writes."""
        self.output, self.log_file = place.parent / f"out.{form}", place.parent / "teller.log"
        with open(self.log_file, "ab") as log, contextlib.ExitStack() as stack:
            output = output or stack.enter_context(open(self.output, "ab"))
            limit = ["prlimit", f"--fsize={largest}"] if largest else []
            self.process = subprocess.Popen([*limit, EXPORTER, "--events", form, "--control", place, "--user", "games",
                                             *(["--output", where] if where else [])],
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=log, env=plain_environment())
            self.output = pathlib.Path(where) if where and ":" not in str(where) else self.output

    def log(self):
        return self.log_file.read_text(errors="replace")

    def wait_connected(self):
        wait_for(lambda: "connected to penstock" in self.log(), 15, "a connection")
        time.sleep(0.1)  # nothing says that the memory is mapped; what is asked later is asked again
        return self

    @property
    def child(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def lines(self):
        text = self.output.read_text() if self.output.exists() else ""
        found = [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]
        for line in found:
            jsonschema.validate(line, SCHEMA)
        return found

    def wait_lines(self, condition, what="lines", seconds=10):
        return wait_for(lambda: (found := self.lines()) and condition(found) and found, seconds, what, interval=0.05)

    def stop(self):
        """The one that connects ends, and the other one with it, in order; a service manager tells both."""
        child = self.child
        if child:
            os.kill(child, signal.SIGTERM)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        if child:
            wait_for(lambda: is_gone(child), 10, "the other process to end")
        report = REPORT.search(self.log())
        assert not report, self.log()


@pytest.fixture
def tell(place):
    begun = []

    def make(*words, **options):
        begun.append(Teller(place, *words, **options))
        return begun[-1]
    yield make
    for one in begun:
        if one.process.poll() is None:
            one.stop()


def ask_until_told(service, teller, name="first.penstock.example"):
    """Events that ended before the memory was mapped are not told: ask until one is."""
    def told():
        service.ask(name)
        return any(line.get("name") == f"{name}." for line in teller.lines())
    wait_for(told, 15, "the first line", interval=0.1)


def test_each_query_is_a_line(start, tell):
    service = start(settings={"cache": {"size": "1MiB"}})
    teller = tell()
    ask_until_told(service, teller)
    service.ask("A.penstock.example", "AAAA", tcp=True)
    service.ask("a.penstock.example", "AAAA")
    service.ask("localhost")
    found = teller.wait_lines(lambda lines: lines[-1].get("name") == "localhost.")
    over_tcp, hit = [line for line in found if line.get("name") == "a.penstock.example."]
    assert over_tcp["transport"] == "tcp" and over_tcp["proven"] and over_tcp["why"] == "answered"
    assert over_tcp["type"] == 28 and over_tcp["rd"] and over_tcp["rcode"] == 0
    assert over_tcp["upstream"] == service.upstreams[0]["name"]
    assert hit["transport"] == "udp" and hit["why"] == "cache_hit" and "upstream" not in hit
    assert found[-1]["why"] == "local" and found[-1]["client"] == "127.0.0.1" and found[-1]["port"] > 0
    ended = time.mktime(time.strptime(found[-1]["time"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert abs(ended - time.time()) < 30


def test_both_processes_are_jailed_and_of_the_account(start, tell):
    service = start()
    teller = tell()
    ask_until_told(service, teller)
    for pid in (teller.process.pid, teller.child):
        status = status_of(pid)
        assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1"
        assert status["CapPrm"].strip("0") == "" and status["CapEff"].strip("0") == ""
        assert status["Uid"].split()[0] == str(pwd.getpwnam("games").pw_uid)


def test_who_may_not_read_events_tells_none(start, tell):
    service = start(readers=["news"])
    teller = tell()
    wait_for(lambda: "not permitted" in teller.log(), 15, "the refusal")
    service.ask("secret.penstock.example")
    assert teller.output.read_text() == ""


def test_it_goes_on_with_the_next_front_and_the_next_service(start, tell, place):
    service = start()
    teller = tell()
    ask_until_told(service, teller)
    os.kill(service.pid_of("front"), signal.SIGKILL)
    ask_until_told(service, teller, "second.penstock.example")
    assert service.stop() == 0
    wait_for(lambda: "closed the connection" in teller.log(), 10, "the end of the connection")
    again = start()
    ask_until_told(again, teller, "third.penstock.example")
    names = [line.get("name") for line in teller.lines()]
    assert names.index("second.penstock.example.") < names.index("third.penstock.example.")


def rename_while_it_is_asked(service, bad, number):
    """@return did the reload end before the response came?"""
    before, config = len(bad.queries), json.loads(service.file.read_text())
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        late = pool.submit(service.ask, f"late1200-{number}.penstock.example", timeout=20)
        wait_for(lambda: len(bad.queries) > before, 10, "it is asked")
        config["upstreams"][0]["name"] = f"another{number}"
        service.file.write_text(json.dumps(config))
        service.process.send_signal(signal.SIGHUP)
        wait_for(lambda: service.log().count("is in force") == number, 20, "the reload")
        overtakes = not late.done()
        assert late.result().answer
    return overtakes


def test_a_response_that_a_reload_overtakes_has_no_upstream(start, tell, bad):
    service = start()
    teller = tell()
    ask_until_told(service, teller)
    number = next(i for i in range(1, 9) if rename_while_it_is_asked(service, bad, i))
    ask_until_told(service, teller, "next.penstock.example")
    told = {line["name"]: line.get("upstream") for line in teller.lines() if "name" in line}
    assert told[f"late1200-{number}.penstock.example."] is None
    assert told["next.penstock.example."] == f"another{number}"


def test_slow_output_loses_events_that_are_counted_and_nobody_waits(start, tell, place):
    service = start(settings={"acl": {"allow": ["127.0.0.1/32"], "deny": []}}, names="none", clients="none")
    read, write = os.pipe()
    teller = tell(output=write)
    os.close(write)
    ended = 0
    wire = service.query("one.penstock.example").to_wire()

    def is_lost():  # 64 KiB fit into the pipe, some 600 lines; then it waits, and the ring goes round
        nonlocal ended
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.7", 0))
            for _ in range(200):
                stranger.sendto(wire, ("127.0.0.1", service.port))
        ended = service.statistic("ends", "acl")
        return ended > 16384 + 5000
    wait_for(is_lost, 120, "more events than there is room for", interval=0.001)
    assert service.ask("still.penstock.example").answer
    text = b""
    with open(read, "rb", buffering=0) as output:
        while b'"lost":' not in text:
            text += output.read(65536)
        lost = int(re.search(rb'"lost":(\d+)', text)[1])
        assert 1000 < lost < ended
        os.kill(teller.child, signal.SIGKILL)
        teller.process.wait(10)
    assert service.ask("again.penstock.example").answer


def fill(pipe):
    """Until it takes nothing any more."""
    os.set_blocking(pipe, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(pipe, b"x" * 4096)


def wait_jailed(teller):
    child = wait_for(lambda: teller.child, 10, "the other process")
    wait_for(lambda: status_of(child)["Seccomp"] == "2", 10, "its filter")


@pytest.mark.parametrize("is_blocking", [True, False])
def test_an_output_that_takes_nothing_is_waited_for_and_keeps_nobody_alive(tell, is_blocking):
    read, write = os.pipe()
    fill(write)
    os.set_blocking(write, is_blocking)
    teller = tell("dnstap", output=write)  # it has the start of the stream to write
    os.close(write)
    wait_jailed(teller)
    with contextlib.suppress(subprocess.TimeoutExpired):
        teller.process.wait(1)
        raise AssertionError("it does not wait: " + teller.log())
    teller.stop()
    os.close(read)


def test_an_output_that_takes_nothing_for_a_while_gets_all(tell):
    read, write = os.pipe()
    fill(write)
    os.set_blocking(write, True)
    teller = tell("dnstap", output=write)
    os.close(write)
    wait_jailed(teller)
    text = b""
    while b"protobuf:dnstap.Dnstap" not in text:
        text += os.read(read, 65536)
    teller.stop()
    assert os.read(read, 65536).endswith(b"\0\0\0\4\0\0\0\3"), "the stream has its end"
    os.close(read)


def test_nobody_notices_that_it_is_killed(start, tell):
    service = start()
    teller = tell()
    ask_until_told(service, teller)
    before = service.pids()
    os.kill(teller.child, signal.SIGKILL)
    assert teller.process.wait(10) == 1, "the other one ends too"
    assert service.ask("after.penstock.example").answer
    assert service.pids() == before


@pytest.mark.skipif(shutil.which("fstrm_dump") is None or shutil.which("dnstap-ldns") is None,
                    reason="needs fstrm_dump and dnstap-ldns")
def test_dnstap_is_read_by_others(start, tell):
    service = start(settings={"cache": {"size": "1MiB"}})
    teller = tell("dnstap")
    teller.wait_connected()

    def told():
        service.ask("w\\000w.penstock.example", "AAAA", tcp=True)
        return b"penstock" in teller.output.read_bytes()[40:]
    wait_for(told, 15, "the first frame", interval=0.1)
    service.ask("localhost")
    wait_for(lambda: b"\tlocalhost\0" in teller.output.read_bytes(), 10, "the last")
    teller.stop()
    stream = subprocess.run(["fstrm_dump", teller.output, "/dev/null"], capture_output=True, text=True, check=True)
    assert "protobuf:dnstap.Dnstap" in stream.stderr
    assert "CONTROL_STOP" in stream.stderr, "the stream has its end"
    text = subprocess.run(["dnstap-ldns", "-y", "-r", teller.output], capture_output=True, text=True, check=True).stdout
    documents = text.split("---\n")
    asked = [part for part in documents if "CLIENT_QUERY" in part]
    answered = [part for part in documents if "CLIENT_RESPONSE" in part]
    assert len(asked) == len(answered) >= 2
    assert all('query_address: "127.0.0.1"' in part or "query_address: 127.0.0.1" in part for part in asked)
    assert "TCP" in asked[0] and "UDP" in asked[-1]
    assert "w\\000w.penstock.example." in asked[0] and "AAAA" in asked[0]
    assert "localhost." in answered[-1] and "NOERROR" in answered[-1]

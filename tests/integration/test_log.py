"""The log in its forms: what each line has, whoever wrote it, at which level, and with which words of strangers in it."""
import json
import os
import pty
import re
import signal
import socket
import subprocess
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

    def again():
        """A worker dies and is back: that is an error, and the return is told at level info."""
        before = len(service.log())
        old = service.pid_of("worker")
        os.kill(old, signal.SIGKILL)
        wait_for(lambda: (new := service.pids()["worker"]) and new[0] != old and service.is_jailed(new[0]), 30, "a new worker")
        steer(place, "reload")  # what the new one said has come before what this makes
        said = service.log()[before:]
        assert "child_died" in said
        return "worker.0 is ready" in said
    steer(place, "log-level", "notice")
    assert not again()
    steer(place, "reload")  # the level is that of the start again: info
    assert again()


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

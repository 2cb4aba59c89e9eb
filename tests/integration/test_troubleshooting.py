"""docs/troubleshooting.md: each symptom is brought about, and the command beside it shows what is printed there."""
import importlib.machinery
import importlib.util
import os
import re
import shlex
import signal
import subprocess
import time

import penstock
import pytest
from conftest import needs_root, upstream
from penstock import BUILD, EXECUTABLE, TOP, plain_environment, wait_for

pytestmark = [needs_root]


def load_commands():
    loader = importlib.machinery.SourceFileLoader("document_commands", str(TOP / "tests/docs/commands"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


COMMANDS = load_commands()
TEXT = (TOP / "docs/troubleshooting.md").read_text()
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^#{2,3} +", TEXT, flags=re.M)[1:]}
NO_TEXT = {"One name is SERVFAIL": 1, "The kernel drops packets": 1, "Metrics or the page are empty": 1}  # blocks that print nothing to compare


class Scene:
    """A service and what stands in the document in place of it."""

    def __init__(self, service, place):
        self.service, self.place = service, place
        self.names = {}

    def argv(self, line):
        program, *words = shlex.split(line)
        words = [self.names.get(word, word) for word in words]
        if program == "dig":
            return ["dig", "-p", str(self.service.port), "+tries=1", "+timeout=4", *words]
        if program == "journalctl":
            return ["cat", self.service.log_file]
        if program == "penstockctl":
            return [BUILD / "src/ctl/penstockctl", *([] if "--socket" in words else ["--socket", self.place]), *words]
        assert program == "penstock"
        return [EXECUTABLE, *words, *([] if "selftest" in line else ["-c", self.service.file])]

    def shows(self, section, block=0):
        """The block's commands print what stands below it."""
        commands, printed = blocks(section)[block]
        output = ""
        for line in commands.splitlines():
            done = subprocess.run([str(word) for word in self.argv(line)], capture_output=True, text=True, timeout=90, env=plain_environment())
            output += done.stdout + done.stderr
        # one sentence may go over two lines
        flat = re.sub(r"\n +", " ", output)
        for line in printed.splitlines():
            assert COMMANDS.pattern_of(line).search(" ".join(flat.split())), (line, output)
        return output


def blocks(section):
    """[(commands, text below)]"""
    return [(block.commands, neutral(block.printed)) for block in COMMANDS.blocks_of("docs/troubleshooting.md", SECTIONS[section])]


def neutral(text):
    """Paths and addresses of the document are those of no machine."""
    text = text.replace("/etc/penstock/penstock.yaml", "…/penstock.yaml").replace("ads.example.org", "ads-1.penstock.example")
    return re.sub(r"192\.0\.2\.1:\d+", "127.0.0.1:1", text.replace("www.example.org", "a.penstock.example"))


@pytest.fixture
def scene(serve, bad, place, shared):
    block = shared / "troubles-block"
    block.write_text("ads-1.penstock.example\n")

    def make(upstreams=None, **settings):
        service = serve(upstreams or bad, settings={"control": {"socket": str(place)}, "cache": {"size": "1MiB"},
                                                    "local": {"block": [str(block)]}, **settings})
        made = Scene(service, place)
        made.names = {"www.example.org": "a.penstock.example", "ads.example.org": "ads-1.penstock.example"}
        return made
    return make


def test_a_mistake_in_the_configuration(scene):
    one = scene()
    one.service.file.write_text(one.service.file.read_text().replace('"query": "2s"', '"query": "4"'))
    one.shows("Exit status 78")
    one.shows("A changed configuration has no effect")


def test_another_server_has_the_port(scene, launch, bad):
    one = scene()
    late = launch(bad, port=one.service.port)
    assert late.process.wait(20) == 1
    Scene(late, one.place).shows("Exit status 1, and a port")


def test_who_may_not_ask_and_who_asks_too_much(scene):
    one = scene(rates={"mode": "enforce", "ipv4": ["/32 1/s 5", "/24 10/s 50"], "slip": 0})
    one.shows("Clients get no answer at all")

    def is_refused():
        one.service.raw(one.service.query("over.penstock.example").to_wire(), timeout=0.02)
        return one.service.statistic("ends", "rate_dropped") > 3
    wait_for(is_refused, 30, "it is over its rate")
    one.shows("Some clients get no answer, an empty one over UDP, or REFUSED")


def test_upstreams_that_are_away(scene, bad):
    one = scene(cache={"size": "1MiB", "ttl_max": "1s", "stale_after": "0s"})
    one.service.ask("a.penstock.example")
    bad.refuse()
    time.sleep(1.2)
    one.shows("Answers are old")
    one.names["www.example.org"] = "other.penstock.example"
    one.shows("Everything is SERVFAIL")
    one.shows("An upstream cannot be reached")


def test_another_key(scene, bad, pki):
    one = scene([upstream(bad.where, pki, pins=[pki.rotated.pin])])
    one.service.ask("a.penstock.example")
    one.shows("An upstream shows another key")
    one.shows("An upstream's certificate")


def test_names(scene):
    one = scene()
    one.shows("A name does not exist, and should", 0)
    one.shows("A name does not exist, and should", 1)
    one.service.ask("a.penstock.example")
    one.shows("One name is SERVFAIL", 1)
    one.shows("It is slow")
    one.shows("penstockctl does not reach it")


def test_a_process_that_died(scene):
    one = scene()
    os.kill(one.service.pid_of("worker"), signal.SIGKILL)
    one.service.wait_log("worker.0 is ready.*(.|\n)*worker.0 is ready", 20)
    wait_for(lambda: "died in the last hour" in subprocess.run([BUILD / "src/ctl/penstockctl", "--socket", one.place, "status"],
                                                               capture_output=True, text=True, env=plain_environment()).stdout, 20, "it is told")
    one.shows("A process has died", 0)


@pytest.mark.skipif(penstock.SANITIZED, reason="sanitizers make calls that the filters forbid")
def test_the_kernel_fits(scene):
    scene().shows("A process has died", 1)


def test_every_block_is_tried_or_prints_nothing_to_compare():
    """The sections that the tests above name, and no other, have text below their commands."""
    named = {(section, int(block or 0)) for section, block in re.findall(
        r'\.shows\("([^"]+)"(?:, (\d))?\)', (TOP / "tests/integration/test_troubleshooting.py").read_text())}
    written = {(section, at) for section in SECTIONS for at, (_, printed) in enumerate(blocks(section)) if printed}
    assert named == written
    silent = {section: sum(not printed for _, printed in blocks(section)) for section in SECTIONS}
    assert {section: count for section, count in silent.items() if count} == NO_TEXT

"""penstockctl top in a terminal, with a running service: keys, sizes, signals, a service that ends and comes back."""
import json
import os
import pwd
import re
import signal
import subprocess
import termios
import time

import pytest
from conftest import needs_root
from penstock import BUILD, plain_environment, status_of, wait_for

pytest.importorskip("pyte")
from terminal import Terminal  # noqa: E402

pytestmark = [needs_root]

CTL = BUILD / "src/ctl/penstockctl"
ACCOUNTS = sorted({account.pw_name for account in pwd.getpwall()} & {"penstock", "nobody"})  # what root becomes
SIGNS = set("▁▂▃▄▅▆▇█▏▎▍▌▋▊▉·●▲■└╵↓")


@pytest.fixture
def settings(place):
    return {"control": {"socket": str(place), "readers": ACCOUNTS}}


@pytest.fixture
def service(serve, bad, settings):
    return serve(bad, settings=settings)


@pytest.fixture
def top(place):
    made = []

    def make(*words, **more):
        made.append(Terminal(CTL, "--socket", place, "top", "--interval", "1", *words, **more))
        return made[-1]
    yield make
    for terminal in made:
        terminal.close()


def ask(service, count):
    for i in range(count):
        service.ask(f"n{i}.penstock.example")


@pytest.mark.smoke
def test_it_shows_what_happens_and_says_what_status_says(service, place, top):
    terminal = top()
    terminal.shows(" queries", "UPSTREAM", "q quit")
    ask(service, 7)
    terminal.press("r")
    terminal.shows("REASON", "answered by an upstream")
    wait_for(lambda: any(line.split()[:3:2] == ["ANSWERED", "7"] for line in terminal.lines()), 60, "seven")
    terminal.press("\033")
    text = terminal.shows("Clients are answered.", "WELL", "UPSTREAM", "failed ", "▁")
    sentence = json.loads(subprocess.run([CTL, "--socket", place, "status", "--json"], capture_output=True, text=True, timeout=90,
                                         env=plain_environment()).stdout)["clients"]
    assert sentence in text
    assert {c for c in text if ord(c) > 126} <= SIGNS


def test_keys(service, top):
    terminal = top()
    terminal.shows("SHARE↓", "every 1 s")
    terminal.press("s")
    terminal.shows("ms↓")
    terminal.press("-")
    terminal.shows("every 2 s")
    terminal.press("+")
    terminal.shows("every 1 s")
    for key, words in {"u": "UPSTREAM", "l": "lane 0", "t": "TIME TO ANSWER A CLIENT", "n": "Networks of ", "?": "No key changes anything"}.items():
        terminal.press(key)
        terminal.shows_not("from the cache ")
        terminal.shows(words)
        terminal.press("\033")
        terminal.shows("from the cache ", "ms↓")
    terminal.press("l")
    terminal.shows("PROCESS", "supervisor", "front of lane 0", "worker of lane 0")
    terminal.press("\033")
    terminal.press("r")
    terminal.shows("ANSWERED")
    terminal.press("\033[B")  # arrow down
    terminal.shows_not(" ANSWERED")
    terminal.press("\033")
    terminal.press("p")
    paused = terminal.shows("paused at ")
    first = paused.splitlines()[0]
    terminal.press("s")
    terminal.shows("f/min↓")
    assert terminal.lines()[0] == first
    terminal.press("p")
    terminal.shows("every 1 s")
    terminal.press("q")
    assert terminal.ends() == 0
    after = termios.tcgetattr(terminal.slave)
    assert after[:4] == terminal.before[:4]


def test_who_is_no_operator_is_told_no_networks(serve, bad, place):
    serve(bad, settings={"control": {"socket": str(place), "readers": [*ACCOUNTS, "games"]}})
    account = pwd.getpwnam("games")
    terminal = Terminal("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", CTL, "--socket", place, "top")
    try:
        terminal.shows("q quit")
        terminal.press("n")
        terminal.shows("control.operators", "not permitted")
        assert "127.0.0" not in terminal.text()
    finally:
        terminal.close()


def test_space_reads_now(service, top):
    terminal = top("--interval", "60")
    first = terminal.shows("every 60 s").splitlines()[0]
    time.sleep(1.1)  # its clock shows seconds
    terminal.press(" ")
    wait_for(lambda: terminal.lines()[0] != first, 30, "another reading is shown", interval=0.05)


def test_another_size_is_another_view(service, top):
    terminal = top()
    terminal.shows(" queries", "q quit")
    terminal.resize(120, 40)
    text = terminal.shows("HOW QUERIES ENDED", "TIME AN UPSTREAM TOOK", "lane 0", "+ - pace")
    assert len(text.splitlines()) == 40
    terminal.resize(60, 12)
    terminal.shows_not("UPSTREAM")
    terminal.shows_not(" queries")
    terminal.shows("penstock", "LL")


def test_a_size_that_came_back_in_time_is_drawn_anew(service, top):
    terminal = top("--interval", "60")
    terminal.shows(" queries", "UPSTREAM", "q quit")
    terminal.read()
    terminal.screen.reset()  # as a terminal that was small for a moment: the size is as before, what stood there is not
    terminal.process.send_signal(signal.SIGWINCH)
    terminal.shows(" queries", "UPSTREAM", "q quit")


def test_a_service_that_ends_is_said_to_be_gone_and_found_again(launch, serve, bad, settings, top):
    service = launch(bad, settings=settings).wait_ready()
    terminal = top()
    ask(service, 3)
    terminal.shows("in use", "WELL")
    try:
        os.kill(service.process.pid, signal.SIGKILL)
        text = terminal.shows("not reached since ", "WAS ", "in use")
        assert "not reached since " in text.splitlines()[0] and "WAS " in text.splitlines()[1]
    finally:
        service.kill()
    serve(bad, settings=settings)
    terminal.shows_not("not reached")
    terminal.shows("up ", "UPSTREAM")
    terminal.press("q")
    assert terminal.ends() == 0


def test_a_supervisor_that_hangs_is_a_finding(service, top):
    terminal = top()
    terminal.shows("WELL")
    service.process.send_signal(signal.SIGSTOP)
    try:
        terminal.shows("figures are ", "LOOK")
    finally:
        service.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"NO_COLOR": "1"}, {"TERM": "vt100", "LC_ALL": "C"}])
def test_plain_where_that_is_wanted(service, top, environment):
    terminal = top(**environment)
    text = terminal.shows(" queries", "UPSTREAM", "SHAREv")
    assert text.isascii() and not re.search(rb"\033\[[0-9;]*3[13]m", terminal.octets)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_and_the_terminal_is_as_before(service, top, number):
    terminal = top()
    terminal.shows("q quit")
    terminal.process.send_signal(number)
    assert terminal.ends() == 0
    assert termios.tcgetattr(terminal.slave)[:4] == terminal.before[:4]


def test_it_ends_where_its_terminal_does(service, top):
    terminal = top()
    terminal.shows("q quit")
    os.close(terminal.slave)
    os.close(terminal.master)
    terminal.slave = terminal.master = -1
    wait_for(lambda: terminal.process.poll() is not None, 30, "it ends")


def test_it_stops_and_goes_on(service, top):
    terminal = top()
    terminal.shows("q quit")
    terminal.press("\032")
    wait_for(lambda: status_of(terminal.process.pid)["State"].startswith("T"), 30, "it is stopped")
    assert termios.tcgetattr(terminal.slave)[:4] == terminal.before[:4]
    terminal.read()
    shown = len(terminal.octets)
    terminal.process.send_signal(signal.SIGCONT)
    wait_for(lambda: terminal.text() and b"q quit" in terminal.octets[shown:], 60, "it is drawn anew", interval=0.05)
    terminal.press("q")
    assert terminal.ends() == 0


def test_it_is_jailed_and_not_root(service, top):
    terminal = top()
    terminal.shows("q quit")
    status = status_of(terminal.process.pid)
    assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1"
    assert "0" not in status["Uid"].split() and int(status["CapPrm"], 16) == 0


def test_without_a_terminal_it_says_so(service, place):
    for environment, words in ({}, "needs a terminal"), ({"TERM": "nothing-like-it"}, "TERM"):
        if environment:
            terminal = Terminal(CTL, "--socket", place, "top", **environment)
            status, text = terminal.ends(), terminal.text()
            terminal.close()
        else:
            done = subprocess.run([CTL, "--socket", place, "top"], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                                  env=plain_environment())
            status, text = done.returncode, done.stderr
        assert status == 64 and words in text

"""penstock-exporter with a running service: what it tells is true, and whoever asks in whatever way harms nobody."""
import http.client
import itertools
import itertools
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid

import pytest
from conftest import needs_root, upstream
from exporter import EXPORTER, Exporter, samples
from penstock import BUILD, SANITIZED, TOP, is_gone, plain_environment, status_of, wait_for

pytestmark = [needs_root]

CONNECTIONS, OF_ADDRESS = 32, 16  # HTTP_SERVE_CONNECTIONS, HTTP_SERVE_OF_ADDRESS
SCRAPE = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def service(serve, bad, place):
    return serve(bad, settings={"control": {"socket": str(place), "readers": ["games"]}})


@pytest.fixture
def begin(place):
    """begin(word…): an exporter for this test."""
    begun = []

    def make(*words, **options):
        begun.append(Exporter(place.parent, place, *words, **options))
        return begun[-1]
    yield make
    for one in begun:
        one.stop()


@pytest.fixture
def exporter(service, begin):
    return begin().wait_fresh()


@pytest.fixture(scope="module")
def standing(launch, unbound, shared):
    """A service and its exporter, shared by the tests that only talk to the exporter."""
    folder = shared / "exporter-standing"
    folder.mkdir(0o755, exist_ok=True)
    service = launch(unbound, settings={"control": {"socket": str(folder / "control"), "readers": ["games"]}}).wait_ready()
    one = Exporter(folder, folder / "control").wait_fresh()
    yield one
    one.stop()
    assert service.stop() == 0


def ask(service, count):
    for i in range(count):
        service.ask(f"n{i}.penstock.example")


def promtool(*words, text=None):
    if not shutil.which("promtool"):
        pytest.skip("there is no promtool (package prometheus)")
    return subprocess.run(["promtool", *words], input=text, capture_output=True, text=True, timeout=60)


# ---- what it tells


def test_it_is_known_from_a_user_namespace_of_its_own(service, begin):
    """As its unit has it (PrivateUsers): no account but its own exists there, and its own is a reader outside."""
    games = pwd.getpwnam("games")
    inside = ["setpriv", f"--reuid={games.pw_uid}", f"--regid={games.pw_gid}", "--clear-groups", "unshare", "--user",
              "--map-current-user"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode != 0:
        pytest.skip("no user namespace can be made here")
    one = begin(wrap=inside).wait_fresh()
    assert pathlib.Path(f"/proc/{one.process.pid}/uid_map").read_text().split() == [str(games.pw_uid)] * 2 + ["1"]
    assert one.metrics()


@pytest.mark.smoke
def test_what_is_scraped_is_what_happened(service, exporter):
    before = exporter.metrics()
    ask(service, 25)

    def counted():
        found = exporter.metrics()
        key = "penstock_queries_ended_total", ("group", "answered"), ("reason", "answered")
        return found[key] - before[key] == 25 and found
    after = wait_for(counted, 30, "25 answers in the metrics", interval=0.2)
    assert after["penstock_udp_queries_total",] - before["penstock_udp_queries_total",] == 25
    assert after["penstock_up",] == 1 and after["penstock_lanes",] == after["penstock_lanes_serving",] == 1
    assert after["penstock_upstream_asked_total", ("upstream", "first")] >= 25
    assert after["penstock_upstream_state", ("state", "usable"), ("upstream", "first")] == 1
    assert sum(value for key, value in after.items() if key[0] == "penstock_upstream_state") == 1
    assert after["penstock_route_upstreams_usable", ("route", ".")] == 1
    buckets = [value for key, value in after.items() if key[0] == "penstock_duration_seconds_bucket" and ("stage", "answer") in key]
    assert buckets == sorted(buckets) and buckets[-1] >= 25
    stages = {dict(key[1:])["stage"]: value for key, value in after.items() if key[0] == "penstock_duration_seconds_count"}
    assert all(stages[name] >= 25 for name in ("answer", "queue", "place", "upstream")), stages
    assert stages["connect"] >= stages["handshake"] >= 1, stages
    assert after["penstock_upstream_certificate_remaining_seconds", ("upstream", "first")] > 86400
    assert after["penstock_upstream_pin_in_use", ("upstream", "first")] == 1


def test_promtool_has_nothing_to_say_of_it(service, exporter):
    ask(service, 3)
    done = promtool("check", "metrics", text=exporter.get("/metrics")[2])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_openmetrics_where_it_is_wanted(standing):
    wish = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    _, headers, text = standing.get("/metrics", Accept=wish)
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("\n# EOF\n") and "# TYPE penstock_udp_queries counter\n" in text
    _, headers, text = standing.get("/metrics", Accept="text/plain")
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "# EOF" not in text and "# TYPE penstock_udp_queries_total counter\n" in text


def test_health_and_readiness(service, exporter, bad):
    assert exporter.get("/readyz")[0] == 200
    assert exporter.get("/healthz")[::2] == (200, "The figures are fresh.\n")
    bad.refuse()
    service.ask("gone.penstock.example")

    def unready():
        status, _, text = exporter.get("/readyz")
        return status == 503 and text
    text = wait_for(unready, 90, "not ready without an upstream", interval=0.5)
    assert text.endswith(".\n")
    assert exporter.get("/healthz")[0] == 200


def test_a_service_that_ends_is_told_and_found_again(serve, bad, place, begin):
    settings = {"control": {"socket": str(place), "readers": ["games"]}}
    first = serve(bad, settings=settings)
    exporter = begin().wait_fresh()
    ask(first, 5)
    first.stop()
    status, _, text = wait_for(lambda: (found := exporter.get("/healthz"))[0] == 503 and found, 60, "it is told", interval=0.2)
    assert "old" in text
    assert exporter.metrics()["penstock_up",] == 0 and ("penstock_udp_queries_total",) not in exporter.metrics()
    serve(bad, settings=settings)
    exporter.wait_fresh()
    assert exporter.metrics()["penstock_exporter_connects_total",] == 2
    assert exporter.metrics()["penstock_udp_queries_total",] == 0


def test_without_a_service_it_says_why(place, begin):
    place.unlink(missing_ok=True)
    exporter = begin()
    status, _, text = wait_for(lambda: (found := exporter.get("/readyz"))[0] == 503 and "No such file" in found[2] and found,
                               30, "the reason", interval=0.1)
    assert str(place) in text and exporter.metrics()["penstock_up",] == 0


def test_ready_is_what_names_outside_of_routes_are(serve, bad, bads, pki, begin, place):
    corp = bads()
    service = serve([upstream(bad.where, pki, "public"), upstream(corp.where, pki, "corp")],
                    settings={"control": {"socket": str(place), "readers": ["games"]},
                              "routes": [{"names": ["corp.example"], "upstreams": ["corp"]}]})
    service.ask("a.corp.example")
    service.ask("a.penstock.example")
    exporter = begin().wait_fresh()
    assert exporter.get("/readyz")[0] == 200
    bad.refuse()

    def when(code):
        service.ask("b.corp.example", timeout=8)
        service.ask(f"{uuid.uuid4()}.penstock.example", timeout=8)
        status, _, text = exporter.get("/readyz")
        return status == code and text
    text = wait_for(lambda: when(503), 60, "names outside of the route have nobody", interval=0.2)
    assert text == "No upstream for names outside of routes can be asked.\n"
    bad.listen_again()
    wait_for(lambda: when(200), 60, "it is back", interval=0.2)
    corp.refuse()
    wait_for(lambda: service.ask(f"{uuid.uuid4()}.corp.example", timeout=8).rcode() == 2 and exporter.metrics()["penstock_finding", ("name", "route")],
             60, "the route is a finding", interval=0.2)
    assert exporter.get("/readyz")[0] == 200
    shown = subprocess.run([BUILD / "src/ctl/penstockctl", "--socket", place, "status"], stdout=subprocess.PIPE, text=True, timeout=30, check=False).stdout
    assert "had no usable upstream since" in shown and "corp.example: corp: it does not answer." in " ".join(shown.split())
    assert "Routes\n  corp.example     0 of 1 can be asked: corp\n  all other names  1 of 1 can be asked: public\n" in shown


def test_counters_go_on_when_a_process_dies(service, exporter):
    ask(service, 10)
    before = wait_for(lambda: (m := exporter.metrics())["penstock_udp_queries_total",] >= 10 and m, 30, "ten", interval=0.2)
    os.kill(service.pid_of("front"), signal.SIGKILL)
    wait_for(lambda: exporter.metrics()["penstock_processes_died_total",] == 1, 60, "the death is told", interval=0.2)
    ask(service, 10)
    wait_for(lambda: exporter.metrics()["penstock_udp_queries_total",] >= before["penstock_udp_queries_total",] + 10, 30,
             "counters go on", interval=0.2)


# ---- HTTP


@pytest.mark.parametrize("request_, status", [
    (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 413),
    (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413),
    (b"GET /metrics HTTP/1.1\r\n\r\n", 400),
    (b"GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"GET /metrics HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
    (b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"GET /../metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"GET https://localhost/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /" + b"a" * 200 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 9000, 431),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 100 + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n folded\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
    (b"GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", 200),
    (b"GET / HTTP/1.0\r\n\r\n", 200),
])
def test_what_is_asked_wrongly_has_its_answer(standing, request_, status):
    answer = standing.raw(request_)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    head = answer.partition(b"\r\n\r\n")[0].decode()
    assert "Connection: close" in head and "Cache-Control: no-store" in head and "Content-Length: " in head


def test_head_is_get_without_its_body(standing):
    status, headers, text = standing.get("/metrics", method="HEAD")
    assert status == 200 and text == "" and int(headers["Content-Length"]) > 1000


def test_a_name_that_is_given_is_ours(service, begin):
    exporter = begin("--host", "metrics.example")
    assert exporter.get("/metrics", Host="metrics.example")[0] == 200
    assert exporter.get("/metrics", Host=f"METRICS.example:{exporter.port}")[0] == 200
    assert exporter.get("/metrics", Host="other.example")[0] == 421


def test_a_socket_that_systemd_hands_in_is_served(shared):
    """As sd_listen_fds(3) has it: the socket is descriptor 3, and the process knows by its number that it is meant."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        script = ("import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1'); "
                  "os.execv(sys.argv[2], sys.argv[2:])")
        process = subprocess.Popen([sys.executable, "-c", script, str(s.fileno()), EXPORTER, "--control", shared / "nothing",
                                    "--user", "games"], pass_fds=[s.fileno()], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   env=plain_environment())
        port = s.getsockname()[1]
    try:
        def answers():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 503
        wait_for(answers, 20, "an answer at the socket")
    finally:
        process.terminate()
        process.wait(20)
    assert f"127.0.0.1:{port}".encode() in process.stderr.read()
    process.stderr.close()


# ---- hostile clients


def memory_of(exporter):
    return int(status_of(exporter.server)["VmRSS"].split()[0])


def scrapes(exporter, count=3):
    for _ in range(count):
        assert exporter.metrics()["penstock_up",] == 1


@pytest.mark.smoke
def test_slow_clients_hold_nobody_up(standing):
    """More than there are places; each sends an octet now and then, as long as it is let."""
    held = []
    try:
        for i in range(4 * OF_ADDRESS):
            held.append(standing.connect(b"GET /metr"))
        for _ in range(5):
            for s in held:
                try:
                    s.send(b"i")
                except OSError:
                    pass
            wait_for(lambda: scrape_or_not(standing), 20, "a scrape among slow clients", interval=0.05)
    finally:
        for s in held:
            s.close()
    scrapes(standing)


def scrape_or_not(exporter):
    """A scrape may meet a full house, as any connection may; then it is tried again."""
    try:
        return exporter.raw(SCRAPE, timeout=5).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


def test_a_request_has_its_time_however_it_trickles(standing):
    with standing.connect(b"GET / HTTP/1.1\r\n") as s:
        begin, got = time.monotonic(), b""
        s.settimeout(0.2)
        while time.monotonic() - begin < 60:
            try:
                if not got:
                    s.send(b"X: a\r\n")
                part = s.recv(4096)
            except socket.timeout:
                continue
            if not part:
                break
            got += part
        assert 4 < time.monotonic() - begin < 60
        assert got.startswith(b"HTTP/1.1 408 "), got


def test_who_does_not_read_its_answer_is_left(standing):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        s.connect((standing.address, standing.port))
        s.sendall(SCRAPE)
        wait_for(lambda: standing.metrics()["penstock_exporter_connections",] == 1, 60, "it is closed", interval=0.5)
    scrapes(standing)


@pytest.mark.smoke
def test_thousands_of_connections_leave_it_as_it_was(standing):
    scrapes(standing)
    before, worst, made = memory_of(standing), 0, 0
    for i in range(3000):
        try:
            s = standing.connect(b"GET /metrics HTTP/1.1\r\n", timeout=5)
        except OSError:
            continue
        s.close()
        made += 1
        if i % 100 == 0:
            worst = max(worst, len(os.listdir(f"/proc/{standing.server}/fd")))
    assert worst <= CONNECTIONS + 16 and made > 1000
    wait_for(lambda: scrape_or_not(standing), 20, "a scrape after the crowd", interval=0.05)
    scrapes(standing)
    assert SANITIZED or memory_of(standing) - before < 8192, "its memory grew"


def test_octets_that_are_no_http(standing):
    for data in (os.urandom(4000), b"\x16\x03\x01\x02\x00\x01\x00" * 1500, b"\r\n" * 5000, b"\0" * 9000, b"GET " * 3000):
        with standing.connect() as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while s.recv(65536):
                    pass
            except OSError:
                pass
    scrapes(standing)


# ---- what it can do, and what becomes of others


@pytest.mark.smoke
def test_both_processes_are_bare(standing):
    for pid in standing.pids:
        status = status_of(pid)
        assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1"
        assert all(int(status[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))
        assert set(status["Uid"].split()) == {str(pwd.getpwnam("games").pw_uid)} and status["Groups"] == ""
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"Max processes +0 +0 ", limits)
        assert re.search(r"Max open files +64 +64 ", limits) and re.search(r"Max core file size +0 +0 ", limits)
        assert len(os.listdir(f"/proc/{pid}/task")) == 1
    sockets = [os.readlink(f"/proc/{standing.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{standing.process.pid}/fd")]
    assert sum(target.startswith("socket:") for target in sockets) == 1, "who connects has one socket: to who serves"


def test_no_library_of_tls_or_http_is_in_it():
    needed = subprocess.run(["readelf", "-d", EXPORTER], capture_output=True, text=True, timeout=20).stdout
    assert not re.search(r"NEEDED.*(ssl|tls|crypto|microhttpd)", needed)


@pytest.mark.parametrize("which", ["server", "parent"])
def test_each_process_ends_with_the_other(service, begin, which):
    exporter = begin().wait_fresh()
    server = exporter.server
    os.kill(server if which == "server" else exporter.process.pid, signal.SIGKILL)
    exporter.process.wait(20)
    wait_for(lambda: is_gone(server), 20, "the end of who serves")
    if which == "server":
        assert exporter.process.returncode == 1 and "ended by signal 9" in exporter.log()
    ask(service, 3)


def test_nobody_notices_that_it_is_killed_under_load(service, begin):
    """Four clients ask without a pause; both processes are killed and others come, again and again."""
    over, asked, failures = threading.Event(), itertools.count(), []

    def go_on(name):
        for i in itertools.count():
            if over.is_set():
                return
            try:
                service.ask(f"{name}{i}.penstock.example")
                next(asked)
            except Exception as error:
                failures.append(repr(error))
    clients = [threading.Thread(target=go_on, args=(name,)) for name in "abcd"]
    for client in clients:
        client.start()
    try:
        for _ in range(3):
            exporter = begin().wait_fresh()
            scrapes(exporter, 5)
            seen = next(asked)
            exporter.kill()
            wait_for(lambda: next(asked) > seen + 100, 60, "answers go on")
    finally:
        over.set()
        for client in clients:
            client.join()
    assert not failures, failures[:5]


def print_once(control, *words, user="games"):
    return subprocess.run([EXPORTER, "--once", "--control", control, "--user", user, *words], capture_output=True, text=True, timeout=60,
                          env=plain_environment())


@pytest.mark.smoke
def test_one_scrape_is_printed(service, begin, place):
    exporter = begin().wait_fresh()
    ask(service, 3)
    once = print_once(place)
    assert once.returncode == 0 and once.stderr == "", once.stderr
    printed, scraped = samples(once.stdout), exporter.metrics()
    from_first_response = {f"penstock_upstream_{name}" for name in ("rtt_seconds", "tls_info", "certificate_remaining_seconds")}
    assert {key[0] for key in set(printed) ^ set(scraped)} <= from_first_response
    assert printed["penstock_up",] == 1
    promtool("check", "metrics", text=once.stdout)


@pytest.mark.smoke
def test_one_scrape_without_a_service_says_so(tmp_path):
    once = print_once(tmp_path / "nothing")
    assert once.returncode == 1
    assert samples(once.stdout)["penstock_up",] == 0
    assert "No such file or directory" in once.stderr or "Permission denied" in once.stderr


@pytest.mark.parametrize("words", [[], ["--events", "json"], ["--once"]])
def test_an_account_that_is_none_is_told_once(words, tmp_path):
    result = subprocess.run([EXPORTER, "--control", tmp_path / "nothing", "--user", "no-such-account", *words], capture_output=True,
                            text=True, timeout=60, env=plain_environment())
    assert result.returncode == 1 and result.stdout == ""
    assert "no-such-account" in result.stderr and len(result.stderr.splitlines()) == 1, result.stderr


def test_shells_complete_every_option():
    options = re.findall(r"--([a-z]+)", subprocess.run([EXPORTER, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout)
    assert {"control", "events", "once"} <= set(options)
    for file, form in (("penstock-exporter.bash", r"--{}\b"), ("_penstock-exporter", r"--{}(\[|\}}'\[)"), ("penstock-exporter.fish", "-l {} ")):
        text = (TOP / "packaging/completions" / file).read_text()
        missing = [option for option in options if not re.search(form.format(option), text)]
        assert not missing, f"{file} lacks {missing}"


def test_an_account_without_rights_is_told_so(service, begin):
    exporter = begin(user="nobody" if service.config["user"] != "nobody" else "sync")
    wait_for(lambda: exporter.get("/healthz")[0] == 503 and "control.readers" in exporter.get("/healthz")[2] or
             "closed" in exporter.get("/healthz")[2] or "Permission denied" in exporter.get("/healthz")[2],
             30, "the reason", interval=0.2)

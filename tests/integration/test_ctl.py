"""penstockctl with a running service: what it says is what happened, and its exit status says it too."""
import base64
import concurrent.futures
import itertools
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import conftest
import pytest
from conftest import needs_root
from penstock import BUILD, TOP, is_gone, plain_environment, wait_for

pytestmark = [needs_root]

CTL = BUILD / "src/ctl/penstockctl"
READER = pwd.getpwnam("games")


@pytest.fixture
def service(serve, bad, place):
    return serve(bad, settings={"control": {"socket": str(place), "readers": ["games"]}})


def for_everybody(place):
    """A copy that other accounts may run, too: the build may lie in a folder of root's alone."""
    copy = place.parent / CTL.name
    if not copy.exists():
        shutil.copy(CTL, copy)
    return copy


def ctl(place, *words, status=None, **more):
    program = for_everybody(place) if "user" in more else CTL
    done = subprocess.run([program, "--socket", place, *words], capture_output=True, text=True, timeout=90,
                          env=plain_environment(), **more)
    assert status is None or done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def ask(service, count):
    for i in range(count):
        service.ask(f"n{i}.penstock.example")


def has_schema(document, name):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((TOP / f"docs/penstockctl-{name}.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    if "status" in schema["properties"]:  # a reference to the schema beside it
        other = TOP / "docs" / schema["properties"]["status"]["$ref"]
        schema["properties"]["status"] = json.loads(other.read_text())
    jsonschema.validate(document, schema)


@pytest.mark.smoke
def test_a_service_that_is_well_is_said_to_be_well(service, place):
    ask(service, 5)
    done = ctl(place, "status", status=0)
    lines = done.stdout.splitlines()
    assert " is WELL." in lines[0] and lines[0].endswith(" UTC")
    assert "Nothing needs you." in done.stdout and "as far as" in done.stdout
    assert all(len(line) <= 80 for line in lines[1:]) and done.stdout.isascii()
    assert done.stderr == ""


def test_an_upstream_that_ends_is_said_to_be_missing(service, bad, place):
    ask(service, 3)
    ctl(place, "status", status=0)
    bad.refuse()
    ask(service, 2)
    done = wait_for(lambda: (d := ctl(place, "status")).returncode in (1, 2) and d, 60, "it says that the upstream is missing")
    assert "NOW" in done.stdout or "TODAY" in done.stdout
    assert "No upstream has been usable since" in done.stdout
    found = json.loads(ctl(place, "status", "--json").stdout)
    assert "none" in {row["name"] for row in found["findings"]} and found["upstreams"][0]["state"] == "down"
    has_schema(found, "status")
    ctl(place, "healthcheck", status=0)  # to start it again would mend nothing


def test_a_service_of_which_nobody_was_answered_yet_is_not_called_well(serve, bad, place):
    """Far fewer than the twenty failures that a longer look needs."""
    service = serve(bad, settings={"control": {"socket": str(place)}, "timeouts": {"query": "1s"}})
    done = threading.Event()

    def go_on():
        for i in itertools.count():
            if done.is_set():
                return
            service.raw(service.query(f"silent-{i}.penstock.example").to_wire(), timeout=0.1)
    def is_told():
        found = ctl(place, "status")
        return found.returncode == 2 and "No client is answered." in found.stdout and found
    with concurrent.futures.ThreadPoolExecutor() as pool:
        asker = pool.submit(go_on)
        try:
            found = wait_for(is_told, 60, "it says that queries fail")
        finally:
            done.set()
        asker.result(timeout=60)
    assert re.search(r"queries failed in the last \d+ seconds?, mostly: ", found.stdout) and "5 minutes" not in found.stdout


def found_now(place, name):
    """(document, finding of that name or None) of one look."""
    found = json.loads(ctl(place, "status", "--json").stdout)
    return found, next((row for row in found["findings"] if row["name"] == name), None)


def test_since_is_when_it_happened_whoever_comes_later(service, bad, place):
    """The supervisor keeps the last hour: two readers that never met tell the same."""
    ask(service, 3)
    before = time.time()
    bad.refuse()
    wait_for(lambda: ask(service, 1) or found_now(place, "none")[1], 60, "it says that no upstream is left", interval=0.2)
    after = time.time()
    first, none = found_now(place, "none")
    assert before - 2 <= none["since"] <= after + 1
    assert first["rates"]["span_s"] >= 1, "of the supervisor's readings"
    wait_for(lambda: time.time() > after + 3, 10, "time passes", interval=0.2)
    second, again = found_now(place, "none")
    assert abs(again["since"] - none["since"]) <= 1
    assert second["rates"]["span_s"] > first["rates"]["span_s"]
    bad.listen_again()
    wait_for(lambda: ask(service, 1) or found_now(place, "none")[0]["upstreams"][0]["state"] == "usable", 60, "it is asked again", interval=0.2)
    past = found_now(place, "none")[1]
    assert past and abs(past["since"] - none["since"]) <= 1, "it is told of until five minutes were quiet"
    assert "can be asked again" in past["text"]


def test_a_look_takes_no_second(service, place):
    """Rates are there at once: they are of readings that the supervisor made."""
    wait_for(lambda: found_now(place, "none")[0]["rates"]["span_s"] >= 2, 30, "it has some readings", interval=0.3)
    def seconds():
        begin = time.monotonic()
        ctl(place, "status", status=0)
        return time.monotonic() - begin
    assert min(seconds() for _ in range(10)) < 0.9


def test_a_front_that_dies_is_no_jump_of_any_figure(service, place):
    for i in range(3):
        ask(service, 30)
        old = service.pid_of("front")
        os.kill(old, signal.SIGKILL)
        wait_for(lambda: service.pids()["front"] not in ([], [old]), 30, "another front")
        wait_for(lambda: ctl(place, "healthcheck").returncode == 0, 30, "it serves", interval=0.3)
    service.ask("last.penstock.example")
    found, died = found_now(place, "died")
    assert died["level"] == "act" and "Three processes died" in died["text"]
    rates = found["rates"]
    assert rates["queries_per_s"] * rates["span_s"] <= 2 * 91 + 1
    assert found["deaths"] == 3
    stats = json.loads(ctl(place, "stats", "--json", status=0).stdout)
    assert stats["counters"]["udp_queries"] <= 91 + 3


def test_an_upstream_that_answers_with_errors_alone_is_told_of(serve, bad, place):
    """Each of them is relayed, and counts as answered: the share of answered queries is whole."""
    service = serve(bad, settings={"control": {"socket": str(place)}})
    bad.habit = "servfail"
    begin = time.time()
    for i in range(40):
        service.ask(f"e{i}.penstock.example")
    level = wait_for(lambda: (found := found_now(place, "errors")[1]) and found, 60, "it says so", interval=0.5)
    assert level["level"] == "act" and "SERVFAIL" in level["text"] and level["upstream"] == "first"
    assert begin - 1 <= level["since"] <= time.time()
    found, _ = found_now(place, "errors")
    assert "Clients get errors" in found["clients"]
    stats = json.loads(ctl(place, "stats", "--json", status=0).stdout)
    assert stats["responses"]["servfail"] == 40 == stats["upstreams"][0]["responses"]["servfail"]
    has_schema(stats, "stats")
    has_schema(found, "status")


def test_one_broken_name_is_no_fault_of_the_upstream(service, bad, place):
    bad.habit = None
    for i in range(60):
        service.ask(f"servfail-{i % 3}.penstock.example")
    ask(service, 3)
    stats = json.loads(ctl(place, "stats", "--json", status=0).stdout)
    assert stats["responses"]["servfail"] == 60 and stats["responses"]["noerror"] == 3
    found, errors = found_now(place, "errors")
    assert errors is None and found["upstreams"][0]["errors_percent"] < 80


def test_the_key_that_is_refused_is_told_to_operators(serve, bad, pki, place):
    where = [conftest.upstream(bad.where, pki, verify="pin", pins=["sha256//" + base64.b64encode(bytes(range(32))).decode()])]
    service = serve(where, settings={"control": {"socket": str(place), "readers": ["games"]}})
    service.ask("refused.penstock.example")
    found = wait_for(lambda: (row := found_now(place, "pin")[1]) and row, 60, "it says so", interval=0.5)
    shown = pki.good.pin
    assert shown in found["text"] and "Compare" in found["text"]
    document, _ = found_now(place, "pin")
    assert document["upstreams"][0]["shows"] == shown
    has_schema(document, "status")
    assert f"  shows {shown}\n" in ctl(place, "upstreams", status=0).stdout
    for words in (("status",), ("upstreams",), ("status", "--json")):
        done = ctl(place, *words, user=READER.pw_uid, group=READER.pw_gid, extra_groups=[])
        assert shown not in done.stdout and done.returncode in (0, 1, 2)


NO_QUERY = b"\0\7\x81\x80\0\1\0\0\0\0\0\0\1a\7example\0\0\1\0\1"  # a response


def dropped(place):
    found = json.loads(ctl(place, "stats", "--json", status=0).stdout)
    return found["dropped_unread"], found["dropped_by_filter"]


def test_what_the_filter_of_the_kernel_took_needs_nobody(service, place):
    """The kernel counts it together with packets for which there was no room."""
    def all_filtered():
        unread, filtered = dropped(place)
        for _ in range(20):
            service.raw(NO_QUERY, timeout=0.01)
        wait_for(lambda: sum(dropped(place)) == unread + filtered + 20, 10, "they are counted", interval=0.3)
        return dropped(place) == (unread, filtered + 20)  # else another program's sockets were full in the same second
    wait_for(all_filtered, 60, "all of them are the filter's")
    if dropped(place)[0] == 0:
        assert found_now(place, "dropped")[1] is None
        ctl(place, "status", status=0)


def test_packets_for_which_there_was_no_room_are_told_of(service, place):
    front = service.pid_of("front")
    query = service.query("unread.penstock.example").to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((service.address, service.port))
        os.kill(front, signal.SIGSTOP)
        try:
            for _ in range(6000):  # some 1400 find room in a megabyte
                sock.send(query)
            wait_for(lambda: dropped(place)[0] > 0, 10, "they are counted", interval=0.3)
        finally:
            os.kill(front, signal.SIGCONT)
    assert dropped(place)[1] == 0
    found = found_now(place, "dropped")[1]
    assert "packets were dropped unread" in found["text"]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_descriptors_are_not_taken_for_the_socket(service, place, closed):
    done = subprocess.run(["sh", "-c", f'"$0" --socket "$1" status --json {closed}', CTL, place], capture_output=True, text=True,
                          timeout=90, env=plain_environment())
    assert done.returncode == 0 and done.stderr == ""
    assert (done.stdout == "") == (">&-" in closed.replace("2>&-", ""))


def test_an_output_that_is_full_is_one_line(service, place):
    for words in (("status",), ("status", "--json"), ("stats", "--json")):
        with open("/dev/full", "w") as full:
            done = subprocess.run([CTL, "--socket", place, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=90,
                                  env=plain_environment())
        assert done.returncode == 1 and done.stderr == "penstockctl: standard output cannot be written to\n", words


def test_statistics_are_what_was_asked(service, place):
    ask(service, 7)
    ask(service, 7)  # out of the cache
    found = json.loads(ctl(place, "stats", "--json", status=0).stdout)
    assert found["counters"]["udp_queries"] + found["counters"]["tcp_queries"] == 14
    assert sum(found["ends"].values()) == 14 == sum(found["groups"].values())
    assert found["ends"]["answered"] + found["ends"]["cache_hit"] == 14 == found["groups"]["answered"]
    assert sum(row["queries"] for row in found["upstreams"]) >= 7
    has_schema(found, "stats")
    text = ctl(place, "stats", status=0).stdout
    assert "  udp_queries                         14  messages received over UDP\n" in text
    has_schema(json.loads(ctl(place, "status", "--json").stdout), "status")


def test_top_once_is_one_frame_that_says_what_status_says(service, place):
    ask(service, 5)
    sentence = ctl(place, "status", status=0).stdout.splitlines()[2].strip()
    done = ctl(place, "top", "--once", status=0)
    lines = done.stdout.splitlines()
    assert lines[0].startswith(" penstock ") and lines[0].endswith(" UTC") and f"WELL  {sentence}" in lines[1]
    assert len(lines) == 24 and max(map(len, lines)) <= 80 and done.stdout.isascii() and done.stderr == ""
    assert any(line.startswith(" queries") for line in lines) and any("in use" in line for line in lines)
    environment = {**plain_environment(), "COLUMNS": "120", "LINES": "40"}
    wide = subprocess.run([CTL, "--socket", place, "top", "--once"], capture_output=True, text=True, timeout=90, env=environment)
    assert "HOW QUERIES ENDED" in wide.stdout and len(wide.stdout.splitlines()) == 40


def test_top_as_json_is_a_document_for_each_reading_until_the_service_ends(service, place):
    ask(service, 5)
    once = ctl(place, "top", "--once", "--json", status=0).stdout
    assert once.count("\n") == 1
    has_schema(json.loads(once), "top")
    with subprocess.Popen([CTL, "--socket", place, "top", "--json", "--interval", "1"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env=plain_environment()) as process:
        try:
            found = [json.loads(process.stdout.readline()) for _ in range(3)]
            ctl(place, "drain", status=0)
            process.stdout.read()
            assert process.wait(timeout=60) == 3 and len(process.stderr.read().splitlines()) == 1
        finally:
            process.kill()
    for document in found:
        has_schema(document, "top")
    times = [document["status"]["service"]["time"] for document in found]
    assert times == sorted(times) and times[-1] > times[0]
    assert sum(row["all"] for row in found[-1]["ends"]) == 5


def test_upstreams_are_a_table_and_addresses_are_for_operators(service, bad, place):
    ask(service, 1)
    table = ctl(place, "upstreams", status=0).stdout
    assert table.startswith("Upstreams") and "in use" in table and f":{bad.port}\n" in table
    table = ctl(place, "upstreams", status=0, user=READER.pw_uid, group=READER.pw_gid, extra_groups=[]).stdout
    assert "in use" in table and str(bad.port) not in table


def test_a_reader_looks_and_does_not_steer(service, place):
    reader = dict(user=READER.pw_uid, group=READER.pw_gid, extra_groups=[])
    ctl(place, "status", status=0, **reader)
    for words in (("reload",), ("drain",), ("log-level", "debug")):
        assert "not permitted" in ctl(place, *words, status=1, **reader).stderr
    nobody_else = pwd.getpwnam("news")
    done = ctl(place, "status", status=3, user=nobody_else.pw_uid, group=nobody_else.pw_gid, extra_groups=[])
    assert "control.readers" in done.stderr or "not permitted" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_reload_waits_and_says_what_came_of_it(service, place):
    done = ctl(place, "reload", status=0)
    assert done.stdout.count("\n") == 1 and "in force" in done.stdout, done.stdout
    service.file.write_text(json.dumps({**service.config, "nonsense": 1}))
    done = ctl(place, "reload", status=1)
    assert "nonsense" in done.stderr and len(done.stderr.splitlines()) == 1
    ctl(place, "status", status=0)


def test_level_and_drain(service, place):
    assert ctl(place, "log-level", "debug", status=0).stdout
    done = ctl(place, "drain", status=0)
    assert "it has ended" in done.stdout
    wait_for(lambda: is_gone(service.process.pid), 10, "the service has ended")
    ctl(place, "status", status=3)
    ctl(place, "healthcheck", status=1)


def test_health_is_that_a_lane_serves(service, place):
    assert ctl(place, "healthcheck", status=0).stdout == "healthy\n"


def test_a_supervisor_that_hangs_is_told_of(service, place):
    """It cannot accept: the answer does not come, and that is said within its bound."""
    service.process.send_signal(signal.SIGSTOP)
    try:
        done = ctl(place, "status", status=3)
        assert "did not answer" in done.stderr and len(done.stderr.splitlines()) == 1
    finally:
        service.process.send_signal(signal.SIGCONT)


def test_a_supervisor_that_hangs_and_whose_queue_is_full_is_told_of(service, place):
    """A queue that nobody empties is not waited for: a probe must end."""
    service.process.send_signal(signal.SIGSTOP)
    kept = []
    try:
        for _ in range(64):
            client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            client.setblocking(False)
            kept.append(client)
            try:
                client.connect(str(place))
            except BlockingIOError:
                break
        else:
            raise AssertionError("the queue is never full")
        done = ctl(place, "healthcheck", status=1)
        assert "takes no connections now" in done.stderr and len(done.stderr.splitlines()) == 1
        ctl(place, "status", status=3)
    finally:
        service.process.send_signal(signal.SIGCONT)
        for client in kept:
            client.close()
    wait_for(lambda: ctl(place, "healthcheck").returncode == 0, 30, "it is reached again", interval=0.5)


def test_where_nobody_listens_it_says_what_to_do(tmp_path):
    done = ctl(tmp_path / "nothing", "status", status=3)
    assert "is penstock running" in done.stderr and len(done.stderr.splitlines()) == 1
    assert ctl(tmp_path / "nothing", "healthcheck", status=1).stdout == ""


@pytest.mark.parametrize("words", [[], ["nothing"], ["--nothing", "status"], ["log-level"], ["log-level", "loud"],
                                   ["reload", "twice"], ["reload", "--json"], ["top", "--interval", "0"], ["status", "--json=1"], ["--socket"]])
def test_a_wrong_command_line_is_one_line_and_exit_64(words):
    done = subprocess.run([CTL, *words], capture_output=True, text=True, timeout=20, env=plain_environment())
    assert done.returncode == 64 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and "--help" in done.stderr


def test_it_links_no_tls_and_the_others_no_json():
    def libraries(path):
        return subprocess.run(["ldd", path], capture_output=True, text=True).stdout
    static = "statically linked" in libraries(CTL) or "libjansson" not in libraries(CTL)
    for name in ("supervisor/penstock", "front/penstock-front", "worker/penstock-worker"):
        assert "jansson" not in libraries(BUILD / "src" / name)
    symbols = subprocess.run(["nm", CTL], capture_output=True, text=True).stdout
    assert "mbedtls_ssl" not in symbols and "mbedtls_x509" not in symbols and (static or "json_pack" in symbols)


def test_what_each_process_has_used_is_told(service, place):
    def processes():  # who looks too often is told to try again in some seconds
        told = wait_for(lambda: ctl(place, "status", "--json").stdout, 30, "the state is told")
        return {row["process"]: row for row in json.loads(told)["processes"]}
    def is_told(found):
        return set(found) == {"supervisor", "front", "worker"} and all(
            row["cpu_s"] > 0 and row["memory_peak_bytes"] > 1 << 20 for row in found.values())
    before = wait_for(lambda: is_told(found := processes()) and found, 30, "each process tells what it has used")
    assert before["front"]["pid"] == service.pids()["front"][0] and before["worker"]["lane"] == 0
    after = wait_for(lambda: (ask(service, 200), processes())[1]["front"]["cpu_s"] > before["front"]["cpu_s"], 60, "it grows")
    assert after and " MiB resident at most." in ctl(place, "status", status=0).stdout
    counters = json.loads(ctl(place, "stats", "--json", status=0).stdout)
    assert counters["counters"]["cpu_user_us"] + counters["counters"]["cpu_system_us"] > 0
    assert counters["levels"]["memory_peak_bytes"] > 2 << 20

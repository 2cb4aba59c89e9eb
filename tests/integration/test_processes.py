"""Death, return, signals: what happens to clients meanwhile."""
import concurrent.futures
import contextlib
import os
import pathlib
import re
import signal
import socket
import time

import dns.exception
import dns.message
import pytest
from baddot import encoded
from conftest import needs_root
from penstock import SANITIZED, is_gone, is_servfail, records, status_of, wait_for

# a sanitizer's start alone takes longer than a whole release process
BACK_S = 2.0 if SANITIZED else 0.1


def kill_and_wait(service, role):
    """kill -9; (old, new, seconds until the new one is jailed)."""
    old = service.pid_of(role)
    begin = time.monotonic()
    os.kill(old, signal.SIGKILL)

    def is_back():
        found = service.pids()[role]
        return found and found[0] != old and status_of(found[0]).get("Seccomp") == "2" and found[0]
    new = wait_for(is_back, 30, f"a new {role}", interval=0.001)
    return old, new, time.monotonic() - begin


@pytest.mark.smoke
@pytest.mark.parametrize("role", ["front", "worker"])
def test_killed_child_is_back_soon(bad_service, late, role):
    assert records(bad_service.ask("before.penstock.example"))
    old, new, took = kill_and_wait(bad_service, role)
    assert is_gone(old)
    assert took < BACK_S + late(), f"{role} was away for {took * 1000:.0f} ms"
    assert records(bad_service.ask("after.penstock.example")) == [encoded("after.penstock.example")]
    bad_service.wait_log(rf"(?i)penstock-{role}|{role}.*(signal|killed|died|ended)")


@pytest.mark.smoke
def test_packets_queued_while_the_front_is_away_are_answered(bad_service):
    """Sent once each, while nobody reads: the kernel keeps them for the next front."""
    assert records(bad_service.ask("warm.penstock.example"))
    old = bad_service.pid_of("front")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", bad_service.port))
        s.settimeout(4)
        os.kill(old, signal.SIGKILL)
        wait_for(lambda: is_gone(old), 30, "the old front's end", interval=0.0005)
        wanted = {}
        for number in range(100):
            query = dns.message.make_query(f"queued{number}.penstock.example", "A")
            query.id = number
            s.send(query.to_wire())
            wanted[number] = encoded(f"queued{number}.penstock.example")
        while wanted:
            answer = dns.message.from_wire(s.recv(4096))
            assert records(answer) == [wanted.pop(answer.id)]


def test_tcp_connections_queue_while_the_front_is_away(bad_service):
    old = bad_service.pid_of("front")
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: is_gone(old), 30, "the old front's end", interval=0.0005)
    answer = bad_service.ask("tcp.penstock.example", tcp=True)
    assert records(answer) == [encoded("tcp.penstock.example")]


@pytest.mark.smoke
def test_questions_survive_the_worker(bad_service):
    """What was in flight in the dead worker is asked again by its successor."""
    names = [f"late300-{i}.penstock.example" for i in range(40)]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        answers = pool.map(bad_service.ask, names)
        wait_for(lambda: bad_service.bad.habits["late"] >= len(names), 30, "the questions at the upstream")
        kill_and_wait(bad_service, "worker")
        for name, answer in zip(names, answers):
            assert records(answer) == [encoded(name)]


@needs_root
def test_broken_ring_ends_its_worker_and_another_one_comes(bad_service):
    """Nonsense in what the two share, as of a worker that was taken over."""
    assert records(bad_service.ask("before.penstock.example"))
    worker = bad_service.pid_of("worker")
    maps = pathlib.Path(f"/proc/{worker}/maps").read_text()
    ring = next(line for line in maps.splitlines() if "penstock-ring" in line)
    with open(f"/proc/{worker}/mem", "r+b", buffering=0) as memory:
        memory.seek(int(ring.split("-")[0], 16) + 256 + 256 * 1024)  # behind the ring of questions
        memory.write(b"\xa5" * 8)  # how much was written, ever
    with contextlib.suppress(dns.exception.Timeout):
        bad_service.ask("silent-wakes-the-front.penstock.example", timeout=0.5)
    wait_for(lambda: bad_service.pids()["worker"] not in ([], [worker]), 5, "another worker")
    bad_service.wait_log("it broke the ring")

    def is_answered():
        with contextlib.suppress(dns.exception.Timeout):
            return records(bad_service.ask("after.penstock.example", timeout=1))
    assert wait_for(is_answered, 10, "an answer") == [encoded("after.penstock.example")]


def test_child_that_keeps_dying_ends_the_service(launch, bad):
    """Back-off, a ceiling per minute, then a clean end that is not a success."""
    service = launch(bad).wait_ready()
    end = time.monotonic() + 60
    while service.process.poll() is None and time.monotonic() < end:
        for pid in service.pids()["worker"]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.002)
    assert service.process.poll() is not None, "the supervisor never gave up"
    assert service.process.returncode > 0
    service.stop()


def test_one_lane_that_keeps_dying_does_not_end_the_others(launch, bad):
    """It rests, and the service goes on with the lane that lives."""
    service = launch(bad, settings={"lanes": 2}).wait_ready()
    kept = {role: service.pids()[role][0] for role in ("front", "worker")}
    end = time.monotonic() + 60
    while "lane 1 within" not in service.log() and time.monotonic() < end:
        for pid in service.pids()["worker"]:
            if pid != kept["worker"]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)
    service.wait_log("more than 10 deaths of lane 1 within 60 s: it is tried again in a minute; the other lanes serve")
    assert service.process.poll() is None
    assert {role: service.pids()[role][0] for role in kept} == kept, "lane 0 was not touched"

    def answers(number):
        """Each network has its lane: of several some are at the lane that lives."""
        with contextlib.suppress(dns.exception.Timeout):
            query = dns.message.make_query(f"rest{number}.penstock.example", "A")
            answer = dns.query.udp(query, service.address, port=service.port, source=f"127.{number}.0.1", timeout=1)
            return answer.rcode() == 0
        return False
    assert sum(answers(number) for number in range(1, 17)) >= 1
    assert service.stop() == 0


@pytest.mark.smoke
@pytest.mark.parametrize("role", ["front", "worker"])
def test_child_that_hangs_is_replaced(bad_service, role):
    """Stopped, as one in an endless loop is: it turns no more, and dies of nothing."""
    assert records(bad_service.ask("before.penstock.example"))
    hung = bad_service.pid_of(role)
    os.kill(hung, signal.SIGSTOP)
    wait_for(lambda: is_gone(hung), 30, "its end")
    bad_service.wait_log(f"{role}.0 is killed: it hangs")

    def is_answered():
        with contextlib.suppress(dns.exception.Timeout):
            return records(bad_service.ask("after.penstock.example", timeout=1))
    assert wait_for(is_answered, 30, "an answer") == [encoded("after.penstock.example")]


def test_child_with_nothing_to_do_does_not_count_as_hung(launch, bad):
    service = launch(bad).wait_ready()
    before = service.pids()
    turns = service.statistic("counters", "turns")
    wait_for(lambda: service.statistic("counters", "turns") >= turns + 14, 60, "some turns of both", interval=1)
    assert service.pids() == before
    assert "is killed" not in service.log()
    assert service.stop() == 0


def test_watchdog_of_the_service_manager_is_fed(launch, bad, tmp_path):
    tmp_path.chmod(0o755)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        os.chmod(tmp_path / "notify", 0o666)
        manager.settimeout(30)
        service = launch(bad, environment={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"})
        told = []  # sockets to keep are among it
        while told.count("WATCHDOG=1\n") < 4:
            told.append(manager.recv(4096).decode())
            assert len(told) < 40, told
        assert any("READY=1" in state for state in told)
        os.kill(service.process.pid, signal.SIGSTOP)
        manager.settimeout(1.5)  # what was sent before the stop may still be there
        with pytest.raises((TimeoutError, socket.timeout)):
            for _ in range(20):
                manager.recv(4096)
        os.kill(service.process.pid, signal.SIGCONT)
        manager.settimeout(30)
        assert manager.recv(4096) == b"WATCHDOG=1\n"
        assert service.stop() == 0


def test_failed_start_says_what_failed_and_no_more(launch, bad):
    """The first front has its port, the second's is a stranger's: the others' ends are no news."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        service = launch(bad, port=port, settings={"lanes": 2})
        assert service.process.wait(30) == 1
    lines = [line for line in service.log().splitlines() if re.search(r" (error|warning) ", line)]
    assert any(f":{port}" in line for line in lines), service.log()
    assert sum("penstock cannot start" in line for line in lines) == 1, service.log()
    assert not re.search("cannot be killed|time to stop|while stopping|is killed", service.log()), service.log()


def test_journal_gets_priorities_and_no_second_time(launch, bad):
    """JOURNAL_STREAM names the device and inode of standard error, as systemd sets it."""
    wrap = ("sh", "-c", 'JOURNAL_STREAM=$(stat -L -c %d:%i /dev/fd/2) exec "$@"', "sh")
    service = launch(bad, wrap=wrap, settings={"log": {"format": "text"}}).wait_ready()
    assert service.stop() == 0
    lines = service.log().splitlines()
    assert lines and all(re.match(r"<[3-6]>\S+ \w+: ", line) for line in lines), service.log()
    assert any(line.startswith("<5>supervisor listening: ") for line in lines)
    assert any(re.match(r"<6>supervisor started: front\.0 is ready", line) for line in lines)


def test_wrong_configuration_in_the_journal_is_an_error(launch, bad):
    wrap = ("sh", "-c", 'JOURNAL_STREAM=$(stat -L -c %d:%i /dev/fd/2) exec "$@"', "sh")
    service = launch(bad, wrap=wrap, settings={"lanes": 99})
    assert service.process.wait(30) == 78
    assert re.fullmatch(r"<3>penstock: .*lanes.*\n", service.log())


def test_supervisor_killed_takes_all_with_it(launch, bad):
    service = launch(bad).wait_ready()
    children = service.pids()["front"] + service.pids()["worker"]
    service.process.kill()
    service.process.wait()
    wait_for(lambda: all(is_gone(pid) for pid in children), 3, "the children's end")


@pytest.mark.smoke
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_answers_what_is_in_flight(launch, bad, number):
    service = launch(bad).wait_ready()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(service.ask, "late600-1.penstock.example")
        wait_for(lambda: bad.habits["late"], 3, "the question at the upstream")
        service.process.send_signal(number)
        assert records(answer.result()) == [encoded("late600-1.penstock.example")]
    assert service.stop() == 0


def test_stop_does_not_wait_for_ever(launch, bad, clock):
    service = launch(bad).wait_ready()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(service.ask, "silent-1.penstock.example")
        wait_for(lambda: bad.habits["silent"], 3, "the question at the upstream")
        service.process.send_signal(signal.SIGTERM)
        assert is_servfail(answer.result())
    assert service.stop(seconds=4) == 0


@pytest.mark.smoke
def test_statistics_on_sigusr1(bad_service):
    for i in range(10):
        bad_service.ask(f"count{i}.penstock.example")
    bad_service.ask("tcp.penstock.example", tcp=True)
    # a counter may follow its answer by the rest of a turn
    wait_for(lambda: bad_service.statistic("ends", "answered") == 11, 2, "eleven answers")
    statistics = bad_service.statistics()
    assert {"counters", "ends", "latency", "upstream", "process"} <= {group for group, _ in statistics}
    assert bad_service.statistic("counters", "udp_queries") == 10
    assert bad_service.statistic("counters", "tcp_queries") == 1
    assert bad_service.statistic("upstream", "answers", name="first") == 11
    assert bad_service.statistic("upstream", "handshakes_full") >= 1
    upstream = next(values for group, values in statistics if group == "upstream")
    assert (upstream["tls"], upstream["pin"]) == ("1.3", "1")
    latency = next(values for group, values in statistics if group == "latency")
    assert int(latency["count"]) == 11
    assert 0 < int(latency["p50_us"]) <= int(latency["p99_us"])


def test_repeated_log_lines_are_limited(serve, bad, pki):
    """Hundreds of refused handshakes are not hundreds of lines."""
    from conftest import upstream
    service = serve([upstream(bad.where, pki, pins=[pki.stranger.pin])])
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        list(pool.map(service.ask, [f"r{i}.penstock.example" for i in range(200)]))
    assert service.log().count("\n") < 60


def test_log_has_no_names_of_clients(bad_service):
    """What is asked is nobody's business, not even at the info level."""
    bad_service.ask("very-private-name.penstock.example")
    bad_service.ask("wrongq-private-name.penstock.example")
    assert "private-name" not in bad_service.log()

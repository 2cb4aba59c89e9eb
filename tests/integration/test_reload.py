"""SIGHUP while names are under way: a reload is not a death, and costs nobody an answer."""
import concurrent.futures
import itertools
import json
import os
import signal
import time

import pytest
from baddot import encoded
from conftest import upstream
from penstock import records, wait_for

SLOW_MS = 1200  # more than half of the 2 s that a query has
NUMBERS = itertools.count()


def change(service, **timeouts):
    """Another configuration, for which a worker has to be replaced."""
    config = json.loads(service.file.read_text())
    config["timeouts"]["upstream_idle"] = f"{3000 + next(NUMBERS)}ms"
    config["timeouts"].update(timeouts)
    service.file.write_text(json.dumps(config))


def reload(service):
    service.process.send_signal(signal.SIGHUP)


def ask(service, name):
    """What went wrong, or None."""
    try:
        answer = service.ask(name, timeout=8)
    except Exception as error:
        return f"{name}: {error!r}"
    return None if records(answer) == [encoded(name)] else f"{name}: {answer.to_text()}"


class Askers:
    """Clients who ask for new names, one after the other, until they are told to stop."""

    def __init__(self, service, slow, quick):
        self.service = service
        self.ends = False
        self.pool = concurrent.futures.ThreadPoolExecutor(slow + quick)
        self.lost, self.asked = [], itertools.count()
        self.work = [self.pool.submit(self.run, f"late{SLOW_MS}-") for _ in range(slow)]
        self.work += [self.pool.submit(self.run, "quick") for _ in range(quick)]

    def run(self, prefix):
        while not self.ends:
            lost = ask(self.service, f"{prefix}{next(self.asked)}.penstock.example")
            if lost:
                self.lost.append(lost)

    def stop(self):
        self.ends = True
        concurrent.futures.wait(self.work)
        self.pool.shutdown()
        assert not self.lost, f"{len(self.lost)} of {next(self.asked)}: {self.lost[:5]}"


def workers(service):
    return service.pids()["worker"]


def in_force(service):
    return service.log().count("is in force")


@pytest.mark.smoke
def test_what_is_under_way_is_answered_by_whom_it_was_asked(bad_service):
    """Three workers at once; none of them is asked what another was."""
    names = [f"late{SLOW_MS}-{i}.penstock.example" for i in range(60)]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        answers = []
        for part in range(3):
            answers += [pool.submit(ask, bad_service, name) for name in names[20 * part:20 * part + 20]]
            wait_for(lambda: bad_service.bad.habits["late"] >= len(answers), 3, "the questions at the upstream")
            if part < 2:
                change(bad_service)
                reload(bad_service)
                wait_for(lambda: len(workers(bad_service)) == part + 2, 3, "one worker more")
        assert [answer.result() for answer in answers] == [None] * len(names)
    assert bad_service.bad.habits["late"] < len(names) + 20, "nobody began anew; a few were asked twice, being late"
    wait_for(lambda: len(workers(bad_service)) == 1, 5, "the end of the others")
    assert bad_service.statistic("supervisor", "deaths") == 0
    assert not [line for line in bad_service.log().splitlines() if "killed" in line or "signal" in line]


def test_forty_reloads_lose_no_slow_name(bad_service):
    askers = Askers(bad_service, slow=40, quick=2)
    seen = 0
    for _ in range(40):
        change(bad_service)
        reload(bad_service)
        end = time.monotonic() + 0.25
        while time.monotonic() < end:
            seen = max(seen, len(workers(bad_service)))
            time.sleep(0.02)
    askers.stop()
    assert in_force(bad_service) >= 3
    assert 2 <= seen <= 3, "of a lane, one serves and two answer what they were asked"
    wait_for(lambda: len(workers(bad_service)) == 1, 8, "the end of the others")
    assert bad_service.statistic("supervisor", "deaths") == 0


@pytest.mark.parametrize("changes", [False, True])
def test_storm_of_reloads_loses_nothing(bad_service, changes):
    askers = Askers(bad_service, slow=10, quick=4)
    for _ in range(30):
        if changes:
            change(bad_service)
        reload(bad_service)
        time.sleep(0.01)
    wait_for(lambda: in_force(bad_service) >= 1, 10, "a reload")
    askers.stop()
    assert bad_service.statistic("supervisor", "deaths") == 0


def test_last_of_many_reloads_is_in_force(bad_service):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, bad_service, "late800-1.penstock.example")
        wait_for(lambda: bad_service.bad.habits["late"], 3, "the question at the upstream")
        for _ in range(5):
            change(bad_service)
            reload(bad_service)
            time.sleep(0.05)
        change(bad_service, query="1s")
        reload(bad_service)
        assert answer.result() is None
    wait_for(lambda: len(workers(bad_service)) == 1 and "waits" not in bad_service.log().splitlines()[-1], 8,
             "the last reload")

    def takes_a_second():
        begun = time.monotonic()
        bad_service.ask(f"silent-{next(NUMBERS)}.penstock.example")
        return time.monotonic() - begun < 1.5
    wait_for(takes_a_second, 10, "the configuration of the last reload")


@pytest.mark.parametrize("which", ["old", "new"])
def test_a_death_during_a_reload_is_a_death_of_one(bad_service, which):
    """Whoever of the two workers dies, its questions are asked again, and the other's are not lost."""
    names = [f"late600-{i}.penstock.example" for i in range(20)]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        old = bad_service.pid_of("worker")
        answers = [pool.submit(ask, bad_service, name) for name in names[:10]]
        wait_for(lambda: bad_service.bad.habits["late"] == 10, 3, "the questions at the upstream")
        change(bad_service)
        reload(bad_service)
        new = wait_for(lambda: [pid for pid in workers(bad_service) if pid != old], 3, "a new worker")[0]
        answers += [pool.submit(ask, bad_service, name) for name in names[10:]]
        os.kill(old if which == "old" else new, signal.SIGKILL)
        assert [answer.result() for answer in answers] == [None] * len(names)
    wait_for(lambda: len(workers(bad_service)) == 1, 5, "one worker")
    assert bad_service.statistic("supervisor", "deaths") == 1


def test_front_may_die_during_a_reload(bad_service):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, bad_service, f"late{SLOW_MS}-1.penstock.example")
        wait_for(lambda: bad_service.bad.habits["late"], 3, "the question at the upstream")
        change(bad_service)
        reload(bad_service)
        wait_for(lambda: len(workers(bad_service)) == 2, 3, "a new worker")
        os.kill(bad_service.pid_of("front"), signal.SIGKILL)
        wait_for(lambda: ask(bad_service, f"again{next(NUMBERS)}.penstock.example") is None, 10, "an answer")
        wait_for(lambda: len(workers(bad_service)) == 1, 5, "the end of the worker that nobody waits for")
        assert asked.result() is not None, "it was lost with its front"
    assert bad_service.statistic("supervisor", "deaths") == 1


def test_stopped_worker_is_replaced_and_ended(bad_service):
    assert ask(bad_service, "before.penstock.example") is None
    old = bad_service.pid_of("worker")
    os.kill(old, signal.SIGSTOP)
    change(bad_service)
    reload(bad_service)
    wait_for(lambda: [pid for pid in workers(bad_service) if pid != old], 5, "a new worker")
    wait_for(lambda: ask(bad_service, f"after{next(NUMBERS)}.penstock.example") is None, 10, "an answer")
    wait_for(lambda: old not in workers(bad_service), 8, "the stopped one's end")
    bad_service.wait_log("its time to answer is over")
    assert ask(bad_service, "later.penstock.example") is None


def test_stop_during_a_reload_answers_all(launch, bad):
    service = launch(bad).wait_ready()
    names = [f"late{SLOW_MS}-{i}.penstock.example" for i in range(10)]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        answers = [pool.submit(ask, service, name) for name in names]
        wait_for(lambda: bad.habits["late"] == len(names), 3, "the questions at the upstream")
        change(service, query="500ms")  # those under way have their 2 s all the same
        reload(service)
        wait_for(lambda: len(workers(service)) == 2, 3, "a new worker")
        service.process.send_signal(signal.SIGTERM)
        assert [answer.result() for answer in answers] == [None] * len(names)
    assert service.stop() == 0


def test_shorter_time_holds_for_what_is_asked_later(bad_service):
    """What has more time does not delay what has less."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(bad_service.ask, "silent-1.penstock.example")
        wait_for(lambda: bad_service.bad.habits["silent"], 3, "the question at the upstream")
        change(bad_service, query="300ms")
        reload(bad_service)
        wait_for(lambda: in_force(bad_service) == 1, 3, "the reload")
        begun = time.monotonic()
        bad_service.ask("silent-2.penstock.example")
        assert not first.done(), "it has its 2 s"
        assert time.monotonic() - begun < 1.5
        first.result()


def test_upstreams_are_connected_to_from_their_source(serve, bad, pki):
    """And when a reload changes it, from the new one; of one that is not ours, the log says so in words."""
    entry = {**upstream(bad.where, pki), "source": "127.0.0.23"}
    bad.clients.clear()
    service = serve([entry])
    assert records(service.ask("plain.penstock.example")) == [encoded("plain.penstock.example")]
    assert bad.clients == {"127.0.0.23"}
    config = json.loads(service.file.read_text())
    config["upstreams"][0]["source"] = "127.0.0.24"
    service.file.write_text(json.dumps(config))
    reload(service)
    wait_for(lambda: "127.0.0.24" in bad.clients, 10, "the new source")
    config["upstreams"][0]["source"] = "192.0.2.24"
    service.file.write_text(json.dumps(config))
    reload(service)
    service.wait_log("upstream first: cannot connect from 192.0.2.24: Cannot assign requested address; "
                     "upstreams\\[\\].source must be an address of this machine")

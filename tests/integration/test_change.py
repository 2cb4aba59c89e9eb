"""Change without loss: what clients sent before and while the service changes is answered, as they count it themselves."""
import contextlib
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import control
import dns.edns
import dns.message
import penstock
import pytest
from conftest import needs_root, upstream
from penstock import wait_for

RATE = int(os.environ.get("PENSTOCK_RATE", 500 if penstock.SANITIZED else 2000))  # queries a second
NAMES = 500  # one query of some is the first for its name, the others are answered from the cache
# a release build has no fixtures: then that of the tests is used
STEADY = next((path for build in (penstock.BUILD, penstock.TOP / "build/test")
               if (path := build / "tests/fixtures/steady").exists()), penstock.BUILD / "tests/fixtures/steady")
CTL = penstock.BUILD / "src/ctl/penstockctl"


class Load:
    """Clients who count: an even stream over UDP, one who keeps a TCP connection, one who opens one for each query."""

    def __init__(self, service, rate=RATE):
        self.service, self.rate, self.ends = service, rate, threading.Event()
        self.asked, self.lost = 0, []
        self.lock = threading.Lock()

    def __enter__(self):
        self.process = None
        self.threads = [threading.Thread(target=run) for run in (self.keep_one, self.open_each)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        for thread in self.threads:
            thread.join()

    def stream(self, seconds, *events):
        """UDP for so long; each event is called when its second has come. What steady says, as numbers."""
        process = subprocess.Popen([STEADY, self.service.address, str(self.service.port), str(self.rate), str(seconds),
                                    "penstock.example", "15000", str(NAMES)], stdout=subprocess.PIPE, text=True)
        begun = time.monotonic()
        try:
            for at, event in events:
                time.sleep(max(0.0, begun + at - time.monotonic()))
                event()
            output = process.communicate(timeout=seconds + 40)[0]
        finally:
            process.kill()
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", output)}

    def count(self, error=None):
        with self.lock:
            self.asked += 1
            if error:
                self.lost.append(error)

    def connect(self):
        return socket.create_connection((self.service.address, self.service.port), timeout=15)

    def exchange(self, s, number):
        query = wire(number, f"tcp{number % NAMES}.penstock.example")
        s.sendall(struct.pack("!H", len(query)) + query)
        answer = read_frame(s)
        assert struct.unpack_from("!H", answer)[0] == number and answer[3] & 15 == 0, answer

    def keep_one(self):
        """A server may close a connection at any time; then the query is asked again on another (RFC 7766, 6.2.4)."""
        connection, number = self.connect(), 0
        while not self.ends.wait(0.002):
            number = (number + 1) % 65536
            for attempt in range(3):
                try:
                    self.exchange(connection, number)
                    self.count()
                    break
                except (OSError, AssertionError) as error:
                    connection.close()
                    if attempt == 2:
                        self.count(f"kept {number}: {error!r}")
                    with contextlib.suppress(OSError):
                        connection = self.connect()
        connection.close()

    def open_each(self):
        number = 0
        while not self.ends.wait(0.005):
            number = (number + 1) % 65536
            try:
                with self.connect() as connection:
                    self.exchange(connection, number)
                self.count()
            except (OSError, AssertionError) as error:
                self.count(f"new {number}: {error!r}")

    def check(self, result):
        """A front that a busy machine does not let run leaves queries to the kernel, which has room for some and counts
        the others."""
        no_room = self.service.statistic("queues", "kernel_drops")
        assert result["sent"] >= self.rate and result["errors"] == 0 and result["lost"] <= no_room, (result, no_room)
        assert self.asked > 20 and not self.lost, (self.asked, self.lost[:5])


# All clients here are one network. While a cache that begins empty fills on a busy machine, it has more queries in
# progress than a network may, and the rest were refused (prefix_full): no loss by the change, and not what is asked here.
ROOM = {"queries": 65536, "queue_per_prefix": 65536, "tcp_new_per_s": 1000}
CACHED = {"cache": {"size": "16MiB"}, "timeouts": {"query": "10s"}, "limits": ROOM}


@pytest.fixture
def loaded(serve, unbound, place):
    return serve(unbound, settings={**CACHED, "control": {"socket": str(place)}})


def change(service, **changes):
    config = json.loads(service.file.read_text())
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            config[key].update(value)
        else:
            config[key] = value
    service.file.write_text(json.dumps(config))


def by_signal(service):
    count = service.log().count("reading the configuration again")
    ends = len(re.findall("is in force|stays as it is", service.log()))
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: service.log().count("reading the configuration again") > count, 10, "SIGHUP")
    wait_for(lambda: len(re.findall("is in force|stays as it is", service.log())) > ends, 15, "the end of the reload")
    return 0, ""


def by_command(service):
    done = subprocess.run([CTL, "--socket", json.loads(service.file.read_text())["control"]["socket"], "reload"], text=True,
                          capture_output=True, env=penstock.plain_environment(), timeout=30)
    return done.returncode, done.stdout + done.stderr


def wire(number, name="penstock.example"):
    message = dns.message.make_query(name, "A")
    message.id = number
    return message.to_wire()


def read_ids(sockets, count, seconds=8):
    """The ids of answers that come, until there are so many."""
    found, end = [], time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        for s in sockets:
            try:
                found.append(struct.unpack_from("!H", s.recv(4096))[0])
            except (BlockingIOError, ConnectionError):
                continue
        time.sleep(0.005)
    return sorted(found)


def read_frame(s):
    def exactly(size):
        octets = b""
        while len(octets) < size:
            part = s.recv(size - len(octets))
            assert part, "closed before the answer"
            octets += part
        return octets
    return exactly(struct.unpack("!H", exactly(2))[0])


# ---- stopping

def test_what_waits_in_the_kernel_when_told_to_stop_is_answered(launch, unbound):
    """The front stands still while clients send: all of that is there before it reads that it has to stop."""
    service = launch(unbound).wait_ready()
    where = service.address, service.port
    front = service.pid_of("front")
    udp = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) for _ in range(4)]
    open_before = socket.create_connection(where, timeout=8)
    os.kill(front, signal.SIGSTOP)
    for i in range(120):
        udp[i % 4].sendto(wire(i), where)
    new = [socket.create_connection(where, timeout=8) for _ in range(5)]
    for i, s in enumerate([open_before, *new]):
        query = wire(i)
        s.sendall(struct.pack("!H", len(query)) + query)
    service.process.send_signal(signal.SIGTERM)
    service.wait_log("answering what is in flight")
    os.kill(front, signal.SIGCONT)
    assert read_ids(udp, 120) == list(range(120))
    for i, s in enumerate([open_before, *new]):
        assert struct.unpack_from("!H", read_frame(s))[0] == i
        s.close()
    assert service.stop() == 0


# ---- reload

@pytest.mark.parametrize("reload", [by_signal, by_command])
def test_reloads_under_load_lose_nothing(loaded, unbound, pki, reload):
    """Upstreams, access and rates change; what cannot is refused as a whole; nobody loses an answer."""
    service = loaded
    said = []

    def step(**changes):
        def run():
            change(service, **changes)
            said.append(reload(service))
        return run
    second = upstream(unbound.where, pki, name="second")
    first = upstream(unbound.where, pki)
    steps = [step(upstreams=[first, second]),
             step(acl={"deny": ["192.0.2.0/24"]}),
             step(rates={"mode": "enforce", "exempt": ["127.0.0.0/8"]}),
             step(upstreams=[second], tls={"versions": ["1.2", "1.3"]}),
             step(listen=[f"127.0.0.1:{service.port + 1}"], acl={"deny": ["127.0.0.0/8"]}),  # refused: not half of it
             step(listen=service.config["listen"], acl={"deny": ["198.51.100.0/24"]})]
    with Load(service) as load:
        result = load.stream(4.5, *((0.3 + 0.6 * i, run) for i, run in enumerate(steps)))
    load.check(result)
    log = service.log()
    assert log.count("is in force") == 5, log
    assert "the configuration stays as it is: listen can only change with a restart" in log
    assert service.statistic("supervisor", "deaths") == 0
    if reload is by_command:
        assert [status for status, _ in said] == [0, 0, 0, 0, 1, 0], said
        assert "listen can only change with a restart" in said[4][1]


# ---- what the service manager hears

@contextlib.contextmanager
def manager(folder):
    """A socket as systemd gives its services."""
    folder = pathlib.Path(folder)
    folder.chmod(0o755)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(folder / "notify"))
        (folder / "notify").chmod(0o666)
        s.settimeout(20)
        yield s, {"NOTIFY_SOCKET": str(folder / "notify")}


def told(s, what):
    """The first message that says so, as a dictionary."""
    while True:
        message = dict(line.split("=", 1) for line in s.recv(4096).decode().splitlines())
        if what in message:
            return message


def test_the_service_manager_hears_the_state_in_each_phase(launch, unbound, tmp_path):
    with manager(tmp_path) as (s, environment):
        service = launch(unbound, environment=environment)
        assert told(s, "STATUS") == {"STATUS": "Starting"}
        message = told(s, "READY")
        assert message["READY"] == "1" and message["STATUS"].startswith("Serving: 1 of 1 lane, ")
        service.wait_ready()
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        service.process.send_signal(signal.SIGHUP)
        assert int(told(s, "RELOADING")["MONOTONIC_USEC"]) >= before, "or systemd takes it for an earlier one"
        assert "refused" not in told(s, "READY")["STATUS"]
        change(service, nonsense=1)
        service.process.send_signal(signal.SIGHUP)
        told(s, "RELOADING")
        message = told(s, "READY")
        assert "; the last reload was refused: " in message["STATUS"] and "nonsense" in message["STATUS"]
        assert service.ask("a.penstock.example").answer
        service.process.send_signal(signal.SIGTERM)
        assert told(s, "STOPPING") == {"STOPPING": "1", "STATUS": "Answering what is in flight"}
        assert service.stop() == 0


def test_the_service_manager_hears_why_a_start_failed(launch, unbound, tmp_path):
    with manager(tmp_path) as (s, environment):
        service = launch(unbound, environment=environment, settings={"lanes": 99})
        assert service.process.wait(20) == 78
        assert told(s, "STATUS") == {"STATUS": "Starting"}
        assert told(s, "STATUS")["STATUS"].startswith("It cannot start: ")


# ---- another penstock takes over

def copy_of(folder, **others):
    """The executables in a folder of their own, as an upgrade brings them; `others` are put in place of some."""
    folder.mkdir(0o755)
    for role, name in (("supervisor", "penstock"), ("front", "penstock-front"), ("worker", "penstock-worker")):
        source = others.get(role, penstock.BUILD / "src" / role / name)
        shutil.copy(source, folder / name)
        (folder / name).chmod(0o755)
    return folder / "penstock"


@pytest.fixture
def successor(launch, unbound, pki, place, request):
    """A maker of services that take over from one; those that serve at the end are stopped."""
    made = []

    def make(service, settings=(), **options):
        config = {key: value for key, value in service.config.items()
                  if key not in ("upstreams", "listen", "acl", "tls", "user", "timeouts")}
        config.update(settings)
        made.append(launch(options.pop("servers", unbound), port=service.port, settings=config, arguments=["--take-over"],
                           **options))
        return made[-1]
    yield make
    for service in made:
        request.node.add_report_section("call", "successor", service.log()[-4000:])
        if service.process.poll() is None:
            assert service.stop(seconds=20) == 0


def has_ended(service, status=0, seconds=25):
    assert service.process.wait(seconds) == status, service.log()
    return True


def cookie_of(service, cookie=bytes(range(8))):
    answer = service.ask(service.query("penstock.example", options=[dns.edns.GenericOption(dns.edns.COOKIE, cookie)]))
    return next(option for option in answer.options if option.otype == dns.edns.COOKIE).to_wire()


@pytest.mark.parametrize("lanes", [1, 2])
def test_upgrade_under_load_loses_nothing(launch, unbound, successor, place, shared, lanes):
    """Twice, by executables of another folder. Clients count; cookies of the first are good at the last."""
    settings = {**CACHED, "lanes": lanes, "control": {"socket": str(place)}}
    services = [launch(unbound, settings=settings).wait_ready()]
    cookie = cookie_of(services[0])
    executable = copy_of(shared / f"upgrade{os.urandom(4).hex()}")

    def upgrade():
        services.append(successor(services[-1], executable=executable))
        services[-1].wait_ready()
        load.service = services[-1]
    with Load(services[0]) as load:
        result = load.stream(5, (0.7, upgrade), (2.5, upgrade))
        load.check(result)
    assert has_ended(services[0]) and has_ended(services[1])
    for old, new in zip(services, services[1:]):
        assert f"process {new.process.pid} has taken over" in old.log()
        assert "taking over from penstock" in new.log() and "no upstream can be asked yet" not in new.log()
        assert re.search("cache .*not handed over: it begins empty", new.log())
        assert not penstock.REPORT.search(old.log()), old.log()
    valid = services[-1].statistic("counters", "cookies_valid")
    assert cookie_of(services[-1], cookie) == cookie, "it is a fresh one still"
    assert services[-1].statistic("counters", "cookies_valid") == valid + 1
    assert control.Client(place).answer("RELOAD")[0] == "DONE", "the control socket is the same"


BROKEN = {
    "configuration": dict(settings={"local": 5}),
    "other lanes": dict(settings={"lanes": 3}),
    "other filter": dict(settings={"filter": {"kernel": "no"}}),
    "worker": dict(worker="/bin/false"),
    "front": dict(front="/bin/false"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_new_one_that_fails_changes_nothing(loaded, successor, shared, what):
    options = dict(BROKEN[what])
    settings = options.pop("settings", {})
    executable = copy_of(shared / f"broken{os.urandom(4).hex()}", **options)
    with Load(loaded) as load:
        def fail():
            broken = successor(loaded, settings=settings, executable=executable)
            assert broken.process.wait(30) in (1, 78), broken.log()
        result = load.stream(2, (0.5, fail))
        load.check(result)
    if what != "configuration":
        loaded.wait_log("is gone before it took over: serving on")


def test_a_new_one_that_is_killed_in_the_middle_changes_nothing(loaded, successor):
    """At every moment before it has taken over: again and again, a little later each time."""
    with Load(loaded) as load:
        def kill_some():
            for i in range(8):
                new = successor(loaded)
                new.wait_log("taking over from penstock", 20)
                time.sleep(0.004 * i)
                if "has taken over" in loaded.log():
                    break
                os.kill(new.process.pid, signal.SIGKILL)
                new.process.wait(10)
                if "has taken over" in loaded.log():
                    pytest.skip("it had taken over already")
        result = load.stream(4, (0.3, kill_some))
        load.check(result)
    assert "serving on" in loaded.log()


@needs_root
@pytest.mark.parametrize("how", ["reload", "flood"])
def test_there_is_one_service_at_the_end(launch, unbound, successor, place, how):
    """Other rights at the control socket, or a client of the same account that asks too much: neither is the end of one."""
    old = launch(unbound, settings={"control": {"socket": str(place), "readers": ["games"]}}).wait_ready()
    new = successor(old)
    wait_for(lambda: "gets copies of the sockets" in old.log(), 20, "the request", interval=0.001)
    os.kill(new.process.pid, signal.SIGSTOP)
    try:
        if how == "reload":
            change(old, control={"readers": ["games", "news"]})
            with control.Client(place) as client:
                assert client.answer("RELOAD")[0] == "DONE"
        else:
            with control.Client(place) as client, contextlib.suppress(OSError):
                while client.ask("LEVEL", 3) is not None:
                    pass
            old.wait_log("is dropped: ")
    finally:
        os.kill(new.process.pid, signal.SIGCONT)
    wait_for(lambda: (old.process.poll() is None) != (new.process.poll() is None), 40, "the end of one of them")
    one = old if old.process.poll() is None else new
    assert one.ask("after.penstock.example").answer
    assert control.Client(place).answer("RELOAD")[0] == "DONE", "the control socket is that one's"


class Taker(control.Client):
    """One that asks for the sockets and then does what a test wants."""

    def take(self, version=2):
        """What comes: [(name, values, text)]; descriptors are closed."""
        found = []
        self.send("TAKE_OVER", version)
        while True:
            name, values, text, fd = self.receive()
            found.append((name, values, text))
            if fd is not None:
                os.close(fd)
            if name in ("DONE", "FAILED"):
                return found


def test_every_socket_and_the_secret_are_handed_over(loaded, place):
    with Taker(place) as taker:
        found = taker.take()
    assert [name for name, _, _ in found] == ["HANDS_OVER", "SOCKET", "SOCKET", "SOCKET", "DONE"]
    assert [values for name, values, _ in found if name == "SOCKET"] == [(1, 0), (2, 0), (3, 0)]
    assert found[0][1][0] == 1 and len(set(found[0][1][2])) > 4
    assert found[0][1][2].hex() not in loaded.log()
    loaded.wait_log("is gone before it took over: serving on")
    assert loaded.ask("after.penstock.example").answer


def test_an_unknown_version_is_refused_and_another_may_come(loaded, place):
    with Taker(place) as taker, Taker(place) as second:
        [(name, _, text)] = taker.take(version=1)
        assert name == "FAILED" and "in another way" in text
        assert taker.take()[-1][0] == "DONE"
        [(name, _, text)] = second.take()
        assert name == "FAILED" and "already" in text
        assert second.answer("PREPARED")[0] == "FAILED", "it was handed nothing"
        assert second.answer("RELEASE")[0] == "FAILED"
        assert taker.answer("RELEASE")[0] == "FAILED", "it never was prepared"
    assert loaded.ask("after.penstock.example").answer


@pytest.mark.parametrize("how", ["leaves", "hangs"])
def test_one_that_is_gone_after_it_was_prepared_changes_nothing(loaded, place, how):
    """The sockets are left alone for a moment; what comes then is answered, by who served before."""
    with Load(loaded, rate=200) as load:
        def hold():
            with Taker(place) as taker:
                taker.take()
                assert taker.answer("PREPARED") == ("DONE", "the sockets are yours to read")
                time.sleep(0.3)
                if how == "hangs":
                    loaded.wait_log("takes too long to take over: serving on", 10)
                    assert taker.answer("RELEASE")[0] == "FAILED"
        result = load.stream(4, (0.3, hold))
        load.check(result)
    assert "serving on" in loaded.log()


@needs_root
def test_nobody_else_may_take_over(serve, unbound, place):
    """Not even an operator; and it is in the log."""
    service = serve(unbound, settings={"control": {"socket": str(place), "readers": ["games"], "operators": ["news"]}})
    for name in ("games", "news"):
        account = pwd.getpwnam(name)
        with Taker(place, account.pw_uid, account.pw_gid) as taker:
            for message in (("TAKE_OVER", 2), ("PREPARED",), ("RELEASE",)):
                answer = taker.answer(*message)
                assert answer[0] == "FAILED" and answer[1].startswith("not permitted"), answer
        service.wait_log(rf"user id {account.pw_uid} asks for something that it may not: TAKE_OVER")
    stranger = pwd.getpwnam("mail")
    with Taker(place, stranger.pw_uid, stranger.pw_gid) as taker:
        assert taker.hello[0] == "FAILED"
    service.wait_log(f"a client of user id {stranger.pw_uid} is refused")
    own = pwd.getpwnam(service.config["user"])
    with Taker(place, own.pw_uid, own.pw_gid) as taker:
        assert taker.take()[-1][0] == "DONE", "the service's own account"


def test_where_nobody_serves_it_starts_as_usual(serve, unbound, place):
    service = serve(unbound, settings={"control": {"socket": str(place)}}, arguments=["--take-over"])
    assert "there is nothing to take over" in service.log()
    assert service.ask("a.penstock.example").answer


# ---- the service manager restarts it, and keeps what it stored

class Store:
    """What systemd keeps of a service: {name: descriptor}. One thread reads the socket, as systemd does."""

    def __init__(self, folder):
        folder.chmod(0o755)
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.path.chmod(0o666)
        self.kept, self.said, self.ends = {}, [], False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        self.socket.settimeout(0.1)
        while not self.ends:
            try:
                octets, fds, _, _ = socket.recv_fds(self.socket, 4096, 1)
            except (TimeoutError, socket.timeout):
                continue
            message = dict(line.split("=", 1) for line in octets.decode().splitlines())
            self.said.append(message)
            if "FDSTOREREMOVE" in message:
                if message["FDNAME"] in self.kept:
                    os.close(self.kept.pop(message["FDNAME"]))
            elif "FDSTORE" in message and not self.has(fds[0]):
                assert message["FDNAME"] not in self.kept, "systemd would keep both"
                self.kept[message["FDNAME"]] = fds.pop()
            for fd in fds:  # BARRIER
                os.close(fd)

    def has(self, fd):
        """What is kept already is not kept twice."""
        return any(os.path.sameopenfile(fd, kept) for kept in self.kept.values())

    def stop(self):
        self.ends = True
        self.thread.join()
        for fd in self.kept.values():
            os.close(fd)
        self.socket.close()

    def options(self):
        """For launch(): the environment, and how the descriptors come to stand at 3 and up, newest first."""
        names = list(self.kept)[::-1]
        fds = [self.kept[name] for name in names]
        hand = ("import os, sys\n"
                "fds = [os.dup2(int(fd), 100 + i) for i, fd in enumerate(sys.argv[1].split(','))] if sys.argv[1] else []\n"
                "for i, fd in enumerate(fds): os.dup2(fd, 3 + i, inheritable=True)\n"
                "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))\n"
                "os.execvp(sys.argv[2], sys.argv[2:])\n")
        return {"wrap": ("/usr/bin/python3", "-c", hand, ",".join(map(str, fds))), "pass_fds": fds,
                "environment": {"NOTIFY_SOCKET": str(self.path), "LISTEN_FDNAMES": ":".join(names)}}


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def start(launch, request):
    """launch(), and what a failed test leaves is ended."""
    made = []

    def make(*arguments, **options):
        made.append(launch(*arguments, **options))
        return made[-1]
    yield make
    for service in made:
        request.node.add_report_section("call", "penstock", service.log()[-4000:])
        if service.process.poll() is None:
            service.kill()


def stored_all(store, lanes, addresses=1):
    return wait_for(lambda: len(store.kept) == 2 * lanes * addresses + 1 and dict(store.kept), 10, "everything in the store")


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_restart_by_the_service_manager_refuses_and_loses_nothing(start, unbound, store, lanes):
    """Clients go on while nobody serves; what they send waits in the sockets. Cookies stay good."""
    settings = {**CACHED, "lanes": lanes}
    service = start(unbound, settings=settings, **store.options()).wait_ready()
    kept = stored_all(store, lanes)
    cookie = cookie_of(service)
    with Load(service, rate=300) as load:
        def restart():
            assert service.stop(seconds=20) == 0
            time.sleep(0.3)  # nobody serves, and clients come
            load.service = start(unbound, port=service.port, settings=settings, **store.options()).wait_ready()
        result = load.stream(4, (0.7, restart))
        load.check(result)
    assert store.kept == kept, "the same, and no more"
    assert cookie_of(load.service, cookie) == cookie and load.service.statistic("counters", "cookies_valid") >= 1
    assert load.service.stop() == 0


@pytest.mark.parametrize("changed", [{"lanes": 2}, {"filter": {"kernel": "no"}}])
def test_what_the_manager_keeps_and_nobody_wants_is_bound_anew(start, unbound, store, changed):
    service = start(unbound, settings=CACHED, **store.options()).wait_ready()
    stored_all(store, 1)
    assert service.stop() == 0
    service = start(unbound, port=service.port, settings={**CACHED, **changed}, **store.options()).wait_ready()
    assert "they are bound anew" in service.log()
    assert service.ask("a.penstock.example").answer
    stored_all(store, changed.get("lanes", 1))
    assert service.stop() == 0


def can_be_bound(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.bind((address, port))
        except OSError:
            return False
        return True


TWO = ("127.0.0.1", "127.0.0.2")


def test_an_address_that_a_restart_leaves_out_is_free_at_once(start, unbound, store):
    settings = {**CACHED, "lanes": 2}
    service = start(unbound, addresses=TWO, settings=settings, **store.options()).wait_ready()
    kept = stored_all(store, 2, 2)
    assert service.stop() == 0 and not can_be_bound(TWO[1], service.port)
    service = start(unbound, addresses=TWO[:1], port=service.port, settings=settings, **store.options()).wait_ready()
    assert can_be_bound(TWO[1], service.port), "before it serves"
    assert store.kept == {name: fd for name, fd in kept.items() if TWO[1] not in name}
    assert service.ask("a.penstock.example").answer
    assert service.stop() == 0


def test_after_an_upgrade_the_manager_keeps_what_the_new_one_serves(start, unbound, store, successor, place):
    """One address less and one more; the new one is of the same unit, so the manager hears it."""
    old = start(unbound, addresses=TWO, settings={**CACHED, "control": {"socket": str(place)}}, **store.options()).wait_ready()
    before = stored_all(store, 1, 2)
    new = successor(old, addresses=(TWO[0], "127.0.0.3"), environment={"NOTIFY_SOCKET": str(store.path)}).wait_ready()
    assert has_ended(old)
    gone = {name for name in before if TWO[1] in name}
    wait_for(lambda: len(store.kept) == 5 and not gone & set(store.kept), 10, "the new one's sockets in the store")
    assert {name.split(".", 3)[3] for name in store.kept if name.count(".") > 2} == {
        f"{kind}.{address}_{new.port}" for kind in ("udp", "tcp") for address in (TWO[0], "127.0.0.3")}
    assert can_be_bound(TWO[1], new.port)

"""Change without loss: what clients sent before and while the service changes is answered, as they count it themselves."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import dns.message
import penstock
import pytest
from conftest import upstream
from penstock import wait_for

RATE = int(os.environ.get("PENSTOCK_RATE", 1500 if penstock.SANITIZED else 3000))  # queries a second
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
                                    "penstock.example", "8000", str(NAMES)], stdout=subprocess.PIPE, text=True)
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
        return socket.create_connection((self.service.address, self.service.port), timeout=8)

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


CACHED = {"cache": {"size": "16MiB"}, "timeouts": {"query": "5s"}, "limits": {"tcp_new_per_s": 1000}}


@pytest.fixture
def loaded(serve, unbound, shared):
    folder = shared / f"change{os.urandom(4).hex()}"
    folder.mkdir(0o755)
    settings = {**CACHED, "control": {"socket": str(folder / "control")}}
    return serve(unbound, settings=settings)


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

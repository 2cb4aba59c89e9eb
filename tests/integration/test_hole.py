"""The taken-over process: attacks from within each process of a hole build, in service (docs/HOLE.md).

Each attack comes to what src/hole/attacks.def expects, the log, the counters and the audit log tell of it, and the service goes on. What a
filter kills costs a start: without PENSTOCK_HOLE=all front and worker share such rows, and supervisor and exporter try some of them.
"""
import concurrent.futures
import contextlib
import errno
import hmac
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import dns.exception
import pytest
from conftest import needs_root

import audit
import baddot
import hole
import namespace
import penstock
from exporter import Exporter
from penstock import TOP, records, wait_for
from test_confined import can_make_one
from test_reach import landlock

pytestmark = [needs_root, pytest.mark.skipif(not hole.is_built(), reason="build/hole is not built (docs/HOLE.md)")]

ATTACKS = hole.attacks()
ALL = os.environ.get("PENSTOCK_HOLE") == "all"
DEATHS_EACH = 4  # of one process, so that it is started again soon
PROBLEMS_MOST = 8  # of one chain of attacks, after which it is of no use
ANSWER_S = 20  # for an answer, whatever was attacked
NOT_HERE = {errno.ENOSYS} if os.uname().machine != "x86_64" else set()  # of the rows abi_*
KILLED = "was killed by its syscall filter (SIGSYS)"
RECORDS = ["192.0.2.1", "192.0.2.2"]

pages = threading.Lock()


class Hole:
    """One service of a hole build. It is made anew when something in it has died so often that the next start waits."""

    def __init__(self, launch, upstream, shared, settings=None, addresses=("127.0.0.1",), is_audited=False, **options):
        more = {"settings": settings or {}, "addresses": addresses, "expect_jail": not options.get("unfiltered")}
        self.is_audited = is_audited
        self.make = lambda: self.start(launch, upstream, shared, more, options)
        self.service, self.asked = None, 0

    def start(self, launch, upstream, shared, more, options):
        with pages:
            folder = shared / f"hole{len(list(shared.glob('hole*')))}"
            self.page = hole.Page(folder, **options)
            if self.is_audited:
                self.audit_log = shared / f"{folder.name}-audit" / "audit.jsonl"
                self.audit_log.parent.mkdir(0o700)
                shutil.chown(self.audit_log.parent, "nobody")
                more = {**more, "settings": {**more["settings"], "audit": {"path": str(self.audit_log)}}}
            self.service = launch(upstream, executable=self.page.executable(), **more)
        self.service.wait_ready()
        self.deaths = dict.fromkeys(hole.ROLES, 0)

    def __enter__(self):
        self.make()
        self.ask()
        return self

    def __exit__(self, kind, *_):
        self.end(kind is None)

    def end(self, is_judged=True):
        if self.service.process.poll() is not None:
            return
        if is_judged:
            assert self.service.statistic("supervisor", "deaths") == sum(self.deaths.values())
            assert self.service.stop() == 0
            if self.is_audited:
                told = [line["process"] for line in audit.read(self.audit_log) if line["event"] == "process_died"]
                assert {role: sum(name.startswith(role) for name in told) for role in ("front", "worker")} == \
                    {role: self.deaths[role] for role in ("front", "worker")}, told
        else:
            self.service.kill()

    def ask(self):
        """A right answer, within a bound: one that was lost in what died may be asked once more."""
        self.asked += 1
        name, end = f"after{self.asked}.penstock.example", time.monotonic() + ANSWER_S
        while True:
            with contextlib.suppress(dns.exception.DNSException, OSError):
                answer = self.service.ask(name, timeout=3)
                if records(answer) in (RECORDS, [baddot.encoded(name)]):
                    return
            assert time.monotonic() < end, f"no answer within {ANSWER_S} s:\n{self.service.log()}"

    def spare(self, role):
        if self.service.process.poll() is not None or self.deaths[role] >= DEATHS_EACH:
            self.end()
            self.make()
            self.ask()  # zeros over rings of which nothing was read yet change nothing

    def attack(self, role, attack):
        self.spare(role)
        if role == "supervisor":
            return self.attack_supervisor(attack)
        pid, before = self.page.pid_of(role), self.service.log()
        outcome = self.page.attack(role, attack)
        if not outcome.came_back or attack.expected[role] == "C":
            self.deaths[role] += 1
            hole.wait_return(self.page, role, pid)
            told = self.service.log()[len(before):]
            assert re.search(rf"{role}\.0 (was killed|ended)", told), told
        told = self.service.log()[len(before):]
        self.ask()
        return outcome, KILLED in told

    def attack_supervisor(self, attack):
        """Whoever takes it over has the service: what counts is what it cannot do. A service manager starts it again."""
        pid = self.page.pid_of("worker")
        outcome = self.page.attack("supervisor", attack)
        if attack.expected["supervisor"] == "C":  # a child that is told nonsense ends, and is started again
            self.deaths["worker"] += 1
            hole.wait_return(self.page, "worker", pid)
        if outcome.came_back:
            self.ask()
            return outcome, False
        return outcome, self.service.process.wait(10) == -signal.SIGSYS


def judge(role, attack, outcome, was_killed):
    """What is wrong with what came of it; nothing."""
    expected = attack.expected[role]
    if outcome.came_back and outcome.error in NOT_HERE and attack.name.startswith("abi_"):
        return None
    if attack.name == "file_read" and role == "supervisor" and landlock() < 1:
        expected = "A"
    if attack.name == "right_capabilities" and role == "supervisor" and not can_make_one():
        expected = "K"
    good = {
        "K": not outcome.came_back and was_killed,
        "E": outcome.came_back and outcome.result == -1 and outcome.error != errno.EBADF,  # it was there to be refused
        "C": not was_killed,
        "W": outcome.came_back,
        "A": outcome.came_back,
    }[expected]
    came = f"came back with {outcome.result}, errno {outcome.error}" if outcome.came_back else \
        f"ended its process {'by' if was_killed else 'not by'} its filter"
    return None if good else f"{role}: {attack.name}: expected {expected}, but it {came}"


def rows_of(role, share=1):
    """The rows of a role. `share`: of what its filter kills, each such one alone."""
    rows = [attack for attack in ATTACKS.values() if attack.expected[role] != "-"]
    killed = [attack for attack in rows if attack.expected[role] == "K"]
    left_out = set() if ALL else {attack.name for i, attack in enumerate(killed) if i % share != hole.ROLES.index(role) % share}
    return [attack for attack in rows if attack.name not in left_out]


def attack_all(target, role_rows):
    """Front and worker in turn, so that each service has as many deaths of one as of the other."""
    problems = []
    with target:
        for role, attack in role_rows:
            try:
                problem = judge(role, attack, *target.attack(role, attack))
            except AssertionError as error:
                problem = f"{role}: {attack.name}: {error}"
                target.end(False)
            if problem:
                problems.append(problem)
            if len(problems) == PROBLEMS_MOST:
                break
    return problems


def shares(rows, count):
    """One after the other, so that front and worker take turns."""
    size = -(-len(rows) // count)
    return [rows[i:i + size] for i in range(0, len(rows), size)]


def side_by_side(jobs):
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        problems = [line for done in pool.map(lambda job: job(), jobs) for line in done]
    assert not problems, f"{len(problems)} attacks:\n" + "\n".join(problems)


def test_attacks_of_front_and_worker(launch, unbound, shared):
    rows = [(role, attack) for attack in ATTACKS.values() for role in ("front", "worker") if attack in rows_of(role, 2)]
    assert len({attack.name for _, attack in rows}) >= 60
    side_by_side([lambda part=part: attack_all(Hole(launch, unbound, shared, is_audited=True), part) for part in shares(rows, 4)])


def test_attacks_of_the_supervisor(launch, unbound, shared):
    rows = [("supervisor", attack) for attack in rows_of("supervisor", 6)]
    side_by_side([lambda part=part: attack_all(Hole(launch, unbound, shared), part) for part in shares(rows, 3)])


class HoleExporter:
    """An exporter of a hole build, beside a service that it shows; started again for each attack that ends it."""

    def __init__(self, shared, control):
        self.shared, self.control, self.exporter = shared, control, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end(False)

    def end(self, _):
        if self.exporter:
            self.exporter.kill()
        self.exporter = None

    def start(self):
        with pages:
            self.page = hole.Page(self.shared / f"hole{len(list(self.shared.glob('hole*')))}")
            self.exporter = Exporter(self.shared, self.control, executable=self.page.executable("exporter"))

    def look(self):
        """It answers. What it says of the service is another matter: accounts that connect often have to wait."""
        assert self.exporter.get("/healthz")[0] in (200, 503)

    def attack(self, role, attack):
        if self.exporter is None:
            self.start()
            self.look()
        outcome = self.page.attack(role, attack)
        if outcome.came_back:
            self.look()
            return outcome, False
        status = self.exporter.process.wait(10)
        told = "the process that serves was ended by signal 31" in self.exporter.log()
        self.end(False)
        return outcome, told if role == "exporter" else status == -signal.SIGSYS


def test_attacks_of_the_exporter(launch, unbound, shared, place):
    with Hole(launch, unbound, shared, settings={"control": {"socket": str(place), "readers": ["games"]}}) as beside:
        side_by_side([lambda role=role: attack_all(HoleExporter(shared, place), [(role, attack) for attack in rows_of(role, 6)])
                      for role in ("exporter", "dial")])
        beside.ask()


def test_a_hole_build_says_so(launch, unbound, shared):
    version = subprocess.run([hole.BUILD / "src/supervisor/penstock", "--version"], capture_output=True, text=True).stdout
    assert version.startswith("penstock ") and "+HOLE-BUILD" in version
    with Hole(launch, unbound, shared) as target:
        for role in ("supervisor", "front", "worker"):
            assert re.search(rf"{role}\S* .*this is a hole build", target.service.log()), target.service.log()
        assert "+HOLE-BUILD" in target.service.wait_log("serves with.*").string


def test_a_hole_build_is_not_installed(tmp_path):
    done = subprocess.run(["meson", "install", "-C", hole.BUILD, "--no-rebuild", "--destdir", tmp_path], capture_output=True, text=True)
    assert done.returncode != 0 and "nothing of it is installed" in done.stderr + done.stdout
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_descriptor_can_be_left_and_a_filter_left_out(launch, unbound, shared):
    """For who looks at processes from without: what there is to find."""
    for role in ("front", "worker"):
        with Hole(launch, unbound, shared, leaks=[role]) as target:
            pid = target.service.pid_of(role)
            assert os.readlink(f"/proc/{pid}/fd/99").endswith("/hole.page")
            target.ask()
        filters = {}
        for unfiltered in ([], [role]):
            with Hole(launch, unbound, shared, unfiltered=unfiltered) as target:
                status = penstock.status_of(target.service.pid_of(role))
                filters[bool(unfiltered)] = int(status["Seccomp_filters"])
                assert ("no filter of its own" in target.service.log()) == bool(unfiltered)
                target.ask()
        assert filters[True] == filters[False] - 1


def test_an_attestation_names_the_descriptor_and_the_filter(launch, unbound, shared, place):
    """What the kernel shows of such processes is drift against a sound service, and a finding."""
    settings = {"control": {"socket": str(place)}}
    paper = place.parent / "baseline.json"

    def attest(*words):
        return subprocess.run([hole.BUILD / "src/ctl/penstockctl", "--socket", place, "attest", *words], capture_output=True,
                              text=True, timeout=90, env=penstock.plain_environment())
    with Hole(launch, unbound, shared, settings) as target:
        target.ask()
        sound = attest("--check").stdout.splitlines()
        paper.write_text(attest().stdout)
    for role in ("front", "worker"):
        for options, found, drift in (
                ({"leaks": [role]}, 'has 1 descriptors of kind "file", 0 allowed',
                 f"processes.{role}-0.descriptors.file: was absent, is 1"),
                ({"unfiltered": [role]}, "loaded filters none is the one of this build, ",
                 f"processes.{role}-0.filter_is_loaded: was true, is false")):
            with Hole(launch, unbound, shared, settings, **options) as target:
                target.ask()
                new = [line for line in attest("--check").stdout.splitlines() if line not in sound]
                assert all(line.startswith(f"{role}-0: ") for line in new), (options, new)
                assert len([line for line in new if found in line]) == 1, (options, new)
                assert drift in attest("--verify", paper).stdout.splitlines()


def write_keys(keylog):
    """The keys by which records of each direction were protected, of what is in a log of TLS 1.3 secrets (RFC 8446 section 7.3)."""
    keys = []
    for label, _, secret in (line.split() for line in keylog.read_text().splitlines() if "TRAFFIC_SECRET_0" in line):
        secret = bytes.fromhex(secret)
        size, name = (16, "sha256") if len(secret) == 32 else (32, "sha384")
        for length in {size, 32}:  # a cipher of 256 bits may go with SHA-256
            info = struct.pack("!HB", length, 9) + b"tls13 key\0\1"
            keys.append(hmac.digest(secret, info, name)[:length])
        keys.append(secret)
        assert label
    assert keys, "the server has logged no secret"
    return keys


def found(target, role, needle):
    """How often a process of this role finds these octets in its memory."""
    target.page.look_for(needle, hole.memory_of(target.page.pid_of(role)))
    outcome = target.page.attack(role, ATTACKS["find"], 60)
    assert outcome.came_back and outcome.result >= 0
    return outcome.result


CLIENTS = ("127.77.3.201", "2001:db8:c11e:4757:1:2:3:4")
COOKIES = bytes.fromhex("7d1f0c5be2a94463b80e91c6d72f35aa")


def ask_and_wait(service, address, listens):
    """A client whose question is never answered: it is known as long as that is in progress."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    client = socket.socket(family, socket.SOCK_DGRAM)
    client.bind((address, 0))
    client.connect((listens, service.port))
    client.send(service.query("silent-1.penstock.example").to_wire())
    return client


def look_through(target, keylog):
    """What is where it must be, and nowhere else."""
    wrong = []
    target.ask()
    for address, listens in zip(CLIENTS, target.service.addresses):
        packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
        with ask_and_wait(target.service, address, listens):
            wait_for(lambda: found(target, "front", packed), 10, f"the front's knowledge of {address}")
            forms = [packed, address.encode()] + ([packed[:8]] if ":" in address else [])
            wrong += [f"the worker has {form!r}" for form in forms if found(target, "worker", form)]
    if not found(target, "front", COOKIES):
        wrong.append("the front has no secret of cookies: the search finds nothing")
    if found(target, "worker", COOKIES):
        wrong.append("the worker has the secret of cookies")
    keys = write_keys(keylog)
    if not any([found(target, "worker", key) for key in keys]):
        wrong.append("the worker has no key of TLS: the search finds nothing")
    if any([found(target, "front", key) for key in keys]):
        wrong.append("the front has a key of TLS")
    return wrong


@pytest.mark.skipif(not namespace.can_make_one(), reason="network namespaces take root")
def test_no_memory_holds_what_is_anothers(launch, pki, shared):
    """Addresses of clients, the secret of cookies, keys of TLS: each in one process alone."""
    keylog = shared / "hole-keys"
    settings = {"acl": {"allow": ["127.0.0.0/8", "2001:db8::/32"], "deny": []}, "cookies": {"secret": COOKIES.hex()},
                "timeouts": {"query": "5s"}}

    def inside():
        with Hole(launch, server, shared, settings=settings, addresses=("127.0.0.1", "2001:db8::53")) as target:
            return look_through(target, keylog)

    with namespace.Namespace() as space:
        for address in (CLIENTS[1], "2001:db8::53"):
            space.run("ip", "-6", "address", "add", f"{address}/128", "dev", "lo", "nodad")
        server = baddot.Baddot(pki.good, namespace=space)
        server.context.keylog_filename = str(keylog)
        try:
            with concurrent.futures.ThreadPoolExecutor(1, initializer=space.enter) as pool:
                wrong = pool.submit(inside).result(120)
        finally:
            server.stop()
    assert not wrong, "\n".join(wrong)


def document():
    """docs/HOLE.md's table, made of the rows."""
    lines = ["| attack | what it tries | supervisor, front, worker, exporter (serves, dials) | why that may be |", "|---|---|---|---|"]
    for attack in ATTACKS.values():
        lines.append(f"| `{attack.name}` | {attack.what} | {' '.join(attack.expected.values())} | {attack.reason} |")
    return "\n".join(lines)


def test_the_document_has_every_row():
    text = (TOP / "docs/HOLE.md").read_text()
    assert document() in text, "docs/HOLE.md: the table is not that of src/hole/attacks.def:\n" + document()
    for attack in ATTACKS.values():
        assert (attack.reason != "") == bool(set(attack.expected.values()) & set("AW")), attack



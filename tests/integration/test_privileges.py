"""What each process has, read from /proc, against a table: any surplus fails. And every way to bind 53."""
import collections
import contextlib
import os
import pathlib
import pwd
import re
import shutil
import stat
import subprocess
import tempfile

import control
import pytest
from baddot import encoded
from conftest import needs_root
from penstock import BUILD, EXECUTABLE, ROLES, SANITIZED, is_gone, records, status_of, wait_for

pytestmark = [pytest.mark.smoke, needs_root]

BIND_ONLY = 1 << 10  # CAP_NET_BIND_SERVICE
NOBODY = pwd.getpwnam("nobody")
FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures"

# role: {kind of descriptor: how many at most}, for one lane, two listening sockets and one upstream.
# Sockets are told apart by what the kernel says of them.
DESCRIPTORS = {
    "supervisor": {
        "null": 4, "log": 2, "epoll": 1, "signalfd": 1, "pidfd": 2, "channel": 2, "udp listening": 1,
        "tcp listening": 1, "bell": 2, "executable": 2, "timerfd": 1,
        "namespace": 5,  # of the workers
        # configurations of front and worker, the CA file, the ring, and four pages of statistics: of front and worker,
        # and of two workers that reloads may have replaced; and the service page
        "memory": 9,
        # that listens, and of one client
        "control socket": 2,
    },
    "front": {
        "null": 3, "log": SANITIZED, "channel": 1, "epoll": 1, "udp listening": 1, "tcp listening": 1, "bell": 2,
    },
    "worker": {
        "null": 3, "log": SANITIZED, "channel": 1, "epoll": 1, "bell": 2, "tcp connected": 4,
    },
}


def kernel_sockets(pid):
    """{inode: kind} of the sockets in the network namespace of the supervisor, which a worker's come from."""
    parent = int(status_of(pid)["PPid"])
    if os.readlink(f"/proc/{pid}/exe").endswith("penstock-worker"):
        pid = parent
    kinds = {}
    for table, kind in (("tcp", "tcp"), ("tcp6", "tcp"), ("udp", "udp"), ("udp6", "udp")):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if kind == "udp":
                state = "listening" if fields[2].endswith(":0000") else "connected"
            else:
                state = "listening" if fields[3] == "0A" else "connected"
            kinds[fields[9]] = f"{kind} {state}"
    for line in pathlib.Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        kinds[fields[6]] = "unix socket" if fields[4] != "0005" else "channel" if len(fields) == 7 else "control socket"
    return kinds


def kind_of(target, sockets):
    if target == "/dev/null":
        return "null"
    if target.startswith("socket:"):
        return sockets.get(target[8:-1], "unknown socket")
    for pattern, kind in ((r"anon_inode:\[?eventpoll", "epoll"), (r"anon_inode:\[?eventfd", "bell"),
                          (r"anon_inode:\[?signalfd", "signalfd"), (r"anon_inode:\[?timerfd", "timerfd"),
                          (r"anon_inode:\[?pidfd|pidfd:", "pidfd"), (r"(user|net|ipc|uts|mnt):\[", "namespace"), (r"/memfd:", "memory"),
                          (r".*/penstock\.log$", "log"), (r".*/penstock-(front|worker)$", "executable")):
        if re.match(pattern, target):
            return kind
    return target


def descriptors(pid):
    sockets = kernel_sockets(pid)
    found = collections.Counter()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found[kind_of(os.readlink(f"/proc/{pid}/fd/{fd}"), sockets)] += 1
    return found


def surplus(pid, role, account, bounding):
    """Everything that a process has beyond the table, in words."""
    status = status_of(pid)
    problems = []

    def expect(field, wanted):
        if status[field] != wanted:
            problems.append(f"{role}: {field} is {status[field]!r}, not {wanted!r}")
    expect("Uid", "\t".join([str(account.pw_uid)] * 4))
    expect("Gid", "\t".join([str(account.pw_gid)] * 4))
    expect("Groups", "")
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        expect(capabilities, f"{0:016x}")
    is_apart = os.readlink(f"/proc/{pid}/ns/user") != os.readlink("/proc/self/ns/user")
    expect("CapBnd", f"{0 if is_apart else bounding:016x}")  # in its own namespace a worker can empty it
    expect("NoNewPrivs", "1")
    expect("Seccomp", "2")
    expect("Threads", "1")
    for kind, count in descriptors(pid).items():
        if count > DESCRIPTORS[role].get(kind, 0):
            problems.append(f"{role}: {count} descriptors of kind {kind!r}, {DESCRIPTORS[role].get(kind, 0)} allowed")
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    if not re.search(r"Max core file size\s+0\s+0\s", limits):
        problems.append(f"{role}: core files are allowed")
    if role != "supervisor" and not re.search(r"Max processes\s+0\s+0\s", limits):
        problems.append(f"{role}: processes are allowed")
    if role != "supervisor" and not SANITIZED and not re.search(r"Max file size\s+0\s+0\s", limits):
        problems.append(f"{role}: files may be written")
    bound = re.search(r"Max data size\s+(\d+|unlimited)\s+(\d+|unlimited)\s", limits)
    if role != "supervisor" and not SANITIZED:
        data = int(re.search(r"VmData:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) << 10
        if "unlimited" in bound.groups() or not data < int(bound[2]) < data + (64 << 20):
            problems.append(f"{role}: memory is bounded by {bound[2]}, with {data} in use")
    # the owner of a non-dumpable process's files in /proc is root
    if os.stat(f"/proc/{pid}/mem").st_uid != 0:
        problems.append(f"{role}: dumpable")
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        if re.search(r"\s\wwx\w\s|^\S+ .wx", line):
            problems.append(f"{role}: memory both writable and executable: {line}")
    if role != "supervisor" and not SANITIZED and pathlib.Path(f"/proc/{pid}/environ").read_bytes():
        problems.append(f"{role}: has an environment")
    return problems


def check_all(service, account=NOBODY, bounding=0):
    problems = []
    for role in ROLES:
        for pid in service.pids()[role]:
            problems += surplus(pid, role, account, bounding)
    assert not problems, "\n".join(problems)


def warm(service):
    for i in range(4):
        name = f"warm{i}.penstock.example"
        assert records(service.ask(name)) == [encoded(name)]


def test_nothing_is_left_when_started_as_root(bad_service):
    warm(bad_service)
    check_all(bad_service)


def test_nothing_is_left_with_a_client_of_the_control_socket(serve, bad, shared):
    folder = shared / "privileges-control"
    folder.mkdir(0o755)
    service = serve(bad, settings={"control": {"socket": str(folder / "control")}})
    warm(service)
    with control.Client(folder / "control") as client:
        pages, _ = client.pages()
        assert len(pages) == 4
        check_all(service)
        assert descriptors(service.pid_of("supervisor"))["control socket"] == 2
    wait_for(lambda: descriptors(service.pid_of("supervisor"))["control socket"] == 1, 5, "the client's end")


def test_nothing_is_left_after_a_return(bad_service):
    """A respawned child gets no privilege back, and the supervisor keeps nothing of the dead one."""
    import signal
    for role in ("front", "worker"):
        old = bad_service.pid_of(role)
        os.kill(old, signal.SIGKILL)
        wait_for(lambda: bad_service.pids()[role] not in ([], [old])
                 and bad_service.is_jailed(bad_service.pid_of(role)), 5, "the return")
    warm(bad_service)
    check_all(bad_service)


def test_descriptors_do_not_pile_up(bad_service):
    """As many after a hundred client connections and twenty upstream connections as before."""
    warm(bad_service)
    before = {role: sum(descriptors(bad_service.pid_of(role)).values()) for role in ROLES}
    for i in range(100):
        bad_service.ask(f"tcp{i}.penstock.example", tcp=True)
    for i in range(20):
        bad_service.ask(f"bye-{i}.penstock.example")

    def settled():
        after = {role: sum(descriptors(bad_service.pid_of(role)).values()) for role in ROLES}
        return all(after[role] <= before[role] + 3 for role in ROLES)
    wait_for(settled, 5, "the descriptors' end")


def test_worker_holds_no_address_of_a_client(bad_service):
    warm(bad_service)
    for target in descriptors(bad_service.pid_of("worker")):
        assert "listening" not in target and "udp" not in target


def memory_of(pid):
    """All that a process can write or was given to read, as one string of octets; skips what cannot be read."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            start, end = (int(part, 16) for part in span.split("-"))
            if not rights.startswith("r") or end - start > 1 << 28:
                continue
            try:
                memory.seek(start)
                found.append(memory.read(end - start))
            except (OSError, OverflowError, ValueError):
                pass
    return b"".join(found)


@pytest.mark.skipif(SANITIZED, reason="shadow memory is too large to read")
def test_worker_is_told_no_address_of_the_configuration(serve, bad):
    """Access list, exempt networks and listening address: the front has them, the worker does not."""
    network = bytes.fromhex("20010db8c11e4757")
    service = serve(bad, addresses=("127.53.7.9",), settings={
        "acl": {"allow": ["127.0.0.0/8", "2001:db8:c11e:4757::/64"], "deny": []},
        "rates": {"mode": "enforce", "exempt": ["2001:db8:c11e:4757::/64"]}})
    warm(service)
    told = {role: (network in memory_of(service.pid_of(role)), bytes([127, 53, 7, 9]) in memory_of(service.pid_of(role)))
            for role in ("front", "worker")}
    assert told == {"front": (True, True), "worker": (False, False)}


def test_children_are_not_looked_for_beside_the_installation(shared, bad, launch):
    """PREFIX/front may be anybody's folder: only a build folder has its executables so."""
    base = pathlib.Path(tempfile.mkdtemp(prefix="prefix-", dir=shared))
    base.chmod(0o755)
    for folder, path in (("bin", EXECUTABLE), ("front", BUILD / "src/front/penstock-front"),
                         ("worker", BUILD / "src/worker/penstock-worker")):
        (base / folder).mkdir(mode=0o755)
        shutil.copy(path, base / folder / path.name)
    service = launch(bad, executable=base / "bin/penstock", expect_jail=False)
    assert service.process.wait(10) == 1
    service.wait_log("penstock-front and penstock-worker are neither in")


# ---- the four ways to port 53


def loopback_53(last):
    """An address whose port 53 is free and privileged."""
    start = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    if start <= 53:
        pytest.skip("port 53 needs no privilege here")
    import socket
    address = f"127.53.0.{last}"
    try:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind((address, 53))
    except OSError as error:
        pytest.skip(f"{address}:53 cannot be bound here: {error}")
    return address


@pytest.fixture
def copies(shared):
    """The executables side by side in a folder that every account can read, and what starts them with less."""
    base = pathlib.Path(tempfile.mkdtemp(prefix="bin-", dir=shared))
    base.chmod(0o755)
    if os.statvfs(base).f_flag & os.ST_NOSUID:
        pytest.skip("file capabilities do not work on this file system")
    for path in (EXECUTABLE, BUILD / "src/front/penstock-front", BUILD / "src/worker/penstock-worker"):
        shutil.copy(path, base / path.name)
        (base / path.name).chmod(0o755)
    shutil.copy(FIXTURES / "without_spaces.py", base)
    return base


def as_nobody(*more):
    """What a careful service manager does. A process without CAP_SETPCAP cannot empty its own bounding set."""
    return ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups", *more]


def check_53(service, bounding=0):
    service.wait_ready()
    try:
        name = "well-known.penstock.example"
        assert records(service.ask(name)) == [encoded(name)]
        assert records(service.ask("tcp." + name, tcp=True)) == [encoded("tcp." + name)]
        check_all(service, bounding=bounding)
    finally:
        status = service.stop()
    assert status == 0


def test_bind_53_as_root(launch, bad):
    check_53(launch(bad, addresses=(loopback_53(1),), port=53))


def test_bind_53_by_file_capability(launch, bad, copies):
    subprocess.run(["setcap", "cap_net_bind_service=ep", copies / "penstock-front"], check=True)
    check_53(launch(bad, addresses=(loopback_53(2),), port=53, executable=copies / "penstock",
                    wrap=as_nobody("--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all,+net_bind_service")),
             bounding=BIND_ONLY)


def test_bind_53_by_ambient_capability(launch, bad, copies):
    check_53(launch(bad, addresses=(loopback_53(3),), port=53, executable=copies / "penstock",
                    wrap=as_nobody("--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service",
                                   "--bounding-set=-all,+net_bind_service")), bounding=BIND_ONLY)


def test_bind_53_by_sockets_handed_in(launch, bad, copies):
    address = loopback_53(4)
    check_53(launch(bad, addresses=(address,), port=53, executable=copies / "penstock",
                    wrap=["/usr/bin/python3", FIXTURES / "activate.py", f"{address}:53",
                          *as_nobody("--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all")]))


def test_who_has_no_capability_gives_none_up(launch, bad, copies):
    """As penstock-confined.conf has it: the service manager's filter refuses what would be asked for naught."""
    address = loopback_53(7)
    service = launch(bad, addresses=(address,), port=53, executable=copies / "penstock",
                     wrap=["/usr/bin/python3", FIXTURES / "activate.py", f"{address}:53",
                           *as_nobody("--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all"),
                           "/usr/bin/python3", copies / "without_spaces.py", "capset"])
    check_53(service)
    assert re.search(r"workers have no namespaces of their own; missing: user \(.*\)$", service.log(), re.M), service.log()


def test_who_has_one_and_cannot_give_it_up_does_not_start(launch, bad, copies):
    service = launch(bad, executable=copies / "penstock",
                     wrap=[*as_nobody("--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service",
                                      "--bounding-set=-all,+net_bind_service"),
                           "/usr/bin/python3", copies / "without_spaces.py", "capset"])
    assert service.process.wait(10) == 1
    assert "cannot be given up" in service.log() or "cannot be reduced" in service.log(), service.log()


def test_bind_53_without_any_of_them_fails_in_one_line(launch, bad, copies):
    service = launch(bad, addresses=(loopback_53(5),), port=53, executable=copies / "penstock",
                     wrap=as_nobody("--inh-caps=-all", "--ambient-caps=-all"))
    assert service.process.wait(10) == 1
    assert "53" in service.log()


def test_front_returns_without_privileges_on_53(launch, bad, copies):
    """The new front serves port 53 from the supervisor's copies; nobody has the capability any more."""
    import signal
    service = launch(bad, addresses=(loopback_53(6),), port=53).wait_ready()
    try:
        old = service.pid_of("front")
        os.kill(old, signal.SIGKILL)
        wait_for(lambda: is_gone(old), 2, "its end")
        name = "again.penstock.example"
        assert records(service.ask(name)) == [encoded(name)]
        check_all(service)
    finally:
        assert service.stop() == 0


def test_executables_have_no_setuid_bit():
    for path in (EXECUTABLE, BUILD / "src/front/penstock-front", BUILD / "src/worker/penstock-worker"):
        assert not path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)


def test_links_are_what_the_plan_says():
    """The worker alone has TLS code in it; the front and the worker no YAML parser."""
    def symbols(path):
        return subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    front = symbols(BUILD / "src/front/penstock-front")
    worker = symbols(BUILD / "src/worker/penstock-worker")
    supervisor = symbols(EXECUTABLE)
    assert "mbedtls_ssl_handshake" in worker
    # of the library, the supervisor has the SHA-256 that names a filter or an executable
    assert "mbedtls_" not in front
    assert set(re.findall(r"mbedtls_([a-z]+)", supervisor)) & {"ssl", "x509", "pk", "rsa", "ecp", "aes", "gcm"} == set()
    assert "yaml_parser" not in front and "yaml_parser" not in worker
    assert "yaml_parser" in supervisor

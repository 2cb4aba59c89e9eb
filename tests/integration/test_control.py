"""The control socket: who may look, who may steer, and that neither can do anything else."""
import concurrent.futures
import contextlib
import ctypes
import fcntl
import json
import mmap
import os
import pathlib
import pwd
import resource
import signal
import socket
import stat
import struct
import subprocess
import time

import control
import pytest
from baddot import encoded
from conftest import needs_root
from penstock import EXECUTABLE, is_gone, plain_environment, records, wait_for

pytestmark = [needs_root]

READER, STRANGER = pwd.getpwnam("games"), pwd.getpwnam("news")
OPERATORS = 100  # the group "users"


@pytest.fixture
def service(serve, bad, place):
    return serve(bad, settings={"control": {"socket": str(place), "readers": ["games"], "operators": ["group:users"]}})


def reader(place, **options):
    return control.Client(place, READER.pw_uid, READER.pw_gid, **options)


def operator(place, **options):
    return control.Client(place, STRANGER.pw_uid, STRANGER.pw_gid, [OPERATORS], **options)


def is_answering(service, name):
    return records(service.ask(f"{name}.penstock.example")) == [encoded(f"{name}.penstock.example")]


# ---- who may what

def test_each_account_gets_its_right(service, place):
    for client, right in ((reader(place), 1), (operator(place), 2), (control.Client(place), 2),
                          (control.Client(place, pwd.getpwnam("nobody").pw_uid, 65534), 2)):
        with client:
            assert client.hello[0] == "HELLO" and client.hello[1] == (right,)


def test_a_stranger_is_told_why_and_gets_nothing(service, place):
    with control.Client(place, STRANGER.pw_uid, STRANGER.pw_gid) as client:
        assert client.hello[0] == "FAILED" and "not permitted" in client.hello[2]
        assert client.receive() is None
    service.wait_log(f"a client of user id {STRANGER.pw_uid} is refused")


def test_a_reader_looks_and_changes_nothing(service, place):
    with reader(place) as client:
        for request in (("RELOAD",), ("DRAIN",), ("LEVEL", 5), ("UPSTREAMS",)):
            name, text = client.answer(*request)
            assert name == "FAILED" and "not permitted" in text, request
        pages, _ = client.pages()
        assert set(pages) == {None, "history", (0, 0), (0, 1)}
    assert "reading the configuration again" not in service.log()
    assert is_answering(service, "still")


def test_the_socket_of_a_service_without_readers_is_its_own(serve, bad, place):
    serve(bad, settings={"control": {"socket": str(place)}})
    status = os.stat(place)
    assert stat.S_IMODE(status.st_mode) == 0o600
    assert status.st_uid == pwd.getpwnam("nobody").pw_uid
    with pytest.raises(PermissionError):
        reader(place)
    with control.Client(place) as client:
        assert client.hello[1] == (2,)


# ---- pages

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
FAILED = ctypes.c_void_p(-1).value
F_ADD_SEALS, F_SEAL_WRITE = 1033, 8


def ways_to_write(fd):
    """Each way by which this descriptor's memory could be changed that is not refused."""
    found, size = [], os.fstat(fd).st_size

    def attempt(name, act):
        try:
            act()
        except OSError:
            return
        found.append(name)
    attempt("write", lambda: os.pwrite(fd, b"x", 0))
    attempt("cut", lambda: os.ftruncate(fd, 0))
    attempt("grow", lambda: os.ftruncate(fd, size + (1 << 20)))
    attempt("allocate", lambda: os.posix_fallocate(fd, 0, size + (1 << 20)))
    attempt("seal", lambda: fcntl.fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE))
    shared, rw = 1, 3
    if libc.mmap(None, size, rw, shared, fd, 0) != FAILED:
        found.append("map for writing")
    at = libc.mmap(None, size, 1, shared, fd, 0)
    assert at != FAILED
    if libc.mprotect(at, size, rw) == 0:
        found.append("make a map writable")
    return found


@pytest.mark.smoke
def test_pages_cannot_be_written_by_any_way(service, place):
    """As root: what the kernel refuses to root it refuses to everybody."""
    with control.Client(place) as client:
        pages, _ = client.pages()
        for key, fd in pages.items():
            assert ways_to_write(fd) == [], key
            again = os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
            assert ways_to_write(again) == [], key
            with pytest.raises(OSError):
                os.open(f"/proc/self/fd/{fd}", os.O_RDWR | os.O_TRUNC)
    assert is_answering(service, "still")


def count_of(pages, key):
    """All numbers of a page, summed: it changes when the process counts something."""
    with mmap.mmap(pages[key], os.fstat(pages[key]).st_size, prot=mmap.PROT_READ) as page:
        return sum(struct.unpack_from(f"={len(page) // 8}Q", page))


def test_pages_go_on_by_themselves_and_are_replaced_with_their_process(service, place):
    with reader(place) as client:
        pages, generation = client.pages()
        before = count_of(pages, (0, 0))
        assert is_answering(service, "counted")
        wait_for(lambda: count_of(pages, (0, 0)) > before, 5, "the count")
        old = service.pid_of("front")
        os.kill(old, signal.SIGKILL)

        def replaced():
            return client.pages() if service.pids()["front"] not in ([], [old]) else None
        wait_for(lambda: replaced() and replaced()[1] > generation, 20, "another page", interval=0.3)
        pages, _ = client.pages()
        for key, fd in pages.items():
            assert ways_to_write(fd) == [], key
        last = count_of(pages, (0, 0))
        assert is_answering(service, "again")
        wait_for(lambda: count_of(pages, (0, 0)) != last, 20, "the new process's count")


# ---- steering

def write_config(service, **changes):
    config = json.loads(service.file.read_text())
    config.update(changes)
    service.file.write_text(json.dumps(config))


def test_reload_says_that_it_is_in_force(service, place):
    with operator(place) as client:
        write_config(service, timeouts={"query": "3s", "connect": "1s"})
        assert client.answer("RELOAD") == ("DONE", "the new configuration is in force")
        assert client.answer("RELOAD")[0] == "DONE"
    service.wait_log(f"user id {STRANGER.pw_uid} asks to reload")
    assert is_answering(service, "after")


def test_reload_of_a_bad_file_says_where_it_is_wrong(service, place):
    service.file.write_text(service.file.read_text().replace('"2s"', '"2 seconds"'))
    line = 1 + service.file.read_text().split('"2 seconds"')[0].count("\n")
    with operator(place) as client:
        name, text = client.answer("RELOAD")
        assert name == "FAILED"
        assert f"{service.file}:{line}: timeouts.query: " in text
    assert is_answering(service, "after")


def test_reload_says_what_needs_a_restart(service, place):
    write_config(service, limits={"queries": 4096})
    with operator(place) as client:
        assert client.answer("RELOAD") == ("FAILED", "limits.queries can only change with a restart")


def test_readers_change_with_a_reload(service, place):
    with reader(place) as before, operator(place) as client:
        write_config(service, control={"socket": str(place), "readers": [], "operators": ["group:users"]})
        assert client.answer("RELOAD")[0] == "DONE"
        assert before.receive() is None
        with reader(place) as after:
            assert after.hello[0] == "FAILED"
        write_config(service, control={"socket": str(place), "readers": ["no-such-account"], "operators": []})
        with operator(place) as again:
            name, text = again.answer("RELOAD")
            assert name == "FAILED" and "no-such-account" in text


def obeys(client, *request):
    """Does a request of this client have an answer? It may be gone."""
    with contextlib.suppress(OSError):
        return client.answer(*request) is not None
    return False


def test_an_operator_whose_reload_takes_its_right_away_steers_no_more(service, place):
    with operator(place) as client:
        write_config(service, control={"socket": str(place), "readers": ["games"], "operators": []})
        assert client.answer("RELOAD")[0] == "DONE"
        assert not obeys(client, "LEVEL", 5)
        assert not obeys(client, "DRAIN")
    with operator(place) as again:
        assert again.hello[0] == "FAILED" and "not permitted" in again.hello[2]
    assert "asks to log" not in service.log() and "asks to drain" not in service.log()
    assert is_answering(service, "after")


def test_who_reads_no_answers_while_its_right_is_taken_away_steers_no_more(service, place):
    with operator(place) as client:
        for _ in range(9):
            client.send("WATCH")
        # it sits, and its answers have found no more room, as a later client is served
        with control.Client(place) as other:
            assert other.hello[0] == "HELLO"
        write_config(service, control={"socket": str(place), "readers": ["games"], "operators": []})
        service.process.send_signal(signal.SIGHUP)
        service.wait_log("new configuration is in force", 20)
        with contextlib.suppress(OSError):
            client.send("LEVEL", 5)
        while client.receive():
            pass
    with control.Client(place) as other:
        assert other.answer("LEVEL", 4)[0] == "DONE"
    service.wait_log("user id 0 asks to log")
    assert f"user id {STRANGER.pw_uid} asks" not in service.log()


def test_root_can_drain_after_many_commands(service, place):
    for _ in range(30):
        with control.Client(place) as client:
            assert client.hello[0] == "HELLO"
    with control.Client(place) as client:
        assert client.answer("DRAIN")[0] == "DONE"
    assert service.process.wait(20) == 0


def test_the_level_changes_for_every_process_until_the_next_reload(service, place):
    with operator(place) as client:
        assert client.answer("LEVEL", 5) == ("DONE", "debug and above are logged until the next reload")
        service.wait_log("asks to log debug and above")
        assert client.answer("LEVEL", 3)[0] == "DONE"
        size = len(service.log())
        os.kill(service.pid_of("worker"), signal.SIGKILL)
        service.wait_log("worker.0 was killed")
        wait_for(lambda: service.pids()["worker"] and service.is_jailed(service.pid_of("worker")), 20, "the worker")
        assert is_answering(service, "quiet")
        # what connects says so at the level of info
        assert "connected" not in service.log()[size:]
        assert client.answer("RELOAD")[0] == "DONE"
        os.kill(service.pid_of("worker"), signal.SIGKILL)
        wait_for(lambda: "is ready" in service.log()[size:], 20, "the level of the configuration")


def test_addresses_of_upstreams_are_for_operators(service, place, bad):
    with operator(place) as client:
        assert client.ask("UPSTREAMS")[:3] == ("UPSTREAM", (0,), bad.where)
        assert client.receive()[0] == "DONE"


def test_drain_answers_what_is_in_flight_and_ends(service, place):
    with operator(place) as client, concurrent.futures.ThreadPoolExecutor(1) as pool:
        late = pool.submit(service.ask, "late800-a.penstock.example")
        wait_for(lambda: service.statistic("queues", "alive") > 0, 5, "the query")
        name, text = client.answer("DRAIN")
        assert name == "DONE" and "in flight" in text
        assert records(late.result()) == [encoded("late800-a.penstock.example")]
        assert client.receive() is None
    assert service.process.wait(10) == 0


# ---- hostile clients

def test_more_clients_than_there_are_seats(service, place):
    """Readers cannot take the seats of operators, and an account has few."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(reader(place)) for _ in range(8)]
        assert sum(client.hello[0] == "HELLO" for client in clients) == 4
        with operator(place) as client:
            assert client.hello[0] == "HELLO"
        assert is_answering(service, "still")


def flood(place, end):
    """Connections, requests without waiting for answers, octets of every kind, and answers that are never read."""
    kept = []
    done = 0
    while time.monotonic() < end or done < 6:
        try:
            client = reader(place, timeout=1)
        except OSError:
            continue
        done += 1
        try:
            for request in (b"\0\x10", b"\0\x20", b"\xff" * 500, b"", b"\0\x01\x02x\0", b"x" * 5000):
                client.socket.setblocking(False)
                client.socket.send(request if done % 3 else b"\0\x10")
        except OSError:
            pass
        kept = [*kept[-20:], client]
    return done


def test_a_flood_of_a_reader_changes_nothing_in_service(service, place):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    fds = set(os.listdir(f"/proc/{service.process.pid}/fd"))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        work = pool.submit(flood, place, time.monotonic() + 3)
        asked = 0
        while not work.done():
            assert is_answering(service, f"flood{asked}")
            asked += 1
        assert asked > 0 and work.result() > 5
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    service.wait_log("a client of user id 5 is (dropped|refused)")
    assert service.process.poll() is None
    assert "is killed" not in service.log()
    # a death meanwhile or after it is mended as ever: descriptors can still be passed
    old = service.pid_of("worker")
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: service.pids()["worker"] not in ([], [old]), 20, "another worker")
    assert is_answering(service, "after")
    wait_for(lambda: len(os.listdir(f"/proc/{service.process.pid}/fd")) <= len(fds) + 3, 10, "the descriptors' end")


def test_a_reader_who_never_reads_is_dropped(service, place):
    with reader(place) as client:
        while True:
            try:
                client.socket.setblocking(False)
                client.socket.send(b"\0\x10")
                time.sleep(0.12)
            except OSError:
                break
        service.wait_log("is dropped: (it does not read its answers|too many requests)", 30)
    with reader(place) as client:
        assert client.hello[0] == "HELLO"


def test_descriptors_that_a_client_sends_are_not_taken(service, place):
    before = len(os.listdir(f"/proc/{service.process.pid}/fd"))
    with reader(place) as client:
        socket.send_fds(client.socket, [b"\0\x10"], [0, 1, 2])
        assert client.receive()[:3] == ("FAILED", (), "a message that a client may not send")
        assert client.receive() is None
    service.wait_log("is dropped: a message that a client may not send")
    wait_for(lambda: len(os.listdir(f"/proc/{service.process.pid}/fd")) <= before, 5, "nothing is kept")


# ---- the socket's life

def start_second(service, place, **control_settings):
    file = place.parent / "second.yaml"
    config = json.loads(service.file.read_text())
    config["listen"] = ["127.53.99.1:5399"]
    config["control"] = {"socket": str(place), **control_settings}
    file.write_text(json.dumps(config))
    return subprocess.run([EXECUTABLE, "-c", file], capture_output=True, text=True, timeout=20,
                          env=plain_environment())


def test_the_socket_of_a_living_service_is_never_replaced(service, place):
    second = start_second(service, place)
    assert second.returncode == 78
    assert "control.socket" in second.stderr and "another service answers there" in second.stderr
    with reader(place) as client:
        assert client.hello[0] == "HELLO"


def test_what_is_no_socket_is_never_replaced(service, place):
    precious = place.parent / "precious"
    precious.write_text("keep")
    second = start_second(service, precious)
    assert second.returncode == 78 and "no socket" in second.stderr
    assert precious.read_text() == "keep"


def test_a_folder_that_others_can_write_to_is_refused(service, place):
    folder = place.parent / "open"
    folder.mkdir()
    folder.chmod(0o777)
    second = start_second(service, folder / "control")
    assert second.returncode == 78 and "written to by others" in second.stderr


def test_a_dead_service_leaves_a_socket_that_the_next_one_replaces(launch, bad, place):
    settings = {"control": {"socket": str(place)}}
    first = launch(bad, settings=settings).wait_ready()
    first.kill()
    wait_for(lambda: is_gone(first.process.pid), 5, "its end")
    assert place.exists()
    second = launch(bad, settings=settings).wait_ready()
    with control.Client(place) as client:
        assert client.hello[0] == "HELLO"
    assert second.stop() == 0
    third = launch(bad, settings=settings).wait_ready()
    with control.Client(place) as client:
        assert client.hello[0] == "HELLO"
    assert third.stop() == 0


def test_a_folder_of_another_account_is_refused(service, place):
    folder = place.parent / "theirs"
    folder.mkdir()
    os.chown(folder, STRANGER.pw_uid, STRANGER.pw_gid)
    second = start_second(service, folder / "control")
    assert second.returncode == 78 and "belongs to another account" in second.stderr


def test_a_stranger_who_locks_the_folder_stops_no_start(serve, bad, place):
    with control.account(STRANGER.pw_uid, STRANGER.pw_gid):
        folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    serve(bad, settings={"control": {"socket": str(place)}})
    os.close(folder)
    with control.account(STRANGER.pw_uid, STRANGER.pw_gid), pytest.raises(PermissionError):
        os.open(f"{place}.lock", os.O_RDONLY)
    with control.Client(place) as client:
        assert client.hello[0] == "HELLO"


def test_nobody_is_served_before_the_jail(launch, bad, place):
    """With several lanes the supervisor waits for fronts while it still has its privileges."""
    service = launch(bad, settings={"control": {"socket": str(place)}, "lanes": 4})

    def connected():
        try:
            return control.Client(place, timeout=30)
        except OSError:
            return None
    try:
        with wait_for(connected, 20, "the socket", interval=0.001) as client:
            assert client.hello[0] == "HELLO"
            assert service.is_jailed(service.process.pid)
        service.wait_ready(30)
    finally:
        service.stop()


def test_an_unknown_account_is_one_line_before_the_start(service, place):
    second = start_second(service, place.parent / "other", operators=["group:no-such-group"])
    assert second.returncode == 78
    assert 'control.operators: "group:no-such-group"' in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def listens(service):
    """Does the supervisor have a Unix socket that listens?"""
    inodes = {os.readlink(link) for link in pathlib.Path(f"/proc/{service.process.pid}/fd").iterdir()}
    rows = [line.split() for line in pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]]
    return any(f"socket:[{row[6]}]" in inodes and row[3] == "00010000" for row in rows)


def test_off_means_no_socket(serve, bad, place):
    assert listens(serve(bad, settings={"control": {"socket": str(place)}}))
    assert not listens(serve(bad, settings={"control": {"socket": "off"}}))


def lingering_socket():
    """A TCP socket whose last close waits for 20 s: what was sent finds no room, and nobody reads."""
    listener = socket.create_server(("127.0.0.1", 0))
    sender = socket.create_connection(listener.getsockname())
    receiver, _ = listener.accept()
    listener.close()
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 20))
    sender.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            sender.send(b"x" * 65536)
    return sender, receiver


@pytest.mark.parametrize("is_read", [True, False], ids=["with a request", "behind one that is dropped"])
def test_a_descriptor_whose_close_waits_does_not_hold_the_supervisor_up(service, place, is_read):
    """The kernel closes what we do not take, in our name: that must not keep us longer than a moment."""
    kept = []
    with reader(place) as client:
        service.process.send_signal(signal.SIGSTOP)  # so that ours is never the last to close
        if not is_read:
            client.socket.send(b"\xff\xff")
        for _ in range(3):
            sender, receiver = lingering_socket()
            kept.append(receiver)
            socket.send_fds(client.socket, [b"\0\x10"], [sender.fileno()])
            sender.close()
        service.process.send_signal(signal.SIGCONT)
        begin = time.monotonic()
        with control.Client(place, timeout=30) as other:
            assert other.answer("LEVEL", 4)[0] == "DONE"
        assert time.monotonic() - begin < 15, "the supervisor waited"
    assert is_answering(service, "still")

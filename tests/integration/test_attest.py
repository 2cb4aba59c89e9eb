"""penstockctl attest beside real processes: what the kernel says of them, what of it is a finding, and what has changed."""
import hashlib
import json
import os
import shutil
import signal
import ssl
import subprocess

import control
import pytest
from conftest import needs_root
from pki import pin_of
from penstock import BUILD, EXECUTABLE, SANITIZED, status_of, wait_for
from test_ctl import ctl, has_schema

pytestmark = [needs_root]


@pytest.fixture
def copies(shared):
    """The executables in a folder of this test's own, to be changed."""
    folder = shared / f"attest-{os.urandom(4).hex()}"
    folder.mkdir(0o755)
    for path in (EXECUTABLE, BUILD / "src/front/penstock-front", BUILD / "src/worker/penstock-worker"):
        shutil.copy(path, folder / path.name)
    return folder


@pytest.fixture
def service(serve, bad, place, copies):
    found = serve(bad, settings={"control": {"socket": str(place)}}, executable=copies / "penstock")
    found.ask("warm.penstock.example")
    return found


def document(place):
    return json.loads(ctl(place, "attest", status=0).stdout)


def kept(place):
    """A baseline of how it is now."""
    path = place.parent / "baseline.json"
    path.write_text(ctl(place, "attest", status=0).stdout)
    return path


def lines(place, *words):
    """What a check or a comparison says; its exit status says whether there is any."""
    done = ctl(place, "attest", *words)
    assert done.returncode == (1 if done.stdout else 0), done.stderr
    return done.stdout.splitlines()


def shown(certificate):
    """What a server with this certificate shows, as openssl and ssl read it."""
    found = []
    for pem in certificate.chain.read_text().split("-----BEGIN CERTIFICATE-----")[1:]:
        part = certificate.chain.with_name(f"part-{os.urandom(4).hex()}")
        part.write_text("-----BEGIN CERTIFICATE-----" + pem)
        ends = subprocess.run(["openssl", "x509", "-in", part, "-noout", "-enddate"], capture_output=True, text=True, check=True).stdout
        found.append({"sha256": hashlib.sha256(ssl.PEM_cert_to_DER_cert(part.read_text())).hexdigest(), "key": pin_of(part),
                      "ends": ssl.cert_time_to_seconds(ends.strip().removeprefix("notAfter="))})
        part.unlink()
    return found


@pytest.mark.smoke
def test_what_the_kernel_says_is_what_stands_in_the_document(service, place, pki, copies):
    found = document(place)
    has_schema(found, "attest")
    assert set(found["processes"]) == {"supervisor", "front-0", "worker-0"}
    for name, process in found["processes"].items():
        role = name.split("-")[0]
        pid = service.pid_of(role)
        status = status_of(pid)
        assert process["pid"] == pid and process["role"] == role and process["not_read"] == {}
        assert process["uids"] == [int(uid) for uid in status["Uid"].split()]
        assert process["capabilities"]["bounding"] == status["CapBnd"]
        assert process["seccomp_filters"] == int(status["Seccomp_filters"]) == len(process["filters_loaded"])
        assert process["filter_is_loaded"] is True and process["filters_loaded"][-1] == process["filter_of_this_build"]
        program = copies / ("penstock" if role == "supervisor" else f"penstock-{role}")
        assert process["executable"]["path"] == str(program) and process["executable"]["on_disk"] == "the same"
        told = subprocess.run(["sha256sum", program], capture_output=True, text=True, check=True).stdout.split()[0]
        assert process["executable"]["sha256"] == told
        notes = subprocess.run(["readelf", "-n", program], capture_output=True, text=True, check=True).stdout
        assert f"Build ID: {process['executable']['build_id']}" in notes
        ours = process["descriptors"].pop("control client", 0)
        assert ours == (role == "supervisor") and sum(process["descriptors"].values()) == len(os.listdir(f"/proc/{pid}/fd"))
        space = os.readlink(f"/proc/{pid}/ns/net")
        assert space == f"net:[{process['namespaces']['net']['inode']}]"
        assert process["dumpable"] is False
    assert found["processes"]["worker-0"]["libraries"]["Mbed-TLS"]["linked"] == "static"
    first = found["service"]["upstreams"]["first"]
    assert first["pin_matched"] == 1 and first["told_by"] == "worker" and first["tls"]["version"] == "1.3"
    assert first["tls"]["group"] == "x25519" and first["chain"] == shown(pki.good)
    assert found["configuration"]["file"] == str(service.file) and found["configuration"]["file_is_loaded"] is True


def test_values_that_the_machine_gives_are_not_taken_for_values_of_the_file(serve, bad, place):
    """Without `lanes` there is one for each processor."""
    cpu = min(os.sched_getaffinity(0))
    service = serve(bad, settings={"control": {"socket": str(place)}, "lanes": None}, wrap=["taskset", "-c", str(cpu)])
    baseline = kept(place)
    assert lines(place, "--check") == []
    ctl(place, "reload", status=0)
    assert lines(place, "--check") == [] and lines(place, "--verify", baseline) == []
    service.config["timeouts"]["query"] = "3s"
    service.file.write_text(json.dumps(service.config))
    assert any("values that are not in force" in line for line in lines(place, "--check"))


@pytest.mark.smoke
def test_a_service_as_it_is_shipped_has_no_finding(service, place):
    assert lines(place, "--check") == []
    with control.Client(place):  # of a client there is a descriptor
        assert lines(place, "--check") == []
    baseline = kept(place)
    assert lines(place, "--verify", baseline) == []
    ctl(place, "reload", status=0)
    assert lines(place, "--verify", baseline) == [], "of a reload with the same values"
    assert service.ask("served.penstock.example").answer, "it serves as before"


def test_a_worker_that_died_and_came_back_is_counted_and_is_no_drift(service, place):
    baseline, before = kept(place), document(place)
    os.kill(service.pid_of("worker"), signal.SIGKILL)
    wait_for(lambda: service.pids()["worker"] not in ([], [before["processes"]["worker-0"]["pid"]])
             and service.is_jailed(service.pid_of("worker")), 20, "the return")
    assert lines(place, "--verify", baseline) == [], "whether or not it was asked again"
    wait_for(lambda: service.ask("again.penstock.example").answer, 20, "it serves")
    assert lines(place, "--verify", baseline) == []
    after = document(place)
    assert after["service"]["counters"]["deaths"] == before["service"]["counters"]["deaths"] + 1
    assert after["processes"]["worker-0"]["pid"] != before["processes"]["worker-0"]["pid"]


def test_while_a_worker_is_being_replaced_nothing_is_called_drift(service, place):
    """It is looked at from the moment of the death on."""
    baseline = kept(place)
    for _ in range(4):
        os.kill(service.pid_of("worker"), signal.SIGKILL)
        done = ctl(place, "attest", "--verify", baseline)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert service.ask("served.penstock.example").answer


def test_values_that_are_on_disk_alone_are_named_and_after_a_reload_they_are_drift(service, place):
    baseline = kept(place)
    service.config["cache"] = {"size": "1MiB"}
    service.config["timeouts"]["query"] = "3s"
    service.file.write_text(json.dumps(service.config))
    assert lines(place, "--check") == [
        f"configuration: {service.file} has values that are not in force: reload, or mend it"]
    assert any(line.startswith("configuration.file_is_loaded: was true, is false") for line in lines(place, "--verify", baseline))
    service.config["cache"] = {"size": "off"}
    service.file.write_text(json.dumps(service.config))
    ctl(place, "reload", status=0)
    assert lines(place, "--check") == []
    changed = {line.split(":")[0] for line in lines(place, "--verify", baseline)}
    assert changed == {"configuration.file_sha256", "configuration.hash_in_force", "configuration.hash_of_file",
                       'configuration.settings."timeouts.query"', "service.limits.query_ms"}


@pytest.mark.smoke
def test_the_policy_in_force_and_what_it_sets_are_told(serve, bad, place):
    strict = {"local": {"special": "yes", "refuse_private": "yes"}, "timeouts": {"query": "4s", "connect": "2s"}}
    serve(bad, settings={"control": {"socket": str(place)}, "limits": {"queries": 4096}, **strict})
    configuration = document(place)["configuration"]
    assert configuration["policy"] == "extends strict" and "limits.queries" in configuration["beyond_policy"]
    settings = configuration["settings"]
    assert settings["tls.versions"] == ["1.3"] and settings["tls.policy"] == "modern" and settings["limits.queries"] == "4096"
    assert settings["upstreams.verify"] == ["pin+ca"] and "127.0.0.0/8" in settings["acl.allow"]


@pytest.mark.smoke
def test_whatever_the_file_holds_it_is_read_behind_the_filter(service, place):
    """A text for which libyaml asks for more memory than of most blocks, and one that nests."""
    for text in ("listen: " + "x" * 500_000 + "\n", "[" * 100_000, "a: &a [" + "*a," * 50_000 + "]"):
        service.file.write_text(text)
        done = ctl(place, "attest", status=0)
        assert json.loads(done.stdout)["configuration"]["not_read"]["hash_of_file"] == "it is not a sound configuration"


def test_code_that_somebody_wrote_to_is_named(service, place):
    """The same octet is written back: a page of the process is not its file's any more."""
    baseline, pid = kept(place), service.pid_of("worker")
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps:
        begin = next(int(line.split("-")[0], 16) for line in maps if " r-xp " in line and line.rstrip().endswith("/penstock-worker"))
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(begin)
        octet = memory.read(1)
        memory.seek(begin)
        memory.write(octet)
    assert lines(place, "--check") == ["worker-0: 4 KiB of code is not as its file has it"]
    assert lines(place, "--verify", baseline) == ["processes.worker-0.code.changed_kib: was 0, is 4"]


def test_a_stranger_in_the_session_of_the_supervisor_is_named(serve, bad, place):
    """One whose parent has ended: nothing but its session tells where it comes from."""
    shell = ["setsid", "sh", "-c", '(sleep 60 & echo $! > "$0"); exec "$@"', place.parent / "stranger"]
    service = serve(bad, settings={"control": {"socket": str(place)}}, wrap=shell)
    stranger = int((place.parent / "stranger").read_text())
    try:
        found = document(place)["processes"]
        assert found["unknown-0"]["pid"] == stranger and found["unknown-0"]["belongs_as"] in ("session", "below a child", "child")
        assert any(line.startswith("unknown-0: belongs to the service (") for line in lines(place, "--check"))
    finally:
        os.kill(stranger, signal.SIGKILL)
    wait_for(lambda: not os.path.exists(f"/proc/{stranger}/exe"), 10, "its end")
    assert service.ask("served.penstock.example").answer


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_other_files_under_the_same_names_are_drift_once_they_are_read(serve, bad, pki, place, tmp_path, shared):
    """Neither changes a value of the configuration."""
    folder = shared / f"files-{os.urandom(4).hex()}"
    folder.mkdir(0o755)
    authorities, block, allow = folder / "ca.pem", folder / "block", folder / "allow"
    authorities.write_text(pki.authority.pem.read_text())
    block.write_text("ads.example\n")
    allow.write_text("good.ads.example\n")
    service = serve(bad, ca_file=authorities, settings={"control": {"socket": str(place)},
                                                        "local": {"block": [str(block)], "allow": [str(allow)]}})
    service.ask("warm.penstock.example")
    configuration = document(place)["configuration"]
    assert configuration["ca_file_sha256"] == digest(authorities)
    assert configuration["lists"] == {"block": [digest(block)], "allow": [digest(allow)]}
    baseline = kept(place)
    authorities.write_text(pki.authority.pem.read_text() + pki.stranger.pem.read_text())
    block.write_text("ads.example\nother.example\n")
    assert lines(place, "--verify", baseline) == [], "they are not in force"
    ctl(place, "reload", status=0)
    wait_for(lambda: service.ask("again.penstock.example").answer, 20, "it serves")
    changed = {line.split(":")[0] for line in lines(place, "--verify", baseline)}
    assert changed == {"configuration.ca_file_sha256", "configuration.lists.block.0"}
    assert document(place)["configuration"]["ca_file_sha256"] == digest(authorities)


def test_another_key_of_an_upstream_is_drift(service, bad, pki, place):
    baseline = kept(place)
    bad.present(pki.rotated)
    bad.refuse()
    bad.listen_again()
    wait_for(lambda: service.ask("new.penstock.example").answer, 20, "an answer under the backup pin")
    named = [line for line in lines(place, "--verify", baseline) if "pin_matched" in line]
    assert named == ["service.upstreams.first.pin_matched: was 1, is 2"]
    assert document(place)["service"]["upstreams"]["first"]["chain"] == shown(pki.rotated)
    changed = {line.split(":")[0] for line in lines(place, "--verify", baseline)}
    leaf = "service.upstreams.first.chain.0"
    assert changed - {"service.upstreams.first.pin_matched"} == {f"{leaf}.sha256", f"{leaf}.key"}, "both end at the same time"


def test_tls_12_has_a_group_too(serve, bad, pki, place):
    bad.present(pki.good, versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
    service = serve(bad, settings={"control": {"socket": str(place)}, "tls": {"versions": ["1.2", "1.3"]}})
    service.ask("warm.penstock.example")
    first = document(place)["service"]["upstreams"]["first"]
    assert first["tls"]["version"] == "1.2" and first["tls"]["group"] == "x25519" and first["chain"] == shown(pki.good)


def test_an_executable_that_was_swapped_is_named(service, place, copies):
    baseline = kept(place)
    other = copies / "another"
    other.write_bytes((copies / "penstock-worker").read_bytes() + b"another")
    other.chmod(0o755)
    os.replace(other, copies / "penstock-worker")
    wanted = f"{copies / 'penstock-worker'} is mapped, and on disk it is another"
    assert lines(place, "--check") == [f"worker-0: {wanted}"]
    assert lines(place, "--verify", baseline) == [
        'processes.worker-0.executable.on_disk: was "the same", is "another"']
    (copies / "penstock-worker").unlink()
    assert any(line.endswith("on disk it is deleted") for line in lines(place, "--check"))


def test_who_is_not_root_is_told_what_was_not_read_and_why(serve, bad, place):
    """Another account sees what the kernel shows to everybody, and no finding is missing for that."""
    serve(bad, settings={"control": {"socket": str(place), "operators": ["games"]}})
    found = json.loads(ctl(place, "attest", status=0, user="games").stdout)
    has_schema(found, "attest")
    worker = found["processes"]["worker-0"]
    assert worker["uids"] == document(place)["processes"]["worker-0"]["uids"] and worker["seccomp_mode"] == 2
    for name in ("executable", "descriptors", "filters_loaded", "filter_is_loaded", "namespaces"):
        assert worker[name] is None and worker["not_read"][name]
    done = ctl(place, "attest", "--check", user="games")
    assert done.returncode == 1 and "worker-0: executable could not be read: Permission denied" in done.stdout


# the C library's function by which a process enters its filter
SYSCALL = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
long syscall(long number, ...)
{
    long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long of[6];
    va_list more;
    va_start(more, number);
    for (int i = 0; i < 6; i++)
        of[i] = va_arg(more, long);
    va_end(more);
    if (number == SYS_seccomp) {
        IF_SECCOMP
    }
    return real(number, of[0], of[1], of[2], of[3], of[4], of[5]);
}
"""
PRELOADED = {
    # what a mistake in the code, or whoever changed it, would leave behind: just before the filter, so that nobody closes it
    "descriptor": SYSCALL.replace("IF_SECCOMP", """open("/etc/hostname", O_RDONLY);"""),
    "filter": SYSCALL.replace("IF_SECCOMP", "return 0;"),
    # code that would not be seen: of no end, of a name that another has, and behind what is read at most
    "mapped": """
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
static void map(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (write(fd, "code", 4) != 4 || mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
        abort();
    close(fd);
}
__attribute__((constructor)) static void map_all(void)
{
    char path[4096];
    if (getenv("MAPPED") == NULL)
        return;
    for (unsigned i = 0; i < 64; i++) {
        snprintf(path, sizeof path, "%s/mapped-%u", getenv("MAPPED"), i);
        map(path);
    }
    snprintf(path, sizeof path, "%s/libc.so.6", getenv("MAPPED"));
    map("/dev/zero"); /* the last have the lowest addresses */
    map(path);
}
""",
}


@pytest.fixture
def serve_with(serve, bad, place, copies):
    """A service whose supervisor runs with a library before its own, and a baseline of one without."""
    def make(what):
        linked = subprocess.run(["ldd", EXECUTABLE], capture_output=True, text=True)
        if "libc.so" not in linked.stdout:
            pytest.skip("this build loads no library")
        source = copies / f"{what}.c"
        source.write_text(PRELOADED[what])
        subprocess.run(["cc", "-shared", "-fPIC", "-o", copies / f"{what}.so", source, "-ldl"], check=True)
        sound = serve(bad, settings={"control": {"socket": str(place)}}, executable=copies / "penstock")
        baseline = kept(place)
        assert sound.stop() == 0
        options = "detect_leaks=0:abort_on_error=0" + ":verify_asan_link_order=0" * SANITIZED
        serve(bad, settings={"control": {"socket": str(place)}}, executable=copies / "penstock",
              wrap=["env", f"LD_PRELOAD={copies / what}.so", f"MAPPED={place.parent}", f"ASAN_OPTIONS={options}"], expect_jail=False)
        return baseline
    return make


def test_a_descriptor_that_nobody_should_have_is_named(serve_with, place):
    baseline = serve_with("descriptor")
    wanted = 'has 1 descriptors of kind "file", 0 allowed'
    assert f"supervisor: {wanted}" in lines(place, "--check")
    assert "processes.supervisor.descriptors.file: was absent, is 1" in lines(place, "--verify", baseline)


def test_a_filter_that_is_not_loaded_is_named(serve_with, place):
    baseline = serve_with("filter")
    found = lines(place, "--check")
    assert any(line.startswith("supervisor: of 0 loaded filters none is the one of this build") for line in found)
    assert "supervisor: seccomp_mode is 0, not 2" in found
    named = lines(place, "--verify", baseline)
    assert "processes.supervisor.filter_is_loaded: was true, is false" in named
    assert "processes.supervisor.seccomp_mode: was 2, is 0" in named


def test_code_that_is_mapped_is_named_whatever_its_name_and_number(serve_with, place):
    serve_with("mapped")
    found = document(place)["processes"]["supervisor"]
    assert found["libraries"][str(place.parent / "libc.so.6")]["file"] == str(place.parent / "libc.so.6")
    assert [path for path in found["libraries"] if "/libc.so" in path] != [str(place.parent / "libc.so.6")], "and the C library"
    assert found["libraries"]["/dev/zero"]["sha256"] is None
    said = lines(place, "--check")
    assert "supervisor: libraries: /dev/zero could not be read: it is no regular file" in said
    assert "supervisor: libraries: the rest could not be read: more are mapped than are read" in said


LIAR = """
import os, socket, sys
silent = socket.socket(socket.AF_UNIX)
known = socket.socket(socket.AF_UNIX)
known.bind(b"\\0\\n0: 0 0 00010000 1 1 %d %s" % (os.fstat(silent.fileno()).st_ino, os.fsencode(sys.argv[1])))
print("known", flush=True)
sys.stdin.read()
"""


def test_no_account_of_this_machine_can_say_who_the_supervisor_is(service, place):
    """An abstract name may hold a line feed, and what looks like a line of /proc/net/unix behind it."""
    with subprocess.Popen(["/usr/bin/python3", "-c", LIAR, place], user=65534, group=65534, extra_groups=[], cwd="/",
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as liar:
        assert liar.stdout.readline() == b"known\n"
        found = document(place)["processes"]
        liar.stdin.close()
    assert found["supervisor"]["pid"] == service.pid_of("supervisor")
    assert set(found) == {"supervisor", "front-0", "worker-0"}


def test_a_configuration_that_is_no_file_of_the_service_is_not_read_and_never_told(service, place):
    def configuration():
        return document(place)["configuration"]
    kept_text = service.file.read_text()
    service.file.unlink()
    os.mkfifo(service.file)  # nobody writes to it: who opens it as a file waits
    assert configuration()["not_read"]["file_sha256"] == "Invalid argument"
    service.file.unlink()
    service.file.write_text(kept_text)
    os.chown(service.file, 12345, 12345)
    assert configuration()["not_read"]["file_sha256"] == "Operation not permitted"
    os.chown(service.file, 0, 0)
    service.file.write_text("root:$y$secret:20000:0:99999:7:::\n")
    found = ctl(place, "attest", status=0).stdout
    assert "$y$secret" not in found
    unsound = "it is not a sound configuration"
    assert json.loads(found)["configuration"]["not_read"] == dict.fromkeys(
        ("hash_of_file", "policy", "beyond_policy", "settings"), unsound)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen")
def test_a_document_is_signed_and_verified_as_documented(service, place, tmp_path):
    paper, key = kept(place), tmp_path / "auditor_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key], check=True)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "penstock-attestation", paper], check=True,
                   capture_output=True)
    signers = tmp_path / "allowed_signers"
    signers.write_text(f'auditor@example.net namespaces="penstock-attestation" {key.with_suffix(".pub").read_text()}')

    def verify():
        with paper.open() as text:
            return subprocess.run(["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "auditor@example.net",
                                   "-n", "penstock-attestation", "-s", f"{paper}.sig"], stdin=text, capture_output=True).returncode
    assert verify() == 0
    paper.write_text(paper.read_text().replace('"no_new_privs": 1', '"no_new_privs": 0'))
    assert verify() != 0


def test_what_is_no_baseline_is_refused_before_anybody_is_asked(service, place, tmp_path):
    for text in ("", "{}", "[]", '{"form": 2, "processes": {}}', '{"form": 1, "form": 1, "processes": {}}', "{" * 5000):
        paper = tmp_path / "paper"
        paper.write_text(text)
        done = ctl(place, "attest", "--verify", paper)
        assert done.returncode == 64 and "is no attestation of this form" in done.stderr
    assert ctl(place, "attest", "--check", "--json").returncode == 64

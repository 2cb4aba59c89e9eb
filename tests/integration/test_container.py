"""The container's image: what is in it, and that it serves with all taken away that docs/CONTAINER.md says it does without.

It is built by buildah in an image of Debian that is here already, and run by podman; what is missing of these is said, and
nothing is fetched but packages.
"""
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile

import pytest

import baddot
import namespace
from baddot import encoded
from penstock import TOP, wait_for
from pki import NAME
from test_policies import unexplained

sys.path.insert(0, str(TOP / "tools"))
import image as image_tool  # noqa: E402

NAME_OF_IMAGE = "localhost/penstock-test"
# octets: of its layers as they travel, of what they hold, and of the five executables (docs/CONTAINER.md says what was measured)
COMPRESSED_MOST, FILES_MOST, PROGRAMS_MOST = 2_725_000, 5_980_000, 5_280_000
KINDS = ("linux", "screen-256color", "tmux-256color", "vt100", "xterm", "xterm-256color")  # of terminals, by TERM
SHIPPED = TOP / "packaging/container"
NO_NETWORK = r"Failed to fetch|Could not resolve|Unable to locate package|Temporary failure"
PODMAN = ("podman", "--cgroup-manager", "cgroupfs", "--events-backend", "file")
# of a container in a container: limits that cannot be raised; the timer of a health check is systemd's
MACHINE = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--no-healthcheck")
HARDENED = ("--read-only", "--cap-drop=all", "--mount=type=tmpfs,destination=/run/penstock,tmpfs-size=64k,U=true")
DOCKERS_TMPFS = "/run/penstock:uid=65532,gid=65532,mode=0755,size=64k,noexec,nosuid,nodev"  # what podman writes U=true for


@pytest.fixture(scope="module")
def image():
    """The name of the image. What its packages were is kept as a layer, for the next run."""
    why_not = "it takes root" if os.geteuid() != 0 else image_tool.why_not()
    if why_not:
        pytest.skip(f"no image is built: {why_not}")
    built = subprocess.run([*map(str, image_tool.command(NAME_OF_IMAGE, TOP, "--layers"))], env=image_tool.ENVIRONMENT,
                           capture_output=True, text=True, timeout=1800)
    if built.returncode != 0 and re.search(NO_NETWORK, built.stdout + built.stderr):
        pytest.skip("the packages that compile it cannot be fetched")
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return NAME_OF_IMAGE


@pytest.fixture(scope="module")
def written(image, shared):
    """(the image's own words, {path: (member, octets)} of its files, octets of its layers)"""
    folder = shared / "image"
    _, size = image_tool.write(image, folder)
    files = {}
    for layer in image_tool.manifest(folder)["layers"]:
        with tarfile.open(fileobj=io.BytesIO(image_tool.blob(folder, layer).read_bytes())) as archive:
            for member in archive:
                files[member.name.strip("/")] = member, archive.extractfile(member).read() if member.isfile() else b""
    return image_tool.configuration(folder)["config"], files, size


def programs(files):
    return {path.rsplit("/", 1)[1]: octets for path, (member, octets) in files.items() if member.isfile() and member.mode & 0o111}


def test_it_holds_its_programs_and_no_other(written):
    _, files, size = written
    assert set(programs(files)) == {"penstock", "penstock-front", "penstock-worker", "penstockctl", "penstock-exporter"}
    capable = [path for path, (member, _) in files.items() if "SCHILY.xattr.security.capability" in member.pax_headers]
    assert capable == ["usr/libexec/penstock/penstock-front"]
    assert not [path for path, (member, _) in files.items() if member.mode & 0o6000 or member.isfile() and member.mode & 0o022]


def test_it_is_small(written):
    _, files, size = written
    sizes = {name: len(octets) for name, octets in programs(files).items()}
    total = sum(len(octets) for _, octets in files.values())
    print(f"{size} octets compressed, {total} of files, {sum(sizes.values())} of executables: {sizes}")
    assert size < COMPRESSED_MOST and total < FILES_MOST and sum(sizes.values()) < PROGRAMS_MOST


def test_it_lists_what_is_inside(written):
    """The lists are of the programs as they are here, and each package of theirs has its licence beside them."""
    _, files, _ = written
    folder = "usr/share/doc/penstock/"
    spdx, cyclonedx = (json.loads(files[f"{folder}penstock.{kind}.json"][1]) for kind in ("spdx", "cdx"))
    sums = {row["fileName"].removeprefix("./"): sum_["checksumValue"] for row in spdx["files"] for sum_ in row["checksums"]
            if sum_["algorithm"] == "SHA256"}
    for name, octets in programs(files).items():
        assert sums[name] == hashlib.sha256(octets).hexdigest(), name
    assert {row["name"] for row in cyclonedx["components"]} >= set(programs(files))
    sources = {re.search(r"source package (\S+)", row["sourceInfo"])[1] for row in spdx["packages"] if "sourceInfo" in row}
    assert len(sources) > 5
    for name in (*sources, "penstock", "ca-certificates"):
        assert files[f"{folder}LICENSES/{name}"][1], name


def test_its_labels_are_true(written):
    config, files, _ = written
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert labels["version"] == re.search(r"^  version: '([^']*)'", (TOP / "meson.build").read_text(), re.M)[1]
    spdx = json.loads(files["usr/share/doc/penstock/penstock.spdx.json"][1])
    licences = {f"({text})" if " OR " in text else text for row in spdx["packages"] for text in [row["licenseConcluded"]]}
    assert set(labels["licenses"].split(" AND ")) == {*licences, "MPL-2.0"}
    assert config["User"] == "65532:65532" and config["Entrypoint"] == ["/usr/bin/penstock"]
    assert config["Healthcheck"]["Test"] == ["CMD", "/usr/bin/penstockctl", "healthcheck"]


def test_the_base_is_pinned_in_one_place():
    text = (TOP / "Dockerfile").read_text()
    assert re.fullmatch(r"docker\.io/library/debian:trixie-slim@sha256:[0-9a-f]{64}", image_tool.pinned())
    assert len(re.findall("debian:", text)) == 1 and re.findall(r"^FROM (\S+)", text, re.M) == ["${BASE}", "scratch"]


# ---- it runs

def podman(*argv, **more):
    return subprocess.run([*PODMAN, *map(str, argv)], capture_output=True, text=True, timeout=120, env=image_tool.ENVIRONMENT, **more)


@pytest.fixture(scope="module")
def runtime(image):
    """One of podman's that can start a container on this machine."""
    if not shutil.which("podman"):
        pytest.skip("no podman here")
    said = "no crun and no runc here"
    for name in filter(shutil.which, ("crun", "runc")):
        tried = podman("--runtime", name, "run", "--rm", "--network=none", *MACHINE, image, "--version")
        if tried.returncode == 0 and tried.stdout.startswith("penstock "):
            return name
        said = f"{name}: {tried.stderr.strip().splitlines()[-1:]}"
    pytest.skip(f"podman starts no container here: {said}")


class Container:
    """penstock in a container, in a network namespace of the test."""

    def __init__(self, runtime, image, space, name, port, config, *options):
        self.name, self.port, self.runtime = f"penstock-test-{os.getpid()}-{name}", port, runtime
        self.process = subprocess.Popen(
            [*PODMAN, "--runtime", runtime, "run", "--rm", "--name", self.name, f"--network=ns:/run/netns/{space.name}", *MACHINE,
             *HARDENED, "-v", f"{config}:/etc/penstock/penstock.yaml:ro", *map(str, options), image],
            env=image_tool.ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.space = space

    def ask(self, name, source="127.0.0.1", tcp=False, timeout=3):
        """The records of an answer, asked from within the namespace; None where there is none."""
        program = ("import sys, dns.message, dns.query; q = dns.message.make_query(sys.argv[1], 'A'); "
                   f"a = dns.query.{'tcp' if tcp else 'udp'}(q, sys.argv[4], port=int(sys.argv[2]), source=sys.argv[3], timeout={timeout}); "
                   "print(*[i.to_text() for r in a.answer for i in r])")
        to = "::1" if ":" in source else "127.0.0.1"
        told = subprocess.run([*self.space.wrap, sys.executable, "-c", program, name, str(self.port), source, to],
                              capture_output=True, text=True, timeout=timeout + 20)
        return told.stdout.split() if told.returncode == 0 else None

    def inside(self, *argv):
        return podman("--runtime", self.runtime, "exec", self.name, *argv)

    def shows(self, kind, *words):
        """penstockctl top on a terminal of that kind (TERM) shows them, and ends by its key."""
        pytest.importorskip("pyte")
        from terminal import Terminal
        terminal = Terminal(shutil.which("podman"), *PODMAN[1:], "--runtime", self.runtime, "exec", "-it", "-e", f"TERM={kind}", self.name,
                            "/usr/bin/penstockctl", "top", **image_tool.ENVIRONMENT)
        try:
            terminal.shows(*words)
            terminal.press("q")
            assert terminal.ends() == 0
        finally:
            terminal.close()

    def is_healthy(self):
        assert self.process.poll() is None, self.process.communicate()[0]
        self.said = self.inside("/usr/bin/penstockctl", "healthcheck")
        return self.said.returncode == 0

    def wait_healthy(self):
        wait_for(self.is_healthy, 60, "a container that is well", interval=0.5)

    def stop(self):
        """@return its exit status"""
        podman("--runtime", self.runtime, "stop", "-t", "35", self.name)
        return self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            podman("--runtime", self.runtime, "rm", "-f", self.name)
            self.process.wait(30)
        self.process.stdout.close()


@pytest.fixture
def space():
    if not namespace.can_make_one():
        pytest.skip("network namespaces take root")
    with namespace.Namespace() as made:
        yield made


@pytest.fixture
def upstream(pki, space):
    server = baddot.Baddot(pki.good, namespace=space)
    yield server
    server.stop()


def authority(pki, shared):
    """Where the account of the image can read it."""
    path = shared / "container-ca.pem"
    shutil.copy(pki.authority.pem, path)
    path.chmod(0o644)
    return ("-v", f"{path}:/etc/penstock/ca.pem:ro")


def environment(upstream, pki):
    settings = {"UPSTREAMS_0_NAME": "test", "UPSTREAMS_0_ADDRESS": upstream.where, "UPSTREAMS_0_TLS_NAME": NAME, "UPSTREAMS_0_PINS": pki.good.pin,
                "TLS_CA_FILE": "/etc/penstock/ca.pem", "LANES": "1"}
    return [word for key, value in settings.items() for word in ("-e", f"PENSTOCK_{key}={value}")]


def test_port_53_takes_one_capability(runtime, image, space, upstream, pki, shared):
    """And no more: the processes have it no longer, and without it the port cannot be had."""
    config = shared / "container.yaml"
    config.write_text('listen: ["127.0.0.1:53"]\nacl: { allow: ["127.0.0.0/8"] }\n')
    config.chmod(0o644)
    options = (*environment(upstream, pki), *authority(pki, shared))
    with Container(runtime, image, space, "53", 53, config, "--cap-add=NET_BIND_SERVICE", *options) as served:
        served.wait_healthy()
        for tcp in (False, True):
            assert served.ask(f"port{tcp}.penstock.example", tcp=tcp) == [encoded(f"port{tcp}.penstock.example")]
        attested = json.loads(served.inside("/usr/bin/penstockctl", "attest", "--json").stdout)
        assert attested
        assert served.stop() == 0
    with Container(runtime, image, space, "none", 53, config, *options) as refused:
        assert refused.process.wait(60) not in (0, None)


def test_the_shipped_example_needs_no_right_at_all(runtime, image, space, upstream, pki, shared):
    """compose.yaml's way: no capability, no new privileges, a port above 1023, and clients of a bridge are let in."""
    for address in ("172.17.0.9/32", "10.88.0.9/32", "198.51.100.9/32"):
        space.run("ip", "address", "add", address, "dev", "lo")
    space.run("ip", "-6", "address", "add", "fd00::9/128", "dev", "lo", "nodad")
    with Container(runtime, image, space, "example", 5353, SHIPPED / "penstock.yaml", "--security-opt=no-new-privileges",
                   *environment(upstream, pki), *authority(pki, shared)) as served:
        served.wait_healthy()
        for i, source in enumerate(("127.0.0.1", "172.17.0.9", "10.88.0.9", "fd00::9")):
            assert served.ask(f"bridge{i}.penstock.example", source) == [encoded(f"bridge{i}.penstock.example")], source
        assert served.ask("stranger.penstock.example", "198.51.100.9") is None
        for kind in KINDS:
            served.shows(kind, "UPSTREAM", "q quit")
        upstream.refuse()  # that an upstream is away is no reason to start it again
        assert served.is_healthy()
        assert served.stop() == 0


@pytest.mark.parametrize("name", ("penstock.yaml", "compose.yaml"))
def test_each_line_of_what_is_shipped_is_explained(name):
    """But those of the health check, which one comment explains."""
    text = (SHIPPED / name).read_text()
    assert unexplained(re.sub(r"^      (interval|timeout|start_period|retries): .*\n", "", text, flags=re.M)) == []


def test_compose_takes_away_what_was_tried():
    text = re.sub(r"^ *#.*\n", "", (SHIPPED / "compose.yaml").read_text(), flags=re.M)
    for line in ("read_only: true", "cap_drop: [ALL]", 'security_opt: ["no-new-privileges:true"]', 'ports: ["53:5353/udp", "53:5353/tcp"]',
                 'volumes: ["./penstock.yaml:/etc/penstock/penstock.yaml:ro"]', 'test: ["CMD", "/usr/bin/penstockctl", "healthcheck"]',
                 f'tmpfs: ["{DOCKERS_TMPFS}"]'):
        assert line in text, line

"""The Debian packages: what is decided without building them, and, where ./dev package has built them of this tree, what is in them.

tests/package/bare builds, installs, upgrades under load and purges them in a bare system.
"""
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import pytest
from penstock import TOP, plain_environment

DEBIAN = TOP / "packaging/debian"
HOME = TOP / "build/package"
IS_DEBIAN = "\nID=debian\n" in pathlib.Path("/etc/os-release").read_text()
needs_debian = pytest.mark.skipif(not IS_DEBIAN or not shutil.which("dpkg-parsechangelog"), reason="needs Debian, and dpkg-dev")

sys.path.insert(0, str(TOP / "tools"))
import debian  # noqa: E402
import sources  # noqa: E402


def output(*argv, **more):
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True, timeout=120,
                          env=plain_environment(**more)).stdout


@needs_debian
def test_versions_grow_with_commits_releases_and_debians():
    ordered = [debian.version_of("0.1.0", 1_700_000_000, False, False, "12"), debian.version_of("0.1.0", 1_700_000_000, False, False, "13"),
               debian.version_of("0.1.0", 1_700_000_000, True, False, "12"), debian.version_of("0.1.0", 1_700_000_001, False, False, "12"),
               debian.version_of("0.1.0", 1, False, True, "12"), debian.version_of("0.1.0", 1, False, True, "13"),
               debian.version_of("0.1.1", 1, False, False, "12"), debian.version_of("0.1.1", 1, False, True, "12")]
    for older, newer in itertools.pairwise(ordered):
        assert subprocess.run(["dpkg", "--compare-versions", older, "lt", newer]).returncode == 0, (older, newer)
    assert debian.version_of("0.1.0", 1, True, True, "12") != debian.version_of("0.1.0", 1, False, True, "12"), "what was changed is no release"


@needs_debian
def test_the_sources_of_a_package_are_whole_and_of_one_time(tmp_path):
    """Whatever the umask, and the times of the tree."""
    before = os.umask(0o077)
    try:
        debian.write_sources(tmp_path / "source", 1_700_000_000)
    finally:
        os.umask(before)
    source = tmp_path / "source"
    assert {path.stat().st_mtime for path in source.rglob("*")} == {1_700_000_000}
    assert {path.stat().st_mode & 0o777 for path in source.rglob("*")} == {0o755, 0o644}
    assert {str(path.relative_to(DEBIAN)) for path in DEBIAN.rglob("*")} | {"changelog"} == \
        {str(path.relative_to(source / "debian")) for path in (source / "debian").rglob("*")}
    told = output("dpkg-parsechangelog", "-l", source / "debian/changelog", "-S", "Version", TZ="Asia/Kolkata").strip()
    assert told == debian.version(1_700_000_000)
    assert output("dpkg-parsechangelog", "-l", source / "debian/changelog", "-S", "Timestamp").strip() == "1700000000"


@needs_debian
@pytest.mark.parametrize("told, wanted", [
    ({}, "nobody in particular <nobody@penstock.invalid>"),
    ({"DEBEMAIL": "packages@example.net"}, "nobody in particular <nobody@penstock.invalid>"),
    ({"DEBFULLNAME": "A. Packager", "DEBEMAIL": "packages@example.net"}, "A. Packager <packages@example.net>"),
])
def test_the_maintainer_is_who_builds_or_nobody(tmp_path, monkeypatch, told, wanted):
    """An address that could be somebody's is not made up: .invalid is nobody's (RFC 6761, section 6.4)."""
    for key in ("DEBFULLNAME", "DEBEMAIL"):
        monkeypatch.delenv(key, raising=False)
    for key, value in told.items():
        monkeypatch.setenv(key, value)
    debian.write_sources(tmp_path / "source", 1_700_000_000)
    assert re.findall(r"^Maintainer: (.*)$", (tmp_path / "source/debian/control").read_text(), re.M) == [wanted]
    assert output("dpkg-parsechangelog", "-l", tmp_path / "source/debian/changelog", "-S", "Maintainer").strip() == wanted


@pytest.mark.parametrize("path", ["packaging/debian/penstock-exporter.logrotate", "packaging/logrotate/penstock"])
def test_a_rotation_beside_a_service_that_is_stopped_is_no_error(path):
    """`systemctl reload` fails then, and logrotate with it."""
    scripts = re.findall(r"^\tpostrotate\n(.*?)^\tendscript", (TOP / path).read_text(), re.M | re.S)
    assert scripts and all(re.fullmatch(r"\t\tsystemctl try-reload-or-restart penstock(-events)?\.service\n", script) for script in scripts)


def test_the_first_configuration_is_closed_and_nothing_is_started():
    rules, script = ((DEBIAN / name).read_text() for name in ("rules", "penstock.postinst"))
    assert 'install -D -m 644 "$root/usr/share/penstock/policy/closed.yaml" "$file"' in script
    commands = re.findall(r"^\tdh_installsystemd .*", rules, re.M)
    units = {word for line in commands for word in line.split() if re.search(r"\.(service|socket)$", word)}
    assert units == {path.name for path in (TOP / "packaging/systemd").iterdir() if path.suffix in (".service", ".socket")}
    assert all("--no-enable" in line and "--no-start" in line for line in commands)
    restarted = {line.split()[-1] for line in commands if "--restart-after-upgrade" in line}
    assert restarted == units - {"penstock.service", "penstock.socket"}, "the one is asked about first, the other keeps the sockets"
    assert re.search(r"\[ -z \"\$\{2:-\}\" \] \|\| /usr/share/penstock/restart-if-sound \|\| true\n", script)
    stopped = {word for path in DEBIAN.glob("*.prerm") for word in re.findall(r"\S+\.(?:service|socket)", path.read_text())}
    assert stopped == units


def test_what_a_build_takes_is_what_the_package_asks_for():
    """Libraries of tools/packages; the compiler comes with every build of a package."""
    wanted = re.search(r"want_build\(\) \{\n(.*?)\n\}", (TOP / "tools/packages").read_text(), re.S)[1]
    libraries = set(re.findall(r"\blib[a-z0-9-]+-dev\b", wanted)) - {"libc6-dev"}
    asked = set(re.findall(r"\blib[a-z0-9-]+-dev\b", (DEBIAN / "control").read_text()))
    assert libraries and asked == libraries | {"libmbedtls-dev"}


def test_without_git_nothing_is_known_of_a_commit(monkeypatch):
    """As in a bare system; and the sources are those that lie there."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    assert sources.known_epoch() == ""
    assert "meson.build" in sources.own_files()
    with pytest.raises(SystemExit):
        sources.epoch("package")


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_sources_without_a_commit_in_another_tree_are_not_of_its_commit(tmp_path, monkeypatch, capsys):
    """As of an archive, unpacked where a packager has a tree of their own: the time is to be told, and then a version is made of it."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    tree = tmp_path / "penstock"
    tree.mkdir()
    shutil.copy(TOP / "meson.build", tree)
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=nobody", "-c", "user.email=nobody@penstock.invalid", "commit", "-qm", "theirs"],
                    ["tag", "v0.1.0"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, timeout=60, capture_output=True)
    monkeypatch.setattr(sources.steps, "TOP", tree)
    assert sources.known_epoch() == "" and sources.own_files() == ["meson.build"]
    with pytest.raises(SystemExit):
        sources.epoch("package")
    assert capsys.readouterr().err == "dev: package: there is no commit to take the time from: set SOURCE_DATE_EPOCH\n"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert sources.epoch("package") == 1_700_000_000
    if IS_DEBIAN:
        assert re.fullmatch(r"[0-9.]+~20231114221320\+deb\d+", debian.version(1_700_000_000))


# ---- where they were built

@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """{name: a folder with what the package holds, and DEBIAN} of this commit"""
    if not IS_DEBIAN:
        pytest.skip("needs Debian")
    if not sources.known_epoch().isdigit():
        pytest.skip("needs a commit, and git to ask for it")
    version = debian.version(sources.epoch("package"))
    found = {path.name.split("_")[0]: path for path in HOME.glob(f"penstock*_{version}_*.deb")}
    if "penstock" not in found:
        pytest.skip(f"./dev package has not built {version}")
    folder = tmp_path_factory.mktemp("packages")
    for name, path in found.items():
        subprocess.run(["dpkg-deb", "-R", path, folder / name], check=True)
    return {name: folder / name for name in found}


def test_of_two_packages_each_has_its_own(packages):
    files = {name: {"/" + str(path.relative_to(packages[name])) for path in packages[name].rglob("*") if path.is_file()}
             for name in ("penstock", "penstock-exporter")}
    assert not files["penstock"] & {name for name in files["penstock-exporter"] if not name.startswith("/DEBIAN/")}
    assert {"/usr/bin/penstock", "/usr/bin/penstockctl", "/usr/libexec/penstock/penstock-front", "/usr/libexec/penstock/penstock-worker",
            "/usr/share/penstock/policy/closed.yaml", "/usr/share/penstock/restart-if-sound", "/usr/lib/sysusers.d/penstock.conf", "/usr/lib/tmpfiles.d/penstock.conf"} <= files["penstock"]
    assert "/usr/bin/penstock-exporter" in files["penstock-exporter"]
    assert (packages["penstock"] / "DEBIAN/conffiles").read_text().split() == ["/etc/logrotate.d/penstock"], "everybody edits the configuration"
    pages = {path.name.removesuffix(".gz") for name in packages for path in packages[name].glob("usr/share/man/*/*")}
    assert pages == {path.name for path in (TOP / "docs").glob("*.[1-8]")}


def test_no_script_of_a_package_starts_what_did_not_run(packages):
    for name in ("penstock", "penstock-exporter"):
        script = (packages[name] / "DEBIAN/postinst").read_text()
        if name == "penstock":
            script += (packages[name] / "usr/share/penstock/restart-if-sound").read_text()
        assert set(re.findall(r"deb-systemd-invoke (\S+) \S", script)) == {"try-restart"}
        assert "penstock.socket" not in "".join(re.findall(r"deb-systemd-invoke .*", script))


def test_each_package_has_the_licence_of_what_it_is_linked_of(packages):
    for name in ("penstock", "penstock-exporter"):
        using = re.search(r"^Built-Using: (.*)$", (packages[name] / "DEBIAN/control").read_text(), re.M)[1]
        linked = {entry.split(" ")[0] for entry in using.split(", ")}
        folder = packages[name] / f"usr/share/doc/{name}/static"
        assert linked == {path.name.removesuffix(".gz") for path in folder.iterdir()} and "glibc" in linked
        assert ("mbedtls" in linked) == (name == "penstock")


def test_nothing_in_a_package_is_younger_than_its_commit(packages):
    seconds = sources.epoch("package")
    for path in HOME.glob("penstock*.deb"):
        data = subprocess.run(["dpkg-deb", "--fsys-tarfile", path], check=True, capture_output=True).stdout
        (packages["penstock"].parent / "data.tar").write_bytes(data)
        with tarfile.open(packages["penstock"].parent / "data.tar") as archive:
            assert {member.mtime for member in archive} == {seconds}, path.name

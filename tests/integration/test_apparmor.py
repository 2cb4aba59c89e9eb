"""The AppArmor profile: its parser takes it, and what a run opens has a rule. No kernel of ours enforces it."""
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest
from conftest import needs_root
from penstock import BUILD, SANITIZED, TOP, plain_environment, run, wait_for
from test_rows import can_trace

PROFILE = TOP / "packaging/apparmor/usr.bin.penstock"
PRIVATE = TOP / "build/private/root"
PLACES = ":".join([os.environ["PATH"], "/sbin", "/usr/sbin", str(PRIVATE / "sbin"), str(PRIVATE / "usr/sbin")])
PARSER = shutil.which("apparmor_parser", path=PLACES)


def parse(path):
    """@return (exit status, what it says)"""
    base = PRIVATE / "etc/apparmor.d" if pathlib.Path(PARSER).is_relative_to(PRIVATE) else pathlib.Path("/etc/apparmor.d")
    done = subprocess.run([PARSER, "-Q", "-K", "-b", base, path], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


needs_parser = pytest.mark.skipif(PARSER is None, reason="there is no apparmor_parser")


@needs_parser
def test_its_parser_takes_the_profile():
    status, said = parse(PROFILE)
    assert status == 0, said


@needs_parser
@pytest.mark.parametrize("line", ["capability fly,", "/etc/penstock/** q,", "include <abstractions/nothing>"])
def test_a_wrong_line_would_be_seen(tmp_path, line):
    (tmp_path / "profile").write_text(PROFILE.read_text().replace("  capability chown,\n", f"  {line}\n"))
    assert parse(tmp_path / "profile")[0] != 0


@pytest.mark.parametrize("wanted", [True, False])
def test_it_is_installed_where_it_is_asked_for(tmp_path, wanted):
    (tmp_path / "meson.build").write_text("project('units')\nsubdir('packaging')\n")
    shutil.copy(TOP / "meson_options.txt", tmp_path)
    shutil.copytree(TOP / "packaging", tmp_path / "packaging")
    for command in (["meson", "setup", "build", "--prefix", "/opt/p", f"-Dapparmor={str(wanted).lower()}"],
                    ["meson", "install", "-C", "build", "--destdir", tmp_path / "root"]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=plain_environment())
        assert done.returncode == 0, done.stdout + done.stderr
    profile = tmp_path / "root/etc/apparmor.d/usr.bin.penstock"
    assert profile.exists() == wanted
    if wanted:
        assert "profile penstock /opt/p/bin/penstock " in profile.read_text()
        assert "  /opt/p/libexec/penstock/penstock-worker mrix,\n" in profile.read_text()
        assert PARSER is None or parse(profile)[0] == 0


# ---- what a run opens

CALLS = "openat,open,execve,execveat,connect,bind,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,fchmodat,fchownat"


def rules():
    """[(pattern, rights)] of files, and the capabilities"""
    text = PROFILE.read_text()
    found = []
    for path, rights in re.findall(r"^  ([/@]\S*) ([a-z]+),$", text, re.M):
        pattern = path.replace("@{PROC}", "/proc").replace("@{pid}", "{[0-9]*,self,thread-self}")
        words = {"**": ".*", "*": "[^/]*", "{": "(?:", "}": ")", ",": "|", ".": r"\."}
        found.append((re.sub(r"\*\*|\[0-9\]\*|[*{},.]", lambda is_: words.get(is_[0], "[0-9]+"), pattern), rights))
    return found, set(re.findall(r"^  capability (\w+),$", text, re.M))


def permits(found, path, needed):
    """Rights of all rules that match are added up; to append is less than to write."""
    have = "".join(rights for pattern, rights in found if re.fullmatch(pattern, path))
    return set(needed) <= set(have)


def opened(log, names):
    """{(path as it is when installed, rights)} of what strace tells"""
    seen = set()
    for line in log.read_text(errors="replace").splitlines():
        call = re.match(r"\d+ +(\w+)\((.*)\) += (-?\w+)", line)
        if not call or (call[3].startswith("-") and "EINPROGRESS" not in line):
            continue
        name, words = call[1], call[2]
        if name == "connect" or name == "bind":
            found = re.search(r'sun_path="([^"]*)"', words)
            rights = "w"
        elif name == "execveat":
            found, rights = re.match(r'\d+<([^>]*)>, ""', words), "x"
        else:
            found = re.search(r'"([^"]*)"', words)
            rights = "x" if name == "execve" else "r" if "O_RDONLY" in words and "O_CREAT" not in words else "w"
            rights += "r" if "O_RDWR" in words else ""
        if not found or "O_PATH" in words:
            continue
        folder = re.match(r"(\d+|AT_FDCWD)<([^>]*)>", words)
        path = found[1] if found[1].startswith("/") else f"{folder[2]}/{found[1]}" if folder else found[1]
        for place, installed in names:
            path = path.replace(str(place), installed)
        path += "/" if "O_DIRECTORY" in words else ""
        seen.add((path, rights))
    return seen


@needs_root
@pytest.mark.smoke
@pytest.mark.skipif(SANITIZED, reason="a sanitizer opens files of its own; the release build is judged")
@pytest.mark.skipif(not can_trace(), reason="there is no strace, or it may not trace")
def test_what_a_run_opens_has_a_rule(serve, bad, shared, place):
    logs = shared / "opened"
    logs.mkdir()
    names = shared / "lists-for-apparmor"
    names.mkdir(mode=0o755)
    (names / "block").write_text("blocked.penstock.example\n")
    service = serve(bad, wrap=["strace", "-D", "-f", "-y", "-qq", "-s", "4096", "-e", "signal=none", "-e", f"trace={CALLS}", "-o", logs / "log"],
                    settings={"control": {"socket": str(place), "readers": ["games"]}, "local": {"block": [str(names / "block")]},
                              "cache": {"size": "1MiB"}})
    service.ask("n1.penstock.example")
    for role in ("worker", "front"):
        before = service.pid_of(role)
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: service.pids()[role] not in ([], [before]), 30, f"another {role}")
        wait_for(lambda: service.is_jailed(service.pid_of(role)), 30, "its filter")
    service.statistics()
    service.process.send_signal(signal.SIGHUP)
    service.wait_log("the new configuration is in force", 15)
    assert run("--check", "-c", service.file).returncode == 0
    installed = [(BUILD / "src/supervisor/../front", "/usr/libexec/penstock"), (BUILD / "src/supervisor/../worker", "/usr/libexec/penstock"),
                 (BUILD / "src/front", "/usr/libexec/penstock"), (BUILD / "src/worker", "/usr/libexec/penstock"),
                 (BUILD / "src/supervisor", "/usr/bin"), (place.parent, "/run/penstock"), (names, "/etc/penstock"),
                 (service.folder, "/etc/penstock"), (os.path.dirname(service.config["tls"]["ca_file"]), "/etc/ssl/certs")]
    found, capabilities = rules()
    seen = opened(logs / "log", installed) - {("/usr/bin/penstock", "x")}  # how it began: its profile is of what is within
    # it is seen at all: a configuration, both programs, a socket, what a child reads of itself
    for path, rights in (("/etc/penstock/penstock.yaml", "r"), ("/etc/penstock/block", "r"), ("/run/penstock/control", "w"),
                         ("/usr/libexec/penstock/penstock-front", "x"), ("/usr/libexec/penstock/penstock-worker", "x"),
                         ("/proc/self/statm", "r")):
        assert (path, rights) in seen, sorted(seen)
    assert not [one for one in sorted(seen) if not permits(found, *one)]
    assert {"net_bind_service", "setuid", "setgid", "setpcap"} <= capabilities
    assert not permits(found, "/etc/shadow", "r") and not permits(found, "/etc/penstock/penstock.yaml", "w")
    assert not permits(found, "/bin/sh", "x") and not permits(found, "/proc/1/mem", "r")
    assert not permits(found, "/etc/penstock/penstock.yaml", "x")

"""./dev as a newcomer meets it: help, mistakes, missing packages, a tree that other accounts cannot reach."""
import os
import re
import shutil
import signal
import subprocess

import pytest
from conftest import needs_root
from penstock import BUILD, TOP, plain_environment, wait_for

COMMANDS = ("build", "run", "test", "simulate", "coverage", "bench", "fuzz", "differential", "analyze", "mutate", "prove", "reproduce",
            "sandbox-rows", "sbom", "provenance", "picture", "fmt", "install", "uninstall", "package", "clean")


@pytest.fixture
def tree(tmp_path):
    """./dev and what stands behind it, without any source: what it would build by mistake fails at once."""
    folder = tmp_path / "tree"
    folder.mkdir()
    shutil.copy(TOP / "dev", folder)
    shutil.copytree(TOP / "tools", folder / "tools")
    (folder / "fuzz").mkdir()
    return folder


def dev(tree, *arguments, **more):
    return subprocess.run([tree / "dev", *arguments], capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, env=plain_environment(**more))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_understands_help(tree, command):
    for arguments in ((command, "--help"), (command, "-h")):
        result = dev(tree, *arguments)
        assert result.returncode == 0 and "./dev test" in result.stdout and not result.stderr
    assert not (tree / "build").exists(), "nothing was begun"


@pytest.mark.parametrize("tool", ["analyze", "coverage", "differential", "fuzz", "mutate", "picture", "prove", "provenance", "reproduce", "sandbox-rows",
                                  "sbom", "simulate", "install", "uninstall", "package"])
def test_a_tool_says_itself_what_it_does(tree, tool):
    for option in ("--help", "-h"):
        result = subprocess.run([tree / "tools" / tool, option], capture_output=True, text=True, timeout=60)
        assert result.returncode == 0 and result.stdout.startswith(f"{tool} - ") and not result.stderr, result
        assert f"usage: tools/{tool}" in result.stdout


@pytest.mark.parametrize("arguments", [
    ("frobnicate",), ("test", "everything"), ("test", "--frobnicate"), ("build", "x"), ("clean", "x"), ("fmt", "x"), ("package", "x"),
    ("run", "--frobnicate"), ("run", "x"), ("run", "--pin"), ("run", "--upstream", "192.0.2.1:853"),
    ("install", "local"), ("install", "--frobnicate"), ("install", ""), ("install", "/usr", "/opt"),
    ("uninstall", "local"), ("uninstall", "--frobnicate"), ("uninstall", "/usr", "/opt"),
    ("differential", "--seed"), ("differential", "--messages", "many"), ("differential", "x", "1"), ("analyze", "everything"),
    ("coverage", "--frobnicate"), ("coverage", "nowhere"),
    ("mutate", "--frobnicate"), ("mutate", "nowhere"), ("mutate", "--jobs", "0"),
    ("reproduce", "local"), ("reproduce", "--frobnicate"),
    ("sbom", "--frobnicate"), ("sbom", "nowhere"), ("provenance", "nowhere"),
    ("picture", "--frobnicate"), ("picture", "--minutes"), ("picture", "--minutes", "soon"),
    ("fuzz", "ring", "soon"), ("fuzz", "ring", "1", "2"), ("fuzz", "--frobnicate"),
])
def test_mistakes_are_refused_in_one_line(tree, arguments):
    result = dev(tree, *arguments)
    assert result.returncode == 2, result
    assert len(result.stderr.splitlines()) == 1 and not result.stdout, result


@pytest.mark.parametrize(("field", "complaint"), [
    ("world: calm", ""), ("world: clam", 'there is no world "clam"'), ("world:", 'there is no world ""'),
    ("harms: none", "no field of a row"), ("was: int y;", "its text is not found"), ("now: int x;", "changes nothing"),
])
def test_a_planted_fault_that_cannot_be_used_is_told(tree, field, complaint):
    """A row is read with one of its fields replaced, or with one more."""
    row = {"mutant": "one", "kind": "kind", "harm": "harm", "was": "int x;", "now": "int z;"}
    row[field.partition(":")[0]] = field.partition(":")[2].strip()
    for name, text in (("src/base/x.c", "int x;\n"), ("tests/simulate/worlds.def", "/* */\nWORLD(calm, calm, 0, 1,\n      \"\")\n"),
                       ("tests/mutants/x.txt", "".join(f"{name}: {text}\n" for name, text in row.items()))):
        (tree / name).parent.mkdir(parents=True)
        (tree / name).write_text(text)
    result = subprocess.run([tree / "tools/mutate", "--check"], capture_output=True, text=True, timeout=60)
    assert result.returncode == (1 if complaint else 0) and complaint in result.stdout and not result.stderr, result
    assert bool(result.stdout) == bool(complaint)


def system(folder, apt_get, apt_cache):
    """Programs of a system in which nothing is installed, for an ordinary user."""
    folder.mkdir()
    for name, text in (("id", "echo 1000"), ("dpkg-query", "exit 1"), ("apt-get", apt_get), ("apt-cache", apt_cache)):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    # only this and the basic tools: an installed unbound would not be missing
    names = ("bash", "sh", "env", "readlink", "dirname", "mkdir", "sed", "awk", "grep", "tail", "cat", "find", "rm")
    for name in names:
        (folder / name).symlink_to(shutil.which(name))
    return str(folder)


def missing(tree, path):
    text = (tree / "dev").read_text().replace("PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin", "PATH=$PATH")
    (tree / "dev").write_text(text)
    result = subprocess.run([f"{path}/bash", tree / "dev", "run"], capture_output=True, text=True, timeout=120,
                            env={"PATH": path}, stdin=subprocess.DEVNULL)
    assert result.returncode == 1, result
    line = re.search(r"^ +apt-get update && apt-get install --no-install-recommends (.*)$", result.stdout, re.M)
    assert line, result
    return line.group(1).split(), result.stdout


def test_without_package_lists_the_whole_line_is_printed(tree, tmp_path):
    """An ordinary user reads lists into the tree, so that even the resolver's libraries are named."""
    apt_cache = """
case "$*" in
*lists*madison*) echo "gcc | 4 | source" ;;
*lists*depends*unbound*) echo unbound; echo "  Depends: libevent-0" ;;
*madison*) ;;
*) exit 100 ;;
esac"""
    packages, _ = missing(tree, system(tmp_path / "bin", "exit 0", apt_cache))
    assert {"gcc", "meson", "ninja-build", "openssl", "libevent-0"} <= set(packages)


def test_without_lists_and_network_it_says_what_is_known(tree, tmp_path):
    packages, said = missing(tree, system(tmp_path / "bin", "exit 100", "[ $1 = madison ] || exit 100"))
    assert {"gcc", "meson", "ninja-build", "openssl"} <= set(packages)
    assert "run this again" in said and "unbound" in said


@pytest.fixture
def equipped(tree):
    """Nothing is missing, and there is a program to build."""
    (tree / "tools/packages").write_text("#!/bin/sh\n")
    (tree / "meson.build").write_text("project('nothing', 'c')\nexecutable('nothing', 'nothing.c')\n")
    (tree / "nothing.c").write_text("int main(void) { return 0; }\n")
    shutil.copy(TOP / "meson_options.txt", tree)
    return tree


@pytest.mark.parametrize("options, is_used", [(("-Dbuildtype=plain",), False),
                                              (("-Dbuildtype=debugoptimized", "-Dstatic=true", "-Dtests=false"), True)])
def test_a_build_that_was_configured_by_hand_is_not_thrown_away(equipped, options, is_used):
    """It is used where it is what would be made."""
    subprocess.run(["meson", "setup", "build/release", *options], cwd=equipped, check=True, capture_output=True, timeout=300,
                   env=plain_environment(CC="gcc"))
    (equipped / "build/release/mine").touch()
    result = dev(equipped, "build")
    assert (equipped / "build/release/mine").exists()
    assert result.returncode == (0 if is_used else 1), result
    assert ("was configured by hand, and otherwise" in result.stdout) != is_used


@pytest.mark.parametrize("command", ["build", "run"])
def test_an_interrupted_command_shows_no_traceback(equipped, tmp_path, command):
    (tmp_path / "bin").mkdir()
    meson = tmp_path / "bin/meson"
    meson.write_text(f"#!/bin/sh\ntouch {tmp_path}/begun\nexec sleep 600\n")
    meson.chmod(0o755)
    environment = plain_environment()
    environment["PATH"] = f"{meson.parent}:{environment['PATH']}"
    process = subprocess.Popen([equipped / "dev", command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env=environment, start_new_session=True)
    wait_for((tmp_path / "begun").exists, 60, "meson is called")
    os.killpg(process.pid, signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode != 0 and errors.splitlines() == ["dev: interrupted"], errors


@needs_root
def test_what_sudo_made_belongs_to_the_caller(tree):
    assert dev(tree, "fuzz", SUDO_UID="65534", SUDO_GID="65533").returncode == 0
    for path in (tree / "build", tree / "build/logs"):
        assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65533)
    assert tree.stat().st_uid == 0, "and nothing else does"


def can_unshare():
    return subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True).returncode == 0


@needs_root
def test_run_as_root_in_a_folder_of_root_alone(tmp_path):
    """Nothing in the log is worse than a notice, a reload works, and nothing is left behind."""
    if not can_unshare():
        pytest.skip("needs a network namespace")
    tree = tmp_path / "root"
    tree.mkdir(mode=0o700)
    skip = shutil.ignore_patterns("build", ".git", "__pycache__")
    shutil.copytree(TOP, tree / "penstock", ignore=skip)
    tree = tree / "penstock"
    (tree / "build").mkdir()
    private = BUILD.parent / "private"
    if private.exists():
        (tree / "build/private").symlink_to(private)
    output = tmp_path / "output"
    before = set(os.listdir("/var/tmp"))
    with open(output, "wb") as to:
        process = subprocess.Popen(["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$0" run', tree / "dev"],
                                   stdout=to, stderr=to, stdin=subprocess.DEVNULL, env=plain_environment())
    try:
        def serves():
            text = output.read_text(errors="replace")
            assert process.poll() is None, text
            return re.search(r"kill -HUP (\d+)", text)
        penstock = int(wait_for(serves, 400, "./dev run serves").group(1))
        os.kill(penstock, signal.SIGHUP)
        log = tree / "build/logs/penstock.log"
        wait_for(lambda: re.search("the new configuration is in force|stays as it is", log.read_text()), 60, "a reload")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    text = output.read_text() + log.read_text() + (tree / "build/logs/unbound.log").read_text()
    assert "the new configuration is in force" in text, text
    assert "NOERROR" in text and "192.0.2.1" in text, text
    # counters have names of errors; there is no network here
    text = re.sub("NOERROR|statistics: .*|Whether there is a newer libmbedtls-dev .*", "", text)
    assert not re.search(r"error|warning|denied|cannot|could not", text, re.I), text
    assert {name for name in set(os.listdir("/var/tmp")) - before if name.startswith("penstock-run")} == set()

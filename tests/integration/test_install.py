"""./dev install and ./dev uninstall: what is put there is listed, and that alone is taken away. The tree is a small one."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from penstock import TOP, plain_environment

FILES = ("bin/penstock", "share/penstock/policy/closed.yaml", "lib/systemd/system/penstock.service")
LIST = "share/penstock/installed"


@pytest.fixture
def tree(tmp_path):
    """./dev with its tools, and something to install that takes no time."""
    folder = tmp_path / "tree"
    folder.mkdir()
    for name in ("dev", "meson_options.txt"):
        shutil.copy(TOP / name, folder)
    shutil.copytree(TOP / "tools", folder / "tools")
    (folder / "tools/packages").write_text("#!/bin/sh\n")
    ship(folder, FILES)
    return folder


def ship(tree, names, text="first"):
    rows = ["project('penstock', 'c')"]
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
        rows.append(f"install_data('{name}', install_dir: get_option('prefix') / '{os.path.dirname(name)}')")
    (tree / "meson.build").write_text("\n".join(rows) + "\n")


def dev(tree, *arguments, **more):
    return subprocess.run([tree / "dev", *map(str, arguments)], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                          env=plain_environment(**more))


def installed(tree, prefix, **more):
    result = dev(tree, "install", prefix, **more)
    assert result.returncode == 0 and "What to do next" in result.stdout, result
    return result.stdout


def below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_what_was_put_there_is_taken_away_and_nothing_else(tree, tmp_path):
    prefix = tmp_path / "prefix"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "share/man").mkdir(parents=True)
    (prefix / "bin/mine").write_text("mine")
    before = below(prefix)
    installed(tree, prefix)
    assert {*FILES, LIST} <= below(prefix)
    assert subprocess.run(["sha256sum", "-c", "--strict", "--quiet", prefix / LIST]).returncode == 0
    result = dev(tree, "uninstall", prefix)
    assert result.returncode == 0 and "/etc/penstock" in result.stdout, result
    assert below(prefix) == before


def test_a_prefix_that_was_not_there_is_gone_again(tree, tmp_path):
    installed(tree, tmp_path / "far/away")
    assert dev(tree, "uninstall", tmp_path / "far/away").returncode == 0
    assert not (tmp_path / "far").exists()


def test_what_was_changed_or_added_stays_and_is_named(tree, tmp_path):
    prefix = tmp_path / "prefix"
    installed(tree, prefix)
    (prefix / FILES[1]).write_text("mine")
    (prefix / "lib/systemd/mine").write_text("mine")
    result = dev(tree, "uninstall", prefix)
    assert result.returncode == 1, result
    assert f"kept {prefix / FILES[1]}: it was changed" in result.stdout
    assert f"kept {prefix}/lib/systemd: there is something else in it" in result.stdout
    assert {path for path in below(prefix) if (prefix / path).is_file()} == {FILES[1], "lib/systemd/mine"}
    assert dev(tree, "uninstall", prefix).returncode == 1, "there is no list any more"


def test_a_newer_version_takes_away_what_it_has_no_more(tree, tmp_path):
    """And the old executable stays open for whoever runs it: it is another file."""
    prefix = tmp_path / "prefix"
    installed(tree, prefix)
    with open(prefix / FILES[0]) as running:
        ship(tree, FILES[:2], "second")
        installed(tree, prefix)
        assert running.read() == "first" and (prefix / FILES[0]).read_text() == "second"
    assert not (prefix / FILES[2]).exists()
    assert dev(tree, "uninstall", prefix).returncode == 0 and not prefix.exists()


def test_a_newer_version_keeps_what_was_changed_beside_its_own(tree, tmp_path):
    prefix = tmp_path / "prefix"
    installed(tree, prefix)
    (prefix / FILES[2]).write_text("mine")
    ship(tree, FILES, "second")
    said = installed(tree, prefix)
    assert f"replaced {prefix / FILES[2]}: it was changed since it was installed, and is {prefix / FILES[2]}.changed now" in said
    assert (prefix / FILES[2]).read_text() == "second" and (prefix / f"{FILES[2]}.changed").read_text() == "mine"
    assert {path.name for path in prefix.rglob("*.changed")} == {"penstock.service.changed"}
    assert dev(tree, "uninstall", prefix).returncode == 0
    assert {path for path in below(prefix) if (prefix / path).is_file()} == {f"{FILES[2]}.changed"}


def test_what_was_there_before_stays_beside_ours(tree, tmp_path):
    prefix = tmp_path / "prefix"
    (prefix / "bin").mkdir(parents=True)
    (prefix / FILES[0]).write_text("mine")
    said = installed(tree, prefix)
    assert f"replaced {prefix / FILES[0]}: it was there and is not of an earlier version, and is {prefix / FILES[0]}.changed now" in said
    assert dev(tree, "uninstall", prefix).returncode == 0
    assert {path for path in below(prefix) if (prefix / path).is_file()} == {f"{FILES[0]}.changed"}
    assert (prefix / f"{FILES[0]}.changed").read_text() == "mine"


@pytest.mark.parametrize("row", ["{sum}  {prefix}/../mine", "{sum}  {outside}/mine", "{sum}  {prefix}/share/./../../mine", "# folder {prefix}/../empty",
                                 "# folder {outside}/empty", "no row of a list"])
def test_a_list_that_names_other_places_is_not_followed(tree, tmp_path, row):
    """Whoever wrote such a row, it was not us."""
    prefix, outside = tmp_path / "prefix", tmp_path / "outside"
    for folder in (outside, tmp_path):
        (folder / "empty").mkdir(parents=True)
        (folder / "mine").write_text("mine")
    installed(tree, prefix)
    good = (prefix / LIST).read_text()
    (prefix / LIST).write_text(good + row.format(sum=hashlib.sha256(b"mine").hexdigest(), prefix=prefix, outside=outside) + "\n")
    before = below(tmp_path)
    for command in ("uninstall", "install"):
        result = dev(tree, command, prefix)
        assert result.returncode == 1 and f"is no place below {prefix}: " in result.stderr and len(result.stderr.splitlines()) == 1, result
        assert below(tmp_path) == before
    (prefix / LIST).write_text(good)
    assert dev(tree, "uninstall", prefix).returncode == 0 and not prefix.exists()
    assert (tmp_path / "mine").exists() and (outside / "empty").exists()


def test_below_destdir_the_list_names_the_places_that_count(tree, tmp_path):
    installed(tree, "/opt/penstock", DESTDIR=str(tmp_path / "root"))
    files = [line.split("  ")[1] for line in (tmp_path / "root/opt/penstock" / LIST).read_text().splitlines() if not line.startswith("#")]
    assert sorted(files) == sorted(f"/opt/penstock/{name}" for name in FILES)
    assert dev(tree, "uninstall", "/opt/penstock", DESTDIR=str(tmp_path / "root")).returncode == 0
    assert not below(tmp_path / "root") and not pathlib.Path("/opt/penstock").exists()


def test_nothing_is_built_for_a_prefix_that_cannot_be_written(tree, tmp_path):
    (tmp_path / "file").touch()
    result = dev(tree, "install", tmp_path / "file/prefix")
    assert result.returncode == 1 and result.stderr == f"dev: install: {tmp_path}/file is no folder\n", result
    result = dev(tree, "install", "/proc/penstock")
    assert result.returncode == 1 and result.stderr.startswith("dev: install: /proc: ") and not (tree / "build/install").exists(), result


def test_a_file_of_a_package_is_not_written_over(tree, tmp_path):
    prefix = tmp_path / "prefix"
    (prefix / "bin").mkdir(parents=True)
    (prefix / FILES[0]).write_text("theirs")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/dpkg-query").write_text(f'#!/bin/sh\necho "penstock:amd64: {prefix / FILES[0]}"\n')
    (tmp_path / "bin/dpkg-query").chmod(0o755)
    result = dev(tree, "install", prefix, PATH=f"{tmp_path}/bin:{os.environ['PATH']}")
    assert result.returncode == 1 and "is of the package penstock" in result.stderr, result
    assert (prefix / FILES[0]).read_text() == "theirs" and not (prefix / LIST).exists()


@pytest.mark.parametrize("prefix, words, others", [
    ("/usr/local", "systemctl daemon-reload && systemctl enable --now penstock", ["systemctl link", "by hand"]),
    ("/opt/penstock", "systemctl link /opt/penstock/lib/systemd/system/penstock.service", ["by hand"]),
    ("/home/somebody/.local", "by hand: the units do not see /home", ["systemctl link"]),
])
def test_it_says_how_it_is_started_from_there(prefix, words, others):
    ask = f"import importlib.machinery as m; print(m.SourceFileLoader('install', 'tools/install').load_module().next_steps('{prefix}'))"
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", ask], cwd=TOP, capture_output=True, text=True, timeout=60, check=True,
                          env=plain_environment(PYTHONPATH=str(TOP / "tools"), PYTHONDONTWRITEBYTECODE="1")).stdout
    assert words in said and not any(other in said for other in others), said
    assert f"{prefix}/share/penstock/policy/closed.yaml" in said and "edge" not in said, "the first configuration is a closed one"


@pytest.mark.parametrize("arguments", [("install", "local"), ("install", "/opt/a b"), ("install", "/opt/50%"), ("install", "/opt/a|b"),
                                       ("uninstall", "local"), ("uninstall", "/usr", "/opt")])
def test_a_prefix_that_a_unit_would_read_otherwise_is_refused(tree, arguments):
    result = dev(tree, *arguments)
    assert result.returncode == 2 and len(result.stderr.splitlines()) == 1, result

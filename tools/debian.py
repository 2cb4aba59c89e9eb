"""The Debian package: its version, its sources, and how they are built. See docs/INSTALL.md and packaging/debian."""
import datetime
import email.utils
import os
import pathlib
import re
import shutil

import sources
import steps

PRIVATE = steps.TOP / "build/private/mbedtls"
PROFILE = "pkg.penstock.mbedtls"  # of packaging/debian/control: Mbed TLS from elsewhere
CHANGES = """penstock ({version}) {suite}; urgency=medium

  * Built from {commit}. docs/CHANGELOG.md.gz of
    /usr/share/doc/penstock says what changed.

 -- {maintainer}  {date}
"""


def release():
    """The number of this Debian, as in ~deb12, and its name"""
    text = pathlib.Path("/etc/os-release").read_text()
    told = [re.search(rf'^{key}="?(\w+)', text, re.M) for key in ("VERSION_ID", "VERSION_CODENAME")]
    if not re.search(r"^ID=debian$", text, re.M) or not all(told):
        steps.die("package: this is no release of Debian: /etc/os-release has another ID, or no version")
    return told[0][1], told[1][1]


def version_of(project, seconds, is_changed, is_released, debian):
    """Of the package. What is not a release is older than it, and a later commit's is newer; a later Debian's, too."""
    if is_released and not is_changed:
        return f"{project}+deb{debian}"
    made = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y%m%d%H%M%S")
    return f"{project}~{made}{'.changed' if is_changed else ''}+deb{debian}"


def version(seconds):
    project = re.search(r"^  version: '([^']+)'", (steps.TOP / "meson.build").read_text(), re.M)[1]
    is_released = f"v{project}" in sources.git("tag", "--points-at", "HEAD").split()
    return version_of(project, seconds, bool(sources.git("status", "--porcelain")), is_released, release()[0])


def set_maintainer(control):
    """Who builds the package, by DEBFULLNAME and DEBEMAIL, as devscripts know them; else the one in the file, who has no address. @return that"""
    name, address = (os.environ.get(key, "").strip() for key in ("DEBFULLNAME", "DEBEMAIL"))
    text = control.read_text()
    if name and address:
        text = re.sub(r"^Maintainer: .*$", lambda _: f"Maintainer: {name} <{address}>", text, flags=re.M)
        control.write_text(text)
    return re.search(r"^Maintainer: (.*)$", text, re.M)[1]


def write_sources(folder, seconds, reverse=False):
    """A source tree as dpkg-buildpackage takes it, all files of one time: those of the package get it, too."""
    sources.copy_sources(folder, reverse)
    shutil.copytree(folder / "packaging/debian", folder / "debian")
    maintainer = set_maintainer(folder / "debian/control")
    (folder / "debian/changelog").write_text(CHANGES.format(
        version=version(seconds), suite=release()[1], commit=sources.git("describe", "--always", "--dirty") or "no commit",
        maintainer=maintainer, date=email.utils.format_datetime(datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc))))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        os.utime(path, (seconds, seconds))


def build(log, folder, seconds, private=PRIVATE, jobs=steps.PROCESSORS, **how):
    """Source and packages stand beside `folder` then. Nothing is signed."""
    profile = [f"-P{PROFILE}"] if private.exists() else []
    environment = {**how.pop("env", os.environ), "PENSTOCK_MBEDTLS": str(private), "SOURCE_DATE_EPOCH": str(seconds), "CC": "gcc"}
    how = {"env": environment, **how}
    return steps.call(log, "env", "-C", folder, "dpkg-buildpackage", "-us", "-uc", "-F", f"-j{jobs}", *profile, **how)


def lint(log, changes):
    """No error and no warning; what is overridden stands with its reason in packaging/debian."""
    as_root = ["--allow-root"] if os.geteuid() == 0 else []
    return steps.call(log, "lintian", "--fail-on", "error,warning", "--info", *as_root, changes)

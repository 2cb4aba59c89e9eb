"""What was linked into the executables of a static build, read from the linker's maps, and of which Debian packages it is.

A map stands beside its executable (meson.build). An archive counts if a section of one of its members was kept: what
--gc-sections took away is not in the executable.
"""
import dataclasses
import fnmatch
import functools
import hashlib
import os
import pathlib
import re
import subprocess
import urllib.parse

import steps

TABLE = steps.TOP / "tools/licences.txt"
# a section that was kept: address, size, file; the name stands on the line before if it is long
SECTION = re.compile(r"^ (?:\S+)? +0x([0-9a-f]{16}) +0x([0-9a-f]+) (\S.*)$", re.M)
MEMBER = re.compile(r"^(.*)\(([^()]*)\)$")


@dataclasses.dataclass(frozen=True, order=True)
class Package:
    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    distribution: str  # as in a purl: "debian-12"
    copyright: pathlib.Path

    def purl(self):
        return purl(self.name, self.version, self.architecture, self.distribution)


def purl(name, version, architecture, distribution):
    return f"pkg:deb/debian/{name}@{urllib.parse.quote(version, safe='')}?arch={architecture}&distro={distribution}"


def kept_files(map_file):
    """The files, none of ours, of which something is in the executable: {archive or object: members}"""
    text = map_file.read_text()
    begin = text.find("\nLinker script and memory map\n")
    if begin < 0:
        steps.die(f"{map_file} is no map of GNU ld")
    names = {name for address, size, name in SECTION.findall(text, begin) if int(address, 16) != 0 and int(size, 16) != 0}
    found = {}
    for name in names:
        member = MEMBER.match(name)
        path = os.path.normpath(member[1] if member else name)
        if os.path.isabs(path):
            found.setdefault(path, set()).add(member[2] if member else "")
    return {pathlib.Path(path): members for path, members in found.items()}


def linked(folder):
    """{executable: {archive or object: members}} of a build folder"""
    found = {}
    for path in steps.executables(folder):
        map_file = path.with_name(path.name + ".map")
        if not map_file.exists():
            steps.die(f"{map_file} is missing: only a static build tells what is in it (-Dstatic=true)")
        found[path] = kept_files(map_file)
    if not found:
        steps.die(f"{folder} holds no executable")
    return found


def linked_into(folder, names):
    """The files of which something is in the executables of these names; all of the folder, where there is no name"""
    found = {path.name: files for path, files in linked(folder).items()}
    missing = set(names) - set(found)
    if missing:
        steps.die(f"{folder} holds no {sorted(missing)[0]}")
    return {path for name in names or found for path in found[name]}


def ask(*argv):
    told = subprocess.run(argv, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    return told.stdout if told.returncode == 0 else ""


def release():
    """Of this system: ("debian", "12")"""
    text = pathlib.Path("/etc/os-release").read_text()
    return tuple(re.search(rf'^{key}="?([^"\n]*)', text, re.M)[1] for key in ("ID", "VERSION_ID"))


def private_package(path):
    """Of a library that was unpacked beside the build: tools/packages keeps its package's file name and its copyright."""
    home = path.parent.parent
    name, version, architecture = (home / ".package").read_text().strip().removesuffix(".deb").replace("%3a", ":").split("_")
    return Package(name, version, architecture, "mbedtls", version, "debian-13", home / "copyright")


@functools.cache
def package_of(path):
    """The package that a linked file comes from; ends with a line if there is none."""
    if (path.parent.parent / ".package").exists():
        return private_package(path)
    for known in (path, path.resolve(), pathlib.Path(str(path).removeprefix("/usr"))):
        owner = ask("dpkg-query", "-S", str(known)).partition(": ")[0]
        if owner:
            break
    else:
        steps.die(f"{path} is linked and belongs to no package")
    return installed(owner)


@functools.cache
def installed(name):
    fields = ask("dpkg-query", "-W", "-f", "${Package}\n${Version}\n${Architecture}\n${source:Package}\n${source:Version}", name).split("\n")
    return Package(*fields, "-".join(release()), copyright_of(fields[0], fields[3]))


def copyright_of(name, source):
    """A small system may lack the folder of a package that shares another's; all of one source have the same text."""
    own = pathlib.Path(f"/usr/share/doc/{name}/copyright")
    if own.exists():
        return own
    told = ask("dpkg-query", "-W", "-f", "${source:Package} ${Package}\n")
    others = sorted(line.split()[1] for line in told.splitlines() if line.split()[0] == source)
    paths = [pathlib.Path(f"/usr/share/doc/{package}/copyright") for package in others]
    return next((path for path in paths if path.exists()), own)


def licence_of(package, table=TABLE):
    """An SPDX expression, from the first row of its source package whose words it has; ends with a line if there is none."""
    if not package.copyright.exists():
        steps.die(f"{package.copyright} is missing: nothing tells the licence of {package.name}")
    text = " ".join(package.copyright.read_text(errors="replace").split())
    rows = [[part.strip() for part in line.split("|")] for line in table.read_text().splitlines() if line and not line.startswith("#")]
    rows = [(licence, words) for source, licence, words in rows if fnmatch.fnmatch(package.source, source)]
    if not rows:
        steps.die(f"{table.name}: no row for {package.source}, of which {package.name} is linked: read {package.copyright}")
    for licence, words in rows:
        if words in text:
            return licence
    wanted = " or ".join(f'"{words}"' for _, words in rows)
    steps.die(f"{table.name}: {package.copyright} does not say {wanted} any more: read it and change the row")


def digests(path):
    data = path.read_bytes()
    return {name: hashlib.new(name, data).hexdigest() for name in ("sha1", "sha256")}

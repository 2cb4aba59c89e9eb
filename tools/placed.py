"""What ./dev install puts under a prefix, and ./dev uninstall takes away: files with their sums, and the folders made for them.

The list stands in PREFIX/share/penstock/installed, in the form that `sha256sum -c` reads; folders are its comments.
Whatever is not in the list, or was changed since, belongs to somebody else and stays.
"""
import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

LIST = "share/penstock/installed"
CHANGED = ".changed"  # behind the name of a file that somebody made or changed, where ours takes its place
FOLDER = "# folder "
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # from the units: ProtectHome and PrivateTmp
UNIT_PREFIXES = ("", "/usr", "/usr/local")


def normal(prefix):
    return "/" + os.path.normpath(prefix).lstrip("/")


def misfit(prefix):
    """Why a prefix cannot be used by anybody; None: it can. It stands in units and in commands that are printed."""
    if not prefix.startswith("/"):
        return f'"{prefix}" is no absolute path'
    odd = re.search(r"[^A-Za-z0-9_.,+/~-]", prefix)
    if odd:
        return f'"{prefix}" has {odd[0]!r}, which a unit of systemd would read otherwise: letters, digits and _ . , + ~ - are good'
    return None


def unwritable(prefix):
    """Why this account cannot write there; None: it can. `prefix` need not be there yet."""
    there = pathlib.Path(prefix)
    while not there.exists() and not there.is_symlink():
        there = there.parent
    if not there.is_dir():
        return f"{there} is no folder"
    try:
        with tempfile.TemporaryDirectory(dir=there):
            pass
    except OSError as error:
        return f"{there}: {error.strerror}: as root, or give another PREFIX"
    if os.statvfs(there).f_flag & os.ST_NOEXEC:
        return f"{there} is mounted noexec: what stands there is not executed"
    return None


def hidden(prefix):
    """Below a folder that the units do not see? Whoever starts it by hand may use such a prefix."""
    return next((folder for folder in HIDDEN if (prefix + "/").startswith(folder + "/")), None)


@dataclasses.dataclass
class Listed:
    files: dict  # {path: SHA-256, or "link:" and its target}
    folders: set

    def text(self):
        rows = [f"{FOLDER}{folder}" for folder in sorted(self.folders)]
        return "\n".join([*rows, *(f"{self.files[path]}  {path}" for path in sorted(self.files))]) + "\n"


def read(path):
    """The list at `path`; empty where there is none."""
    found = Listed({}, set())
    if not path.exists():
        return found
    for line in path.read_text().splitlines():
        if line.startswith(FOLDER):
            found.folders.add(line.removeprefix(FOLDER))
        else:
            digest, _, name = line.partition("  ")
            found.files[name] = digest
    return found


def digest(path):
    """@return what stands in the list for this file; None: it is not there"""
    if path.is_symlink():
        return "link:" + os.readlink(path)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def owners(paths):
    """{path: Debian package} of those that one has."""
    if not paths or not shutil.which("dpkg-query"):
        return {}
    told = subprocess.run(["dpkg-query", "-S", *map(str, paths)], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    rows = (line.rpartition(": ") for line in told.stdout.splitlines() if not line.startswith("diversion "))
    return {path: package for package, _, path in rows}


def is_of(path, prefix):
    """Could it be listed for this prefix: a name without `..` in it, below? Folders may have been made above, too."""
    return path == normal(path) and path.startswith(prefix + "/")


def replace(source, target):
    """Whoever has the old file open or runs it goes on with it."""
    new = target.with_name(f".{target.name}.new")
    new.unlink(missing_ok=True)
    shutil.copy2(source, new, follow_symlinks=False)
    os.replace(new, target)


def folders_for(paths, below):
    """Those that have to be made, outermost first. `below` stands for / and is there, or comes along."""
    missing = {folder for path in paths for folder in path.parents if folder.is_relative_to(below) and not folder.exists()}
    return sorted(missing, key=lambda folder: len(folder.parts))


class Place:
    """A prefix, below `root`, which is / unless DESTDIR says otherwise."""

    def __init__(self, prefix, root):
        self.prefix = prefix
        self.root = pathlib.Path(root or "/")
        self.list = self.at(prefix + "/" + LIST)
        self.had = read(self.list)

    def foreign(self):
        """The first row of the list that we never write, since it is of no place below the prefix; None: there is none"""
        above = {str(folder) for folder in pathlib.Path(self.prefix + "/x").parents}
        rows = [path for path in self.had.files if not is_of(path, self.prefix)]
        return next(iter(rows + [path for path in sorted(self.had.folders) if path not in above and not is_of(path, self.prefix)]), None)

    def at(self, path):
        return self.root / path.lstrip("/")

    def strange(self, paths):
        """{path: package} of files that would be written over, though a package of the system has put them there."""
        return owners([path for path in paths if path not in self.had.files and self.at(path).exists()])

    def changed(self, files):
        """Those that are there and are neither as an earlier version put them there nor as they stand in `files`."""
        return [path for path in sorted(files) if digest(self.at(path)) not in (None, self.had.files.get(path), files[path])]

    def put(self, stage):
        """
        All files of the folder `stage`; what somebody else put there, or changed since we did, stays beside the new one.
        @return (what stays so, what an earlier version had put and this one has not, but was changed since)
        """
        new = Listed({}, set(self.had.folders))
        for path in sorted(stage.rglob("*")):
            if path.is_symlink() or not path.is_dir():
                new.files["/" + str(path.relative_to(stage))] = digest(path)
        gone = {path: known for path, known in self.had.files.items() if path not in new.files}
        for folder in folders_for([self.list, *map(self.at, new.files)], self.root):
            folder.mkdir(mode=0o755)
            folder.chmod(0o755)
            if folder != self.root:
                new.folders.add("/" + str(folder.relative_to(self.root)))
        beside = self.changed(new.files)
        for path in beside:
            replace(self.at(path), self.at(path + CHANGED))
        # the list comes first: what is interrupted can be taken away
        self.write(Listed({**gone, **new.files}, new.folders))
        for path in new.files:
            replace(stage / path.lstrip("/"), self.at(path))
        kept = self.remove(gone)
        self.write(new)
        return beside, kept

    def write(self, listed):
        self.list.write_text(listed.text())
        self.list.chmod(0o644)

    def remove(self, files):
        """@return those that stay because they were changed since"""
        kept = []
        for path, known in sorted(files.items()):
            found = digest(self.at(path))
            if found == known:
                self.at(path).unlink()
            elif found is not None:
                kept.append(path)
        return kept

    def take(self):
        """All that is listed, and the folders that were made for it and are empty now. @return (files, folders) that stay"""
        kept = self.remove(self.had.files)
        self.list.unlink()
        full = []
        for folder in sorted(self.had.folders, key=len, reverse=True):
            try:
                self.at(folder).rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                full.append(folder)
        return kept, full

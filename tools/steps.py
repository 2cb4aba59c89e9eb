"""What the tools behind ./dev share: what they say, packages, steps with a log, builds."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
LOGS = TOP / "build/logs"
RESULTS = TOP / "build/results"
RELEASE = ("-Dbuildtype=debugoptimized", "-Dstatic=true", "-Dtests=false")
# attacks of processes by themselves (docs/HOLE.md): its code is tried, not its speed
HOLE = ("-Dbuildtype=plain", "-Doptimization=1", "-Dstatic=true", "-Dtests=false", "-Dhole=true", "-Dwerror=true")
SANITIZED = ("-Db_sanitize=address,undefined", "-Dwerror=true", "-Ddifferential=enabled")
PROCESSORS = len(os.sched_getaffinity(0))

lock = threading.Lock()


def say(text=""):
    with lock:
        print(text, flush=True)


def say_interrupted(kind, value, trace):
    """Ctrl-C is no fault of a tool: where it was does not matter. Python ends by the signal all the same."""
    if issubclass(kind, KeyboardInterrupt):
        print("dev: interrupted", file=sys.stderr)
    else:
        sys.__excepthook__(kind, value, trace)


sys.excepthook = say_interrupted


def die(text):
    print(f"dev: {text}", file=sys.stderr)
    sys.exit(1)


def misuse(text):
    print(f"dev: {text}; ./dev --help", file=sys.stderr)
    sys.exit(2)


def help_of(text):
    """Where --help or -h stands among the arguments: print this, which is what the tool's head says, and end."""
    if {"--help", "-h"} & set(sys.argv[1:]):
        say(text.strip())
        sys.exit(0)


def packages(*what):
    """Get what a command needs; what is missing is said there."""
    if subprocess.run([TOP / "tools/packages", *what]).returncode != 0:
        sys.exit(1)


def end_of(log, lines):
    """Errors of a compiler, wherever they stand, and the last lines but those that tell of a success."""
    text = log.read_text(errors="replace").splitlines()
    errors = [line for line in text if re.search(r"^FAILED: |error:|undefined reference", line)]
    return errors[:20] + [line for line in text if not re.search(r" OK +[0-9.]+s$", line)][-lines:]


def prover(name):
    """A program of CBMC: this system's, or that of build/private with the loader and libraries it was built for; None: neither"""
    if shutil.which(name):
        return [name]
    home = TOP / "build/private/cbmc"
    loaders = sorted(home.glob("usr/lib/*/ld-linux*.so.*"))
    if not loaders:
        return None
    return [loaders[0], "--library-path", f"{loaders[0].parent}:{home}/usr/lib", home / f"usr/bin/{name}"]


class Steps:
    """Commands that run quietly, each with a log; what failed is told at once, and counted."""

    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, what, function, lines=15):
        """`function` gets an open log and returns whether it went well."""
        begin, path = time.monotonic(), LOGS / f"{name}.log"
        with open(path, "w") as log:
            good = function(log)
        took = f"({time.monotonic() - begin:.0f} s)"
        with lock:
            self.passed += good
            self.failed += not good
        if good:
            say(f"ok      {what} {took}")
        else:
            where = path.relative_to(TOP)
            say("\n".join([f"FAILED  {what} {took}, end of {where}:", *(f"    {line}" for line in end_of(path, lines))]))
        return good

    def command(self, name, what, *argv, lines=15, **more):
        return self.run(name, what, lambda log: call(log, *argv, **more), lines)

    def build(self, name, what, folder, compiler, *options):
        return self.run(name, what, lambda log: build(log, folder, compiler, *options))


def call(log, *argv, **more):
    return subprocess.run([str(word) for word in argv], cwd=TOP, stdout=log, stderr=log, **more).returncode == 0


def is_configured(folder, compiler, options):
    """Does a build that was configured without us have this compiler and these options?"""
    command = re.search(r"^rule c_COMPILER\n command = (.*?) \$ARGS", (folder / "build.ninja").read_text(), re.M)
    told = subprocess.run(["meson", "introspect", "--buildoptions", folder], capture_output=True, text=True)
    if not command or compiler not in [os.path.basename(word) for word in command[1].split()] or told.returncode != 0:
        return False
    has = {row["name"]: row["value"] for row in json.loads(told.stdout)}
    wanted = (option.removeprefix("-D").split("=", 1) for option in options)
    return all(text_of(has.get(name)) == value for name, value in wanted)


def text_of(value):
    """An option's value as it is written on a command line."""
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def build(log, folder, compiler, *options, targets=(), source=TOP):
    """meson setup, anew when the options changed, and ninja. `source`: another tree than this. What somebody else
    configured otherwise is theirs."""
    folder = TOP / folder
    private = TOP / "build/private/mbedtls"
    if private.exists():
        options = (f"-Dmbedtls_prefix={private}", *options)
    key, stamp = f"{compiler} {' '.join(options)}\n", folder / ".options"
    if (folder / "build.ninja").exists() and not stamp.exists():
        if not is_configured(folder, compiler, options):
            print(f"error: {folder} was configured by hand, and otherwise: remove it or move it away", file=log, flush=True)
            return False
        stamp.write_text(key)
    if not (folder / "build.ninja").exists() or not stamp.exists() or stamp.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        if not call(log, "meson", "setup", folder, source, *options, env={**os.environ, "CC": compiler}):
            return False
        stamp.write_text(key)
    return call(log, "ninja", "-k", "0", "-C", folder, *targets)


def executables(folder):
    """What a build folder holds of ours, in the order of their names."""
    return sorted((path for path in folder.glob("src/*/penstock*") if path.is_file() and os.access(path, os.X_OK)),
                  key=lambda path: path.name)


def build_release():
    if not Steps().build("release", "release build", "build/release", "gcc", *RELEASE):
        sys.exit(1)

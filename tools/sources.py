"""The sources of this tree: which files they are, of which commit and time, and copies of them."""
import os
import shutil
import subprocess

import steps


def ask_git(*arguments):
    """@return the octets that it says of this tree, not of one that this lies in; None: there is no git, or no commit"""
    if not shutil.which("git"):
        return None
    told = subprocess.run(["git", *arguments], cwd=steps.TOP, capture_output=True,
                          env={**os.environ, "GIT_CEILING_DIRECTORIES": str(steps.TOP.parent)})
    return told.stdout if told.returncode == 0 else None


def own_files():
    """What git knows or would take; where there is no git, all but build/."""
    listed = ask_git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is not None:
        names = os.fsdecode(listed).rstrip("\0").split("\0")
    else:
        names = [str(path.relative_to(steps.TOP)) for path in steps.TOP.rglob("*") if path.relative_to(steps.TOP).parts[0] != "build"]
    return sorted(name for name in names if (steps.TOP / name).is_file())


def copy_sources(to, reverse=False):
    for name in sorted(own_files(), reverse=reverse):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(steps.TOP / name, to / name)  # its time is now


def git(*arguments):
    """@return what it says; empty where there is no git or no commit"""
    return (ask_git(*arguments) or b"").decode().strip()


def known_epoch():
    """Seconds in digits: SOURCE_DATE_EPOCH, or the time of the commit; something else: neither is known"""
    told = os.environ.get("SOURCE_DATE_EPOCH")
    return git("log", "-1", "--format=%ct") if told is None else told


def epoch(tool):
    """Seconds: SOURCE_DATE_EPOCH, or the time of the commit; ends with a line of `tool` if there is neither."""
    told = known_epoch()
    if not told.isdigit():
        steps.die(f"{tool}: there is no commit to take the time from: set SOURCE_DATE_EPOCH")
    return int(told)

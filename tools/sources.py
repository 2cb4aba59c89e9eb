"""The sources of this tree: which files they are, of which commit and time, and copies of them."""
import os
import shutil
import subprocess

import steps


def own_files():
    """What git knows or would take; where there is no git, all but build/."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=steps.TOP, capture_output=True)
    if listed.returncode == 0:
        names = os.fsdecode(listed.stdout).rstrip("\0").split("\0")
    else:
        names = [str(path.relative_to(steps.TOP)) for path in steps.TOP.rglob("*") if path.relative_to(steps.TOP).parts[0] != "build"]
    return sorted(name for name in names if (steps.TOP / name).is_file())


def copy_sources(to, reverse=False):
    for name in sorted(own_files(), reverse=reverse):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(steps.TOP / name, to / name)  # its time is now


def git(*arguments):
    """@return what it says; empty where there is no git or no commit"""
    told = subprocess.run(["git", *arguments], cwd=steps.TOP, capture_output=True, text=True)
    return told.stdout.strip() if told.returncode == 0 else ""


def epoch(tool):
    """Seconds: SOURCE_DATE_EPOCH, or the time of the commit; ends with a line of `tool` if there is neither."""
    told = os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct")
    if not told.isdigit():
        steps.die(f"{tool}: there is no commit to take the time from: set SOURCE_DATE_EPOCH")
    return int(told)

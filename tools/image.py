"""The container's image, built by buildah. What compiles it is BASE in the Dockerfile.

Where that cannot be fetched, an image of the same name without its digest is taken, if there is one; PENSTOCK_BASE names another.
"""
import hashlib
import json
import os
import re
import shutil
import subprocess

import steps

ENVIRONMENT = {**os.environ, "STORAGE_DRIVER": os.environ.get("STORAGE_DRIVER", "vfs"), "BUILDAH_ISOLATION": "chroot"}


def ask(*argv):
    """What buildah prints; None where it fails."""
    told = subprocess.run(["buildah", *map(str, argv)], env=ENVIRONMENT, capture_output=True, text=True)
    return told.stdout.strip() if told.returncode == 0 else None


def is_here(name):
    return ask("inspect", "--type", "image", name) is not None


def pinned():
    return re.search(r"^ARG BASE=(\S+)$", (steps.TOP / "Dockerfile").read_text(), re.M)[1]


def base():
    """The name of what is compiled in."""
    name = os.environ.get("PENSTOCK_BASE") or pinned()
    without = name.partition("@")[0]
    return without if not is_here(name) and is_here(without) else name


def why_not():
    """Why there is nothing to build it by here, without asking anybody elsewhere; None: there is."""
    if not shutil.which("buildah"):
        return "no buildah here (package buildah)"
    return None if is_here(base()) else f"no image {base()} here"


def command(name, source, *options, form="docker"):
    """The format of Docker has HEALTHCHECK, and a host's and container's name made by chance; that of OCI has neither."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "0")
    return ("buildah", "bud", "--format", form, "--network", "host", "--build-arg", f"BASE={base()}",
            "--build-arg", f"SOURCE_DATE_EPOCH={epoch}", *options, "-t", name, source)


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def blob(folder, entry):
    """The file of what a manifest names."""
    return folder / entry["digest"].removeprefix("sha256:")


def configuration(folder):
    return json.loads(blob(folder, manifest(folder)["config"]).read_text())


def write(name, folder):
    """Write the image as files. @return the SHA-256 of its manifest, which has those of all others, and the octets of its layers, compressed"""
    if ask("push", name, f"dir:{folder}") is None:
        steps.die(f"buildah cannot write {name}")
    sizes = [blob(folder, layer).stat().st_size for layer in manifest(folder)["layers"]]
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest(), sum(sizes)

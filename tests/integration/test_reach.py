"""What the supervisor can read in its jail, where the kernel has Landlock: the folders of the start, and what is new in them."""
import ctypes
import json
import os
import re
import signal

import pytest
from penstock import wait_for
from test_confined import STATIC

pytestmark = pytest.mark.smoke

CREATE_RULESET, VERSION_FLAG = 444, 1  # of landlock_create_ruleset(2), on every architecture


def landlock():
    """The version of Landlock that this kernel has; below 1: none."""
    return ctypes.CDLL(None).syscall(CREATE_RULESET, None, 0, VERSION_FLAG)


needs_reading = pytest.mark.skipif(landlock() < 1 or not STATIC, reason="needs Landlock, and a static build")


def write(path, text):
    """As an editor does: another file in the place of the one before."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.chmod(0o644)
    os.replace(new, path)


def the_line(service):
    return re.search(r"(Landlock, version .*|this kernel has no Landlock.*)$", service.log(), re.M)[1]


def reload(service, **settings):
    """@return what the log says of it"""
    before = service.log()
    config = json.loads(service.file.read_text())
    write(service.file, json.dumps({**config, **settings}))
    service.process.send_signal(signal.SIGHUP)

    def said():
        return re.search(r"the new configuration is in force|the configuration stays as it is: .*", service.log()[len(before):])
    wait_for(said, 10, "the end of the reload")
    return said()[0]


def test_the_start_tells_what_holds(bad_service):
    line = the_line(bad_service)
    if landlock() < 1:
        assert line == "this kernel has no Landlock: what files are opened, filters and accounts alone say"
    elif not STATIC:
        assert line == f"Landlock, version {landlock()}: no file is changed; what is read takes a static build"
    else:
        authority = os.path.dirname(bad_service.config["tls"]["ca_file"])
        assert line == (f"Landlock, version {landlock()}: fronts and workers open no file, the supervisor reads below "
                        f"/proc, {bad_service.folder}, {authority}")


def test_what_is_new_in_a_folder_of_the_start_is_read(serve, bad, shared):
    folder = shared / "reach-known"
    folder.mkdir(mode=0o755)
    for name in ("one", "two"):
        write(folder / name, f"{name}.penstock.example\n")
    service = serve(bad, settings={"local": {"block": [str(folder / "one")]}})
    assert reload(service, local={"block": [str(folder / "one"), str(folder / "two")]}) == "the new configuration is in force"
    write(folder / "two", "three.penstock.example\n")
    assert reload(service) == "the new configuration is in force"
    assert service.ask("two.penstock.example").rcode() == 0
    assert service.ask("three.penstock.example").rcode() == 3


@needs_reading
def test_another_folder_takes_a_restart_and_a_line_says_so(serve, bad, shared):
    known, other = shared / "reach-first", shared / "reach-other"
    for folder in (known, other):
        folder.mkdir(mode=0o755)
        write(folder / "names", "blocked.penstock.example\n")
    (known / "link").symlink_to(other / "names")
    service = serve(bad, settings={"local": {"block": [str(known / "names")]}})
    for path in (other / "names", known / "link"):
        assert reload(service, local={"block": [str(path)]}) == (
            f"the configuration stays as it is: local.block: {path}: Permission denied; restart to read what is in none of the "
            "folders of the start (Landlock)")
    assert reload(service, local={"block": [str(known / "names")]}) == "the new configuration is in force"


@needs_reading
def test_a_link_of_the_start_is_read_where_it_leads(serve, bad, shared):
    """As certificates and mounted configurations are renewed: the name stays, and leads to a new file of that folder."""
    named, real = shared / "reach-named", shared / "reach-real"
    for folder in (named, real):
        folder.mkdir(mode=0o755)
    for name in ("one", "two"):
        write(real / name, f"{name}.penstock.example\n")
    (named / "names").symlink_to(real / "one")
    service = serve(bad, settings={"local": {"block": [str(named / "names")]}})
    (named / "new").symlink_to(real / "two")
    os.replace(named / "new", named / "names")
    assert reload(service) == "the new configuration is in force"
    assert service.ask("two.penstock.example").rcode() == 3


def test_accounts_are_looked_up_again(serve, bad, place):
    service = serve(bad, settings={"control": {"socket": str(place), "readers": ["games"]}})
    assert landlock() < 1 or not STATIC or the_line(service).endswith(", /etc")
    assert reload(service, control={"socket": str(place), "readers": ["games", "mail"]}) == "the new configuration is in force"

"""packaging/debian/restart-if-sound beside a service: systemctl and deb-systemd-invoke are stand-ins, what they are asked is told.

tests/package/whole has dpkg run it.
"""
import json
import os
import subprocess

import pytest
from conftest import needs_root
from penstock import EXECUTABLE, TOP, plain_environment, records

pytestmark = [pytest.mark.smoke, needs_root]

SCRIPT = TOP / "packaging/debian/restart-if-sound"
STAND_IN = """#!/bin/sh
case "$*" in
*'-p MainPID penstock.service') echo {pid} ;;
*'-p User penstock.service') echo {user} ;;
*'is-active penstock.service') exit {down} ;;
try-restart*) echo "$*" >>{asked} ;;
esac
"""


@pytest.fixture
def upgrade(tmp_path):
    """upgrade(service, …): what the script says, its exit status, and whether it asked for a restart"""
    def run(service=None, user="", down=0, program=EXECUTABLE):
        asked = tmp_path / "asked"
        asked.write_text("")
        for name in ("systemctl", "deb-systemd-invoke"):
            (tmp_path / name).write_text(STAND_IN.format(pid=service.process.pid if service else 0, user=user, down=down, asked=asked))
            (tmp_path / name).chmod(0o755)
        done = subprocess.run([SCRIPT, program], capture_output=True, text=True, timeout=60,
                              env=plain_environment(PATH=f"{tmp_path}:{os.environ['PATH']}", PENSTOCK_NO_SUCH_KEY="of whoever upgrades"))
        assert done.stdout == "" and asked.read_text() in ("", "try-restart penstock.service\n"), done
        return done.stderr, done.returncode, bool(asked.read_text())
    return run


def answers(service):
    return records(service.ask("a.penstock.example")) == ["192.0.2.1", "192.0.2.2"]


def test_a_configuration_that_is_taken_is_restarted_with(serve, unbound, upgrade):
    service = serve(unbound)
    said, status, restarted = upgrade(service)
    assert (status, restarted) == (0, True) and "is sound" in said, said


def test_a_key_that_is_refused_leaves_the_old_version_serving(serve, unbound, upgrade):
    service = serve(unbound)
    service.file.write_text(json.dumps({**service.config, "of_before": 1}, indent=1))
    said, status, restarted = upgrade(service)
    assert (status, restarted) == (1, False)
    assert f"{service.file}:" in said and "of_before" in said and "so it was not restarted" in said
    assert answers(service)


def test_variables_of_the_service_are_given_and_others_are_not(serve, unbound, upgrade, pki):
    service = serve(unbound, ca_file="/nonexistent", environment={"PENSTOCK_TLS_CA_FILE": str(pki.authority.pem)})
    assert upgrade(service)[1:] == (0, True)


@pytest.mark.parametrize("user, wanted", [("", (0, True)), ("nobody", (1, False))])
def test_it_is_asked_as_the_unit_starts_it(serve, unbound, upgrade, user, wanted):
    """A file that root alone can read."""
    service = serve(unbound)
    service.file.chmod(0o600)
    said, *found = upgrade(service, user)
    assert tuple(found) == wanted, said


def test_arguments_of_the_service_are_given_and_cannot_be_a_command(serve, unbound, upgrade, tmp_path):
    """-c FILE and -v, behind --check: `pin` would connect to somebody."""
    service = serve(unbound)
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "asked: $*"\n')
    program.chmod(0o755)
    said, status, restarted = upgrade(service, program=program)
    assert (said, status, restarted) == (f"asked: --check -c {service.file} -v\n", 0, True)


def test_where_nothing_serves_nothing_is_done(upgrade):
    assert upgrade() == ("", 0, False)


def test_a_service_that_is_down_after_its_restart_is_told(serve, unbound, upgrade):
    said, status, restarted = upgrade(serve(unbound), down=3)
    assert (status, restarted) == (1, True) and "does not serve after its restart" in said

"""The units, as systemd reads them. No systemd runs here: what it does with them is its own promise."""
import pathlib
import re
import shutil
import subprocess

import pytest
from penstock import BUILD, EXECUTABLE, TOP, plain_environment

UNITS = TOP / "packaging/systemd"

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")


def verify(folder, service):
    """What systemd-analyze has to say of both units, `service` being the text of one."""
    (folder / "penstock.service").write_text(service)
    (folder / "penstock.socket").write_text((UNITS / "penstock.socket").read_text())
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", folder / "penstock.service",
                             folder / "penstock.socket"], capture_output=True, text=True, timeout=120,
                            env=plain_environment(SYSTEMD_LOG_LEVEL="warning"))
    return [line for line in result.stderr.splitlines() if "penstock" in line], result.returncode


def service_text():
    return (UNITS / "penstock.service").read_text().replace("/usr/bin/penstock", str(EXECUTABLE))


@needs_systemd
def test_units_are_sound(tmp_path):
    said, status = verify(tmp_path, service_text())
    assert not said and status == 0, "\n".join(said)


@needs_systemd
def test_an_unknown_setting_would_be_seen(tmp_path):
    said, _ = verify(tmp_path, service_text().replace("RestartSec=", "RestartSeconds="))
    assert any("RestartSeconds" in line for line in said), said


@needs_systemd
def test_the_exporters_unit_is_sound(tmp_path):
    text = (UNITS / "penstock-exporter.service").read_text().replace("/usr/bin/penstock-exporter", str(BUILD / "src/exporter/penstock-exporter"))
    (tmp_path / "penstock-exporter.service").write_text(text)
    (tmp_path / "penstock.service").write_text(service_text())
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", tmp_path / "penstock-exporter.service"], capture_output=True,
                            text=True, timeout=120, env=plain_environment(SYSTEMD_LOG_LEVEL="warning"))
    said = [line for line in result.stderr.splitlines() if "penstock" in line]
    assert not said and result.returncode == 0, "\n".join(said)


def test_the_exporters_account_is_made_and_runs_it():
    assert re.search(r"^u penstock-exporter ", (UNITS / "penstock.sysusers").read_text(), re.M)
    assert re.search(r"^User=penstock-exporter$", (UNITS / "penstock-exporter.service").read_text(), re.M)


def test_wrong_configuration_is_not_tried_again():
    text = (UNITS / "penstock.service").read_text()
    assert re.search(r"^RestartPreventExitStatus=78$", text, re.M)
    assert re.search(r"^ExecReload=\S*kill -HUP \$MAINPID$", text, re.M)
    assert re.search(r"^Type=notify$", text, re.M), "notify-reload is unknown to systemd 252"


def test_installed_unit_names_the_installed_executable():
    built = pathlib.Path(EXECUTABLE).parents[2] / "packaging/penstock.service"
    if not built.exists():
        pytest.skip("this build makes no units")
    assert re.search(r"^ExecStart=/\S+/bin/penstock -c /etc/penstock/penstock\.yaml$", built.read_text(), re.M)

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
@pytest.mark.parametrize("unit", ["penstock-exporter", "penstock-events"])
def test_the_exporters_units_are_sound(tmp_path, unit):
    text = (UNITS / f"{unit}.service").read_text().replace("/usr/bin/penstock-exporter", str(BUILD / "src/exporter/penstock-exporter"))
    (tmp_path / f"{unit}.service").write_text(text)
    (tmp_path / "penstock.service").write_text(service_text())
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", tmp_path / f"{unit}.service"], capture_output=True,
                            text=True, timeout=120, env=plain_environment(SYSTEMD_LOG_LEVEL="warning"))
    said = [line for line in result.stderr.splitlines() if "penstock" in line]
    assert not said and result.returncode == 0, "\n".join(said)


def exposure(path):
    """What systemd-analyze makes of all settings, and what it says."""
    result = subprocess.run(["systemd-analyze", "security", "--offline=true", path], capture_output=True, text=True, timeout=120,
                            env=plain_environment(SYSTEMD_COLORS="0"))
    found = re.search(rf"Overall exposure level for {path.name}: ([0-9.]+)", result.stdout)
    assert found, result.stdout + result.stderr
    version = subprocess.run(["systemd-analyze", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    # measured with systemd 252; another one asks about more or fewer settings
    return float(found[1]) - (0 if version == "252" else 0.3), result.stdout


def merged(service, drop_in):
    """The text of a service with that of a drop-in, which systemd reads behind it."""
    for section in ("Unit", "Service"):
        rows = re.search(rf"^\[{section}\]\n(.*?)(?=^\[|\Z)", drop_in, re.M | re.S)[1]
        service = re.sub(rf"^(\[{section}\]\n.*?)(?=^\[|\Z)", lambda head, rows=rows: f"{head[1]}{rows}\n", service, flags=re.M | re.S)
    return service


def confined(text):
    return merged(text, (UNITS / "penstock-confined.conf").read_text())


@needs_systemd
@pytest.mark.parametrize("unit, most", [("penstock", 1.5), ("penstock-exporter", 0.9), ("penstock-events", 0.6)])
def test_a_unit_permits_no_more_than_it_did(unit, most):
    """docs/SANDBOX.md says what is left and why."""
    found, said = exposure(UNITS / f"{unit}.service")
    assert found <= most, said


@needs_systemd
def test_with_its_drop_in_the_unit_is_confined(tmp_path):
    (tmp_path / "penstock.service").write_text(confined((UNITS / "penstock.service").read_text()))
    found, said = exposure(tmp_path / "penstock.service")
    assert found <= 1.0, said


@needs_systemd
def test_the_drop_in_is_sound(tmp_path):
    said, status = verify(tmp_path, confined(service_text()))
    assert not said and status == 0, "\n".join(said)


def test_the_drop_in_lets_in_the_upstreams_of_the_shipped_policies():
    allowed = set(" ".join(re.findall(r"^IPAddressAllow=(.*)$", (UNITS / "penstock-confined.conf").read_text(), re.M)).split())
    upstreams = {address for policy in (TOP / "policy").glob("*.yaml")
                 for address in re.findall(r'^    address: "(\d[\d.]*):\d+"', policy.read_text(), re.M)}
    assert upstreams and upstreams - {"127.0.0.1"} <= allowed


@needs_systemd
def test_the_drop_in_of_the_documentation_is_sound(tmp_path):
    text = (TOP / "docs/SANDBOX.md").read_text()
    rows = re.search(r"```\n\[Service\]\n((?:\w+=.*\n)+)```", text)[1]
    said, status = verify(tmp_path, service_text().replace("[Install]", rows + "[Install]"))
    assert not said and status == 0, "\n".join(said)


@pytest.mark.parametrize("unit", ["penstock-exporter", "penstock-events"])
def test_the_exporters_accounts_are_made_and_run_it(unit):
    assert re.search(rf"^u {unit} ", (UNITS / "penstock-exporter.sysusers").read_text(), re.M)
    assert re.search(rf"^User={unit}$", (UNITS / f"{unit}.service").read_text(), re.M)


def test_each_account_of_a_unit_is_made():
    """And the folder of the control socket is made by tmpfiles as the unit makes it."""
    made = {name for path in UNITS.glob("*.sysusers") for name in re.findall(r"^u (\S+) ", path.read_text(), re.M)}
    assert made == {re.search(r"^User=(\S+)$", path.read_text(), re.M)[1] for path in UNITS.glob("*.service")}
    unit = (UNITS / "penstock.service").read_text()
    name, mode = (re.search(rf"^{key}=(\S+)$", unit, re.M)[1] for key in ("RuntimeDirectory", "RuntimeDirectoryMode"))
    assert re.findall(r"^[^#].*", (UNITS / "penstock.tmpfiles").read_text(), re.M) == [f"d /run/{name} {mode} penstock penstock -"]


def test_the_query_log_has_a_folder_and_is_opened_anew():
    text = (UNITS / "penstock-events.service").read_text()
    assert re.search(r"^LogsDirectory=penstock$", text, re.M)
    assert re.search(r"^ExecReload=\S*kill -HUP \$MAINPID$", text, re.M)
    command = re.search(r"^ExecStart=/usr/bin/penstock-exporter (.*)$", text, re.M)[1].split()
    assert command == ["--events", "json", "--output", "/var/log/penstock/queries.json"]


def test_wrong_configuration_is_not_tried_again():
    text = (UNITS / "penstock.service").read_text()
    assert re.search(r"^RestartPreventExitStatus=78$", text, re.M)
    assert re.search(r"^ExecReload=\S*kill -HUP \$MAINPID$", text, re.M)
    assert re.search(r"^Type=notify$", text, re.M), "packaging/meson.build makes notify-reload of it where that is known"


@pytest.mark.parametrize("version, has", [("252", False), ("253", True), ("257", True)])
def test_the_unit_waits_for_reloads_where_systemd_can(tmp_path, version, has):
    """As it is made on a machine with that systemd; notify-reload sends the signal itself, and would send it twice."""
    (tmp_path / "systemd.pc").write_text(f"Name: systemd\nDescription: systemd\nVersion: {version}\n")
    (tmp_path / "meson.build").write_text("project('units')\nsubdir('packaging')\n")
    shutil.copy(TOP / "meson_options.txt", tmp_path)
    shutil.copytree(TOP / "packaging", tmp_path / "packaging")
    for command in (["meson", "setup", "build"], ["ninja", "-C", "build"]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120,
                              env=plain_environment(PKG_CONFIG_PATH=str(tmp_path)))
        assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "build/packaging/penstock.service").read_text()
    assert re.search(r"^Type=notify-reload$", text, re.M) if has else re.search(r"^Type=notify$", text, re.M)
    assert bool(re.search(r"^ExecReload=", text, re.M)) != has
    assert ("says itself when it reloads" in text) != has and "SyslogIdentifier=" in text


def test_installed_unit_names_the_installed_executable():
    built = pathlib.Path(EXECUTABLE).parents[2] / "packaging/penstock.service"
    if not built.exists():
        pytest.skip("this build makes no units")
    assert re.search(r"^ExecStart=/\S+/bin/penstock -c /etc/penstock/penstock\.yaml$", built.read_text(), re.M)

"""The command line: judging, printing, refusing; `penstock pin`."""
import ctypes
import json
import os
import re
import ssl
import subprocess

import pytest
from penstock import BUILD, EXECUTABLE, TOP, plain_environment, run

pytestmark = pytest.mark.smoke


@pytest.fixture
def config(tmp_path, pki):
    """A writer of a sound configuration with changes; the file's path."""
    def write(**changes):
        content = {
            "listen": ["127.0.0.1:5353"],
            "upstreams": [{"name": "first", "address": "127.0.0.1:853", "tls_name": "dot.example",
                           "pins": [pki.good.pin, pki.rotated.pin]}],
            "tls": {"ca_file": str(pki.authority.pem)},
            "user": "nobody",  # not every system has an account penstock
        }
        content.update(changes)
        path = tmp_path / "penstock.yaml"
        path.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))
        return path
    return write


USAGE = 2  # the exit status of a command line that cannot be understood
CONFIG = 78  # of a configuration that is wrong: a service manager need not try again


def refused(result, status=CONFIG):
    """One line that says why."""
    assert result.returncode == status, result
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_version():
    result = run("--version")
    assert result.returncode == 0
    assert re.fullmatch(r"penstock 0\.[\d.]+, built with Mbed TLS 3\.\d+\.\d+\n", result.stdout), result.stdout


def test_check_names_the_tls_library(config):
    built = re.search(r"Mbed TLS \S+", run("--version").stdout).group()
    result = run("-c", config(), "--check")
    assert built in result.stdout
    old = tuple(map(int, built.split()[-1].split("."))) < (3, 6, 8)
    for versions in (["1.2"], ["1.3"], ["1.2", "1.3"]):
        tls = {**json.loads(config().read_text())["tls"], "versions": versions}
        warned = "CVE-2026-115490" in run("-c", config(tls=tls), "--check").stderr
        assert warned == (old and len(versions) == 2)


def test_help_names_every_option():
    result = run("--help")
    assert result.returncode == 0
    for option in ("-c", "-a", "-v", "--check", "--print-config", "--sandbox", "--sandbox-bpf", "--sandbox-selftest", "--version", "pin"):
        assert option in result.stdout


def test_sandbox_prints_tables_and_programs_without_a_configuration():
    rows, programs = run("--sandbox"), run("--sandbox-bpf", "worker")
    assert (rows.returncode, rows.stderr, programs.returncode, programs.stderr) == (0, "", 0, "")
    assert "\nsendmmsg           arg3 has no bits but SANDBOX_SEND_FLAGS  [arg3 & 0xffffbfbf = 0x0]\n" in rows.stdout
    said = re.search(r"^worker: (\d+) instructions, SHA-256 ([0-9a-f]{64})\n", programs.stdout)
    assert f"filter of {said.group(1)} instructions, SHA-256 {said.group(2)}\n" in rows.stdout
    assert re.search(r"^ *\d+  if = 0x[0-9a-f]+ go to \d+ else \d+  ; setsockopt$", programs.stdout, re.M)
    assert "no role" in refused(run("--sandbox", "nobody"), USAGE)


def outer_filter(*calls):
    """Has this process a filter as a container's: `calls` fail with EPERM; listen kills."""
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    kill, allow, fail = 0x80000000, 0x7fff0000, 0x00050001
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(allow)))
    for call, action in [*((call, fail) for call in calls), ("listen", kill)]:
        number = library.seccomp_syscall_resolve_name(call.encode())
        assert library.seccomp_rule_add(context, ctypes.c_uint32(action), number, 0) == 0
    assert library.seccomp_load(context) == 0


def test_sandbox_proves_itself_where_a_container_has_a_filter_too():
    """What fails outside already is no proof; what our filter kills is, whatever the other one says."""
    said = subprocess.run([EXECUTABLE, "--sandbox-selftest", "front"], capture_output=True, text=True, timeout=60,
                          env=plain_environment(), preexec_fn=lambda: outer_filter("recvmmsg", "mount"))
    assert said.returncode == 0, said
    assert "not tried: recvmmsg, which fails with EPERM without our filter\n" in said.stdout
    assert "not tried: listen, which is killed by SIGSYS without our filter\n" in said.stdout
    assert "mount" not in said.stdout  # it fails outside, but it was our filter that killed
    assert re.search(r"^front: \d+ calls: \d+ killed and \d+ let through, as they must be; \d not tried; 0 surprises$", said.stdout, re.M)


def test_check_of_a_sound_file(config):
    assert run("-c", config(), "--check").returncode == 0


@pytest.mark.parametrize("changes,said", [
    ({"control": {"socket": "/nowhere/control"}}, "control.socket: /nowhere/control: No such file or directory"),
    ({"events": {"enabled": "yes"}}, "events.readers: empty"),
    ({"events": {"enabled": "yes", "readers": ["nobody"]}, "control": {"socket": "off"}}, "control.socket is off"),
])
def test_check_warns(config, changes, said):
    result = run("-c", config(**changes), "--check")
    assert result.returncode == 0 and sum(said in line for line in result.stderr.splitlines()) == 1, result.stderr


def test_strict_allows_no_warning(config):
    assert run("-c", config(), "--check", "--strict", PENSTOCK_CONTROL_SOCKET="off").returncode == 0
    twins = [{**json.loads(config().read_text())["upstreams"][0], "name": name} for name in ("first", "second")]
    path = config(upstreams=twins, control={"socket": "off"})
    mild, strict = run("-c", path, "--check"), run("-c", path, "--check", "--strict")
    assert mild.returncode == 0 and len(mild.stderr.splitlines()) == 1 and "second: its address" in mild.stderr
    assert strict.returncode == 1 and strict.stderr == mild.stderr + "penstock: there are warnings, and --strict allows none\n"
    assert "--strict" in refused(run("-c", path, "--strict"), USAGE)


def test_each_file_that_cannot_be_used_is_told(config, tmp_path):
    files = config(tls={"ca_file": str(tmp_path / "ca.pem")}, local={"block": [str(tmp_path / "list")]})
    told = run("-c", files, "--check")
    assert told.returncode == CONFIG
    assert [name for line in told.stderr.splitlines() for name in ("ca.pem", "list") if line.endswith(f"/{name}: No such file or directory")] \
        == ["ca.pem", "list"], told.stderr
    started = run("-c", files)
    assert started.returncode == CONFIG and started.stderr == told.stderr
    every = config(tls={"ca_file": str(tmp_path / "ca.pem")}, local={"block": [str(tmp_path / "list")]}, user="nobody-of-this-name",
                   control={"readers": ["nobody-of-this-name"]}, audit={"key_file": str(tmp_path / "key"), "path": str(tmp_path / "audit")})
    told, started = run("-c", every, "--check"), run("-c", every)
    assert started.returncode == CONFIG and len(told.stderr.splitlines()) == (5 if os.geteuid() == 0 else 4), told.stderr
    assert started.stderr == told.stderr and not (tmp_path / "audit").exists()


# numbers and names below "Exit status:" and "Signals" of the help, and those of the manual page
@pytest.mark.parametrize("name,folder", [("penstock", "supervisor"), ("penstockctl", "ctl"), ("penstock-exporter", "exporter")])
def test_help_tells_signals_and_exit_statuses_as_the_manual_does(name, folder):
    said = subprocess.run([BUILD / "src" / folder / name, "--help"], capture_output=True, text=True, timeout=20,
                          env=plain_environment())
    assert said.returncode == 0 and said.stderr == ""
    text, page = said.stdout, (TOP / "docs" / f"{name}.8").read_text()
    signals = re.search(r"^Signals.*?:\n((?:  .*\n)+)", text, re.M).group(1)
    statuses = re.search(r"^Exit status:\n((?:  .*\n)+)", text, re.M).group(1)
    listed = re.search(r"^\.Sh EXIT STATUS\n(.*?)^\.Sh", page, re.M | re.S).group(1)
    assert re.findall(r"^  (\d+) ", statuses, re.M) == re.findall(r"^\.It (\d+)$", listed, re.M) != []
    named = set(re.findall(r"SIG[A-Z0-9]+", signals))
    assert {"SIGTERM", "SIGINT"} <= named <= set(re.findall(r"SIG[A-Z0-9]+", page))
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("changes,said", [
    ({"control": {"socket": "/" + "a" * 200}}, "control.socket"),
    ({"listen": ["nonsense"]}, "listen"),
    ({"upstreams": None}, "upstreams"),
    ({"upstreams": []}, "upstreams"),
    ({"colour": "blue"}, "colour"),
    ({"timeouts": {"query": "4 parsecs"}}, "query"),
    ({"timeouts": {"query": "1h"}}, "query"),
    ({"acl": {"allow": ["10.0.0.1/8"]}}, "allow"),
    ({"upstreams": [{"name": "x", "address": "127.0.0.1:853", "tls_name": "dot.example"}]}, "pins"),
    ({"upstreams": [{"name": "x", "address": "127.0.0.1:53", "tls_name": "dot.example", "verify": "ca"}]}, "address"),
    ({"upstreams": [{"name": "x", "address": "127.0.0.1", "tls_name": "a", "pins": ["sha256//AAAA"]}]}, "pins"),
    ({"tls": {"versions": ["1.1"]}}, "versions"),
    ({"lanes": 99}, "lanes"),
])
def test_check_refuses(config, changes, said):
    path = config(**changes)
    line = refused(run("-c", path, "--check"))
    assert said in line
    assert refused(run("-c", path)) == line or said in refused(run("-c", path)), "a start refuses the same"


def test_all_that_is_wrong_is_told_at_once(config, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("lanes: many\ntimeouts: {query: 4}\ncolour: blue\n" + "\n".join(f"x{n}: y" for n in range(4, 30)))
    wrong = run("-c", path, "--check", "-a", "nowhere")
    lines = wrong.stderr.splitlines()
    assert wrong.returncode == CONFIG and wrong.stdout == ""
    assert [line.split(": ")[:3] for line in lines[:3]] == [
        ["penstock", f"{path}:1", "lanes"], ["penstock", f"{path}:2", "timeouts.query"], ["penstock", f"{path}:3", "colour"]]
    assert len(lines) == 20 and lines[-1] == "penstock: and 12 more errors"  # 3 + 26 of the file, listen, no upstream
    started = run("-c", path, "-a", "nowhere")
    assert (started.returncode, started.stderr) == (CONFIG, wrong.stderr)


def test_file_that_is_no_yaml(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("listen: [\n  : :\n")
    assert str(path) in refused(run("-c", path, "--check"))


def test_file_that_is_missing(tmp_path):
    assert "gone.yaml" in refused(run("-c", tmp_path / "gone.yaml", "--check"))


def test_missing_ca_file(config, tmp_path):
    line = refused(run("-c", config(tls={"ca_file": str(tmp_path / "none.pem")}), "-a", "127.0.0.1:5399"))
    assert "none.pem" in line


def test_unknown_option():
    assert "--frobnicate" in refused(run("--frobnicate"), USAGE)


def test_unknown_environment_variable(config):
    line = refused(run("-c", config(), "--check", PENSTOCK_COLOUR="blue"))
    assert "PENSTOCK_COLOUR" in line


def test_environment_is_stronger_than_the_file(config):
    result = run("-c", config(), "--print-config", PENSTOCK_TIMEOUTS_QUERY="3s", PENSTOCK_LISTEN="127.0.0.9:99")
    assert result.returncode == 0
    assert "3s" in result.stdout and "127.0.0.9:99" in result.stdout


def test_flag_is_stronger_than_the_environment(config):
    result = run("-c", config(), "-a", "127.0.0.8:88", "--print-config", PENSTOCK_LISTEN="127.0.0.9:99")
    assert "127.0.0.8:88" in result.stdout and "127.0.0.9:99" not in result.stdout


def test_printed_configuration_loads_to_the_same(config, tmp_path):
    first = run("-c", config(), "--print-config")
    assert first.returncode == 0
    for key in ("listen", "lanes", "acl", "upstreams", "ca_file", "upstream_idle", "tcp_idle"):
        assert key in first.stdout
    path = tmp_path / "printed.yaml"
    path.write_text(first.stdout)
    second = run("-c", path, "--print-config")
    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout


def test_address_in_use(config, launch, bad):
    service = launch(bad).wait_ready()
    try:
        # a UDP port shared by SO_REUSEPORT would split the clients between two strangers
        result = run("-c", config(), "-a", f"127.0.0.1:{service.port}")
        assert result.returncode == 1, "the address may be free the next time"
        assert str(service.port) in result.stderr
    finally:
        assert service.stop() == 0


def test_pin_shows_the_chain_ready_to_paste(bad, pki):
    result = run("pin", bad.where, "--tls-name", "dot.example")
    assert result.returncode == 0, result.stderr
    assert pki.good.pin in result.stdout
    assert pki.authority.pin in result.stdout
    assert "proof" in result.stdout + result.stderr, "a first look is not proof, and it says so"
    assert bad.plaintext == 0


def test_pin_of_an_untrusted_server_is_shown_all_the_same(bad, pki):
    bad.present(pki.expired)
    result = run("pin", bad.where)
    assert pki.expired.pin in result.stdout


def test_pin_of_nobody(bad):
    bad.refuse()
    result = run("pin", bad.where)
    assert result.returncode == 1
    assert result.stderr.strip()
    bad.listen_again()


def test_pin_prints_a_policy_that_is_sound(bad, pki, config, shared):
    policy = run("pin", bad.where, "--tls-name", "dot.example", "--policy")
    assert policy.returncode == 0, policy.stderr
    path = shared / "policy-of-pin.yaml"
    path.write_text(policy.stdout + f"  ca_file: {pki.authority.pem}\nuser: nobody\n")
    result = run("-c", path, "--check")
    assert result.returncode == 0, result.stderr


def look(config, bad, pins, **more):
    entry = {"name": "live", "address": bad.where, "tls_name": "dot.example", "pins": pins, **more}
    return run("pin", "--check", "-c", config(upstreams=[entry]))


@pytest.mark.smoke
def test_pin_check_says_which_pin_matches(bad, pki, config):
    result = look(config, bad, [pki.rotated.pin, pki.good.pin])
    assert result.returncode == 0, result.stderr + result.stdout
    assert "live: pin 2 of 2 matches the server's key: " + pki.good.pin in result.stdout
    assert "last pin is in use" in result.stdout
    result = look(config, bad, [pki.authority.pin, pki.rotated.pin])
    assert "pin 1 of 2 matches an issuer's key" in result.stdout
    assert bad.plaintext == 0


def test_pin_check_of_another_key_fails_and_names_it(bad, pki, config):
    result = look(config, bad, [pki.rotated.pin, pki.stranger.pin])
    assert result.returncode == 1
    assert "no pin of 2 matches" in result.stdout and result.stdout.count(pki.good.pin) == 1


def test_pin_check_believes_what_a_worker_believes(bad, pki, config, shared):
    """The true certificate that is merely sent along, another name, an authority that is none of ours."""
    import pki as pki_module
    chain = shared / "sent-along.pem"
    chain.write_text(pki.wrong_ca.chain.read_text() + pki.good.chain.read_text())
    bad.present(pki_module.Certificate(chain, pki.wrong_ca.key))
    for verify in ("pin", "pin+ca"):
        for pin in (pki.good.pin, pki.authority.pin):
            result = look(config, bad, [pin, pki.rotated.pin], verify=verify)
            assert result.returncode == 1, (verify, pin)
            assert "live: not trusted: " in result.stdout and "matches the" not in result.stdout
    bad.present(pki.wrong_name)
    result = look(config, bad, [pki.wrong_name.pin])
    assert result.returncode == 1 and "is not for dot.example" in result.stdout
    assert look(config, bad, [pki.wrong_name.pin], verify="pin").returncode == 0
    assert bad.plaintext == 0


def test_pin_check_of_a_tls_12_server(bad, pki, config):
    """What a worker would ask in TLS 1.2 alone is looked at once more, so."""
    bad.present(pki.rsa, versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
    tls = {"ca_file": str(pki.authority.pem), "versions": ["1.2", "1.3"]}
    entry = {"name": "live", "address": bad.where, "tls_name": "dot.example", "pins": [pki.rsa.pin]}
    result = run("pin", "--check", "-c", config(upstreams=[entry], tls=tls))
    assert result.returncode == 0, result.stdout
    assert "pin 1 of 1 matches the server's key" in result.stdout


def test_pin_check_of_nobody(bad, pki, config):
    bad.refuse()
    result = look(config, bad, [pki.good.pin])
    assert result.returncode == 1 and "cannot connect" in result.stdout
    bad.listen_again()


def test_pin_check_of_one_by_name(bad, pki, config):
    entries = [{"name": name, "address": bad.where, "tls_name": "dot.example", "pins": [pin]}
               for name, pin in (("right", pki.good.pin), ("wrong", pki.stranger.pin))]
    path = config(upstreams=entries)
    assert run("pin", "--check", "-c", path, "right").returncode == 0
    assert run("pin", "--check", "-c", path, "wrong").returncode == 1
    assert run("pin", "--check", "-c", path).returncode == 1
    unknown = run("pin", "--check", "-c", path, "nobody")
    assert unknown.returncode == 1 and "nobody" in unknown.stderr
    refused(run("pin", "--check", "-c", config(upstreams=[])))


def test_pin_needs_an_address():
    refused(run("pin"), USAGE)
    refused(run("pin", "dns.example"), USAGE)


def test_closed_standard_descriptors(config):
    """Whoever closes 0, 1, 2 must not make us write into a socket."""
    result = subprocess.run(["sh", "-c", 'exec "$0" -c "$1" --check <&- >&- 2>&-', EXECUTABLE, config()],
                            env=plain_environment(), timeout=20)
    assert result.returncode == 0

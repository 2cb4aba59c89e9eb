"""tls.policy: of servers that have only what NIST has not approved, `approved` says why it refuses them."""
import json
import signal

import pytest
import tls_peers
from baddot import encoded
from conftest import upstream
from penstock import records, run

OFFER = "tls.policy: approved offers AES-GCM and the groups P-256, P-384 and P-521 alone"
SHORT = "tls.policy: approved: certificate 0 of the server's chain has an RSA key of 1024 bits; taken are 2048 and more"

# what the server is told; its kind of key; under modern and approved: what it is connected with, or why it is refused
SERVERS = {
    "approved": (["-groups", "P-384", "-ciphersuites", "TLS_AES_256_GCM_SHA384"], "ec", "TLS_AES_256_GCM_SHA384",
                 "TLS_AES_256_GCM_SHA384"),
    "chacha": (["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], "ec", "TLS_CHACHA20_POLY1305_SHA256", OFFER),
    "x25519": (["-groups", "X25519"], "ec", "TLS_AES_", OFFER),
    "short": (["-cipher", "DEFAULT@SECLEVEL=0"], "rsa1024", "TLS_AES_", SHORT),
    "ed25519": ([], "ed25519", "a server with an Ed25519 key alone has none with us", OFFER),
}


class Peers(tls_peers.Openssl):
    def run(self, name, *arguments, **options):
        label = next(label for label, port in self.ports.items() if f"127.0.0.1:{port}" in arguments)
        return super().run(name, *arguments, *SERVERS[label][0], **options)


@pytest.fixture(scope="module")
def certificates(pki):
    made = {label: pki.authority.issue(f"policy-{label}", kind=kind) for label, (_, kind, _, _) in SERVERS.items()}
    for certificate in made.values():
        certificate.key.chmod(0o644)
    return made


@pytest.fixture
def peers(shared, certificates):
    peers = Peers(shared / "policy-peers", [(label, certificates[label], ["1.3"]) for label in SERVERS])
    yield peers
    peers.stop()


def expect(service, column):
    for label, row in SERVERS.items():
        words = row[column]
        service.wait_log(f"upstream {label}: connected, TLS 1.3 {words}" if words.startswith("TLS_")
                         else f"upstream {label}: [^\n]*{words}", seconds=20)


def test_a_reload_to_approved_refuses_what_is_not(serve, pki, peers, certificates):
    """Five real servers behind one service; an RSA key of 1024 bits is trusted by its pin alone."""
    entries = [upstream(f"127.0.0.1:{peers.ports[label]}", pki, name=label, verify="pin" if label == "short" else "pin+ca",
                        pins=[certificate.pin]) for label, certificate in certificates.items()]
    service = serve(entries, settings={"limits": {"upstream_connections": 1}})
    expect(service, 2)
    assert "tls.policy" not in service.log()
    before = len(service.log())
    config = json.loads(service.file.read_text())
    service.file.write_text(json.dumps({**config, "tls": {**config["tls"], "policy": "approved"}}))
    service.process.send_signal(signal.SIGHUP)
    service.wait_log("is in force; workers are replaced", seconds=20)
    expect(service, 3)
    after = service.log()[before:]
    assert "only algorithms that NIST has approved are used with upstreams" in after
    for label in ("chacha", "x25519", "short"):
        assert f"upstream {label}: connected" not in after
    assert records(service.ask("left.penstock.example", timeout=6)) == [encoded("left.penstock.example")]
    shown = {values["name"]: values for group, values in service.statistics() if group == "upstream"}
    assert shown["approved"]["cipher"] == "0x1302" and shown["approved"]["tls"] == "1.3"
    check = run("--check", "-c", service.file)
    assert check.returncode == 0 and "tls.policy: approved; only algorithms" in check.stdout
    assert "no validated module" in check.stdout

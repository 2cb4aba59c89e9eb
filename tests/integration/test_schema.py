"""docs/penstock.schema.json: what penstock takes is right for an editor, and a first mistake is not."""
import re

import pytest

pytest.importorskip("jsonschema")

from penstock import TOP, run  # noqa: E402
from schema import complaints  # noqa: E402

pytestmark = pytest.mark.smoke

SHIPPED = sorted((TOP / "policy").glob("*.yaml")) + [TOP / "packaging/container/penstock.yaml", TOP / "packaging/kubernetes/base/penstock.yaml"]
PIN = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
SOUND = f"""
upstreams:
  - {{ name: one, address: "192.0.2.1:853", tls_name: dns.example, pins: ["{PIN}"] }}
"""


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(TOP)))
def test_what_is_shipped_is_right(path):
    assert complaints(path.read_text()) == []


def test_the_example_of_the_manual_is_right():
    page = (TOP / "docs/penstock.yaml.5").read_text()
    example = re.search(r"^\.Bd -literal\n(listen:.*?)^\.Ed", page, re.M | re.S).group(1)
    assert complaints(example) == []


def test_every_default_is_right(tmp_path):
    """Each key as --print-config writes it."""
    path = tmp_path / "penstock.yaml"
    path.write_text(SOUND)
    printed = run("-c", path, "--print-config")
    assert printed.returncode == 0 and complaints(printed.stdout) == []


UPSTREAM = "upstreams: [{{name: {}, address: 192.0.2.1, tls_name: dns.example, verify: ca}}]"


# A value with quotes and without them is the same to penstock: so it must be to an editor, which takes some for numbers or true.
@pytest.mark.parametrize("of, taken, refused", [
    ("lanes: {}", ["2", "auto"], ["two", "1.5"]), ("filter: {{ports: [{}]}}", ["0", "853"], ["-1"]), ("rates: {{slip: {}}}", ["0"], ["1.5"]),
    ("limits: {{tcp_queries: {}}}", ["10", "unlimited"], ["0x10"]), ("cookies: {{enabled: {}}}", ["yes"], ["true"]),
    ("cookies: {{secret: {}}}", ["12345678901234567890123456789012", "a2345678901234567890123456789012"], ["a1"]),
    ("local: {{server_id: {}}}", ["7", "1.3", "true", "ns1"], ["a b"]), ("local: {{private_names: [{}]}}", ["10", "2.10", "false", "a.b"], ["a..b"]),
    ("control: {{readers: [{}]}}", ["1000", "true", "daemon"], ["-a"]), ("user: {}", ["1000", "daemon"], ["a b"]),
    ("tls: {{versions: [{}]}}", ["1.3"], ["1.1"]), ("timeouts: {{query: {}}}", ["4s"], ["4"]), ("cache: {{size: {}}}", ["16MiB", "off"], ["16"]),
    (UPSTREAM, ["9", "9.5", "true", "one"], ["a b"]), (UPSTREAM.replace("dns.example", "{}").replace("{}", "one", 1), ["true", "a.b"], ["a b"]),
])
def test_quotes_are_no_difference(of, taken, refused, tmp_path):
    path = tmp_path / "penstock.yaml"
    for value in taken + refused:
        for written in (value, f'"{value}"'):
            text = of.format(written)
            path.write_text(text if "upstreams" in text else text + SOUND)
            status = run("-c", path, "--print-config").returncode
            assert status == (0 if value in taken else 78), text
            assert (complaints(path.read_text()) == []) == (status == 0), text


@pytest.mark.parametrize("wrong", [
    "colour: blue", "acl: {alow: []}", "lanes: 0", "lanes: many", "lanes: 17", "listen: []", "listen: 127.0.0.1", "listen: [nowhere]",
    "listen: [[127.0.0.1]]", "timeouts: {query: 4}", "timeouts: {query: 4sec}", "rates: {mode: Enforce}", "rates: {ipv4: [/24 3000 6000]}",
    "cache: {size: 16MB}", "cookies: {secret: secret}", "cookies: {enabled: true}", "tls: {versions: [1.1]}", "tls: {versions: []}",
    "control: {socket: penstock.sock}", "acl: {allow: [192.0.2.0/24, 192.0.2.0/24]}", "filter: {ports: [65536]}", "upstreams: {name: one}",
    "upstreams: [{name: one}]", "upstreams: [{address: 192.0.2.1}]", "upstreams: [{name: one, address: dns.example}]",
    "upstreams: [{name: one, address: 192.0.2.1, pins: [sha256//AAAA]}]", "acl:", "[]",
])
def test_a_first_mistake_is_found(wrong, tmp_path):
    """What it finds is wrong: penstock refuses it too."""
    assert complaints(wrong) != []
    path = tmp_path / "penstock.yaml"
    path.write_text(wrong if "upstreams" in wrong or wrong == "[]" else wrong + SOUND)
    assert run("-c", path, "--check").returncode == 78

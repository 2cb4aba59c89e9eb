"""With the TLS servers that are out there: each with RSA and ECDSA keys, under TLS 1.2, 1.3 and both."""
import ssl

import pytest
import tls_peers
from baddot import encoded
from conftest import upstream
from penstock import records, wait_for

VERSIONS = {"12": ["1.2"], "13": ["1.3"], "both": ["1.2", "1.3"]}
BOTH = {"tls": {"versions": ["1.2", "1.3"]}}


def entries(pki):
    return [(f"{kind}{label}", getattr(pki, "rsa" if kind == "rsa" else "good"), versions)
            for kind in ("rsa", "ec") for label, versions in VERSIONS.items()]


@pytest.mark.parametrize("kind", tls_peers.KINDS, ids=lambda kind: kind.__name__.lower())
def test_each_server_is_spoken_with(serve, shared, pki, kind):
    """Six servers of one kind behind one service; every one of them gets a connection."""
    if not tls_peers.is_there(kind):
        pytest.skip(f"{kind.program} is not here; ./dev test brings it")
    made = entries(pki)
    peer = kind(shared / f"peer-{kind.__name__}", made)
    try:
        service = serve([upstream(f"127.0.0.1:{peer.ports[label]}", pki, name=label, pins=[certificate.pin])
                         for label, certificate, _ in made], settings={**BOTH, "limits": {"upstream_connections": 1}})
        for label, _, versions in made:
            service.wait_log(f"upstream {label}: connected, TLS {versions[-1]} ", seconds=20)
        if peer.answers:
            for i in range(12):
                name = f"peer{i}.penstock.example"
                assert records(service.ask(name)) == [encoded(name)]
    finally:
        peer.stop()
    assert "broke the TLS protocol" not in service.log()


@pytest.mark.parametrize("which", ["rsa", "good"])
def test_a_tls_12_server_costs_no_failed_query(serve, bad, pki, which):
    """The second try, with TLS 1.2 alone, is made before anybody is told of a failure, and is remembered."""
    certificate = getattr(pki, which)
    bad.present(certificate, versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
    service = serve([upstream(bad.where, pki, pins=[certificate.pin])], settings=BOTH)
    for i in range(12):
        name = f"old{i}.penstock.example"
        assert records(service.ask(name)) == [encoded(name)]
        if i % 4 == 3:
            bad.refuse()
            bad.listen_again()
    failed = [h for h in bad.handshakes if not h.done]
    assert len(failed) <= 1, failed
    assert all(h.version == "TLSv1.2" for h in bad.handshakes if h.done)


def test_a_server_that_speaks_13_is_never_left_in_12(serve, bad, pki):
    """One that is asked in TLS 1.2 alone says by its signature that it could do better; then it is asked so."""
    bad.present(pki.rsa, versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
    service = serve([upstream(bad.where, pki, pins=[pki.rsa.pin])], settings=BOTH)
    service.ask("old.penstock.example")
    if not [h for h in bad.handshakes if not h.done]:
        pytest.skip("this OpenSSL went by our order, and nothing was tried twice")
    bad.refuse()
    bad.present(pki.rsa)
    bad.listen_again()
    service.wait_log("speaks TLS 1.3 after all", seconds=20)

    def is_13():
        service.ask("new.penstock.example")
        return [h for h in bad.handshakes if h.done and h.version == "TLSv1.3"]
    wait_for(is_13, 20, "a handshake under TLS 1.3")


def test_where_12_is_not_allowed_nothing_leads_to_it(serve, bad, pki):
    bad.present(pki.rsa, versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
    service = serve([upstream(bad.where, pki, pins=[pki.rsa.pin])])
    service.wait_log("does not speak a TLS version we allow")
    service.ask("no.penstock.example")
    assert not [h for h in bad.handshakes if h.done]
    assert bad.plaintext == 0

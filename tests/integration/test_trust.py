"""Who is believed: pins, authorities, names, validity. Without trust not one octet of a query is sent."""
import pytest
from baddot import encoded
from conftest import upstream
from penstock import ede, is_servfail, records


def refused(serve, bad, entry, ca_file=None):
    """A service whose upstream must not be trusted; its log."""
    service = serve([entry], **({"ca_file": ca_file} if ca_file else {}))
    for i in range(3):
        answer = service.ask(f"secret{i}.penstock.example")
        assert is_servfail(answer)
        assert ede(answer)
    assert bad.plaintext == 0, "octets of a query reached a server that is not trusted"
    assert bad.queries == []
    assert bad.accepted > 0, "nobody even tried"
    return service


@pytest.mark.smoke
@pytest.mark.parametrize("verify", ["pin+ca", "pin"])
def test_wrong_pin_sends_nothing_and_names_the_key_seen(serve, bad, pki, verify):
    entry = upstream(bad.where, pki, verify=verify, pins=[pki.rotated.pin, pki.stranger.pin])
    service = refused(serve, bad, entry)
    service.wait_log(r"sha256//" + pki.good.pin[8:].replace("+", r"\+"))


@pytest.mark.parametrize("verify", ["pin+ca", "ca"])
@pytest.mark.parametrize("which", ["expired", "future", "wrong_name", "wrong_ca"])
def test_wrong_certificate_sends_nothing(serve, bad, pki, which, verify):
    """The key is the pinned one, so that only the named thing is wrong."""
    certificate = getattr(pki, which)
    bad.present(certificate)
    service = refused(serve, bad, upstream(bad.where, pki, verify=verify, pins=[certificate.pin]))
    assert "first" in service.log()


@pytest.mark.parametrize("which", ["expired", "future", "wrong_name", "wrong_ca"])
def test_pin_alone_asks_for_nothing_else(serve, bad, pki, which):
    certificate = getattr(pki, which)
    bad.present(certificate)
    service = serve([upstream(bad.where, pki, verify="pin", pins=[certificate.pin])])
    assert records(service.ask("pinned.penstock.example")) == [encoded("pinned.penstock.example")]


def test_ca_alone_needs_no_pin(serve, bad, pki):
    service = serve([upstream(bad.where, pki, verify="ca")])
    assert records(service.ask("ca.penstock.example")) == [encoded("ca.penstock.example")]


def test_pin_of_an_authority_in_the_chain(serve, bad, pki):
    service = serve([upstream(bad.where, pki, pins=[pki.authority.pin])])
    assert records(service.ask("chain.penstock.example")) == [encoded("chain.penstock.example")]


def test_pin_of_an_authority_that_did_not_sign(serve, bad, pki):
    """verify: pin believes a chain certificate only if the chain below it holds."""
    refused(serve, bad, upstream(bad.where, pki, verify="pin", pins=[pki.stranger.pin]))


def test_authority_appended_to_a_foreign_chain_is_not_believed(serve, bad, pki, shared):
    """Anybody can send a pinned authority's certificate along; it must have signed the leaf."""
    import pki as pki_module
    chain = shared / "appended.pem"
    own = pki.wrong_ca.chain.read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
    chain.write_text(own + pki.authority.pem.read_text())
    bad.present(pki_module.Certificate(chain, pki.wrong_ca.key))
    refused(serve, bad, upstream(bad.where, pki, verify="pin", pins=[pki.authority.pin]))


def test_backup_pin_survives_a_change_of_key(serve, bad, pki):
    service = serve([upstream(bad.where, pki, pins=[pki.good.pin, pki.rotated.pin])])
    assert records(service.ask("old.penstock.example")) == [encoded("old.penstock.example")]
    bad.present(pki.rotated)
    bad.refuse()
    bad.listen_again()
    for i in range(20):
        if records(service.ask(f"new{i}.penstock.example")) == [encoded(f"new{i}.penstock.example")]:
            return
    raise AssertionError("no answer under the backup pin")


def test_change_to_an_unknown_key_is_refused_even_with_tickets(serve, bad, pki):
    service = serve([upstream(bad.where, pki, pins=[pki.good.pin])])
    assert records(service.ask("old.penstock.example")) == [encoded("old.penstock.example")]
    bad.present(pki.rotated)
    bad.refuse()
    bad.listen_again()
    before = bad.plaintext
    for i in range(5):
        assert is_servfail(service.ask(f"new{i}.penstock.example"))
    assert bad.plaintext == before


def test_refused_upstream_is_no_obstacle_for_the_other(serve, bads, pki):
    first, second = bads(), bads()
    service = serve([upstream(first.where, pki, pins=[pki.stranger.pin]),
                     upstream(second.where, pki, name="second")])
    for i in range(5):
        name = f"other{i}.penstock.example"
        assert records(service.ask(name)) == [encoded(name)]
    assert first.plaintext == 0

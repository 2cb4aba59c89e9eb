"""Which networks ask most: penstockctl networks between real processes."""
import json

import control
import pytest
from conftest import needs_root
from penstock import wait_for
from test_ctl import ctl, has_schema

pytestmark = [needs_root]


@pytest.fixture
def service(serve, bad, place):
    return serve(bad, settings={"control": {"socket": str(place), "readers": ["games"]}, "lanes": 2, "cache": {"size": "1MiB"},
                                "rates": {"mode": "enforce", "ipv4": ["/32 1/s 40", "/24 100000/s 100000"],
                                          "proven_ipv4": ["/32 2/s 10"], "slip": 0}})


def networks(place):
    found = json.loads(ctl(place, "networks", "--json", status=0).stdout)
    has_schema(found, "networks")
    return found


@pytest.mark.smoke
def test_who_asks_and_who_is_refused_is_told_at_each_length(service, place):
    assert networks(place)["queries"] == []

    def is_told():
        for _ in range(64):
            service.raw(service.query("localhost").to_wire(), timeout=0.002)
        found = networks(place)
        return found["queries"] and found["refusals"] and found
    found = wait_for(is_told, 60, "its networks are told, and that they are refused")
    assert found["sampled"] == 64 and 1 <= found["span_s"] <= 60
    for kind in ("queries", "refusals"):
        assert {row["network"] for row in found[kind]} == {"127.0.0.0/24", "127.0.0.1/32"}
        assert len({row["lane"] for row in found[kind]}) == 1 and all(row["per_s"] > 0 for row in found[kind])
    text = ctl(place, "networks", status=0).stdout
    assert "Most queries\n" in text and "Most refusals by a limit\n" in text and " /s  127.0.0.1/32\n" in text
    assert "user id 0 asks which networks ask most" in service.log()


def test_readers_are_told_of_no_network(service, place):
    with control.Client(place, uid=5, gid=60) as reader:
        assert reader.answer("NETWORKS")[0] == "FAILED"
        assert reader.answer("LIMITS", "127.0.0.1")[0] == "FAILED"

"""Where pods and other nodes are told to find the API server."""

import ipaddress

import pytest

from minikube_py.apiserver.bootstrap import advertised_address


def test_the_address_that_is_listened_on_is_told() -> None:
    assert advertised_address("192.0.2.5") == "192.0.2.5"


@pytest.mark.parametrize("bound_to", ["127.0.0.1", "0.0.0.0"])
def test_loopback_and_every_address_mean_nothing_to_others(bound_to: str) -> None:
    told = advertised_address(bound_to)
    assert told == "" or not ipaddress.ip_address(told).is_loopback
    assert told != bound_to

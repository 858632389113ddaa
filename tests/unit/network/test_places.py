"""Which addresses are local, in the kernel's own words."""

from minikube_py.network.places import addresses_in, routes_in

FIB = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.244.0.0/24 2 0 2
        |-- 10.244.0.0
           /24 link UNICAST
        |-- 10.244.0.1
           /32 host LOCAL
        |-- 10.244.0.255
           /32 link BROADCAST
"""


def test_networks_and_broadcasts_are_no_addresses() -> None:
    assert addresses_in(FIB) == {"10.244.0.1"}


def test_a_route_is_read_with_its_target() -> None:
    shown = "default via 10.0.0.1 dev eth0 \nlocal 127.0.0.1 dev lo src 127.0.0.1 uid 0 \\    cache <local> \n"
    assert dict(routes_in(shown)) == {
        "default": "default via 10.0.0.1 dev eth0",
        "127.0.0.1": "127.0.0.1 dev lo src 127.0.0.1",
    }

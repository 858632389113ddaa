"""Which addresses are local, in the kernel's own words."""

from minikube_py.network.places import addresses_in

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

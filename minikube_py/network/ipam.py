"""Hands out pod addresses of one range and remembers them in files, one file an address.

The file `<folder>/<address>` holds the pod's id. Creating it exclusively *is* the allocation, so two processes cannot
hand out the same address and a crash between two steps leaves at most an address that its pod id still finds.
Addresses go round robin: a freed one is used again as late as possible, so that a late packet for a dead pod
does not reach its successor.

Kubernetes: the CNI plugin host-local (kubenet's IPAM) keeps the same kind of files.
Simplified: one range, no routes in the answer, no reserved addresses besides network, gateway and broadcast.
"""

import ipaddress
import uuid
from pathlib import Path

from minikube_py.network.interface import AddressPoolExhausted, NetworkFault

_LAST = "last_reserved"


class AddressPool:
    """The addresses of `cidr` but the first (gateway), the network's own and the broadcast one."""

    def __init__(self, cidr: str, folder: Path) -> None:
        try:
            self.network = ipaddress.IPv4Network(cidr)
        except ValueError as error:
            raise NetworkFault(f"pod range {cidr!r} is not an IPv4 network: {error}") from error
        if self.network.prefixlen > 30:
            raise NetworkFault(f"pod range {cidr} has no room for a gateway and a pod; use a /30 or larger")
        self.gateway = str(self.network.network_address + 1)
        self._folder = folder

    def allocate(self, pod_id: str) -> str:
        """Return the address of this pod, a new one if it has none. Raises: AddressPoolExhausted."""
        self._folder.mkdir(parents=True, exist_ok=True)
        held = self.address_of(pod_id)
        if held is not None:
            return held
        first = int(self.network.network_address) + 2
        count = self.network.num_addresses - 3
        start = self._after_last(first, count)
        for offset in range(count):
            address = str(ipaddress.IPv4Address(first + (start + offset) % count))
            if self._take(address, pod_id):
                self._remember(address)
                return address
        raise AddressPoolExhausted(f"no free address in pod range {self.network}: all {count} are in use")

    def release(self, pod_id: str) -> None:
        """Free whatever this pod holds; nothing held is fine."""
        for address, holder in self.allocations().items():
            if holder == pod_id:
                (self._folder / address).unlink(missing_ok=True)

    def address_of(self, pod_id: str) -> str | None:
        return next((address for address, holder in self.allocations().items() if holder == pod_id), None)

    def allocations(self) -> dict[str, str]:
        """Every address in use with its pod's id."""
        if not self._folder.is_dir():
            return {}
        found = {}
        for path in self._folder.iterdir():
            if path.name != _LAST and not path.name.endswith(".new"):
                found[path.name] = path.read_text()
        return found

    def _take(self, address: str, pod_id: str) -> bool:
        # The id is written before the name exists (link is atomic): a crash never leaves an address without an owner.
        target = self._folder / address
        if target.exists():
            return False
        draft = self._folder / f"{address}.{uuid.uuid4().hex}.new"
        draft.write_text(pod_id)
        try:
            target.hardlink_to(draft)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def _after_last(self, first: int, count: int) -> int:
        try:
            last = int(ipaddress.IPv4Address((self._folder / _LAST).read_text()))
        except (OSError, ValueError):
            return 0
        return (last - first + 1) % count

    def _remember(self, address: str) -> None:
        draft = self._folder / f"{_LAST}.{uuid.uuid4().hex}.new"
        draft.write_text(address)
        draft.rename(self._folder / _LAST)

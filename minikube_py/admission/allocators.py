"""Allocators: a pool of numbers of which each is given away once: cluster addresses, node ports.

Kubernetes: pkg/registry/core/service/{ipallocator,portallocator}
Simplified: what is taken is read from the Services themselves at the start, so nothing has to be repaired; that
holds for one API server. (Upstream keeps IPAddress objects, for several.)
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterable

from minikube_py.errors import ConfigError, MinikubeError


class PoolExhausted(MinikubeError):
    """Everything in the range is taken."""


class NumberPool:
    """Numbers of a range, each free or taken. They are drawn at random, so that one rests before it comes again."""

    def __init__(self, numbers: range, *, seed: int | None = None) -> None:
        self._numbers = numbers
        self._taken: set[int] = set()
        self._random = random.Random(seed)

    def __contains__(self, number: int) -> bool:
        return number in self._numbers

    def __len__(self) -> int:
        """How many are taken."""
        return len(self._taken)

    def take(self, number: int) -> bool:
        """Reserve one number; False when it is taken already."""
        if number in self._taken:
            return False
        self._taken.add(number)
        return True

    def take_any(self) -> int:
        """Reserve some free number. Raises: PoolExhausted."""
        if len(self._taken) >= len(self._numbers):
            raise PoolExhausted("range is full")
        start = self._random.randrange(len(self._numbers))
        for offset in range(len(self._numbers)):
            number = self._numbers[(start + offset) % len(self._numbers)]
            if self.take(number):
                return number
        raise PoolExhausted("range is full")

    def release(self, numbers: Iterable[int]) -> None:
        self._taken.difference_update(numbers)


class AddressPool:
    """The addresses of a network, without the first (the network itself) and the last (broadcast)."""

    def __init__(self, cidr: str) -> None:
        """Raises: ConfigError for text that is no IPv4 network of at least four addresses."""
        try:
            self.network = ipaddress.IPv4Network(cidr)
        except ValueError as error:
            raise ConfigError(f"--service-cluster-ip-range: {error}") from error
        if self.network.num_addresses < 4:
            raise ConfigError(f"--service-cluster-ip-range: {cidr} has no room for addresses")
        first = int(self.network.network_address) + 1
        self._numbers = NumberPool(range(first, int(self.network.broadcast_address)))

    def __contains__(self, address: str) -> bool:
        try:
            return int(ipaddress.IPv4Address(address)) in self._numbers
        except ValueError:
            return False

    @property
    def first(self) -> str:
        """The address of the service `kubernetes`, which is the API server itself."""
        return str(self.network.network_address + 1)

    def take(self, address: str) -> bool:
        return self._numbers.take(int(ipaddress.IPv4Address(address)))

    def take_any(self) -> str:
        """Raises: PoolExhausted."""
        return str(ipaddress.IPv4Address(self._numbers.take_any()))

    def release(self, addresses: Iterable[str]) -> None:
        self._numbers.release(int(ipaddress.IPv4Address(a)) for a in addresses if a in self)

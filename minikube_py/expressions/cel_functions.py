"""The functions that Kubernetes adds to CEL: of lists, sets, URLs, addresses and quantities.

Values that CEL has no type for (a quantity, a URL, an address) are mappings of one entry, from the type's name to the
canonical text, so that two that mean the same are equal.

Kubernetes: staging/src/k8s.io/apiserver/pkg/cel/library
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeAlias
from urllib.parse import SplitResult, parse_qs, urlsplit

from cel_expr_python import cel

from minikube_py.api.scalars import Quantity

_T = cel.Type
_LIST = _T.List(_T.DYN)
Function: TypeAlias = tuple[str, list[Any], bool, Any, Callable[..., Any]]
"""Name, parameters, whether the first stands before the dot, result, what does it; ValueError is an error in CEL."""


def extension(owner: str, functions: Iterable[Function]) -> cel.CelExtension:
    """The functions for an engine's environment, under a name of their own."""
    declared: dict[str, list[cel.Overload]] = {}
    for index, (name, parameters, is_member, result, does) in enumerate(functions):
        overload = cel.Overload(f"{owner}_{name}_{index}", result, parameters, is_member, does)
        declared.setdefault(name, []).append(overload)
    return cel.CelExtension(owner, [cel.FunctionDecl(name, each) for name, each in declared.items()])


def of_kubernetes() -> Iterator[Function]:
    """All functions that are not CEL's own."""
    yield from _of_lists()
    yield from _of_urls()
    yield from _of_addresses()
    yield from _of_quantities()


def _of_lists() -> Iterator[Function]:
    yield "isSorted", [_LIST], True, _T.BOOL, lambda items: all(a <= b for a, b in itertools.pairwise(items))
    yield "sum", [_LIST], True, _T.DYN, sum
    yield "min", [_LIST], True, _T.DYN, lambda items: _not_empty(items, "min", min)
    yield "max", [_LIST], True, _T.DYN, lambda items: _not_empty(items, "max", max)
    yield "indexOf", [_LIST, _T.DYN], True, _T.INT, lambda items, item: items.index(item) if item in items else -1
    yield "lastIndexOf", [_LIST, _T.DYN], True, _T.INT, _last_index
    both = [_LIST, _LIST]
    yield "sets.contains", both, False, _T.BOOL, lambda items, some: all(item in items for item in some)
    yield "sets.intersects", both, False, _T.BOOL, lambda items, some: any(item in items for item in some)
    yield "sets.equivalent", both, False, _T.BOOL, lambda a, b: all(x in b for x in a) and all(x in a for x in b)


def _not_empty(items: list[Any], name: str, choose: Callable[[Iterable[Any]], Any]) -> Any:
    if not items:
        raise ValueError(f"{name} called on empty list")
    return choose(items)


def _last_index(items: list[Any], item: Any) -> int:
    return max((index for index, each in enumerate(items) if each == item), default=-1)


def _made(kind: str, text: str) -> dict[str, str]:
    return {kind: text}


def _text(kind: str, value: Any) -> str:
    if not isinstance(value, dict) or value.keys() != {kind}:
        raise ValueError("no such overload")
    return str(value[kind])


def _can(read: Callable[[str], object]) -> Callable[[str], bool]:
    """Whether a text can be read so."""

    def can(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return can


_URL, _IP, _CIDR, _QUANTITY = "kubernetes.URL", "net.IP", "net.CIDR", "kubernetes.Quantity"


def _of_urls() -> Iterator[Function]:
    def read(text: str) -> dict[str, str]:
        parts = urlsplit(text)
        if not parts.scheme and not text.startswith("/"):
            raise ValueError(f'URL parse error during conversion from string: parse "{text}": invalid URI for request')
        _ = parts.port
        return _made(_URL, text)

    def getter(get: Callable[[SplitResult], Any]) -> Callable[[Any], Any]:
        return lambda value: get(urlsplit(_text(_URL, value)))

    yield "url", [_T.STRING], False, _T.DYN, read
    yield "isURL", [_T.STRING], False, _T.BOOL, _can(read)
    for name, get in (
        ("getScheme", lambda parts: parts.scheme),
        ("getHost", lambda parts: parts.netloc.rpartition("@")[2]),
        ("getHostname", lambda parts: parts.hostname or ""),
        ("getPort", lambda parts: str(parts.port or "")),
        ("getEscapedPath", lambda parts: parts.path),
        ("getQuery", lambda parts: parse_qs(parts.query, keep_blank_values=True)),
    ):
        yield name, [_T.DYN], True, _T.DYN if name == "getQuery" else _T.STRING, getter(get)


def _of_addresses() -> Iterator[Function]:
    def ip(text: str) -> dict[str, str]:
        return _made(_IP, str(ipaddress.ip_address(text)))

    def cidr(text: str) -> dict[str, str]:
        if "/" not in text:
            raise ValueError(f'network address parse error during conversion from string: "{text}"')
        return _made(_CIDR, str(ipaddress.ip_interface(text)))

    def address(value: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        return ipaddress.ip_address(_text(_IP, value) if isinstance(value, dict) else value)

    def network(value: Any) -> Any:
        given = _text(_CIDR, value) if isinstance(value, dict) else cidr(value)[_CIDR]
        return ipaddress.ip_interface(given).network

    def family(value: Any) -> int:
        return network(value).version if isinstance(value, dict) and _CIDR in value else address(value).version

    yield "ip", [_T.STRING], False, _T.DYN, ip
    yield "isIP", [_T.STRING], False, _T.BOOL, _can(ip)
    yield "ip.isCanonical", [_T.STRING], False, _T.BOOL, lambda text: ip(text)[_IP] == text
    yield "family", [_T.DYN], True, _T.INT, family
    for name, test in (
        ("isUnspecified", lambda a: a.is_unspecified),
        ("isLoopback", lambda a: a.is_loopback),
        ("isLinkLocalMulticast", lambda a: a.is_multicast and a in _LINK_LOCAL_MULTICAST[a.version]),
        ("isLinkLocalUnicast", lambda a: a.is_link_local),
        ("isGlobalUnicast", lambda a: not (a.is_unspecified or a.is_loopback or a.is_multicast or a.is_link_local)),
    ):
        yield name, [_T.DYN], True, _T.BOOL, lambda value, test=test: bool(test(address(value)))
    yield "cidr", [_T.STRING], False, _T.DYN, cidr
    yield "isCIDR", [_T.STRING], False, _T.BOOL, _can(cidr)
    yield "containsIP", [_T.DYN, _T.DYN], True, _T.BOOL, lambda value, inner: address(inner) in network(value)
    yield "containsCIDR", [_T.DYN, _T.DYN], True, _T.BOOL, lambda value, inner: network(inner).subnet_of(network(value))
    yield "ip", [_T.DYN], True, _T.DYN, lambda value: ip(_text(_CIDR, value).partition("/")[0])
    yield "masked", [_T.DYN], True, _T.DYN, lambda value: cidr(str(network(value)))
    yield "prefixLength", [_T.DYN], True, _T.INT, lambda value: network(value).prefixlen


_LINK_LOCAL_MULTICAST = {4: ipaddress.ip_network("224.0.0.0/24"), 6: ipaddress.ip_network("ff02::/16")}


def _of_quantities() -> Iterator[Function]:
    def made(value: Decimal) -> dict[str, str]:
        return _made(_QUANTITY, str(Quantity.of(value)))

    def read(text: str) -> dict[str, str]:
        return made(Quantity(text).value)

    def amount(value: Any) -> Decimal:
        return Decimal(value) if isinstance(value, int) else Quantity(_text(_QUANTITY, value)).value

    def integer(value: Any) -> int:
        found = amount(value)
        if found != found.to_integral_value() or not -(2**63) <= found < 2**63:
            raise ValueError("cannot convert value to integer")
        return int(found)

    def is_integer(value: Any) -> bool:
        return amount(value) == amount(value).to_integral_value()

    def compared(a: Any, b: Any) -> int:
        return (amount(a) > amount(b)) - (amount(a) < amount(b))

    both = [_T.DYN, _T.DYN]
    yield "quantity", [_T.STRING], False, _T.DYN, read
    yield "isQuantity", [_T.STRING], False, _T.BOOL, _can(read)
    yield "sign", [_T.DYN], True, _T.INT, lambda value: compared(value, 0)
    yield "isInteger", [_T.DYN], True, _T.BOOL, is_integer
    yield "asInteger", [_T.DYN], True, _T.INT, integer
    yield "asApproximateFloat", [_T.DYN], True, _T.DOUBLE, lambda value: float(amount(value))
    yield "isGreaterThan", both, True, _T.BOOL, lambda a, b: compared(a, b) > 0
    yield "isLessThan", both, True, _T.BOOL, lambda a, b: compared(a, b) < 0
    yield "compareTo", both, True, _T.INT, compared
    yield "add", both, True, _T.DYN, lambda a, b: made(amount(a) + amount(b))
    yield "sub", both, True, _T.DYN, lambda a, b: made(amount(a) - amount(b))

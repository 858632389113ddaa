"""The kernel's count of changes to its nf_tables rules, by one netlink question.

`iptables` of today writes nf_tables rules; the count goes up with every commit by anybody in this network namespace.
Equal counts mean that nothing changed, which is how an idle proxy knows that its rules stand without reading them.

Kubernetes: upstream has no such thing; it looks for a canary chain every 30 seconds and rewrites all once an hour.
"""

import socket
import struct
from typing import Final

_NETLINK_NETFILTER: Final = 12
_SUBSYSTEM_NFTABLES: Final = 10
_GET_GENERATION: Final = 16
_REQUEST: Final = 1
_HEADER: Final = struct.Struct("=IHHII")
"""struct nlmsghdr: length, type, flags, sequence, port."""
_NETFILTER_HEADER: Final = struct.Struct("=BBH")
_ATTRIBUTE: Final = struct.Struct("=HH")
_ID_ATTRIBUTE: Final = 1


def nftables_generation() -> int | None:
    """The count, or None if the kernel does not say (iptables-legacy without nf_tables, no privileges)."""
    message_type = _SUBSYSTEM_NFTABLES << 8 | _GET_GENERATION
    length = _HEADER.size + _NETFILTER_HEADER.size
    question = _HEADER.pack(length, message_type, _REQUEST, 1, 0) + _NETFILTER_HEADER.pack(socket.AF_UNSPEC, 0, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as kernel:
            kernel.settimeout(1)
            kernel.sendto(question, (0, 0))
            return _read_generation(kernel.recv(4096))
    except OSError:
        return None


def _read_generation(answer: bytes) -> int | None:
    _length, answered_type, *_ = _HEADER.unpack_from(answer)
    if answered_type >> 8 != _SUBSYSTEM_NFTABLES:
        return None
    position = _HEADER.size + _NETFILTER_HEADER.size
    while position + _ATTRIBUTE.size <= len(answer):
        length, kind = _ATTRIBUTE.unpack_from(answer, position)
        if kind == _ID_ATTRIBUTE:
            # Attribute values are in network order, unlike everything around them.
            return int.from_bytes(answer[position + _ATTRIBUTE.size : position + length], "big")
        position += max(_ATTRIBUTE.size, (length + 3) & ~3)
    return None

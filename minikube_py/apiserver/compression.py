"""Compression: a body above 128 KiB goes out as gzip where the client takes it; what goes out again is compressed once.

A gzip stream is a row of deflate blocks, and the checksum of all text at its end. Each group of a list's items is
compressed by itself and ends at a full byte, so the stream of the next list is put together from pieces that are kept.
The checksum of the whole follows from those of the pieces: a CRC is a remainder of polynomials, and to append n bytes
is to multiply by x^8n.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/writers.go
Simplified: there each answer is compressed anew.
"""

from __future__ import annotations

import struct
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from minikube_py.apiserver.answers import ListText

SMALLEST_BYTES = 128 * 1024
LEVEL = 1
_BYTES_KEPT = 128 << 20
"""Of text: what was compressed stays alive with its piece, also when nobody else has it any more."""
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
_LAST_BLOCK = b"\x03\x00"
"""An empty block that says it is the last."""
_POLYNOMIAL = 0xEDB88320
"""CRC-32's, its lowest power first: as in all numbers here, the highest bit stands for x^0."""


def takes_gzip(accept_encoding: str) -> bool:
    return any(each.partition(";")[0].strip().lower() == "gzip" for each in accept_encoding.split(","))


@dataclass(frozen=True, slots=True)
class _Piece:
    texts: tuple[bytes, ...]
    """What it was made of: as long as these are alive, no other text can be taken for them."""
    blocks: bytes
    checksum: int
    length: int
    shift: int
    """What the checksum of the text before has to be multiplied by."""


class Compressor:
    """Makes gzip streams, and keeps the pieces of lists that were used last."""

    def __init__(self, kept: int = _BYTES_KEPT) -> None:
        self._kept, self._bytes = kept, 0
        self._pieces: OrderedDict[tuple[int, ...], _Piece] = OrderedDict()

    def stream(self, body: bytes | ListText) -> Iterator[bytes]:
        """The gzip stream, piece by piece."""
        yield _HEAD
        checksum = length = 0
        for piece in self._list(body) if isinstance(body, ListText) else (_compressed((body,)),):
            yield piece.blocks
            checksum = _times(piece.shift, checksum) ^ piece.checksum
            length += piece.length
        yield _LAST_BLOCK + struct.pack("<II", checksum, length & 0xFFFFFFFF)

    def _list(self, body: ListText) -> Iterator[_Piece]:
        make = self._piece if body.is_of_cache else _compressed
        yield _compressed((body.head,))
        comma: tuple[bytes, ...] = ()
        for items in body.groups():
            yield make((*comma, *items))
            comma = _COMMA
        yield _END

    def _piece(self, texts: tuple[bytes, ...]) -> _Piece:
        key = tuple(map(id, texts))
        piece = self._pieces.get(key)
        if piece is None:
            piece = self._pieces[key] = _compressed(texts)
            self._bytes += piece.length
            while self._bytes > self._kept:
                self._bytes -= self._pieces.popitem(last=False)[1].length
        else:
            self._pieces.move_to_end(key)
        return piece


def _compressed(texts: tuple[bytes, ...]) -> _Piece:
    text = b",".join(texts)
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    blocks = deflate.compress(text) + deflate.flush(zlib.Z_FULL_FLUSH)
    return _Piece(texts, blocks, zlib.crc32(text), len(text), _power_of_x(8 * len(text)))


def _times(one: int, other: int) -> int:
    """The product of two polynomials, modulo CRC-32's."""
    product = 0
    while one:
        if one & 0x80000000:
            product ^= other
        one = (one << 1) & 0xFFFFFFFF
        other = (other >> 1) ^ (_POLYNOMIAL if other & 1 else 0)
    return product


def _power_of_x(exponent: int) -> int:
    """x^exponent modulo CRC-32's polynomial, by squaring."""
    result, power = 0x80000000, 0x40000000
    while exponent:
        if exponent & 1:
            result = _times(power, result)
        power = _times(power, power)
        exponent >>= 1
    return result


_COMMA = (b"",)
"""Before a group that is not the first: joined with what follows, an empty text gives the comma between."""
_END = _compressed((b"]}",))

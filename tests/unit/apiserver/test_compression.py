"""gzip streams put together from pieces are what gzip would have made of the whole."""

from __future__ import annotations

import gzip
import zlib

import pytest

from minikube_py.apiserver.answers import ListText
from minikube_py.apiserver.compression import Compressor, takes_gzip

ITEMS = [b'{"name":"%d","padding":"%s"}' % (number, b"x" * (number % 70)) for number in range(200)]


@pytest.mark.parametrize("count", [0, 1, 64, 65, 200])
def test_a_list_is_one_stream_the_second_time_too(count: int) -> None:
    compressor = Compressor(kept=5000)
    for revision in (b"1", b"2"):
        body = ListText(b'{"metadata":{"resourceVersion":"%s"},"items":[' % revision, ITEMS[:count], is_of_cache=True)
        stream = b"".join(compressor.stream(body))
        # One member, its checksum and length right: some clients read no further than that.
        reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
        assert reader.decompress(stream) == bytes(body)
        assert reader.eof
        assert not reader.unused_data


def test_what_was_compressed_before_is_not_compressed_again() -> None:
    compressor = Compressor()
    first = list(compressor.stream(ListText(b'{"revision":1,"items":[', ITEMS, True)))
    second = list(compressor.stream(ListText(b'{"revision":2,"items":[', [*ITEMS[:-1], b"{}"], True)))
    assert [one is other for one, other in zip(first, second, strict=True)] == [
        True, False, True, True, True, False, True, False
    ]  # fmt: skip


def test_a_single_text_too_but_it_is_not_kept() -> None:
    """It may be the only one that has the bytes of an object long after that was written."""
    compressor, text = Compressor(), b"text " * 100_000
    first, second = list(compressor.stream(text)), list(compressor.stream(text))
    assert gzip.decompress(b"".join(first)) == text
    assert first == second
    assert first[1] is not second[1]


def test_pieces_are_kept_up_to_so_many_bytes_of_text() -> None:
    body = ListText(b'{"items":[', [b"x" * 1000] * 128, is_of_cache=True)
    for kept, is_kept in ((200_000, True), (100_000, False)):
        compressor = Compressor(kept)
        first, second = list(compressor.stream(body)), list(compressor.stream(body))
        assert (first[2] is second[2]) is is_kept


@pytest.mark.parametrize(
    ("header", "takes"), [("", False), ("gzip", True), ("deflate, GZIP;q=0.5", True), ("identity", False)]
)
def test_only_who_takes_gzip_gets_it(header: str, takes: bool) -> None:
    assert takes_gzip(header) is takes

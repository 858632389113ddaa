"""SPDY framing, against a client written from the same specification, and against bytes cut anywhere."""

import itertools
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikube_py.client.spdy import (
    DICTIONARY,
    Connection,
    DataReceived,
    Event,
    PingReceived,
    SpdyError,
    StreamOpened,
    StreamReset,
)


class Client:
    """The other side: opens streams."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 8, zlib.Z_DEFAULT_STRATEGY, DICTIONARY)

    def open(self, stream_id: int, headers: dict[str, str]) -> bytes:
        plain = struct.pack(">I", len(headers))
        for pair in headers.items():
            for text in pair:
                plain += struct.pack(">I", len(text)) + text.encode()
        block = self._deflate.compress(plain) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        payload = struct.pack(">IIH", stream_id, 0, 0) + block
        return struct.pack(">II", 0x80030001, len(payload)) + payload

    @staticmethod
    def data(stream_id: int, data: bytes, *, is_finished: bool = False) -> bytes:
        return struct.pack(">II", stream_id, (0x01000000 if is_finished else 0) | len(data)) + data


def session() -> bytes:
    client = Client()
    return b"".join(
        [
            client.open(1, {"streamtype": "error", "port": "80", "requestid": "0"}),
            client.open(3, {"streamtype": "data", "port": "80", "requestid": "0"}),
            client.data(1, b"", is_finished=True),
            client.data(3, b"GET / HTTP/1.0\r\n\r\n"),
            struct.pack(">III", 0x80030006, 4, 7),
            struct.pack(">IIII", 0x80030003, 8, 3, 5),
        ]
    )


EXPECTED: list[Event] = [
    StreamOpened(1, {"streamtype": "error", "port": "80", "requestid": "0"}, False),
    StreamOpened(3, {"streamtype": "data", "port": "80", "requestid": "0"}, False),
    DataReceived(1, b"", True),
    DataReceived(3, b"GET / HTTP/1.0\r\n\r\n", False),
    PingReceived(7),
    StreamReset(3),
]


def test_the_dictionary_is_the_protocols() -> None:
    assert len(DICTIONARY) == 1423
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2


@given(st.lists(st.integers(min_value=0, max_value=len(session())), max_size=8))
def test_frames_are_understood_wherever_the_bytes_are_cut(cuts: list[int]) -> None:
    connection, data = Connection(), session()
    borders = [0, *sorted(cuts), len(data)]
    events: list[Event] = []
    for start, end in itertools.pairwise(borders):
        events.extend(connection.receive(data[start:end]))
    assert events == EXPECTED


def test_a_reply_can_be_read_by_the_client() -> None:
    connection, inflate = Connection(), zlib.decompressobj(zdict=DICTIONARY)
    for stream_id in (1, 3):
        frame = connection.send_reply(stream_id)
        head, length, answered = struct.unpack_from(">III", frame)
        assert (head, length, answered) == (0x80030002, len(frame) - 8, stream_id)
        assert inflate.decompress(frame[12:]) == struct.pack(">I", 0)


def test_much_data_goes_in_several_frames_and_only_the_last_one_ends_the_stream() -> None:
    receiver = Connection()
    data = bytes(70_000)
    events = list(receiver.receive(Connection().send_data(5, data, is_finished=True)))
    assert [event.is_finished for event in events if isinstance(event, DataReceived)] == [False, False, True]
    assert b"".join(event.data for event in events if isinstance(event, DataReceived)) == data


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">II", 0x80020001, 0),
        struct.pack(">II", 0x80030001, 14) + bytes(10) + b"junk",
        struct.pack(">II", 0x80030006, 0),
    ],
)
def test_what_is_no_spdy_is_refused(data: bytes) -> None:
    with pytest.raises(SpdyError):
        list(Connection().receive(data))

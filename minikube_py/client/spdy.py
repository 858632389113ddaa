"""SPDY/3.1 framing, the part that port-forward needs: streams opened by the client, data both ways. Sans I/O.

The kubelet is the server, pykubectl the client; both ends of a session are a `Connection`.

Kubernetes clients still speak SPDY to forward ports, today as bytes inside one WebSocket (subprotocol
`SPDY/3.1+portforward.k8s.io`). `Connection.receive` turns bytes into events, `send_*` return bytes to send.

Kubernetes: github.com/moby/spdystream; the SPDY Protocol, draft 3.1
Simplified: the server opens no streams; priorities, settings and windows are ignored.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from minikube_py.errors import MinikubeError

FIN = 0x01
_SYN_STREAM, _SYN_REPLY, _RST_STREAM, _PING, _GOAWAY = 1, 2, 3, 6, 7
_CONTROL = 0x80000000
_VERSION = 3
_MAX_DATA = 32 * 1024
_CANCEL = 5

_WORDS = (
    "options", "head", "post", "put", "delete", "trace", "accept", "accept-charset", "accept-encoding",
    "accept-language", "accept-ranges", "age", "allow", "authorization", "cache-control", "connection", "content-base",
    "content-encoding", "content-language", "content-length", "content-location", "content-md5", "content-range",
    "content-type", "date", "etag", "expect", "expires", "from", "host", "if-match", "if-modified-since",
    "if-none-match", "if-range", "if-unmodified-since", "last-modified", "location", "max-forwards", "pragma",
    "proxy-authenticate", "proxy-authorization", "range", "referer", "retry-after", "server", "te", "trailer",
    "transfer-encoding", "upgrade", "user-agent", "vary", "via", "warning", "www-authenticate", "method", "get",
    "status", "200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin",
)  # fmt: skip
_TAIL = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
    "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = b"".join(struct.pack(">I", len(word)) + word.encode() for word in _WORDS) + _TAIL.encode()
"""What both sides' compressors start from; fixed by the protocol."""


class SpdyError(MinikubeError):
    """The peer does not speak SPDY/3.1 as it should."""


@dataclass(frozen=True, slots=True)
class StreamOpened:
    stream_id: int
    headers: dict[str, str]
    is_finished: bool


@dataclass(frozen=True, slots=True)
class DataReceived:
    stream_id: int
    data: bytes
    is_finished: bool


@dataclass(frozen=True, slots=True)
class StreamReset:
    stream_id: int


@dataclass(frozen=True, slots=True)
class PingReceived:
    ping_id: int


@dataclass(frozen=True, slots=True)
class GoAway:
    """The client opens no more streams."""


Event = StreamOpened | DataReceived | StreamReset | PingReceived | GoAway


class Connection:
    """One end of a SPDY session; compression state is shared by all of its frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 8, zlib.Z_DEFAULT_STRATEGY, DICTIONARY)

    def receive(self, data: bytes) -> Iterator[Event]:
        """What the bytes complete. Raises: SpdyError."""
        self._buffer += data
        while len(self._buffer) >= 8:
            head, flags_and_length = struct.unpack_from(">II", self._buffer)
            flags, length = flags_and_length >> 24, flags_and_length & 0xFFFFFF
            if len(self._buffer) < 8 + length:
                return
            payload = bytes(self._buffer[8 : 8 + length])
            del self._buffer[: 8 + length]
            if head & _CONTROL:
                yield from self._control(head, flags, payload)
            else:
                yield DataReceived(head, payload, bool(flags & FIN))

    def send_open(self, stream_id: int, headers: dict[str, str]) -> bytes:
        """Open a stream; a client's streams have odd numbers that grow."""
        return _control_frame(_SYN_STREAM, 0, struct.pack(">IIH", stream_id, 0, 0) + self._compressed(headers))

    def send_reply(self, stream_id: int) -> bytes:
        """Accept a stream."""
        return _control_frame(_SYN_REPLY, 0, struct.pack(">I", stream_id) + self._compressed({}))

    def send_data(self, stream_id: int, data: bytes, *, is_finished: bool = False) -> bytes:
        """Data in as many frames as it takes."""
        pieces = [data[start : start + _MAX_DATA] for start in range(0, len(data), _MAX_DATA)] or [b""]
        frames = [struct.pack(">II", stream_id, len(piece)) + piece for piece in pieces[:-1]]
        last = pieces[-1]
        frames.append(struct.pack(">II", stream_id, (FIN << 24 if is_finished else 0) | len(last)) + last)
        return b"".join(frames)

    def send_reset(self, stream_id: int) -> bytes:
        return _control_frame(_RST_STREAM, 0, struct.pack(">II", stream_id, _CANCEL))

    def send_ping(self, ping_id: int) -> bytes:
        return _control_frame(_PING, 0, struct.pack(">I", ping_id))

    def _control(self, head: int, flags: int, payload: bytes) -> Iterator[Event]:
        version, kind = (head >> 16) & 0x7FFF, head & 0xFFFF
        if version != _VERSION:
            raise SpdyError(f"SPDY version {version} is not spoken here, only 3.1")
        try:
            if kind == _SYN_STREAM:
                stream_id = struct.unpack_from(">I", payload)[0] & 0x7FFFFFFF
                yield StreamOpened(stream_id, self._headers(payload[10:]), bool(flags & FIN))
            elif kind == _RST_STREAM:
                yield StreamReset(struct.unpack_from(">I", payload)[0] & 0x7FFFFFFF)
            elif kind == _PING:
                yield PingReceived(struct.unpack_from(">I", payload)[0])
            elif kind == _GOAWAY:
                yield GoAway()
        except (struct.error, zlib.error, UnicodeDecodeError) as error:
            raise SpdyError(f"broken SPDY frame of type {kind}: {error}") from error

    def _headers(self, block: bytes) -> dict[str, str]:
        plain = self._inflate.decompress(block)
        (count,) = struct.unpack_from(">I", plain)
        position, headers = 4, {}
        for _ in range(count):
            name, position = _text(plain, position)
            value, position = _text(plain, position)
            headers[name.lower()] = value
        return headers

    def _compressed(self, headers: dict[str, str]) -> bytes:
        plain = struct.pack(">I", len(headers))
        for name, value in headers.items():
            for text in (name, value):
                plain += struct.pack(">I", len(text)) + text.encode()
        return self._deflate.compress(plain) + self._deflate.flush(zlib.Z_SYNC_FLUSH)


def _text(plain: bytes, position: int) -> tuple[str, int]:
    (length,) = struct.unpack_from(">I", plain, position)
    start = position + 4
    if start + length > len(plain):
        raise struct.error("text is longer than its block")
    return plain[start : start + length].decode(), start + length


def _control_frame(kind: int, flags: int, payload: bytes) -> bytes:
    return struct.pack(">II", _CONTROL | _VERSION << 16 | kind, flags << 24 | len(payload)) + payload

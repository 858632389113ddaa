#!/usr/bin/env python3
"""etcd without a client library: gRPC calls whose messages are put together by hand.

    etcd_grpc.py keys PREFIX         the keys that begin with PREFIX
    etcd_grpc.py get KEY             the value of a key
    etcd_grpc.py put KEY < FILE      store what comes in

A protobuf message is a row of fields: a number that says which field, then the length, then the bytes.
"""

import sys

import grpc


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def fields(message: bytes) -> list[tuple[int, bytes]]:
    """Fields that have a length; plain numbers are skipped."""
    found, at = [], 0
    while at < len(message):
        tag, at = number_at(message, at)
        value, at = number_at(message, at)
        if tag & 7 == 2:
            found.append((tag >> 3, message[at : at + value]))
            at += value
    return found


def number_at(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at


def call(method: str, request: bytes) -> bytes:
    with grpc.insecure_channel("localhost:2379") as channel:
        answer: bytes = channel.unary_unary(f"/etcdserverpb.KV/{method}")(request, timeout=5)
        return answer


def pairs(key: bytes, end: bytes = b"") -> list[dict[int, bytes]]:
    """RangeRequest has the first key as field 1 and the end as field 2; RangeResponse the pairs as field 2."""
    answer = call("Range", field(1, key) + (field(2, end) if end else b""))
    return [dict(fields(pair)) for number, pair in fields(answer) if number == 2]


def main() -> None:
    verb, key = sys.argv[1], sys.argv[2].encode()
    if verb == "keys":
        for pair in pairs(key, key[:-1] + bytes([key[-1] + 1])):
            print(pair[1].decode())
    elif verb == "get":
        for pair in pairs(key):
            print(pair[5].decode(errors="replace"))
    elif verb == "put":
        call("Put", field(1, key) + field(2, sys.stdin.buffer.read()))
        print(f"{key.decode()} stored")


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        sys.exit(f"error: etcd at localhost:2379: {error.details()}")

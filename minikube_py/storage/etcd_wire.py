"""The part of etcd's gRPC interface that we speak, as typed messages.

Each class below is one message: a field is its type, its number on the wire and its default. The decorator turns the
class into a real protobuf message (built at run time, so there is no generated code that must match the installed
protobuf). Enumerations are plain integers: both are varints on the wire. Members of a `oneof` are plain fields, of
which a caller sets one.

Kubernetes: api/etcdserverpb/rpc.proto and api/mvccpb/kv.proto in etcd; numbers and names are theirs.
Simplified: only what storage/etcd.py uses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar, cast, dataclass_transform, get_args, get_origin, get_type_hints

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

T = TypeVar("T")
Request = TypeVar("Request")
Answer = TypeVar("Answer")

_POOL = DescriptorPool()
_SCALARS = {
    bytes: FieldDescriptorProto.TYPE_BYTES,
    bool: FieldDescriptorProto.TYPE_BOOL,
    int: FieldDescriptorProto.TYPE_INT64,
    str: FieldDescriptorProto.TYPE_STRING,
}
_PACKAGE = "etcdserverpb"


@dataclass_transform(kw_only_default=True)
def message(declaration: type[T]) -> type[T]:
    """Make a protobuf message class of a class whose fields are `Annotated[type, number] = default`."""
    name = declaration.__name__
    file = FileDescriptorProto(name=f"{name}.proto", package=_PACKAGE, syntax="proto3")
    descriptor = file.message_type.add(name=name)
    for field_name, hint in get_type_hints(declaration, include_extras=True).items():
        field_type, number = get_args(hint)
        field = descriptor.field.add(name=field_name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
        if get_origin(field_type) is Sequence:
            field.label = FieldDescriptorProto.LABEL_REPEATED
            (field_type,) = get_args(field_type)
        if field_type in _SCALARS:
            field.type = _SCALARS[field_type]
        else:
            field.type = FieldDescriptorProto.TYPE_MESSAGE
            field.type_name = f".{_PACKAGE}.{field_type.DESCRIPTOR.name}"
            file.dependency.append(f"{field_type.DESCRIPTOR.name}.proto")
    _POOL.Add(file)
    return cast(type[T], GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}")))


@message
class ResponseHeader:
    revision: Annotated[int, 3] = 0


@message
class KeyValue:
    key: Annotated[bytes, 1] = b""
    create_revision: Annotated[int, 2] = 0
    mod_revision: Annotated[int, 3] = 0
    value: Annotated[bytes, 5] = b""
    lease: Annotated[int, 6] = 0


@message
class RangeRequest:
    key: Annotated[bytes, 1] = b""
    range_end: Annotated[bytes, 2] = b""
    limit: Annotated[int, 3] = 0
    revision: Annotated[int, 4] = 0
    count_only: Annotated[bool, 9] = False


@message
class RangeResponse:
    header: Annotated[ResponseHeader, 1] = ResponseHeader()
    kvs: Annotated[Sequence[KeyValue], 2] = ()
    more: Annotated[bool, 3] = False
    count: Annotated[int, 4] = 0


@message
class PutRequest:
    key: Annotated[bytes, 1] = b""
    value: Annotated[bytes, 2] = b""
    lease: Annotated[int, 3] = 0


@message
class DeleteRangeRequest:
    key: Annotated[bytes, 1] = b""


@message
class RequestOp:
    request_range: Annotated[RangeRequest, 1] = RangeRequest()
    request_put: Annotated[PutRequest, 2] = PutRequest()
    request_delete_range: Annotated[DeleteRangeRequest, 3] = DeleteRangeRequest()


@message
class ResponseOp:
    response_range: Annotated[RangeResponse, 1] = RangeResponse()


EQUAL, GREATER = 0, 1
"""Compare.result"""
VERSION, CREATE, MOD = 0, 1, 2
"""Compare.target; a key that does not exist has 0 in all of them."""


@message
class Compare:
    result: Annotated[int, 1] = EQUAL
    target: Annotated[int, 2] = VERSION
    key: Annotated[bytes, 3] = b""
    version: Annotated[int, 4] = 0
    create_revision: Annotated[int, 5] = 0
    mod_revision: Annotated[int, 6] = 0


@message
class TxnRequest:
    compare: Annotated[Sequence[Compare], 1] = ()
    success: Annotated[Sequence[RequestOp], 2] = ()
    failure: Annotated[Sequence[RequestOp], 3] = ()


@message
class TxnResponse:
    header: Annotated[ResponseHeader, 1] = ResponseHeader()
    succeeded: Annotated[bool, 2] = False
    responses: Annotated[Sequence[ResponseOp], 3] = ()


@message
class CompactionRequest:
    revision: Annotated[int, 1] = 0


@message
class CompactionResponse:
    header: Annotated[ResponseHeader, 1] = ResponseHeader()


@message
class LeaseGrantRequest:
    TTL: Annotated[int, 1] = 0


@message
class LeaseGrantResponse:
    ID: Annotated[int, 2] = 0


@message
class LeaseTimeToLiveRequest:
    ID: Annotated[int, 1] = 0


@message
class LeaseTimeToLiveResponse:
    TTL: Annotated[int, 3] = 0


@message
class WatchCreateRequest:
    key: Annotated[bytes, 1] = b""
    range_end: Annotated[bytes, 2] = b""
    start_revision: Annotated[int, 3] = 0
    prev_kv: Annotated[bool, 6] = False


@message
class WatchRequest:
    create_request: Annotated[WatchCreateRequest, 1] = WatchCreateRequest()


PUT, DELETE = 0, 1
"""Event.type"""


@message
class Event:
    type: Annotated[int, 1] = PUT
    kv: Annotated[KeyValue, 2] = KeyValue()
    prev_kv: Annotated[KeyValue, 3] = KeyValue()


@message
class WatchResponse:
    created: Annotated[bool, 3] = False
    canceled: Annotated[bool, 4] = False
    compact_revision: Annotated[int, 5] = 0
    cancel_reason: Annotated[str, 6] = ""
    events: Annotated[Sequence[Event], 11] = ()


@dataclass(frozen=True, slots=True)
class Method(Generic[Request, Answer]):
    """One remote procedure: its path and what goes in and out."""

    path: str
    request: type[Request]
    answer: type[Answer]

    def serialize(self, request: Request) -> bytes:
        return cast(Message, request).SerializeToString()

    def parse(self, data: bytes) -> Answer:
        return cast(Answer, cast(type[Message], self.answer).FromString(data))


RANGE = Method("/etcdserverpb.KV/Range", RangeRequest, RangeResponse)
TXN = Method("/etcdserverpb.KV/Txn", TxnRequest, TxnResponse)
COMPACT = Method("/etcdserverpb.KV/Compact", CompactionRequest, CompactionResponse)
LEASE_GRANT = Method("/etcdserverpb.Lease/LeaseGrant", LeaseGrantRequest, LeaseGrantResponse)
LEASE_TIME_TO_LIVE = Method("/etcdserverpb.Lease/LeaseTimeToLive", LeaseTimeToLiveRequest, LeaseTimeToLiveResponse)
WATCH = Method("/etcdserverpb.Watch/Watch", WatchRequest, WatchResponse)

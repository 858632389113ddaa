"""Asks a gRPC server how it is, by the standard health service.

    /grpc.health.v1.Health/Check   request {1: service}   answer {1: status}, 1 of which is SERVING

Kubernetes: pkg/probe/grpc/grpc.go; github.com/grpc/grpc/blob/master/doc/health-checking.md
"""

from grpc import StatusCode, aio

_CHECK = "/grpc.health.v1.Health/Check"
_STATUSES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
_SERVING = 1


async def grpc_health(address: str, service: str, timeout_s: float) -> str:
    """Why the server is not well, empty if it is; `address` is HOST:PORT, an empty service the whole server."""
    async with aio.insecure_channel(address) as channel:
        check = channel.unary_unary(_CHECK, request_serializer=bytes, response_deserializer=bytes)
        try:
            answer = await check(_request(service), timeout=timeout_s, wait_for_ready=False)
        except aio.AioRpcError as error:
            return _trouble(error, address, timeout_s)
    status = _status_of(answer)
    if status == _SERVING:
        return ""
    name = _STATUSES[status] if status < len(_STATUSES) else str(status)
    return f'service unhealthy (responded with "{name}")'


def _request(service: str) -> bytes:
    name = service.encode()
    length = bytearray()
    size = len(name)
    while size >= 0x80:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return b"\x0a" + bytes(length) + name if name else b""


def _status_of(answer: bytes) -> int:
    """The answer has this one field; a server that is UNKNOWN leaves it out."""
    return answer[1] if len(answer) >= 2 and answer[0] == 0x08 else 0


def _trouble(error: aio.AioRpcError, address: str, timeout_s: float) -> str:
    if error.code() is StatusCode.UNIMPLEMENTED:
        return f"error: this server does not implement the grpc health protocol: {error.details()}"
    if error.code() is StatusCode.UNAVAILABLE:
        return f'error: failed to connect service at "{address}": {error.details()}'
    if error.code() is StatusCode.DEADLINE_EXCEEDED:
        return f"timeout: health rpc did not complete within {timeout_s:g}s"
    return f"error: health rpc probe failed: {error.details()}"

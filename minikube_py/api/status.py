"""Status and the ApiError family: how a request fails, the same class on both sides of the wire.

The server raises, its exception handler writes `error.to_status()`; the client reads that document and raises
`error_from_status(document)`, the same class. One table ties reasons to classes.

Kubernetes: apimachinery/pkg/api/errors/errors.go, meta/v1/types.go (Status)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from minikube_py.api.definition import Definition
from minikube_py.api.model import Json
from minikube_py.api.validation import FieldError
from minikube_py.errors import MinikubeError


class ApiError(MinikubeError):
    """A request that failed, with what a Status says about it."""

    code: ClassVar[int] = 500
    reason: ClassVar[str] = ""
    status_code: int
    """The HTTP code, which differs from the class's only for codes that no class stands for."""

    def __init__(self, message: str, *, details: Mapping[str, Json] | None = None, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details) if details is not None else None
        self.retry_after_s = retry_after_s
        self.status_code = self.code
        self.list_metadata: dict[str, Json] = {}

    def to_status(self) -> dict[str, Json]:
        status: dict[str, Json] = {"kind": "Status", "apiVersion": "v1", "metadata": self.list_metadata}
        status["status"] = "Failure"
        status["message"] = self.message
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        status["code"] = self.status_code
        return status


class BadRequest(ApiError):
    code = 400
    reason = "BadRequest"


class Unauthorized(ApiError):
    code = 401
    reason = "Unauthorized"


class Forbidden(ApiError):
    code = 403
    reason = "Forbidden"


class NotFound(ApiError):
    code = 404
    reason = "NotFound"


class MethodNotAllowed(ApiError):
    code = 405
    reason = "MethodNotAllowed"


class NotAcceptable(ApiError):
    code = 406
    reason = "NotAcceptable"


class AlreadyExists(ApiError):
    code = 409
    reason = "AlreadyExists"


class Conflict(ApiError):
    code = 409
    reason = "Conflict"


class Expired(ApiError):
    code = 410
    reason = "Expired"


class RequestEntityTooLarge(ApiError):
    code = 413
    reason = "RequestEntityTooLarge"


class UnsupportedMediaType(ApiError):
    code = 415
    reason = "UnsupportedMediaType"


class Invalid(ApiError):
    code = 422
    reason = "Invalid"


class TooManyRequests(ApiError):
    code = 429
    reason = "TooManyRequests"


class InternalError(ApiError):
    code = 500
    reason = "InternalError"


class Unavailable(ApiError):
    code = 503
    reason = "ServiceUnavailable"


class Timeout(ApiError):
    code = 504
    reason = "Timeout"


class InsufficientStorage(ApiError):
    """Our own: the disk of the store is full. etcd's alarm reaches Kubernetes' clients as a 500."""

    code = 507
    reason = "InsufficientStorage"


_BY_REASON: dict[str, type[ApiError]] = {error.reason: error for error in ApiError.__subclasses__()}
_BY_CODE: dict[int, type[ApiError]] = {error.code: error for error in reversed(ApiError.__subclasses__())}


def error_from_status(status: Mapping[str, Any], code: int) -> ApiError:
    """The error that a Status document stands for; by its reason, else by the HTTP code."""
    kind = _BY_REASON.get(status.get("reason", "")) or _BY_CODE.get(code, ApiError)
    details = status.get("details") or {}
    error = kind(
        str(status.get("message") or f"the server answered {code}"),
        details=details,
        retry_after_s=int(details.get("retryAfterSeconds", 0)),
    )
    error.status_code = code
    return error


def not_found(definition: Definition, name: str) -> NotFound:
    return NotFound(f'{definition.group_resource} "{name}" not found', details=_details(definition, name))


def already_exists(definition: Definition, name: str, *, is_going: bool = False) -> AlreadyExists:
    why = "object is being deleted: " if is_going else ""
    return AlreadyExists(
        f'{why}{definition.group_resource} "{name}" already exists', details=_details(definition, name)
    )


def all_names_taken(definition: Definition, name: str) -> AlreadyExists:
    """Of a generated name, when each that was drawn was taken."""
    message = (
        f'{definition.group_resource} "{name}" already exists, the server was not able to generate a unique name '
        "for the object"
    )
    return AlreadyExists(message, details={**_details(definition, name), "retryAfterSeconds": 1}, retry_after_s=1)


def conflict(definition: Definition, name: str, why: str = "") -> Conflict:
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {definition.group_resource} "{name}": {why}'
    return Conflict(message, details=_details(definition, name))


def forbidden(definition: Definition, name: str, why: str) -> Forbidden:
    message = f'{definition.group_resource} "{name}" is forbidden: {why}'
    return Forbidden(message, details=_details(definition, name))


def invalid(group: str, kind: str, name: str, errors: Sequence[FieldError]) -> Invalid:
    """The 422 that lists what is wrong field by field, as kubectl prints it."""
    texts = [str(error) for error in errors]
    said = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details: dict[str, Json] = {"name": name, "group": group, "kind": kind}
    details = {key: value for key, value in details.items() if value}
    details["causes"] = [{"reason": e.reason, "message": e.message, "field": e.path} for e in errors]
    return Invalid(f'{f"{kind}.{group}" if group else kind} "{name}" is invalid: {said}', details=details)


def _details(definition: Definition, name: str) -> dict[str, Json]:
    details = {"name": name, "group": definition.group, "kind": definition.plural}
    return {key: value for key, value in details.items() if value}

"""How a command fails: each class carries the exact words for stderr and the exit code.

Verb modules raise; `main` prints `str(error)` and exits with `error.exit_code`. Nothing here prints.

Kubernetes: kubectl's cmd/util CheckErr.
"""

from collections.abc import Mapping
from typing import Any

from minikube_py.errors import MinikubeError

PROGRAM = "pykubectl"


class CommandError(MinikubeError):
    """A command that cannot be done; printed as `error: message`."""

    prefix = "error: "

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code

    def __str__(self) -> str:
        if not self.message or self.message.startswith(self.prefix):
            return self.message
        return f"{self.prefix}{self.message}"

    @property
    def line(self) -> str:
        """How it reads among other failures: kubectl has no prefix there."""
        return self.message


class PlainError(CommandError):
    """A failure whose whole line is the message, without a prefix."""

    prefix = ""


class ConnectionRefused(PlainError):
    """Nobody listens; `cause` is what Go's HTTP client says of it, which some verbs print instead."""

    def __init__(self, authority: str, cause: str) -> None:
        super().__init__(
            f"The connection to the server {authority} was refused - did you specify the right host or port?"
        )
        self.cause = cause


class UsageError(CommandError):
    """A command line that does not fit the verb's grammar; points to the verb's help."""

    def __init__(self, message: str, command_path: str, help_flag: str = "-h' for help and examples") -> None:
        super().__init__(f"{message}\nSee '{command_path} {help_flag}")


class ServerError(CommandError):
    """The API server refused; `status` is its Status document (empty when the answer was not one)."""

    prefix = ""

    def __init__(self, code: int, status: Mapping[str, Any], message: str) -> None:
        self.code = code
        self.status = status
        self.reason = str(status.get("reason") or "")
        self.said = str(status.get("message") or message)
        super().__init__(describe_server_error(self.reason, status, message))

    @property
    def line(self) -> str:
        return f"Error from server (Invalid): {self.said}" if self.reason == "Invalid" else self.message

    @property
    def is_not_found(self) -> bool:
        return self.reason == "NotFound" or (self.code == 404 and not self.reason)


class ManyErrors(CommandError):
    """Several objects failed while the others were done; one line each."""

    prefix = ""

    def __init__(self, errors: list[CommandError]) -> None:
        super().__init__("".join(f"{error.line}\n" for error in errors), max(error.exit_code for error in errors))
        self.errors = errors


_INVALID, _BULLET = "The request is invalid", "\n* "


def describe_server_error(reason: str, status: Mapping[str, Any], message: str) -> str:
    """Put a Status into kubectl's words: a bullet list for an invalid object, one line for everything else."""
    details = status.get("details") or {}
    causes = details.get("causes") or []
    if reason == "Invalid":
        is_named = details.get("kind") or details.get("name")
        what = f'The {details.get("kind", "")} "{details.get("name", "")}" is invalid' if is_named else _INVALID
        fields = [f"{cause['field']}: {cause.get('message', '')}" for cause in causes if cause.get("field")]
        if not fields:
            return what if is_named else f"{what}: {message}"
        return f"{what}: {fields[0] if len(fields) == 1 else ''.join(f'{_BULLET}{field}' for field in fields)}"
    if reason == "Unauthorized":
        return "error: You must be logged in to the server (" + message + ")"
    if not reason:
        return f"Error from server: {message}"
    return f"Error from server ({reason}): {message}"


def join_errors(errors: list[CommandError]) -> CommandError:
    """One error that prints them all."""
    return errors[0] if len(errors) == 1 else ManyErrors(errors)

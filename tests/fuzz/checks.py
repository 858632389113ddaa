"""What schemathesis checks of every answer besides: it loads this file, in an environment of its own.

No server error is excused, an error is a Status that says the same code, and a watch ends soon.
"""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis


@schemathesis.check
def an_error_is_a_status(_context: Any, response: Any, case: Any) -> None:
    """Whoever is refused is told why in Kubernetes' one form; paths that are none have a plain text."""
    code = response.status_code
    if code < 400 or "/proxy" in case.path:
        return
    text = response.content.decode("utf-8", "replace")
    if code == 404 and text == "404 page not found\n":
        return
    try:
        status = json.loads(text)
    except ValueError:
        raise AssertionError(f"{code} without a Status: {text[:200]!r}") from None
    assert status.get("kind") == "Status", f"{code} without a Status: {text[:200]!r}"
    assert status.get("code") == code, f"{code} with a Status of {status.get('code')}"
    assert status.get("message"), f"{code} with a Status that says nothing"


AS_UPSTREAM = (
    b"resourceVersion should not be set on objects to be created",
    b"resourceVersion: Invalid value:",
)
"""What the real server answers with 500, too, although the cause is the client's."""


@schemathesis.check
def nothing_breaks(_context: Any, response: Any, case: Any) -> None:
    """503 is what a proxy says of a backend that is not there; 504 of a version that has not come."""
    code = response.status_code
    if code == 500 and any(text in response.content for text in AS_UPSTREAM):
        return
    excused = (503,) if "proxy" in case.path else (504,) if "resourceVersion" in (case.query or {}) else ()
    assert code < 500 or code in excused, f"{code}: {response.content[:300]!r}"


@schemathesis.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Mostly places that there are: each second address is in the namespace default, each third has a usual name."""
    if not path_parameters:
        return path_parameters
    found = dict(path_parameters)
    if "namespace" in found and len(str(found["namespace"])) % 2:
        found["namespace"] = "default"
    if "name" in found and len(str(found["name"])) % 3:
        found["name"] = "default"
    return found


@schemathesis.hook
def map_query(_context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """A watch ends after a second."""
    return {**query, "timeoutSeconds": 1} if query else query


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    query = case.query or {}
    if "watch" in query or "/watch/" in case.path:
        case.query = {**query, "timeoutSeconds": 1}


TOKEN = os.environ.get("FUZZ_TOKEN", "")


@schemathesis.auth()
class Bearer:
    """Who asks."""

    def get(self, _case: Any, _context: Any) -> str:
        return TOKEN

    def set(self, case: Any, data: str, _context: Any) -> None:
        if data:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}

"""JSON patch (RFC 6902): a list of operations, applied one after the other, all or nothing.

Three habits of the API server go beyond the RFC and are kept, because clients rely on them: a negative index counts
from the end, `replace` may name a member that is not there yet, and `copy` of a missing member copies null.

Kubernetes: apiserver pkg/endpoints/handlers/patch.go (applyJSPatch) on github.com/evanphx/json-patch
"""

from __future__ import annotations

import re
from collections.abc import Callable

import orjson

from minikube_py.documents.json_values import MAX_DEPTH, Json, copy_json, json_depth, json_equal, json_kind
from minikube_py.patching.patch import Document, MalformedPatch, PatchDoesNotApply, PatchTooLarge

MAX_OPERATIONS = 10_000
MAX_COPIED_BYTES = 3 * 1024 * 1024


class TestFailed(PatchDoesNotApply):
    """A `test` of the patch that did not find what it asks for."""


def apply_json_patch(document: Document, operations: Json) -> Json:
    """Apply `operations`, a parsed patch body, to `document`.

    The result is an object or a list: the patch may replace the whole document.
    Raises: MalformedPatch, PatchTooLarge, PatchDoesNotApply
    """
    patched = _Patched(copy_json(document))
    for operation in _checked(operations):
        patched.apply(operation)
    return patched.document


def _checked(operations: Json) -> list[Document]:
    if operations is None:
        return []
    if not isinstance(operations, list):
        raise _wrong_type(operations, "value of type []handlers.jsonPatchOp")
    if len(operations) > MAX_OPERATIONS:
        limit = f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}"
        raise PatchTooLarge(limit)
    for operation in operations:
        if not isinstance(operation, dict):
            raise _wrong_type(operation, "value of type handlers.jsonPatchOp")
        for name in ("op", "path", "from"):
            if not isinstance(operation.get(name, ""), str):
                raise _wrong_type(operation[name], f"struct field jsonPatchOp.{name} of type string")
    return operations


def _wrong_type(value: Json, wanted: str) -> MalformedPatch:
    return MalformedPatch(f"error decoding patch: json: cannot unmarshal {json_kind(value)} into Go {wanted}")


class _Patched:
    """A document of our own on which operations are carried out in place."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self._copied_bytes = 0

    def apply(self, operation: Document) -> None:
        name = operation.get("op", "")
        carry_out = self._OPERATIONS.get(name)
        if carry_out is None:
            raise PatchDoesNotApply(f"unexpected operation: {name}")
        carry_out(self, operation, _text(operation, "path"))

    def _add(self, operation: Document, path: str) -> None:
        self._put(path, copy_json(operation.get("value")))

    def _replace(self, operation: Document, path: str) -> None:
        value = copy_json(operation.get("value"))
        if not path:
            if not isinstance(value, dict | list):
                raise PatchDoesNotApply("replace operation of the whole document must give an object or a list")
            self.document = value
            return
        parent, key = self._parent(path)
        if isinstance(parent, list):
            del parent[_index(parent, key, path)]
        self._put(path, value)

    def _remove(self, operation: Document, path: str) -> None:
        self._take(path)

    def _move(self, operation: Document, path: str) -> None:
        self._put(path, self._take(_text(operation, "from")))

    def _copy(self, operation: Document, path: str) -> None:
        value = copy_json(self._get(_text(operation, "from")))
        self._copied_bytes += len(orjson.dumps(value))
        if self._copied_bytes > MAX_COPIED_BYTES:
            raise PatchTooLarge(f"the copies of this patch take more than {MAX_COPIED_BYTES} bytes")
        self._put(path, value)

    def _test(self, operation: Document, path: str) -> None:
        if not json_equal(self._get(path) if path else self.document, operation.get("value")):
            raise TestFailed(f"testing value {path} failed")

    _OPERATIONS: dict[str, Callable[[_Patched, Document, str], None]] = {  # noqa: RUF012 - never changed
        "add": _add,
        "replace": _replace,
        "remove": _remove,
        "move": _move,
        "copy": _copy,
        "test": _test,
    }

    def _get(self, path: str) -> Json:
        parent, key = self._parent(path)
        return parent.get(key) if isinstance(parent, dict) else parent[_index(parent, key, path)]

    def _put(self, path: str, value: Json) -> None:
        parent, key = self._parent(path)
        if path.count("/") + json_depth(value) > MAX_DEPTH:
            raise PatchDoesNotApply(f"exceeded max depth: {path[:100]}")
        if isinstance(parent, dict):
            parent[key] = value
        elif key == "-":
            parent.append(value)
        else:
            parent.insert(_index([*parent, None], key, path), value)

    def _take(self, path: str) -> Json:
        parent, key = self._parent(path)
        if isinstance(parent, list):
            return parent.pop(_index(parent, key, path))
        if key not in parent:
            raise PatchDoesNotApply(f"unable to remove nonexistent key: {path}")
        return parent.pop(key)

    def _parent(self, path: str) -> tuple[Json, str]:
        """Find the object or list that `path` points into, and the last part of the path."""
        first, *names = path.split("/")
        if first or not names:
            raise PatchDoesNotApply(f'the path "{path}" does not begin with /')
        parent = self.document
        for name in names[:-1]:
            if isinstance(parent, dict):
                parent = parent.get(_plain(name))
            elif isinstance(parent, list):
                parent = parent[_index(parent, name, path)]
        if not isinstance(parent, dict | list):
            raise PatchDoesNotApply(f'doc is missing path: "{path}"')
        return parent, _plain(names[-1])


def _text(operation: Document, name: str) -> str:
    if name not in operation:
        raise PatchDoesNotApply(f"{operation.get('op')} operation has no {name}")
    text: str = operation[name]
    return text


def _plain(name: str) -> str:
    return name.replace("~1", "/").replace("~0", "~")


def _index(items: list[Json], text: str, path: str) -> int:
    """The place in `items` that `text` means, negative ones counted from the end."""
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text) or not -len(items) <= int(text) < len(items):
        raise PatchDoesNotApply(f"unable to access invalid index: {path}")
    return int(text) % len(items)

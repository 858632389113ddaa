"""Who a request writes as, and what that leaves in the managed fields of the object.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{create,update}.go (managerOrUserAgent)
"""

from __future__ import annotations

import orjson

from minikube_py.api.meta import ManagedFieldsEntry
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.patching.managed_fields import Manager, Write, created_object, updated

_LONGEST_NAME = 128
_RESET = (ManagedFieldsEntry(),)
"""What a client writes to have all entries forgotten: `[{}]`."""


def manager_name(asked: str, user_agent: str) -> str:
    """The name of the request's manager: what it says, or the program that sends it."""
    if asked:
        return asked
    program = "".join(letter for letter in user_agent.partition("/")[0] if letter.isprintable())
    return program[:_LONGEST_NAME] or "unknown"


def with_creator(given: Resource, manager: Manager) -> Resource:
    """The object with its creator as the owner of all fields."""
    entries = created_object(given, Write(type(given), manager, Time.now()))
    return replace(given, metadata=replace(given.metadata, managed_fields=entries))


def with_writer(asked: Resource, current: Resource, stored: bytes, manager: Manager) -> Resource:
    """The object with the manager as the owner of what it changes; `stored` is the text of `current`."""
    entries = asked.metadata.managed_fields
    if manager.subresource or (not entries and current.metadata.managed_fields):
        entries = current.metadata.managed_fields
    if entries == _RESET:
        entries = ()
    elif entries:
        is_second_view = bool(asked.definition.stored_prefix)
        old = current.to_dict() if is_second_view else orjson.loads(stored)
        time = None if manager.subresource == "scale" else Time.now()  # upstream forgets it on the way from the Scale
        entries = updated(entries, old, asked.to_dict(), Write(type(asked), manager, time))
    if entries is asked.metadata.managed_fields:
        return asked
    return replace(asked, metadata=replace(asked.metadata, managed_fields=entries))

"""A mutating policy's changes of a request's object, one mutation after the other, each on what the last one left.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating
Simplified: an object that no kind is (an unknown field, a wrong type) is the policy's failure, there the server's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as with_changes
from typing import TypeAlias

from minikube_py.api.decoding import DecodeError
from minikube_py.api.kinds.admissionregistration.policy_spec import (
    ApplyConfiguration,
    JSONPatch,
    MutatingAdmissionPolicySpec,
    Mutation,
)
from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.api.shapes import Form, Shape
from minikube_py.errors import MinikubeError
from minikube_py.expressions.cel import EvaluationError, TypeName
from minikube_py.patching.json_patch import TestFailed, apply_json_patch
from minikube_py.patching.patch import PatchError
from minikube_py.patching.structured_merge import StructureError, field_set, merge
from minikube_py.policies.expressions import Expression
from minikube_py.policies.objects import plain, type_of
from minikube_py.policies.program import PolicyProgram, failure_text
from minikube_py.policies.request import PolicyRequest, converted

Change: TypeAlias = Callable[[type[Resource], Json, Json], Json]
"""From the kind, its document and what the expression gave, to the document that shall be."""


class MutationError(MinikubeError):
    """A mutation that cannot be made; the text says why."""


class MutatingProgram(PolicyProgram):
    def __init__(self, spec: MutatingAdmissionPolicySpec) -> None:
        super().__init__(spec, makes_objects=True)
        self.may_be_asked_again = spec.reinvocation_policy == "IfNeeded"
        self._mutations: list[tuple[Expression, Change]] = []
        for index, mutation in enumerate(spec.mutations):
            self._add(mutation, f"spec.mutations[{index}]")

    def _add(self, mutation: Mutation, path: str) -> None:
        if mutation.patch_type == "JSONPatch":
            self._add_part(mutation.json_patch, f"{path}.jsonPatch.expression", "LIST", _patched)
        else:
            self._add_part(mutation.apply_configuration, f"{path}.applyConfiguration.expression", "MAP", _applied)

    def _add_part(
        self, part: JSONPatch | ApplyConfiguration | None, path: str, result: TypeName, change: Change
    ) -> None:
        words = "Object" if change is _applied else "list(JSONPatch)"
        made = self._compiled(self._declared, part.expression, path, result, words) if part is not None else None
        if made is not None:
            self._mutations.append((made, change))

    def mutate(self, request: PolicyRequest, params: Json) -> PolicyRequest:
        """The request with what the policy makes of its object. Raises: MutationError unless failures are ignored."""
        try:
            if not self.conditions_hold(self.evaluation(request, params)):
                return request
        except EvaluationError as error:
            if self.is_lenient:
                return request
            raise MutationError(str(error)) from error
        for expression, change in self._mutations:
            try:
                request = self._mutated(request, params, expression, change)
            except MutationError:
                if not self.is_lenient:
                    raise
        return request

    def _mutated(self, request: PolicyRequest, params: Json, expression: Expression, change: Change) -> PolicyRequest:
        try:
            asked = self.evaluation(request, params).value(expression)
        except EvaluationError as error:
            raise MutationError(failure_text(expression, error)) from error
        try:
            document = change(request.kind, request.document, asked)
            return with_changes(request, obj=_object(request, document))
        except TestFailed:
            return request
        except PatchError as error:
            raise MutationError(f"JSON Patch: {error}") from error
        except StructureError as error:
            why = f"failed to convert patch object to typed object: {error}"
            raise MutationError(f"error applying patch: {why}") from error
        except (EvaluationError, DecodeError) as error:
            raise MutationError(str(error)) from error


def _applied(kind: type[Resource], document: Json, asked: Json) -> Json:
    if type_of(asked) != "Object":
        raise EvaluationError(f"must evaluate to Object but got {type_of(asked) or 'a map'}")
    config, shape = plain(asked, "Object"), kind.shape()
    field_set(config, shape)
    _check_parts(config, shape, "")
    return merge(document, config, shape)


def _patched(_kind: type[Resource], document: Json, asked: Json) -> Json:
    if not isinstance(asked, list) or any(type_of(item) != "JSONPatch" for item in asked):
        raise EvaluationError("must evaluate to list(JSONPatch)")
    return apply_json_patch(document, [plain(item) for item in asked])


def _check_parts(value: Json, shape: Shape, path: str) -> None:
    """What others may have set as a whole is nothing that a policy may set in part.

    Raises: MutationError, StructureError.
    """
    if shape.form is Form.LEAF and isinstance(value, list | dict):
        why = f"invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {path}"
        raise MutationError(f"error applying patch: {why}")
    if value is None and shape.form is not Form.LEAF:
        raise StructureError(f"{path}: expected {'list' if shape.keys else 'map'}, got null")
    if isinstance(value, dict):
        for name, member in value.items():
            inner = shape.child(name)
            if inner is not None:
                _check_parts(member, inner, f"{path}.{name}")
    elif isinstance(value, list) and shape.element is not None:
        for index, item in enumerate(value):
            _check_parts(item, shape.element, f"{path}[{index}]")


def _object(request: PolicyRequest, document: Json) -> Resource:
    """The object of a document, with its defaults. Raises: DecodeError, MutationError."""
    if not isinstance(document, dict):
        raise MutationError("the mutation does not leave an object")
    read = request.kind.read(document)
    if read.unknown_fields:
        fields = ", ".join(f'unknown field "{each}"' for each in read.unknown_fields)
        raise MutationError(f"strict decoding error: {fields}")
    made = converted(read.value.defaulted(), request.resource)
    assert request.obj is not None
    before, after = request.obj.metadata, made.metadata
    for name, old, new in (
        ("name", before.name, after.name),
        ("namespace", before.namespace, after.namespace),
        ("uid", before.uid, after.uid),
    ):
        if old != new:
            raise MutationError(f'metadata.{name}: Invalid value: "{new}": a policy may not change what the object is')
    return made

"""AdmissionPolicies: what users have said in CEL that writes must fulfil, or how they shall be changed.

    policies and bindings, from the watch cache -> compiled once -> each write: is it meant? with which parameters?
    MutatingAdmissionPolicy changes, ValidatingAdmissionPolicy denies, warns, or tells the audit log

Also refuses a policy whose expressions do not compile. Policies and webhook configurations are subject to no policy,
so that a wrong one can be taken away.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy
Simplified: policies are asked in the order of their names. What is no write of an object of the resource's own kind (a
Scale, a Binding, the options of exec) is judged, not changed; who names it in a mutating policy is warned.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from minikube_py.access.authentication.caller import CALLER
from minikube_py.access.authorization.authorizer import Action, Authorizer
from minikube_py.access.remarks import annotate, warn
from minikube_py.admission.bound_policies import Binding, Bound, BoundPolicies, Params, PolicyUnusable
from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.admissionregistration.mutating_admission_policy import MutatingAdmissionPolicy
from minikube_py.api.kinds.admissionregistration.mutating_admission_policy_binding import (
    MutatingAdmissionPolicyBinding,
)
from minikube_py.api.kinds.admissionregistration.mutating_webhook_configuration import MutatingWebhookConfiguration
from minikube_py.api.kinds.admissionregistration.validating_admission_policy import ValidatingAdmissionPolicy
from minikube_py.api.kinds.admissionregistration.validating_admission_policy_binding import (
    ValidatingAdmissionPolicyBinding,
)
from minikube_py.api.kinds.admissionregistration.validating_webhook_configuration import ValidatingWebhookConfiguration
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.model import Json
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource
from minikube_py.api.status import ApiError, Forbidden, Invalid, RequestEntityTooLarge, invalid
from minikube_py.policies.authorizer import Right, answering
from minikube_py.policies.mutating import MutatingProgram, MutationError
from minikube_py.policies.request import PolicyRequest
from minikube_py.policies.validating import Failure, ValidatingProgram
from minikube_py.policies.webhooks import condition_errors
from minikube_py.watchcache.cacher import Cacher

_GROUP = ValidatingAdmissionPolicy.definition.group
_AUDITED = "validation.policy.admission.k8s.io/validation_failure"
_POSTED = ("binding", "eviction")
"""What changes a pod, and is asked about as the object that was posted."""
_REFUSALS = {each.reason: each for each in (Forbidden, Invalid, RequestEntityTooLarge)}


class AdmissionPolicies(Plugin):
    def __init__(self, cacher: Cacher, registry: Registry, authorizer: Authorizer) -> None:
        self._cacher = cacher
        self._authorizer = authorizer
        self._params = Params(cacher, registry)
        self._same_objects = SameObjects(registry)
        self._mutating = BoundPolicies(cacher, MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, MutatingProgram)
        self._validating = BoundPolicies(
            cacher, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingProgram
        )

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        policies = self._mutating.current()
        if not policies or not _is_asked_about(attributes) or attributes.view is not None:
            return obj
        with answering(self._decide):
            mutated = self._mutated(policies, self._request(obj, attributes))
        assert mutated.obj is not None
        return mutated.obj

    def _mutated(self, policies: tuple[Bound[MutatingProgram], ...], request: PolicyRequest) -> PolicyRequest:
        """Who allows it is asked again when somebody after it has changed the object."""
        left_behind: dict[str, Resource | None] = {}
        for policy in policies:
            request = self._changed(policy, request)
            left_behind[policy.name] = request.obj
        for policy in policies:
            if policy.program.may_be_asked_again and left_behind[policy.name] != request.obj:
                request = self._changed(policy, request)
        return request

    def _changed(self, policy: Bound[MutatingProgram], request: PolicyRequest) -> PolicyRequest:
        for binding in policy.bindings:
            kind = self._kind_meant(policy, binding, request)
            if kind is None:
                continue
            try:
                for params in self._params.of(policy, binding, request):
                    request = policy.program.mutate(request.as_kind(kind), params).as_kind(request.resource)
            except PolicyUnusable as error:
                if not policy.program.is_lenient:
                    raise _mutation_refused(request, policy, binding, str(error), Forbidden) from error
            except MutationError as error:
                raise _mutation_refused(request, policy, binding, str(error), Invalid) from error
        return request

    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        if attributes.resource.definition.group == _GROUP:
            return _check_policy(obj, attributes)
        policies = self._validating.current()
        if policies and _is_asked_about(attributes):
            with answering(self._decide):
                self._judge(policies, self._request(obj, attributes))
        return None

    def _judge(self, policies: tuple[Bound[ValidatingProgram], ...], request: PolicyRequest) -> None:
        """Raises: the first refusal, when all have been asked."""
        refusals: list[ApiError] = []
        audited: list[dict[str, Json]] = []
        told: dict[str, list[str]] = {}
        for policy in policies:
            for binding in policy.bindings:
                for failure in self._failures(policy, binding, request, told):
                    if "Audit" in binding.actions:
                        audited.append(_audit_entry(policy, binding, failure))
                    if "Warn" in binding.actions:
                        warn(f"Validation failed for {_named(policy, binding)}: {failure.message}")
                    if "Deny" in binding.actions:
                        refusals.append(_refusal(request, f"{_named(policy, binding)} denied request", failure))
        for key, texts in told.items():
            annotate(key, ", ".join(dict.fromkeys(texts)))
        if audited:
            annotate(_AUDITED, orjson.dumps(audited).decode())
        if refusals:
            raise refusals[0]

    def _failures(
        self, policy: Bound[ValidatingProgram], binding: Binding, request: PolicyRequest, told: dict[str, list[str]]
    ) -> Iterator[Failure]:
        kind = self._kind_meant(policy, binding, request)
        if kind is None:
            return
        try:
            for params in self._params.of(policy, binding, request):
                judgement = policy.program.judge(request.as_kind(kind), params)
                for key, text in judgement.annotations.items():
                    told.setdefault(f"{policy.name}/{key}", []).append(text)
                yield from judgement.failures
        except PolicyUnusable as error:
            if not policy.program.is_lenient:
                who = f"{_named(policy, None if error.is_of_policy else binding)} denied request"
                raise _refusal(request, who, Failure(str(error))) from error

    def _kind_meant(
        self, policy: Bound[MutatingProgram] | Bound[ValidatingProgram], binding: Binding, request: PolicyRequest
    ) -> type[Resource] | None:
        same_objects = self._same_objects.of(request.resource)
        kind = policy.program.matcher.kind_meant(request, same_objects)
        return kind if kind is not None and binding.matcher.kind_meant(request, same_objects) is not None else None

    def _request(self, obj: Resource, attributes: Attributes) -> PolicyRequest:
        view, old = attributes.view, attributes.old
        if view is not None:
            obj, old = view.of(obj), view.of(old) if old is not None else None
        item = self._cacher.get(Namespace, "", attributes.namespace)
        return PolicyRequest(
            attributes.operation,
            attributes.resource,
            attributes.namespace,
            attributes.name,
            CALLER.get().user,
            None if attributes.operation == "DELETE" else obj,
            old,
            view.subresource if view is not None else attributes.subresource,
            attributes.dry_run,
            item.as_object(Namespace) if item is not None else None,
        )

    def _decide(self, user: UserInfo, right: Right) -> tuple[bool, str]:
        decision = self._authorizer.decide(user, Action.asked(right))
        return decision.allowed, decision.reason


def _is_asked_about(attributes: Attributes) -> bool:
    is_changed_by_another = attributes.operation == "UPDATE" and attributes.subresource in _POSTED
    return attributes.resource.definition.group != _GROUP and not is_changed_by_another


class SameObjects:
    """The other kinds as which objects of a kind are served: other versions, or another group."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._revision = -1
        self._by_prefix: dict[str, list[type[Resource]]] = {}

    def of(self, resource: type[Resource]) -> list[type[Resource]]:
        if self._revision != self._registry.revision:
            self._revision = self._registry.revision
            self._by_prefix = {}
            for each in self._registry:
                self._by_prefix.setdefault(each.definition.key_prefix, []).append(each)
        return [each for each in self._by_prefix.get(resource.definition.key_prefix, ()) if each is not resource]


def _check_policy(obj: Resource, attributes: Attributes) -> None:
    """Raises: Invalid for a policy or a webhook configuration with new expressions that do not compile."""
    if attributes.operation == "DELETE" or attributes.subresource:
        return
    old = attributes.old
    has_webhooks = isinstance(obj, ValidatingWebhookConfiguration | MutatingWebhookConfiguration)
    part = "webhooks" if has_webhooks else "spec"
    if old is not None and getattr(old, part) == getattr(obj, part):
        return
    if isinstance(obj, ValidatingAdmissionPolicy):
        errors = ValidatingProgram(obj.spec).errors
    elif isinstance(obj, MutatingAdmissionPolicy):
        errors = MutatingProgram(obj.spec).errors
    elif isinstance(obj, ValidatingWebhookConfiguration | MutatingWebhookConfiguration):
        errors = [*condition_errors(obj.webhooks)]
    else:
        return
    if errors:
        raise invalid(obj.definition.group, obj.definition.kind, obj.metadata.name, errors)


def _named(policy: Bound[ValidatingProgram], binding: Binding | None) -> str:
    bound = f" with binding '{binding.name}'" if binding is not None else ""
    return f"ValidatingAdmissionPolicy '{policy.name}'{bound}"


def _refusal(request: PolicyRequest, who: str, failure: Failure) -> ApiError:
    made = _REFUSALS.get(failure.reason, Invalid)
    definition, message = request.resource.definition, f"{who}: {failure.message}"
    return made(
        f'{definition.group_resource} "{request.name}" is forbidden: {message}', details=_details(request, message)
    )


def _mutation_refused(
    request: PolicyRequest,
    policy: Bound[MutatingProgram],
    binding: Binding,
    why: str,
    reason: type[Forbidden] | type[Invalid],
) -> ApiError:
    message = f"policy '{policy.name}' with binding '{binding.name}' denied request: {why}"
    error = reason(message, details=_details(request, message))
    error.status_code = Forbidden.code
    return error


def _details(request: PolicyRequest, message: str) -> dict[str, Json]:
    definition = request.resource.definition
    found = {"name": request.name, "group": definition.group, "kind": definition.plural}
    details: dict[str, Json] = {key: value for key, value in found.items() if value}
    return {**details, "causes": [{"message": message}]}


def _audit_entry(policy: Bound[ValidatingProgram], binding: Binding, failure: Failure) -> dict[str, Json]:
    return {
        "message": failure.message,
        "policy": policy.name,
        "binding": binding.name,
        "expressionIndex": failure.index,
        "validationActions": list(binding.actions),
    }

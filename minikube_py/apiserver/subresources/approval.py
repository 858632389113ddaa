"""Approval of a CertificateSigningRequest: the only write that may add `Approved` or `Denied`.

Kubernetes: pkg/registry/certificates/certificates/{storage,strategy.go}
"""

from __future__ import annotations

from minikube_py.api.kinds.certificates.certificate_signing_request import CertificateSigningRequest
from minikube_py.api.kinds.certificates.signing_request_spec import CertificateSigningRequestCondition
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.api.status import invalid


def take_approval(current: CertificateSigningRequest, asked: CertificateSigningRequest) -> CertificateSigningRequest:
    """The request with the conditions that were asked for, each stamped with when it came. Raises: Invalid."""
    known = {condition.type for condition in current.status.conditions}
    conditions = tuple(
        condition if condition.type in known else _stamped(condition) for condition in asked.status.conditions
    )
    metadata = replace(asked.metadata, managed_fields=current.metadata.managed_fields)
    changed = replace(current, metadata=metadata, status=replace(current.status, conditions=conditions))
    errors = list(changed.status_errors(current))
    if errors:
        definition = current.definition
        raise invalid(definition.group, definition.kind, current.metadata.name, errors)
    return changed


def _stamped(condition: CertificateSigningRequestCondition) -> CertificateSigningRequestCondition:
    now = Time.now()
    moved = condition.last_transition_time or now
    return replace(condition, last_update_time=condition.last_update_time or now, last_transition_time=moved)

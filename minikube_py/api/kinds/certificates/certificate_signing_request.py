"""CertificateSigningRequest: asks a signer for a certificate; approved or denied by somebody with the right to.

Kubernetes: pkg/registry/certificates/certificates/strategy.go
Simplified: no signer runs here; approved requests wait for one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, NONE, duration_text
from minikube_py.api.definition import Column
from minikube_py.api.kinds.certificates.signing_request_spec import (
    CertificateSigningRequestSpec,
    CertificateSigningRequestStatus,
)
from minikube_py.api.kinds.certificates.validation import spec_errors, status_errors
from minikube_py.api.markers import Required
from minikube_py.api.model import replace, written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError


class CertificateSigningRequest(
    Resource,
    group="certificates.k8s.io",
    version="v1",
    plural="certificatesigningrequests",
    namespaced=False,
    short_names=("csr",),
    generation_of=(),
    selectable_fields=("spec.signerName",),
    columns=(
        NAME,
        AGE,
        Column("SignerName", lambda request: request.spec.signer_name or NONE),
        Column("Requestor", lambda request: request.spec.username),
        Column("RequestedDuration", lambda request: _duration(request.spec)),
        Column("Condition", lambda request: _state(request.status)),
    ),
):
    spec: Annotated[CertificateSigningRequestSpec, Required()] = written(CertificateSigningRequestSpec)
    status: CertificateSigningRequestStatus = written(CertificateSigningRequestStatus)

    def prepare_for_create(self) -> Self:
        return replace(self, status=CertificateSigningRequestStatus())

    def prepare_for_update(self, old: Self) -> Self:
        return replace(self, spec=old.spec)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return () if old is not None else spec_errors(self.spec)

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        return status_errors(self.status, old.status)


def _duration(spec: CertificateSigningRequestSpec) -> str:
    seconds = spec.expiration_seconds
    return NONE if seconds is None else duration_text(seconds)


def _state(status: CertificateSigningRequestStatus) -> str:
    conditions = {condition.type for condition in status.conditions}
    texts = ["Denied" if "Denied" in conditions else "Approved" if "Approved" in conditions else "Pending"]
    texts += ["Failed"] if "Failed" in conditions else []
    texts += ["Issued"] if status.certificate else []
    return ",".join(texts)

"""The parts of a CertificateSigningRequest.

Kubernetes: staging/src/k8s.io/api/certificates/v1/types.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from minikube_py.api.markers import Format, ListType, NoDefault
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import Base64, Time


class CertificateSigningRequestSpec(Model):
    """What is asked for, and who asks."""

    request: Annotated[Base64, Format("byte"), NoDefault()] = written(str)
    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    usages: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = {}
    signer_name: str = written(str)
    expiration_seconds: int | None = None


class CertificateSigningRequestCondition(Model):
    type: str = written(str)
    reason: str = ""
    message: str = ""
    last_update_time: Time | None = None
    last_transition_time: Time | None = None
    status: str = written(str)


class CertificateSigningRequestStatus(Model):
    conditions: Annotated[tuple[CertificateSigningRequestCondition, ...], ListType("map", ("type",))] = ()
    certificate: Annotated[Base64, Format("byte")] = ""

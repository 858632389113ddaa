"""Requester: a certificate request says who asked for it, and nobody asks for what no signer may give.

Kubernetes: pkg/registry/certificates/certificates/strategy.go (PrepareForCreate),
plugin/pkg/admission/certificates/subjectrestriction
"""

from __future__ import annotations

import base64

from cryptography import x509
from cryptography.x509.oid import NameOID

from minikube_py.access.authentication.caller import CALLER
from minikube_py.access.authorization.authorizer import MASTERS
from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.certificates.certificate_signing_request import CertificateSigningRequest
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import forbidden

_CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client"


class Requester(Plugin):
    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        """Whatever the client wrote about itself is replaced by who it is."""
        if not isinstance(obj, CertificateSigningRequest) or attributes.operation != "CREATE":
            return obj
        user = CALLER.get().user
        spec = replace(obj.spec, username=user.username, uid=user.uid, groups=user.groups, extra=user.extra)
        return replace(obj, spec=spec)

    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        if not isinstance(obj, CertificateSigningRequest) or attributes.operation != "CREATE":
            return
        if obj.spec.signer_name == _CLIENT_SIGNER and MASTERS in _groups(obj):
            why = f"use of {_CLIENT_SIGNER} signer with {MASTERS} group is not allowed"
            raise forbidden(obj.definition, obj.metadata.name, why)


def _groups(request: CertificateSigningRequest) -> list[str | bytes]:
    """The organizations that the request wants to have vouched for; its form has been validated."""
    read = x509.load_pem_x509_csr(base64.b64decode(request.spec.request))
    return [attribute.value for attribute in read.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]

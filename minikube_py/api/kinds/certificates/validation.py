"""What is wrong with a CertificateSigningRequest, and with the marks that signers and approvers put on it.

Kubernetes: pkg/apis/certificates/validation/validation.go
"""

from __future__ import annotations

import base64

from cryptography import x509

from minikube_py.api.kinds.certificates.signing_request_spec import (
    CertificateSigningRequestSpec,
    CertificateSigningRequestStatus,
)
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.validation import (
    dns_subdomain_error,
    duplicate_value,
    forbidden_value,
    invalid_value,
    required,
    unsupported_value,
)

USAGES = (
    "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment",
    "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel",
    "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime",
    "server auth", "signing", "timestamping",
)  # fmt: skip
_SHORTEST_S = 600


def spec_errors(spec: CertificateSigningRequestSpec) -> Errors:
    yield from _request_errors(spec.request, "spec.request")
    if not spec.usages:
        yield required("spec.usages")
    for index, usage in enumerate(spec.usages):
        if usage not in USAGES:
            yield unsupported_value(f"spec.usages[{index}]", usage, USAGES)
        elif usage in spec.usages[:index]:
            yield duplicate_value(f"spec.usages[{index}]", usage)
    yield from _signer_errors(spec.signer_name, "spec.signerName")
    if spec.expiration_seconds is not None and spec.expiration_seconds < _SHORTEST_S:
        why = "may not specify a duration less than 600 seconds (10 minutes)"
        yield invalid_value("spec.expirationSeconds", spec.expiration_seconds, why)


def _request_errors(request: str, path: str) -> Errors:
    if not request:
        yield required(path)
        return
    data = base64.b64decode(request)
    try:
        x509.load_pem_x509_csr(data)
    except ValueError:
        # Upstream shows the bytes as a list of numbers; the text of the request says the same in less.
        yield invalid_value(path, list(data), "PEM block type must be CERTIFICATE REQUEST")


def _signer_errors(signer: str, path: str) -> Errors:
    if not signer:
        yield required(path)
        return
    domain, slash, name = signer.partition("/")
    if not slash:
        why = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
        yield invalid_value(path, signer, why)
        return
    if problem := dns_subdomain_error(domain):
        yield invalid_value(path, domain, problem)
    elif "." not in domain:
        yield invalid_value(path, domain, "should be a domain with at least two segments separated by dots")
    if not name:
        yield invalid_value(path, signer, "validating signer name path: must not be empty")


def status_errors(status: CertificateSigningRequestStatus, old: CertificateSigningRequestStatus) -> Errors:
    """What is wrong with a change of the status; a decision, once made, stays."""
    kinds = [condition.type for condition in status.conditions]
    yield from _condition_errors(status)
    if "Approved" in kinds and "Denied" in kinds:
        yield invalid_value("status.conditions", "Denied", "Approved and Denied conditions are mutually exclusive")
    for condition in old.conditions:
        if condition.type in ("Approved", "Denied", "Failed") and condition.type not in kinds:
            yield forbidden_value("status.conditions", f'updates may not remove a condition of type "{condition.type}"')
    if old.certificate and status.certificate != old.certificate:
        yield forbidden_value("status.certificate", "updates may not modify existing certificate content")


def _condition_errors(status: CertificateSigningRequestStatus) -> Errors:
    kinds = [condition.type for condition in status.conditions]
    for index, condition in enumerate(status.conditions):
        path = f"status.conditions[{index}]"
        if not condition.type:
            yield required(f"{path}.type")
        elif condition.type in kinds[:index]:
            yield duplicate_value(f"{path}.type", condition.type)
        if not condition.status:
            yield required(f"{path}.status")
        elif condition.status not in ("False", "True", "Unknown"):
            yield unsupported_value(f"{path}.status", condition.status, ("False", "True", "Unknown"))
        elif condition.type in ("Approved", "Denied", "Failed") and condition.status != "True":
            yield invalid_value(f"{path}.status", condition.status, f"{condition.type} condition status must be True")

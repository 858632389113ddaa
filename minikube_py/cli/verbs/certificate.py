"""pykubectl certificate approve and deny: what a person decides about a CertificateSigningRequest.

Kubernetes: kubectl pkg/cmd/certificates.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from minikube_py.cli.command import Entry, Invocation, Verb, VerbGroup
from minikube_py.cli.errors import CommandError, ServerError
from minikube_py.cli.flags import flag
from minikube_py.cli.output import OBJECT_FORMATS, OutputFlags
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, Target, each, fetch, resolve
from minikube_py.cli.writing import Results, WriteFlags

_KIND, _GROUP = "CertificateSigningRequest", "certificates.k8s.io"
_PLURAL = "certificatesigningrequests"
_CONFLICTS = 10


@dataclass(frozen=True)
class CertificateFlags(OutputFlags, FilenameFlags):
    """What both verbs take."""

    output: str = flag("", "o", f"Print the object instead of a line; one of: {OBJECT_FORMATS}.")
    force: bool = flag(False, "", "Send the request again, even if it has been decided so.")


@dataclass(frozen=True, slots=True)
class _Decision:
    """The condition that a verb sets, that which stands against it, and how the verb names itself."""

    type: str
    against: str
    verb: str

    def decide(self, call: Invocation[CertificateFlags]) -> None:
        """Set the condition of every request that is meant."""
        flags = call.flags
        results = Results.of(call.session, WriteFlags(flags.output, flags.template, flags.show_managed_fields), "")
        if not call.words and not flags.filename and not flags.kustomize:
            raise CommandError("one or more CSRs must be specified as <name> or -f <filename>")
        each(_requests(call), lambda target: self._decide_one(call, target, results))

    def _decide_one(self, call: Invocation[CertificateFlags], target: Target, results: Results) -> None:
        connection, resource = call.session.connection, target.resource
        found = fetch(call.session, target)
        if (resource.group, resource.kind) != (_GROUP, _KIND):
            got = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
            raise CommandError(f"can only handle {_KIND}.{_GROUP} objects, got {got}")
        for attempt in range(_CONFLICTS + 1):
            status = found.get("status") or {}
            conditions = status.get("conditions") or []
            types = [condition.get("type") for condition in conditions]
            if self.against in types:
                raise CommandError(f'certificate signing request "{target.name}" is already {self.against}')
            if self.type not in types:
                conditions = [*conditions, self._condition()]
            elif not call.flags.force:
                break
            wanted = {**found, "status": {**status, "conditions": conditions}}
            try:
                connection.send("PUT", replace(target, subresource="approval").path, wanted)
                break
            except ServerError as error:
                if error.reason != "Conflict" or attempt == _CONFLICTS:
                    raise
                found = fetch(call.session, target)
        results.tell(found, self.type.lower())

    def _condition(self) -> dict[str, str]:
        return {
            "type": self.type,
            "status": "True",
            "reason": f"Kubectl{self.verb.capitalize()}",
            "message": f"This CSR was {self.type.lower()} by kubectl certificate {self.verb}.",
            "lastUpdateTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def _requests(call: Invocation[CertificateFlags]) -> Iterator[Target]:
    flags = call.flags
    if call.words and (flags.filename or flags.kustomize):
        raise CommandError("resource/name arguments cannot be provided when a path is specified")
    if "" in call.words:
        raise CommandError("resource name may not be empty")
    words = tuple(word if "/" in word else f"{_PLURAL}/{word}" for word in call.words)
    for found in resolve(call.session, Selection(words, flags.filename, flags.recursive, flags.kustomize)):
        if isinstance(found, Target):
            yield found


_HERE = "minikube_py.cli.verbs.certificate"
APPROVE = Verb(
    "approve",
    _Decision("Approved", "Denied", "approve").decide,
    CertificateFlags,
    summary="Approve a certificate request",
    usage="approve (-f FILENAME | NAME)",
)
DENY = Verb(
    "deny",
    _Decision("Denied", "Approved", "deny").decide,
    CertificateFlags,
    summary="Deny a certificate request",
    usage="deny (-f FILENAME | NAME)",
)
COMMAND = VerbGroup(
    "certificate",
    (
        Entry("approve", _HERE, "Approve a certificate request", attribute="APPROVE"),
        Entry("deny", _HERE, "Deny a certificate request", attribute="DENY"),
    ),
    summary="Approve or deny certificate requests",
)

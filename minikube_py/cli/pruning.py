"""apply --prune: what was applied before and is in no file any more is deleted.

Kubernetes: kubectl pkg/cmd/apply/prune.go
Simplified: no apply sets.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError
from minikube_py.cli.last_applied import LAST_APPLIED
from minikube_py.cli.resource_arguments import Listing, Target, list_objects
from minikube_py.cli.session import Session
from minikube_py.cli.verbs.delete import request_deletion
from minikube_py.cli.writing import Results

_USUAL = (
    *(("v1", kind) for kind in ("ConfigMap", "Endpoints", "Namespace", "PersistentVolumeClaim", "PersistentVolume")),
    *(("v1", kind) for kind in ("Pod", "ReplicationController", "Secret", "Service")),
    *(("batch/v1", kind) for kind in ("Job", "CronJob")),
    ("networking.k8s.io/v1", "Ingress"),
    *(("apps/v1", kind) for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")),
)
_DEPRECATED = (
    f"Deprecated: {PROGRAM} apply will no longer prune non-namespaced resources by default when used with the "
    "--namespace flag in a future release. To preserve the current behaviour, list the resources you want to target "
    "explicitly in the --prune-allowlist flag."
)


@dataclass(frozen=True, slots=True)
class Pruning:
    """What is looked through, and how objects are deleted."""

    session: Session
    types: tuple[ResourceType, ...]
    label_selector: str
    policy: str

    @classmethod
    def of(cls, session: Session, allowed: Sequence[str], label_selector: str, policy: str) -> "Pruning":
        """Read --prune-allowlist; without it, the usual types are looked through.

        Raises: CommandError
        """
        types = tuple(_found(session, text) for text in allowed)
        return cls(session, types, label_selector, policy)

    def prune(self, uids: Collection[str], namespaces: Sequence[str], results: Results) -> None:
        """Delete what was applied once and is not among `uids`.

        Raises: CommandError
        """
        types = self.types
        if not types:
            now = datetime.now()
            self.session.warn(f"W{now:%m%d %H:%M:%S.%f} {os.getpid():7} prune.go:71] {_DEPRECATED}")
            types = tuple(filter(None, (self.session.discovery.for_kind(*usual) for usual in _USUAL)))
        for listing in self._listings(types, namespaces):
            resource = listing.resource
            try:
                for target in list_objects(self.session, listing):
                    metadata = (target.document or {})["metadata"]
                    if LAST_APPLIED in (metadata.get("annotations") or {}) and metadata.get("uid") not in uids:
                        self._delete(target, results)
            except ServerError as error:
                scope = "namespaced" if resource.is_namespaced else "nonNamespaced"
                kind = f"{resource.api_version}, Kind={resource.kind}"
                raise CommandError(f"error pruning {scope} object {kind}: {error.said}") from error

    def _listings(self, types: Sequence[ResourceType], namespaces: Sequence[str]) -> Iterator[Listing]:
        namespaced = [one for one in types if one.is_namespaced]
        yield from (Listing(one, name, self.label_selector) for name in namespaces for one in namespaced)
        yield from (Listing(one, "", self.label_selector) for one in types if not one.is_namespaced)

    def _delete(self, target: Target, results: Results) -> None:
        if not results.is_client_dry_run:
            request_deletion(self.session, target, {"propagationPolicy": self.policy}, results)
        results.tell(target.document or {}, "pruned")


def _found(session: Session, text: str) -> ResourceType:
    parts = text.split("/")
    if len(parts) != 3:
        raise CommandError(f"invalid GroupVersionKind format: {text}, please follow <group/version/kind>")
    group, version, kind = parts
    api_version = version if group in ("", "core") else f"{group}/{version}"
    resource = session.discovery.for_kind(api_version, kind)
    if resource is None:
        raise CommandError(f'no matches for kind "{kind}" in version "{api_version}"')
    return resource

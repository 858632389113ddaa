"""Names that objects call each other by, brought up to date after a build has changed them.

Kubernetes: kustomize api/internal/accumulator/namereferencetransformer.go, api/filters/nameref.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from minikube_py.cli.errors import CommandError
from minikube_py.cli.kustomize.fields import Field, changed
from minikube_py.cli.kustomize.reference_tables import REFERENCES
from minikube_py.cli.kustomize.resource import Kind, Resource
from minikube_py.documents.json_values import Json


def with_references(resources: list[Resource]) -> list[Resource]:
    """Let every reference name its object as it is called now.

    Raises: CommandError for a reference that fits several objects.
    """
    return [_updated(resource, resources) for resource in resources]


def _updated(referrer: Resource, resources: Sequence[Resource]) -> Resource:
    reachable = _reachable(referrer, resources)
    result = referrer
    for target, fields in REFERENCES:
        for field in fields:
            if referrer.original.kind.is_selected(field.kind):
                anywhere = Field(field.path)
                result = changed(result, (anywhere,), _Reference(referrer, field.path, target, reachable).renamed)
    return result


def _reachable(referrer: Resource, resources: Sequence[Resource]) -> tuple[Resource, ...]:
    """What an object can refer to: things of its own namespace, and of none; a role binding's accounts may be away."""
    if referrer.kind.is_cluster_scoped:
        return tuple(resources)
    away = set()
    if referrer.kind.name == "RoleBinding":
        subjects = referrer.document.get("subjects") or ()
        away = {
            each.get("namespace")
            for each in subjects
            if isinstance(each, dict) and each.get("kind") == "ServiceAccount"
        }
        away.discard(None)
    here = referrer.identity.effective_namespace
    return tuple(
        each for each in resources if each.identity.effective_namespace in (None, here) or each.namespace in away
    )


@dataclass(frozen=True, slots=True)
class _Reference:
    """One field of one object that names an object of the kind `target`."""

    referrer: Resource
    path: str
    target: Kind
    candidates: tuple[Resource, ...]

    def renamed(self, value: Json) -> Json:
        if isinstance(value, str):
            found = self._find(value, self.candidates, lambda each: (each.name,))
            return found.name if found else value
        if isinstance(value, dict):
            return self._renamed_object(value)
        return [self.renamed(item) for item in value] if isinstance(value, list) else value

    def _renamed_object(self, value: Json) -> Json:
        """A reference that says a name and a namespace."""
        name = value.get("name")
        if not isinstance(name, str):
            raise self._error("path config error; no 'name' field in node")
        found = self._find(name, self._candidates_in(value.get("namespace")), lambda each: (each.name, each.namespace))
        if found is None or (found.name == name and not found.namespace):
            return value
        return {**value, "name": found.name, **({"namespace": found.namespace} if found.namespace else {})}

    def _error(self, why: str) -> CommandError:
        referrer = self.referrer.identity
        return CommandError(f"updating name reference in '{self.path}' field of '{referrer}': {why}")

    def _candidates_in(self, namespace: str | None) -> Sequence[Resource]:
        if namespace is None:
            return self.candidates
        were_there = [each for each in self.candidates if each.original.effective_namespace == namespace]
        return were_there or [each for each in self.candidates if each.identity.effective_namespace == namespace]

    def _find(
        self, name: str, candidates: Iterable[Resource], seen_as: Callable[[Resource], tuple[str, ...]]
    ) -> Resource | None:
        """The object that had the name; of several, that which was built along with the referrer."""
        found = [each for each in candidates if self._is_possible(each, name)]
        for allows_empty in (True, False):
            if len(found) > 1:
                found = [each for each in found if _has_same_affixes(each, self.referrer, allows_empty)]
        if len({seen_as(each) for each in found}) > 1:
            listed = ", ".join(str(each.identity) for each in found)
            raise self._error(f" found multiple possible referrals: {listed}")
        return found[0] if found else None

    def _is_possible(self, candidate: Resource, name: str) -> bool:
        return (
            any(each.name == name for each in candidate.previous)
            and any(each.kind.is_selected(self.target) for each in candidate.previous)
            and self._is_role_meant(candidate)
            and self._is_near(candidate)
        )

    def _is_role_meant(self, candidate: Resource) -> bool:
        role = self.referrer.document.get("roleRef")
        if not self.path.endswith("roleRef/name") or not isinstance(role, dict):
            return True
        if "apiGroup" not in role or "kind" not in role:
            return True
        wanted = Kind(str(role["apiGroup"] or ""), "", str(role["kind"] or ""))
        return any(each.kind.is_selected(wanted) for each in candidate.previous)

    def _is_near(self, candidate: Resource) -> bool:
        if self.referrer.kind.is_cluster_scoped or candidate.kind.is_cluster_scoped:
            return True
        if candidate.kind.name == "ServiceAccount":
            return True
        return candidate.identity.effective_namespace == self.referrer.identity.effective_namespace


def _has_same_affixes(one: Resource, other: Resource, allows_empty: bool) -> bool:
    return all(
        (allows_empty and not (left and right)) or _end_the_same(left, right)
        for left, right in ((one.prefixes, other.prefixes), (one.suffixes, other.suffixes))
    )


def _end_the_same(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    length = min(len(left), len(right))
    return left[len(left) - length :] == right[len(right) - length :]

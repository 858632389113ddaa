"""pykubectl auth reconcile: roles and bindings come to allow what files say; what they allow besides stays, or goes.

Unlike apply it compares what rules mean, not how they are written: what is covered already is not added again. A
binding to another role is made anew, because its roleRef cannot change.

Kubernetes: kubectl pkg/cmd/auth/reconcile.go, component-helpers/auth/rbac/reconciliation
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from minikube_py.access.authorization.rules import Rule, missing
from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError, join_errors
from minikube_py.cli.flags import flag
from minikube_py.cli.manifests import Manifest, act_on_each
from minikube_py.cli.resource_arguments import FilenameFlags, Target, manifest_target, manifests_of
from minikube_py.cli.writing import Results, WriteFlags
from minikube_py.client.yaml_text import Document

_GROUP = "rbac.authorization.k8s.io"
_ROLES, _BINDINGS = ("Role", "ClusterRole"), ("RoleBinding", "ClusterRoleBinding")
_SELECTORS = "clusterRoleSelectors"


@dataclass(frozen=True)
class ReconcileFlags(WriteFlags, FilenameFlags):
    """What auth reconcile takes."""

    remove_extra_permissions: bool = flag(False, "", "Take away from roles what the files do not say.")
    remove_extra_subjects: bool = flag(False, "", "Take away from bindings whom the files do not name.")


def reconcile(call: Invocation[ReconcileFlags]) -> None:
    """Bring every role and binding of the files about; other kinds are passed over."""
    flags = call.flags
    flags.require_files()
    if call.words:
        raise CommandError("no arguments are allowed")
    if flags.dry_run == "server":
        raise CommandError("--dry-run=server for command reconcile is not supported yet")
    results = Results.of(call.session, flags, "")
    manifests = manifests_of(call.session, flags, validating=False)
    _, failures = act_on_each(manifests, lambda manifest: _reconcile_one(call, manifest, results))
    if failures:
        raise join_errors(failures)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done to an object: nothing (""), create, recreate or update; and what of it is new, or goes."""

    operation: str
    document: Document
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def _reconcile_one(call: Invocation[ReconcileFlags], manifest: Manifest, results: Results) -> None:
    target = manifest_target(call.session, manifest)
    if target.resource.group != _GROUP:
        return
    wanted = manifest.document
    if target.namespace:
        wanted = {**wanted, "metadata": {**manifest.metadata, "namespace": target.namespace}}
    try:
        present: Document | None = call.session.connection.get(target.path)
    except ServerError as error:
        if not error.is_not_found:
            raise
        present = None
    plan = _planned(present, wanted, call.flags)
    document = plan.document
    if plan.operation and not results.is_client_dry_run:
        document = _write(call, target, plan, present)
    results.tell(document, "reconciled")
    _tell(plan, "rules" if manifest.kind in _ROLES else "subjects")


def _tell(plan: _Plan, what: str) -> None:
    lines = [f"\treconciliation required {plan.operation}"] if plan.operation else []
    for heading, items in ((f"missing {what} added", plan.added), (f"extra {what} removed", plan.removed)):
        lines += [f"\t{heading}:", *(f"\t\t{{{item}}}" for item in items)] if items else []
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def _planned(present: Document | None, wanted: Document, flags: ReconcileFlags) -> _Plan:
    if present is None:
        return _Plan("create", wanted, _described(wanted))
    if wanted["kind"] in _BINDINGS and present["roleRef"] != wanted.get("roleRef"):
        return _Plan("recreate", wanted)
    document = {**present, "metadata": _with_labels(present["metadata"], wanted.get("metadata") or {})}
    if wanted["kind"] in _BINDINGS:
        change = _list_change(present, wanted, "subjects")
        is_exact = flags.remove_extra_subjects
    elif wanted.get("aggregationRule"):
        change = _list_change(present.get("aggregationRule") or {}, wanted["aggregationRule"], _SELECTORS)
        is_exact = flags.remove_extra_permissions
    else:
        change = _rules_change(present, wanted)
        is_exact = flags.remove_extra_permissions
    merged = change.exact if is_exact and (change.added or change.extra) else [*change.present, *change.added]
    if merged != change.present:
        part = {change.name: merged}
        document |= {"aggregationRule": part} if change.name == _SELECTORS else part
    return _Plan(
        "update" if document != present else "",
        document,
        tuple(map(_go_text, change.added)),
        tuple(map(_go_text, change.extra)) if is_exact else (),
    )


def _described(document: Document) -> tuple[str, ...]:
    name = "rules" if document["kind"] in _ROLES else "subjects"
    return tuple(_go_text(each) for each in document.get(name) or [])


def _write(call: Invocation[ReconcileFlags], target: Target, plan: _Plan, present: Document | None) -> Document:
    connection = call.session.connection
    if plan.operation == "update":
        changed: Document = connection.send("PUT", target.path, plan.document)
        return changed
    if present is not None:
        connection.send("DELETE", target.path, {"preconditions": {"uid": present["metadata"]["uid"]}})
    if target.namespace:
        _ensure_namespace(call, target.namespace)
    made: Document = connection.send("POST", target.resource.path(target.namespace), plan.document)
    return made


def _ensure_namespace(call: Invocation[ReconcileFlags], name: str) -> None:
    connection = call.session.connection
    try:
        connection.get(f"/api/v1/namespaces/{name}")
    except ServerError as error:
        if not error.is_not_found:
            raise
        document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        connection.send("POST", "/api/v1/namespaces", document)


def _with_labels(present: Document, wanted: Document) -> Document:
    """The value that is there wins."""
    merged = {name: {**(wanted.get(name) or {}), **(present.get(name) or {})} for name in ("labels", "annotations")}
    return {**present, **{name: values for name, values in merged.items() if values}}


@dataclass(frozen=True, slots=True)
class _Change:
    """A list of an object, and how it differs from the wanted one, `exact`."""

    name: str
    present: list[Document]
    exact: list[Document]
    added: list[Document]
    extra: list[Document]


def _rules_change(present: Document, wanted: Document) -> _Change:
    had, need = present.get("rules") or [], wanted.get("rules") or []
    owned, asked = [Rule.of(each) for each in had], [Rule.of(each) for each in need]
    return _Change("rules", had, need, _lacking(owned, asked), _lacking(asked, owned))


def _lacking(owned: list[Rule], wanted: list[Rule]) -> list[Document]:
    """One verb a rule, as kubectl adds them."""
    found = [(rule, verb) for rule in missing(owned, wanted) for verb in rule.verbs]
    return [_document_of(replace(rule, verbs=(verb,))) for rule, verb in found]


def _document_of(rule: Rule) -> Document:
    parts: dict[str, Sequence[str]] = {
        "apiGroups": rule.groups,
        "resources": rule.resources,
        "resourceNames": rule.names,
        "nonResourceURLs": rule.urls,
        "verbs": rule.verbs,
    }
    return {name: list(values) for name, values in parts.items() if values}


def _list_change(present: Document, wanted: Document, name: str) -> _Change:
    had, need = present.get(name) or [], wanted.get(name) or []
    added = [each for each in need if each not in had]
    return _Change(name, had, need, added, [each for each in had if each not in need])


_RULE_FIELDS = ("Verbs", "APIGroups", "Resources", "ResourceNames", "NonResourceURLs")
_SUBJECT_FIELDS = ("Kind", "APIGroup", "Name", "Namespace")


def _go_text(document: Document) -> str:
    """A rule or a subject as Go prints its fields."""
    values = {name.lower(): value for name, value in document.items()}
    if "verbs" in values:
        return " ".join(f"{name}:[{' '.join(values.get(name.lower()) or [])}]" for name in _RULE_FIELDS)
    return " ".join(f"{name}:{values.get(name.lower()) or ''}" for name in _SUBJECT_FIELDS)


RECONCILE = Verb(
    "reconcile",
    reconcile,
    ReconcileFlags,
    summary="Make roles and bindings allow what files say",
    usage="reconcile -f FILENAME",
    examples=f"\n# What the file allows is allowed, and whatever was before\n{PROGRAM} auth reconcile -f rules.yaml\n",
)

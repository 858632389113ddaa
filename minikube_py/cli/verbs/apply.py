"""pykubectl apply: makes the cluster's objects as the files say, whatever they were before.

The object as it was applied last is kept in an annotation. Three documents, that one, the file's and the server's,
give the patch: what the file says is set, what it no longer says is removed, what others have set stays.

Kubernetes: kubectl pkg/cmd/apply.
Simplified: no --force; --prune knows no apply sets.
"""

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from minikube_py.cli.command import Entry, Invocation, Verb, VerbGroup
from minikube_py.cli.connection import MERGE_PATCH, STRATEGIC_MERGE_PATCH, Request
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError, join_errors
from minikube_py.cli.flags import flag
from minikube_py.cli.last_applied import LAST_APPLIED, last_applied, with_last_applied
from minikube_py.cli.manifests import Manifest, act_on_each, labelled
from minikube_py.cli.output import list_of
from minikube_py.cli.resource_arguments import FilenameFlags, Target, manifest_target, manifests_of
from minikube_py.cli.session import Session
from minikube_py.cli.writing import Results, ValidationFlags, WriteFlags, put_in_front, validation_query
from minikube_py.client.yaml_text import Document

if TYPE_CHECKING:
    from minikube_py.cli.pruning import Pruning


@dataclass(frozen=True)
class ApplyFlags(WriteFlags, ValidationFlags, FilenameFlags):
    """What apply takes."""

    server_side: bool = flag(False, "", "Let the server merge, and remember whose each field is.")
    force_conflicts: bool = flag(False, "", "With --server-side: take fields that others set otherwise.")
    prune: bool = flag(False, "", "Delete what was applied before and is in no file any more.")
    prune_allowlist: tuple[str, ...] = flag((), "", "With --prune: GROUP/VERSION/KIND to look through.", split=False)
    selector: str = flag("", "l", "Only the files' objects whose labels match, and only such are pruned.")
    all_: bool = flag(False, "", "With --prune: whatever its labels.", name="all")
    cascade: str = flag("background", "", "How what is pruned goes: background, foreground or orphan.")


@dataclass(slots=True)
class _Applying:
    """One run of apply: its settings, and what it has learnt and done so far."""

    call: Invocation[ApplyFlags]
    results: Results
    query: dict[str, str]
    applied: list[Document] = field(default_factory=list)
    uids: set[str] = field(default_factory=set)
    namespaces: dict[str, None] = field(default_factory=dict)

    def apply(self, manifest: Manifest) -> None:
        """Create or patch one object.

        Raises: CommandError.
        """
        target = manifest_target(self.call.session, manifest)
        if not target.name:
            raise CommandError("resource name may not be empty")
        wanted = manifest.document
        if target.namespace:
            wanted = {**wanted, "metadata": {**manifest.metadata, "namespace": target.namespace}}
        if self.call.flags.server_side:
            self._apply_on_server(target, wanted)
            return
        wanted = with_last_applied(wanted)
        try:
            present = self.call.session.connection.get(target.path)
        except ServerError as error:
            if not error.is_not_found:
                raise put_in_front(error, f'error when retrieving current configuration of "{manifest.source}"') from (
                    error
                )
            self._create(target, wanted)
        else:
            self._patch(target, wanted, present)

    def _apply_on_server(self, target: Target, wanted: Document) -> None:
        from minikube_py.cli.server_side_apply import apply_on_server

        query = {**self.query, "force": "true" if self.call.flags.force_conflicts else "false"}
        document = apply_on_server(self.call.session.connection, target.path, wanted, query)
        self._tell(document, "serverside-applied")

    def _create(self, target: Target, wanted: Document) -> None:
        source = target.manifest.source if target.manifest else ""
        if not self.results.is_client_dry_run:
            path = target.resource.path(target.namespace)
            try:
                wanted = self.call.session.connection.ask(Request("POST", path, self.query, wanted)).json()
            except ServerError as error:
                raise put_in_front(error, f'error when creating "{source}"') from error
        self._tell(wanted, "created")

    def _patch(self, target: Target, wanted: Document, present: Document) -> None:
        if last_applied(present) is None:
            self.call.session.warn(
                f"Warning: resource {target.resource.plural}/{target.name} is missing the {LAST_APPLIED} annotation "
                f"which is required by {PROGRAM} apply. {PROGRAM} apply should only be used on resources created "
                f"declaratively by either {PROGRAM} create --save-config or {PROGRAM} apply. The missing annotation "
                "will be patched automatically."
            )
        patch, content_type = three_way_patch(self.call.session, target.resource, wanted, present)
        if not patch:
            self._tell(present, "unchanged")
            return
        if not self.results.is_client_dry_run:
            connection = self.call.session.connection
            try:
                present = connection.send("PATCH", target.path, patch, self.query, content_type)
            except ServerError as error:
                raise put_in_front(error, _patch_words(target, patch)) from error
        self._tell(present, "configured")

    def _tell(self, document: Document, action: str) -> None:
        metadata = document["metadata"]
        self.uids.add(str(metadata.get("uid")))
        self.namespaces |= {metadata["namespace"]: None} if metadata.get("namespace") else {}
        if self.call.flags.output in ("", "name"):
            self.results.tell(document, action)
        else:
            self.applied.append(document)


def three_way_patch(
    session: Session, resource: ResourceType, wanted: Document, present: Document
) -> tuple[Document, str]:
    """Compute what makes the present object as wanted, and the content type of that patch."""
    from minikube_py.cli.patch_schemas import merges_strategically, patch_schema
    from minikube_py.patching.merge_patch import create_three_way_merge_patch
    from minikube_py.patching.strategic_diff import create_three_way_strategic_merge_patch

    before = last_applied(present) or {}
    if not merges_strategically(resource):
        return create_three_way_merge_patch(before, wanted, present), MERGE_PATCH
    schema = patch_schema(session, resource)
    return create_three_way_strategic_merge_patch(before, wanted, present, schema), STRATEGIC_MERGE_PATCH


def _patch_words(target: Target, patch: Document) -> str:
    resource = target.resource
    source = target.manifest.source if target.manifest else ""
    return (
        f"error when applying patch:\n{json.dumps(patch, separators=(',', ':'), sort_keys=True)}\nto:\n"
        f'Resource: "{resource.api_version}, Resource={resource.plural}", '
        f'GroupVersionKind: "{resource.api_version}, Kind={resource.kind}"\n'
        f'Name: "{target.name}", Namespace: "{target.namespace}"\n'
        f'for: "{source}": error when patching "{source}"'
    )


def apply(call: Invocation[ApplyFlags]) -> None:
    """Apply every object of the files; one that fails does not stop the others."""
    flags = call.flags
    _check(call)
    results = Results.of(call.session, flags, "kubectl" if flags.server_side else "kubectl-client-side-apply")
    run = _Applying(call, results, {**results.query, **validation_query(flags.validate)})
    pruning = _pruning(call)
    count, failures = act_on_each(labelled(manifests_of(call.session, flags), flags.selector), run.apply)
    if run.applied and results.printer is not None:
        document = run.applied[0] if len(run.applied) == 1 else {**list_of(run.applied), "metadata": {}}
        sys.stdout.write(results.printer(document))
    if failures:
        raise join_errors(failures)
    if not count:
        raise CommandError("no objects passed to apply")
    if pruning is not None:
        pruning.prune(run.uids, tuple(run.namespaces), results)


def _pruning(call: Invocation[ApplyFlags]) -> "Pruning | None":
    flags = call.flags
    if not flags.prune:
        return None
    from minikube_py.cli.pruning import Pruning

    if flags.cascade not in ("background", "foreground", "orphan"):
        raise CommandError(f'invalid cascade value ({flags.cascade}). Must be "background", "foreground", or "orphan"')
    return Pruning.of(call.session, flags.prune_allowlist, flags.selector, flags.cascade.capitalize())


def _check(call: Invocation[ApplyFlags]) -> None:
    flags = call.flags
    if call.words:
        raise call.usage_error(f"Unexpected args: [{' '.join(call.words)}]")
    if flags.force_conflicts and not flags.server_side:
        raise CommandError("--force-conflicts only works with --server-side")
    if flags.server_side and flags.dry_run == "client":
        why = "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)"
        raise CommandError(why)
    if flags.all_ and flags.selector:
        raise CommandError("cannot set --all and --selector at the same time")
    if flags.prune and flags.server_side:
        raise CommandError("--prune is in alpha and doesn't currently work on objects created by server-side apply")
    if flags.prune and not flags.all_ and not flags.selector:
        raise CommandError(
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass the "
            "--all flag. If you did not mean to prune all resources, specify a label selector"
        )
    flags.require_files()


_APPLY = Verb(
    "apply",
    apply,
    ApplyFlags,
    summary="Make the cluster's objects as files say",
    usage="apply (-f FILENAME | -k DIRECTORY)",
    examples=f"""
# Create what is missing and change what differs
{PROGRAM} apply -f web.yaml

# The manifests of a folder, and what would happen
{PROGRAM} apply -f manifests/ --dry-run=server
""",
)
_HERE = "minikube_py.cli.verbs.last_applied"
COMMAND = VerbGroup(
    "apply",
    (
        Entry("edit-last-applied", _HERE, "Change what was applied last in an editor", attribute="EDIT"),
        Entry("set-last-applied", _HERE, "Make what was applied last as files say", attribute="SET"),
        Entry("view-last-applied", _HERE, "Show what was applied last", attribute="VIEW"),
    ),
    summary="Make the cluster's objects as files say",
    default=_APPLY,
)

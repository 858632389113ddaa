"""pykubectl set subject: more users, groups and service accounts for a role binding.

Kubernetes: kubectl pkg/cmd/set/set_subject.go.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import Target
from minikube_py.cli.verbs.set import SetFlags, change_objects
from minikube_py.client.yaml_text import Document

_GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class SubjectFlags(SetFlags):
    """What set subject takes; its --user hides that of the kubeconfig, as kubectl's does."""

    user: tuple[str, ...] = flag((), "", "A user; may be repeated.", split=False)
    group: tuple[str, ...] = flag((), "", "A group; may be repeated.", split=False)
    serviceaccount: tuple[str, ...] = flag((), "", "NAMESPACE:NAME; may be repeated.", split=False)


def set_subject(call: Invocation[SubjectFlags]) -> None:
    """Add the subjects that a binding does not have."""
    flags = call.flags

    def change(document: Document, label: str) -> None:
        if document["kind"] not in ("RoleBinding", "ClusterRoleBinding"):
            problem = "setting subjects is only supported for RoleBinding/ClusterRoleBinding"
            raise CommandError(f"error: {label} {problem}\n")
        present = document.get("subjects") or []
        wanted = [
            *({"kind": "User", "apiGroup": _GROUP, "name": name} for name in sorted(set(flags.user))),
            *({"kind": "Group", "apiGroup": _GROUP, "name": name} for name in sorted(set(flags.group))),
            *(_account(text, call.session.namespace) for text in sorted(set(flags.serviceaccount))),
        ]
        added = [subject for subject in wanted if subject not in present]
        if added:
            document["subjects"] = [*present, *added]

    change_objects(call, call.words, change, "subjects updated", lambda found: _check(flags, found))


def _account(text: str, namespace: str) -> Document:
    given, _, name = text.partition(":")
    return {"kind": "ServiceAccount", "name": name, "namespace": given or namespace}


def _check(flags: SubjectFlags, found: Sequence[Target]) -> None:
    if flags.all_ and flags.selector:
        raise CommandError("cannot set --all and --selector at the same time")
    if not flags.user and not flags.group and not flags.serviceaccount:
        raise CommandError("you must specify at least one value of user, group or serviceaccount")
    for text in flags.serviceaccount:
        namespace, _, name = text.partition(":")
        if not name or ":" in name:
            raise CommandError("serviceaccount must be <namespace>:<name>")
        if not namespace and any(target.resource.kind == "ClusterRoleBinding" for target in found):
            raise CommandError("serviceaccount must be <namespace>:<name>, namespace must be specified")


COMMAND = Verb(
    "subject",
    set_subject,
    SubjectFlags,
    summary="Give a role to more users, groups or accounts",
    usage="subject (-f FILENAME | TYPE NAME) [--user=NAME] [--group=NAME] [--serviceaccount=NAMESPACE:NAME]",
)

"""Asks the server what each stage says to a request: who asks, whether they may, and what a trial run meets."""

from dataclasses import replace
from typing import Any

from minikube_py.access.authorization.authorizer import Action
from minikube_py.api.kinds.rbac.cluster_role import ClusterRole
from minikube_py.api.kinds.rbac.cluster_role_binding import ClusterRoleBinding
from minikube_py.api.kinds.rbac.role import Role
from minikube_py.api.kinds.rbac.role_binding import RoleBinding
from minikube_py.cli.errors import CommandError, ServerError
from minikube_py.cli.gathering import read_all
from minikube_py.cli.manifests import Manifest, read_manifests
from minikube_py.cli.resource_arguments import manifest_target
from minikube_py.cli.session import Session
from minikube_py.diagnosis.denials import Asked, explain_denial
from minikube_py.diagnosis.explanation import Explanation

_AUTHENTICATION = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_AUTHORIZATION = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def explain_denied(session: Session, words: tuple[str, ...], filename: str) -> Explanation:
    """Explain a request given as VERB TYPE[/NAME], VERB /URL, or as the creation of a file's object.

    Raises: CommandError for words that name no request, and when the server cannot be reached.
    """
    try:
        manifest = _manifest(words, filename)
        action = _creation(session, manifest) if manifest is not None else _action(session, words)
        user = _who(session)
    except ServerError as error:
        if error.code != 401:
            raise
        verb, what = words if len(words) == 2 else ("create", filename)
        return explain_denial(Asked(Action(verb, path=what), unknown=error.said or str(error)))
    allowed, reason = _may(session, action)
    refused = _try(session, manifest) if allowed and manifest is not None else ""
    asked = Asked(
        action,
        username=user.get("username", ""),
        groups=tuple(user.get("groups") or ()),
        is_allowed=allowed,
        reason=reason,
        refused=refused,
        was_tried=manifest is not None and allowed,
    )
    return explain_denial(asked if allowed else _with_roles(session, asked))


def _manifest(words: tuple[str, ...], filename: str) -> Manifest | None:
    if not filename:
        if len(words) != 2:
            raise CommandError("say what is denied: why denied VERB TYPE[/NAME], or why denied -f FILENAME")
        return None
    if words:
        raise CommandError("with -f the request is to create the file's object: give no other words")
    manifests = list(read_manifests((filename,), False))
    if len(manifests) != 1:
        raise CommandError(f"{filename} has {len(manifests)} objects; give one")
    return manifests[0]


def _creation(session: Session, manifest: Manifest) -> Action:
    target = manifest_target(session, manifest)
    resource = target.resource
    return Action("create", resource.group, resource.plural, namespace=target.namespace)


def _action(session: Session, words: tuple[str, ...]) -> Action:
    verb, what = words
    if what.startswith("/"):
        return Action(verb, path=what)
    typed, _, rest = what.partition("/")
    name, _, subresource = rest.partition("/")
    resource = session.discovery.find(typed)
    namespace = session.namespace if resource.is_namespaced else ""
    return Action(verb, resource.group, resource.plural, subresource, namespace, name)


def _who(session: Session) -> dict[str, Any]:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}
    answer = session.connection.send("POST", _AUTHENTICATION, body)
    user: dict[str, Any] = (answer.get("status") or {}).get("userInfo") or {}
    return user


def _may(session: Session, action: Action) -> tuple[bool, str]:
    if action.path:
        attributes: dict[str, Any] = {"nonResourceAttributes": {"path": action.path, "verb": action.verb}}
    else:
        wanted = {"group": action.group, "resource": action.resource, "subresource": action.subresource}
        wanted |= {"verb": action.verb, "namespace": action.namespace, "name": action.name}
        attributes = {"resourceAttributes": {key: value for key, value in wanted.items() if value}}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": attributes}
    status = session.connection.send("POST", _AUTHORIZATION, body).get("status") or {}
    return bool(status.get("allowed")), str(status.get("reason") or status.get("evaluationError") or "")


def _try(session: Session, manifest: Manifest) -> str:
    """What admission and validation say; empty: nothing against it."""
    target = manifest_target(session, manifest)
    metadata = {**manifest.metadata, **({"namespace": target.namespace} if target.namespace else {})}
    document = {**manifest.document, "metadata": metadata}
    try:
        session.connection.send("POST", target.resource.path(target.namespace), document, {"dryRun": "All"})
    except ServerError as error:
        return error.said
    return ""


def _with_roles(session: Session, asked: Asked) -> Asked:
    """Add roles and bindings, as far as one may read them oneself, not the one in whose name it is asked."""
    namespace = asked.action.namespace
    session = Session(replace(session.flags, as_="", as_group=(), as_uid=""), session.given, session.command_path)
    try:
        roles: list[Role | ClusterRole] = [*read_all(session, ClusterRole)]
        bindings: list[RoleBinding | ClusterRoleBinding] = [*read_all(session, ClusterRoleBinding)]
        if namespace:
            roles += read_all(session, Role, namespace)
            bindings += read_all(session, RoleBinding, namespace)
    except ServerError as error:
        return replace(asked, gap=error.said)
    finally:
        session.close()
    return replace(asked, roles=tuple(roles), bindings=tuple(bindings))

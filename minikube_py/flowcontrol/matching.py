"""Whether a FlowSchema is about a request: who sends it, and what it asks.

Kubernetes: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/rule.go
"""

from __future__ import annotations

from minikube_py.access.authorization.authorizer import Action
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.flowcontrol.flow_schema import FlowSchema
from minikube_py.api.kinds.flowcontrol.flow_schema_spec import NonResourcePolicyRule, ResourcePolicyRule, Subject

_ALL = "*"


def matches(schema: FlowSchema, user: UserInfo, asked: Action) -> bool:
    for rule in schema.spec.rules:
        if not any(_is_about(subject, user) for subject in rule.subjects):
            continue
        if asked.path:
            if any(_covers_path(each, asked) for each in rule.non_resource_rules):
                return True
        elif any(_covers_resource(each, asked) for each in rule.resource_rules):
            return True
    return False


def _is_about(subject: Subject, user: UserInfo) -> bool:
    if subject.user is not None:
        return subject.user.name in (_ALL, user.username)
    if subject.group is not None:
        return subject.group.name == _ALL or subject.group.name in user.groups
    if subject.service_account is None:
        return False
    account = subject.service_account
    prefix = f"system:serviceaccount:{account.namespace}:"
    return user.username.startswith(prefix) and account.name in (_ALL, user.username.removeprefix(prefix))


def _covers_resource(rule: ResourcePolicyRule, asked: Action) -> bool:
    if not (_has(rule.verbs, asked.verb) and _has(rule.api_groups, asked.group)):
        return False
    if not _has(rule.resources, asked.full_resource):
        return False
    return _has(rule.namespaces, asked.namespace) if asked.namespace else rule.cluster_scope


def _covers_path(rule: NonResourcePolicyRule, asked: Action) -> bool:
    if not _has(rule.verbs, asked.verb):
        return False
    return any(
        url in (_ALL, asked.path) or (url.endswith("/*") and asked.path.startswith(url[:-1]))
        for url in rule.non_resource_urls
    )


def _has(values: tuple[str, ...], value: str) -> bool:
    return value in values or _ALL in values

"""The Pod Security Standards, in upstream's words."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_security_standards import label_errors, policy_of, violations


def context(**fields: Any) -> dict[str, Any]:
    return {"securityContext": fields}


def pod(*containers: dict[str, Any], annotations: dict[str, str] | None = None, **spec: Any) -> Pod:
    named = [{"name": name, "image": "i", **each} for name, each in zip("cd", containers, strict=False)]
    return Pod.from_dict({"metadata": {"annotations": annotations or {}}, "spec": {"containers": named, **spec}})


UNCONFINED = {"type": "Unconfined"}
STRICT = {
    "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}  # fmt: skip


def strict(*changes: dict[str, Any], **spec: Any) -> Pod:
    return pod(*(context(**STRICT | each) for each in changes), **spec)


@pytest.mark.parametrize(("given", "said"), [
    (pod({}), ""),
    (pod(context(appArmorProfile=UNCONFINED), {}, **context(appArmorProfile=UNCONFINED)),
     'forbidden AppArmor profile (pod and container "c" must not set AppArmor profile type to "Unconfined")'),
    (pod({}, annotations={"container.apparmor.security.beta.kubernetes.io/c": "unconfined"}),
     "forbidden AppArmor profile (annotation must not set AppArmor profile type to "
     '"container.apparmor.security.beta.kubernetes.io/c="unconfined"")'),
    (pod(context(capabilities={"add": ["SYS_ADMIN", "CHOWN"]}), context(capabilities={"add": ["NET_RAW"]})),
     'non-default capabilities (containers "c", "d" must not include "NET_RAW", "SYS_ADMIN" in '
     "securityContext.capabilities.add)"),
    (pod({}, hostPID=True, hostIPC=True, hostNetwork=True),
     "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)"),
    (pod({}, volumes=[{"name": "h", "hostPath": {"path": "/"}}]), 'hostPath volumes (volume "h")'),
    (pod({"ports": [{"containerPort": 1, "hostPort": 11}, {"containerPort": 2, "hostPort": 22}]}),
     'hostPort (container "c" uses hostPorts 11, 22)'),
    (pod({"livenessProbe": {"tcpSocket": {"port": 1, "host": "2.2.2.2"}}}),
     'probe or lifecycle host (container "c" uses probe or lifecycle host "2.2.2.2")'),
    (pod(context(privileged=True), context(privileged=True)),
     'privileged (containers "c", "d" must not set securityContext.privileged=true)'),
    (pod({}, initContainers=[{"name": "i", **context(privileged=True)}]),
     'privileged (container "i" must not set securityContext.privileged=true)'),
    (pod(context(procMount="Unmasked")),
     'procMount (container "c" must not set securityContext.procMount to "Unmasked")'),
    (pod(context(procMount="Unmasked"), hostUsers=False), ""),
    (pod(context(seLinuxOptions={"type": "foo"}), context(seLinuxOptions={"user": "u", "role": "r"}),
         **context(seLinuxOptions={"type": "bar"})),
     'seLinuxOptions (pod and containers "c", "d" set forbidden securityContext.seLinuxOptions: types "bar", "foo"; '
     "user may not be set; role may not be set)"),
    (pod(context(seccompProfile=UNCONFINED)),
     'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")'),
    (pod({}, **context(sysctls=[{"name": "kernel.msgmax"}, {"name": "net.ipv4.tcp_keepalive_time"}])),
     "forbidden sysctls (kernel.msgmax)"),
    (pod({}, **context(windowsOptions={"hostProcess": True})),
     "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)"),
])  # fmt: skip
def test_baseline(given: Pod, said: str) -> None:
    assert ", ".join(violations(given, "baseline")) == said
    assert violations(given, "privileged") == []


@pytest.mark.parametrize(("given", "said"), [
    (strict({}), ""),
    (strict({"allowPrivilegeEscalation": None}),
     'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)'),
    (strict({"capabilities": {"drop": ["ALL"], "add": ["CHOWN", "NET_BIND_SERVICE"]}}, {"capabilities": None}),
     'unrestricted capabilities (container "d" must set securityContext.capabilities.drop=["ALL"]; container "c" must '
     'not include "CHOWN" in securityContext.capabilities.add)'),
    (strict({}, volumes=[{"name": "n", "nfs": {}}, {"name": "m", "rbd": {}}, {"name": "e", "emptyDir": {}}]),
     'restricted volume types (volumes "n", "m" use restricted volume types "nfs", "rbd")'),
    (strict({"runAsNonRoot": None}),
     'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)'),
    (strict({"runAsNonRoot": None}, **context(runAsNonRoot=True)), ""),
    (strict({"runAsNonRoot": False}, **context(runAsNonRoot=False)),
     'runAsNonRoot != true (pod and container "c" must not set securityContext.runAsNonRoot=false)'),
    (strict({"runAsUser": 0}), 'runAsUser=0 (container "c" must not set runAsUser=0)'),
    (strict({"seccompProfile": None}),
     'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or '
     '"Localhost")'),
    (strict({"seccompProfile": UNCONFINED}, {"seccompProfile": None}, **context(seccompProfile=UNCONFINED)),
     'seccompProfile (pod and container "c" must not set securityContext.seccompProfile.type to "Unconfined")'),
    (strict({}, hostNetwork=True), "host namespaces (hostNetwork=true)"),
])  # fmt: skip
def test_restricted(given: Pod, said: str) -> None:
    assert ", ".join(violations(given, "restricted")) == said


def test_an_older_standard_has_not_the_checks_that_came_later() -> None:
    found = violations(pod({}), "restricted", 20)
    assert [text.partition(" (")[0] for text in found] == [
        "allowPrivilegeEscalation != false", "runAsNonRoot != true", "seccompProfile",
    ]  # fmt: skip


def test_a_namespace_says_level_and_version_by_mode() -> None:
    labels = {"pod-security.kubernetes.io/warn": "baseline", "pod-security.kubernetes.io/warn-version": "v1.20"}
    assert policy_of(labels, "warn") == ("baseline", "v1.20", 20)
    assert policy_of(labels, "enforce")[:2] == ("privileged", "latest")


@pytest.mark.parametrize(("label", "value", "said"), [
    ("enforce", "foo", "must be one of privileged, baseline, restricted"),
    ("audit-version", "1.2", 'must be "latest" or "v1.x"'),
    ("warn-version", "v1.20", ""), ("warn-version", "latest", ""), ("else", "foo", ""),
])  # fmt: skip
def test_labels_of_a_namespace(label: str, value: str, said: str) -> None:
    labels = {f"pod-security.kubernetes.io/{label}": value}
    assert [error.detail if hasattr(error, "detail") else str(error) for error in label_errors(labels, labels)] == []
    found = [str(error) for error in label_errors(labels, {})]
    assert [text.rpartition(": ")[2] for text in found] == ([said] if said else [])

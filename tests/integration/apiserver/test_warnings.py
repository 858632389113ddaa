"""What is taken although it is odd or old: told with the answer, in the words of the real API server (1.36)."""

from __future__ import annotations

from typing import Any

from tests.support.api_server import api_server

Json = Any
DEFAULT = "/api/v1/namespaces/default"
APPS, BATCH = "/apis/apps/v1/namespaces/default", "/apis/batch/v1/namespaces/default"
CRITICAL = 'non-functional in v1.16+; use the "priorityClassName" field instead'
SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead'
OLD_CLASS = (
    "metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; "
    'use "storageClassName" attribute instead'
)
ORPHANS = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)


def dotted(where: str) -> str:
    odd = "which can result in surprising behavior; a DNS label is recommended: [must not contain dots]"
    return f"metadata.name: this is used in {where}, {odd}"


def template(restart_policy: str = "Always") -> Json:
    annotations = {"scheduler.alpha.kubernetes.io/critical-pod": ""}
    spec = {"restartPolicy": restart_policy, "containers": [{"name": "c", "image": "x"}]}
    return {"metadata": {"labels": {"a": "b"}, "annotations": annotations}, "spec": spec}


def workload(**more: Json) -> Json:
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template(), **more}
    return {"metadata": {"name": "a.b"}, "spec": spec}


def old(path: str) -> str:
    return f"{path}.metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: {CRITICAL}"


JOB = {"metadata": {"name": "a.b"}, "spec": {"template": template("Never")}}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "100m"}}}
CLASS_ANNOTATION = {"volume.beta.kubernetes.io/storage-class": "x"}
ARCH_EXPRESSION = {"key": "beta.kubernetes.io/arch", "values": ["a"]}
PODS = "Pod names and hostnames"
CASES: list[tuple[str, Json, list[str]]] = [
    (f"{APPS}/deployments", workload(), [dotted(PODS), old("spec.template")]),
    (f"{APPS}/daemonsets", workload(), [old("spec.template")]),
    (f"{BATCH}/jobs", JOB, [dotted(PODS), old("spec.template")]),
    (
        f"{BATCH}/cronjobs",
        {"metadata": {"name": "a.b"}, "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": JOB["spec"]}}},
        [dotted(PODS), old("spec.jobTemplate.spec.template")],
    ),
    (f"{DEFAULT}/podtemplates", {"metadata": {"name": "a.b"}, "template": template()}, [old("template")]),
    (
        f"{DEFAULT}/pods",
        {
            "metadata": {"name": "a.b", "annotations": {"container.seccomp.security.alpha.kubernetes.io/c": "x"}},
            "spec": {**template()["spec"], "automountServiceAccountToken": False},
        },
        [
            dotted("the Pod's hostname"),
            f"metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: {SECCOMP}",
        ],
    ),
    (
        f"{DEFAULT}/persistentvolumeclaims",
        {"metadata": {"name": "c", "annotations": CLASS_ANNOTATION}, "spec": CLAIM},
        [OLD_CLASS, 'spec.resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer'],
    ),
    (
        f"{DEFAULT}/serviceaccounts",
        {"metadata": {"name": "s", "annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}}},
        [
            "metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate "
            "namespaces to isolate access to mounted secrets"
        ],
    ),
    (
        "/apis/storage.k8s.io/v1/storageclasses",
        {
            "metadata": {"name": "s"},
            "provisioner": "x",
            "allowedTopologies": [{"matchLabelExpressions": [ARCH_EXPRESSION]}],
        },
        ['allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.14; use "kubernetes.io/arch" instead'],
    ),
    (
        "/apis/node.k8s.io/v1/runtimeclasses",
        {"metadata": {"name": "r"}, "handler": "x", "scheduling": {"nodeSelector": {"beta.kubernetes.io/os": "a"}}},
        ['scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead'],
    ),
]


async def test_what_is_old_or_odd_is_told_with_the_answer() -> None:
    async with api_server() as client:
        await client.post(f"{DEFAULT}/serviceaccounts", json={"metadata": {"name": "default"}})
        for path, document, expected in CASES:
            answer = await client.post(path, json=document)
            assert answer.status_code == 201, answer.text
            texts = [text.replace('"', '\\"') for text in expected]
            assert answer.headers["warning"] == ", ".join(f'299 - "{text}"' for text in texts)
        again = await client.put(f"{APPS}/deployments/a.b", json=(await client.get(f"{APPS}/deployments/a.b")).json())
        assert "metadata.name" not in again.headers["warning"]


async def test_who_deletes_a_job_without_a_word_about_its_pods_is_told_that_they_stay() -> None:
    async with api_server() as client:
        await client.post(f"{BATCH}/jobs", json=JOB)
        assert "warning" not in (await client.delete(f"{BATCH}/jobs/a.b?propagationPolicy=Orphan")).headers
        assert (await client.delete(f"{BATCH}/jobs/a.b")).headers["warning"] == f'299 - "{ORPHANS}"'


async def test_what_cannot_stand_in_a_header_is_left_out_of_a_warning() -> None:
    body = '{"metadata":{"name":"m"},"a\\u0000b\\r\\nc\\u007f\\u0085é":1}'
    async with api_server() as client:
        json_type = {"Content-Type": "application/json"}
        made = await client.post(f"{DEFAULT}/configmaps?fieldValidation=Warn", content=body, headers=json_type)
    assert made.status_code == 201
    assert made.headers["warning"] == '299 - "unknown field \\"a b  c  é\\""'

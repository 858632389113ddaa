"""The documents that verbs make from flags: those that kubectl POSTs."""

import re
from typing import Any

from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.resource_arguments import Target
from minikube_py.cli.verbs.create_deployment import container_name, deployment_document
from minikube_py.cli.verbs.expose import ExposeFlags, service_document

DEPLOYMENTS = ResourceType("apps", "v1", "deployments", "Deployment", is_namespaced=True)


def test_deployment_has_a_container_for_each_image() -> None:
    document = deployment_document("web", ["nginx", "ghcr.io:5000/x/busybox:1"], replicas=3)
    assert document == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [
                        {"name": "nginx", "image": "nginx", "resources": {}},
                        {"name": "busybox", "image": "ghcr.io:5000/x/busybox:1", "resources": {}},
                    ]
                },
            },
            "strategy": {},
        },
        "status": {},
    }


def test_containers_are_named_after_their_image() -> None:
    assert container_name("registry:5000/team/app@sha256:00") == "app"
    assert re.fullmatch(r"my-app-v1-[a-z0-9]{5}", container_name("my_app.v1:2"))


def exposed(flags: ExposeFlags, **spec: Any) -> dict[str, Any]:
    document = {"kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}}, "spec": spec}
    return service_document(Target(DEPLOYMENTS, "default", "web", document), flags)


def test_service_takes_labels_and_selector_from_what_it_exposes() -> None:
    document = exposed(ExposeFlags(port="80"), selector={"matchLabels": {"app": "web"}})
    assert document == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"labels": {"app": "web"}, "name": "web"},
        "spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}], "selector": {"app": "web"}},
        "status": {"loadBalancer": {}},
    }


def test_service_takes_its_ports_from_the_containers_when_none_is_named() -> None:
    template = {"spec": {"containers": [{"ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 80}]}]}}
    document = exposed(ExposeFlags(target_port="http"), selector={}, template=template)
    assert document["spec"]["ports"] == [
        {"name": "port-1", "port": 53, "protocol": "UDP", "targetPort": "http"},
        {"name": "port-2", "port": 80, "protocol": "TCP", "targetPort": "http"},
    ]

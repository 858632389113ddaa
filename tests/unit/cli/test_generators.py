"""The documents that verbs make from flags: those that kubectl POSTs."""

import re
from pathlib import Path
from typing import Any

import pytest

from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import CommandError
from minikube_py.cli.last_applied import with_last_applied
from minikube_py.cli.resource_arguments import Target
from minikube_py.cli.verbs.create_configuration import (
    ValuesFlags,
    config_map_document,
    secret_document,
    values_of,
)
from minikube_py.cli.verbs.create_deployment import container_name, deployment_document
from minikube_py.cli.verbs.create_service import parse_port
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


def test_services_name_their_ports_after_the_flag() -> None:
    assert parse_port("80:http") == {"name": "80-http", "port": 80, "protocol": "TCP", "targetPort": "http"}
    assert parse_port("53") == {"name": "53", "port": 53, "protocol": "TCP", "targetPort": 53}
    with pytest.raises(CommandError, match='parsing "x": invalid syntax'):
        parse_port("x")


def test_config_map_puts_bytes_that_are_no_text_into_binary_data() -> None:
    document = config_map_document("c", {"text": b"v", "raw": b"\xff\xfe"})
    assert (document["data"], document["binaryData"]) == ({"text": "v"}, {"raw": "//4="})


def test_secret_encodes_every_value() -> None:
    assert secret_document("s", {"p": b"q"}, "x/y") == {
        "apiVersion": "v1",
        "data": {"p": "cQ=="},
        "kind": "Secret",
        "metadata": {"name": "s"},
        "type": "x/y",
    }


def test_values_come_from_literals_files_folders_and_environment_files(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("A")
    environment = tmp_path / "env"
    environment.write_text("# comment\nX=1\n\nY=2 3\n")
    flags = ValuesFlags(from_literal=("k=v=w",), from_file=(f"key={folder}/a.txt", str(folder)))
    assert values_of(flags, "owner") == {"k": b"v=w", "key": b"A", "a.txt": b"A"}
    assert values_of(ValuesFlags(from_env_file=(str(environment),)), "owner") == {"X": b"1", "Y": b"2 3"}


@pytest.mark.parametrize(
    ("literals", "message"),
    [
        (("a",), "invalid literal source a, expected key=value"),
        (("a=b", "a=c"), 'cannot add key "a", another key by that name already exists in Data for ConfigMap "m"'),
    ],
)
def test_values_that_make_no_map_are_refused(literals: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError) as refused:
        values_of(ValuesFlags(from_literal=literals), 'ConfigMap "m"')
    assert refused.value.message == message


def test_last_applied_annotation_is_compact_sorted_and_does_not_hold_itself() -> None:
    document = {"kind": "X", "apiVersion": "v1", "metadata": {"name": "a"}, "data": {"k": "<&>"}}
    once = with_last_applied(document)
    text = once["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
    assert text == (
        '{"apiVersion":"v1","data":{"k":"\\u003c\\u0026\\u003e"},"kind":"X","metadata":{"annotations":{},"name":"a"}}\n'
    )
    assert with_last_applied(once) == once

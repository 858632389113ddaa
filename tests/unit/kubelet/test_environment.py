"""Variables of a container, and $(NAME) in command lines."""

from typing import Any

import pytest

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.secret import Secret
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.scalars import Quantity
from minikube_py.kubelet.downward import NodeFacts, PodFacts, UnknownField
from minikube_py.kubelet.environment import container_environment, expand
from minikube_py.kubelet.references import MissingReference, References, referenced_names
from tests.support.pods import make_pod

NODE = NodeFacts("node1", "192.0.2.2", {"cpu": Quantity("2"), "memory": Quantity("4Gi")})
MAPS = References(
    config_maps={"settings": ConfigMap(data={"COLOUR": "blue", "SIZE": "3"})},
    secrets={"keys": Secret(data={"PASSWORD": "c2VjcmV0"})},
)


def environment(container: dict[str, Any], references: References = MAPS, **spec: Any) -> dict[str, str]:
    pod = make_pod({"name": "c", **container}, **spec)
    facts = PodFacts(pod, NODE, ("10.0.0.5",))
    return container_environment(facts, pod.spec.containers[0], references)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)", "1"),
        ("x$(A)y$(B)", "x1y2"),
        ("$(NONE)", "$(NONE)"),
        ("$$(A)", "$(A)"),
        ("$A", "$A"),
        ("$(A", "$(A"),
        ("$$$(A)", "$1"),
        ("cost: 5$", "cost: 5$"),
    ],
)
def test_expansion(text: str, expanded: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == expanded


def test_later_variables_may_use_earlier_ones() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$(LATER)"}, {"name": "LATER", "value": "x"}]
    assert environment({"env": env})["B"] == "1$(LATER)"


def test_env_overrules_env_from() -> None:
    values = environment(
        {
            "envFrom": [{"configMapRef": {"name": "settings"}}, {"prefix": "S_", "secretRef": {"name": "keys"}}],
            "env": [{"name": "COLOUR", "value": "red"}],
        }
    )
    assert values == {"COLOUR": "red", "SIZE": "3", "S_PASSWORD": "secret"}


def test_single_keys_come_from_config_maps_and_secrets() -> None:
    env = [
        {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "SIZE"}}},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "PASSWORD"}}},
        {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "x", "optional": True}}},
    ]
    assert environment({"env": env}) == {"A": "3", "B": "secret"}


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ({"envFrom": [{"configMapRef": {"name": "none"}}]}, 'configmap "none" not found'),
        ({"envFrom": [{"secretRef": {"name": "none"}}]}, 'secret "none" not found'),
        (
            {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "NO"}}}]},
            "couldn't find key NO in ConfigMap default/settings",
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "NO"}}}]},
            "couldn't find key NO in Secret default/keys",
        ),
    ],
)
def test_what_is_missing_is_named(container: dict[str, Any], message: str) -> None:
    with pytest.raises(MissingReference, match=message):
        environment(container)


def test_a_pod_may_ask_about_itself() -> None:
    paths = ("metadata.name", "metadata.labels['app']", "status.podIP", "status.hostIP", "spec.nodeName")
    env = [{"name": f"V{i}", "valueFrom": {"fieldRef": {"fieldPath": path}}} for i, path in enumerate(paths)]
    assert list(environment({"env": env}).values()) == ["web", "", "10.0.0.5", "192.0.2.2", "node1"]


def test_resources_are_counted_in_divisors_and_default_to_the_nodes() -> None:
    env = [
        {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
        {"name": "MIB", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
        {"name": "ALL", "valueFrom": {"resourceFieldRef": {"resource": "requests.cpu", "divisor": "1m"}}},
    ]
    resources = {"limits": {"memory": "64Mi"}, "requests": {"cpu": "250m"}}
    assert environment({"env": env, "resources": resources}) == {"CPU": "2", "MIB": "64", "ALL": "250"}


def test_an_unknown_field_is_refused_by_name() -> None:
    with pytest.raises(UnknownField, match=r"status\.nothing"):
        environment({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.nothing"}}}]})


def service(name: str, namespace: str, address: str) -> Service:
    return Service.from_dict(
        {
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"clusterIP": address, "ports": [{"name": "http-web", "port": 80, "protocol": "TCP"}]},
        }
    )


def test_services_announce_themselves() -> None:
    references = References(
        services=(
            service("kubernetes", "default", "10.96.0.1"),
            service("my-db", "default", "10.96.0.9"),
            service("other", "elsewhere", "10.96.0.8"),
            service("headless", "default", "None"),
        )
    )
    values = environment({}, references)
    assert values["MY_DB_SERVICE_HOST"] == "10.96.0.9"
    assert values["MY_DB_SERVICE_PORT_HTTP_WEB"] == "80"
    assert values["MY_DB_PORT"] == values["MY_DB_PORT_80_TCP"] == "tcp://10.96.0.9:80"
    assert values["KUBERNETES_SERVICE_HOST"] == "10.96.0.1"
    assert not any(name.startswith(("OTHER", "HEADLESS")) for name in values)
    without_links = environment({}, references, enableServiceLinks=False)
    assert "KUBERNETES_SERVICE_HOST" in without_links
    assert "MY_DB_SERVICE_HOST" not in without_links


def test_everything_that_a_pod_names_is_found() -> None:
    volumes = [
        {"name": "a", "configMap": {"name": "one"}},
        {"name": "b", "secret": {"secretName": "two"}},
        {"name": "c", "projected": {"sources": [{"configMap": {"name": "three"}}, {"secret": {"name": "four"}}]}},
    ]
    container = {"name": "c", "envFrom": [{"configMapRef": {"name": "five"}}]}
    names = referenced_names(make_pod(container, volumes=volumes, imagePullSecrets=[{"name": "six"}]))
    assert names.config_maps == {"one", "three", "five"}
    assert names.secrets == {"two", "four", "six"}

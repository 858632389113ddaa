"""A container as the runtime gets it, and the files that it finds."""

from pathlib import Path
from typing import Any

import pytest

from minikube_py.errors import ConfigError
from minikube_py.kubelet.config import parse_labels, parse_taints
from minikube_py.kubelet.container_config import ConfigTrouble, ContainerParts, container_config, sandbox_config
from minikube_py.kubelet.downward import NodeFacts
from minikube_py.kubelet.pod_files import DnsSettings, hosts_file, resolv_conf
from minikube_py.runtime.interface import ContainerConfig, ImageStatus
from tests.support.pods import UID, make_pod

NODE_RESOLV = "nameserver 192.0.2.53\nsearch example.com\noptions timeout:1\n"


def config(container: dict[str, Any], image_user: str = "", **spec: Any) -> ContainerConfig:
    pod = make_pod({"name": "c", **container}, **spec)
    image = ImageStatus("sha256:1", ("nginx",), user=image_user)
    parts = ContainerParts(pod, pod.spec.containers[0], 2, image, {"A": "1"}, (), NodeFacts("n"), Path("/log"))
    return container_config(parts)


def test_command_and_args_are_expanded() -> None:
    made = config({"command": ["run", "$(A)"], "args": ["$(B)", "$$(A)"]})
    assert (made.command, made.args, made.attempt) == (("run", "1"), ("$(B)", "$(A)"), 2)


def test_labels_say_whose_it_is() -> None:
    made = config({})
    assert made.labels == {
        "io.kubernetes.pod.name": "web",
        "io.kubernetes.pod.namespace": "default",
        "io.kubernetes.pod.uid": UID,
        "io.kubernetes.container.name": "c",
    }


def test_the_containers_word_on_security_goes_before_the_pods() -> None:
    made = config(
        {"securityContext": {"runAsUser": 5, "capabilities": {"add": ["NET_ADMIN"]}}},
        securityContext={"runAsUser": 1, "runAsGroup": 2, "fsGroup": 3, "supplementalGroups": [4]},
    )
    security = made.security
    assert (security.user, security.group, security.supplemental_groups) == ("5", 2, (4, 3))
    assert security.add_capabilities == ("NET_ADMIN",)


@pytest.mark.parametrize(
    ("user", "image_user", "complaint"),
    [
        (None, "", "image will run as root"),
        (None, "0:0", "image will run as root"),
        (None, "nginx", r"image has non-numeric user \(nginx\)"),
        (0, "", "runAsUser breaks non-root policy"),
    ],
)
def test_root_is_refused_where_it_is_barred(user: int | None, image_user: str, complaint: str) -> None:
    context = {"runAsNonRoot": True} | ({"runAsUser": user} if user is not None else {})
    with pytest.raises(ConfigTrouble, match=complaint):
        config({"securityContext": context}, image_user)


def test_non_root_images_and_users_may_run() -> None:
    assert config({"securityContext": {"runAsNonRoot": True}}, "101").security.user is None
    assert config({"securityContext": {"runAsNonRoot": True, "runAsUser": 7}}).security.user == "7"


def test_the_sandbox_has_the_pods_name_unless_it_shares_the_hosts() -> None:
    assert sandbox_config(make_pod(), 0, Path("/log")).hostname == "web"
    assert sandbox_config(make_pod(hostNetwork=True), 0, Path("/log")).hostname == ""
    assert len(sandbox_config(make_pod(name="x" * 80), 0, Path("/log")).hostname) == 63


def test_the_hosts_file_has_the_pod_and_its_aliases() -> None:
    pod = make_pod(hostAliases=[{"ip": "10.1.1.1", "hostnames": ["a", "b"]}], subdomain="sub")
    text = hosts_file(pod, ("10.0.0.5",), "unused")
    assert "10.0.0.5\tweb.sub.default.svc.cluster.local\tweb\n" in text
    assert text.endswith("10.1.1.1\ta\tb\n")
    assert hosts_file(make_pod(hostNetwork=True), (), "127.0.0.1 me\n") == "127.0.0.1 me\n"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            {},
            "search default.svc.cluster.local svc.cluster.local cluster.local example.com\n"
            "nameserver 10.96.0.10\noptions ndots:5\n",
        ),
        ({"dnsPolicy": "Default"}, "search example.com\nnameserver 192.0.2.53\noptions timeout:1\n"),
        ({"hostNetwork": True}, "search example.com\nnameserver 192.0.2.53\noptions timeout:1\n"),
        (
            {
                "dnsPolicy": "None",
                "dnsConfig": {"nameservers": ["1.2.3.4"], "options": [{"name": "ndots", "value": "2"}]},
            },
            "nameserver 1.2.3.4\noptions ndots:2\n",
        ),
    ],
)
def test_resolv_conf_follows_the_dns_policy(spec: dict[str, Any], text: str) -> None:
    assert resolv_conf(make_pod(**spec), DnsSettings(("10.96.0.10",)), NODE_RESOLV) == text


def test_without_a_cluster_name_server_pods_use_the_nodes() -> None:
    assert "192.0.2.53" in resolv_conf(make_pod(), DnsSettings(), NODE_RESOLV)


def test_flags_for_labels_and_taints() -> None:
    assert parse_labels("a=1,b=2") == {"a": "1", "b": "2"}
    (taint,) = parse_taints("dedicated=x:NoSchedule")
    assert (taint.key, taint.value, taint.effect) == ("dedicated", "x", "NoSchedule")
    with pytest.raises(ConfigError, match="--register-with-taints"):
        parse_taints("dedicated=x:Never")
    with pytest.raises(ConfigError, match="--node-labels"):
        parse_labels("a")

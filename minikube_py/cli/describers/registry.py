"""Which describer serves which kind."""

from minikube_py.cli.describers.configuration import (
    describe_config_map,
    describe_namespace,
    describe_secret,
    describe_service_account,
)
from minikube_py.cli.describers.generic import describe_generic
from minikube_py.cli.describers.nodes import describe_node
from minikube_py.cli.describers.pods import describe_pod
from minikube_py.cli.describers.services import describe_endpoint_slice, describe_service
from minikube_py.cli.describers.text import Describer
from minikube_py.cli.describers.workloads import describe_deployment, describe_replica_set

DESCRIBERS: dict[tuple[str, str], Describer] = {
    ("", "Pod"): describe_pod,
    ("", "Node"): describe_node,
    ("", "Service"): describe_service,
    ("", "Namespace"): describe_namespace,
    ("", "ConfigMap"): describe_config_map,
    ("", "Secret"): describe_secret,
    ("", "ServiceAccount"): describe_service_account,
    ("apps", "Deployment"): describe_deployment,
    ("apps", "ReplicaSet"): describe_replica_set,
    ("discovery.k8s.io", "EndpointSlice"): describe_endpoint_slice,
}


def describer_of(group: str, kind: str) -> Describer:
    """Find the describer of a kind."""
    return DESCRIBERS.get((group, kind), describe_generic)

"""The one list of plugins, in the order in which they are asked.

Kubernetes: pkg/scheduler/framework/plugins/registry.go, pkg/scheduler/apis/config/v1/default_plugins.go
"""

from __future__ import annotations

from minikube_py.scheduler.framework import Profile
from minikube_py.scheduler.plugins.image_locality import ImageLocality
from minikube_py.scheduler.plugins.node_affinity import NodeAffinity
from minikube_py.scheduler.plugins.node_name import NodeName
from minikube_py.scheduler.plugins.node_ports import NodePorts
from minikube_py.scheduler.plugins.resources import BalancedAllocation, NodeResourcesFit
from minikube_py.scheduler.plugins.taints import NodeUnschedulable, TaintToleration


def default_profile(scheduler_name: str = "default-scheduler") -> Profile:
    taints, affinity, resources = TaintToleration(), NodeAffinity(), NodeResourcesFit()
    return Profile(
        scheduler_name,
        filters=(NodeUnschedulable(), NodeName(), taints, affinity, NodePorts(), resources),
        scores=(taints, affinity, resources, BalancedAllocation(), ImageLocality()),
    )

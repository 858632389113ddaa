"""B15: the memory of a lab with three nodes, etcd and a Docker engine on each: is 2 GB enough?

What is counted is the proportional share (PSS) of all processes on the lab's machines, a pod of nginx a node included.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from benchmarks.frame import Figure, NotHere, Options
from minikube_py.cluster.lab.lab import Action, Lab, Needs
from minikube_py.cluster.lab.needs import lacking
from minikube_py.cluster.lab.probe import Http, Objects, Probe, Run
from minikube_py.cluster.lab.world import World

_MOST_MIB = 2048.0
_SERVER = "http://node1:8080"
_NODES = ("node1", "node2", "node3")


async def run(options: Options) -> tuple[Figure, ...]:
    lab = Lab.model_construct(
        title="Memory", summary="", minutes=1,
        machines=_NODES, needs=Needs(programs={"dockerd": "docker.io", "etcd": "etcd-server"}, images=("nginx",)),
        folder=Path("00-memory"), setup=(), steps=(),
    )  # fmt: skip
    if found := lacking(lab):
        raise NotHere("; ".join(found))
    return (await asyncio.to_thread(_measure, lab),)


def _measure(lab: Lab) -> Figure:
    folder = Path(tempfile.mkdtemp(prefix="lab-"))
    world = World(folder / "world", lab.machines)
    try:
        world.build(lab, folder / "images")
        world.carry_out(_cluster(), lambda _: None)
        used = sum(_pss_bytes(pid) for machine in world.machines.values() for pid in machine.pids())
    finally:
        world.remove()
        shutil.rmtree(folder)
    what = "memory of 3 nodes, Docker on each, etcd, 3 pods"
    return Figure("B15", what, used / 2**20, "MiB PSS", _MOST_MIB, "what a small machine has", 1.0)


def _cluster() -> tuple[Action, ...]:
    flags = "--etcd-servers=http://localhost:2379 --bind-address=0.0.0.0"
    ready = Probe(http=Http(url="http://localhost:8080/readyz"))
    account = Probe(objects=Objects(resource="serviceaccounts", name="default"))
    control_plane = (
        Action(start="etcd", until=(Probe(http=Http(url="http://localhost:2379/health", contains='"true"')),)),
        Action(start=f"pykube-apiserver {flags}", until=(ready,)),
        Action(start=f"pykube-controller-manager --master={_SERVER}", until=(account,)),
        Action(start=f"pykube-scheduler --master={_SERVER}"),
        Action(run="kubectl patch sa default -p '{\"automountServiceAccountToken\": false}'"),
    )
    nodes = tuple(action for name in _NODES for action in _node(name))
    running = Objects(resource="pods", field="status.phase", value="Running", count=len(_NODES))
    pods = (
        Action(run="kubectl create deployment web --image=nginx --replicas=3", until=(Probe(objects=running),)),
        Action(start=f"pykube-proxy --master={_SERVER}"),
    )
    return (*control_plane, *nodes, *pods)


def _node(name: str) -> tuple[Action, ...]:
    engine = Probe(machine=name, run=Run(command="docker version"))
    ready = Probe(objects=Objects(resource="nodes", name=name))
    config = f"kubectl config set-cluster lab --server={_SERVER}; kubectl config set-context lab --cluster=lab"
    return (
        Action(start="dockerd", machine=name, until=(engine,)),
        Action(run=f"{config}; kubectl config use-context lab", machine=name),
        Action(start="pykubelet --kubeconfig .kube/config", machine=name, until=(ready,)),
    )


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))

"""A node with an API server and nothing else: pods are put on it by hand, and it is watched what its kubelet does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.e2e.machine import SERVER, Machine
from tests.support.eventually import eventually

Json = Any


@dataclass(frozen=True, slots=True)
class LoneNode:
    """Its kubelet runs on the machine; nobody schedules, nobody controls."""

    machine: Machine

    @classmethod
    def start(cls, machine: Machine, runtime: str) -> LoneNode:
        machine.background("apiserver", "pykube-apiserver", f"--storage=sqlite://{machine.folder}/store.db")
        machine.ctl("config", "set-cluster", "here", f"--server={SERVER}")
        machine.ctl("config", "set-context", "here", "--cluster=here")
        machine.ctl("config", "use-context", "here")
        bridged = ("--network-plugin=kubenet", "--pod-cidr=10.9.9.0/24")
        network = ("--network-plugin=none",) if runtime == "docker" else bridged
        kubeconfig = f"--kubeconfig={machine.folder}/.kube/config"
        machine.background("kubelet", *machine.kubelet(kubeconfig, *network, runtime=runtime))
        return cls(machine)

    async def is_there(self) -> None:
        """The node has registered, and pods may be made."""

        def registered() -> bool:
            code, text = self.machine.run(self.machine.cli, "get", "node", "node-1")
            assert code == 0, text + self.machine.log("kubelet")
            return True

        await eventually(registered, timeout_s=30)
        self.machine.ctl("create", "serviceaccount", "default")

    def run(self, name: str, image: str, secret: str = "", policy: str = "") -> None:
        """A pod of one container, put on the node by hand."""
        container = {"name": "main", "image": image, **({"imagePullPolicy": policy} if policy else {})}
        spec = {
            "nodeName": "node-1",
            "hostNetwork": True,
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "imagePullSecrets": [{"name": secret}] if secret else [],
            "containers": [container],
        }
        document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
        path = self.machine.folder / f"{name}.json"
        path.write_text(json.dumps(document))
        self.machine.ctl("create", "-f", str(path))

    def state(self, name: str) -> Json:
        """The container's state."""
        pod = json.loads(self.machine.ctl("get", "pod", name, "-o", "json"))
        return (pod["status"].get("containerStatuses") or [{}])[0].get("state", {})

    async def runs(self, name: str) -> None:
        await eventually(lambda: "running" in self.state(name), timeout_s=60)

    async def waits(self, name: str, reason: str, cause: str) -> None:
        """The container's status tells reason and cause, and so does an event."""

        def told() -> bool:
            waiting = self.state(name).get("waiting", {})
            assert waiting.get("reason") == reason, waiting
            assert cause in waiting["message"], waiting
            return True

        await eventually(told, timeout_s=60)
        assert [text for text in self.events(name) if text.startswith("Warning Failed") and cause in text]

    def events(self, name: str) -> list[str]:
        """`TYPE REASON MESSAGE`, in the order of their first time."""
        chosen = f"--field-selector=involvedObject.name={name}"
        found = json.loads(self.machine.ctl("get", "events", chosen, "-o", "json"))["items"]
        return [f"{event['type']} {event['reason']} {event['message']}" for event in found]

"""Steps 11 and 12: an address for all pods of a deployment, which nobody serves until there is a proxy."""

from __future__ import annotations

import re

from tests.e2e.machine import SERVER, Machine
from tests.e2e.notes.node import PAGE
from tests.support.eventually import eventually

_UNREADY_POD = """\
apiVersion: v1
kind: Pod
metadata: {name: late, labels: {app: web}}
spec:
  containers:
  - name: nginx
    image: nginx
    imagePullPolicy: IfNotPresent
    readinessProbe: {exec: {command: [test, -e, /tmp/ready]}, periodSeconds: 1}
"""


def a_service_nobody_serves(machine: Machine) -> None:
    """Step 11."""
    machine.see("expose", "deployment", "web", "--port=80")
    machine.see("get", "service", "web", "-o", "wide")
    assert re.fullmatch(r"10\.0\.0\.\d+", service_ip(machine))
    assert machine.run("curl", "-s", "--max-time", "1", f"http://{service_ip(machine)}/")[0] == 28  # no answer


async def a_proxy(machine: Machine) -> None:
    """Step 12."""
    machine.background("proxy", "pykube-proxy", f"--master={SERVER}", "--hostname-override=node-1")
    url = f"http://{service_ip(machine)}/"
    await eventually(lambda: PAGE in machine.curl(url), timeout_s=20)
    machine.see("scale", "deployment", "web", "--replicas=3")
    await eventually(lambda: machine.value("deployment web", ".status.readyReplicas") == "3", timeout_s=60)
    await eventually(lambda: len(backends(machine)) == 3, timeout_s=10)
    assert_named_as_upstream(rules(machine))
    await eventually(lambda: len(answering(machine, url, 12)) == 3, timeout_s=20)
    machine.see("describe", "service", "web")
    await _followed_down_and_up(machine, url)
    await _unready_is_left_out(machine, url)


async def _followed_down_and_up(machine: Machine, url: str) -> None:
    for replicas in (1, 2):
        machine.ctl("scale", "deployment", "web", f"--replicas={replicas}")
        await eventually(lambda wanted=replicas: len(backends(machine)) == wanted, timeout_s=40)  # type: ignore[misc]
        assert PAGE in machine.curl(url)


async def _unready_is_left_out(machine: Machine, url: str) -> None:
    (machine.folder / "late.yaml").write_text(_UNREADY_POD)
    machine.see("apply", "-f", "late.yaml")
    await eventually(lambda: machine.value("pod late", ".status.phase") == "Running", timeout_s=40)
    address = machine.value("pod late", ".status.podIP")
    listed = ".items[*].endpoints[?(@.conditions.ready==false)].addresses[0]"
    await eventually(lambda: address in machine.value("endpointslices", listed), timeout_s=10)
    assert address not in " ".join(backends(machine))
    assert "late" not in answering(machine, url, 12)
    machine.ctl("exec", "late", "--", "touch", "/tmp/ready")
    await eventually(lambda: f"{address}:80" in backends(machine), timeout_s=20)
    await eventually(lambda: "late" in answering(machine, url, 12), timeout_s=20)
    machine.ctl("exec", "late", "--", "rm", "/tmp/ready")
    await eventually(lambda: f"{address}:80" not in backends(machine), timeout_s=20)
    machine.ctl("delete", "pod", "late", "--now")


def service_ip(machine: Machine) -> str:
    return machine.value("service web", ".spec.clusterIP")


def rules(machine: Machine) -> str:
    return machine.run("iptables-save", "-t", "nat")[1]


def backends(machine: Machine) -> list[str]:
    """Where the Service's rules lead."""
    found = re.findall(r"-A KUBE-SEP-\S+ .*default/web.* --to-destination (\S+)", rules(machine))
    return sorted(found)


def answering(machine: Machine, url: str, times: int) -> set[str]:
    """Which pods give the page, asked anew each time; ours say their name in a header."""
    heads = [machine.curl(url, "-i") for _ in range(times)]
    return {name for head in heads for name in re.findall(r"^Pod: (\S+)$", head, re.MULTILINE)}


def assert_named_as_upstream(text: str) -> None:
    """KUBE-SERVICES leads to the Service's KUBE-SVC, and that to its three KUBE-SEP in equal shares."""
    jumps = re.findall(r"-A KUBE-SERVICES -d (\S+)/32 .*default/web cluster IP.* -j (KUBE-SVC-[A-Z2-7]{16})", text)
    assert len(jumps) == 1, text
    spread = re.findall(rf"-A {jumps[0][1]} (.*) -j (KUBE-SEP-[A-Z2-7]{{16}})", text)
    assert len({chain for _, chain in spread}) == len(spread) == 3, text
    shares = [re.search(r"--mode random --probability ([\d.]+)", conditions) for conditions, _ in spread]
    assert [round(float(share[1]), 6) if share else None for share in shares] == [0.333333, 0.5, None]

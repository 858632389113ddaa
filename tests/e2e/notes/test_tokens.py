"""With a signing key, step 4 does not get stuck: pods get a token that is signed with it, and is for them alone."""

from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from minikube_py.runtime.oci.recipes import BuiltImage
from tests.e2e.machine import SERVER, Machine
from tests.e2e.notes import control_plane, node
from tests.support.control_plane import write_signing_key
from tests.support.docker_engine import Engine
from tests.support.eventually import eventually

FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.mark.etcd
@pytest.mark.docker
@pytest.mark.timeout(180)
@pytest.mark.parametrize("cli", ["kubectl"])
async def test_a_pod_gets_a_token_of_its_service_account(machine: Machine, engine: Engine, nginx: BuiltImage) -> None:
    key = write_signing_key(machine.folder / "service-accounts.pem")
    await control_plane.a_store_and_an_api_server(machine, f"--service-account-signing-key-file={key}")
    machine.background("controllers", "pykube-controller-manager", f"--master={SERVER}", "--no-leader-elect")
    machine.background("scheduler", "pykube-scheduler", f"--master={SERVER}", "--no-leader-elect")
    machine.ctl("create", "deployment", "web", "--image=nginx")
    await node.start_engine(engine, nginx)
    node.a_way_to_the_cluster(machine)
    machine.background("kubelet", *machine.kubelet(f"--kubeconfig={machine.folder}/.kube/config"))
    await eventually(lambda: machine.value("deployment web", ".status.readyReplicas") == "1", timeout_s=60)

    pod = machine.value("pods", ".items[0].metadata.name")
    token = machine.ctl("exec", pod, "--", "cat", f"{FOLDER}/token")
    private = load_pem_private_key(key.read_bytes(), None)
    claims = jwt.decode(token, private.public_key(), ["RS256"], audience="https://kubernetes.default.svc.cluster.local")  # type: ignore[arg-type]
    assert claims["sub"] == "system:serviceaccount:default:default"
    assert claims["kubernetes.io"]["pod"] == {"name": pod, "uid": machine.value(f"pod {pod}", ".metadata.uid")}
    assert machine.ctl("exec", pod, "--", "cat", f"{FOLDER}/namespace") == "default"
    assert control_plane.NO_TOKEN not in machine.log("controllers")

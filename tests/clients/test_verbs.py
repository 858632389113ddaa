"""Every verb of kubectl, by pykubectl and by two of kubectl's versions, each in a namespace of the one cluster."""

from __future__ import annotations

import base64
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.clients.cluster import ROOT, TIMEOUT_S, Cluster
from tests.clients.definitions import SCRIPT
from tests.support.compatibility import CLIS, VERBS, Cell, keep
from tests.support.kubectls import program

Line = tuple[str, str, bool]
"""A command, what it says, and whether it fails."""


def sections() -> Iterator[tuple[str, list[Line], bool]]:
    """Each verb with its lines, and whether pykubectl refuses it."""
    for section in re.split(r"^# ", VERBS.read_text(), flags=re.MULTILINE)[1:]:
        verb, *lines = section.strip().splitlines()
        played = [line.partition(" => ") for line in lines if " => " in line]
        yield (
            verb,
            [(command.removeprefix("!"), said, command.startswith("!")) for command, _, said in played],
            "refused by pykubectl" in lines,
        )


class Typed:
    """What a person types at one of the command lines."""

    def __init__(self, cli: str, cluster: Cluster, namespace: str, folder: Path) -> None:
        self.program = ROOT / ".venv/bin/pykubectl" if cli == "pykubectl" else program(cli)
        folder.mkdir()
        self.folder = folder
        self.namespace = namespace
        document = yaml.safe_load(cluster.kubeconfig.read_text())
        (context,) = document["contexts"]
        context["context"]["namespace"] = context["name"] = document["current-context"] = namespace
        (folder / "config").write_text(yaml.safe_dump(document))
        own = {"KUBECONFIG": str(folder / "config"), "KUBE_EDITOR": "sed -i s/w$/edited/", "PATH": "/usr/bin:/bin"}
        self.environment = {**cluster.environment, **own}
        for name, text in files(namespace).items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    def __call__(self, line: str) -> tuple[int, str]:
        words = shlex.split(line.replace("ME", self.namespace).replace('"', '\\"'))
        done = subprocess.run(
            [self.program, *words], env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def wrong_with(self, lines: list[Line]) -> list[str]:
        found = []
        for line, said, fails in lines:
            code, text = self(line)
            if (code != 0) != fails or not re.search(said.replace("ME", self.namespace), text, re.MULTILINE):
                found.append(f"{line}: {code}\n{text}")
        return found


def files(namespace: str) -> dict[str, str]:
    """What the commands read."""

    def config_map(name: str, value: str) -> str:
        data = {"k": value}
        return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})

    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"app": "talks"}, "annotations": SCRIPT},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]},
    }
    placed = {**pod, "metadata": {"name": "placed"}, "spec": {**pod["spec"], "nodeName": namespace}}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": namespace}}
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "reader", "namespace": namespace},
        "rules": [rule],
    }
    return {
        "pod.json": json.dumps(pod),
        "node.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": [node, placed]}),
        "csr.json": json.dumps(signing_request(namespace)),
        "cfg.json": config_map("cfg", "v"),
        "changed.json": config_map("cfg", "changed"),
        "applied.json": config_map("applied", "v"),
        "conflict.json": config_map("applied", "w"),
        "role.json": json.dumps(role),
        "kustom/cm.json": config_map("kustomized", "v"),
        "kustom/kustomization.yaml": "resources: [cm.json]\n",
    }


def signing_request(name: str) -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    pem = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    request = base64.b64encode(pem.public_bytes(serialization.Encoding.PEM)).decode()
    signer = "kubernetes.io/kube-apiserver-client"
    return {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": name},
        "spec": {"request": request, "signerName": signer, "usages": ["client auth"]},
    }


def play(typed: Typed, cli: str) -> list[str]:
    """What was wrong; each verb is kept for the document."""
    wrong = []
    for verb, lines, refused in sections():
        if refused and cli == "pykubectl":
            code, text = typed(verb)
            if (code, "is not supported" in text) != (1, True):
                wrong.append(f"{verb} is not refused: {text}")
        elif lines:
            found = typed.wrong_with(lines)
            keep(Cell("verbs", (verb,), cli), passed=not found)
            wrong += [f"{cli} {each}" for each in found]
    return wrong


def test_every_verb(cluster: Cluster, tmp_path: Path) -> None:
    namespaces = {cli: f"verbs-{cli.replace('.', '-')}" for cli in CLIS}
    for namespace in namespaces.values():
        cluster.pykubectl("create", "namespace", namespace)
    with ThreadPoolExecutor() as pool:
        played = [
            pool.submit(play, Typed(cli, cluster, namespace, tmp_path / cli), cli)
            for cli, namespace in namespaces.items()
        ]
    wrong = [each for one in played for each in one.result()]
    assert not wrong, "\n".join(wrong)

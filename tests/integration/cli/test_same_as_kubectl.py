"""Command lines that pykubectl and the real kubectl must answer alike, one a line, in files of `same_as_kubectl/`."""

import base64
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.integration.cli.both import Both

SCRIPTS = Path(__file__).parent / "same_as_kubectl"


def certificate_request() -> str:
    """A request as a manifest holds it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jane")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    signed = request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return base64.b64encode(signed.public_bytes(serialization.Encoding.PEM)).decode()


_RBAC = "apiVersion: rbac.authorization.k8s.io/v1\nkind: "
_ROLE_REF = "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: "
_FILES = {
    "may.yaml": f"""\
{_RBAC}Role
metadata: {{name: may, namespace: default, labels: {{a: b}}}}
rules:
- {{apiGroups: [""], resources: [pods], verbs: [get, list]}}
---
{_RBAC}RoleBinding
metadata: {{name: may, namespace: default}}
{_ROLE_REF}may}}
subjects:
- {{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: passed-over}}
""",
    "may-more.yaml": f"""\
{_RBAC}Role
metadata: {{name: may, namespace: default, labels: {{a: c, d: e}}}}
rules:
- {{apiGroups: [""], resources: [configmaps, pods], verbs: [get, watch]}}
---
{_RBAC}RoleBinding
metadata: {{name: may, namespace: default}}
{_ROLE_REF}may}}
subjects:
- {{kind: ServiceAccount, name: robot, namespace: default}}
""",
    "other-role.yaml": f"""\
{_RBAC}RoleBinding
metadata: {{name: may, namespace: default}}
{_ROLE_REF}other}}
---
{_RBAC}Role
metadata: {{name: far, namespace: not-there-yet}}
rules:
- {{apiGroups: [""], resources: [pods], verbs: [get]}}
""",
    "n.yaml": "apiVersion: v1\nkind: Node\nmetadata:\n  name: node1\n",
    "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n",
    "csr.yaml": "\n---\n".join(
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\n"
        f"metadata: {{name: {name}}}\nspec: {{request: {certificate_request()}, "
        "signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]}"
        for name in ("jane", "joe")
    ),
    "bindings.yaml": "\n---\n".join(
        f"{_RBAC}{scope}RoleBinding\nmetadata: {{name: some}}\n"
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {scope}Role, name: r}}"
        for scope in ("", "Cluster")
    ),
    "pods.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\n"
    + "".join(
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{a: b}}}}\n"
        "spec: {containers: [{name: one, image: x}, {name: two, image: x}, {name: three, image: x}]}\n"
        for name in ("many", "more")
    ),
    "texts.yaml": r"""
apiVersion: v1
kind: ConfigMap
metadata: {name: texts, labels: {a.b/c: x, "1": z}}
data:
  lines: "one\n  two\n\n\tthree \"quoted\"\ttab"
  ended: "one\n"
  empty: ""
  signs: "  h\u00e9 \u0001 \u2603 \\ <a&b>"
  No: a
  "1.5": e
  1e3: f
  0x1: g
  2001-01-01: i
  a_b: k
  "-": l
""",
    "two.yaml": "\n---\n".join(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{k: v}}" for name in "ab"
    ),
    "cm2.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v2\n  no: "1"\n',
    "sec.yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  k: v2\n",
}


def _lines(script: Path) -> Iterator[str]:
    for line in script.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_both_programs_answer_alike(both: Both, script: Path) -> None:
    for name, text in _FILES.items():
        Path(name).write_text(text)
    different = []
    for line in _lines(script):
        try:
            both(*shlex.split(line))
        except AssertionError as error:
            different.append(f"{line}\n{error}")
    assert not different, "\n\n".join(different)


def test_a_folder_is_applied_compared_and_deleted_as_kubectl_does_it(both: Both, tmp_path: Path) -> None:
    build = tmp_path / "app"
    build.mkdir()
    (build / "service.yaml").write_text(
        "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}"
    )
    kustomization = build / "kustomization.yaml"
    text = "namePrefix: a-\nresources: [service.yaml]\nconfigMapGenerator: [{name: cfg, literals: [a=b]}]\n"
    kustomization.write_text(text)
    both("create", "-k", "app", "--dry-run=client")
    assert "configmap/a-cfg-" in both("apply", "-k", "app").out
    assert both("diff", "-k", "app").code == 0
    both("get", "-k", "app", "-o", "name")
    kustomization.write_text(f"{text}commonAnnotations: {{note: new}}\n")
    assert "+    note: new" in both("diff", "-k", "app").out
    both("replace", "-k", "app")
    both("delete", "-k", "app")
    both.fails("get", "-k", "app")
    both.fails("apply", "-k", "app", "-f", "app/service.yaml")
    both.fails("apply", "-k", "app", "-R")
    both.fails("apply", "-k", "nowhere")

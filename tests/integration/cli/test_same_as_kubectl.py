"""Command lines that pykubectl and the real kubectl must answer alike, one a line, in files of `same_as_kubectl/`."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.both import Both

SCRIPTS = Path(__file__).parent / "same_as_kubectl"
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

"""The volumes of a pod or of a pod template: a table from kind of volume to the lines it has.

Kubernetes: kubectl pkg/describe (describeVolumes).
Simplified: network storage plugins print their fields generically.
"""

from collections.abc import Callable, Sequence
from typing import Any

from minikube_py.cli.describers.text import Description
from minikube_py.client.yaml_text import Document

Lines = list[tuple[str, ...]]


def add_volumes(out: Description, volumes: Sequence[Document], margin: str = "") -> None:
    """Add the section Volumes."""
    prefix = "  " if margin else ""
    if not volumes:
        out.add(f"{prefix}Volumes:", "<none>")
        return
    out.add(f"{prefix}Volumes:")
    for volume in volumes:
        out.add(f"  {margin}{volume['name']}:")
        kind = next((key for key in volume if key != "name"), "")
        describe = _KINDS.get(kind)
        for line in describe(volume[kind] or {}) if describe else _unknown(kind, volume.get(kind) or {}):
            out.add(f"    {line[0]}", *line[1:])


def _empty_dir(body: Document) -> Lines:
    return [
        ("Type:", "EmptyDir (a temporary directory that shares a pod's lifetime)"),
        ("Medium:", body.get("medium", "")),
        ("SizeLimit:", body.get("sizeLimit") or "<unset>"),
    ]


def _config_map(body: Document) -> Lines:
    return [
        ("Type:", "ConfigMap (a volume populated by a ConfigMap)"),
        ("Name:", body.get("name", "")),
        ("Optional:", _boolean(body.get("optional"))),
    ]


def _secret(body: Document) -> Lines:
    return [
        ("Type:", "Secret (a volume populated by a Secret)"),
        ("SecretName:", body.get("secretName", "")),
        ("Optional:", _boolean(body.get("optional"))),
    ]


def _host_path(body: Document) -> Lines:
    return [
        ("Type:", "HostPath (bare host directory volume)"),
        ("Path:", body.get("path", "")),
        ("HostPathType:", body.get("type", "")),
    ]


def _claim(body: Document) -> Lines:
    return [
        ("Type:", "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)"),
        ("ClaimName:", body.get("claimName", "")),
        ("ReadOnly:", _boolean(body.get("readOnly"))),
    ]


def _downward(body: Document) -> Lines:
    lines: Lines = [("Type:", "DownwardAPI (a volume populated by information about the pod)"), ("Items:",)]
    for item in body.get("items") or []:
        source = item.get("fieldRef", {}).get("fieldPath") or item.get("resourceFieldRef", {}).get("resource", "")
        lines.append((f"  {source} -> {item.get('path', '')}",))
    return lines


def _projected(body: Document) -> Lines:
    lines: Lines = [("Type:", "Projected (a volume that contains injected data from multiple sources)")]
    for source in body.get("sources") or []:
        if secret := source.get("secret"):
            lines += [("SecretName:", secret.get("name", "")), ("Optional:", _boolean(secret.get("optional")))]
        elif "downwardAPI" in source:
            lines.append(("DownwardAPI:", "true"))
        elif config_map := source.get("configMap"):
            optional = _boolean(config_map.get("optional"))
            lines += [("ConfigMapName:", config_map.get("name", "")), ("Optional:", optional)]
        elif token := source.get("serviceAccountToken"):
            lines.append(("TokenExpirationSeconds:", str(token.get("expirationSeconds", 3600))))
    return lines


def _unknown(kind: str, body: Document) -> Lines:
    lines: Lines = [("Type:", kind[:1].upper() + kind[1:] or "<unknown>")]
    return lines + [(f"{name}:", str(value)) for name, value in sorted(body.items()) if not isinstance(value, dict)]


def _boolean(value: Any) -> str:
    return str(bool(value)).lower()


_KINDS: dict[str, Callable[[Document], Lines]] = {
    "emptyDir": _empty_dir,
    "configMap": _config_map,
    "secret": _secret,
    "hostPath": _host_path,
    "persistentVolumeClaim": _claim,
    "downwardAPI": _downward,
    "projected": _projected,
}

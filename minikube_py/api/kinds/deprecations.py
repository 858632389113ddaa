"""Labels and annotations that still do something, or nothing any more, and what to use instead.

Kubernetes: pkg/api/node/util.go, pkg/api/pod/warnings.go, pkg/api/persistentvolume/util.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

DEPRECATED_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}
POD_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
    "seccomp.security.alpha.kubernetes.io/pod": 'non-functional in v1.27+; use the "seccompProfile" field instead',
    "container.seccomp.security.alpha.kubernetes.io/": (
        'non-functional in v1.27+; use the "seccompProfile" field instead'
    ),
    "container.apparmor.security.beta.kubernetes.io/": (
        'deprecated since v1.30; use the "appArmorProfile" field instead'
    ),
}
VOLUME_ANNOTATIONS = {
    "volume.beta.kubernetes.io/storage-class": 'deprecated since v1.8; use "storageClassName" attribute instead',
    "volume.beta.kubernetes.io/mount-options": 'deprecated since v1.31; use "mountOptions" attribute instead',
}
ACCOUNT_ANNOTATIONS = {
    "kubernetes.io/enforce-mountable-secrets": (
        "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
    ),
}


def annotation_warnings(annotations: Mapping[str, str], known: Mapping[str, str], path: str) -> Iterator[str]:
    """A name that ends with a slash stands for all that begin with it."""
    for key in annotations:
        warning = known.get(key) or known.get(f"{key.partition('/')[0]}/")
        if warning:
            yield f"{path}[{key}]: {warning}"

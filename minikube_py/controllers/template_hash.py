"""Short names for pod templates. Pure.

Kubernetes: pkg/controller/controller_utils.go (ComputeHash)
"""

from __future__ import annotations

import orjson

from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec

_SAFE = "bcdfghjklmnpqrstvwxz2456789"
"""Letters that make no words."""


def template_hash(template: PodTemplateSpec, collisions: int) -> str:
    """A short name for a template; `collisions` is how often the name was taken by another template."""
    text = orjson.dumps(template.to_dict(), option=orjson.OPT_SORT_KEYS) + (b"#%d" % collisions if collisions else b"")
    value = 0x811C9DC5
    for byte in text:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return "".join(_SAFE[ord(digit) % len(_SAFE)] for digit in str(value))

"""Names that nobody chose: a prefix and letters at random.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/names/generate.go
"""

from __future__ import annotations

import random

_SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH = 5
_LONGEST_GENERATED = 63


def generated_name(prefix: str, source: random.Random) -> str:
    """`prefix` and five letters that spell no words."""
    suffix = "".join(source.choices(_SUFFIX_LETTERS, k=_SUFFIX_LENGTH))
    return prefix[: _LONGEST_GENERATED - _SUFFIX_LENGTH] + suffix

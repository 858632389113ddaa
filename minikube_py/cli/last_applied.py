"""The annotation in which client-side apply remembers what it applied.

Kubernetes: kubectl pkg/util/apply.go.
"""

import json

from minikube_py.client.yaml_text import Document

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def annotation_text(document: Document) -> str:
    """Write an object as the annotation holds it: compact, sorted, without the annotation itself."""
    metadata = dict(document.get("metadata") or {})
    kept = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    return compact_text({**document, "metadata": {**metadata, "annotations": kept}})


def compact_text(document: Document) -> str:
    """Write a document on one line, as Go does."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026") + "\n"


def with_last_applied(document: Document) -> Document:
    """Copy a document with the annotation that remembers it."""
    metadata = dict(document.get("metadata") or {})
    annotations = {**(metadata.get("annotations") or {}), LAST_APPLIED: annotation_text(document)}
    return {**document, "metadata": {**metadata, "annotations": annotations}}


def last_applied(document: Document) -> Document | None:
    """Read what was applied last; None when nothing was, or the annotation cannot be read."""
    text = ((document.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED)
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None

"""Continue tokens: where a paged list goes on, and of which version of the world.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/continue.go
"""

from __future__ import annotations

import base64
import binascii

import orjson

from minikube_py.api.status import BadRequest


def encode_continue(key: str, revision: int) -> str:
    """`key` is the first one of the next page; revision -1 goes on in whatever the state is then."""
    text = orjson.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": key})
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def decode_continue(token: str, prefix: str) -> tuple[str, int]:
    """The key and revision of a token that was given for the same list. Raises: BadRequest."""
    try:
        document = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        key, revision = document["start"], document["rv"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        why = "invalid character 'i' looking for beginning of value"
        raise BadRequest(f"invalid continue token: continue key is not valid: {why}") from error
    if not isinstance(key, str) or not isinstance(revision, int) or not key.startswith(prefix):
        raise BadRequest("invalid continue token: continue key is not valid: it belongs to another list")
    return key, revision

"""Tokens with which pods speak to the API server: asked for when needed, renewed at 80 % of their life.

Kubernetes: pkg/kubelet/token/token_manager.go
"""

from collections.abc import Callable
from dataclasses import dataclass

from minikube_py.api.kinds.authentication.token_request import BoundObjectReference, TokenRequest, TokenRequestSpec
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.volume import ServiceAccountTokenProjection
from minikube_py.client.client import Client

_DEFAULT_LIFE_S = 3600
_RENEW_AT = 0.8
_RENEW_AFTER_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    renew_at: float


class ServiceAccountTokens:
    """Hands out tokens bound to a pod; forget the pod and its tokens with it."""

    def __init__(self, client: Client, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._tokens: dict[tuple[str, str, int | None], _Token] = {}

    async def token(self, pod: Pod, projection: ServiceAccountTokenProjection) -> str:
        """A token that lives long enough. Raises: ApiError."""
        key = (pod.metadata.uid, projection.audience, projection.expiration_seconds)
        known = self._tokens.get(key)
        if known is not None and self._clock() < known.renew_at:
            return known.text
        life_s = projection.expiration_seconds or _DEFAULT_LIFE_S
        metadata = pod.metadata
        bound = BoundObjectReference(kind="Pod", api_version="v1", name=metadata.name, uid=metadata.uid)
        audiences = (projection.audience,) if projection.audience else ()
        spec = TokenRequestSpec(audiences=audiences, bound_object_ref=bound, expiration_seconds=life_s)
        account = pod.spec.service_account_name or "default"
        asked_at = self._clock()
        answer = await self._client.create_token(account, TokenRequest(spec=spec), namespace=metadata.namespace)
        expires_at = answer.status.expiration_timestamp
        life_given_s = expires_at.epoch_s - asked_at if expires_at is not None else float(life_s)
        renew_at = asked_at + min(life_given_s * _RENEW_AT, _RENEW_AFTER_S)
        self._tokens[key] = _Token(answer.status.token, renew_at)
        return answer.status.token

    def forget(self, pod_uid: str) -> None:
        for key in [key for key in self._tokens if key[0] == pod_uid]:
            del self._tokens[key]

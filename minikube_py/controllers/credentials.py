"""Credentials: each controller acts as a service account of its own, so that it can do what its role says and no more.

The manager's own user may look at everything, and may make accounts and tokens; what a controller changes, it changes
under its account's name, which is also how the audit log has it.

Kubernetes: staging/src/k8s.io/controller-manager/pkg/clientbuilder (--use-service-account-credentials)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from minikube_py.api.kinds.authentication.token_request import TokenRequest, TokenRequestSpec
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.status import AlreadyExists, ApiError
from minikube_py.client.client import Client

log = logging.getLogger(__name__)

NAMESPACE = "kube-system"
_LIFE_S = 3600
_RENEW_AFTER_S = 0.8 * _LIFE_S
_RETRY_S = 10.0


class Credentials:
    """The token of one account, renewed while `run` runs."""

    def __init__(self, client: Client, account: str) -> None:
        self._client = client
        self._account = account
        self._token = ""

    def token(self) -> str:
        return self._token

    async def begin(self) -> None:
        """Have an account and a token. Raises: ApiError."""
        account = ServiceAccount(metadata=ObjectMeta(name=self._account, namespace=NAMESPACE))
        with contextlib.suppress(AlreadyExists):
            await self._client.create(account)
        request = TokenRequest(spec=TokenRequestSpec(expiration_seconds=_LIFE_S))
        answer = await self._client.create_token(self._account, request, namespace=NAMESPACE)
        self._token = answer.status.token

    async def run(self) -> None:
        pause_s = _RENEW_AFTER_S
        while True:
            await asyncio.sleep(pause_s)
            try:
                await self.begin()
                pause_s = _RENEW_AFTER_S
            except ApiError as error:
                log.warning("cannot renew a token", extra={"account": self._account, "error": str(error)})
                pause_s = _RETRY_S

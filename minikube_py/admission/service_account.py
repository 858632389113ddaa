"""ServiceAccount: every pod has an account, and unless it opts out, the account's token in a volume.

Kubernetes: plugin/pkg/admission/serviceaccount/admission.go
Simplified: no secrets are checked against the account's list.
"""

from __future__ import annotations

import functools
import random

from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.core.common import KeyToPath, ObjectFieldSelector
from minikube_py.api.kinds.core.container import Container, VolumeMount
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.kinds.core.volume import (
    ConfigMapProjection,
    DownwardAPIProjection,
    DownwardAPIVolumeFile,
    ProjectedVolumeSource,
    ServiceAccountTokenProjection,
    Volume,
    VolumeProjection,
)
from minikube_py.api.model import replace
from minikube_py.api.names import generated_name
from minikube_py.api.resource import Resource
from minikube_py.api.status import forbidden
from minikube_py.watchcache.cacher import Cacher

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_TOKEN_LIFETIME_S = 3607
_MIRROR_ANNOTATION = "kubernetes.io/config.mirror"


class ServiceAccountAdmission(Plugin):
    """With `can_issue` False there is nobody who could make a token: pods that want one are refused, as upstream was
    before tokens were projected, and the notes' fourth step shows."""

    def __init__(self, cacher: Cacher, *, can_issue: bool) -> None:
        self._cacher = cacher
        self._can_issue = can_issue
        self._random = random.Random()

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if not isinstance(obj, Pod) or attributes.operation != "CREATE" or attributes.subresource:
            return obj
        if _MIRROR_ANNOTATION in obj.metadata.annotations:
            return obj
        name = obj.spec.service_account_name or "default"
        account = await self._account(name, attributes)
        spec = replace(obj.spec, service_account_name=name, service_account=name)
        if not spec.image_pull_secrets:
            spec = replace(spec, image_pull_secrets=account.image_pull_secrets)
        pod = replace(obj, spec=spec)
        wants = spec.automount_service_account_token
        if wants is None:
            wants = account.automount_service_account_token
        if wants is False:
            return pod
        if not self._can_issue:
            why = (
                f'no API token found for service account "{name}", retry after the token is automatically created and '
                "added to the service account"
            )
            raise forbidden(Pod.definition, attributes.name, why)
        return self._with_token(pod)

    async def _account(self, name: str, attributes: Attributes) -> ServiceAccount:
        account = await self._cacher.find(ServiceAccount, attributes.namespace, name)
        if account is None:
            why = f'error looking up service account {attributes.namespace}/{name}: serviceaccount "{name}" not found'
            raise forbidden(Pod.definition, attributes.name, why)
        return account

    def _with_token(self, pod: Pod) -> Pod:
        """The pod with the token volume, mounted into every container that mounts nothing there."""
        spec = pod.spec
        volume_name = generated_name("kube-api-access-", self._random)
        mount = VolumeMount(name=volume_name, read_only=True, mount_path=TOKEN_PATH)

        def mounted(container: Container) -> Container:
            if any(existing.mount_path == TOKEN_PATH for existing in container.volume_mounts):
                return container
            return replace(container, volume_mounts=(*container.volume_mounts, mount))

        containers = tuple(mounted(container) for container in spec.containers)
        init_containers = tuple(mounted(container) for container in spec.init_containers)
        if containers == spec.containers and init_containers == spec.init_containers:
            return pod
        volumes = (*spec.volumes, token_volume(volume_name))
        return replace(pod, spec=replace(spec, volumes=volumes, containers=containers, init_containers=init_containers))


def token_volume(name: str) -> Volume:
    """The projected volume of token, root certificate and namespace."""
    return replace(_token_volume(), name=name)


@functools.cache
def _token_volume() -> Volume:
    namespace = ObjectFieldSelector(api_version="v1", field_path="metadata.namespace")
    sources = (
        VolumeProjection(
            service_account_token=ServiceAccountTokenProjection(expiration_seconds=_TOKEN_LIFETIME_S, path="token")
        ),
        VolumeProjection(
            config_map=ConfigMapProjection(name="kube-root-ca.crt", items=(KeyToPath(key="ca.crt", path="ca.crt"),))
        ),
        VolumeProjection(
            downward_api=DownwardAPIProjection(items=(DownwardAPIVolumeFile(path="namespace", field_ref=namespace),))
        ),
    )
    return Volume(name="", projected=ProjectedVolumeSource(sources=sources, default_mode=0o644))

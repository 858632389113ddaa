"""What a pod's spec refers to by name: config maps, secrets, services, as fetched for one sync of the pod.

Names are collected first (pure), fetched once, and everything that needs them reads the same snapshot.

Kubernetes: pkg/api/v1/pod/util.go (VisitPodConfigmapNames, VisitPodSecretNames)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.secret import Secret
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.core.volume import Volume
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.pod_containers import every_container


class MissingReference(MinikubeError):
    """Something that the spec names and does not call optional is not there."""


@dataclass(frozen=True, slots=True)
class References:
    """The objects of the pod's namespace that its spec names and that exist; services as far as they are shown."""

    config_maps: Mapping[str, ConfigMap] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    services: tuple[Service, ...] = ()

    def config_map(self, name: str, *, is_optional: bool) -> ConfigMap | None:
        """Raises: MissingReference unless it is there or optional."""
        if name not in self.config_maps and not is_optional:
            raise MissingReference(f'configmap "{name}" not found')
        return self.config_maps.get(name)

    def secret(self, name: str, *, is_optional: bool) -> Secret | None:
        """Raises: MissingReference unless it is there or optional."""
        if name not in self.secrets and not is_optional:
            raise MissingReference(f'secret "{name}" not found')
        return self.secrets.get(name)


@dataclass(frozen=True, slots=True)
class ReferencedNames:
    config_maps: frozenset[str]
    secrets: frozenset[str]


def referenced_names(pod: Pod) -> ReferencedNames:
    """The config maps and secrets that this pod's environment and volumes name."""
    names = [pair for container in every_container(pod) for pair in _environment_names(container)]
    names += [pair for volume in pod.spec.volumes for pair in _volume_names(volume)]
    names += [("secret", reference.name) for reference in pod.spec.image_pull_secrets]
    return ReferencedNames(
        frozenset(name for kind, name in names if kind == "config-map" and name),
        frozenset(name for kind, name in names if kind == "secret" and name),
    )


def _environment_names(container: Container) -> Iterator[tuple[str, str]]:
    for source in container.env_from:
        if source.config_map_ref is not None:
            yield "config-map", source.config_map_ref.name
        if source.secret_ref is not None:
            yield "secret", source.secret_ref.name
    for variable in container.env:
        if variable.value_from is not None and variable.value_from.config_map_key_ref is not None:
            yield "config-map", variable.value_from.config_map_key_ref.name
        if variable.value_from is not None and variable.value_from.secret_key_ref is not None:
            yield "secret", variable.value_from.secret_key_ref.name


def _volume_names(volume: Volume) -> Iterator[tuple[str, str]]:
    if volume.config_map is not None:
        yield "config-map", volume.config_map.name
    if volume.secret is not None:
        yield "secret", volume.secret.secret_name
    for source in volume.projected.sources if volume.projected is not None else ():
        if source.config_map is not None:
            yield "config-map", source.config_map.name
        if source.secret is not None:
            yield "secret", source.secret.name

"""The files of a volume that is made of API objects: config maps, secrets, the downward API, tokens. Pure.

Kubernetes: pkg/volume/{configmap,secret,downwardapi,projected}
Simplified: no clusterTrustBundle and podCertificate sources.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from minikube_py.api.kinds.core.common import KeyToPath
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.volume import (
    DownwardAPIVolumeFile,
    ServiceAccountTokenProjection,
    Volume,
    VolumeProjection,
)
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.downward import PodFacts, field_value, resource_value
from minikube_py.kubelet.references import MissingReference, References

DEFAULT_MODE = 0o644


class UnsupportedVolume(MinikubeError):
    """A kind of volume that this kubelet cannot provide."""


@dataclass(frozen=True, slots=True)
class VolumeFile:
    data: bytes
    mode: int = DEFAULT_MODE


Files = Mapping[str, VolumeFile]
"""By path inside the volume."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All that files may be made from; `tokens` were fetched beforehand, by path."""

    facts: PodFacts
    references: References
    tokens: Mapping[str, str] = field(default_factory=dict)


def is_made_of_files(volume: Volume) -> bool:
    kinds = (volume.config_map, volume.secret, volume.downward_api, volume.projected)
    return any(kind is not None for kind in kinds)


def token_projections(volume: Volume) -> tuple[ServiceAccountTokenProjection, ...]:
    sources = volume.projected.sources if volume.projected is not None else ()
    return tuple(source.service_account_token for source in sources if source.service_account_token is not None)


def volume_files(volume: Volume, sources: Sources) -> Files:
    """Raises: MissingReference, UnknownField, UnsupportedVolume."""
    if volume.config_map is not None:
        wanted = volume.config_map
        config_map = sources.references.config_map(wanted.name, is_optional=bool(wanted.optional))
        where = "configmap references non-existent config key: {}"
        return _chosen(_config_map_data(config_map), _Choice(wanted.items, wanted.default_mode, wanted.optional, where))
    if volume.secret is not None:
        asked = volume.secret
        data = _secret_data(sources.references, asked.secret_name, is_optional=bool(asked.optional))
        where = "references non-existent secret key: {}"
        return _chosen(data, _Choice(asked.items, asked.default_mode, asked.optional, where))
    if volume.downward_api is not None:
        return _downward_files(volume.downward_api.items, volume.downward_api.default_mode, sources.facts)
    files: dict[str, VolumeFile] = {}
    if volume.projected is not None:
        for projection in volume.projected.sources:
            files.update(_projected_files(projection, volume.projected.default_mode, sources))
    return files


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which keys become files, under which names and modes."""

    items: tuple[KeyToPath, ...]
    default_mode: int | None
    is_optional: bool | None
    complaint: str


def _chosen(data: Mapping[str, bytes], choice: _Choice) -> dict[str, VolumeFile]:
    mode = DEFAULT_MODE if choice.default_mode is None else choice.default_mode
    if not choice.items:
        return {key: VolumeFile(value, mode) for key, value in data.items()}
    files = {}
    for item in choice.items:
        if item.key in data:
            files[item.path] = VolumeFile(data[item.key], mode if item.mode is None else item.mode)
        elif not choice.is_optional:
            raise MissingReference(choice.complaint.format(item.key))
    return files


def _projected_files(projection: VolumeProjection, mode: int | None, sources: Sources) -> dict[str, VolumeFile]:
    if projection.config_map is not None:
        wanted = projection.config_map
        config_map = sources.references.config_map(wanted.name, is_optional=bool(wanted.optional))
        where = "configmap references non-existent config key: {}"
        return _chosen(_config_map_data(config_map), _Choice(wanted.items, mode, wanted.optional, where))
    if projection.secret is not None:
        asked = projection.secret
        data = _secret_data(sources.references, asked.name, is_optional=bool(asked.optional))
        return _chosen(data, _Choice(asked.items, mode, asked.optional, "references non-existent secret key: {}"))
    if projection.downward_api is not None:
        return _downward_files(projection.downward_api.items, mode, sources.facts)
    if projection.service_account_token is not None:
        path = projection.service_account_token.path
        return {path: VolumeFile(sources.tokens[path].encode(), DEFAULT_MODE if mode is None else mode)}
    named = sorted(projection.model_fields_set)
    raise UnsupportedVolume(f"projected source {', '.join(named) or 'of no kind'} is not supported")


def _downward_files(
    items: Iterable[DownwardAPIVolumeFile], default_mode: int | None, facts: PodFacts
) -> dict[str, VolumeFile]:
    default = DEFAULT_MODE if default_mode is None else default_mode
    files = {}
    for item in items:
        if item.field_ref is not None:
            text = field_value(facts, item.field_ref.field_path)
        elif item.resource_field_ref is not None:
            text = resource_value(facts, item.resource_field_ref, item.resource_field_ref.container_name)
        else:
            text = ""
        files[item.path] = VolumeFile(text.encode(), default if item.mode is None else item.mode)
    return files


def _config_map_data(config_map: ConfigMap | None) -> dict[str, bytes]:
    if config_map is None:
        return {}
    texts = {key: value.encode() for key, value in config_map.data.items()}
    return texts | _decode(config_map.binary_data)


def _secret_data(references: References, name: str, *, is_optional: bool) -> dict[str, bytes]:
    secret = references.secret(name, is_optional=is_optional)
    return _decode(secret.data) if secret is not None else {}


def _decode(encoded: Mapping[str, str]) -> dict[str, bytes]:
    decode: Callable[[str], bytes] = base64.b64decode
    return {key: decode(value) for key, value in encoded.items()}

"""Which fields of which kinds name objects of other kinds.

Kubernetes: kustomize api/internal/konfig/builtinpluginconsts/namereference.go.
"""

from collections.abc import Iterator

from minikube_py.cli.kustomize.fields import Field
from minikube_py.cli.kustomize.resource import Kind

_POD_SPECS = {
    "Pod": "spec",
    "PodTemplate": "template/spec",
    **dict.fromkeys(("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job"), "spec/template/spec"),
    "ReplicationController": "spec/template/spec",
    "CronJob": "spec/jobTemplate/spec/template/spec",
}
"""Where each kind keeps the spec of its pods."""
_ALL_BUT_CONTROLLERS = tuple(kind for kind in _POD_SPECS if kind != "ReplicationController")
_ALL_BUT_SETS = tuple(kind for kind in _POD_SPECS if kind not in ("PodTemplate", "ReplicaSet"))
_RBAC = "rbac.authorization.k8s.io"


def _in_pods(kinds: tuple[str, ...], *paths: str) -> Iterator[Field]:
    for kind in kinds:
        for path in paths:
            yield Field(f"{_POD_SPECS[kind]}/{path}", Kind(name=kind))


def _in_containers(*paths: str) -> tuple[str, ...]:
    return tuple(f"{name}/{path}" for name in ("containers", "initContainers") for path in paths)


def _of(path: str, *kinds: str, group: str = "") -> Iterator[Field]:
    for kind in kinds:
        yield Field(path, Kind(group, "", kind))


_CONFIG_MAP_PATHS = (
    *("volumes/configMap/name", "volumes/projected/sources/configMap/name"),
    *_in_containers("env/valueFrom/configMapKeyRef/name", "envFrom/configMapRef/name"),
)
_SECRET_PATHS = (
    *("volumes/secret/secretName", "volumes/projected/sources/secret/name", "imagePullSecrets/name"),
    *_in_containers("env/valueFrom/secretKeyRef/name", "envFrom/secretRef/name"),
)
_INGRESS_ANNOTATION = "metadata/annotations/nginx.ingress.kubernetes.io\\/"

REFERENCES: tuple[tuple[Kind, tuple[Field, ...]], ...] = (
    *(
        (Kind(name=kind), tuple(_of("spec/scaleTargetRef/name", "HorizontalPodAutoscaler")))
        for kind in ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet")
    ),
    (
        Kind("", "v1", "ConfigMap"),
        (
            *_in_pods(_ALL_BUT_CONTROLLERS, *_CONFIG_MAP_PATHS),
            *_of("spec/configSource/configMap", "Node"),
            *_of("rules/resourceNames", "Role", "ClusterRole"),
            *_of(f"{_INGRESS_ANNOTATION}fastcgi-params-configmap", "Ingress"),
        ),
    ),
    (
        Kind("", "v1", "Secret"),
        (
            *_in_pods(_ALL_BUT_CONTROLLERS, *_SECRET_PATHS),
            *_of("spec/tls/secretName", "Ingress"),
            *_of("metadata/annotations/ingress.kubernetes.io\\/auth-secret", "Ingress"),
            *_of(f"{_INGRESS_ANNOTATION}auth-secret", "Ingress"),
            *_of(f"{_INGRESS_ANNOTATION}auth-tls-secret", "Ingress"),
            *_of("imagePullSecrets/name", "ServiceAccount"),
            *(
                field
                for name in ("secretName", "adminSecretName", "userSecretName", "secretRef")
                for field in _of(f"parameters/{name}", "StorageClass")
            ),
            *_of("rules/resourceNames", "Role", "ClusterRole"),
            *_of("spec/azureFile/secretName", "PersistentVolume"),
        ),
    ),
    (
        Kind("", "v1", "Service"),
        (
            *_of("spec/serviceName", "StatefulSet", group="apps"),
            *_of("spec/rules/http/paths/backend/serviceName", "Ingress"),
            *_of("spec/backend/serviceName", "Ingress"),
            *_of("spec/rules/http/paths/backend/service/name", "Ingress"),
            *_of("spec/defaultBackend/service/name", "Ingress"),
            *_of("spec/service/name", "APIService", group="apiregistration.k8s.io"),
            *_of(
                "webhooks/clientConfig/service",
                *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
                group="admissionregistration.k8s.io",
            ),
            *_of("spec/rules/backendRefs/name", "HTTPRoute"),
        ),
    ),
    (Kind(_RBAC, "", "Role"), tuple(_of("roleRef/name", "RoleBinding", group=_RBAC))),
    (Kind(_RBAC, "", "ClusterRole"), tuple(_of("roleRef/name", "RoleBinding", "ClusterRoleBinding", group=_RBAC))),
    (
        Kind("", "v1", "ServiceAccount"),
        (
            *_of("subjects", "RoleBinding", "ClusterRoleBinding", group=_RBAC),
            *_in_pods(_ALL_BUT_SETS, "serviceAccountName"),
        ),
    ),
    (
        Kind("", "v1", "PersistentVolumeClaim"),
        tuple(_in_pods(_ALL_BUT_SETS, "volumes/persistentVolumeClaim/claimName")),
    ),
    (
        Kind("", "v1", "PersistentVolume"),
        (*_of("spec/volumeName", "PersistentVolumeClaim"), *_of("rules/resourceNames", "ClusterRole")),
    ),
    (
        Kind("storage.k8s.io", "v1", "StorageClass"),
        (
            *_of("spec/storageClassName", "PersistentVolume", "PersistentVolumeClaim"),
            *_of("spec/volumeClaimTemplates/spec/storageClassName", "StatefulSet"),
        ),
    ),
    (Kind("scheduling.k8s.io", "v1", "PriorityClass"), tuple(_in_pods(_ALL_BUT_SETS, "priorityClassName"))),
)

"""Which fields of which kinds hold labels, annotations, namespaces and numbers of replicas.

Kubernetes: kustomize api/internal/konfig/builtinpluginconsts.
"""

from minikube_py.cli.kustomize.fields import Field
from minikube_py.cli.kustomize.resource import Kind

_STATEFUL_SET, _JOB, _CRON_JOB = Kind("apps", "", "StatefulSet"), Kind("batch", "", "Job"), Kind("batch", "", "CronJob")
_DEPLOYMENT = Kind(name="Deployment")
_CONTROLLER = Kind("", "v1", "ReplicationController")
_CONTROLLERS = (_CONTROLLER, _DEPLOYMENT, Kind(name="ReplicaSet"), Kind(name="DaemonSet"), _STATEFUL_SET, _JOB)
_POLICY = Kind("networking.k8s.io", "", "NetworkPolicy")


def _of_templates(name: str) -> tuple[Field, ...]:
    return (
        *(Field(f"spec/template/metadata/{name}", kind, True) for kind in _CONTROLLERS),
        Field(f"spec/jobTemplate/metadata/{name}", _CRON_JOB, True),
        Field(f"spec/jobTemplate/spec/template/metadata/{name}", _CRON_JOB, True),
    )


LABELS = (Field("metadata/labels", creates=True),)
TEMPLATE_LABELS = (*_of_templates("labels"), Field("spec/volumeClaimTemplates[]/metadata/labels", _STATEFUL_SET, True))
ANNOTATIONS = (Field("metadata/annotations", creates=True), *_of_templates("annotations"))

_IN_PODS = tuple(
    f"spec/template/spec/{path}/labelSelector/matchLabels"
    for path in (
        *(
            f"affinity/{affinity}/{when}DuringSchedulingIgnoredDuringExecution{term}"
            for affinity in ("podAffinity", "podAntiAffinity")
            for when, term in (("preferred", "/podAffinityTerm"), ("required", ""))
        ),
        "topologySpreadConstraints",
    )
)
SELECTORS = (
    Field("spec/selector", Kind("", "v1", "Service"), True),
    Field("spec/selector", _CONTROLLER, True),
    *(Field("spec/selector/matchLabels", kind, True) for kind in _CONTROLLERS[1:5]),
    *(Field(path, kind) for kind in (Kind("apps", "", "Deployment"), _STATEFUL_SET) for path in _IN_PODS),
    Field("spec/selector/matchLabels", _JOB),
    Field("spec/jobTemplate/spec/selector/matchLabels", _CRON_JOB),
    Field("spec/selector/matchLabels", Kind("policy", "", "PodDisruptionBudget")),
    *(Field(f"spec/{path}podSelector/matchLabels", _POLICY) for path in ("", "ingress/from/", "egress/to/")),
)
NAMESPACES = (
    Field("metadata/name", Kind(name="Namespace"), True),
    Field("spec/service/namespace", Kind("apiregistration.k8s.io", "", "APIService"), True),
    Field(
        "spec/conversion/webhook/clientConfig/service/namespace",
        Kind("apiextensions.k8s.io", "", "CustomResourceDefinition"),
    ),
)
REPLICAS = tuple(
    Field("spec/replicas", Kind(name=name), True)
    for name in ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
)
IMAGE_VOLUMES = tuple(Field(f"{path}/volumes[]/image/reference") for path in ("spec", "spec/template/spec"))
"""Images outside of containers."""
UNTOUCHED_NAMES = (
    Kind(name="CustomResourceDefinition"),
    Kind("apiregistration.k8s.io", "", "APIService"),
    Kind(name="Namespace"),
)
"""Kinds whose names get no prefix and no suffix."""

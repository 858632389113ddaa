"""The objects of a build: documents, with the names they had before.

Names are changed on the way (a prefix, a namespace, a hash), and other objects refer to an object by the name in its
file. So each object remembers every identity it had.

Kubernetes: kustomize api/resource/resource.go, kyaml/resid.
"""

from dataclasses import dataclass, replace

from minikube_py.client.yaml_text import Document
from minikube_py.documents.json_values import Json, go_text

CLUSTER_SCOPED = frozenset(
    {
        ("", "ComponentStatus"),
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("authentication.k8s.io", "TokenReview"),
        ("authorization.k8s.io", "SelfSubjectAccessReview"),
        ("authorization.k8s.io", "SelfSubjectRulesReview"),
        ("authorization.k8s.io", "SubjectAccessReview"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("networking.k8s.io", "IngressClass"),
        ("node.k8s.io", "RuntimeClass"),
        ("policy", "PodSecurityPolicy"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"),
    }
)
"""(group, kind) of what has no namespace, as kustomize's schema knows it; what is not here gets one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of object; an empty part of a selecting one means any."""

    group: str = ""
    version: str = ""
    name: str = ""

    def is_selected(self, selector: "Kind") -> bool:
        """Whether every part that the selector gives is this kind's."""
        return (
            selector.group in ("", self.group)
            and selector.version in ("", self.version)
            and selector.name in ("", self.name)
        )

    @property
    def is_cluster_scoped(self) -> bool:
        return (self.group, self.name) in CLUSTER_SCOPED

    def __str__(self) -> str:
        return f"{self.name or '[noKind]'}.{self.version or '[noVer]'}.{self.group or '[noGrp]'}"


ANY_KIND = Kind()


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells objects apart."""

    kind: Kind
    name: str
    namespace: str = ""

    @property
    def effective_namespace(self) -> str | None:
        """The namespace that the object will be in; None for what is in none."""
        return None if self.kind.is_cluster_scoped else self.namespace or "default"

    def is_same(self, other: "Identity") -> bool:
        return (self.kind, self.name, self.effective_namespace) == (other.kind, other.name, other.effective_namespace)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name or '[noName]'}.{self.namespace or '[noNs]'}"


def _text(value: Json) -> str:
    """What a field says that should be text; a number says its digits, and an object nothing."""
    return "" if value is None or isinstance(value, dict | list) else go_text(value)


@dataclass(frozen=True, slots=True)
class Resource:
    """One object on its way through a build."""

    document: Document
    previous: tuple[Identity, ...] = ()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    needs_hash: bool = False

    @property
    def kind(self) -> Kind:
        group, _, version = _text(self.document.get("apiVersion")).rpartition("/")
        return Kind(group, version, _text(self.document.get("kind")))

    @property
    def metadata(self) -> Document:
        found = self.document.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        return _text(self.metadata.get("name"))

    @property
    def namespace(self) -> str:
        return _text(self.metadata.get("namespace"))

    @property
    def identity(self) -> Identity:
        return Identity(self.kind, self.name, self.namespace)

    @property
    def original(self) -> Identity:
        """The identity in its file."""
        return self.previous[0] if self.previous else self.identity

    def has_been(self, identity: Identity) -> bool:
        """Whether this is, or was, the identity."""
        return any(each.is_same(identity) for each in (*self.previous, self.identity))

    def remembered(self) -> "Resource":
        """Note the present identity, before it changes."""
        now = replace(self.identity, namespace=self.identity.effective_namespace or "")
        return replace(self, previous=(*self.previous, now))

    def with_document(self, document: Document) -> "Resource":
        return replace(self, document=document)

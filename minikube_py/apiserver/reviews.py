"""Reviews: kinds that are questions. A POST is answered with the same object, its status filled; nothing is stored.

Kubernetes: pkg/registry/authorization/*/rest.go, pkg/registry/authentication/selfsubjectreview/rest.go
"""

from __future__ import annotations

from minikube_py.access.authentication.authentication import Authentication
from minikube_py.access.authentication.caller import CALLER
from minikube_py.access.authorization.authorizer import Action, Authorizer
from minikube_py.access.service_account_tokens import TokenRefused
from minikube_py.api.kinds.authentication.self_subject_review import SelfSubjectReview, SelfSubjectReviewStatus
from minikube_py.api.kinds.authentication.token_review import TokenReview, TokenReviewStatus, UserInfo
from minikube_py.api.kinds.authorization.attributes import (
    NonResourceAttributes,
    ResourceAttributes,
    SelfSubjectAccessReviewSpec,
    SubjectAccessReviewSpec,
    SubjectAccessReviewStatus,
)
from minikube_py.api.kinds.authorization.local_subject_access_review import LocalSubjectAccessReview
from minikube_py.api.kinds.authorization.self_subject_access_review import SelfSubjectAccessReview
from minikube_py.api.kinds.authorization.self_subject_rules_review import SelfSubjectRulesReview
from minikube_py.api.kinds.authorization.subject_access_review import SubjectAccessReview
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.status import BadRequest, invalid
from minikube_py.apiserver import bodies
from minikube_py.apiserver.answers import Answer, object_answer
from minikube_py.apiserver.api_request import ApiRequest, method_not_allowed, no_such_resource
from minikube_py.apiserver.options import write_options


class Reviews:
    """Answers every review, with the same words that decide about requests."""

    def __init__(self, authentication: Authentication, authorizer: Authorizer) -> None:
        self._authentication = authentication
        self._authorizer = authorizer

    def serves(self, resource: type[Resource]) -> bool:
        return resource in _REVIEWS

    def handle(self, resource: type[Resource], request: ApiRequest) -> Answer:
        """Raises: ApiError."""
        info = request.info
        if info.name or info.subresource or (info.namespace and not resource.definition.namespaced):
            raise no_such_resource()
        if request.method != "POST" or (resource.definition.namespaced and not info.namespace):
            raise method_not_allowed()
        wanted = request.negotiate(forms=())
        options = write_options(request.query, "CreateOptions")
        body = bodies.parse(request.body, request.content_type, resource.definition.kind)
        asked = bodies.to_object(body, resource, options.field_validation)
        if resource.definition.namespaced:
            asked = replace(asked, metadata=replace(asked.metadata, namespace=info.namespace))
        errors = list(asked.field_errors(None))
        if errors:
            raise invalid(resource.definition.group, resource.definition.kind, asked.metadata.name, errors)
        answered = self._answered(asked, CALLER.get().user)
        return object_answer(answered.to_json(), wanted, code=201)

    def _answered(self, asked: Resource, caller: UserInfo) -> Resource:
        match asked:
            case TokenReview():
                return replace(asked, status=self._token_status(asked))
            case SelfSubjectReview():
                metadata = replace(asked.metadata, creation_timestamp=Time.now())
                return replace(asked, metadata=metadata, status=SelfSubjectReviewStatus(user_info=caller))
            case SelfSubjectRulesReview():
                if not asked.spec.namespace:
                    raise BadRequest("no namespace on request")
                return replace(asked, status=self._authorizer.rules(caller, asked.spec.namespace))
            case SelfSubjectAccessReview():
                return replace(asked, status=self._access(caller, asked.spec))
            case SubjectAccessReview() | LocalSubjectAccessReview():
                spec = asked.spec
                user = UserInfo(username=spec.user, uid=spec.uid, groups=spec.groups, extra=spec.extra)
                return replace(asked, status=self._access(user, spec))
        raise no_such_resource()

    def _token_status(self, asked: TokenReview) -> TokenReviewStatus:
        spec = asked.spec
        if not spec.token:
            raise BadRequest("token is required for TokenReview in authentication")
        try:
            user, audiences = self._authentication.review(spec.token, spec.audiences)
        except TokenRefused as error:
            return TokenReviewStatus(error=str(error))
        return TokenReviewStatus(authenticated=True, user=user, audiences=audiences)

    def _access(
        self, user: UserInfo, spec: SelfSubjectAccessReviewSpec | SubjectAccessReviewSpec
    ) -> SubjectAccessReviewStatus:
        action: ResourceAttributes | NonResourceAttributes | None = spec.resource_attributes
        asked = action or spec.non_resource_attributes or NonResourceAttributes()
        decision = self._authorizer.decide(user, Action.asked(asked))
        return SubjectAccessReviewStatus(allowed=decision.allowed, reason=decision.reason)


_REVIEWS = frozenset(
    (
        LocalSubjectAccessReview,
        SelfSubjectAccessReview,
        SelfSubjectReview,
        SelfSubjectRulesReview,
        SubjectAccessReview,
        TokenReview,
    )
)

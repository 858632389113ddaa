"""What is wrong with the webhooks of a configuration.

Kubernetes: pkg/apis/admissionregistration/validation/validation.go, apiserver/pkg/util/webhook/validation.go
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from minikube_py.api.kinds.admissionregistration.rule_validation import (
    FAILURE_POLICIES,
    MATCH_POLICIES,
    condition_errors,
    rule_errors,
)
from minikube_py.api.kinds.admissionregistration.webhook import (
    MutatingWebhook,
    ServiceReference,
    ValidatingWebhook,
    WebhookClientConfig,
)
from minikube_py.api.kinds.field_checks import Errors, choice_errors, label_selector_errors, required_errors
from minikube_py.api.validation import (
    dns_1035_label_error,
    dns_subdomain_error,
    duplicate_value,
    invalid_value,
    required,
    unsupported_value,
)

_SIDE_EFFECTS = ("None", "NoneOnDryRun")
_REINVOCATIONS = ("IfNeeded", "Never")
_VERSIONS = ("v1", "v1beta1")


def webhook_errors(webhooks: Sequence[ValidatingWebhook | MutatingWebhook]) -> Errors:
    names: set[str] = set()
    for index, webhook in enumerate(webhooks):
        path = f"webhooks[{index}]"
        yield from _webhook_errors(webhook, path)
        if webhook.name in names:
            yield duplicate_value(f"{path}.name", webhook.name)
        names.add(webhook.name)


def _webhook_errors(webhook: ValidatingWebhook | MutatingWebhook, path: str) -> Errors:
    yield from _review_version_errors(webhook.admission_review_versions, f"{path}.admissionReviewVersions")
    yield from _name_errors(webhook.name, f"{path}.name")
    for index, rule in enumerate(webhook.rules):
        yield from rule_errors(rule, f"{path}.rules[{index}]")
    yield from choice_errors(webhook.failure_policy, FAILURE_POLICIES, f"{path}.failurePolicy")
    yield from choice_errors(webhook.match_policy, MATCH_POLICIES, f"{path}.matchPolicy")
    if not webhook.side_effects:
        yield required(f"{path}.sideEffects", f"must specify one of {', '.join(_SIDE_EFFECTS)}")
    elif webhook.side_effects not in _SIDE_EFFECTS:
        yield unsupported_value(f"{path}.sideEffects", webhook.side_effects, _SIDE_EFFECTS)
    if webhook.timeout_seconds is not None and not 1 <= webhook.timeout_seconds <= 30:
        why = "the timeout value must be between 1 and 30 seconds"
        yield invalid_value(f"{path}.timeoutSeconds", webhook.timeout_seconds, why)
    yield from label_selector_errors(webhook.namespace_selector, f"{path}.namespaceSelector")
    yield from label_selector_errors(webhook.object_selector, f"{path}.objectSelector")
    if isinstance(webhook, MutatingWebhook):
        yield from choice_errors(webhook.reinvocation_policy, _REINVOCATIONS, f"{path}.reinvocationPolicy")
    yield from _client_errors(webhook.client_config, f"{path}.clientConfig")
    yield from condition_errors(webhook.match_conditions, f"{path}.matchConditions")


def _review_version_errors(versions: tuple[str, ...], path: str) -> Errors:
    for index, version in enumerate(versions):
        if problem := dns_1035_label_error(version):
            yield invalid_value(f"{path}[{index}]", version, problem)
        elif version in versions[:index]:
            yield invalid_value(f"{path}[{index}]", version, "duplicate version")
    if not versions:
        yield required(path, f"must specify one of {', '.join(_VERSIONS)}")
    elif not set(versions) & set(_VERSIONS):
        yield invalid_value(path, versions, f"must include at least one of {', '.join(_VERSIONS)}")


def _name_errors(name: str, path: str) -> Errors:
    if not name:
        yield required(path)
    elif problem := dns_subdomain_error(name):
        yield invalid_value(path, name, problem)
    elif name.count(".") < 2:
        yield invalid_value(path, name, "should be a domain with at least three segments separated by dots")


def _client_errors(client: WebhookClientConfig, path: str) -> Errors:
    if (client.url is None) == (client.service is None):
        yield required(path, "exactly one of url or service is required")
    elif client.url is not None:
        yield from _url_errors(client.url, f"{path}.url")
    elif client.service is not None:
        yield from _service_errors(client.service, f"{path}.service")


def _url_errors(url: str, path: str) -> Errors:
    form = "; desired format: https://host[/path]"
    parts = urlsplit(url)
    if parts.scheme != "https":
        yield invalid_value(path, parts.scheme, f"'https' is the only allowed URL scheme{form}")
    if not parts.netloc:
        yield invalid_value(path, "", f"host must be specified{form}")
    if parts.username is not None:
        yield invalid_value(path, parts.username, "user information is not permitted in the URL")
    if parts.fragment:
        yield invalid_value(path, parts.fragment, "fragments are not permitted in the URL")
    if parts.query:
        yield invalid_value(path, parts.query, "query parameters are not permitted in the URL")


def _service_errors(service: ServiceReference, path: str) -> Errors:
    yield from required_errors(service.name, f"{path}.name")
    yield from required_errors(service.namespace, f"{path}.namespace")
    if service.port is not None and not 1 <= service.port <= 65535:
        why = "port is not valid: must be between 1 and 65535, inclusive"
        yield invalid_value(f"{path}.port", service.port, why)
    if service.path is not None and not service.path.startswith("/"):
        yield invalid_value(f"{path}.path", service.path, "must start with a '/'")

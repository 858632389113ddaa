"""What is wrong with a Job, or with a change of one.

Kubernetes: pkg/apis/batch/validation/validation.go
"""

from __future__ import annotations

from minikube_py.api.kinds.batch.job_spec import (
    JobSpec,
    JobStatus,
    PodFailurePolicy,
    PodFailurePolicyRule,
    SuccessPolicy,
    SuccessPolicyRule,
)
from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.kinds.core.pod_validation import template_errors
from minikube_py.api.kinds.field_checks import (
    Errors,
    changed_struct_errors,
    choice_errors,
    go_struct,
    label_selector_errors,
    negative_errors,
    too_many,
)
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import replace
from minikube_py.api.selectors import SelectorError, label_selector_from_document
from minikube_py.api.validation import (
    FieldError,
    dns_label_error,
    dns_subdomain_error,
    immutable_errors,
    invalid_value,
    required,
    unsupported_value,
)

_RESTART_POLICIES = ("OnFailure", "Never")
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_MAX_RULES, _MAX_EXIT_CODES = 20, 255


def job_errors(spec: JobSpec, name: str, uid: str, path: str) -> Errors:
    if not spec.manual_selector and spec.selector is not None:
        yield from _generated_errors(spec, name, uid, path)
    yield from job_spec_errors(spec, path)
    if spec.selector is None:
        yield required(f"{path}.selector")
    else:
        yield from label_selector_errors(spec.selector, f"{path}.selector")
        yield from _own_pods_errors(spec, path)
    if spec.completion_mode == "Indexed" and spec.completions:
        hostname = f"{name}-{spec.completions - 1}"
        if dns_label_error(hostname):
            why = f"will not able to create pod with invalid DNS label: {hostname}"
            yield invalid_value("metadata.name", name, why)


def _generated_errors(spec: JobSpec, name: str, uid: str, path: str) -> Errors:
    """What the author gave of labels and selector must be what the server would have given."""
    if spec.selector != LabelSelector(match_labels={CONTROLLER_UID: uid}):
        yield invalid_value(f"{path}.selector", spec.selector, "`selector` not auto-generated")
    labels = spec.template.metadata.labels
    for key, value in own_labels(name, uid).items():
        where = f"{path}.template.metadata.labels[{key}]"
        if key not in labels:
            yield required(where, f"must be '{value}'")
        elif labels[key] != value:
            yield invalid_value(where, dict(sorted(labels.items())), f"must be '{value}'")


CONTROLLER_UID, JOB_NAME = "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"


def own_labels(name: str, uid: str) -> dict[str, str]:
    """The labels that tell a job's pods from all others."""
    return {CONTROLLER_UID: uid, JOB_NAME: name, "controller-uid": uid, "job-name": name}


def _own_pods_errors(spec: JobSpec, path: str) -> Errors:
    assert spec.selector is not None
    try:
        matcher = label_selector_from_document(spec.selector.to_dict())
    except SelectorError:
        return
    labels = spec.template.metadata.labels
    if not matcher.matches(labels):
        why = "`selector` does not match template `labels`"
        yield invalid_value(f"{path}.template.metadata.labels", dict(sorted(labels.items())) or None, why)


def job_spec_errors(spec: JobSpec, path: str) -> Errors:
    """What is wrong with the spec, wherever it stands; the selector is the caller's."""
    for name, number in (
        ("parallelism", spec.parallelism),
        ("completions", spec.completions),
        ("activeDeadlineSeconds", spec.active_deadline_seconds),
        ("backoffLimit", spec.backoff_limit),
        ("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished),
        ("backoffLimitPerIndex", spec.backoff_limit_per_index),
    ):
        yield from negative_errors(number, f"{path}.{name}")
    yield from _index_errors(spec, path)
    if spec.managed_by is not None:
        yield from _prefixed_errors(spec.managed_by, f"{path}.managedBy")
    if spec.pod_failure_policy is not None:
        yield from _failure_policy_errors(spec, spec.pod_failure_policy, f"{path}.podFailurePolicy")
    policies = ("Failed",) if spec.pod_failure_policy is not None else ("Failed", "TerminatingOrFailed")
    yield from choice_errors(spec.pod_replacement_policy, policies, f"{path}.podReplacementPolicy")
    yield from template_errors(spec.template, f"{path}.template")
    policy = spec.template.spec.restart_policy
    if policy in ("", "Always"):
        yield required(f"{path}.template.spec.restartPolicy", 'valid values: "OnFailure", "Never"')
    elif policy not in _RESTART_POLICIES:
        yield unsupported_value(f"{path}.template.spec.restartPolicy", policy, _RESTART_POLICIES)
    elif spec.pod_failure_policy is not None and policy != "Never":
        why = 'only "Never" is supported when podFailurePolicy is specified'
        yield invalid_value(f"{path}.template.spec.restartPolicy", policy, why)


def _index_errors(spec: JobSpec, path: str) -> Errors:
    """What has to do with pods that have a number each."""
    if spec.max_failed_indexes is not None:
        yield from negative_errors(spec.max_failed_indexes, f"{path}.maxFailedIndexes")
        if spec.backoff_limit_per_index is None:
            yield required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    yield from choice_errors(spec.completion_mode, ("NonIndexed", "Indexed"), f"{path}.completionMode")
    if spec.completion_mode == "Indexed":
        if spec.completions is None:
            yield required(f"{path}.completions", "when completion mode is Indexed")
        elif spec.success_policy is not None:
            yield from _success_policy_errors(spec.success_policy, spec.completions, f"{path}.successPolicy.rules")
        return
    if spec.backoff_limit_per_index is not None:
        yield invalid_value(
            f"{path}.backoffLimitPerIndex", spec.backoff_limit_per_index, "requires indexed completion mode"
        )
    if spec.success_policy is not None:
        yield invalid_value(f"{path}.successPolicy", go_struct(spec.success_policy), "requires indexed completion mode")


def _success_policy_errors(policy: SuccessPolicy, completions: int, path: str) -> Errors:
    if not policy.rules:
        yield required(path, "at least one rules must be specified when the successPolicy is specified")
    if len(policy.rules) > _MAX_RULES:
        yield too_many(path, len(policy.rules), _MAX_RULES)
    for place, rule in enumerate(policy.rules):
        yield from _success_rule_errors(rule, completions, f"{path}[{place}]")


def _success_rule_errors(rule: SuccessPolicyRule, completions: int, path: str) -> Errors:
    indexes, count = rule.succeeded_indexes, rule.succeeded_count
    if indexes is None and count is None:
        yield required(path, "at least one of succeededCount or succeededIndexes must be specified")
    total = None
    if indexes is not None:
        total, problem = _counted_indexes(indexes, completions)
        if problem:
            why = f"error parsing succeededIndexes: {problem}"
            yield invalid_value(f"{path}.succeededIndexes", indexes, why)
    if count is None:
        return
    yield from negative_errors(count, f"{path}.succeededCount")
    if count > completions:
        why = f"must be less than or equal to {completions} (the number of specified completions)"
        yield invalid_value(f"{path}.succeededCount", count, why)
    if total is not None and count > total:
        why = f"must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
        yield invalid_value(f"{path}.succeededCount", count, why)


def _counted_indexes(text: str, completions: int) -> tuple[int, str]:
    """How many numbers `0-2,5` names, in ascending order and below `completions`, or what is wrong with it."""
    total, last = 0, -1
    for part in text.split(",") if text else ():
        first, *rest = part.split("-")
        bounds = [int(bound) for bound in (first, *rest) if bound.isdecimal() and bound.isascii()]
        if len(bounds) != 1 + len(rest) or len(bounds) > 2:
            return 0, f'cannot parse "{part}": it is neither an index nor an interval of two'
        if bounds[0] <= last or bounds[-1] < bounds[0]:
            return 0, f'"{part}" is not after {last}' if bounds[0] <= last else f'"{part}" ends before it begins'
        if bounds[-1] >= completions:
            return 0, f'too large index: "{bounds[-1]}"'
        total, last = total + bounds[-1] - bounds[0] + 1, bounds[-1]
    return total, ""


def _prefixed_errors(name: str, path: str) -> Errors:
    """`name` is a DNS name, a slash and a path."""
    domain, slash, rest = name.partition("/")
    if not (domain and slash and rest):
        yield invalid_value(path, name, 'must be a domain-prefixed path (such as "acme.io/foo")')
    elif problem := dns_subdomain_error(domain):
        yield invalid_value(path, domain, problem)


def _failure_policy_errors(spec: JobSpec, policy: PodFailurePolicy, path: str) -> Errors:
    if len(policy.rules) > _MAX_RULES:
        yield too_many(f"{path}.rules", len(policy.rules), _MAX_RULES)
    pods = spec.template.spec
    containers = {container.name for container in (*pods.containers, *pods.init_containers)}
    for index, rule in enumerate(policy.rules):
        if rule.action == "FailIndex" and spec.backoff_limit_per_index is None:
            why = "requires the backoffLimitPerIndex to be set"
            yield invalid_value(f"{path}.rules[{index}].action", rule.action, why)
        yield from _rule_errors(rule, containers, f"{path}.rules[{index}]")


def _rule_errors(rule: PodFailurePolicyRule, containers: set[str], path: str) -> Errors:
    if not rule.action:
        yield required(f"{path}.action", "valid values: " + ", ".join(f'"{action}"' for action in _ACTIONS))
    elif rule.action not in _ACTIONS:
        yield unsupported_value(f"{path}.action", rule.action, _ACTIONS)
    codes = rule.on_exit_codes
    if codes is not None:
        if codes.container_name is not None and codes.container_name not in containers:
            why = "must be one of the container or initContainer names in the pod template"
            yield invalid_value(f"{path}.onExitCodes.containerName", codes.container_name, why)
        if not codes.values:
            yield invalid_value(f"{path}.onExitCodes.values", list(codes.values), "at least one value is required")
        if codes.operator == "In" and 0 in codes.values:
            index = codes.values.index(0)
            yield invalid_value(f"{path}.onExitCodes.values[{index}]", 0, "must not be 0 for the In operator")
        yield from choice_errors(codes.operator, ("In", "NotIn"), f"{path}.onExitCodes.operator")
    if codes is not None and rule.on_pod_conditions:
        yield FieldError(path, "Invalid value: specifying both OnExitCodes and OnPodConditions is not supported")
    if codes is None and not rule.on_pod_conditions:
        yield FieldError(path, "Invalid value: specifying one of OnExitCodes and OnPodConditions is required")


def job_change_errors(new: JobSpec, old: JobSpec, *, is_suspended: bool) -> Errors:
    if new.completion_mode != "Indexed":
        yield from immutable_errors(new.completions, old.completions, "spec.completions")
    elif new.completions not in (None, old.completions, new.parallelism):
        why = "can only be modified in tandem with spec.parallelism"
        yield invalid_value("spec.completions", new.completions, why)
    yield from immutable_errors(new.selector, old.selector, "spec.selector")
    yield from _template_change_errors(new.template, old.template, is_suspended=is_suspended)
    yield from immutable_errors(new.completion_mode, old.completion_mode, "spec.completionMode")
    yield from changed_struct_errors(new.pod_failure_policy, old.pod_failure_policy, "spec.podFailurePolicy")
    yield from immutable_errors(new.backoff_limit_per_index, old.backoff_limit_per_index, "spec.backoffLimitPerIndex")
    yield from immutable_errors(new.managed_by, old.managed_by, "spec.managedBy")
    yield from changed_struct_errors(new.success_policy, old.success_policy, "spec.successPolicy")


def _template_change_errors(new: PodTemplateSpec, old: PodTemplateSpec, *, is_suspended: bool) -> Errors:
    """A suspended job may still be told where its pods run."""
    if is_suspended:
        affinity, old_affinity = new.spec.affinity, old.spec.affinity
        kept_spec = replace(
            new.spec,
            node_selector=old.spec.node_selector,
            tolerations=old.spec.tolerations,
            scheduling_gates=old.spec.scheduling_gates,
            affinity=affinity if affinity is None or old_affinity is None else old_affinity,
        )
        labels, annotations = old.metadata.labels, old.metadata.annotations
        metadata = replace(new.metadata, labels=labels, annotations=annotations)
        new = replace(new, spec=kept_spec, metadata=metadata)
    yield from immutable_errors(new, old, "spec.template")


def job_status_errors(status: JobStatus) -> Errors:
    for name, count in (
        ("active", status.active),
        ("succeeded", status.succeeded),
        ("failed", status.failed),
        ("ready", status.ready),
        ("terminating", status.terminating),
    ):
        yield from negative_errors(count, f"status.{name}")

"""What is wrong with probes and lifecycle handlers.

Kubernetes: pkg/apis/core/validation/validation.go (validateProbe, validateHandler, validateLifecycle)
"""

from __future__ import annotations

import re

from minikube_py.api.kinds.core.container import HTTPGetAction, LifecycleHandler, Probe
from minikube_py.api.kinds.field_checks import Errors, choice_errors, negative_errors, port_errors
from minikube_py.api.validation import FieldError, forbidden_value, invalid_value, required

_HEADER = re.compile(r"[-A-Za-z0-9]+")


def liveness_errors(probe: Probe | None, path: str) -> Errors:
    """A liveness or startup probe: one success is all that they can ask for."""
    if probe is None:
        return
    yield from _probe_errors(probe, path)
    if probe.success_threshold != 1:
        yield invalid_value(f"{path}.successThreshold", probe.success_threshold, "must be 1")


def readiness_errors(probe: Probe | None, path: str) -> Errors:
    if probe is None:
        return
    yield from _probe_errors(probe, path, allows_grace=False)
    grace_s = probe.termination_grace_period_seconds
    if grace_s is not None:
        yield invalid_value(f"{path}.terminationGracePeriodSeconds", grace_s, "must not be set for readinessProbes")


def _probe_errors(probe: Probe, path: str, *, allows_grace: bool = True) -> Errors:
    yield from handler_errors(probe, path)
    yield from negative_errors(probe.initial_delay_seconds, f"{path}.initialDelaySeconds")
    yield from negative_errors(probe.timeout_seconds, f"{path}.timeoutSeconds")
    yield from negative_errors(probe.period_seconds, f"{path}.periodSeconds")
    yield from negative_errors(probe.success_threshold, f"{path}.successThreshold")
    yield from negative_errors(probe.failure_threshold, f"{path}.failureThreshold")
    grace_s = probe.termination_grace_period_seconds
    if allows_grace and grace_s is not None and grace_s <= 0:
        yield invalid_value(f"{path}.terminationGracePeriodSeconds", grace_s, "must be greater than 0")


def handler_errors(handler: Probe | LifecycleHandler, path: str, grace_s: int = 0) -> Errors:
    """Exactly one kind of handler, and that one well-formed."""
    count = 0
    for name, errors in _given_handlers(handler, path, grace_s):
        count += 1
        if count == 1:
            yield from errors
        else:
            yield forbidden_value(f"{path}.{name}", "may not specify more than 1 handler type")
    if count == 0:
        yield required(path, "must specify a handler type")


def _given_handlers(
    handler: Probe | LifecycleHandler, path: str, grace_s: int
) -> list[tuple[str, Errors | list[FieldError]]]:
    given: list[tuple[str, Errors | list[FieldError]]] = []
    if handler.exec is not None:
        given.append(("exec", [] if handler.exec.command else [required(f"{path}.exec.command")]))
    if handler.http_get is not None:
        given.append(("httpGet", _http_errors(handler.http_get, f"{path}.httpGet")))
    if handler.tcp_socket is not None:
        given.append(("tcpSocket", port_errors(handler.tcp_socket.port, f"{path}.tcpSocket.port")))
    if isinstance(handler, Probe):
        if handler.grpc is not None:
            given.append(("grpc", port_errors(handler.grpc.port, f"{path}.grpc.port")))
    elif handler.sleep is not None:
        given.append(("sleep", _sleep_errors(handler.sleep.seconds, grace_s, f"{path}.sleep")))
    return given


def _http_errors(action: HTTPGetAction, path: str) -> Errors:
    if not action.path:
        yield required(f"{path}.path")
    yield from port_errors(action.port, f"{path}.port")
    yield from choice_errors(action.scheme, ("HTTP", "HTTPS"), f"{path}.scheme")
    for header in action.http_headers:
        if not _HEADER.fullmatch(header.name):
            why = (
                "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used "
                "for validation is '[-A-Za-z0-9]+')"
            )
            yield invalid_value(f"{path}.httpHeaders", header.name, why)


def _sleep_errors(seconds: int, grace_s: int, path: str) -> Errors:
    if not 0 <= seconds <= grace_s:
        why = f"must be non-negative and less than terminationGracePeriodSeconds ({grace_s})"
        yield invalid_value(path, seconds, why)

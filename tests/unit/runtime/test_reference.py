"""Image names, and why an image did not come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikube_py.runtime.docker import images as docker_images
from minikube_py.runtime.interface import ImagePullFailed, PullFailure
from minikube_py.runtime.oci import registry
from minikube_py.runtime.reference import parse_reference

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.25", "docker.io/library/nginx:1.25"),
        ("jpetazzo/httpenv", "docker.io/jpetazzo/httpenv:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/a/b", "docker.io/a/b:latest"),
        ("localhost/x", "localhost/x:latest"),
        ("127.0.0.1:5000/x", "127.0.0.1:5000/x:latest"),
        ("registry.k8s.io/e2e-test-images/agnhost:2.53", "registry.k8s.io/e2e-test-images/agnhost:2.53"),
        (f"nginx@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
        (f"nginx:1.25@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
    ],
)
def test_a_name_stands_for_one_full_name(text: str, expected: str) -> None:
    assert str(parse_reference(text)) == expected


@pytest.mark.parametrize("text", ["", "UPPER", "a b", "a:b:c", "a@sha256:12", "-a", "a/", ":tag", "a:", "x@"])
def test_what_cannot_be_a_name_is_refused(text: str) -> None:
    with pytest.raises(ImagePullFailed, match="invalid reference format") as caught:
        parse_reference(text)
    assert caught.value.kind is PullFailure.INVALID_NAME


@given(st.text(max_size=40))
def test_any_text_is_a_name_or_refused_and_full_names_stay_as_they_are(text: str) -> None:
    try:
        full = str(parse_reference(text))
    except ImagePullFailed:
        return
    assert str(parse_reference(full)) == full


SKOPEO = 'time="2026-01-01T00:00:00Z" level=fatal msg="Error parsing image name \\"docker://h/x:1\\": {}"\n'


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ("reading manifest 1 in h/x: manifest unknown: manifest unknown", PullFailure.NOT_FOUND),
        ("reading manifest 1 in h/x: unauthorized: authentication required", PullFailure.UNAUTHORIZED),
        ("reading manifest 1 in h/x: requested access to the resource is denied", PullFailure.UNAUTHORIZED),
        ("pinging container registry h: dial tcp 127.0.0.1:1: connect: connection refused", PullFailure.UNAVAILABLE),
        ("pinging container registry h: dial tcp: lookup h on 10.0.0.1:53: no such host", PullFailure.UNAVAILABLE),
    ],
)
def test_skopeos_complaint_becomes_a_cause_and_a_kind(cause: str, kind: PullFailure) -> None:
    failed = registry.classify(SKOPEO.format(cause), "h/x:1")
    assert (str(failed), failed.kind) == (f"failed to pull image h/x:1: {cause}", kind)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("manifest for h/x:1 not found: manifest unknown: manifest unknown", PullFailure.NOT_FOUND),
        ("Get https://h/v2/x: no basic auth credentials", PullFailure.UNAUTHORIZED),
        ("Get https://h/v2/: dial tcp 127.0.0.1:1: connect: connection refused", PullFailure.UNAVAILABLE),
    ],
)
def test_the_engines_complaint_becomes_a_kind(message: str, kind: PullFailure) -> None:
    assert docker_images.classify(message, "h/x:1").kind is kind


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost:5000", True), ("127.0.0.1", True), ("[::1]:5000", True), ("10.0.0.1:5000", False), ("h.io", False)],
)
def test_only_this_machine_is_spoken_to_without_tls(host: str, expected: bool) -> None:
    assert registry.is_loopback(host) is expected

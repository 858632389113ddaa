"""What of an object's metadata a client may change."""

from __future__ import annotations

import pytest

from minikube_py.api.kinds.coordination.lease import Lease
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.status import BadRequest
from minikube_py.apiserver.api_request import check_address
from minikube_py.apiserver.metadata import kept_metadata, metadata_errors, metadata_update_errors
from minikube_py.apiserver.request_info import parse_path

_WHEN = Time("2020-01-01T00:00:00Z")


def _updated(given: ObjectMeta, current: ObjectMeta) -> tuple[ObjectMeta, list[str]]:
    new = ConfigMap(metadata=kept_metadata(given, current))
    return new.metadata, [str(error) for error in metadata_update_errors(new, ConfigMap(metadata=current))]


def test_when_an_object_goes_is_not_written_by_clients() -> None:
    asked = ObjectMeta(name="a", deletion_timestamp=_WHEN, deletion_grace_period_seconds=5)
    _, errors = _updated(asked, ObjectMeta(name="a"))
    assert errors == [
        'metadata.deletionTimestamp: Invalid value: "2020-01-01T00:00:00Z": field is immutable',
        "metadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable",
    ]


def test_who_leaves_out_when_an_object_goes_means_no_change() -> None:
    going = ObjectMeta(name="a", deletion_timestamp=_WHEN, deletion_grace_period_seconds=5)
    assert _updated(ObjectMeta(name="a"), going) == (going, [])


def test_a_prefix_of_names_may_change_and_the_name_may_not() -> None:
    kept, errors = _updated(ObjectMeta(name="b", generate_name="b-"), ObjectMeta(name="a", generate_name="a-"))
    assert (kept.name, kept.generate_name, errors) == ("a", "b-", [])


@pytest.mark.parametrize(("kind", "is_fine"), [(Lease, True), (ConfigMap, False)])
def test_which_kinds_take_finalizers_without_a_domain(kind: type[Resource], is_fine: bool) -> None:
    obj = kind(metadata=ObjectMeta(name="a", namespace="default", finalizers=("mine",)))
    assert (list(metadata_errors(obj)) == []) == is_fine


def test_a_namespace_in_the_body_counts_for_kinds_that_have_one() -> None:
    elsewhere = ObjectMeta(name="a", namespace="elsewhere")
    node, config_map = parse_path("/api/v1/nodes/a"), parse_path("/api/v1/namespaces/default/configmaps/a")
    assert node is not None
    assert config_map is not None
    check_address(node, Node(metadata=elsewhere))
    with pytest.raises(BadRequest, match="does not match the namespace"):
        check_address(config_map, ConfigMap(metadata=elsewhere))

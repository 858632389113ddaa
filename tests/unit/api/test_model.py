"""Models: what is on the wire, what is refused, and that nothing changes in place."""

from __future__ import annotations

import orjson
import pytest
from pydantic import ValidationError

from minikube_py.api.decoding import DecodeError
from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import compact, decode, replace, wire_name
from minikube_py.api.scalars import MicroTime, Quantity, Time


@pytest.mark.parametrize(
    ("attribute", "wire"),
    [("pod_ip", "podIP"), ("host_ips", "hostIPs"), ("image_id", "imageID"), ("cluster_ips", "clusterIPs"),
     ("uid", "uid"), ("system_uuid", "systemUUID"), ("from_", "from"), ("ip", "ip")],
)  # fmt: skip
def test_attributes_have_kubernetes_names_on_the_wire(attribute: str, wire: str) -> None:
    assert wire_name(attribute) == wire


def test_empty_fields_stay_away_unless_they_are_always_written() -> None:
    document = Deployment.from_dict({"metadata": {"name": "web"}, "spec": {"minReadySeconds": 0}}).to_dict()
    assert document["status"] == {}
    assert "minReadySeconds" not in document["spec"]


def test_an_explicit_zero_is_kept_where_zero_is_not_nothing() -> None:
    assert Deployment.from_dict({"spec": {"replicas": 0}}).to_dict()["spec"]["replicas"] == 0


def test_nulls_are_as_if_they_were_not_there() -> None:
    given = {"metadata": {"name": "a", "labels": None}, "spec": {"containers": [{"name": "c", "args": None}]}}
    pod = Pod.from_dict(given)
    assert pod.metadata.labels == {}
    assert pod.spec.containers[0].args == ()


def test_unknown_fields_are_named_and_dropped() -> None:
    found = decode(Pod, b'{"spec":{"containers":[{"name":"c","imagee":"x"}],"foo":1}}')
    assert found.unknown_fields == ("spec.containers[0].imagee", "spec.foo")
    assert found.value.spec.containers[0].name == "c"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"metadata":{"labels":{"a":1}}}', "number into Go struct field ObjectMeta.metadata.labels of type string"),
        (
            '{"spec":{"containers":[{"ports":[{"containerPort":"x"}]}]}}',
            "string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32",
        ),
        ('{"spec":[]}', "array into Go struct field Pod.spec of type v1.PodSpec"),
        (
            '{"metadata":{"labels":"x"}}',
            "string into Go struct field ObjectMeta.metadata.labels of type map[string]string",
        ),
        ('{"spec":{"containers":{}}}', "object into Go struct field PodSpec.spec.containers of type []v1.Container"),
        ('{"spec":{"priority":3.5}}', "number 3.5 into Go struct field PodSpec.spec.priority of type int32"),
        (
            '{"spec":{"priority":3000000000}}',
            "number 3000000000 into Go struct field PodSpec.spec.priority of type int32",
        ),
        (
            '{"spec":{"activeDeadlineSeconds":9223372036854775808}}',
            "number 9223372036854775808 into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64",
        ),
    ],
)
def test_a_wrong_type_is_told_in_gos_words(text: str, message: str) -> None:
    with pytest.raises(DecodeError) as error:
        Pod.from_json(text)
    assert str(error.value) == f"json: cannot unmarshal {message}"


def test_a_number_of_64_bits_is_one_where_the_type_says_so() -> None:
    assert Pod.from_json('{"spec":{"activeDeadlineSeconds":3000000000}}').spec.active_deadline_seconds == 3000000000


def test_kind_and_version_are_written_first_and_forgotten_when_read() -> None:
    config_map = ConfigMap.from_dict({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}})
    assert config_map == ConfigMap.from_dict({"metadata": {"name": "a"}})
    assert config_map.to_json().startswith(b'{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"')


def test_nothing_changes_in_place() -> None:
    pod = Pod.from_dict({"metadata": {"name": "a"}})
    with pytest.raises(ValidationError):
        pod.metadata = replace(pod.metadata, name="b")  # type: ignore[misc]  # that is the point
    assert replace(pod, metadata=replace(pod.metadata, name="b")).metadata.name == "b"
    assert pod.metadata.name == "a"


@pytest.mark.parametrize(
    ("given", "canonical"),
    [("1000m", "1"), ("0.5", "500m"), ("1024Mi", "1Gi"), ("1500Mi", "1500Mi"), ("1000", "1k"), ("100", "100"),
     ("1e3", "1e3"), ("0", "0"), ("-1.5", "-1500m"), ("1.5Gi", "1536Mi"), (2, "2"), ("0.1n", "1n")],
)  # fmt: skip
def test_quantities_have_one_spelling(given: str | int, canonical: str) -> None:
    assert Quantity(given) == canonical
    assert Quantity(canonical) == canonical


@pytest.mark.parametrize("text", ["lots", "1.2.3", "", "1Kib", "1 Gi", "--1"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quantities must match"):
        Quantity(text)


def test_quantities_can_be_reckoned_with() -> None:
    assert (Quantity("250m") + "750m", Quantity("1Gi").units, Quantity("0.0001").millis) == ("1", 2**30, 1)


def test_times_are_kept_in_utc() -> None:
    assert Time("2026-01-01T01:00:00+01:00") == "2026-01-01T00:00:00Z"
    assert MicroTime("2026-01-01T02:00:00.000001+02:00") == "2026-01-01T00:00:00.000001Z"
    with pytest.raises(ValueError, match=r'cannot parse "Z" as ".000000"'):
        MicroTime("2026-01-01T00:00:00Z")
    assert Time.at(0).epoch_s == 0
    with pytest.raises(ValueError, match="parsing time"):
        Time("yesterday")


def test_a_text_survives_the_round_trip_byte_for_byte() -> None:
    given = orjson.dumps({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "ü"}, "data": {"a": "\u2028"}})
    assert ConfigMap.from_json(given).to_json() == given


def test_what_is_left_out_is_shared_and_not_copied() -> None:
    one, other = (ConfigMap.from_json(b'{"metadata":{"name":"a"}}') for _ in range(2))
    assert one.data == {}
    assert one.data is other.data
    assert one.metadata.labels is other.metadata.annotations


def test_compact_value_is_what_it_was_and_shares_what_is_the_same_in_others() -> None:
    text = b'{"metadata":{"name":"%s"},"spec":{"containers":[{"name":"c","resources":{},"tty":true}]}}'
    one, other = (compact(Pod.from_json(text % name)) for name in (b"one", b"other"))
    assert one == Pod.from_json(text % b"one")
    assert one.spec.containers[0].model_fields_set == {"name", "resources", "tty"}
    assert one.spec.containers[0].model_fields_set is other.spec.containers[0].model_fields_set
    assert one.spec.containers[0].resources is other.spec.containers[0].resources
    assert replace(one.spec.containers[0], image="nginx").model_fields_set == {"name", "resources", "tty", "image"}
    assert "image" not in other.spec.containers[0].model_fields_set


def test_values_that_many_objects_hold_are_kept_once() -> None:
    text = b'{"metadata":{"name":"%s"},"spec":{"containers":[],"tolerations":[{"key":"%s"},{"key":"k"}]}}'
    one, other = (compact(Pod.from_json(text % (name, name))) for name in (b"one", b"other"))
    assert one.spec.tolerations[1] is other.spec.tolerations[1]
    assert [toleration.key for toleration in other.spec.tolerations] == ["other", "k"]

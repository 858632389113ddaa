"""Which image is used, whose credentials, and what is told about it."""

import base64
import json
from pathlib import Path

import pytest

from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.secret import Secret
from minikube_py.kubelet.images import Images, ImageTrouble, credentials_for, default_pull_policy
from minikube_py.kubelet.plan import Waiting
from minikube_py.kubelet.pod_events import PodEvents
from minikube_py.kubelet.troubles import Troubles
from minikube_py.network.simulated import SimulatedNetwork
from minikube_py.runtime.behaviour import Behaviour
from minikube_py.runtime.interface import Credentials, PullFailure
from minikube_py.runtime.reference import parse_reference
from minikube_py.runtime.simulated import SimulatedRuntime, SimulatedWorld
from tests.support.pods import make_pod

DIGEST = f"nginx@sha256:{'0' * 64}"


def pull_secret(auths: object) -> Secret:
    text = base64.b64encode(json.dumps({"auths": auths}).encode()).decode()
    return Secret(type="kubernetes.io/dockerconfigjson", data={".dockerconfigjson": text})


def runtime(behaviour: Behaviour | None = None) -> SimulatedRuntime:
    behaviours = {"docker.io/library/nginx:1": behaviour} if behaviour is not None else {}
    return SimulatedRuntime(SimulatedNetwork("10.0.0.0/24"), SimulatedWorld(behaviours))


async def ensure(images: Images, image: str, policy: str = "") -> str:
    container = Container(name="c", image=image, image_pull_policy=policy)
    return (await images.ensure(container, (), PodEvents(make_pod({"name": "c"}), None))).id


@pytest.mark.parametrize(
    ("image", "policy"),
    [("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1", "IfNotPresent"), (DIGEST, "IfNotPresent")],
)
def test_the_pull_policy_follows_from_the_tag(image: str, policy: str) -> None:
    assert default_pull_policy(parse_reference(image)) == policy


async def test_an_image_that_is_here_is_not_pulled_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    images = Images(runtime())
    assert await ensure(images, "nginx:1") == await ensure(images, "nginx:1")
    assert [vars(record)["reason"] for record in caplog.records] == ["Pulling", "Pulled", "Pulled"]


async def test_never_means_never() -> None:
    with pytest.raises(ImageTrouble, match="is not present with pull policy of Never") as refused:
        await ensure(Images(runtime()), "nginx:1", "Never")
    assert refused.value.reason == "ErrImageNeverPull"


async def test_a_name_that_is_no_name() -> None:
    with pytest.raises(ImageTrouble) as refused:
        await ensure(Images(runtime()), "NGINX:::")
    assert refused.value.reason == "InvalidImageName"


async def test_a_failed_pull_is_told_with_its_cause() -> None:
    with pytest.raises(ImageTrouble) as refused:
        await ensure(Images(runtime(Behaviour(pull_failure=PullFailure.NOT_FOUND))), "nginx:1")
    assert (refused.value.reason, refused.value.is_pull) == ("ErrImagePull", True)
    assert str(refused.value) == "docker.io/library/nginx:1: not found"


@pytest.mark.parametrize(
    ("registry", "image"),
    [
        ("https://index.docker.io/v1/", "nginx"),
        ("docker.io", "me/app:1"),
        ("registry.example.com:5000", "registry.example.com:5000/app"),
    ],
)
def test_credentials_are_found_by_registry(registry: str, image: str) -> None:
    secret = pull_secret({"other.example.com": {"username": "no"}, registry: {"username": "me", "password": "pw"}})
    assert credentials_for(parse_reference(image), [secret]) == Credentials("me", "pw")


def test_credentials_may_be_one_text() -> None:
    secret = pull_secret({"docker.io": {"auth": base64.b64encode(b"me:p:w").decode()}})
    assert credentials_for(parse_reference("nginx"), [secret]) == Credentials("me", "p:w")


def test_an_unreadable_secret_counts_as_none() -> None:
    broken = Secret(data={".dockerconfigjson": base64.b64encode(b"{").decode()})
    assert credentials_for(parse_reference("nginx"), [broken, Secret()]) is None


def test_a_failed_pull_is_an_error_first_and_a_back_off_then() -> None:
    troubles = Troubles()
    troubles.pull_failed("c", "x", Waiting("ErrImagePull", "gone"), 100)
    assert troubles.at(100)["c"].waiting.reason == "ErrImagePull"
    later = troubles.at(104)["c"]
    assert (later.waiting.reason, later.retry_at) == ("ImagePullBackOff", 110)
    troubles.pull_failed("c", "x", Waiting("ErrImagePull", "gone"), 110)
    assert troubles.at(114)["c"].retry_at == 130
    troubles.pull_failed("c", "other", Waiting("ErrImagePull", "gone"), 130)
    assert troubles.at(134)["c"].retry_at == 140


def test_recipes_lie_beside_the_package() -> None:
    assert (Path(__file__).parents[3] / "examples" / "images" / "nginx" / "recipe.yaml").exists()

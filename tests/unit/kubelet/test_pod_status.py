"""Statuses as the real kubelet wrote them (recorded), and the rules behind them."""

from typing import Any

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodStatus
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.kubelet.container_status import Evidence
from minikube_py.kubelet.observed import ObservedPod
from minikube_py.kubelet.plan import Ending, Health, Waiting
from minikube_py.kubelet.pod_status import NodeAddressing, pod_status, status_patch
from tests.support.pods import exited, make_pod, observe, running, sandbox

NOW = Time("2026-11-23T10:00:00Z")
LATER = Time("2026-11-23T10:05:00Z")
NODE = NodeAddressing("192.0.2.2")


def status_of(pod: Pod, observed: ObservedPod, ending: Ending | None = None, **evidence: Any) -> PodStatus:
    return pod_status(pod, Evidence("oci", observed, **evidence), NODE, NOW, ending)


def conditions(status: PodStatus) -> dict[str, tuple[str, str]]:
    return {each.type: (each.status, each.reason) for each in status.conditions}


def test_a_running_pod_is_ready_in_every_respect() -> None:
    status = status_of(make_pod({"name": "c"}), observe(running("c")))
    assert status.phase == "Running"
    assert [each.type for each in status.conditions] == [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
    ]
    assert {each.status for each in status.conditions} == {"True"}
    assert {each.observed_generation for each in status.conditions} == {1}
    assert (status.pod_ip, status.host_ip, status.qos_class) == ("10.0.0.5", "192.0.2.2", "BestEffort")
    (container,) = status.container_statuses
    assert (container.container_id, container.ready, container.started) == ("oci://c-0", True, True)


def test_before_the_sandbox_containers_are_being_created() -> None:
    status = status_of(make_pod({"name": "c"}), ObservedPod())
    assert status.phase == "Pending"
    assert conditions(status)["PodReadyToStartContainers"] == ("False", "")
    assert conditions(status)["Ready"] == ("False", "ContainersNotReady")
    waiting = status.container_statuses[0].state.waiting
    assert waiting is not None
    assert waiting.reason == "ContainerCreating"


def test_an_image_that_cannot_be_pulled_shows_as_waiting() -> None:
    status = status_of(make_pod({"name": "c"}), observe(), waiting={"c": Waiting("ImagePullBackOff", "Back-off")})
    assert status.phase == "Pending"
    document = status.to_dict()["containerStatuses"][0]
    assert document == {
        "name": "c",
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off"}},
        "lastState": {},
        "ready": False,
        "restartCount": 0,
        "image": "nginx",
        "imageID": "",
        "started": False,
    }


def test_a_crash_loop_shows_the_end_of_the_last_life() -> None:
    pod = make_pod({"name": "c"})
    status = status_of(pod, observe(exited("c", 1, 3)), waiting={"c": Waiting("CrashLoopBackOff", "back-off 40s")})
    (container,) = status.container_statuses
    assert status.phase == "Running"
    assert container.restart_count == 3
    assert container.state.waiting is not None
    assert container.last_state.terminated is not None
    assert (container.last_state.terminated.exit_code, container.last_state.terminated.reason) == (1, "Error")


def test_a_restarted_container_remembers_how_its_last_life_ended() -> None:
    status = status_of(make_pod({"name": "c"}), observe(running("c", 1), exited("c", 137, 0)))
    (container,) = status.container_statuses
    assert container.state.running is not None
    assert container.last_state.terminated is not None
    assert container.last_state.terminated.exit_code == 137


def test_out_of_memory_in_a_pod_that_never_restarts() -> None:
    pod = make_pod({"name": "c", "resources": {"limits": {"memory": "20Mi"}}}, restartPolicy="Never")
    record = exited("c", 137, reason="OOMKilled")
    gone = observe(record, sandboxes=(sandbox(is_ready=False),))
    status = status_of(pod, gone, Ending(30, phase="Failed"), is_ended=True)
    assert status.phase == "Failed"
    assert conditions(status)["Ready"] == ("False", "PodFailed")
    assert conditions(status)["PodReadyToStartContainers"] == ("False", "")
    terminated = status.container_statuses[0].state.terminated
    assert terminated is not None
    assert terminated.reason == "OOMKilled"
    assert status.container_statuses[0].allocated_resources == {"memory": "20Mi"}


def test_a_succeeded_pod_is_completed() -> None:
    pod = make_pod({"name": "c"}, restartPolicy="Never")
    status = status_of(pod, observe(exited("c")), Ending(30, phase="Succeeded"), is_ended=True)
    assert status.phase == "Succeeded"
    assert conditions(status)["Initialized"] == ("True", "PodCompleted")
    assert conditions(status)["ContainersReady"] == ("False", "PodCompleted")


def test_a_deleted_pod_that_never_ran_ends_failed() -> None:
    assert status_of(make_pod({"name": "c"}), ObservedPod(), Ending(30), is_ended=True).phase == "Failed"


def test_readiness_follows_the_probe() -> None:
    pod = make_pod({"name": "c", "readinessProbe": {"tcpSocket": {"port": 80}}})
    record = running("c")
    assert not status_of(pod, observe(record)).container_statuses[0].ready
    ready = status_of(pod, observe(record), health={record.id: Health(is_ready=True)})
    assert conditions(ready)["Ready"] == ("True", "")


def test_a_readiness_gate_holds_the_pod_back_until_its_condition_is_true() -> None:
    pod = make_pod({"name": "c"}, readinessGates=[{"conditionType": "example.com/open"}])
    status = status_of(pod, observe(running("c")))
    assert conditions(status)["ContainersReady"] == ("True", "")
    assert conditions(status)["Ready"] == ("False", "ReadinessGatesNotReady")
    given = {"conditions": [{"type": "example.com/open", "status": "True"}]}
    opened = make_pod({"name": "c"}, readinessGates=[{"conditionType": "example.com/open"}], status=given)
    status = status_of(opened, observe(running("c")))
    assert conditions(status)["Ready"] == ("True", "")
    assert conditions(status)["example.com/open"] == ("True", "")


def test_init_containers_keep_the_pod_pending_and_say_who_is_missing() -> None:
    pod = make_pod({"name": "c"}, init=({"name": "a"}, {"name": "b"}))
    status = status_of(pod, observe(exited("a"), running("b")))
    assert status.phase == "Pending"
    (initialized,) = [each for each in status.conditions if each.type == "Initialized"]
    assert initialized.message == "containers with incomplete status: [b]"
    waiting = status.container_statuses[0].state.waiting
    assert waiting is not None
    assert waiting.reason == "PodInitializing"


def test_the_moment_of_a_transition_stays_until_the_status_changes() -> None:
    pod = make_pod({"name": "c"})
    first = status_of(pod, observe(running("c")))
    evidence = Evidence("oci", observe(exited("c", 1)))
    second = pod_status(replace(pod, status=first), evidence, NODE, LATER, None)
    moments = {each.type: each.last_transition_time for each in second.conditions}
    assert moments["Initialized"] == NOW
    assert moments["Ready"] == LATER
    assert second.start_time == NOW


def test_nothing_is_written_when_nothing_changed() -> None:
    pod = make_pod({"name": "c"})
    first = status_of(pod, observe(running("c")))
    again = status_of(replace(pod, status=first), observe(running("c")))
    assert status_patch("u", first, again) is None


def test_a_patch_has_only_what_changed_and_leaves_conditions_of_others_alone() -> None:
    given = {"conditions": [{"type": "example.com/mine", "status": "True"}]}
    pod = make_pod({"name": "c"}, status=given)
    new = status_of(pod, observe(running("c")))
    patch = status_patch("u", pod.status, new)
    assert patch is not None
    assert patch["metadata"] == {"uid": "u"}
    assert "example.com/mine" not in {each["type"] for each in patch["status"]["conditions"]}
    assert patch["status"]["podIPs"] == [{"$patch": "replace"}, {"ip": "10.0.0.5"}]


def test_a_patch_takes_back_what_a_condition_no_longer_says() -> None:
    pod = make_pod({"name": "c"})
    waiting = status_of(pod, ObservedPod())
    patch = status_patch("u", waiting, status_of(replace(pod, status=waiting), observe(running("c"))))
    assert patch is not None
    (ready,) = [each for each in patch["status"]["conditions"] if each["type"] == "Ready"]
    assert (ready["status"], ready["reason"], ready["message"]) == ("True", None, None)

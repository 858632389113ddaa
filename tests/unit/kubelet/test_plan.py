"""The kubelet's decisions, one situation a test."""

from minikube_py.kubelet.backoff import Backoff
from minikube_py.kubelet.observed import ObservedPod
from minikube_py.kubelet.plan import (
    HASH_ANNOTATION,
    CreateSandbox,
    Ending,
    Health,
    KillContainer,
    PodClocks,
    RemoveContainer,
    StartContainer,
    StartTrouble,
    StopSandbox,
    Waiting,
    plan_end,
    plan_pod,
)
from minikube_py.runtime.interface import ContainerState
from tests.support.pods import epoch, exited, make_pod, observe, running, sandbox

NOW = PodClocks(epoch(1000))


def started_names(pod_plan: object) -> list[tuple[str, int]]:
    actions = getattr(pod_plan, "actions")  # noqa: B009 - any plan
    return [(each.container.name, each.attempt) for each in actions if isinstance(each, StartContainer)]


def test_a_new_pod_needs_a_sandbox_first() -> None:
    assert plan_pod(make_pod(), ObservedPod(), NOW).actions == (CreateSandbox(0),)


def test_all_regular_containers_start_together() -> None:
    plan = plan_pod(make_pod({"name": "a"}, {"name": "b"}), observe(), NOW)
    assert started_names(plan) == [("a", 0), ("b", 0)]


def test_a_running_pod_needs_nothing() -> None:
    plan = plan_pod(make_pod({"name": "a"}), observe(running("a")), NOW)
    assert plan.actions == ()
    assert plan.wake_at is None


def test_init_containers_run_one_after_the_other() -> None:
    pod = make_pod({"name": "c"}, init=({"name": "i1"}, {"name": "i2"}))
    assert started_names(plan_pod(pod, observe(), NOW)) == [("i1", 0)]
    assert started_names(plan_pod(pod, observe(running("i1")), NOW)) == []
    assert started_names(plan_pod(pod, observe(exited("i1")), NOW)) == [("i2", 0)]
    assert started_names(plan_pod(pod, observe(exited("i1"), exited("i2")), NOW)) == [("c", 0)]


def test_a_failed_init_container_is_started_again_and_nothing_else() -> None:
    pod = make_pod({"name": "c"}, init=({"name": "i1"},))
    assert started_names(plan_pod(pod, observe(exited("i1", 1)), NOW)) == [("i1", 1)]


def test_a_failed_init_container_fails_a_pod_that_never_restarts() -> None:
    pod = make_pod({"name": "c"}, init=({"name": "i1"},), restartPolicy="Never")
    plan = plan_pod(pod, observe(exited("i1", 1)), NOW)
    assert plan.ending is not None
    assert plan.ending.phase == "Failed"
    assert plan.actions == (StopSandbox("s0"),)


def test_after_the_regular_containers_began_init_containers_are_left_alone() -> None:
    pod = make_pod({"name": "c"}, init=({"name": "i1"},))
    assert plan_pod(pod, observe(running("c")), NOW).actions == ()


def test_a_sidecar_lets_the_next_one_start_once_it_has_started() -> None:
    side = {"name": "side", "restartPolicy": "Always", "startupProbe": {"exec": {"command": ["true"]}}}
    pod = make_pod({"name": "c"}, init=(side,))
    record = running("side")
    assert started_names(plan_pod(pod, observe(record), NOW)) == []
    clocks = PodClocks(epoch(1000), health={record.id: Health(is_started=True)})
    assert started_names(plan_pod(pod, observe(record), clocks)) == [("c", 0)]


def test_a_sidecar_that_died_is_started_again_beside_the_running_containers() -> None:
    pod = make_pod({"name": "c"}, init=({"name": "side", "restartPolicy": "Always"},))
    assert started_names(plan_pod(pod, observe(running("c"), exited("side", 0)), NOW)) == [("side", 1)]


def test_restart_policy_decides_who_is_started_again() -> None:
    for policy, code, attempts in (
        ("Always", 0, [("c", 1)]),
        ("Always", 1, [("c", 1)]),
        ("OnFailure", 1, [("c", 1)]),
        ("OnFailure", 0, []),
        ("Never", 1, []),
    ):
        plan = plan_pod(make_pod({"name": "c"}, restartPolicy=policy), observe(exited("c", code)), NOW)
        assert started_names(plan) == attempts, policy


def test_a_rule_on_exit_codes_overrules_the_pods_policy() -> None:
    rules = [{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}]
    pod = make_pod({"name": "c", "restartPolicy": "Never", "restartPolicyRules": rules}, restartPolicy="Never")
    assert started_names(plan_pod(pod, observe(exited("c", 42)), NOW)) == [("c", 1)]
    assert started_names(plan_pod(pod, observe(exited("c", 1)), NOW)) == []


def test_a_crashing_container_waits_for_its_back_off() -> None:
    clocks = PodClocks(epoch(103), backoffs={"c": Backoff(20, epoch(90))})
    plan = plan_pod(make_pod({"name": "c"}), observe(exited("c", 1, finished_s=100)), clocks)
    assert plan.actions == ()
    assert plan.wake_at == epoch(120)
    assert plan.waiting["c"] == Waiting(
        "CrashLoopBackOff",
        "back-off 20s restarting failed container=c pod=web_default(11111111-2222-3333-4444-555555555555)",
    )


def test_a_crashing_container_is_started_when_its_back_off_is_over() -> None:
    clocks = PodClocks(epoch(121), backoffs={"c": Backoff(20, epoch(90))})
    assert started_names(plan_pod(make_pod({"name": "c"}), observe(exited("c", 1, finished_s=100)), clocks)) == [
        ("c", 1)
    ]


def test_a_start_that_failed_is_not_tried_before_its_time() -> None:
    trouble = StartTrouble(Waiting("ErrImagePull", "not found"), epoch(1010))
    plan = plan_pod(make_pod({"name": "c"}), observe(), PodClocks(epoch(1000), troubles={"c": trouble}))
    assert plan.actions == ()
    assert plan.waiting["c"].reason == "ErrImagePull"
    assert plan.wake_at == epoch(1010)


def test_a_container_that_was_created_but_never_started_is_replaced_at_the_same_attempt() -> None:
    record = running("c", 2, state=ContainerState.CREATED, started_at=None)
    plan = plan_pod(make_pod({"name": "c"}), observe(record), NOW)
    assert plan.actions[0] == RemoveContainer(record)
    assert started_names(plan) == [("c", 2)]


def test_a_container_that_is_not_live_is_killed_with_the_probes_own_grace() -> None:
    probe = {"exec": {"command": ["true"]}, "terminationGracePeriodSeconds": 3}
    record = running("c")
    clocks = PodClocks(epoch(1000), health={record.id: Health(is_live=False)})
    plan = plan_pod(make_pod({"name": "c", "livenessProbe": probe}), observe(record), clocks)
    assert plan.actions == (KillContainer(record, "Container c failed liveness probe, will be restarted", 3.0),)


def test_a_container_that_does_not_start_up_is_killed() -> None:
    record = running("c")
    clocks = PodClocks(epoch(1000), health={record.id: Health(is_started=False)})
    pod = make_pod({"name": "c", "startupProbe": {"exec": {"command": ["true"]}}})
    assert plan_pod(pod, observe(record), clocks).actions == (
        KillContainer(record, "Container c failed startup probe, will be restarted"),
    )


def test_a_changed_image_replaces_the_running_container() -> None:
    record = running("c", annotations={HASH_ANNOTATION: "nginx:1"})
    plan = plan_pod(make_pod({"name": "c", "image": "nginx:2"}), observe(record), NOW)
    assert plan.actions == (KillContainer(record, "Container c definition changed, will be restarted"),)


def test_a_dead_sandbox_is_replaced_and_attempts_go_on_counting() -> None:
    pod = make_pod({"name": "c"})
    dead = sandbox(0, is_ready=False)
    assert plan_pod(pod, observe(exited("c", 137), sandboxes=(dead,)), NOW).actions == (CreateSandbox(1),)
    replaced = observe(exited("c", 137), sandboxes=(sandbox(1), dead))
    assert started_names(plan_pod(pod, replaced, NOW)) == [("c", 1)]


def test_what_has_finished_is_not_run_again_in_a_new_sandbox() -> None:
    pod = make_pod({"name": "done"}, {"name": "c"}, restartPolicy="OnFailure")
    seen = observe(exited("done"), exited("c", 137), sandboxes=(sandbox(1), sandbox(0, is_ready=False)))
    assert started_names(plan_pod(pod, seen, NOW)) == [("c", 1)]


def test_a_pod_whose_containers_have_all_finished_ends() -> None:
    pod = make_pod({"name": "a"}, {"name": "b"}, restartPolicy="Never")
    plan = plan_pod(pod, observe(exited("a"), exited("b")), NOW)
    assert plan.actions == (StopSandbox("s0"),)
    assert plan.ending == Ending(30.0, phase="Succeeded")
    failed = plan_pod(pod, observe(exited("a"), exited("b", 2)), NOW)
    assert failed.ending is not None
    assert failed.ending.phase == "Failed"


def test_a_pod_that_ended_is_never_started_again() -> None:
    pod = make_pod({"name": "c"}, status={"phase": "Succeeded"})
    plan = plan_pod(pod, ObservedPod(), NOW)
    assert plan.actions == ()
    assert plan.ending is not None


def test_the_active_deadline_ends_a_pod() -> None:
    pod = make_pod({"name": "c"}, activeDeadlineSeconds=60, status={"startTime": "1970-01-12T13:46:40Z"})
    record = running("c")
    early = plan_pod(pod, observe(record), PodClocks(epoch(59)))
    assert early.actions == ()
    assert early.wake_at == epoch(60)
    late = plan_pod(pod, observe(record), PodClocks(epoch(60)))
    assert late.ending is not None
    assert (late.ending.phase, late.ending.reason) == ("Failed", "DeadlineExceeded")
    assert [type(action) for action in late.actions] == [KillContainer]


def test_the_end_comes_to_regular_containers_then_sidecars_last_first_then_the_sandbox() -> None:
    side = {"restartPolicy": "Always"}
    pod = make_pod({"name": "a"}, {"name": "b"}, init=({"name": "s1", **side}, {"name": "s2", **side}))
    a, b, s1, s2 = (running(name) for name in ("a", "b", "s1", "s2"))
    ending = Ending(7.0)

    def killed(*records: object) -> list[str]:
        plan = plan_end(pod, observe(*records), ending)  # type: ignore[arg-type]  # records all
        return sorted(action.record.name for action in plan.actions if isinstance(action, KillContainer))

    assert killed(a, b, s1, s2) == ["a", "b"]
    assert killed(s1, s2) == ["s2"]
    assert killed(s1) == ["s1"]
    assert plan_end(pod, observe(), ending).actions == (StopSandbox("s0"),)
    assert plan_end(pod, observe(sandboxes=(sandbox(0, is_ready=False),)), ending).actions == ()


def test_only_two_lives_of_a_container_are_kept() -> None:
    old = exited("c", 1, 0)
    plan = plan_pod(make_pod({"name": "c"}), observe(running("c", 2), exited("c", 1, 1), old), NOW)
    assert plan.actions == (RemoveContainer(old),)


def test_an_ephemeral_container_is_started_once_beside_what_runs() -> None:
    pod = make_pod({"name": "c"}, ephemeralContainers=[{"name": "debug", "image": "busybox"}])
    assert started_names(plan_pod(pod, observe(running("c")), NOW)) == [("debug", 0)]
    for record in (running("debug"), exited("debug", 1)):
        assert plan_pod(pod, observe(running("c"), record), NOW).actions == ()

"""label, annotate, patch and wait against a real API server; logs against a scripted one."""

import json
import threading

from tests.integration.cli.api import Answer, ScriptedApi, pod, serving
from tests.integration.cli.conftest import Run


def test_labels_are_set_kept_and_removed(kubectl: Run) -> None:
    kubectl("create", "configmap", "m", "--from-literal=k=v")
    assert kubectl("label", "cm/m", "a=b", "c=d").out == "configmap/m labeled\n"
    assert kubectl("label", "cm/m", "a=b").out == "configmap/m not labeled\n"
    refused = kubectl("label", "cm/m", "a=x")
    assert (refused.code, refused.err) == (1, "error: 'a' already has a value (b), and --overwrite is false\n")
    assert kubectl("label", "cm/m", "a=x", "--overwrite").out == "configmap/m labeled\n"
    assert kubectl("label", "cm/m", "a-", "e-").out == 'label "e" not found.\nconfigmap/m unlabeled\n'
    assert kubectl("label", "cm/m", "--list").out == "c=d\n"


def test_label_refuses_what_makes_no_sense(kubectl: Run) -> None:
    assert kubectl("label", "cm/m", "a=y", "a-").err == (
        "error: can not both modify and remove a label in the same command\n"
    )
    assert kubectl("label", "cm/m").err == "error: at least one label update is required\n"
    assert kubectl("label", "cm", "a=y", "m").err == (
        "error: all resources must be specified before label changes: m\n"
    )
    assert kubectl("label", "cm/m", "a=b c").err.startswith('error: invalid label value: "a=b c": a valid label must')


def test_annotations_name_all_that_would_be_replaced(kubectl: Run) -> None:
    kubectl("create", "configmap", "noted", "--from-literal=k=v")
    assert kubectl("annotate", "cm/noted", "note=hello").out == "configmap/noted annotated\n"
    assert kubectl("annotate", "cm/noted", "note=again").err == (
        "error: --overwrite is false but found the following declared annotation(s): "
        "'note' already has a value (hello)\n"
    )


def test_patch_says_when_nothing_changed(kubectl: Run) -> None:
    kubectl("create", "configmap", "p", "--from-literal=k=v")
    assert kubectl("patch", "cm", "p", "-p", "data: {k: w}").out == "configmap/p patched\n"
    assert kubectl("patch", "cm", "p", "-p", '{"data":{"k":"w"}}').out == "configmap/p patched (no change)\n"
    operation = json.dumps([{"op": "remove", "path": "/data/k"}])
    assert kubectl("patch", "cm", "p", "--type=json", "-p", operation).out == "configmap/p patched\n"
    assert kubectl("patch", "cm", "p", "-p", "{", "--type=merge").code == 1
    assert kubectl("patch", "cm", "p", "-p", "{}", "--type=odd").err == (
        'error: --type must be one of [json merge strategic], not "odd"\n'
    )


def test_wait_ends_when_the_object_is_as_asked_for(kubectl: Run) -> None:
    kubectl("create", "configmap", "w", "--from-literal=k=v")
    assert kubectl("wait", "--for=create", "cm/w").out == "configmap/w condition met\n"
    assert kubectl("wait", "--for=jsonpath={.data.k}=v", "cm/w").out == "configmap/w condition met\n"
    late = kubectl("wait", "--for=jsonpath={.data.k}=x", "cm/w", "--timeout=0")
    assert (late.code, late.err) == (1, "error: timed out waiting for the condition on configmaps/w\n")
    assert kubectl("wait", "--for=delete", "cm/gone").code == 0
    assert kubectl("wait", "--for=condition=Ready", "cm/gone").err == (
        'Error from server (NotFound): configmaps "gone" not found\n'
    )
    assert kubectl("wait", "cm/w", "--for=luck").err == 'error: unrecognized condition: "luck"\n'


def test_logs_asks_for_the_container_and_prints_as_it_comes(api: ScriptedApi, run: Run) -> None:
    containers = [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]
    path = "/api/v1/namespaces/default/pods/web"
    api.answers[path] = (200, pod("web", 1, spec={"containers": containers}))
    api.answers[f"{path}/log"] = (200, b"one\ntwo\n")
    told = run("logs", "web", "--tail=2", "--since=90s", "--timestamps")
    assert (told.out, told.err) == ("one\ntwo\n", 'Defaulted container "a" out of: a, b\n')
    assert api.asked[-1] == ("GET", f"{path}/log?container=a&sinceSeconds=90&tailLines=2&timestamps=true")
    assert run("logs", "web", "-c", "b", "--prefix").out == "[pod/web/b] one\n[pod/web/b] two\n"
    assert run("logs", "web", "-c", "no").err == "error: container no is not valid for pod web\n"
    api.answers.pop(path)
    assert run("logs", "nosuch").code == 1


class _MeetingApi(ScriptedApi):
    """Answers a question for a log only when another is asked for as well."""

    both_ask = threading.Barrier(2)

    def answer(self, path: str) -> Answer:
        if "/log?" in path:
            self.both_ask.wait(20)
        return super().answer(path)


def test_logs_f_follows_all_containers_at_once_by_whole_lines(run: Run, api: ScriptedApi) -> None:
    containers = [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]
    path = "/api/v1/namespaces/default/pods/web"
    answers = {**api.answers, path: (200, pod("web", 1, spec={"containers": containers}))}
    for name in "ab":
        answers[f"{path}/log?container={name}&follow=true"] = (200, f"{name}1\n{name}2\n".encode())
    with serving(_MeetingApi(answers)) as meeting:
        told = run("logs", "-f", "web", "--all-containers", "--prefix", "--server", meeting.url, server=False)
    assert (told.code, sorted(told.out.splitlines())) == (
        0,
        ["[pod/web/a] a1", "[pod/web/a] a2", "[pod/web/b] b1", "[pod/web/b] b2"],
    )

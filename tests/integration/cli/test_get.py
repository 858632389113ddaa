"""get against a server: requests, tables, documents, watches, failures."""

import json

import pytest

from minikube_py.cli.connection import Connection
from minikube_py.client.kubeconfig import ClientConfig
from tests.integration.cli.api import ScriptedApi, pod, status, table
from tests.integration.cli.conftest import Run

PODS = "/api/v1/namespaces/default/pods"


def test_a_list_is_asked_for_as_a_table_in_chunks(api: ScriptedApi, run: Run) -> None:
    first = table(5, pod("a", 1))
    first["metadata"]["continue"] = "next"
    api.answers[PODS] = (200, first)
    api.answers[f"{PODS}?limit=500&continue=next"] = (200, table(5, pod("b", 2)))
    outcome = run("get", "po")
    assert (outcome.code, outcome.out) == (0, "NAME   AGE\na      1s\nb      1s\n")
    assert api.asked[-2:] == [("GET", f"{PODS}?limit=500"), ("GET", f"{PODS}?limit=500&continue=next")]
    assert api.headers[-1]["Accept"].startswith("application/json;as=Table;v=v1;g=meta.k8s.io")


def test_several_types_get_a_table_each_with_prefixed_names(api: ScriptedApi, run: Run) -> None:
    api.answers[PODS] = (200, table(5, pod("a", 1)))
    api.answers["/apis/apps/v1/namespaces/default/deployments"] = (200, table(5, pod("b", 1)))
    assert run("get", "all").out == "NAME    AGE\npod/a   1s\n\nNAME                AGE\ndeployment.apps/b   1s\n"


def test_nothing_found_is_said_on_stderr_and_is_no_failure(api: ScriptedApi, run: Run) -> None:
    api.answers[PODS] = api.answers["/api/v1/nodes"] = (200, table(5))
    outcome = run("get", "pods")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "No resources found in default namespace.\n")
    assert run("get", "nodes").err == "No resources found\n"


def test_a_missing_object_is_a_failure_after_the_others_are_shown(api: ScriptedApi, run: Run) -> None:
    api.answers[f"{PODS}/a"] = (200, table(5, pod("a", 1)))
    api.answers[f"{PODS}/x"] = (404, status(404, "NotFound", 'pods "x" not found'))
    api.answers["/api/v1/namespaces/default"] = (200, {"kind": "Namespace", "metadata": {"name": "default"}})
    outcome = run("get", "pods", "x", "a")
    assert (outcome.code, outcome.out) == (1, "NAME   AGE\na      1s\n")
    assert outcome.err == 'Error from server (NotFound): pods "x" not found\n'
    assert run("get", "pods", "x", "--ignore-not-found").code == 0


def test_a_missing_namespace_is_named_instead_of_the_object(api: ScriptedApi, run: Run) -> None:
    outcome = run("get", "pods", "x", "-n", "gone")
    assert outcome.err == 'Error from server (NotFound): namespaces "gone" not found\n'


def test_documents_come_as_one_object_or_as_a_list(api: ScriptedApi, run: Run) -> None:
    managed = pod("a", 1)
    managed["metadata"]["managedFields"] = [{"manager": "x"}]
    api.answers[f"{PODS}/a"] = (200, managed)
    api.answers[PODS] = (200, {"kind": "PodList", "metadata": {}, "items": [pod("a", 1), pod("b", 2)]})
    one = json.loads(run("get", "pod/a", "-o", "json").out)
    assert "managedFields" not in one["metadata"]
    assert run("get", "pods", "-o", "name").out == "pod/a\npod/b\n"
    assert run("get", "pods", "-o=jsonpath={.items[*].metadata.uid}").out == "uid-a uid-b"
    assert run("get", "pods", "-o", "yaml").out.startswith("apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod\n")


def test_a_raw_path_is_shown_as_it_comes(api: ScriptedApi, run: Run) -> None:
    api.answers["/healthz"] = (200, b"ok")
    assert run("get", "--raw", "/healthz").out == "ok"
    assert run("get", "--raw", "/nosuch").code == 1


def test_a_watch_goes_on_where_its_stream_ended_and_lists_again_when_the_server_has_forgotten(
    api: ScriptedApi, run: Run
) -> None:
    api.answers[PODS] = (200, table(9, pod("a", 3), pod("b", 8)))
    added = {"type": "ADDED", "object": table(5, pod("a", 5))}
    api.streams[PODS] = [
        [added],
        [{"type": "ERROR", "object": status(410, "Expired", "too old")}],
        [{"type": "DELETED", "object": table(11, pod("b", 11))}],
        [{"type": "ERROR", "object": status(500, "InternalError", "enough")}],
    ]
    outcome = run("get", "pods", "--watch-only", "--output-watch-events")
    assert outcome.err == "Error from server (InternalError): enough\n"
    assert [line.split()[:2] for line in outcome.out.splitlines()] == [
        ["EVENT", "NAME"],
        ["ADDED", "a"],
        ["ADDED", "a"],
        ["DELETED", "b"],
    ]
    watches = [path for _, path in api.asked if "watch=true" in path]
    assert [path.rsplit("=", 1)[1] for path in watches] == ["9", "9", "9", "11"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("get", "nosuch"), 'error: the server doesn\'t have a resource type "nosuch"'),
        (("get", "pods/a", "b"), "error: there is no need to specify a resource type as a separate argument"),
        (("get", "pods", "a", "-l", "x=y"), "error: name cannot be provided when a selector is specified"),
        (("get", "pods", "a", "-A"), "error: a resource cannot be retrieved by name across all namespaces"),
        (("get", "a/b/c"), "error: arguments in resource/name form may not have more than one slash"),
        (("get", "pods,nodes", "-w"), "error: you may only specify a single resource type"),
        (("get", "pods", "-o", "go-template={{.x}}"), "error: the output format go-template is not supported"),
        (("get", "-k", "."), "unable to find one of 'kustomization.yaml', 'kustomization.yml'"),
        (("get", "-f", "/nosuch"), 'error: the path "/nosuch" does not exist'),
        (("get", "pods", "--context", "x"), "Error in configuration: context was not found for specified context: x"),
        (("get", "pods", "--watch=maybe"), 'error: invalid argument "maybe" for "-w, --watch" flag: strconv.ParseBool'),
        (("get", "pods", "--nosuch"), "error: unknown flag: --nosuch\nSee 'pykubectl get --help' for usage."),
        (("frobnicate",), 'error: unknown command "frobnicate" for "pykubectl"'),
        (("gett",), 'error: unknown command "gett" for "pykubectl"\n\nDid you mean this?\n\tset\n\tget'),
        (("delte", "pod"), 'error: unknown command "delte" for "pykubectl"\n\nDid you mean this?\n\tdelete'),
        (
            ("config", "use-contxt", "x"),
            "error: unknown command \"use-contxt x\"\nSee 'pykubectl config -h' for help and examples",
        ),
        (("config", "nosuch"), "error: unknown command \"nosuch\"\nSee 'pykubectl config -h' for help and examples"),
    ],
)
def test_bad_input_is_refused_in_kubectls_words(run: Run, arguments: tuple[str, ...], complaint: str) -> None:
    outcome = run(*arguments)
    assert outcome.code == 1
    assert outcome.err.startswith(complaint)
    assert outcome.out == ""


def test_a_server_that_is_not_there_is_named(run: Run) -> None:
    outcome = run("get", "pods", "--server", "http://127.0.0.1:1", server=False)
    assert outcome.err == (
        "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n"
    )


def test_a_server_that_talks_nonsense_is_no_traceback(api: ScriptedApi, run: Run) -> None:
    api.answers["/api"] = (200, b"<html>")
    outcome = run("get", "pods")
    assert (outcome.code, outcome.err) == (1, "error: the server answered with something other than JSON\n")


def test_warnings_of_the_server_are_shown_once_and_may_count_as_errors(api: ScriptedApi, run: Run) -> None:
    api.answers[PODS] = (200, table(5, pod("a", 1)))
    assert run("get", "pods").err == ""
    outcome = run("get", "pods", "--warnings-as-errors")
    assert (outcome.code, outcome.err) == (1, "error: 1 warning received\n")


def test_a_token_becomes_a_header_but_not_in_clear_text(api: ScriptedApi, run: Run) -> None:
    api.answers[PODS] = (200, table(5))
    run("get", "pods", "--token", "secret", "--as", "bob", "--as-group", "a", "--as-group", "b")
    assert "Authorization" not in api.headers[-1]
    assert Connection(ClientConfig(server="https://x", token="secret")).headers == {"Authorization": "Bearer secret"}
    assert api.headers[-1]["Impersonate-User"] == "bob"

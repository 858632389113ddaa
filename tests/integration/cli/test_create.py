"""create, scale and expose against a real API server."""

import json

from tests.integration.cli.conftest import Run


def test_a_deployment_is_created_scaled_and_exposed(kubectl: Run) -> None:
    assert kubectl("create", "deployment", "web", "--image=nginx:1").out == "deployment.apps/web created\n"
    assert kubectl("scale", "deployment", "web", "--replicas=3").out == "deployment.apps/web scaled\n"
    assert kubectl("get", "deploy/web", "-o", "jsonpath={.spec.replicas}").out == "3"
    assert kubectl("expose", "deployment", "web", "--port=80").out == "service/web exposed\n"
    spec = json.loads(kubectl("get", "service/web", "-o", "json").out)["spec"]
    assert spec["selector"] == {"app": "web"}
    assert spec["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]


def test_what_the_server_refuses_is_told_with_the_verb_that_asked(kubectl: Run) -> None:
    kubectl("create", "deployment", "twice", "--image=x")
    refused = kubectl("create", "deployment", "twice", "--image=x")
    message = 'error: failed to create deployment: deployments.apps "twice" already exists\n'
    assert (refused.code, refused.err) == (1, message)
    assert kubectl("create", "deployment", "x").err == 'error: required flag(s) "image" not set\n'
    assert kubectl("create", "nosuch").err == (
        "error: Unexpected args: [nosuch]\nSee 'pykubectl create -h' for help and examples\n"
    )


def test_dry_runs_change_nothing_and_say_which_kind_they_are(kubectl: Run) -> None:
    dry = ("create", "deployment", "dry", "--image=x")
    assert kubectl(*dry, "--dry-run=client").out == "deployment.apps/dry created (dry run)\n"
    assert kubectl(*dry, "--dry-run=server").out == "deployment.apps/dry created (server dry run)\n"
    assert kubectl(*dry, "--dry-run=server", "-o", "name").out == "deployment.apps/dry\n"
    assert kubectl(*dry, "--dry-run=often").err == (
        'error: Invalid dry-run value (often). Must be "none", "server", or "client".\n'
    )
    assert kubectl("get", "deployment", "dry").code == 1


def test_scale_keeps_to_its_preconditions(kubectl: Run) -> None:
    kubectl("create", "deployment", "two", "--image=x", "--replicas=2")
    refused = kubectl("scale", "deployment/two", "--replicas=3", "--current-replicas=7")
    assert refused.err == "error: Expected replicas to be 7, was 2\n"
    slow = kubectl("scale", "deployment/two", "--replicas=3", "--timeout=1ms")
    assert slow.err == 'error: timed out waiting for "two" to be synced\n'
    assert kubectl("scale", "deployment", "-l", "app=nosuch", "--replicas=1").err == (
        "error: no objects passed to scale\n"
    )
    assert kubectl("scale", "service", "kubernetes", "--replicas=1").err == (
        "Error from server (NotFound): the server could not find the requested resource\n"
    )


def test_expose_refuses_what_has_no_pods_or_ports(kubectl: Run) -> None:
    kubectl("create", "deployment", "portless", "--image=x")
    assert kubectl("expose", "namespace", "default", "--port=80").err == "error: cannot expose a Namespace\n"
    assert kubectl("expose", "deployment", "portless").err == (
        "error: couldn't find port via --port flag or introspection\n"
    )

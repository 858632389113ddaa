"""pykubectl: the table of verbs, and what happens to their errors.

Each verb is a module of `verbs/` (see `command.py` for its shape); its line here is all that makes it known. A module
is imported when its verb is typed, so that `pykubectl --help` stays quick.

Kubernetes: kubectl pkg/cmd/cmd.go.
"""

import os
import sys
from collections.abc import Sequence

from minikube_py.cli.command import Entry, VerbGroup
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import first_word
from minikube_py.errors import MinikubeError

_BEGINNER = "Basic Commands (Beginner)"
_INTERMEDIATE = "Basic Commands (Intermediate)"
_DEPLOY = "Deploy Commands"
_CLUSTER = "Cluster Management Commands"
_TROUBLE = "Troubleshooting and Debugging Commands"
_ADVANCED = "Advanced Commands"
_SETTINGS = "Settings Commands"
_OTHER = "Other Commands"
_VERBS = "minikube_py.cli.verbs"

COMMANDS = (
    Entry("create", f"{_VERBS}.create", "Create objects from files or flags", _BEGINNER),
    Entry("expose", f"{_VERBS}.expose", "Put a service in front of an object's pods", _BEGINNER),
    Entry("run", f"{_VERBS}.run", "Run an image in a pod", _BEGINNER),
    Entry("set", f"{_VERBS}.set", "Set specific features on objects", _BEGINNER),
    Entry("explain", f"{_VERBS}.explain", "Show the documentation of a resource's fields", _INTERMEDIATE),
    Entry("edit", f"{_VERBS}.edit", "Change an object in an editor", _INTERMEDIATE),
    Entry("get", f"{_VERBS}.get", "Show one or many resources", _INTERMEDIATE),
    Entry("delete", f"{_VERBS}.delete", "Delete objects by files, names, or label selector", _INTERMEDIATE),
    Entry("rollout", f"{_VERBS}.rollout", "Manage the rollout of deployments", _DEPLOY),
    Entry("scale", f"{_VERBS}.scale", "Set the number of replicas", _DEPLOY),
    Entry("autoscale", f"{_VERBS}.autoscale", "Let the number of pods follow the load", _DEPLOY),
    Entry("label", f"{_VERBS}.label", "Change the labels of objects", _SETTINGS),
    Entry("annotate", f"{_VERBS}.label", "Change the annotations of objects", _SETTINGS, "ANNOTATE"),
    Entry("exec", f"{_VERBS}.exec", "Run a command in a container", _TROUBLE),
    Entry("logs", f"{_VERBS}.logs", "Print the logs of a container in a pod", _TROUBLE),
    Entry("patch", f"{_VERBS}.patch", "Change fields of objects with a patch", _ADVANCED),
    Entry("wait", f"{_VERBS}.wait", "Wait until objects are in a certain state", _ADVANCED),
    Entry("certificate", f"{_VERBS}.certificate", "Approve or deny certificate requests", _CLUSTER),
    Entry("top", f"{_VERBS}.top", "Show what pods and nodes use", _CLUSTER),
    Entry("cordon", f"{_VERBS}.nodes", "Let no new pods onto a node", _CLUSTER, "CORDON"),
    Entry("uncordon", f"{_VERBS}.nodes", "Let pods onto a node again", _CLUSTER, "UNCORDON"),
    Entry("drain", f"{_VERBS}.drain", "Move the pods of a node elsewhere", _CLUSTER),
    Entry("taint", f"{_VERBS}.nodes", "Change the taints of nodes", _CLUSTER),
    Entry("cluster-info", f"{_VERBS}.cluster_info", "Show where the control plane answers", _CLUSTER),
    Entry("describe", f"{_VERBS}.describe", "Show the details of a resource with its events", _TROUBLE),
    Entry("events", f"{_VERBS}.events", "List events", _TROUBLE),
    Entry("why", f"{_VERBS}.why", "Explain what an object waits for, and who would act next", _TROUBLE),
    Entry("timeline", f"{_VERBS}.timeline", "Tell what happened when a deployment was created", _TROUBLE),
    Entry("trace", f"{_VERBS}.trace", "Follow a packet to a service through the real rules", _TROUBLE),
    Entry("apply", f"{_VERBS}.apply", "Make the cluster's objects as files say", _ADVANCED),
    Entry("replace", f"{_VERBS}.replace", "Put objects in place of those of the same name", _ADVANCED),
    Entry("diff", f"{_VERBS}.diff", "Show what apply would change", _ADVANCED),
    Entry("kustomize", f"{_VERBS}.kustomize", "Build a kustomization and print its objects", _ADVANCED),
    Entry("auth", f"{_VERBS}.auth", "Inspect authorization", _TROUBLE),
    Entry("attach", f"{_VERBS}.attach", "Join a running container", _TROUBLE),
    Entry("port-forward", f"{_VERBS}.port_forward", "Forward local ports to a pod", _TROUBLE),
    Entry("cp", f"{_VERBS}.cp", "Copy files from and to containers", _TROUBLE),
    Entry("completion", f"{_VERBS}.completion", "Print the completion script of a shell", _SETTINGS),
    Entry("plugin", f"{_VERBS}.plugin", "Show the plugins that are on PATH", _OTHER),
    Entry("api-resources", f"{_VERBS}.api_resources", "Show the types of resource that the server serves", _OTHER),
    Entry("api-versions", f"{_VERBS}.api_versions", "Show the API versions that the server serves", _OTHER),
    Entry("config", f"{_VERBS}.config", "Change the kubeconfig", _OTHER),
    Entry("version", f"{_VERBS}.version", "Show the versions of client and server", _OTHER),
    Entry("options", f"{_VERBS}.options", "List the flags that every command takes", _OTHER),
)

REFUSED = frozenset(("debug", "kuberc", "proxy"))

ROOT = VerbGroup(
    PROGRAM, COMMANDS, summary="pykubectl controls a Kubernetes cluster, with kubectl's own words", refused=REFUSED
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return the exit code; errors are printed here and nowhere else."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away; nothing may be written any more, not even by the interpreter's exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except CommandError as error:
        _complain(str(error))
        return error.exit_code
    except MinikubeError as error:
        _complain(f"error: {error}")
        return 1
    return code


def _run(words: list[str]) -> int:
    """Run a verb, or become the plugin that stands for a word that is none."""
    if words[:1] == ["__complete"]:
        from minikube_py.cli.verbs.complete import complete

        return complete(ROOT, words[1:])
    position = first_word(words, ROOT.params)
    if position is not None and ROOT.get_command_named(words[position]) is None:
        from minikube_py.cli.verbs.plugin import find_plugin, run_plugin

        if position and find_plugin(words[position].replace("-", "_")) is not None:
            raise CommandError(f"flags cannot be placed before plugin name: {words[0]}")
        run_plugin(words[position:])
    return ROOT.main_with(words)


def _complain(text: str) -> None:
    sys.stdout.flush()
    if text:
        print(text.removesuffix("\n"), file=sys.stderr)

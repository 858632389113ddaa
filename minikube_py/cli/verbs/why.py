"""pykubectl why: what an object waits for, who would act next, since when, and what shows it.

    why pod/web-1     why deployment/web     why service/web     why node/node1     why denied delete pods/web --as=ann

This gathers the facts; `minikube_py/diagnosis` decides. kubectl has no such verb.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.resource import Resource
from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import PROGRAM, CommandError, ConnectionRefused, ServerError
from minikube_py.cli.explanation_text import explanation_text
from minikube_py.cli.flags import flag
from minikube_py.cli.gathering import gather
from minikube_py.cli.resource_arguments import Listing, Selection, Target, fetch, resolve
from minikube_py.diagnosis.components import explain_no_server
from minikube_py.diagnosis.explanation import Explanation
from minikube_py.diagnosis.facts import Facts
from minikube_py.diagnosis.nodes import explain_node
from minikube_py.diagnosis.pods import explain_pod
from minikube_py.diagnosis.services import explain_service
from minikube_py.diagnosis.workloads import explain_deployment, explain_replica_set

_EXPLAINERS: Mapping[type[Resource], Callable[[Facts, Any], Explanation]] = {
    Pod: explain_pod,
    Deployment: explain_deployment,
    ReplicaSet: explain_replica_set,
    Service: explain_service,
    Node: explain_node,
}


@dataclass(frozen=True)
class QuestionFlags:
    """What why, trace and timeline take; without slots, so that they can add to it."""

    output: str = flag("", "o", "Output format: json, or text if nothing is said.")


@dataclass(frozen=True)
class WhyFlags(QuestionFlags):
    """What why takes."""

    filename: str = flag("", "f", "With denied: the object of the request; it is tried and not stored.")


def why(call: Invocation[WhyFlags]) -> int:
    """Explain the objects that the words name; exit code 1 when one of them is not as it should be."""
    check_output(call.flags.output)
    try:
        explanations = _explanations(call)
    except ConnectionRefused as error:
        explanations = [explain_no_server(" ".join(call.words), call.session.config.server, error.message)]
    except ServerError as error:
        explanations = _explain_refusal(call, error)
    if call.flags.output == "json":
        documents = [each.to_dict() for each in explanations]
        print(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))
    else:
        sys.stdout.write("\n".join(explanation_text(each) for each in explanations))
    return 0 if all(each.is_fine for each in explanations) else 1


def _explanations(call: Invocation[WhyFlags]) -> list[Explanation]:
    if call.words[:1] == ("denied",):
        from minikube_py.cli.denial import explain_denied

        return [explain_denied(call.session, call.words[1:], call.flags.filename)]
    return [_explain(call, target) for target in _targets(call)]


def _explain_refusal(call: Invocation[WhyFlags], error: ServerError) -> list[Explanation]:
    """Who may not even look is told why not. Raises: the error, where it is another."""
    if error.code not in (401, 403) or call.words[:1] == ("denied",):
        raise error
    from minikube_py.cli.denial import explain_denied

    word = "/".join(call.words[:2]) if "/" not in call.words[0] else call.words[0]
    return [explain_denied(call.session, ("get", word), "")]


def check_output(output: str) -> None:
    """Raises: CommandError."""
    if output not in ("", "json"):
        raise CommandError(
            f'unable to match a printer suitable for the output format "{output}", allowed formats are: json'
        )


def _targets(call: Invocation[WhyFlags]) -> list[Target]:
    if not call.words:
        raise call.usage_error("You must specify what to explain: pod/NAME, deployment/NAME, service/NAME, node/NAME")
    found = resolve(call.session, Selection(words=call.words, requires_selector=True))
    targets = [each for each in found if not isinstance(each, Listing)]
    for target in targets:
        if _kind_of(target) is None:
            known = ", ".join(sorted(kind.definition.singular for kind in _EXPLAINERS))
            raise CommandError(f"why does not know {target.resource.full_name}; it explains: {known}, and `denied`")
    return targets


def _kind_of(target: Target) -> type[Resource] | None:
    resource = target.resource
    return next(
        (k for k in _EXPLAINERS if (k.definition.group, k.definition.kind) == (resource.group, resource.kind)), None
    )


def _explain(call: Invocation[WhyFlags], target: Target) -> Explanation:
    kind = _kind_of(target)
    assert kind is not None
    subject = kind.from_dict(fetch(call.session, target))
    return _EXPLAINERS[kind](gather(call.session, target.namespace or "default"), subject)


COMMAND = Verb(
    "why",
    why,
    WhyFlags,
    summary="Explain what an object waits for, and who would act next",
    usage="why (TYPE NAME | TYPE/NAME ... | denied VERB (TYPE | TYPE/NAME | URL) | denied -f FILENAME)",
    examples=f"\n# Why is my pod pending?\n{PROGRAM} why pod/web-1\n\n# Who refuses this to ann, and by which rule?\n"
    f"{PROGRAM} why denied delete pods/web-1 --as=ann\n",
)

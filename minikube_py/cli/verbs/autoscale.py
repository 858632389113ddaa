"""pykubectl autoscale: a horizontal pod autoscaler for a workload.

Kubernetes: kubectl pkg/cmd/autoscale.
"""

from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.errors import PROGRAM, CommandError, join_errors
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, Target, each, objects
from minikube_py.cli.writing import Results, WriteFlags
from minikube_py.client.yaml_text import Document

_PERCENT_GONE = (
    "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for "
    "utilization or '500m' for milliCPU)."
)


@dataclass(frozen=True)
class AutoscaleFlags(WriteFlags, FilenameFlags):
    """What autoscale takes."""

    min: int = flag(-1, "", "The least number of pods.")
    max: int = flag(-1, "", "The greatest number of pods; required.")
    cpu: str = flag("", "", "The average use of CPU to keep: 70% of what is requested, or 500m.")
    memory: str = flag("", "", "The average use of memory to keep: 70% of what is requested, or 200Mi.")
    cpu_percent: int = flag(-1, "", "Deprecated; use --cpu.")
    name: str = flag("", "", "The autoscaler's name; by default the workload's.")


def autoscale(call: Invocation[AutoscaleFlags]) -> None:
    """Create an autoscaler for each workload."""
    flags = call.flags
    if "cpu-percent" in call.given:
        call.session.warn(_PERCENT_GONE)
    if "max" not in call.given:
        raise CommandError('required flag(s) "max" not set')
    _check(flags)
    results = Results.of(call.session, flags, "kubectl-autoscale")

    def act(target: Target) -> None:
        if "scale" not in target.resource.subresources:
            where = f"{target.resource.group}/{target.resource.version}, Resource={target.resource.plural}"
            raise CommandError(
                f"cannot autoscale a {target.resource.kind}: could not find scale subresource for {where} in discovery "
                "information"
            )
        document = autoscaler_document(target, flags)
        if not results.is_client_dry_run:
            path = f"/apis/autoscaling/v2/namespaces/{target.namespace}/horizontalpodautoscalers"
            document = call.session.connection.ask(Request("POST", path, results.query, document)).json()
        results.tell(document, "created" if results.is_client_dry_run else "autoscaled")

    if not each(objects(call.session, Selection(call.words, flags.filename, flags.recursive, flags.kustomize)), act):
        raise CommandError("no objects passed to autoscale")


def _check(flags: AutoscaleFlags) -> None:
    problems: list[CommandError] = []
    if flags.max < 1:
        problems.append(CommandError(f"--max=MAXPODS is required and must be at least 1, max: {flags.max}"))
    if flags.max < flags.min:
        said = f"--max=MAXPODS must be larger or equal to --min=MINPODS, max: {flags.max}, min: {flags.min}"
        problems.append(CommandError(said))
    if flags.cpu and flags.cpu_percent >= 0:
        problems.append(CommandError("--cpu-percent and --cpu are mutually exclusive"))
    if problems:
        raise join_errors(problems)


def autoscaler_document(target: Target, flags: AutoscaleFlags) -> Document:
    """Make the autoscaler of a workload.

    Raises: CommandError for an amount that is none.
    """
    wanted = {"cpu": flags.cpu or (f"{flags.cpu_percent}%" if flags.cpu_percent >= 0 else ""), "memory": flags.memory}
    metrics = [_metric(name, amount) for name, amount in wanted.items() if amount]
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": flags.name or target.name},
        "spec": {
            "maxReplicas": flags.max,
            **({"metrics": metrics} if metrics else {}),
            **({"minReplicas": flags.min} if flags.min > 0 else {}),
            "scaleTargetRef": {
                "apiVersion": target.resource.api_version,
                "kind": target.resource.kind,
                "name": target.name,
            },
        },
        "status": {"currentMetrics": None, "desiredReplicas": 0},
    }


def _metric(name: str, amount: str) -> Document:
    if amount.endswith("%"):
        if not amount[:-1].isdigit():
            raise CommandError(f"invalid percentage value: {amount[:-1]}")
        target: Document = {"averageUtilization": int(amount[:-1]), "type": "Utilization"}
    else:
        target = {"averageValue": amount, "type": "AverageValue"}
    return {"resource": {"name": name, "target": target}, "type": "Resource"}


COMMAND = Verb(
    "autoscale",
    autoscale,
    AutoscaleFlags,
    summary="Let the number of pods follow the load",
    usage="autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=COUNT] --max=COUNT [--cpu=AMOUNT]",
    examples=f"""
# Between two and ten pods, at 80 percent
{PROGRAM} autoscale deployment web --min=2 --max=10 --cpu=80%
""",
)

"""pykubectl create job and create cronjob.

Kubernetes: kubectl pkg/cmd/create/create_job.go, create_cronjob.go.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.creating import CreateFlags, create_generated, one_name, words_after_dash
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.client.yaml_text import Document

_JOBS = ResourceType("batch", "v1", "jobs", "Job", is_namespaced=True)
_CRON_JOBS = ResourceType("batch", "v1", "cronjobs", "CronJob", is_namespaced=True)


@dataclass(frozen=True)
class JobFlags(CreateFlags):
    """What create job takes."""

    image: str = flag("", "", "The image to run.")
    from_: str = flag("", "", "Take the template of this cron job, as in cronjob/NAME.", name="from")


@dataclass(frozen=True)
class CronJobFlags(CreateFlags):
    """What create cronjob takes."""

    image: str = flag("", "", "The image to run; required.")
    schedule: str = flag("", "", "When, in cron's words, such as '*/5 * * * *'; required.")
    restart: str = flag("", "", "The pod's restart policy: OnFailure or Never.")


def create_job(call: Invocation[JobFlags]) -> None:
    """Create a job from an image, or from a cron job's template."""
    flags = call.flags
    name, command = one_name(call), words_after_dash(call)
    if bool(flags.image) == bool(flags.from_):
        raise CommandError("either --image or --from must be specified")
    if flags.from_ and command:
        raise CommandError("cannot specify --from and command")
    document = _from_cron_job(call, name) if flags.from_ else job_document(name, flags.image, command)
    create_generated(call, _JOBS, document, "failed to create job: ")


def create_cron_job(call: Invocation[CronJobFlags]) -> None:
    """Create a cron job from an image."""
    flags = call.flags
    missing = [f'"{name}"' for name in ("image", "schedule") if name not in call.given]
    if missing:
        raise CommandError(f"required flag(s) {', '.join(missing)} not set")
    name = one_name(call)
    spec = job_document(name, flags.image, words_after_dash(call), flags.restart or "OnFailure")["spec"]
    document = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name},
        "spec": {"jobTemplate": {"metadata": {"name": name}, "spec": spec}, "schedule": flags.schedule},
        "status": {},
    }
    create_generated(call, _CRON_JOBS, document, "failed to create cronjob: ")


def job_document(name: str, image: str, command: Sequence[str], restart: str = "Never") -> Document:
    """Make the job that runs an image once."""
    container: Document = {"image": image, "name": name, "resources": {}}
    if command:
        container["command"] = list(command)
    template = {"metadata": {}, "spec": {"containers": [container], "restartPolicy": restart}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": template},
        "status": {},
    }


def _from_cron_job(call: Invocation[JobFlags], name: str) -> Document:
    session = call.session
    type_word, slash, owner_name = call.flags.from_.partition("/")
    if not slash:
        raise CommandError("from must be an existing cronjob")
    resource = session.discovery.find(type_word)
    if (resource.group, resource.plural) != ("batch", "cronjobs"):
        raise CommandError("from must be an existing cronjob")
    owner = session.connection.get(resource.path(session.namespace, owner_name))
    template = owner["spec"]["jobTemplate"]
    given = template.get("metadata") or {}
    reference = {
        "apiVersion": "batch/v1",
        "controller": True,
        "kind": "CronJob",
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }
    metadata: Document = {
        "annotations": {"cronjob.kubernetes.io/instantiate": "manual", **(given.get("annotations") or {})},
        **({"labels": given["labels"]} if given.get("labels") else {}),
        "name": name,
        "ownerReferences": [reference],
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template["spec"], "status": {}}


COMMAND = Verb(
    "job",
    create_job,
    JobFlags,
    summary="Create a job",
    usage="job NAME (--image=IMAGE [-- COMMAND [ARGUMENTS ...]] | --from=cronjob/NAME)",
    examples=f"""
# Run the date once
{PROGRAM} create job today --image=busybox -- date
""",
)
CRON_JOB = Verb(
    "cronjob",
    create_cron_job,
    CronJobFlags,
    summary="Create a cron job",
    usage="cronjob NAME --image=IMAGE --schedule=WHEN [-- COMMAND [ARGUMENTS ...]]",
)

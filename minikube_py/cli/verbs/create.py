"""pykubectl create: the objects of files, or one object made from flags by a verb of its own.

Kubernetes: kubectl pkg/cmd/create.
Simplified: --edit and --raw are not known.
"""

from dataclasses import dataclass

from minikube_py.cli.command import Entry, Invocation, Verb, VerbGroup
from minikube_py.cli.connection import Request
from minikube_py.cli.creating import CreateFlags
from minikube_py.cli.errors import CommandError, ServerError, join_errors
from minikube_py.cli.flags import flag
from minikube_py.cli.manifests import Manifest, act_on_each, labelled
from minikube_py.cli.resource_arguments import FilenameFlags, manifest_target, manifests_of
from minikube_py.cli.writing import Results, put_in_front, validation_query


@dataclass(frozen=True)
class CreateFilesFlags(CreateFlags, FilenameFlags):
    """What create takes."""

    selector: str = flag("", "l", "Only the files' objects whose labels match.")


def create(call: Invocation[CreateFilesFlags]) -> None:
    """Create every object of the files; one that fails does not stop the others."""
    flags = call.flags
    if call.words:
        raise call.usage_error(f"Unexpected args: [{' '.join(call.words)}]")
    flags.require_files()
    results = Results.of(call.session, flags, "kubectl-create")
    manifests = labelled(manifests_of(call.session, flags), flags.selector)
    count, failures = act_on_each(manifests, lambda manifest: _create_one(call, manifest, results))
    if failures:
        raise join_errors(failures)
    if not count:
        raise CommandError("no objects passed to create")


def _create_one(call: Invocation[CreateFilesFlags], manifest: Manifest, results: Results) -> None:
    target = manifest_target(call.session, manifest)
    document = manifest.document
    if target.namespace:
        document = {**document, "metadata": {**manifest.metadata, "namespace": target.namespace}}
    if call.flags.save_config:
        from minikube_py.cli.last_applied import with_last_applied

        document = with_last_applied(document)
    if not results.is_client_dry_run:
        query = {**results.query, **validation_query(call.flags.validate)}
        path = target.resource.path(target.namespace)
        try:
            document = call.session.connection.ask(Request("POST", path, query, document)).json()
        except ServerError as error:
            raise put_in_front(error, f'error when creating "{manifest.source}"') from error
    results.tell(document, "created")


_HERE = "minikube_py.cli.verbs"
DEFAULT = Verb(
    "create",
    create,
    CreateFilesFlags,
    summary="Create objects from files, or one from flags",
    usage="create (-f FILENAME | TYPE NAME [flags])",
)
_ACCESS, _POLICY = f"{_HERE}.create_access", f"{_HERE}.create_policy"
COMMAND = VerbGroup(
    "create",
    (
        Entry("clusterrole", _ACCESS, "Create a cluster role", attribute="CLUSTER_ROLE"),
        Entry("clusterrolebinding", _ACCESS, "Give a cluster role everywhere", attribute="CLUSTER_ROLE_BINDING"),
        Entry(
            "configmap",
            f"{_HERE}.create_configuration",
            "Create a config map from literals or files",
            attribute="CONFIGMAP",
            aliases=("cm",),
        ),
        Entry("cronjob", f"{_HERE}.create_job", "Create a cron job", attribute="CRON_JOB", aliases=("cj",)),
        Entry("deployment", f"{_HERE}.create_deployment", "Create a deployment", aliases=("deploy",)),
        Entry("ingress", f"{_HERE}.create_ingress", "Create an ingress", aliases=("ing",)),
        Entry("job", f"{_HERE}.create_job", "Create a job"),
        Entry("namespace", f"{_HERE}.create_plain", "Create a namespace", attribute="NAMESPACE", aliases=("ns",)),
        Entry(
            "poddisruptionbudget",
            _POLICY,
            "Keep evictions from taking too many pods",
            attribute="BUDGET",
            aliases=("pdb",),
        ),
        Entry("priorityclass", _POLICY, "Create a priority class", attribute="PRIORITY_CLASS", aliases=("pc",)),
        Entry("quota", _POLICY, "Limit what a namespace may use", attribute="QUOTA", aliases=("resourcequota",)),
        Entry("role", _ACCESS, "Create a role", attribute="ROLE"),
        Entry("rolebinding", _ACCESS, "Give a role within one namespace", attribute="ROLE_BINDING"),
        Entry("secret", f"{_HERE}.create_configuration", "Create a secret", attribute="SECRET"),
        Entry("service", f"{_HERE}.create_service", "Create a service", aliases=("svc",)),
        Entry(
            "serviceaccount",
            f"{_HERE}.create_plain",
            "Create a service account",
            attribute="SERVICE_ACCOUNT",
            aliases=("sa",),
        ),
        Entry("token", f"{_HERE}.create_token", "Ask for a service account's token"),
    ),
    summary="Create objects from files or flags",
    default=DEFAULT,
)

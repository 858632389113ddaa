"""pykubectl api-versions.

Kubernetes: kubectl pkg/cmd/apiresources/apiversions.go.
"""

from minikube_py.cli.command import Invocation, NoFlags, Verb


def api_versions(call: Invocation[NoFlags]) -> None:
    """Print every group version that is served, sorted."""
    if call.words:
        raise call.usage_error(f"unexpected arguments: [{' '.join(call.words)}]")
    print("\n".join(sorted({resource.api_version for resource in call.session.discovery.all_versions})))


COMMAND = Verb(
    "api-versions",
    api_versions,
    NoFlags,
    summary="Show the API versions that the server serves",
    usage="api-versions",
)

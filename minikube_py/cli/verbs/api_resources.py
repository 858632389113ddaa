"""pykubectl api-resources.

Kubernetes: kubectl pkg/cmd/apiresources/apiresources.go.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.output import json_text, parse_format, yaml_text
from minikube_py.cli.tabular import ColumnWriter
from minikube_py.client.yaml_text import Document


@dataclass(frozen=True, slots=True)
class ApiResourcesFlags:
    """What api-resources takes."""

    api_group: str = flag("", "", "Only the types of this group.")
    cached: bool = flag(False, "", "Accepted for kubectl's sake; there is no cache.")
    categories: tuple[str, ...] = flag((), "", "Only the types of these categories.")
    namespaced: bool = flag(True, "", "Only types that live in namespaces, or with =false only the others.")
    no_headers: bool = flag(False, "", "Leave out the headers.")
    output: str = flag("", "o", "Output format: wide, name, json or yaml.")
    sort_by: str = flag("", "", "Sort by name or kind.")
    verbs: tuple[str, ...] = flag((), "", "Only the types that know all of these verbs.")


def api_resources(call: Invocation[ApiResourcesFlags]) -> None:
    """Print the served types."""
    flags = call.flags
    if call.words:
        raise call.usage_error(f"unexpected arguments: [{' '.join(call.words)}]")
    chosen = parse_format(flags.output, allowed="json,name,wide,yaml")
    if flags.sort_by not in ("", "name", "kind"):
        raise CommandError("--sort-by accepts only name or kind")
    found = sorted(call.session.discovery.preferred, key=_order)
    shown = [resource for resource in found if _is_wanted(resource, flags, "namespaced" in call.given)]
    if flags.sort_by:
        shown.sort(key=lambda r: r.kind if flags.sort_by == "kind" else r.plural)
    if chosen.name == "name":
        print("".join(f"{resource.full_name}\n" for resource in shown), end="")
    elif chosen.is_table:
        sys.stdout.write(ColumnWriter().format(_rows(shown, chosen.name == "wide", flags.no_headers)))
    else:
        document = _document(shown)
        sys.stdout.write(json_text(document, sort_keys=False) if chosen.name == "json" else yaml_text(document))


def _order(resource: ResourceType) -> tuple[str, str]:
    return (resource.group, resource.plural)


def _is_wanted(resource: ResourceType, flags: ApiResourcesFlags, by_scope: bool) -> bool:
    return (
        (not flags.api_group or resource.group == flags.api_group)
        and (not by_scope or resource.is_namespaced == flags.namespaced)
        and set(flags.verbs) <= set(resource.verbs)
        and set(flags.categories) <= set(resource.categories)
    )


def _rows(resources: Iterable[ResourceType], wide: bool, no_headers: bool) -> list[list[str]]:
    headers = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", *(["VERBS", "CATEGORIES"] if wide else [])]
    rows = [] if no_headers else [headers]
    for resource in resources:
        more = [",".join(resource.verbs), ",".join(resource.categories)] if wide else []
        is_namespaced = str(resource.is_namespaced).lower()
        names = ",".join(resource.short_names)
        rows.append([resource.plural, names, resource.api_version, is_namespaced, resource.kind, *more])
    return rows


def _document(resources: Iterable[ResourceType]) -> Document:
    listed = []
    for resource in resources:
        entry = {
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.is_namespaced,
            "group": resource.group,
            "version": resource.version,
            "kind": resource.kind,
            "verbs": list(resource.verbs),
            "shortNames": list(resource.short_names),
            "categories": list(resource.categories),
        }
        listed.append({name: value for name, value in entry.items() if value not in ("", [])})
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "", "resources": listed}


COMMAND = Verb(
    "api-resources",
    api_resources,
    ApiResourcesFlags,
    summary="Show the types of resource that the server serves",
    usage="api-resources [--namespaced=BOOL] [--api-group=GROUP] [-o wide|name|json|yaml]",
)

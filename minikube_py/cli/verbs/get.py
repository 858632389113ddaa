"""pykubectl get: lists, single objects, watches, raw paths.

People get the server's tables; every other -o asks for whole objects and prints them with `output`.

Kubernetes: kubectl pkg/cmd/get.
Simplified: no --server-print=false.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import TABLE, Request
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import PROGRAM, CommandError, PlainError, ServerError, join_errors
from minikube_py.cli.flags import flag
from minikube_py.cli.manifests import ManifestError
from minikube_py.cli.output import Format, OutputFlags, Printer, list_of, make_printer, parse_format
from minikube_py.cli.resource_arguments import (
    CHUNK_SIZE,
    FilenameFlags,
    Listing,
    Selection,
    SelectorFlags,
    Target,
    fetch,
    list_objects,
    resolve,
)
from minikube_py.cli.sorting import sort_documents, sort_rows
from minikube_py.cli.tables import TableOptions, TablePrinter
from minikube_py.client.yaml_text import Document


@dataclass(frozen=True)
class GetFlags(OutputFlags, SelectorFlags, FilenameFlags):
    """What get takes."""

    watch: bool = flag(False, "w", "After showing the objects, go on with their changes.")
    watch_only: bool = flag(False, "", "Show changes only.")
    output_watch_events: bool = flag(False, "", "Say for each change whether it added, modified or deleted.")
    no_headers: bool = flag(False, "", "Leave out the headers.")
    show_labels: bool = flag(False, "", "Show all labels in a last column.")
    label_columns: tuple[str, ...] = flag((), "L", "Show these labels as columns.")
    show_kind: bool = flag(False, "", "Put the type in front of each name.")
    sort_by: str = flag("", "", "A JSONPath of the field to sort by, such as .metadata.creationTimestamp.")
    ignore_not_found: bool = flag(False, "", "Exit 0 without a word when an object is missing.")
    chunk_size: int = flag(CHUNK_SIZE, "", "How many objects to ask for at once; 0 asks for all.")
    raw: str = flag("", "", "A path of the server to show as it answers.")
    subresource: str = flag("", "", "A subresource to show: status or scale.")
    server_print: bool = flag(True, "", "Let the server make the columns; else they are NAME and AGE.")


@dataclass(frozen=True, slots=True)
class TableGroup:
    """Everything of one type that goes into one table."""

    resource: ResourceType
    wanted: tuple[Target | Listing, ...]


def get(call: Invocation[GetFlags]) -> int:
    """Show objects."""
    flags = call.flags
    if "raw" in call.given:
        return _raw(call)
    chosen = _checked_format(call)
    printer = None
    if not chosen.is_table:
        printer = make_printer(chosen, keep_managed_fields=flags.show_managed_fields, no_headers=flags.no_headers)
    try:
        wanted = resolve(call.session, _selection(call))
    except ManifestError as error:
        raise PlainError(error.message) from error
    if flags.watch or flags.watch_only:
        from minikube_py.cli.watching import WatchView, follow

        return follow(call.session, wanted, WatchView.of(flags, chosen, printer))
    return _show_documents(call, wanted, printer) if printer else _show_tables(call, chosen, wanted)


def _checked_format(call: Invocation[GetFlags]) -> Format:
    flags = call.flags
    if not call.words and not flags.filename and not flags.kustomize:
        raise _nothing_asked(call)
    if flags.output_watch_events and not (flags.watch or flags.watch_only):
        raise call.usage_error("--output-watch-events option can only be used with --watch or --watch-only")
    return parse_format(flags.output, flags.template)


def _show_documents(call: Invocation[GetFlags], wanted: list[Target | Listing], printer: Printer) -> int:
    documents, failures = _documents(call, wanted)
    if call.flags.sort_by:
        documents = sort_documents(documents, call.flags.sort_by)
    means_one = len(wanted) == 1 and isinstance(wanted[0], Target)
    if means_one and documents:
        sys.stdout.write(printer(documents[0]))
    elif documents or not (failures or call.flags.ignore_not_found):
        sys.stdout.write(printer(list_of(documents)))
    if failures:
        raise join_errors(failures)
    return 0


def _selection(call: Invocation[GetFlags]) -> Selection:
    flags = call.flags
    return Selection(
        words=call.words,
        filenames=flags.filename,
        recursive=flags.recursive,
        kustomize=flags.kustomize,
        label_selector=flags.selector,
        field_selector=flags.field_selector,
        all_namespaces=flags.all_namespaces,
        requires_selector=False,
        chunk_size=flags.chunk_size,
    )


def _nothing_asked(call: Invocation[GetFlags]) -> PlainError:
    return PlainError(
        f'You must specify the type of resource to get. Use "{PROGRAM} api-resources" for a complete list of '
        "supported resources.\n\n"
        "error: Required resource not specified.\n"
        f'Use "{PROGRAM} explain <resource>" for a detailed description of that resource '
        f"(e.g. {PROGRAM} explain pods).\n"
        f"See '{call.command_path} -h' for help and examples"
    )


def _raw(call: Invocation[GetFlags]) -> int:
    path = call.flags.raw
    if call.words or call.flags.filename or call.flags.kustomize:
        raise CommandError("arguments may not be passed when --raw is specified")
    if not path.startswith("/"):
        raise CommandError(f'--raw must be a valid URL path: parse "{path}": invalid URI for request')
    sys.stdout.flush()
    for piece in call.session.connection.stream(Request("GET", path, accept="application/json, */*")):
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    return 0


def _documents(call: Invocation[GetFlags], wanted: list[Target | Listing]) -> tuple[list[Document], list[CommandError]]:
    """Ask for whole objects."""
    documents: list[Document] = []
    failures: list[CommandError] = []
    chunk_size = 0 if call.flags.sort_by else call.flags.chunk_size
    for found in wanted:
        try:
            if isinstance(found, Listing):
                documents += [t.document for t in list_objects(call.session, found, chunk_size) if t.document]
            else:
                documents.append(fetch(call.session, _with_subresource(call, found)))
        except ServerError as error:
            if not (call.flags.ignore_not_found and error.is_not_found):
                failures.append(_explain_selector(error, found))
    return documents, failures


def _with_subresource(call: Invocation[GetFlags], target: Target) -> Target:
    return replace(target, subresource=call.flags.subresource)


def _show_tables(call: Invocation[GetFlags], chosen: Format, wanted: list[Target | Listing]) -> int:
    failures: list[CommandError] = []
    groups = list(_grouped(wanted))
    tables = [_table(call, group, failures) for group in groups]
    is_mixed = sum("columnDefinitions" in table for table in tables) > 1
    has_printed = with_namespace = False
    for group, table in zip(groups, tables, strict=True):
        if not table["rows"]:
            continue
        options = table_options(call.flags, chosen, group.resource, is_mixed)
        # As in kubectl, the NAMESPACE column stays for what follows the first type that has it.
        with_namespace = with_namespace or options.with_namespace
        printer = TablePrinter(replace(options, with_namespace=with_namespace))
        text = printer.render(sort_rows(table, call.flags.sort_by) if call.flags.sort_by else table)
        sys.stdout.write(f"\n{text}" if has_printed and not call.flags.no_headers else text)
        has_printed = True
    if failures:
        raise join_errors(failures)
    if not has_printed and not call.flags.ignore_not_found:
        is_all_namespaced = all(group.resource.is_namespaced for group in groups)
        place = f" in {call.session.namespace} namespace." if is_all_namespaced else ""
        call.session.warn(f"No resources found{'' if call.flags.all_namespaces else place}")
    return 0


def table_options(flags: GetFlags, chosen: Format, resource: ResourceType, is_mixed: bool) -> TableOptions:
    """Say how the table of one type is to look."""
    return TableOptions(
        wide=chosen.name == "wide",
        no_headers=flags.no_headers,
        with_namespace=flags.all_namespaces and resource.is_namespaced,
        kind_prefix=resource.singular_name if is_mixed or flags.show_kind else "",
        show_labels=flags.show_labels,
        label_columns=flags.label_columns,
    )


def _grouped(wanted: list[Target | Listing]) -> Iterator[TableGroup]:
    """Put neighbours of the same type into one table."""
    pending: list[Target | Listing] = []
    for found in wanted:
        if pending and pending[0].resource != found.resource:
            yield TableGroup(pending[0].resource, tuple(pending))
            pending = []
        pending.append(found)
    if pending:
        yield TableGroup(pending[0].resource, tuple(pending))


def _table(call: Invocation[GetFlags], group: TableGroup, failures: list[CommandError]) -> Document:
    merged: Document = {"rows": []}
    for found in group.wanted:
        try:
            for page in _pages(call, found):
                merged["columnDefinitions"] = page.get("columnDefinitions") or merged.get("columnDefinitions")
                merged["rows"] += page.get("rows") or []
        except ServerError as error:
            if not (call.flags.ignore_not_found and error.is_not_found):
                failures.append(_explain_selector(error, found))
    return merged


def _pages(call: Invocation[GetFlags], found: Target | Listing) -> Iterator[Document]:
    flags = call.flags
    if not flags.server_print:
        yield _plain_table(call, found)
        return
    include = "Object" if flags.sort_by else ""
    if isinstance(found, Target):
        yield fetch(call.session, _with_subresource(call, found), TABLE, {"includeObject": include})
        return
    query: dict[str, str | int] = {
        "labelSelector": found.label_selector,
        "fieldSelector": found.field_selector,
        "includeObject": include,
        "limit": "" if flags.sort_by else flags.chunk_size or "",
    }
    token = ""
    while True:
        page: Document = call.session.connection.get(
            found.resource.path(found.namespace), {**query, "continue": token}, TABLE
        )
        yield page
        token = (page.get("metadata") or {}).get("continue", "")
        if not token:
            return


def _plain_table(call: Invocation[GetFlags], found: Target | Listing) -> Document:
    """A table of what every object has, made here."""
    from minikube_py.cli.ages import age

    if isinstance(found, Target):
        documents = [fetch(call.session, _with_subresource(call, found))]
    else:
        documents = [t.document for t in list_objects(call.session, found, call.flags.chunk_size) if t.document]
    if not documents:
        return {}
    return {
        "columnDefinitions": [{"name": "Name", "format": "name"}, {"name": "Age"}],
        "rows": [
            {"cells": [one["metadata"].get("name", ""), age(one["metadata"].get("creationTimestamp"))], "object": one}
            for one in documents
        ],
    }


def _explain_selector(error: ServerError, found: Target | Listing) -> ServerError:
    """Say which selector the server could not read, as kubectl does."""
    if error.reason != "BadRequest" or isinstance(found, Target):
        return error
    if not found.label_selector and not found.field_selector:
        return error
    resource = found.resource
    message = (
        f'Unable to find "{resource.group}/{resource.version}, Resource={resource.plural}" that match label selector '
        f'"{found.label_selector}", field selector "{found.field_selector}": {error.status.get("message", "")}'
    )
    return ServerError(error.code, {**error.status, "message": message}, message)


COMMAND = Verb(
    "get",
    get,
    GetFlags,
    summary="Show one or many resources",
    usage="get (TYPE[.VERSION][.GROUP] [NAME | -l LABEL] | TYPE/NAME ...)",
    examples=f"""
# The pods of the namespace
{PROGRAM} get pods

# One deployment with more columns
{PROGRAM} get deployment web -o wide

# Deployments and services together, then their changes
{PROGRAM} get deployments,services
{PROGRAM} get pods -w

# The phase of each pod
{PROGRAM} get pods -o custom-columns=NAME:.metadata.name,PHASE:.status.phase
{PROGRAM} get pods -o jsonpath='{{.items[*].status.phase}}'
""",
)

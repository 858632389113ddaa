"""The query options of each verb, read and checked before anything is done.

Kubernetes: apimachinery/pkg/apis/meta/v1/{types.go,validation}, internalversion/validation
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from minikube_py.api.meta import DeleteOptions
from minikube_py.api.selectors import FieldSelector, Selector, SelectorError, parse_field_selector, parse_label_selector
from minikube_py.api.status import BadRequest, InternalError, invalid
from minikube_py.api.validation import FieldError, forbidden_value, invalid_value, required, too_long, unsupported_value

Query = Mapping[str, str]
"""The query of a URL, the last value of each name."""

META_GROUP = "meta.k8s.io"
_MAX_MANAGER_BYTES = 128


def is_true(query: Query, name: str) -> bool:
    """Whether a flag is set: as upstream, everything but `false` and `0` sets it, the empty text too."""
    return name in query and query[name].lower() not in ("false", "0")


@dataclass(frozen=True, slots=True)
class WriteOptions:
    dry_run: bool = False
    field_validation: str = "Warn"
    field_manager: str = ""
    force: bool = False


def write_options(query: Query, kind: str, *, is_apply: bool = False) -> WriteOptions:
    """The options of a create, update or patch; `kind` is how errors call them (`CreateOptions`).

    Raises: Invalid.
    """
    manager = query.get("fieldManager", "")
    errors = list(_dry_run_errors(query.get("dryRun")))
    validation = query.get("fieldValidation", "")
    if validation not in ("", "Ignore", "Strict", "Warn"):
        errors.append(unsupported_value("fieldValidation", validation, ("", "Ignore", "Strict", "Warn")))
    if is_apply and not manager:
        errors.append(required("fieldManager", "is required for apply patch"))
    if kind == "PatchOptions" and not is_apply and "force" in query:
        errors.append(forbidden_value("force", "may not be specified for non-apply patch"))
    if len(manager.encode()) > _MAX_MANAGER_BYTES:
        errors.append(too_long("fieldManager", _MAX_MANAGER_BYTES))
    if not manager.isprintable():
        errors.append(invalid_value("fieldManager", manager, "should not contain non-printable characters"))
    if errors:
        raise invalid(META_GROUP, kind, "", errors)
    is_dry_run, force = query.get("dryRun") == "All", is_apply and is_true(query, "force")
    return WriteOptions(is_dry_run, validation or "Warn", manager, force)


def _dry_run_errors(value: str | None) -> list[FieldError]:
    return [] if value in (None, "All") else [unsupported_value("dryRun", [value], ("All",))]


def check_delete_options(options: DeleteOptions) -> None:
    """Raises: Invalid."""
    errors = []
    if options.propagation_policy not in (None, "Foreground", "Background", "Orphan"):
        supported = ("Foreground", "Background", "Orphan", "nil")
        errors.append(unsupported_value("propagationPolicy", options.propagation_policy, supported))
    elif options.propagation_policy is not None and options.orphan_dependents is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        errors.append(invalid_value("propagationPolicy", options.propagation_policy, why))
    for value in options.dry_run:
        errors += _dry_run_errors(value)
    if errors:
        raise invalid(META_GROUP, "DeleteOptions", "", errors)


@dataclass(frozen=True, slots=True)
class ListOptions:
    labels: Selector
    fields: FieldSelector
    revision: int = 0
    is_revision_given: bool = False
    """False: the newest state is asked for. With revision 0 it is given and means: any state will do."""
    match: str = ""
    limit: int = 0
    continue_token: str = ""
    bookmarks: bool = False
    send_initial_events: bool | None = None
    timeout_s: int | None = None

    @property
    def is_exact(self) -> bool:
        """A list of exactly that version: asked for by name, or implied by `limit` beside a version."""
        return self.revision > 0 and (self.match == "Exact" or (self.limit > 0 and not self.match))


def list_options(query: Query, *, watch: bool) -> ListOptions:
    """The options of a list or watch. Raises: BadRequest, Invalid."""
    try:
        labels = parse_label_selector(query.get("labelSelector", ""))
        fields = parse_field_selector(query.get("fieldSelector", ""))
    except SelectorError as error:
        raise BadRequest(str(error)) from error
    options = ListOptions(
        labels=labels,
        fields=fields,
        match=query.get("resourceVersionMatch", ""),
        limit=max(integer(query["limit"]), 0) if query.get("limit") else 0,
        continue_token=query.get("continue", ""),
        bookmarks=is_true(query, "allowWatchBookmarks"),
        send_initial_events=is_true(query, "sendInitialEvents") if "sendInitialEvents" in query else None,
        timeout_s=integer(query["timeoutSeconds"]) if query.get("timeoutSeconds") else None,
    )
    revision_text = query.get("resourceVersion", "")
    errors = _watch_match_errors(options) if watch else _match_errors(options, revision_text)
    if errors:
        raise invalid(META_GROUP, "ListOptions", "", errors)
    if not revision_text:
        return options
    revision = parse_revision(revision_text, is_list=not watch)
    return replace(options, revision=revision, is_revision_given=True)


def parse_revision(text: str, *, is_list: bool) -> int:
    """A resourceVersion of a query. Raises: BadRequest for lists, otherwise (as upstream) InternalError."""
    is_number = text.isascii() and text.isdecimal()
    if is_number and len(text) < 20 and int(text) <= _MAX_INT64:
        return int(text)
    problem = "value out of range" if is_number else "invalid syntax"
    why = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": {problem}'
    if not is_list:
        error = InternalError(why)
        error.reason = ""  # type: ignore[misc]  # upstream answers this one without a reason
        raise error
    raise BadRequest(f"invalid resource version: {why}")


_MATCH = "resourceVersionMatch"
_BESIDE_CONTINUE = forbidden_value(_MATCH, "resourceVersionMatch is forbidden when continue is provided")


def _match_errors(options: ListOptions, revision: str) -> list[FieldError]:
    """What is wrong with the resourceVersionMatch of a list in its combinations."""
    match, errors = options.match, []
    if match and not revision:
        errors.append(forbidden_value(_MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
    if match and options.continue_token:
        errors.append(_BESIDE_CONTINUE)
    if match not in ("", "Exact", "NotOlderThan"):
        errors.append(unsupported_value(_MATCH, match, ("Exact", "NotOlderThan", "")))
    elif match == "Exact" and revision == "0":
        why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        errors.append(forbidden_value(_MATCH, why))
    if options.send_initial_events is not None:
        errors.append(forbidden_value("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    return errors


def _watch_match_errors(options: ListOptions) -> list[FieldError]:
    match = options.match
    if options.continue_token:
        return [_BESIDE_CONTINUE]
    if options.send_initial_events is not None and match != "NotOlderThan":
        errors = [forbidden_value(_MATCH, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")]
    elif options.send_initial_events is None and match:
        why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        errors = [forbidden_value(_MATCH, why)]
    else:
        return []
    return errors if match in ("", "NotOlderThan") else [*errors, unsupported_value(_MATCH, match, ("NotOlderThan",))]


_MAX_INT64 = (1 << 63) - 1
_INTEGER = re.compile("[-+]?[0-9]+", re.ASCII)


def integer(text: str) -> int:
    """A number of 64 bits. Raises: BadRequest."""
    if not _INTEGER.fullmatch(text):
        raise BadRequest(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if len(text) > 40 or not -_MAX_INT64 - 1 <= int(text) <= _MAX_INT64:
        raise BadRequest(f'strconv.ParseInt: parsing "{text}": value out of range')
    return int(text)

"""get -w: shows objects, then a row for each change, for as long as the user likes.

A stream that ends is opened again where it stopped; a server that has forgotten that place (410) is asked for the
whole list, of which only what changed meanwhile is shown.

Kubernetes: kubectl pkg/cmd/get/get.go (watch).
Simplified: nothing; kubectl itself ends when the server closes the stream.
"""

import json
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from minikube_py.cli.connection import JSON, TABLE, Request
from minikube_py.cli.errors import CommandError, ServerError
from minikube_py.cli.output import Format, Printer
from minikube_py.cli.resource_arguments import Listing, Target
from minikube_py.cli.session import Session
from minikube_py.cli.tables import TableOptions, TablePrinter
from minikube_py.client.yaml_text import Document

if TYPE_CHECKING:
    from minikube_py.cli.verbs.get import GetFlags


@dataclass(frozen=True, slots=True)
class WatchView:
    """How changes are shown: as table rows, or each as a document."""

    table: TableOptions
    printer: Printer | None
    skips_first_list: bool
    shows_events: bool
    with_namespace: bool

    @classmethod
    def of(cls, flags: "GetFlags", chosen: Format, printer: Printer | None) -> "WatchView":
        """Take what get's flags say."""
        options = TableOptions(
            wide=chosen.name == "wide",
            no_headers=flags.no_headers,
            show_labels=flags.show_labels,
            label_columns=flags.label_columns,
        )
        return cls(options, printer, flags.watch_only, flags.output_watch_events, flags.all_namespaces)


@dataclass(slots=True)
class _Follower:
    """What has been shown so far of one listing."""

    session: Session
    listing: Listing
    name: str
    view: WatchView
    tables: TablePrinter
    shown: dict[tuple[str, str], str] = field(default_factory=dict)
    revision: str = ""

    @property
    def accept(self) -> str:
        return JSON if self.view.printer else TABLE

    def query(self) -> dict[str, str]:
        by_name = f"metadata.name={self.name}" if self.name else ""
        selectors = [part for part in (by_name, self.listing.field_selector) if part]
        return {"labelSelector": self.listing.label_selector, "fieldSelector": ",".join(selectors)}

    def list_now(self, silent: bool = False) -> None:
        """Ask for everything and show what is new or has changed since it was last shown."""
        page = self.session.connection.get(self._path(), self.query(), self.accept)
        self.revision = page["metadata"]["resourceVersion"]
        rows = "rows" if page.get("kind") == "Table" else "items"
        news = [item for item in page.get(rows) or [] if self._is_news(_metadata_of(item), "ADDED")]
        if silent or not news:
            return
        if self.view.printer is None:
            self._write({**page, "rows": news}, "ADDED")
        else:
            for item in news:
                self._write(item, "ADDED")

    def watch_once(self) -> None:
        """Show changes until the stream ends.

        Raises: ServerError when the server reports an error in it, such as 410 Gone.
        """
        query = {**self.query(), "watch": "true", "resourceVersion": self.revision}
        for line in self.session.connection.lines(Request("GET", self._path(), query, accept=self.accept)):
            event = json.loads(line)
            if event["type"] == "ERROR":
                status = event["object"]
                raise ServerError(int(status.get("code") or 0), status, str(status.get("message") or ""))
            document = event["object"]
            shown = document["rows"][0] if document.get("kind") == "Table" and document.get("rows") else document
            if self._is_news(_metadata_of(shown), event["type"]):
                self._write(document, event["type"])

    def _path(self) -> str:
        return self.listing.resource.path(self.listing.namespace)

    def _is_news(self, metadata: dict[str, Any], event: str) -> bool:
        """Remember where the stream is, and tell whether the user has seen this change already."""
        revision = str(metadata.get("resourceVersion", ""))
        self.revision = max(self.revision, revision, key=_as_number)
        key = (metadata.get("namespace", ""), metadata.get("name", ""))
        if event == "DELETED":
            self.shown.pop(key, None)
            return True
        if event == "BOOKMARK" or (event == "ADDED" and self.shown.get(key) == revision):
            return False
        self.shown[key] = revision
        return True

    def _write(self, document: Document, event: str) -> None:
        sys.stdout.write(self._text(document, event))
        sys.stdout.flush()

    def _text(self, document: Document, event: str) -> str:
        if self.view.printer is None:
            return self.tables.render(document, event if self.view.shows_events else "")
        resource = self.listing.resource
        whole = {"apiVersion": resource.api_version, "kind": resource.kind, **document}
        if self.view.shows_events:
            return self.view.printer({"type": event, "object": whole})
        return self.view.printer(whole)


def follow(session: Session, wanted: list[Target | Listing], view: WatchView) -> int:
    """Show changes until the user interrupts.

    Raises: CommandError for more than one type, or when the server cannot be reached again.
    """
    if len(wanted) != 1:
        raise CommandError("you may only specify a single resource type")
    found = wanted[0]
    listing = found if isinstance(found, Listing) else Listing(found.resource, found.namespace)
    name = found.name if isinstance(found, Target) else ""
    options = replace(view.table, with_namespace=view.with_namespace and listing.resource.is_namespaced)
    follower = _Follower(session, listing, name, view, TablePrinter(options))
    if isinstance(found, Target):
        session.connection.get(found.path)
    follower.list_now(silent=view.skips_first_list)
    while True:
        try:
            follower.watch_once()
        except ServerError as error:
            if error.code != 410:
                raise
            follower.list_now()


def _metadata_of(item: dict[str, Any]) -> dict[str, Any]:
    """Find the metadata of an object, or of the object behind a table's row."""
    found = item.get("metadata") or (item.get("object") or {}).get("metadata")
    return found or {}


def _as_number(revision: str) -> int:
    return int(revision) if revision.isdigit() else 0

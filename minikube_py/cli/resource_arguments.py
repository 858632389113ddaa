"""What the words and selectors of a command line stand for: the grammar that all verbs share.

    TYPE [NAME ...]     TYPE1,TYPE2 [NAME ...]     TYPE/NAME ...     -f FILE     with -l, --field-selector, -A, --all

`resolve` answers with Targets (objects named by the user) and Listings (all of a type that match). A verb that works
on single objects calls `objects`, which asks the server and yields each Target with its current document; work that
fails for one object goes on with the next (`each`), and all failures are reported at the end.

Kubernetes: cli-runtime resource.Builder.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from minikube_py.cli.connection import JSON, Query
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError, join_errors
from minikube_py.cli.flags import flag
from minikube_py.cli.manifests import Manifest, ManifestError, read_kustomized, read_manifests
from minikube_py.cli.session import Session
from minikube_py.client.yaml_text import Document

CHUNK_SIZE = 500


@dataclass(frozen=True)
class FilenameFlags:
    """The flags that name manifests; without slots, so that verbs can combine it with other flag groups."""

    filename: tuple[str, ...] = flag((), "f", "Files, folders or URLs with manifests; - is standard input.")
    recursive: bool = flag(False, "R", "Read the folders named by -f with their sub-folders.")
    kustomize: str = flag("", "k", "A folder with a kustomization, instead of -f.")

    def require_files(self) -> None:
        """Raises: CommandError when neither -f nor -k is given."""
        if not self.filename and not self.kustomize:
            raise CommandError("must specify one of -f and -k")


@dataclass(frozen=True)
class SelectorFlags:
    """The flags that select objects of a type."""

    selector: str = flag("", "l", "Only objects whose labels match, such as app=web,tier!=db or 'app in (a, b)'.")
    field_selector: str = flag("", "", "Only objects whose fields match, such as status.phase=Running.")
    all_namespaces: bool = flag(False, "A", "The objects of all namespaces.")


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user asked for, before the server has been asked what it means."""

    words: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    recursive: bool = False
    kustomize: str = ""
    label_selector: str = ""
    field_selector: str = ""
    all_namespaces: bool = False
    all_of_type: bool = False
    requires_selector: bool = True
    chunk_size: int = CHUNK_SIZE


@dataclass(frozen=True, slots=True)
class Target:
    """One object; `manifest` is set when a file named it, `document` when the server has been asked for it."""

    resource: ResourceType
    namespace: str
    name: str
    document: Document | None = None
    manifest: Manifest | None = None
    subresource: str = ""

    @property
    def path(self) -> str:
        """The object's URL path."""
        return self.resource.path(self.namespace, self.name, self.subresource)

    @property
    def label(self) -> str:
        """How results name it: deployment.apps/web."""
        return f"{self.resource.singular_name}/{self.name}"


@dataclass(frozen=True, slots=True)
class Listing:
    """All objects of a type in a namespace ("" = all) that match the selectors."""

    resource: ResourceType
    namespace: str
    label_selector: str = ""
    field_selector: str = ""


def resolve(session: Session, selection: Selection) -> list[Target | Listing]:
    """Find what is meant; asks for discovery only.

    Raises: CommandError for words that fit no form, types that are not served, files that cannot be read.
    """
    if selection.filenames or selection.kustomize:
        if selection.words:
            raise CommandError(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"
            )
        files = FilenameFlags(selection.filenames, selection.recursive, selection.kustomize)
        return [manifest_target(session, manifest) for manifest in manifests_of(session, files, validating=False)]
    if any("/" in word for word in selection.words):
        return _pairs(session, selection)
    if not selection.words:
        raise CommandError(
            "You must provide one or more resources by argument or filename.\n"
            "Example resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n"
            "   '<resource> <name>'\n   '<resource>'"
        )
    return _types_and_names(session, selection)


def manifests_of(session: Session, flags: FilenameFlags, validating: bool = True) -> Iterator[Manifest]:
    """Yield every object that -f or -k names; `validating` as for `read_manifests`.

    Raises: CommandError
    """
    if not flags.kustomize:
        yield from read_manifests(flags.filename, flags.recursive, validating)
        return
    if flags.filename:
        raise CommandError("only one of -f or -k can be specified")
    if flags.recursive:
        raise CommandError("the -k flag can't be used with -f or -R")
    yield from read_kustomized(flags.kustomize, session.warn)


def objects(session: Session, selection: Selection) -> Iterator[Target]:
    """Yield each object that is meant, with the server's document of it.

    Raises: CommandError; objects that are missing are reported after the others have been yielded.
    """
    failures: list[CommandError] = []
    for found in resolve(session, selection):
        if isinstance(found, Listing):
            yield from list_objects(session, found, selection.chunk_size)
            continue
        try:
            yield replace(found, document=fetch(session, found))
        except ServerError as error:
            failures.append(error)
    if failures:
        raise join_errors(failures)


def fetch(session: Session, target: Target, accept: str = JSON, query: Query | None = None) -> Document:
    """Ask for one object; a missing one is looked into, because its namespace may be what is missing.

    Raises: ServerError.
    """
    try:
        document: Document = session.connection.get(target.path, query, accept)
    except ServerError as error:
        if error.is_not_found and target.namespace and _is_namespace_missing(session, target.namespace):
            status = {"reason": "NotFound", "code": 404}
            raise ServerError(404, status, f'namespaces "{target.namespace}" not found') from error
        raise
    return document


def _is_namespace_missing(session: Session, namespace: str) -> bool:
    try:
        session.connection.get(f"/api/v1/namespaces/{namespace}")
    except ServerError as error:
        return error.is_not_found
    return False


def list_objects(session: Session, listing: Listing, chunk_size: int = CHUNK_SIZE) -> Iterator[Target]:
    """Yield the objects of a listing, asked for in chunks."""
    resource = listing.resource
    token = ""
    while True:
        page = session.connection.get(
            resource.path(listing.namespace),
            {
                "labelSelector": listing.label_selector,
                "fieldSelector": listing.field_selector,
                "limit": chunk_size or "",
                "continue": token,
            },
        )
        for item in page.get("items") or []:
            metadata = item["metadata"]
            document = {"apiVersion": resource.api_version, "kind": resource.kind, **item}
            yield Target(resource, metadata.get("namespace", ""), metadata["name"], document)
        token = (page.get("metadata") or {}).get("continue", "")
        if not token:
            return


def each(targets: Iterator[Target], act: Callable[[Target], None]) -> int:
    """Act on every target, going on after failures.

    Raises: CommandError with all failures at the end.
    """
    failures: list[CommandError] = []
    count = 0
    try:
        for target in targets:
            count += 1
            try:
                act(target)
            except CommandError as error:
                failures.append(error)
    except CommandError as error:
        failures.append(error)
    if failures:
        raise join_errors(failures)
    return count


def manifest_target(session: Session, manifest: Manifest) -> Target:
    """Find the type and namespace of a manifest.

    Raises: CommandError for a kind that is not served, a missing name, or a namespace that contradicts --namespace.
    """
    resource = session.discovery.for_kind(manifest.api_version, manifest.kind)
    if resource is None:
        group, _, version = manifest.api_version.rpartition("/")
        raise ManifestError(
            f'resource mapping not found for name: "{manifest.name}" namespace: "{manifest.namespace}" from '
            f'"{manifest.source}": no matches for kind "{manifest.kind}" in version "{manifest.api_version}"'
            + ("\nensure CRDs are installed first" if group or version else "")
        )
    namespace = ""
    if resource.is_namespaced:
        namespace = manifest.namespace or session.namespace
        if session.is_namespace_given and namespace != session.namespace:
            raise CommandError(
                f'the namespace from the provided object "{namespace}" does not match the namespace '
                f"\"{session.namespace}\". You must pass '--namespace={namespace}' to perform this operation."
            )
    return Target(resource, namespace, manifest.name, manifest=manifest)


def _namespace_of(session: Session, resource: ResourceType) -> str:
    return session.namespace if resource.is_namespaced else ""


def _pairs(session: Session, selection: Selection) -> list[Target | Listing]:
    """Read TYPE/NAME words."""
    if selection.all_namespaces:
        raise CommandError("a resource cannot be retrieved by name across all namespaces")
    if selection.label_selector or selection.field_selector:
        raise CommandError("selectors and the all flag cannot be used when passing resource/name arguments")
    found: list[Target | Listing] = []
    for word in selection.words:
        parts = word.split("/")
        if len(parts) == 1:
            raise CommandError(
                "there is no need to specify a resource type as a separate argument when passing arguments in "
                f"resource/name form (e.g. '{PROGRAM} get resource/<resource_name>' instead of '{PROGRAM} get resource "
                "resource/<resource_name>'"
            )
        if len(parts) > 2:
            raise CommandError("arguments in resource/name form may not have more than one slash")
        if not all(parts) or "," in parts[0]:
            raise CommandError("arguments in resource/name form must have a single resource and name")
        resource = session.discovery.find(parts[0])
        found.append(Target(resource, _namespace_of(session, resource), parts[1]))
    return found


def _types_and_names(session: Session, selection: Selection) -> list[Target | Listing]:
    types, names = _types(session, selection.words[0]), selection.words[1:]
    selects = bool(selection.label_selector or selection.field_selector)
    if names:
        if selects:
            raise CommandError("name cannot be provided when a selector is specified")
        if selection.all_of_type:
            raise CommandError("name cannot be provided when a selector is specified")
        if selection.all_namespaces:
            raise CommandError("a resource cannot be retrieved by name across all namespaces")
        return [Target(resource, _namespace_of(session, resource), name) for resource in types for name in names]
    if selection.requires_selector and not selects and not selection.all_of_type:
        raise CommandError("resource(s) were provided, but no name was specified")
    return [
        Listing(
            resource,
            "" if selection.all_namespaces else _namespace_of(session, resource),
            selection.label_selector,
            selection.field_selector,
        )
        for resource in types
    ]


def _types(session: Session, word: str) -> list[ResourceType]:
    found: list[ResourceType] = []
    for name in word.split(","):
        found += session.discovery.category(name) or (session.discovery.find(name),)
    return list(dict.fromkeys(found))

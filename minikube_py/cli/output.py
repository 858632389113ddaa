"""The -o formats: what each needs from the server and how it writes objects.

A printer is a function from one document (an object, or a List) to text; verbs that change something use the same
printers for `-o name|yaml|json|jsonpath=...`, and `-o wide` belongs to tables only.

Kubernetes: cli-runtime genericclioptions.PrintFlags.
Simplified: go-template is refused by name.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag
from minikube_py.client.yaml_text import Document

Printer = Callable[[Document], str]
FORMATS = "custom-columns,custom-columns-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,wide,yaml"
OBJECT_FORMATS = "json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,yaml"
_REFUSED = ("go-template", "go-template-file", "template", "templatefile")


@dataclass(frozen=True)
class OutputFlags:
    """The flags that choose how objects are printed; without slots, so that verbs can combine it."""

    output: str = flag("", "o", f"Output format, one of: {FORMATS}.")
    template: str = flag("", "", "The template of -o jsonpath.")
    show_managed_fields: bool = flag(False, "", "Keep metadata.managedFields in json and yaml.")


@dataclass(frozen=True, slots=True)
class Format:
    """A parsed -o value."""

    name: str
    argument: str = ""

    @property
    def is_table(self) -> bool:
        return self.name in ("", "wide")


def parse_format(output: str, template: str = "", allowed: str = FORMATS) -> Format:
    """Read an -o value.

    Raises: CommandError for a format that is not known, or not supported.
    """
    name, equals, argument = output.partition("=")
    if not output and template:
        name = "go-template"
    if name in _REFUSED:
        raise CommandError(f"the output format {name} is not supported; use jsonpath or custom-columns instead")
    takes_argument = name.startswith(("jsonpath", "custom-columns"))
    if name and (name not in allowed.split(",") or (equals and not takes_argument)):
        raise CommandError(
            f'unable to match a printer suitable for the output format "{output}", allowed formats are: {allowed}'
        )
    if takes_argument and not argument:
        argument = template
    if takes_argument and not argument:
        if name.startswith("jsonpath"):
            raise CommandError("template format specified but no template given")
        raise CommandError("custom-columns format specified but no custom columns given")
    return Format(name, argument)


def make_printer(chosen: Format, *, keep_managed_fields: bool = False, no_headers: bool = False) -> Printer:
    """Make the printer of a format other than the tables.

    Raises: CommandError for a template that cannot be parsed.
    """
    printer = _bare_printer(chosen, no_headers)
    if keep_managed_fields or chosen.name not in ("json", "kyaml", "yaml"):
        return printer
    return lambda document: printer(without_managed_fields(document))


def _bare_printer(chosen: Format, no_headers: bool) -> Printer:
    if chosen.name == "json":
        return json_text
    if chosen.name == "yaml":
        return yaml_text
    if chosen.name == "kyaml":
        from minikube_py.cli.kyaml import kyaml_text

        return kyaml_text
    if chosen.name == "name":
        return name_text
    argument = chosen.argument
    if chosen.name == "jsonpath-file":
        try:
            argument = Path(argument).read_text(encoding="utf-8")
        except OSError as error:
            raise CommandError(f"error reading template {argument}, {(error.strerror or '').lower()}") from error
    if chosen.name.startswith("jsonpath"):
        from minikube_py.cli.template import Template

        template = Template.parse(argument)
        if chosen.name == "jsonpath-as-json":
            return lambda document: _indented(template.values(document)) + "\n"
        return template.render
    from minikube_py.cli.custom_columns import from_file, from_text

    columns = from_file(argument) if chosen.name.endswith("-file") else from_text(argument)
    return lambda document: columns.render(document, no_headers)


def json_text(document: Any, sort_keys: bool = True) -> str:
    """Write a document as kubectl's -o json."""
    return _indented(document, sort_keys) + "\n"


def yaml_text(document: Any) -> str:
    """Write a document as kubectl's -o yaml."""
    from minikube_py.client.yaml_text import dump

    return dump(document)


def name_text(document: Document) -> str:
    """Write TYPE/NAME, one line an object."""
    if "items" in document and str(document.get("kind", "")).endswith("List"):
        return "".join(name_text(item) for item in document["items"])
    name = (document.get("metadata") or {}).get("name") or "<unknown>"
    return f"{qualified_kind(document)}/{name}\n"


def qualified_kind(document: Document) -> str:
    """Name a document's type as results do: deployment.apps."""
    group, slash, _ = str(document.get("apiVersion", "")).partition("/")
    kind = str(document.get("kind", "")).lower()
    return f"{kind}.{group}" if slash else kind


def without_managed_fields(document: Document) -> Document:
    """Copy a document, or a List, without metadata.managedFields."""
    if isinstance(document.get("items"), list):
        return {**document, "items": [without_managed_fields(item) for item in document["items"]]}
    metadata = document.get("metadata")
    if isinstance(metadata, dict) and "managedFields" in metadata:
        kept = {name: value for name, value in metadata.items() if name != "managedFields"}
        return {**document, "metadata": kept}
    return document


def list_of(documents: list[Document]) -> Document:
    """Wrap several objects as kubectl does."""
    return {"apiVersion": "v1", "items": documents, "kind": "List", "metadata": {"resourceVersion": ""}}


def _indented(value: Any, sort_keys: bool = True) -> str:
    text = json.dumps(value, indent=4, sort_keys=sort_keys, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")

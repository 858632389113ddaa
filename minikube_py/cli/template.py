"""JSONPath templates (expressions/jsonpath.py) with kubectl's messages for what is wrong with them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minikube_py.cli.errors import CommandError
from minikube_py.expressions.jsonpath import Part, evaluate, to_text
from minikube_py.expressions.jsonpath_parser import JsonPathError, parse_template, relaxed


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template."""

    source: str
    parts: tuple[Part, ...]

    @classmethod
    def parse(cls, source: str) -> "Template":
        """Parse `{...}` parts and the text between them.

        Raises: CommandError naming the mistake.
        """
        try:
            return cls(source, parse_template(source))
        except JsonPathError as error:
            raise CommandError(f"error parsing jsonpath {source}, {error}") from error

    @classmethod
    def parse_relaxed(cls, source: str) -> "Template":
        """Parse one expression whose braces and first dot may be left out (`metadata.name`).

        Raises: CommandError naming the mistake.
        """
        return cls.parse(relaxed(source))

    def render(self, document: Any) -> str:
        """Evaluate the whole template to text.

        Raises: CommandError for an index outside a list, or a path into something that has no parts.
        """
        return "".join(" ".join(to_text(value) for value in group) for group in self._groups(document))

    def values(self, document: Any) -> list[Any]:
        """Evaluate and return the values found, of all expressions.

        Raises: as `render`.
        """
        return [value for group in self._groups(document) for value in group]

    def _groups(self, document: Any) -> Iterator[list[Any]]:
        try:
            yield from evaluate(self.parts, document)
        except JsonPathError as error:
            raise CommandError(
                f'error executing jsonpath "{self.source}": Error executing template: {error}. Printing more '
                f"information for debugging the template:\n\ttemplate was:\n\t\t{self.source}\n\tobject given to "
                f"jsonpath engine was:\n\t\t{json.dumps(document)}\n\n"
            ) from error


def find_values(template: Template, document: Any) -> list[Any]:
    """Evaluate for a column or a sort key, where the error is short.

    Raises: CommandError.
    """
    try:
        return [value for group in evaluate(template.parts, document) for value in group]
    except JsonPathError as error:
        raise CommandError(str(error)) from error

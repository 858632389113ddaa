"""Label selectors as people write them, turned into the object that manifests hold.

Kubernetes: apimachinery pkg/apis/meta/v1 ParseToLabelSelector.
"""

from minikube_py.api.selectors import Operator, SelectorError, parse_label_selector
from minikube_py.cli.errors import CommandError
from minikube_py.client.yaml_text import Document

_EXPRESSIONS = {
    Operator.IN: "In",
    Operator.NOT_IN: "NotIn",
    Operator.NOT_EQUALS: "NotIn",
    Operator.EXISTS: "Exists",
    Operator.DOES_NOT_EXIST: "DoesNotExist",
}


def label_selector(text: str) -> Document:
    """Read a selector.

    Raises: CommandError for text that is none, or that manifests have no form for.
    """
    try:
        requirements = list(parse_label_selector(text))
    except SelectorError as error:
        raise CommandError(str(error)) from error
    labels: dict[str, str] = {}
    expressions: list[Document] = []
    for one in requirements:
        values = sorted(one.values)
        if one.operator in (Operator.EQUALS, Operator.DOUBLE_EQUALS):
            labels[one.key] = values[0]
        elif one.operator in _EXPRESSIONS:
            listed = {"values": values} if values else {}
            expressions.append({"key": one.key, "operator": _EXPRESSIONS[one.operator], **listed})
        else:
            raise CommandError(f'"{one.operator}" isn\'t supported in label selectors')
    return {
        **({"matchExpressions": expressions} if expressions else {}),
        **({"matchLabels": labels} if labels else {}),
    }

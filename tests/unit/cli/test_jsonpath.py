"""kubectl's dialect of JSONPath; the expected texts were printed by kubectl 1.37."""

from typing import Any

import pytest

from minikube_py.cli.custom_columns import from_text
from minikube_py.cli.errors import CommandError
from minikube_py.cli.sorting import sort_documents
from minikube_py.cli.template import Template

SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "jp", "namespace": "default", "labels": {"app.io/name": "x", "b": "2"}},
    "spec": {
        "ports": [
            {"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080},
            {"name": "s", "port": 443, "protocol": "TCP", "targetPort": 443},
        ]
    },
    "status": {"loadBalancer": {}},
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{.metadata.name}-{.kind}", "jp-Service"),
        ("{.metadata.labels.app\\.io/name}", "x"),
        ("{.metadata.labels['app\\.io/name']}", "x"),
        ("{.metadata.labels}", '{"app.io/name":"x","b":"2"}'),
        ("{.metadata['name','namespace']}", "jp default"),
        ("{['kind','apiVersion']}", "Service v1"),
        ("{.spec.ports[*].port}", "80 443"),
        ("{.spec.ports[-1].name}", "s"),
        ("{.spec.ports[0:1].name}", "http"),
        ("{.spec.ports[0,1].port}", "80 443"),
        ("{.spec.ports[::2].port}", "80"),
        ("{.spec.ports[2:]}", ""),
        ("{..port}", "80 443"),
        ("{.nosuch}", ""),
        ("{.spec.ports.name}", ""),
        (".metadata.name", ".metadata.name"),
        ("{$.kind}{@.kind}", "ServiceService"),
        ("{.status}", '{"loadBalancer":{}}'),
        ('{range .spec.ports[*]}{.name}={.port}{"\\n"}{end}', "http=80\ns=443\n"),
        ("{range .spec.ports[*]}[{.port}, {.protocol}] {end}", "[80, TCP] [443, TCP] "),
        ("{range .spec.ports[*]}{.name}", "https"),
        ("{range .nosuch[*]}x{end}", ""),
        ('{.spec.ports[?(@.name=="http")].port}', "80"),
        ("{.spec.ports[?(@.port==true)].port}", ""),
        ("{.spec.ports[?(@.name!='http')].port}", "443"),
        ("{.spec.ports[?(@.port>100)].name}", "s"),
        ("{.spec.ports[?(@.nodePort)].name}", ""),
        ("{.spec.ports[?(@.targetPort)].name}", "http s"),
        ('{.spec.ports[0].port}{" "}{true}{1.5}', "80 true1.5"),
        ("x}", "x}"),
    ],
)
def test_templates_print_what_kubectl_prints(template: str, text: str) -> None:
    assert Template.parse(template).render(SERVICE) == text


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{.items[", "unterminated array"),
        ("{.", "unclosed action"),
        ("{.metadata.name", "unclosed action"),
        ("{.spec.ports[a]}", "invalid array index a"),
        ('{["metadata","kind"]}', 'invalid array index "metadata"'),
        ('{.a[?(@.b=="c" && @.d==1)]}', "unrecognized character in action: U+0026 '&'"),
    ],
)
def test_templates_that_cannot_be_parsed_say_why(template: str, complaint: str) -> None:
    with pytest.raises(CommandError) as caught:
        Template.parse(template)
    assert caught.value.message == f"error parsing jsonpath {template}, {complaint}"


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{.spec.ports[5]}", "array index out of bounds: index 5, length 2"),
        ("{.metadata.name[0]}", "string is not array or slice"),
        ("{end}", "not in range, nothing to end"),
    ],
)
def test_templates_that_do_not_fit_the_object_say_why(template: str, complaint: str) -> None:
    with pytest.raises(CommandError, match="Error executing template") as caught:
        Template.parse(template).render(SERVICE)
    assert complaint in caught.value.message


def test_custom_columns_join_values_and_mark_missing_ones() -> None:
    text = from_text("A:metadata.name,B:{.spec.ports[*].port},C:.nosuch,D:.metadata.labels").render(SERVICE)
    assert text == "A     B        C        D\njp    80,443   <none>   map[app.io/name:x b:2]\n"


def test_custom_columns_without_a_path_are_refused() -> None:
    with pytest.raises(CommandError, match="unexpected custom-columns spec: A, expected <header>:<json-path-expr>"):
        from_text("A")


def test_sorting_orders_numbers_and_quantities_by_size_and_missing_fields_first() -> None:
    documents = [{"v": value} for value in ("1Gi", "500Mi", "100m")] + [{}]
    assert [found.get("v") for found in sort_documents(documents, ".v")] == [None, "100m", "500Mi", "1Gi"]


def test_sorting_by_a_field_that_nothing_has_is_an_error() -> None:
    with pytest.raises(CommandError, match="couldn't find any field with path"):
        sort_documents([{"a": 1}], ".b")

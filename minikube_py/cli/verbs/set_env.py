"""pykubectl set env: variables of containers, typed or taken from a config map or secret.

Kubernetes: kubectl pkg/cmd/set/set_env.go.
Simplified: no --resolve, no --local.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import Selection, Target, each, objects
from minikube_py.cli.session import Session
from minikube_py.cli.verbs.set import SetFlags, change_objects, chosen_containers, pod_spec
from minikube_py.client.yaml_text import Document

_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_SOURCES = {("", "configmaps"): "configMapKeyRef", ("", "secrets"): "secretKeyRef"}


@dataclass(frozen=True)
class EnvFlags(SetFlags):
    """What set env takes."""

    containers: str = flag("*", "c", "The names of the containers; * stands for any text.")
    env: tuple[str, ...] = flag((), "e", "NAME=VALUE; may be repeated.", split=False)
    from_: str = flag("", "", "A config map or secret to take variables from, as TYPE/NAME.", name="from")
    keys: tuple[str, ...] = flag((), "", "Only these keys of --from.")
    prefix: str = flag("", "", "What to put before the names of variables from --from.")
    list_: bool = flag(False, "", "Show the variables instead of changing them.", name="list")
    overwrite: bool = flag(True, "", "Allow values to be replaced.")


@dataclass(frozen=True, slots=True)
class EnvChange:
    """Variables to set, and names to remove."""

    variables: tuple[Document, ...] = ()
    removed: tuple[str, ...] = ()


def set_env(call: Invocation[EnvFlags]) -> None:
    """Change, or show, the environment of containers."""
    flags = call.flags
    resources, pairs = split_env_words(call.words)
    if not resources and not flags.filename and not flags.kustomize:
        raise CommandError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    if flags.list_ and flags.output:
        raise CommandError("--list and --output may not be specified together")
    wanted = parse_env([*pairs, *flags.env])
    if flags.list_:
        _list(call, resources)
        return
    if flags.from_:
        wanted = replace(wanted, variables=(*wanted.variables, *_variables_from(call.session, flags)))

    def change(document: Document, label: str) -> None:
        containers = chosen_containers(pod_spec(document, label), flags.containers)
        if not containers:
            kind, name = document.get("kind"), document["metadata"]["name"]
            call.session.warn(f'Warning: {kind}/{name} does not have any containers matching "{flags.containers}"')
        for container in containers:
            _apply(container, wanted, flags.overwrite, label)

    change_objects(call, resources, change, "env updated")


def split_env_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Separate the words that name objects from NAME=VALUE and NAME-.

    Raises: CommandError when a name of an object follows a variable.
    """
    resources: list[str] = []
    pairs: list[str] = []
    for word in words:
        if ("=" in word or word.endswith("-")) and (len(word) > 1 or word == "-"):
            pairs.append(word)
        elif pairs:
            raise CommandError(f"all resources must be specified before environment changes: {word}")
        else:
            resources.append(word)
    return resources, pairs


def parse_env(words: Sequence[str]) -> EnvChange:
    """Read NAME=VALUE and NAME-.

    Raises: CommandError for names that are none.
    """
    values: dict[str, Document] = {}
    removed: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            if not _NAME.fullmatch(name):
                raise CommandError(f'"{name}" is not a valid key name: {_NAME_RULE}')
            values[name] = {"name": name, "value": value}
        elif word.endswith("-"):
            removed.append(word.removesuffix("-"))
        else:
            raise CommandError(f'environment variables must be of the form key=value, but is "{word}"')
    return EnvChange(tuple(values.values()), tuple(removed))


_NAME_RULE = (
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not "
    "start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is "
    "'[-._a-zA-Z][-._a-zA-Z0-9]*')"
)


def _variables_from(session: Session, flags: EnvFlags) -> list[Document]:
    """One variable for each key of a config map or secret, in the order of their names."""
    type_word, slash, name = flags.from_.partition("/")
    resource = session.discovery.find(type_word) if slash else None
    field = _SOURCES.get((resource.group, resource.plural)) if resource else None
    if resource is None or field is None:
        raise CommandError("unsupported resource specified in --from")
    document = session.connection.get(resource.path(session.namespace, name))
    keys = [key for key in sorted(document.get("data") or {}) if not flags.keys or key in flags.keys]
    for key in keys:
        if _variable_name(key) != key:
            session.warn(f"Warning: key {key} transferred to {_variable_name(key)}")
    return [
        {"name": flags.prefix + _variable_name(key), "valueFrom": {field: {"key": key, "name": name}}} for key in keys
    ]


def _variable_name(key: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_]", "_", key).upper()


def _apply(container: Document, wanted: EnvChange, overwrite: bool, label: str) -> None:
    env: list[Document] = [one for one in container.get("env") or [] if one["name"] not in wanted.removed]
    for variable in wanted.variables:
        at = next((index for index, one in enumerate(env) if one["name"] == variable["name"]), None)
        if at is None:
            env.append(variable)
        elif overwrite:
            env[at] = variable
        elif env[at] != variable:
            value = env[at].get("value", "")
            raise CommandError(f"{label} '{variable['name']}' already has a value ({value}), and --overwrite is false")
    if env or "env" in container:
        container["env"] = env
    if not env:
        container.pop("env", None)


def _list(call: Invocation[EnvFlags], resources: Sequence[str]) -> None:
    flags = call.flags
    selection = Selection(
        tuple(resources), flags.filename, flags.recursive, flags.kustomize, flags.selector, all_of_type=flags.all_
    )

    def show(target: Target) -> None:
        label = f"{target.resource.kind} {target.name}"
        for container in chosen_containers(pod_spec(target.document or {}, label), flags.containers):
            sys.stdout.write(f"# {label}, container {container['name']}\n")
            for variable in container.get("env") or []:
                sys.stdout.write(_line(variable))

    each(objects(call.session, selection), show)


def _line(variable: Document) -> str:
    source = variable.get("valueFrom")
    if not source:
        return f"{variable['name']}={variable.get('value', '')}\n"
    for field, noun in (("configMapKeyRef", "configmap"), ("secretKeyRef", "secret")):
        if field in source:
            return f"# {variable['name']} from {noun} {source[field].get('name', '')}, key {source[field]['key']}\n"
    if "fieldRef" in source:
        return f"# {variable['name']} from field path {source['fieldRef']['fieldPath']}\n"
    found = source.get("resourceFieldRef") or {}
    return f"# {variable['name']} from resource field {found.get('resource', '')}\n"


COMMAND = Verb(
    "env",
    set_env,
    EnvFlags,
    summary="Change the environment of containers",
    usage="env (-f FILENAME | TYPE NAME | TYPE/NAME) NAME=VALUE ... NAME- ... [--from=TYPE/NAME]",
)

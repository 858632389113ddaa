"""minikube-py node: the command line of `nodes`, which is imported when it is needed."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import click

from minikube_py.cluster.arguments import existing, name_option, told
from minikube_py.cluster.progress import Progress, Silence

if TYPE_CHECKING:
    from minikube_py.cluster.nodes import Added

_BESIDE = """\
# To be run on the other host by root, where minikube_py is installed. It has the node's keys in it: keep it secret.
# Pods there are reached from here after: ip route add {node.pod_cidr} via ITS-ADDRESS"""

_STILL_THERE = "; end its kubelet there as well, or it registers the node again"

_output = click.option("-o", "--output", type=click.Choice(["json"]), help="As a document.")


def _check_node(_context: click.Context, _parameter: click.Parameter, node: str) -> str:
    if node and (re.fullmatch("[a-z0-9]([-a-z0-9]*[a-z0-9])?", node) is None or len(node) > 63):
        raise click.BadParameter(
            f"'{node}' is no node's name: lower case letters, digits and '-', a letter or digit at both ends, "
            "at most 63 characters"
        )
    return node


@click.group()
def node() -> None:
    """Add nodes to the running cluster, and remove them."""


@node.command()
@click.argument("node", required=False, default="", callback=_check_node, metavar="[NAME]")
@name_option
@click.option("--on-another-host", is_flag=True, help="Print the command to run there.")
@click.option("--server", default="", help="With it: the API server's URL as seen from there.")
@_output
@told
def add(node: str, name: str, on_another_host: bool, server: str, output: str | None) -> None:
    """Add a node on this machine, or on another host.

    Here it lives in a network namespace of its own, with containers, links and
    rules of its own. What is printed for another host has the node's keys in it.
    """
    from minikube_py.cluster import nodes

    if server and not on_another_host:
        raise click.UsageError("--server needs --on-another-host: a node here knows where the API server is")
    config = existing(name)
    if on_another_host:
        server = server or f"https://{_own_address()}:{config.api_port}"
        added = nodes.add_elsewhere(config, node, server)
    else:
        added = nodes.add(config, node, Silence() if output else Progress())
    if output == "json":
        print(json.dumps(_document(added), indent=2))
    elif added.command:
        print(added.command)
        print(_BESIDE.format(node=added.node), file=sys.stderr)
    else:
        print(f'node "{added.node.name}" added')


def _own_address() -> str:
    from minikube_py.kubelet.machine import node_ip

    return node_ip()


def _document(added: Added) -> dict[str, object]:
    document: dict[str, object] = {
        "name": added.node.name,
        "podCIDR": added.node.pod_cidr,
        "isElsewhere": added.node.is_elsewhere,
    }
    return {**document, "command": added.command} if added.command else document


@node.command()
@click.argument("node", callback=_check_node, metavar="NAME")
@name_option
@_output
@told
def rm(node: str, name: str, output: str | None) -> None:
    """Remove a node, after its pods.

    They end first, and controllers make them anew on other nodes.
    """
    from minikube_py.cluster import nodes

    removed = nodes.remove(existing(name), node, Silence() if output else Progress())
    if output == "json":
        print(json.dumps(_document(nodes.Added(removed)), indent=2))
    else:
        print(f'node "{removed.name}" removed' + _STILL_THERE * removed.is_elsewhere)

"""The notes, step by step: each part started by hand, and what is seen while the next one is missing.

Played once with each command line. What each must print, to the letter once masked, is in transcript.txt.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from minikube_py.runtime.oci.recipes import BuiltImage
from tests.e2e.machine import Machine
from tests.e2e.notes import control_plane, node, service
from tests.support.docker_engine import Engine
from tests.support.documents import commands_in

TRANSCRIPT = Path(__file__).with_name("transcript.txt")


@pytest.mark.etcd
@pytest.mark.docker
@pytest.mark.timeout(300)
async def test_each_part_is_missed_until_it_runs(machine: Machine, engine: Engine, nginx: BuiltImage) -> None:
    control_plane.nothing_runs(machine)
    control_plane.an_api_server_needs_a_store(machine)
    await control_plane.a_store_and_an_api_server(machine)
    control_plane.a_deployment_alone(machine)
    await control_plane.controllers_without_tokens(machine)
    await control_plane.no_tokens_wanted(machine)
    await control_plane.a_scheduler_without_nodes(machine)
    node.a_kubelet_needs_an_engine(machine)
    await node.start_engine(engine, nginx)
    await node.a_kubelet_by_itself(machine, engine)
    node.a_way_to_the_cluster(machine)
    await node.a_kubelet_in_the_cluster(machine, engine)
    service.a_service_nobody_serves(machine)
    await service.a_proxy(machine)
    assert "\n".join(machine.seen) == TRANSCRIPT.read_text()
    assert not_played(commands_in("README.md", "## By hand"), [*machine.typed, ["dockerd"]]) == []


def not_played(commands: list[str], typed: list[list[str]]) -> list[str]:
    """The commands that nobody typed; tests may have added flags of their own."""
    words = [
        (command, command.removesuffix("&").replace("--kubeconfig ", "--kubeconfig=").split()) for command in commands
    ]
    return [
        command
        for command, wanted in words
        if not any(wanted[0] == found[0] and set(wanted) <= set(found) for found in typed)
    ]

"""Three etcd members, each run by a user of its own, so that the packet filter can tell who sends what."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from tests.support.eventually import eventually
from tests.support.processes import free_port, require_binary

_FIRST_USER = 41_000


class Member:
    def __init__(self, name: str, folder: Path, user: int) -> None:
        self.name, self.user = name, user
        self.folder = folder / name
        self.peer_port = free_port()
        self.endpoint = f"http://127.0.0.1:{free_port()}"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def peer(self) -> str:
        return f"http://127.0.0.1:{self.peer_port}"

    def status(self) -> dict[str, str]:
        """Its own id and the leader's; {} when it does not answer."""
        request = urllib.request.Request(f"{self.endpoint}/v3/maintenance/status", b"{}", method="POST")
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                document = json.load(answer)
        except (urllib.error.URLError, OSError):
            return {}
        return {"id": document["header"]["member_id"], "leader": document.get("leader", "")}


class EtcdCluster:
    """Three members on loopback. `endpoint` names them all."""

    def __init__(self, folder: Path) -> None:
        self._binary = require_binary("etcd", "etcd-server")
        self.members = [Member(f"etcd{number}", folder, _FIRST_USER + number) for number in range(3)]

    @property
    def endpoint(self) -> str:
        return ",".join(member.endpoint for member in self.members)

    @property
    def peer_ports(self) -> str:
        return ",".join(str(member.peer_port) for member in self.members)

    def start(self) -> None:
        for member in self.members:
            self.start_member(member)

    def start_member(self, member: Member) -> None:
        if not member.folder.exists():
            member.folder.mkdir()
            os.chown(member.folder, member.user, member.user)
        cluster = ",".join(f"{each.name}={each.peer}" for each in self.members)
        flags = {
            "name": member.name,
            "data-dir": member.folder / "data",
            "listen-client-urls": member.endpoint,
            "advertise-client-urls": member.endpoint,
            "listen-peer-urls": member.peer,
            "initial-advertise-peer-urls": member.peer,
            "initial-cluster": cluster,
            "logger": "zap",
        }
        command = [self._binary, *(f"--{name}={value}" for name, value in flags.items())]
        with member.folder.with_suffix(".log").open("ab") as log:
            member.process = subprocess.Popen(command, stdout=log, stderr=log, user=member.user, group=member.user)

    def is_healthy(self) -> bool:
        return self.leader_or_none() is not None

    def leader_or_none(self) -> Member | None:
        """The member that a majority takes for its leader."""
        answers = [(member, status) for member in self.members if (status := member.status())]
        for member, status in answers:
            votes = sum(other["leader"] == status["id"] for _, other in answers)
            if votes >= 2:
                return member
        return None

    async def leader(self) -> Member:
        await eventually(self.is_healthy, timeout_s=30)
        found = self.leader_or_none()
        assert found is not None, "the leader was lost again at once"
        return found

    def kill(self, member: Member) -> None:
        """kill -9."""
        if member.process is not None:
            member.process.kill()
            member.process.wait()

    def signal(self, number: signal.Signals) -> None:
        for member in self.members:
            if member.process is not None:
                member.process.send_signal(number)

    def stop(self) -> None:
        for member in self.members:
            self.kill(member)

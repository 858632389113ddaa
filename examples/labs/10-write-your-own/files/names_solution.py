#!/usr/bin/env python3
"""Names for Services: one with the annotation lab.example/name can be asked under that name, by all of this machine."""

from pathlib import Path

from frame import run

from minikube_py.api.kinds.core.service import Service
from minikube_py.machinery.controller import Controller, Result
from minikube_py.machinery.sources import Watches

ANNOTATION = "lab.example/name"
HOSTS = Path("/etc/hosts")
MINE = "# by names.py"


class Names:
    name = "names"

    def __init__(self, client, informers):
        services = informers.of(Service)
        self.services = services.store
        # Whichever Service changed: what has to be looked at is the file, and there is one.
        self.sources = (Watches(services, lambda change: (HOSTS,)),)

    async def reconcile(self, hosts):
        others = [line for line in hosts.read_text().splitlines() if not line.endswith(MINE)]
        wanted = [
            f"{service.spec.cluster_ip} {service.metadata.annotations[ANNOTATION]} {MINE}"
            for service in self.services
            if ANNOTATION in service.metadata.annotations
        ]
        hosts.write_text("\n".join([*others, *sorted(wanted)]) + "\n")
        return Result.DONE


run("names", lambda client, informers: Controller(Names(client, informers), workers=1))

#!/usr/bin/env python3
"""Names for Services: one with the annotation lab.example/name can be asked under that name, by all of this machine.

It writes names into /etc/hosts, and never takes one away.
"""

from pathlib import Path

from frame import run

from minikube_py.api.kinds.core.service import Service
from minikube_py.machinery.controller import Controller, Result
from minikube_py.machinery.sources import For

ANNOTATION = "lab.example/name"
HOSTS = Path("/etc/hosts")


def add(line):
    HOSTS.write_text(f"{HOSTS.read_text()}{line}\n")


class Names:
    name = "names"

    def __init__(self, client, informers):
        services = informers.of(Service)
        self.services = services.store
        self.sources = (For(services),)

    async def reconcile(self, key):
        service = self.services.get(key)
        if service is not None and ANNOTATION in service.metadata.annotations:
            add(f"{service.spec.cluster_ip} {service.metadata.annotations[ANNOTATION]}")
        # TODO(you): what if the annotation changes, or the Service goes? And if that happens while nobody looks?
        return Result.DONE


run("names", lambda client, informers: Controller(Names(client, informers), workers=1))

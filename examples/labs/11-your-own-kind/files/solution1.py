#!/usr/bin/env python3
"""The controller of Websites: each one gets a Deployment."""

import asyncio

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.machinery.component import ComponentConfig, run_component
from minikube_py.machinery.controller import Controller, Result
from minikube_py.machinery.informer import Informers
from minikube_py.machinery.ownership import controller_reference
from minikube_py.machinery.sources import For, Owns


class WebsiteSpec(Model):
    image: str = written(str)
    replicas: int = written(int)


class Website(Resource, group="example.com", version="v1", plural="websites"):
    """What your program knows of your kind: a class like those of ours, in minikube_py/api/kinds."""

    spec: WebsiteSpec = written(WebsiteSpec)


def deployment_of(site):
    labels = {"website": site.metadata.name}
    metadata = {
        "name": site.metadata.name,
        "namespace": site.metadata.namespace,
        "labels": labels,
        "ownerReferences": [controller_reference(site).to_dict()],
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": site.spec.image}]}}
    spec = {"replicas": site.spec.replicas, "selector": {"matchLabels": labels}, "template": template}
    return Deployment.from_dict({"metadata": metadata, "spec": spec}).defaulted()


class WebsiteController:
    name = "website"

    def __init__(self, client, informers):
        self.client = client
        sites, deployments = informers.of(Website), informers.of(Deployment)
        self.sites, self.deployments = sites.store, deployments.store
        self.sources = (For(sites), Owns(deployments, Website))

    async def reconcile(self, key):
        site = self.sites.get(key)
        if site is None:
            return Result.DONE  # what it owned goes by itself: see the owner reference
        deployment = self.deployments.get(key)
        if deployment is None:
            await self.client.create(deployment_of(site))
        elif deployment.spec.replicas != site.spec.replicas:
            change = {"spec": {"replicas": site.spec.replicas}}
            await self.client.patch(Deployment, key.name, change, namespace=key.namespace)
        return Result.DONE


async def work(client):
    informers = Informers(client)
    mine = Controller(WebsiteController(client, informers))
    async with asyncio.TaskGroup() as group:
        group.create_task(informers.run())
        await informers.synced()
        group.create_task(mine.run())


run_component(ComponentConfig("website-controller", master="http://localhost:8080"), work)

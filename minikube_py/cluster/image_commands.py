"""minikube-py image: the command line of `images`, which is imported when it is needed."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import click

from minikube_py.cluster.arguments import existing, name_option, told

if TYPE_CHECKING:
    from minikube_py.cluster.images import ImageRow


@click.group()
def image() -> None:
    """List, load, build and remove images on the nodes."""


@image.command("ls")
@name_option
@click.option("-o", "--output", type=click.Choice(["json"]), help="As a document.")
@told
def list_(name: str, output: str | None) -> None:
    """List the images on the nodes."""
    from minikube_py.cluster import images

    rows = asyncio.run(images.list_images(existing(name)))
    if output == "json":
        documents = [
            {"id": row.id, "repoTags": row.repo_tags, "repoDigests": row.repo_digests, "size": str(row.size)}
            for row in rows
        ]
        print(json.dumps(documents, indent=2))
        return
    lines = [("IMAGE", "TAG", "IMAGE ID", "SIZE"), *(line for row in rows for line in _lines(row))]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    for line in lines:
        print("   ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _lines(row: ImageRow) -> list[tuple[str, str, str, str]]:
    names = [tag.rpartition(":") for tag in row.repo_tags] or [("<none>", "", "<none>")]
    short_id, size = row.id.removeprefix("sha256:")[:13], f"{row.size / 1e6:.3g}MB"
    return [(repository, tag, short_id, size) for repository, _, tag in names]


@image.command()
@click.argument("source")
@name_option
@told
def load(source: str, name: str) -> None:
    """Load an image from an archive, Docker here or a registry.

    SOURCE is a file of `docker save` or an OCI archive, else an image's name.
    """
    from minikube_py.cluster import images

    for loaded in asyncio.run(images.load_image(existing(name), source)):
        print(loaded)


@image.command()
@click.argument("recipe")
@click.option("-t", "--tag", default="", help="The image's name, instead of the recipe's own.")
@name_option
@told
def build(recipe: str, tag: str, name: str) -> None:
    """Build an image from a recipe.

    RECIPE is a folder with a recipe.yaml, or the name of one that comes with minikube-py.
    """
    from minikube_py.cluster import images
    from minikube_py.kubelet.config import DEFAULT_RECIPES

    print(asyncio.run(images.build_image(existing(name), recipe, tag, DEFAULT_RECIPES)))


@image.command()
@click.argument("names", metavar="IMAGES...", nargs=-1, required=True)
@name_option
@told
def rm(names: tuple[str, ...], name: str) -> None:
    """Remove IMAGES from the nodes."""
    from minikube_py.cluster import images

    for each in names:
        asyncio.run(images.remove_image(existing(name), each))

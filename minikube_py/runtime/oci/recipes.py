"""Builds images where no registry is at hand: a recipe names distribution packages, files and a command.

A recipe is a folder with `recipe.yaml` (and the files it mentions):

    image: nginx                       the name the image gets
    packages: [nginx, libc6]           fetched with apt-get, unpacked with dpkg-deb -x; no install script runs
    folders: {/var/cache/nginx: "0755"}
    files: {/etc/passwd: passwd}       path in the image: file of this folder
    links: {/bin/vi: busybox}          path in the image: what the link says
    applets: /bin/busybox              optional: a program that lists its own names, each becomes a link beside it
    keep: [/usr/sbin, /etc]            optional: nothing else stays
    entrypoint: [...]  command: [...]  env: {...}  ports: [80]  working_dir: /  user: ""  stop_signal: SIGQUIT

The result is an OCI image that every runtime loads, cached under a digest of everything it was made from, package
versions included only as far as apt-get chose them when the cache was made.

Simplified: one layer, the machine's own architecture and distribution release.
"""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from minikube_py.runtime.interface import RuntimeFault
from minikube_py.runtime.oci import commands

_TAG = "image"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One image to build; field names are those of recipe.yaml."""

    image: str
    packages: tuple[str, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    applets: str = ""
    keep: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    working_dir: str = ""
    user: str = ""
    stop_signal: str = ""


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """Where a built image lies: an OCI layout folder and the tag in it, ready for `import_image`."""

    layout: Path
    tag: str


RECIPE_LABEL = "minikube-py.recipe"
"""Tells an image that was built here from one of the same name that a registry gave."""

_RECIPE = TypeAdapter(Recipe)


def read_recipe(folder: Path) -> Recipe:
    """Raises: RuntimeFault naming the file and what is wrong with it."""
    path = folder / "recipe.yaml"
    try:
        return _RECIPE.validate_python(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise RuntimeFault(f"{path}: not a usable recipe: {error}") from error


def find_recipe(folder: Path, repository: str) -> Path | None:
    """The recipe for an image name's last two parts (`jpetazzo/httpenv`) or last part (`nginx`), if there is one."""
    for path in sorted(folder.glob("*/recipe.yaml")):
        if read_recipe(path.parent).image == repository.removeprefix("library/"):
            return path.parent
    return None


async def build(folder: Path, cache: Path) -> BuiltImage:
    """Build the recipe in `folder`, or return what was built before. Raises: RuntimeFault."""
    recipe = read_recipe(folder)
    layout = cache / _digest(recipe, folder)
    if not await asyncio.to_thread(layout.is_dir):
        await asyncio.to_thread(cache.mkdir, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="building-") as text:
            work = Path(text)
            packages = await _fetch_packages(recipe.packages, work)
            await _fill_rootfs(recipe, folder, packages, work / "rootfs")
            await _make_image(recipe, work)
            await asyncio.to_thread((work / "layout").rename, layout)
    return BuiltImage(layout, _TAG)


def _digest(recipe: Recipe, folder: Path) -> str:
    content = hashlib.sha256(repr(recipe).encode())
    for source in sorted(recipe.files.values()):
        content.update((folder / source).read_bytes())
    return content.hexdigest()[:32]


async def _fetch_packages(names: tuple[str, ...], work: Path) -> list[Path]:
    folder = work / "packages"
    await asyncio.to_thread(_make_open_folder, folder)
    if names:
        # apt-get writes to the folder it stands in; env(1) -C is how a program starts in another one.
        argv = ["env", "-C", str(folder), "apt-get", "-qq", "download", *names]
        try:
            await commands.check(argv)
        except commands.ProgramFailed as error:
            raise RuntimeFault(f"cannot fetch packages {' '.join(names)}: {error}; try `apt-get update`") from error
    return await asyncio.to_thread(lambda: sorted(folder.glob("*.deb")))


def _make_open_folder(folder: Path) -> None:
    # apt-get drops to a user of its own for the download and must pass the folder above as well.
    folder.mkdir()
    folder.parent.chmod(0o755)
    folder.chmod(0o777)


async def _fill_rootfs(recipe: Recipe, folder: Path, packages: list[Path], rootfs: Path) -> None:
    for package in packages:
        await commands.check(["dpkg-deb", "-x", str(package), str(rootfs)])
    await asyncio.to_thread(_finish_rootfs, recipe, folder, rootfs)
    if recipe.applets:
        program = rootfs / recipe.applets.lstrip("/")
        names = (await commands.check([str(program), "--list"])).decode().split()
        await asyncio.to_thread(_link_applets, program, names)


def _finish_rootfs(recipe: Recipe, folder: Path, rootfs: Path) -> None:
    rootfs.mkdir(exist_ok=True)
    rootfs.chmod(0o755)
    if recipe.keep:
        _keep_only(rootfs, recipe.keep)
    for path, mode in recipe.folders.items():
        made = rootfs / path.lstrip("/")
        made.mkdir(parents=True, exist_ok=True)
        made.chmod(int(mode, 8))
    for path, source in recipe.files.items():
        target = rootfs / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / source, target)
    for path, meaning in recipe.links.items():
        link = rootfs / path.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(meaning)


def _link_applets(program: Path, names: list[str]) -> None:
    for name in names:
        link = program.parent / name
        if not link.exists() and not link.is_symlink():
            link.symlink_to(program.name)


def _keep_only(rootfs: Path, keep: tuple[str, ...]) -> None:
    kept = [rootfs / path.lstrip("/") for path in keep]
    for path in sorted(rootfs.rglob("*"), reverse=True):
        wanted = any(path == each or each in path.parents or path in each.parents for each in kept)
        if not wanted and (path.is_symlink() or not path.is_dir()):
            path.unlink()
        elif not wanted:
            path.rmdir()


async def _make_image(recipe: Recipe, work: Path) -> None:
    umoci = commands.find_program("umoci", "umoci")
    layout, image = work / "layout", f"{work / 'layout'}:{_TAG}"
    await commands.check([umoci, "init", "--layout", str(layout)])
    await commands.check([umoci, "new", "--image", image])
    await commands.check([umoci, "insert", "--image", image, str(work / "rootfs"), "/"])
    options = [f"--config.label={RECIPE_LABEL}={recipe.image}"]
    for flag, words in (("entrypoint", recipe.entrypoint), ("cmd", recipe.command)):
        options += [f"--config.{flag}={word}" for word in words]
    options += [f"--config.env={name}={value}" for name, value in recipe.env.items()]
    options += [f"--config.exposedports={port}/tcp" for port in recipe.ports]
    for flag, text in (("workingdir", recipe.working_dir), ("user", recipe.user), ("stopsignal", recipe.stop_signal)):
        options += [f"--config.{flag}={text}"] if text else []
    await commands.check([umoci, "config", "--image", image, *options])
    await commands.check([umoci, "gc", "--layout", str(layout)])

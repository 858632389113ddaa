"""What all commands of minikube-py share: the --name option, groups imported late, errors told in one line."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import ParamSpec

import click

from minikube_py.cluster.config import ClusterConfig, load_config
from minikube_py.errors import MinikubeError

P = ParamSpec("P")

_LONGEST_NAME = 58
"""A node's name has five characters more, and at most 63."""


def _check_name(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    """A name becomes a folder's, a node's and a link's."""
    if re.fullmatch("[a-z0-9]([-a-z0-9]*[a-z0-9])?", name) is None or len(name) > _LONGEST_NAME:
        raise click.BadParameter(
            f"'{name}' is no cluster's name: lower case letters, digits and '-', a letter or digit at both ends, "
            f"at most {_LONGEST_NAME} characters"
        )
    return name


name_option = click.option(
    "--name", default="minikube-py", show_default=True, callback=_check_name, help="Which cluster."
)


class LaterGroup(click.Group):
    """A group of commands that are imported once one of them is asked for; the module has it under the same name."""

    def __init__(self, name: str, summary: str, module: str) -> None:
        super().__init__(name, help=summary)
        self._module = module

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self._real().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._real().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        return self._real().resolve_command(ctx, args)

    def _real(self) -> click.Group:
        found = getattr(import_module(self._module), str(self.name))
        assert isinstance(found, click.Group)
        return found


def told(command: Callable[P, None]) -> Callable[P, None]:
    """Errors as one line, exit code 1; no traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader of our output went away; nothing may be written any more, not even by the interpreter's exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(141)
        except MinikubeError as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(1)
        except KeyboardInterrupt:
            print("\ninterrupted; the same command goes on from here", file=sys.stderr)
            sys.exit(130)
        except OSError as error:
            # A full disk, a folder that is not ours: said by the system in words that a user understands.
            print(f"error: {error.filename or 'this machine'}: {error.strerror or error}", file=sys.stderr)
            sys.exit(1)

    return run


def existing(name: str) -> ClusterConfig:
    """Raises: MinikubeError when there is no such cluster."""
    config = load_config(name)
    if config is None:
        raise MinikubeError(f'there is no cluster "{name}"; `minikube-py start` makes one')
    return config

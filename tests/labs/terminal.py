"""A person at a terminal: a tmux with several shells, into which a README's commands are typed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from minikube_py.cluster.lab.quoting import holds
from minikube_py.cluster.lab.readme import Block, Section
from tests.support.eventually import eventually
from tests.support.kubectls import BIN

_PROMPT = re.compile(r"lab \d\d node\d:\S+#")
_LOOKS = re.compile(r"(kubectl (get|describe|logs)|curl -s|docker ps|sleep|grep|iptables-save|\. ./lab.sh;) ")
_SHELL = (str(BIN / "minikube-py"), "lab", "shell")


class Terminal:
    def __init__(self, socket: Path) -> None:
        self._tmux = ("tmux", "-f", "/dev/null", "-S", str(socket))
        self._windows: list[str] = []

    async def open(self, name: str, *argv: str, machine: str = "node1") -> None:
        """A window in which a program runs, by default a shell of the lab on a machine."""
        first = () if self._windows else ("-s", "person", "-x", "200", "-y", "50")
        verb = "new-window" if self._windows else "new-session"
        self._run(verb, "-d", *first, "-n", name, *(argv or (*_SHELL, machine)))
        self._windows.append(name)
        if not argv:
            await eventually(lambda: self.is_at_prompt(name), timeout_s=60)

    def text(self, name: str) -> str:
        return self._run("capture-pane", "-p", "-J", "-S", "-5000", "-t", f"person:{name}")

    def is_at_prompt(self, name: str) -> bool:
        """A program that ends its output without a new line has the prompt behind it."""
        assert re.search(_PROMPT.pattern + "$", self.text(name).rstrip()), self.text(name)
        return True

    def type(self, name: str, line: str) -> None:
        self._run("send-keys", "-t", f"person:{name}", "-l", line)
        self._run("send-keys", "-t", f"person:{name}", "Enter")

    def clear(self, name: str) -> None:
        self._run("send-keys", "-t", f"person:{name}", "C-l")
        self._run("clear-history", "-t", f"person:{name}")

    def panes(self, socket: Path) -> str:
        """What another tmux shows, in all of its panes."""
        if not socket.exists():
            return ""
        tmux = ("tmux", "-S", str(socket))
        listed = subprocess.run([*tmux, "list-panes", "-a", "-F", "#D"], capture_output=True, text=True, check=False)
        shown = [
            subprocess.run(
                [*tmux, "capture-pane", "-p", "-t", pane], capture_output=True, text=True, check=False
            ).stdout
            for pane in listed.stdout.split()
        ]
        return "\n".join(shown)

    async def play(self, section: Section) -> None:
        """Type a section's commands, and see each time what it says that they print."""
        shown_in, typed = "main", ""
        for block in section.blocks:
            if block.language == "bash":
                shown_in = await self._type_block(block)
                typed = "" if block.shell else block.text.splitlines()[-1]
            elif block.language == "text":
                await self._see(block, shown_in, typed)

    async def _type_block(self, block: Block) -> str:
        name = block.shell or ("main" if block.machine == "node1" else block.machine)
        if name not in self._windows:
            await self.open(name, machine=block.machine)
        await eventually(lambda: self.is_at_prompt(name), timeout_s=60)
        self.clear(name)
        lines = block.text.splitlines()
        for line in lines:
            self.type(name, line)
            if not block.shell:
                await eventually(lambda: self.is_at_prompt(name), timeout_s=60)
        return name

    async def _see(self, block: Block, name: str, typed: str) -> None:
        """What follows a command is in its shell; what is said about another shell, in any.

        Who asked how things are and does not see it yet asks again.
        """
        try:
            if _LOOKS.match(typed):
                with suppress(AssertionError):
                    await eventually(lambda: self._shows(block, name), timeout_s=5)
                    return
                self.type(name, typed)
            await eventually(lambda: self._shows(block, name), timeout_s=60)
        except AssertionError:
            raise AssertionError(f"line {block.line}: not seen:\n{block.text}\n--- but:\n{self.text(name)}") from None

    def _shows(self, block: Block, name: str) -> bool:
        """Not in `watch`, which prints the text with its quotations; a prompt ends what has no end of line."""
        shells = (name, *(each for each in self._windows if each != "watch"))
        return any(holds(block.text, _PROMPT.sub("\n", self.text(each))) for each in shells)

    def _run(self, *argv: str) -> str:
        done = subprocess.run([*self._tmux, *argv], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"tmux {' '.join(argv)}: {done.stderr}"
        return done.stdout

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)


@contextmanager
def terminal(folder: Path) -> Iterator[Terminal]:
    made = Terminal(folder / "person")
    try:
        yield made
    finally:
        made.close()

"""Trouble: why a component does not run, in a file for whoever asks: `start`, `status`."""

from __future__ import annotations

from pathlib import Path


class TroubleFiles:
    """Why a component does not run, one file each, absent in good times: told so to `start` and `status`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "trouble"

    def clear(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def write(self, name: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_text(text)

    def read(self, name: str) -> str:
        """Empty: there is none."""
        try:
            return (self._folder / name).read_text()
        except FileNotFoundError:
            return ""

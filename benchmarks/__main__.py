"""python -m benchmarks: runs the benchmarks that it finds beside it, by name, and prints a table."""

from __future__ import annotations

import asyncio
import json
import pkgutil
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import click

import benchmarks
from benchmarks.frame import Figure, NotHere, Options


@click.command()
@click.option("--peer", type=click.Path(path_type=Path, exists=True), help="Folder whose `start` starts the peer.")
@click.option("--only", default="", help="Comma-separated, e.g. B1,B3.")
@click.option("--quick", is_flag=True, help="Fewer objects: shows that it works, not what it costs.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file, too.")
def main(peer: Path | None, only: str, quick: bool, json_file: Path | None) -> None:
    """Figures, each with its result checked. Both sides speak TLS, and check a token and roles."""
    wanted = {name.strip().upper() for name in only.split(",") if name.strip()}
    options = Options(peer.resolve() if peer else None, quick)
    figures: list[Figure] = []
    click.echo(main.help)
    for name, module in _found().items():
        if wanted and name not in wanted:
            continue
        try:
            measured = asyncio.run(import_module(module).run(options))
        except NotHere as reason:
            click.echo(f"{name}: not measured: {reason}")
            continue
        for figure in measured:
            click.echo(_line(figure))
        figures.extend(measured)
    if json_file:
        rows = [asdict(figure) | {"ratio": figure.ratio, "met": figure.met} for figure in figures]
        json_file.write_text(json.dumps(rows, indent=2) + "\n")


def _found() -> dict[str, str]:
    """Modules b01_create, b12_proxy, ... by the names B1, B12, in that order."""
    names = sorted(found.name for found in pkgutil.iter_modules(benchmarks.__path__) if found.name[1:3].isdigit())
    return {f"B{int(name[1:3])}": f"benchmarks.{name}" for name in names}


def _line(figure: Figure) -> str:
    line = f"{figure.name:<4} {figure.what:<52} {figure.ours:>9.3f} {figure.unit:<14}"
    if figure.ratio is not None:
        line += f" peer {figure.peer:>8.3f} ({figure.peer_source})  ratio {figure.ratio:.2f}"
    if figure.met is not None:
        line += f"  target <= {figure.target:.2f}: {'met' if figure.met else 'missed'}"
    return line


if __name__ == "__main__":
    main()

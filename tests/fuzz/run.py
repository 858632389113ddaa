"""python -m tests.fuzz.run: schemathesis over the published API, as three kinds of users.

schemathesis lives in an environment of its own (tests/fuzz/requirements.lock), because it brings thirty packages, a
pytest among them. Fails on a server error, an error that is no Status, and an answer that takes more than 5 s.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import click

from tests.support.secure_api_server import ADMIN_TOKEN, BOB_TOKEN, secure_api_server

ROOT = Path(__file__).parents[2]
USERS = {"admin": ADMIN_TOKEN, "a user without rights": BOB_TOKEN, "anonymous": ""}
SOME = (
    "/(configmaps|pods|services|deployments|flowschemas|customresourcedefinitions)"
    "(/.name.(/(status|scale|log|eviction|binding|resize))?)?$"
)
"""A short run: a kind of each sort, with its subresources."""
_CHECKS = "nothing_breaks,an_error_is_a_status"


@click.command()
@click.option("--schemathesis", type=click.Path(exists=True), required=True, help="The program.")
@click.option("--examples", default=1, help="For each operation and user.")
@click.option("--all/--some", "is_all", default=False, help="All operations, or of some kinds.")
@click.option("--seed", default=1)
def main(schemathesis: str, examples: int, is_all: bool, seed: int) -> None:
    """Ask everything that OpenAPI knows of, with made-up bodies and parameters."""
    failed = asyncio.run(_run(Path(schemathesis).absolute(), examples, seed, "" if is_all else SOME))
    sys.exit(1 if failed else 0)


async def _run(program: Path, examples: int, seed: int, only: str) -> list[str]:
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        async with secure_api_server(Path(folder)) as server:
            async with server.client(token=ADMIN_TOKEN) as client:
                document = Path(folder, "openapi.json")
                document.write_bytes((await client.get("/openapi/v2")).raise_for_status().content)  # noqa: ASYNC240  nobody waits for it
            for who, token in USERS.items():
                click.echo(f"as {who}:")
                flags = ("--url", server.url, "--tls-verify", str(server.authority.file), "--seed", str(seed))
                limits = ("--phases", "fuzzing", "-n", str(examples), "-w", "2", "--max-response-time", "5")
                how = ("-c", _CHECKS, "--request-timeout", "20", "--continue-on-failure", "--warnings", "off")
                which = ("--include-path-regex", only) if only else ()
                process = await asyncio.create_subprocess_exec(
                    *(program, "run", document, *flags, *limits, *how, *which, "--no-color"),
                    env=os.environ
                    | {"SCHEMATHESIS_HOOKS": "tests.fuzz.checks", "FUZZ_TOKEN": token, "PYTHONPATH": str(ROOT)},
                    cwd=folder,
                )
                if await process.wait():
                    failed.append(who)
    return failed


if __name__ == "__main__":
    main()

"""Runs pykubectl's main in this process against a scripted API server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from minikube_py.cli.main import main
from tests.integration.cli.api import ScriptedApi, discovery, serving
from tests.integration.cli.both import Both
from tests.integration.cli.live import live_server, server_process
from tests.integration.cli.outcome import Outcome

Run = Callable[..., Outcome]


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with serving(ScriptedApi(answers=discovery())) as served:
        yield served


@pytest.fixture
def run(
    api: ScriptedApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Run:
    """Run one command; the server's only warning is taken off stderr."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))

    def run(*arguments: str, server: bool = True) -> Outcome:
        code = main([*arguments, *(["--server", api.url] if server else [])])
        captured = capfdbinary.readouterr()
        err = captured.err.decode().removeprefix('Warning: old "thing"\n')
        return Outcome(code, captured.out.decode(), err)

    return run


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A real API server with memory storage, one for a module of tests."""
    with live_server() as url:
        yield url


@pytest.fixture
def kubectl(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Run:
    """Run one command against the real server, in the test's own folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Outcome:
        capfdbinary.readouterr()
        code = main(["--server", server, *arguments])
        captured = capfdbinary.readouterr()
        return Outcome(code, captured.out.decode(), captured.err.decode())

    return run


@pytest.fixture(scope="module")
def other_server() -> Iterator[str]:
    """One more, for the other program's commands."""
    with server_process() as url:
        yield url


@pytest.fixture
def both(
    server: str,
    other_server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Both:
    """Run one command line by pykubectl and by kubectl, and compare."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return Both(server, other_server, tmp_path, capfdbinary)

"""Which engine is asked when no flag says it."""

import pytest

from minikube_py.runtime.docker.engine import Engine


def test_the_engine_of_the_environment_then_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/user/1000/docker.sock")
    assert Engine().address == "unix:///run/user/1000/docker.sock"
    assert Engine("unix:///elsewhere").address == "unix:///elsewhere"
    monkeypatch.delenv("DOCKER_HOST")
    assert Engine().address == "unix:///var/run/docker.sock"

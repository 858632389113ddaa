"""Components as tasks: who ends is started again, the others do not notice, and the end comes in reverse order."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from minikube_py.cluster.supervisor import ComponentLogs, Job, supervise
from minikube_py.cluster.trouble import TroubleFiles
from minikube_py.errors import ConfigError
from minikube_py.machinery.backoff import BackoffPolicy
from tests.support.eventually import eventually

AT_ONCE = BackoffPolicy(initial_s=0.0, cap_s=0.0)
NEVER = BackoffPolicy(initial_s=3600.0, cap_s=3600.0)


class Part:
    """A component that notes its beginnings and its end; it fails as often as told."""

    def __init__(self, name: str, story: list[str], failures: tuple[Exception, ...] = ()) -> None:
        self.job = Job(name, f"kube-{name}", self.run)
        self._story = story
        self._failures = list(failures)

    async def run(self) -> None:
        self._story.append(f"{self.job.name} begins")
        if self._failures:
            raise self._failures.pop(0)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self._story.append(f"{self.job.name} ends")


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def test_a_component_that_fails_is_started_again_and_the_others_go_on(tmp_path: Path) -> None:
    story: list[str] = []
    failures = (ConfigError("no"), RuntimeError("bug"), ExceptionGroup("", [OSError("gone")]))
    parts = [Part("good", story), Part("bad", story, failures)]
    task = asyncio.create_task(supervise([part.job for part in parts], TroubleFiles(tmp_path), AT_ONCE))
    await eventually(lambda: story.count("bad begins") == 4, timeout_s=5)
    assert story.count("good begins") == 1
    assert "good ends" not in story
    await stop(task)


async def test_components_end_one_after_the_other_the_last_started_first(tmp_path: Path) -> None:
    story: list[str] = []
    parts = [Part(name, story) for name in ("apiserver", "scheduler", "kubelet")]
    task = asyncio.create_task(supervise([part.job for part in parts], TroubleFiles(tmp_path)))
    await eventually(lambda: len(story) == 3, timeout_s=5)
    await stop(task)
    assert story[3:] == ["kubelet ends", "scheduler ends", "apiserver ends"]


async def test_why_a_component_does_not_run_is_in_its_trouble_file_until_it_runs(tmp_path: Path) -> None:
    trouble = TroubleFiles(tmp_path)
    trouble.write("good", "an old story")
    part = Part("bad", [], (ExceptionGroup("", [ConfigError("port 80 is in use")]),))
    task = asyncio.create_task(supervise([Part("good", []).job, part.job], trouble, NEVER))
    await eventually(lambda: trouble.read("bad") == "port 80 is in use", timeout_s=5)
    assert trouble.read("good") == ""
    await stop(task)


async def test_each_component_writes_to_its_own_log(tmp_path: Path) -> None:
    logger = logging.getLogger("test.supervisor")

    def speaking(name: str) -> Job:
        async def run() -> None:
            await asyncio.to_thread(logger.warning, "hello from %s", name)
            await asyncio.Event().wait()

        return Job(name, f"kube-{name}", run)

    jobs = [speaking("a"), speaking("b")]
    logs = ComponentLogs(jobs, lambda name: tmp_path / f"{name}.log", "nobody")
    logger.addHandler(logs)
    task = asyncio.create_task(supervise(jobs, TroubleFiles(tmp_path)))
    try:
        await eventually(lambda: all((tmp_path / f"{name}.log").exists() for name in "ab"), timeout_s=5)
        for name in "ab":
            text = await asyncio.to_thread((tmp_path / f"{name}.log").read_text)
            assert f"kube-{name} test.supervisor: hello from {name}" in text
            assert text.count("\n") == 1
    finally:
        await stop(task)
        logger.removeHandler(logs)
        logs.close()


async def test_a_line_of_no_component_goes_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = ComponentLogs([], lambda name: tmp_path / name, "minikube-py")
    logs.handle(logging.makeLogRecord({"msg": "whose?", "name": "x", "levelname": "INFO"}))
    logs.close()
    assert "minikube-py x: whose?" in capsys.readouterr().err

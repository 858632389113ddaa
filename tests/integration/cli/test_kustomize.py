"""Small kustomizations, built by pykubectl and by the real kubectl: the same bytes, or the same complaint.

`kustomizations/*.txt` hold the cases: `#### TITLE`, then files, each below a line `== PATH`. The folder of the first
file is built. A case whose complaint differs on purpose is not here.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from minikube_py.cli.main import main
from tests.integration.cli.conftest import Run
from tests.support.kubectls import program

FOLDER = Path(__file__).parent / "kustomizations"


@dataclass(frozen=True)
class Case:
    """Files of one build."""

    title: str
    files: dict[str, str]

    def write(self, folder: Path) -> str:
        """Write the files and return the folder to build."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return str(Path(next(iter(self.files))).parent)


def _cases() -> Iterator[Case]:
    for script in sorted(FOLDER.glob("*.txt")):
        for text in script.read_text().split("#### ")[1:]:
            title, *files = text.split("\n== ")
            parts = (file.partition("\n") for file in files)
            yield Case(f"{script.stem}: {title}", {name: f"{text.rstrip()}\n" for name, _, text in parts})


CASES = list(_cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_kustomization_is_built_as_kubectl_builds_it(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = case.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    theirs = subprocess.run(
        [program("kubectl"), "kustomize", folder], capture_output=True, text=True, timeout=60, check=False
    )
    code = main(["kustomize", folder])
    said = capfd.readouterr()
    assert (said.out, said.err, code) == (theirs.stdout, theirs.stderr, theirs.returncode)


@pytest.mark.parametrize("flags", [(), ("--load-restrictor=LoadRestrictionsNone",), ("--load-restrictor=Foo",)])
def test_files_from_elsewhere_are_read_on_demand(
    flags: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, namespace: %s}}"
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "kustomization.yaml").write_text("resources: [../a.yaml, ../b.yaml]")
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(config % (name, name))
    monkeypatch.chdir(tmp_path)
    written = []
    for output in ("ours", "theirs"):
        (tmp_path / output).mkdir()
        arguments = ["kustomize", "app", "-o", output, *flags]
        if output == "ours":
            code, told = main(arguments), capfd.readouterr().err
        else:
            run = subprocess.run(
                [program("kubectl"), *arguments], capture_output=True, text=True, timeout=60, check=False
            )
            code, told = run.returncode, run.stderr
        files = {path.name: path.read_text() for path in (tmp_path / output).iterdir()}
        written.append((code, told, files))
    assert written[0] == written[1]


@pytest.mark.parametrize(
    "resource", ["https://example.com/base?ref=v1", "github.com/owner/repository", "git@example.com:owner/base.git"]
)
def test_what_lies_elsewhere_is_refused_by_name(run: Run, tmp_path: Path, resource: str) -> None:
    (tmp_path / "kustomization.yaml").write_text(f"resources: ['{resource}']\n")
    told = run("kustomize", str(tmp_path), server=False)
    assert (told.code, told.out) == (1, "")
    assert told.err == (
        "error: accumulating resources: remote resources are not supported by pykubectl: "
        f"download {resource} and name the files instead\n"
    )


@pytest.mark.parametrize("field", ["helmCharts: [{name: x}]", "vars: [{name: X}]", "transformers: [x.yaml]"])
def test_fields_that_are_not_there_yet_are_refused_by_name(run: Run, tmp_path: Path, field: str) -> None:
    (tmp_path / "kustomization.yaml").write_text(f"{field}\n")
    told = run("kustomize", str(tmp_path), server=False)
    name = field.partition(":")[0]
    complaint = f"error: {name} of a kustomization is not supported by pykubectl yet; use kubectl\n"
    assert (told.code, told.out, told.err) == (1, "", complaint)

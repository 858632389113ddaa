"""What a start costs: the modules it pulls in."""

import subprocess
import sys


def _imported_by(statement: str) -> set[str]:
    program = f"import sys; {statement}; print(*sys.modules)"
    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(asked.stdout.splitlines()[-1].split())


def test_no_verb_is_imported_before_it_is_asked_for() -> None:
    loaded = _imported_by("import minikube_py.cli.main")
    assert not {name for name in loaded if name.startswith("minikube_py.cli.verbs.")}
    assert not loaded & {"yaml", "http.client", "ssl"}


def test_get_and_apply_work_on_plain_documents_without_models_and_frameworks() -> None:
    verbs = ("verbs.get", "verbs.apply", "verbs.create_deployment", "patch_schemas", "connection", "discovery")
    loaded = _imported_by("import " + ", ".join(f"minikube_py.cli.{name}" for name in verbs))
    assert not loaded & {"pydantic", "fastapi", "grpc", "httpx", "asyncio"}
    assert not {name for name in loaded if name.startswith("minikube_py.cli.kustomize")}


def test_get_pods_pulls_in_few_modules() -> None:
    verbs = ("main", "verbs.get", "connection", "discovery", "tables", "session")
    with_nothing = _imported_by("pass")
    loaded = _imported_by("import " + ", ".join(f"minikube_py.cli.{name}" for name in verbs)) - with_nothing
    assert not loaded & {"websockets", "rich", "cryptography", "asyncio", "pydantic", "xml"}
    assert len(loaded) < 220, sorted(loaded)

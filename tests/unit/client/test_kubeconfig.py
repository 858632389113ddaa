"""Merging, resolving and changing kubeconfig files."""

import base64
import os
from pathlib import Path

import pytest

from minikube_py.client import kubeconfig_edit
from minikube_py.client.kubeconfig import DEFAULT_SERVER, Overrides, load_kubeconfig
from minikube_py.client.kubeconfig_edit import editing_kubeconfig
from minikube_py.errors import ConfigError

FIRST = """
apiVersion: v1
kind: Config
current-context: one
clusters:
- name: shared
  cluster: {server: "https://first:6443", certificate-authority: ca.crt}
contexts:
- name: one
  context: {cluster: shared, user: admin, namespace: team}
users:
- name: admin
  user: {token: first-token}
preferences: {colors: true}
"""
SECOND = """
current-context: two
clusters:
- name: shared
  cluster: {server: "https://second:6443"}
- name: other
  cluster: {server: "http://other:8080"}
contexts:
- name: two
  context: {cluster: other, user: cert}
users:
- name: cert
  user: {client-certificate-data: CERT, client-key-data: KEY}
"""


@pytest.fixture
def two_files(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "first").write_text(FIRST)
    encoded = base64.b64encode(b"pem").decode()
    (tmp_path / "second").write_text(SECOND.replace("CERT", encoded).replace("KEY", encoded))
    (tmp_path / "ca.crt").write_text("authority")
    return {"KUBECONFIG": f"{tmp_path}/first{os.pathsep}{tmp_path}/nosuch{os.pathsep}{tmp_path}/second"}


def test_the_first_value_wins(two_files: dict[str, str]) -> None:
    config = load_kubeconfig(environment=two_files)
    assert config.current_context == "one"
    assert config.names("clusters") == ["other", "shared"]
    assert config.client_config().server == "https://first:6443"


def test_a_context_becomes_everything_that_a_connection_needs(two_files: dict[str, str]) -> None:
    found = load_kubeconfig(environment=two_files).client_config()
    assert (found.token, found.namespace, found.certificate_authority) == ("first-token", "team", "authority")
    other = load_kubeconfig(environment=two_files).client_config(Overrides(context="two", namespace="x"))
    assert (other.server, other.client_certificate, other.client_key) == ("http://other:8080", "pem", "pem")
    assert other.namespace == "x"


def test_without_files_the_server_is_on_this_machine(tmp_path: Path) -> None:
    config = load_kubeconfig(environment={"HOME": str(tmp_path)})
    assert config.is_empty
    assert config.client_config().server == DEFAULT_SERVER


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (Overrides(context="nosuch"), 'context "nosuch" does not exist'),
        (Overrides(cluster="nosuch"), 'cluster "nosuch" does not exist'),
        (Overrides(user="nosuch"), 'auth info "nosuch" does not exist'),
    ],
)
def test_what_does_not_exist_is_named(two_files: dict[str, str], overrides: Overrides, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_kubeconfig(environment=two_files).client_config(overrides)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("[", "did not find expected"), ("clusters: 3", "clusters is not a list"), ("- a", "does not hold a mapping")],
)
def test_a_file_that_is_no_kubeconfig_is_named_with_the_reason(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "bad").write_text(text)
    with pytest.raises(ConfigError, match=f'error loading config file "{tmp_path}/bad".*{complaint}'):
        load_kubeconfig(str(tmp_path / "bad"))


def test_an_entry_is_changed_in_the_file_that_holds_it(two_files: dict[str, str], tmp_path: Path) -> None:
    before = (tmp_path / "first").read_bytes()
    with editing_kubeconfig(environment=two_files) as editor:
        editor.set_entry("clusters", "other", {"server": "http://moved"})
    assert (tmp_path / "first").read_bytes() == before
    assert "http://moved" in (tmp_path / "second").read_text()


def test_a_new_entry_goes_to_the_first_file_that_exists(two_files: dict[str, str], tmp_path: Path) -> None:
    with editing_kubeconfig(environment=two_files) as editor:
        editor.set_entry("users", "new", {"token": "t"})
        editor.current_context = "two"
    config = load_kubeconfig(environment=two_files)
    assert config.owner("users", "new") is not None
    assert config.current_context == "two"
    text = (tmp_path / "first").read_text()
    assert "new" in text
    assert "colors: true" in text
    assert not (tmp_path / "nosuch").exists()


def test_a_file_that_is_made_is_its_owners_only(tmp_path: Path) -> None:
    with editing_kubeconfig(environment={"HOME": str(tmp_path)}) as editor:
        editor.set_entry("clusters", "lab", {"server": "http://x"})
    made = tmp_path / ".kube" / "config"
    assert made.stat().st_mode & 0o777 == 0o600
    assert made.read_text() == (
        "apiVersion: v1\nclusters:\n- cluster:\n    server: http://x\n  name: lab\ncontexts: null\n"
        'current-context: ""\nkind: Config\nusers: null\n'
    )
    assert sorted(path.name for path in made.parent.iterdir()) == ["config"]


def test_a_failure_while_editing_changes_nothing_and_leaves_no_lock(two_files: dict[str, str], tmp_path: Path) -> None:
    before = (tmp_path / "first").read_bytes()

    def remove_and_fail() -> None:
        with editing_kubeconfig(environment=two_files) as editor:
            editor.remove_entry("clusters", "shared")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        remove_and_fail()
    assert (tmp_path / "first").read_bytes() == before
    assert not list(tmp_path.glob("*.lock"))


def test_a_file_locked_by_another_program_is_left_alone(
    two_files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubeconfig_edit, "LOCK_WAIT_S", 0.0)
    (tmp_path / "second.lock").touch()
    complaint = r"second is locked by another program.*remove .*second\.lock"
    with pytest.raises(ConfigError, match=complaint), editing_kubeconfig(environment=two_files):
        pytest.fail("the lock was not respected")
    assert not (tmp_path / "first.lock").exists()

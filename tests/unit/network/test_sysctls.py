"""Kernel settings are put back as they were first found."""

from pathlib import Path

from minikube_py.network.sysctls import Sysctls


def test_restore_writes_the_value_that_was_there_before_the_first_change(tmp_path: Path) -> None:
    setting, state = tmp_path / "forward", tmp_path / "state.json"
    setting.write_text("0\n")
    Sysctls(state, tmp_path).set({"forward": "1", "the/kernel/lacks": "1"})
    assert setting.read_text() == "1"
    again = Sysctls(state, tmp_path)
    again.set({"forward": "1"})
    again.restore()
    assert setting.read_text() == "0"
    assert not state.exists()
    again.restore()
    assert setting.read_text() == "0"


def test_of_two_networks_the_one_that_changed_a_setting_puts_it_back_whichever_goes_first(tmp_path: Path) -> None:
    setting = tmp_path / "forward"
    setting.write_text("0\n")
    first, second = (Sysctls(tmp_path / name, tmp_path) for name in ("first.json", "second.json"))
    first.set({"forward": "1"})
    second.set({"forward": "1"})
    first.restore()
    second.restore()
    assert setting.read_text().strip() == "0"

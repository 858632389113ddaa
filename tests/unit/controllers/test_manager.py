"""Which controllers `--controllers` names."""

import pytest

from minikube_py.access.authorization.default_roles import default_rules
from minikube_py.controllers.manager import CONTROLLERS, account_of, chosen
from minikube_py.errors import ConfigError


def test_star_is_all_and_minus_leaves_one_out() -> None:
    assert chosen("*") == tuple(CONTROLLERS)
    assert set(chosen("*,-namespace")) == set(CONTROLLERS) - {"namespace"}
    assert chosen("deployment, replicaset") == ("deployment", "replicaset")


def test_unknown_controller_is_refused_by_name() -> None:
    with pytest.raises(
        ConfigError, match='"cronjobz" is not in the list of known controllers: clusterrole-aggregation, '
    ):
        chosen("*,-cronjobz")


@pytest.mark.parametrize("name", CONTROLLERS)
def test_every_controller_has_an_account_with_a_default_role(name: str) -> None:
    assert default_rules(f"system:controller:{account_of(name)}")

"""Who may have the lease."""

import pytest

from minikube_py.api.kinds.coordination.lease import Lease, LeaseSpec
from minikube_py.machinery.leader_election import Action, decide


def lease(holder: str) -> Lease:
    return Lease(spec=LeaseSpec(holder_identity=holder, lease_duration_seconds=15))


@pytest.mark.parametrize(
    ("current", "unchanged_s", "expected"),
    [
        (None, 0, Action.CREATE),
        (lease("me"), 0, Action.RENEW),
        (lease("me"), 99, Action.RENEW),
        (lease("other"), 14.9, Action.WAIT),
        (lease("other"), 15, Action.TAKE),
        (lease(""), 0, Action.TAKE),
    ],
)
def test_lease_is_taken_only_when_it_is_free_or_its_holder_is_silent(
    current: Lease | None, unchanged_s: float, expected: Action
) -> None:
    assert decide(current, "me", unchanged_s) is expected

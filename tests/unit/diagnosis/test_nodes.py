"""Why is my node not Ready?"""

from minikube_py.diagnosis.nodes import explain_node
from tests.unit.diagnosis.a_cluster import facts, node


def test_a_silent_kubelet_is_told_apart_from_one_that_is_unwell() -> None:
    assert "does not speak any more" in explain_node(facts(alive=("-node1",)), node()).cause
    assert "has never spoken" in explain_node(facts(alive=()), node()).cause
    assert "its kubelet lives and says: as it is" in explain_node(facts(), node(ready=False)).cause


def test_a_cordoned_node_is_yours_to_open() -> None:
    found = explain_node(facts(), node(unschedulable=True))
    assert (found.next_actor, found.is_fine) == ("you", False)


def test_a_ready_node_is_fine() -> None:
    assert explain_node(facts(), node()).is_fine

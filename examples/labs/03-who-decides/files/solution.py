"""Two plugins for the scheduler, about money. Each node has a label `price`, in cents an hour.

pykube-scheduler --master=http://localhost:8080 --plugin mine:Cheapest --plugin mine:Budget
"""

from minikube_py.scheduler.framework import Refusal

TOO_DEAR = Refusal(("node(s) were too dear",))


def price(node):
    return int(node.node.metadata.labels.get("price", "0"))


class Cheapest:
    """Step 5: of the nodes that will do, the cheapest is the best."""

    name = "Cheapest"
    marking = "less is better"
    weight = 100  # more than all that the others together can say against it

    def looks_at(self, pod):
        return None

    def score_for(self, pod):
        return price


class Budget:
    """Step 6: a Pod with the label `max-price` does not go to a node that costs more."""

    name = "Budget"
    waits_for = ("node added", "node changed")

    def looks_at(self, pod):
        return None

    def filter_for(self, pod):
        limit = pod.metadata.labels.get("max-price")
        if limit is None:
            return None
        return lambda node: TOO_DEAR if price(node) > int(limit) else None

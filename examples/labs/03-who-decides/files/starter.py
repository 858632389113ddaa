"""Two plugins for the scheduler, about money. Each node has a label `price`, in cents an hour.

pykube-scheduler --master=http://localhost:8080 --plugin mine:Cheapest
"""

from minikube_py.scheduler.framework import Refusal

TOO_DEAR = Refusal(("node(s) were too dear",))


def price(node):
    return int(node.node.metadata.labels.get("price", "0"))


class Cheapest:
    """Step 5: of the nodes that will do, the cheapest is the best."""

    name = "Cheapest"
    marking = "less is better"  # the marks are compared with the largest of them, and turned round: 0 to 100
    weight = 1  # TODO(you): the marks of all plugins are added up, each times its weight

    def looks_at(self, pod):
        return None  # "judge each pod anew"; whoever says what it reads of a pod is asked less often

    def score_for(self, pod):
        def mark(node):
            return 1  # TODO(you)

        return mark


class Budget:
    """Step 6: a Pod with the label `max-price` does not go to a node that costs more."""

    name = "Budget"
    waits_for = ()  # TODO(you): "node changed"? "pod gone"? What may make a refused node suitable?

    def looks_at(self, pod):
        return None

    def filter_for(self, pod):
        # TODO(you): a Pod without that label: return None. With it: return a function
        #            that gets a node, and returns TOO_DEAR, or None where the node will do.
        return None

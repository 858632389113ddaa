"""ReplicaSet controller: plan.py decides how many pods and which go first, status.py observes, controller.py acts."""

"""The stateful set controller: pods with a number each, which keep their name and their volumes.

Reading order: identity.py (the pod and the claims of a number), plan.py (which pod is next), status.py, controller.py.
"""

"""The daemon set controller: one pod of a template on every node that fits.

Reading order: placement.py (which nodes, and the pod for one), plan.py (which pods are made and deleted), status.py,
controller.py (acts).
"""

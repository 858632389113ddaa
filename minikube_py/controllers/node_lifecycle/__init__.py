"""What becomes of nodes that fall silent, and of their pods.

health.py decides what a node's silence means; lifecycle.py writes conditions and taints; taint_eviction.py deletes the
pods that do not tolerate them; tolerations.py says how long a pod does.
"""

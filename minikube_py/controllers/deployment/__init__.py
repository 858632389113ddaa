"""Deployment controller: one ReplicaSet a revision of the template, and replicas moved from the old ones to the new.

Reading order: revisions.py (which ReplicaSet is the new one, what it is called), rollout.py (how many replicas each
may have now), progress.py (what the status says of it), plan.py (all of that for one Deployment), controller.py (acts).
"""

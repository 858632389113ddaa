"""The job controller: pods that run until so many of them have succeeded.

Reading order: indexes.py (the numbers of numbered pods), tally.py (which pods succeeded and failed, each counted once),
plan.py (is the job done, and which pods are made and deleted), status.py, controller.py (acts); ttl.py removes jobs.
"""

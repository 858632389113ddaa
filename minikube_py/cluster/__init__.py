"""Cluster: the composition root. It starts the components, each a process, and stops and removes what it started.

Read in this order: config (what a cluster is), components (the processes that it needs, pure), processes (starting and
ending them), lifecycle (start, stop, delete), doctor (what the machine lacks).
"""

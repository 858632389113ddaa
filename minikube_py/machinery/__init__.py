"""Machinery: what every controller is made of, from a watch to a reconcile.

Reading order: store.py and informer.py (a local copy of one kind, kept up to date), sources.py (changes become keys),
work_queue.py (each key once), controller.py (the loop that reconciles them), then what reconcilers use: ownership.py,
conditions.py, recent_writes.py, events.py with event_correlation.py. Around it: component.py, leader_election.py,
health.py, metrics.py; backoff.py is the only place that waits before trying again.
"""

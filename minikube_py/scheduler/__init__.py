"""Scheduler: decides on which node each pod runs, and says so with a Binding.

Read in this order: framework (what a plugin is), plugins/node_name (the smallest), snapshot (what a decision sees),
cycle (the decision, pure), queue (which pod next), scheduler (the loop).
"""

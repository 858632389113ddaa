"""Garbage collector: graph.py knows who owns whom, owners.py tells live owners from dead, controller.py deletes."""

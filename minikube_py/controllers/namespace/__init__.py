"""Namespace deletion: progress.py says how far it is, controller.py empties the namespace and lets it go."""
